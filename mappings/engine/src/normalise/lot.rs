//! Lots of a product.

use super::{Fault, width};

/// Longest lot, in bytes.
const LOT_BYTES_MAX: usize = 30;

/// One lot in upper case, without spaces.
pub(crate) fn read(text: &str) -> Result<Box<str>, Fault> {
    let folded = width::fold(text);
    let lot: String = folded
        .chars()
        .filter(|character| *character != ' ')
        .map(|character| character.to_ascii_uppercase())
        .collect();
    let plain = lot
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-_./#".contains(&byte));
    if plain && (1..=LOT_BYTES_MAX).contains(&lot.len()) {
        Ok(lot.into())
    } else {
        Err(Fault::Unreadable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lot_is_upper_case_and_plain() {
        assert_eq!(read(" ab-12 ３").as_deref(), Ok("AB-123"));
        assert!(read("ロット").is_err() && read("").is_err() && read(&"A".repeat(31)).is_err());
    }
}
