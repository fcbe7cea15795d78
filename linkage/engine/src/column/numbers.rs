//! Numbers as people write them.

use unicode_normalization::UnicodeNormalization;

/// Currencies that may stand before or after a figure.
const CURRENCIES: [&str; 4] = ["usd", "eur", "gbp", "jpy"];

/// The number that a text is, with a sign of currency or percent, with commas for thousands or for decimals; `None` when
/// it is something else.
pub(crate) fn read(text: &str) -> Option<f32> {
    let text = text.nfkc().collect::<String>().to_lowercase();
    let mut bare = text.trim_matches(is_unit);
    for currency in CURRENCIES {
        bare = bare.strip_prefix(currency).unwrap_or(bare);
        bare = bare.strip_suffix(currency).unwrap_or(bare);
    }
    let bare = bare.trim_matches(is_unit);
    let digits = bare.strip_prefix('-').unwrap_or(bare);
    let starts_well = digits.starts_with(|first: char| first.is_ascii_digit() || first == '.');
    let known = digits.bytes().all(|byte| {
        byte.is_ascii_digit() || matches!(byte, b'.' | b',' | b'e' | b'-' | b'+' | b' ')
    });
    if !starts_well || !known || !digits.contains(|digit: char| digit.is_ascii_digit()) {
        return None;
    }
    plain(bare)?
        .parse::<f32>()
        .ok()
        .filter(|number| number.is_finite())
}

fn is_unit(letter: char) -> bool {
    matches!(letter, '$' | '€' | '£' | '¥' | '%' | '円') || letter.is_whitespace()
}

/// The same number with a point for decimals and nothing for thousands.
fn plain(text: &str) -> Option<String> {
    let text = text.replace(' ', "");
    let (comma, point) = (text.rfind(','), text.rfind('.'));
    Some(match (comma, point) {
        (Some(comma), Some(point)) if comma > point => text.replace('.', "").replace(',', "."),
        (Some(_), Some(_)) => text.replace(',', ""),
        (Some(_), None) if in_thousands(&text, ',') => text.replace(',', ""),
        (Some(_), None) if text.matches(',').count() == 1 => text.replace(',', "."),
        (None, Some(_)) if text.matches('.').count() > 1 => {
            if !in_thousands(&text, '.') {
                return None;
            }
            text.replace('.', "")
        }
        (Some(_), None) => return None,
        _ => text,
    })
}

fn in_thousands(text: &str, mark: char) -> bool {
    let mut groups = text.trim_start_matches('-').split(mark);
    let first = groups
        .next()
        .is_some_and(|group| (1..=3).contains(&group.len()) && group != "0");
    first && groups.all(|group| group.len() == 3)
}

#[cfg(test)]
mod tests {
    use super::read;

    #[track_caller]
    fn check(text: &str, expected: Option<f32>) {
        assert_eq!(read(text), expected, "`{text}`");
    }

    #[test]
    fn numbers_are_read_in_the_usual_spellings() {
        check("12", Some(12.0));
        check("-1.5", Some(-1.5));
        check("$1,234.50", Some(1234.5));
        check("1.234,50 €", Some(1234.5));
        check("1,234", Some(1234.0));
        check("12,5", Some(12.5));
        check("0,125", Some(0.125));
        check("1.234.567", Some(1_234_567.0));
        check("１２円", Some(12.0));
        check("1e3", Some(1000.0));
        check("99.90 USD", Some(99.9));
    }

    #[test]
    fn anything_else_is_no_number() {
        for text in ["", "abc", "12a", "1-2-3", "1.2.3.4", "$", "-", "nan", "inf"] {
            check(text, None);
        }
    }
}
