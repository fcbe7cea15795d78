//! The registries' own numbers of a patient.

use super::{Fault, width};

/// Digits of a TRUMP番号.
const TRUMP_DIGITS: usize = 12;
/// Most digits of a CRID.
const CRID_DIGITS_MAX: usize = 10;

/// A TRUMP番号 as 12 digits: leading zeros that a spreadsheet lost are put back.
pub(crate) fn trump(text: &str) -> Result<Box<str>, Fault> {
    if text.len() == TRUMP_DIGITS
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && text != "000000000000"
    {
        return Ok(text.into());
    }
    let digits = digits_of(text, TRUMP_DIGITS)?;
    Ok(format!("{digits:0>TRUMP_DIGITS$}").into())
}

/// A CRID as digits without leading zeros.
pub(crate) fn crid(text: &str) -> Result<Box<str>, Fault> {
    digits_of(text, CRID_DIGITS_MAX).map(Into::into)
}

/// The digits without leading zeros; at least one, at most `max`.
fn digits_of(text: &str, max: usize) -> Result<String, Fault> {
    let folded = width::fold(text);
    let compact: String = folded
        .chars()
        .filter(|character| !matches!(character, ' ' | '-'))
        .collect();
    // A spreadsheet's apostrophe and a float's `.0` are no part of the number.
    let bare = compact.strip_prefix('\'').unwrap_or(&compact);
    let bare = bare.strip_suffix(".0").unwrap_or(bare);
    let significant = bare.trim_start_matches('0');
    let fits = bare.len() <= max.max(TRUMP_DIGITS)
        && (1..=max).contains(&significant.len())
        && significant.bytes().all(|byte| byte.is_ascii_digit());
    if fits {
        Ok(significant.to_owned())
    } else {
        Err(Fault::Unreadable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(read: fn(&str) -> Result<Box<str>, Fault>, text: &str, expected: Option<&str>) {
        assert_eq!(read(text).ok().as_deref(), expected, "{text}");
    }

    #[test]
    fn lost_zeros_are_put_back() {
        check(trump, "000123456789", Some("000123456789"));
        check(trump, "123456789", Some("000123456789"));
        check(trump, "０００１２３４５６７８９", Some("000123456789"));
        check(trump, " 0001-2345-6789 ", Some("000123456789"));
        check(trump, "'123456789", Some("000123456789"));
        for wrong in [
            "",
            "1.23E+11",
            "0001234567890",
            "000000000000",
            "12a",
            "1234567890123",
        ] {
            check(trump, wrong, None);
        }
    }

    #[test]
    fn a_crid_is_its_digits() {
        check(crid, "1234567", Some("1234567"));
        check(crid, "0001234567", Some("1234567"));
        check(crid, "１２３４５６７", Some("1234567"));
        check(crid, "12345678901", None);
        check(crid, "CRID1", None);
    }
}
