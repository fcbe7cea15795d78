//! Numbers with their units, in any width.

use super::{Fault, width};

/// A whole number. Of `units`, one may follow (`1回`).
pub(crate) fn integer(text: &str, units: &[(Box<str>, f64)]) -> Result<i64, Fault> {
    if let Ok(number) = text.parse::<i64>() {
        return Ok(number);
    }
    let counted = units
        .iter()
        .filter(|(_, factor)| (*factor - 1.0).abs() < f64::EPSILON)
        .find_map(|(unit, _)| text.strip_suffix(&**unit));
    if let Some(number) = counted.and_then(|counted| counted.parse::<i64>().ok()) {
        return Ok(number);
    }
    let number = decimal(text, units)?;
    // Within these bounds a whole f64 is exact.
    if number.fract() == 0.0 && number.abs() < 9.0e15 {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "whole and within bounds, checked above"
        )]
        Ok(number as i64)
    } else {
        Err(Fault::Unreadable)
    }
}

/// A number, with `,` between thousands, a power of ten (`2.5x10^6`, `2.5E6`, `2.5×10⁶`) and one of `units` after it.
pub(crate) fn decimal(text: &str, units: &[(Box<str>, f64)]) -> Result<f64, Fault> {
    let powers = with_plain_powers(text);
    let folded = width::fold(&powers).to_lowercase();
    let (number, factor) = units
        .iter()
        .find_map(|(unit, factor)| folded.strip_suffix(&**unit).map(|number| (number, *factor)))
        .unwrap_or((&folded, 1.0));
    let compact: String = number
        .chars()
        .filter(|character| !matches!(character, ',' | ' '))
        .collect();
    let (mantissa, power) = split_power(&compact)?;
    let plain = !mantissa.is_empty()
        && mantissa
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+' | b'e'));
    let value: f64 = if plain {
        mantissa.parse().map_err(|_| Fault::Unreadable)?
    } else {
        return Err(Fault::Unreadable);
    };
    let number = value * 10_f64.powi(power) * factor;
    if number.is_finite() {
        Ok(number)
    } else {
        Err(Fault::Unreadable)
    }
}

/// `2.5x10^6` into 2.5 and 6.
fn split_power(text: &str) -> Result<(&str, i32), Fault> {
    let Some((mantissa, rest)) = text.split_once(['x', '×', '*']) else {
        return Ok((text, 0));
    };
    let power = rest.strip_prefix("10").ok_or(Fault::Unreadable)?;
    let power = power
        .strip_prefix('^')
        .or_else(|| power.strip_prefix('e'))
        .unwrap_or(power);
    let power: i32 = power.parse().map_err(|_| Fault::Unreadable)?;
    if power.abs() <= 30 {
        Ok((mantissa, power))
    } else {
        Err(Fault::Unreadable)
    }
}

/// Raised digits as `^6`: folding alone would make `10⁶` into `106`.
fn with_plain_powers(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut raised = false;
    for character in text.chars() {
        let digit = match character {
            '⁰' => Some('0'),
            '¹' => Some('1'),
            '²' => Some('2'),
            '³' => Some('3'),
            '⁴'..='⁹' => char::from_digit(character as u32 - '⁴' as u32 + 4, 10),
            _ => None,
        };
        if digit.is_some() && !raised {
            plain.push('^');
        }
        raised = digit.is_some();
        plain.push(digit.unwrap_or(character));
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units() -> Vec<(Box<str>, f64)> {
        vec![("回".into(), 1.0), ("/kg".into(), 1.0), ("万".into(), 1e4)]
    }

    fn check(text: &str, expected: Option<i64>) {
        assert_eq!(integer(text, &units()).ok(), expected, "{text}");
    }

    #[test]
    fn a_number_is_read_in_any_width_with_its_unit() {
        check("1", Some(1));
        check("1回", Some(1));
        check("２回", Some(2));
        check("1,000", Some(1000));
        check("3.0", Some(3));
        check("3.5", None);
        check("", None);
        check("一", None);
        check("1 2x", None);
    }

    #[test]
    fn powers_of_ten_are_read() {
        for text in [
            "2.5x10^6",
            "2.5E6",
            "2.5×10⁶",
            "2.5×10^6/kg",
            "250万",
            "2,500,000",
        ] {
            assert_eq!(decimal(text, &units()), Ok(2.5e6), "{text}");
        }
        assert!(decimal("2.5x11^6", &units()).is_err());
        assert!(decimal("inf", &units()).is_err());
    }
}
