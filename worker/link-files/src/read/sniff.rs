//! What a delimited file's first rows tell: line end, delimiter, headings.

use memchr::memchr;

use super::split::{Check, Split, Splitter};

/// What may stand between two cells.
const DELIMITERS: [u8; 4] = [b',', b'\t', b';', b'|'];
/// Bytes that are looked at.
const LOOKED_AT_BYTES: usize = 1 << 16;

/// The form of a delimited file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Form {
    pub(super) delimiter: u8,
    pub(super) terminator: u8,
}

/// Finds out the line end, and the delimiter where it is not declared: the one by which most rows have the headings'
/// number of cells, and of those the one with the most cells.
pub(super) fn form(text: &[u8], last: bool, declared: Option<u8>) -> Form {
    let looked_at = &text[..text.len().min(LOOKED_AT_BYTES)];
    let last = last && looked_at.len() == text.len();
    let terminator = if memchr(b'\n', looked_at).is_none() && memchr(b'\r', looked_at).is_some() {
        b'\r'
    } else {
        b'\n'
    };
    let best = DELIMITERS
        .into_iter()
        .map(|delimiter| (score(looked_at, last, delimiter, terminator), delimiter))
        .reduce(|best, other| if other.0 > best.0 { other } else { best });
    Form {
        delimiter: declared.unwrap_or(best.map_or(b',', |(_, delimiter)| delimiter)),
        terminator,
    }
}

/// Whether rows fit the headings by this delimiter (in tenths), and the number of headings.
fn score(text: &[u8], last: bool, delimiter: u8, terminator: u8) -> (usize, usize) {
    let mut splitter = Splitter::new(delimiter, terminator);
    let Some((headings, used)) = splitter.first_row(text, last) else {
        return (0, 0);
    };
    if headings.len() < 2 {
        return (0, 1);
    }
    splitter.fields = headings.len();
    let (split, _) = splitter.split(&text[used..], last, Check::Nothing, 0, Split::default());
    let rows = split.rows + split.set_aside.len();
    (
        (10 * split.rows).checked_div(rows).unwrap_or(10),
        headings.len(),
    )
}

#[cfg(test)]
mod tests {
    use super::form;

    fn check(text: &str, delimiter: char, terminator: char) {
        let found = form(text.as_bytes(), true, None);
        assert_eq!(
            (char::from(found.delimiter), char::from(found.terminator)),
            (delimiter, terminator),
            "{text:?}"
        );
    }

    #[test]
    fn delimiter_and_line_end_are_found_out() {
        check("a,b\n1,2\n", ',', '\n');
        check("a;b\r\n1;2,5\r\n", ';', '\n');
        check("a\tb, c\n1\t2\n", '\t', '\n');
        check("a|b|c\n1|2|3\n", '|', '\n');
        check("a,b\r1,2\r", ',', '\r');
        check("\"a,b\";c\n1;2\n", ';', '\n');
        check("only\n1\n", ',', '\n');
        check("", ',', '\n');
    }
}
