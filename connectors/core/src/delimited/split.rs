use memchr::{memchr, memchr2_iter, memchr3};

/// The cells of one row as bytes, quotes undone: one run of bytes with the end of each cell.
#[derive(Default)]
pub(super) struct Cells {
    pub(super) text: Vec<u8>,
    pub(super) ends: Vec<usize>,
}

impl Cells {
    pub(super) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.ends.len()).map(|place| {
            let start = place.checked_sub(1).map_or(0, |before| self.ends[before]);
            &self.text[start..self.ends[place]]
        })
    }
}

/// What the bytes ahead hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ahead {
    /// A whole row: how many bytes and physical lines it takes, its end included.
    Row { used: usize, lines: u64 },
    /// A row whose end is not in the bytes.
    Unfinished { in_quotes: bool },
    /// A quote that is closed in the middle of a cell, or never: most likely it was not meant to open one.
    BadQuote,
}

/// Cuts the first row of `bytes` into cells. `last` says that the file ends with these bytes.
pub(super) fn split(bytes: &[u8], last: bool, cells: &mut Cells) -> Ahead {
    cells.text.clear();
    cells.ends.clear();
    let mut at = 0;
    let mut lines = 1;
    loop {
        let cell = if bytes.get(at) == Some(&b'"') {
            quoted(bytes, at + 1, last, cells, &mut lines)
        } else {
            plain(bytes, at, last, cells)
        };
        at = match cell {
            Ok(end) => end,
            Err(ahead) => return ahead,
        };
        cells.ends.push(cells.text.len());
        match bytes.get(at) {
            Some(b',') => at += 1,
            None | Some(b'\n' | b'\r') => return end_of_row(bytes, at, last, lines),
            Some(_) => return Ahead::BadQuote,
        }
    }
}

/// A row that ends with the line break, or the end of the file, at `at`.
fn end_of_row(bytes: &[u8], at: usize, last: bool, lines: u64) -> Ahead {
    match &bytes[at..] {
        [b'\r'] | [] if !last => Ahead::Unfinished { in_quotes: false },
        rest => Ahead::Row {
            used: at + line_break(rest),
            lines,
        },
    }
}

/// How many bytes the line break at the beginning takes.
pub(super) fn line_break(bytes: &[u8]) -> usize {
    match bytes {
        [b'\r', b'\n', ..] => 2,
        [b'\r' | b'\n', ..] => 1,
        _ => 0,
    }
}

fn plain(bytes: &[u8], from: usize, last: bool, cells: &mut Cells) -> Result<usize, Ahead> {
    let end = match memchr3(b',', b'\n', b'\r', &bytes[from..]) {
        Some(length) => from + length,
        None if last => bytes.len(),
        None => return Err(Ahead::Unfinished { in_quotes: false }),
    };
    cells.text.extend_from_slice(&bytes[from..end]);
    Ok(end)
}

fn quoted(
    bytes: &[u8],
    mut from: usize,
    last: bool,
    cells: &mut Cells,
    lines: &mut u64,
) -> Result<usize, Ahead> {
    let open = if last {
        Ahead::BadQuote
    } else {
        Ahead::Unfinished { in_quotes: true }
    };
    loop {
        let Some(length) = memchr(b'"', &bytes[from..]) else {
            return Err(open);
        };
        let piece = &bytes[from..from + length];
        cells.text.extend_from_slice(piece);
        *lines += line_breaks(piece);
        from += length + 1;
        match bytes.get(from) {
            Some(b'"') => {
                cells.text.push(b'"');
                from += 1;
            }
            None if !last => return Err(open),
            _ => return Ok(from),
        }
    }
}

/// How many physical lines end in the bytes: by LF, CRLF or a lone CR.
fn line_breaks(bytes: &[u8]) -> u64 {
    memchr2_iter(b'\n', b'\r', bytes)
        .filter(|at| bytes[*at] == b'\n' || bytes.get(at + 1) != Some(&b'\n'))
        .count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &str, last: bool, expected: Ahead, texts: &[&str]) {
        let mut cells = Cells::default();
        assert_eq!(
            split(bytes.as_bytes(), last, &mut cells),
            expected,
            "{bytes:?}"
        );
        if matches!(expected, Ahead::Row { .. }) {
            let found: Vec<_> = cells
                .iter()
                .map(|cell| std::str::from_utf8(cell).unwrap())
                .collect();
            assert_eq!(found, texts, "{bytes:?}");
        }
    }

    const fn row(used: usize, lines: u64) -> Ahead {
        Ahead::Row { used, lines }
    }

    #[test]
    fn a_row_ends_at_any_kind_of_line_break_outside_quotes() {
        check("a,b\nc", false, row(4, 1), &["a", "b"]);
        check("a,b\r\nc", false, row(5, 1), &["a", "b"]);
        check("a,b\rc", false, row(4, 1), &["a", "b"]);
        check("a,b", true, row(3, 1), &["a", "b"]);
        check("a,b,\n", false, row(5, 1), &["a", "b", ""]);
        check("\n", false, row(1, 1), &[""]);
        check(
            "a,\"b\r\nc\nd\re\"\n",
            false,
            row(13, 4),
            &["a", "b\r\nc\nd\re"],
        );
    }

    #[test]
    fn quotes_are_undone_and_stand_only_around_a_whole_cell() {
        check("\"a,b\",c\n", false, row(8, 1), &["a,b", "c"]);
        check("\"a\"\"b\",\"\"\n", false, row(10, 1), &["a\"b", ""]);
        check("5\" x,b\n", false, row(7, 1), &["5\" x", "b"]);
        check("\"a\"b,c\n", false, Ahead::BadQuote, &[]);
        check("a,\"b\nc,d\n", true, Ahead::BadQuote, &[]);
    }

    #[test]
    fn an_end_out_of_sight_asks_for_more_bytes() {
        check("a,b", false, Ahead::Unfinished { in_quotes: false }, &[]);
        check("a,b\r", false, Ahead::Unfinished { in_quotes: false }, &[]);
        check("a,\"b\n", false, Ahead::Unfinished { in_quotes: true }, &[]);
        check("a,\"b\"", false, Ahead::Unfinished { in_quotes: true }, &[]);
        check("", false, Ahead::Unfinished { in_quotes: false }, &[]);
    }
}
