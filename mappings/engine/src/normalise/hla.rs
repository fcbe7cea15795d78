//! HLA typings: molecular alleles at any resolution, allele strings, serologic antigens.

use std::fmt::Write as _;

use schema::Attribute;

use super::{Fault, width};

/// A locus of the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Locus {
    A,
    B,
    C,
    Drb1,
    Dqb1,
    Dpb1,
}

/// Most alternatives of one allele string: longer ones tell less than their first field.
const ALTERNATIVES_MAX: usize = 200;

impl Locus {
    /// The locus and the copy (0 or 1) of an HLA column of the schema.
    pub(crate) fn of(attribute: Attribute) -> Option<(Self, usize)> {
        let place = Attribute::HLA.iter().position(|hla| *hla == attribute)?;
        let locus = [
            Self::A,
            Self::B,
            Self::C,
            Self::Drb1,
            Self::Dqb1,
            Self::Dpb1,
        ][place / 2];
        Some((locus, place % 2))
    }

    /// The name in alleles: `DRB1`.
    pub(crate) const fn gene(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
            Self::Drb1 => "DRB1",
            Self::Dqb1 => "DQB1",
            Self::Dpb1 => "DPB1",
        }
    }

    /// The name in antigens: `DR`.
    const fn antigen(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
            Self::Drb1 => "DR",
            Self::Dqb1 => "DQ",
            Self::Dpb1 => "DP",
        }
    }

    /// Whether two digits alone are an antigen that no first field is named after: broad ones, and splits of one field.
    fn is_only_antigen(self, number: &str) -> bool {
        let only: &[&str] = match self {
            Self::A => &["10", "19", "28"],
            Self::B => &[
                "12", "16", "17", "21", "22", "60", "61", "62", "63", "64", "65", "70", "71", "72",
                "75", "76", "77",
            ],
            Self::C => &["10"],
            Self::Drb1 => &["17", "18"],
            Self::Dqb1 | Self::Dpb1 => &[],
        };
        only.contains(&number)
    }

    /// Other spellings of the antigen's name.
    const fn antigen_spellings(self) -> &'static [&'static str] {
        match self {
            Self::A => &["A"],
            Self::B => &["BW", "B"],
            Self::C => &["CW", "C"],
            Self::Drb1 => &["DRW", "DR"],
            Self::Dqb1 => &["DQW", "DQ"],
            Self::Dpb1 => &["DPW", "DP"],
        }
    }
}

/// One copy of a locus in the schema's form: `A*24:02`, `A*24:02/A*24:20`, `A24`.
pub(crate) fn read(text: &str, locus: Locus) -> Result<Box<str>, Fault> {
    // Words and dashes that stand for no value are no typing in any width.
    if text.starts_with(
        |first| matches!(first, '-' | '\u{3041}'..='\u{30FF}' | '\u{4E00}'..='\u{9FFF}'),
    ) {
        return Err(Fault::Unreadable);
    }
    if is_two_fields(text) {
        let mut allele = String::with_capacity(locus.gene().len() + 1 + text.len());
        allele.push_str(locus.gene());
        allele.push('*');
        allele.push_str(text);
        return Ok(allele.into());
    }
    if text
        .strip_prefix(locus.gene())
        .and_then(|rest| rest.strip_prefix('*'))
        .is_some_and(is_two_fields)
    {
        return Ok(text.into());
    }
    if text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok([locus.gene(), "*", &text[..2], ":", &text[2..]]
            .concat()
            .into());
    }
    if let Some(number) = text.strip_prefix(locus.antigen())
        && (1..=4).contains(&number.len())
        && !number.starts_with('0')
        && number.bytes().all(|byte| byte.is_ascii_digit())
    {
        return Ok(text.into());
    }
    let folded = width::fold(text).to_ascii_uppercase();
    let mut canonical = String::with_capacity(folded.len() + 8);
    let mut first_field = String::new();
    for (index, allele) in folded.split('/').enumerate() {
        if index >= ALTERNATIVES_MAX {
            return Err(Fault::Unreadable);
        }
        if index > 0 {
            canonical.push('/');
        }
        let start = canonical.len();
        push_allele(allele.trim(), locus, &first_field, &mut canonical)?;
        if index == 0 {
            first_field = canonical[start..]
                .split(':')
                .next()
                .unwrap_or_default()
                .rsplit('*')
                .next()
                .unwrap_or_default()
                .to_owned();
        }
    }
    Ok(canonical.into())
}

/// Whether a text is a typing in one of its most frequent spellings.
pub(crate) fn is_plain(text: &str, locus: Locus) -> bool {
    let bare = text
        .strip_prefix(locus.gene())
        .and_then(|rest| rest.strip_prefix('*'))
        .unwrap_or(text);
    is_two_fields(bare) || text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `24:02`, `15:101`.
fn is_two_fields(text: &str) -> bool {
    match text.as_bytes() {
        [first, second, b':', rest @ ..] => {
            let digits = first.is_ascii_digit()
                && second.is_ascii_digit()
                && rest.iter().all(u8::is_ascii_digit);
            digits && (2..=3).contains(&rest.len())
        }
        _ => false,
    }
}

/// Appends one allele or antigen. In `24:02/20` the second stands for `24:20`: `first_field` is the first's.
fn push_allele(
    text: &str,
    locus: Locus,
    first_field: &str,
    into: &mut String,
) -> Result<(), Fault> {
    let text = text
        .strip_prefix("HLA-")
        .or_else(|| text.strip_prefix("HLA"))
        .unwrap_or(text)
        .trim_start();
    if let Some((gene, fields)) = text.split_once('*') {
        let known = gene == locus.gene() || locus.antigen_spellings().contains(&gene);
        return if known {
            push_molecular(fields, locus, into)
        } else {
            Err(Fault::Unreadable)
        };
    }
    if text.contains(':') {
        return push_molecular(text.strip_prefix(locus.gene()).unwrap_or(text), locus, into);
    }
    if !first_field.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) && text.len() <= 3
    {
        return push_molecular(&format!("{first_field}:{text}"), locus, into);
    }
    if let Some(number) = locus
        .antigen_spellings()
        .iter()
        .find_map(|name| text.strip_prefix(name))
    {
        return push_antigen(number, locus, into);
    }
    match text.len() {
        1 => push_antigen(text, locus, into),
        2 if locus.is_only_antigen(text) => push_antigen(text, locus, into),
        2.. => push_molecular(text, locus, into),
        0 => Err(Fault::Unreadable),
    }
}

fn push_antigen(number: &str, locus: Locus, into: &mut String) -> Result<(), Fault> {
    let number = number.trim_start_matches('0');
    let plain = (1..=4).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
    if !plain {
        return Err(Fault::Unreadable);
    }
    into.push_str(locus.antigen());
    into.push_str(number);
    Ok(())
}

/// `24:02:01G`, `2402`, `24:XX`, `24:AABB`.
fn push_molecular(text: &str, locus: Locus, into: &mut String) -> Result<(), Fault> {
    let (digits, suffix) = match text.bytes().last() {
        Some(last)
            if b"GPNLSQCA".contains(&last)
                && text
                    .as_bytes()
                    .get(text.len().wrapping_sub(2))
                    .is_some_and(u8::is_ascii_digit) =>
        {
            text.split_at(text.len() - 1)
        }
        _ => (text, ""),
    };
    let _ = write!(into, "{}*", locus.gene());
    if !digits.contains(':') {
        push_run(digits, into)?;
    } else if !push_fields(digits, into) {
        return Err(Fault::Unreadable);
    }
    into.push_str(suffix);
    Ok(())
}

/// Fields between colons, each of 2 or 3 digits (a single digit is given its zero); the second may be a code of letters.
fn push_fields(text: &str, into: &mut String) -> bool {
    for (index, field) in text.split(':').enumerate() {
        let digits = field.bytes().all(|byte| byte.is_ascii_digit());
        let code = index == 1
            && (2..=5).contains(&field.len())
            && field.bytes().all(|byte| byte.is_ascii_uppercase());
        match (index, field.len()) {
            (4.., _) | (_, 0 | 6..) => return false,
            (1, 2) if field == "XX" => return text.ends_with("XX"),
            _ if !(digits && field.len() <= 4 || code) => return false,
            _ => {}
        }
        if index > 0 {
            into.push(':');
        }
        if digits && field.len() == 1 {
            into.push('0');
        }
        into.push_str(field);
    }
    true
}

/// Digits without colons: two a field. A leading zero that a spreadsheet lost is put back.
fn push_run(digits: &str, into: &mut String) -> Result<(), Fault> {
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    let padded = match digits.len() {
        1 | 3 => format!("0{digits}"),
        2 | 4 | 6 | 8 => digits.to_owned(),
        _ => return Err(Fault::Unreadable),
    };
    if !plain {
        return Err(Fault::Unreadable);
    }
    for (index, start) in (0..padded.len()).step_by(2).enumerate() {
        if index > 0 {
            into.push(':');
        }
        into.push_str(&padded[start..start + 2]);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(locus: Locus, text: &str, expected: Option<&str>) {
        assert_eq!(read(text, locus).ok().as_deref(), expected, "{text}");
    }

    #[test]
    fn an_allele_has_one_form() {
        for text in [
            "24:02",
            "A*24:02",
            "HLA-A*24:02",
            "2402",
            "A*2402",
            "２４：０２",
            "a*24:02",
            "A24:02",
            "24:2",
        ] {
            check(Locus::A, text, Some("A*24:02"));
        }
        check(Locus::A, "201", Some("A*02:01"));
        check(Locus::A, "240201", Some("A*24:02:01"));
        check(Locus::B, "15:101", Some("B*15:101"));
        check(Locus::Dpb1, "104:01", Some("DPB1*104:01"));
        check(Locus::Drb1, "DRB1*15:02", Some("DRB1*15:02"));
        check(Locus::A, "24:02:01G", Some("A*24:02:01G"));
        check(Locus::A, "24:02P", Some("A*24:02P"));
        check(Locus::A, "24:09N", Some("A*24:09N"));
        check(Locus::A, "A*24", Some("A*24"));
        check(Locus::A, "24", Some("A*24"));
        check(Locus::A, "02", Some("A*02"));
        check(Locus::Drb1, "15", Some("DRB1*15"));
        check(Locus::A, "A*24:XX", Some("A*24"));
        check(Locus::A, "24:AABB", Some("A*24:AABB"));
    }

    #[test]
    fn an_antigen_has_one_form() {
        check(Locus::A, "A24", Some("A24"));
        check(Locus::A, "2", Some("A2"));
        check(Locus::C, "Cw7", Some("C7"));
        check(Locus::Drb1, "DR15", Some("DR15"));
        check(Locus::B, "62", Some("B62"));
        check(Locus::B, "B62", Some("B62"));
        check(Locus::Dqb1, "DQ6", Some("DQ6"));
    }

    #[test]
    fn alternatives_stay_alternatives() {
        check(Locus::A, "24:02/24:20", Some("A*24:02/A*24:20"));
        check(Locus::A, "24:02/20", Some("A*24:02/A*24:20"));
        check(Locus::A, "A*24:02/A*24:20", Some("A*24:02/A*24:20"));
        check(Locus::A, "2402/2420", Some("A*24:02/A*24:20"));
    }

    #[test]
    fn what_is_no_typing_of_the_locus_is_said_so() {
        for text in [
            "B*52:01",
            "DR15",
            "x",
            "24:",
            ":02",
            "24:02:01:01:01",
            "A*",
            "山田",
            "24:02/",
            "12345",
        ] {
            check(Locus::A, text, None);
        }
    }

    proptest::proptest! {
        #[test]
        fn the_one_form_reads_as_itself(first in 1_u8..100, second in 1_u16..400) {
            let canonical = format!("B*{first:02}:{second:02}");
            let read_back = read(&canonical, Locus::B).unwrap();
            proptest::prop_assert_eq!(&*read_back, canonical.as_str());
        }

        #[test]
        fn no_text_makes_it_fail(text in "\\PC{0,20}") {
            let _ = read(&text, Locus::Drb1);
        }
    }
}
