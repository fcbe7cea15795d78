//! The Japanese calendar by day: an era begins and ends on a day, not on a year.

use crate::PackedDate;

/// An era: its kanji, its letter, its first day and its last.
struct Era {
    kanji: &'static str,
    letter: char,
    first: PackedDate,
    last: PackedDate,
}

const ERAS: [Era; 5] = [
    era("令和", 'r', (2019, 5, 1), (9999, 12, 31)),
    era("平成", 'h', (1989, 1, 8), (2019, 4, 30)),
    era("昭和", 's', (1926, 12, 25), (1989, 1, 7)),
    era("大正", 't', (1912, 7, 30), (1926, 12, 24)),
    era("明治", 'm', (1868, 1, 25), (1912, 7, 29)),
];

const fn era(
    kanji: &'static str,
    letter: char,
    first: (u32, u32, u32),
    last: (u32, u32, u32),
) -> Era {
    Era {
        kanji,
        letter,
        first: PackedDate::new(first.0, first.1, first.2),
        last: PackedDate::new(last.0, last.1, last.2),
    }
}

/// The era that a text of lower case begins with, and the rest of the text.
pub(super) fn era_of(text: &str) -> Option<(usize, &str)> {
    ERAS.iter().enumerate().find_map(|(place, era)| {
        let by_letter = || {
            let rest = text
                .strip_prefix(era.letter)?
                .trim_start_matches(['.', ' ']);
            rest.starts_with(|next: char| next.is_ascii_digit() || next == '元')
                .then_some(rest)
        };
        text.strip_prefix(era.kanji)
            .or_else(by_letter)
            .map(|rest| (place, rest.trim_start()))
    })
}

/// The date of an era's year. Forms were printed ahead, so the year after an era's end (平成31年5月) and the days of its
/// first year before it began are read too; anything further off is no date.
pub(super) fn date_of(place: usize, year: u32, month: u32, day: u32) -> Option<PackedDate> {
    let era = &ERAS[place];
    let date = PackedDate::new(era.first.year() + year.checked_sub(1)?, month, day);
    (!date.is_missing() && date.year() <= era.last.year() + 1).then_some(date)
}

#[cfg(test)]
mod tests {
    use super::{date_of, era_of};
    use crate::PackedDate;

    fn check(text: &str, parts: (u32, u32, u32), expected: Option<(u32, u32, u32)>) {
        let (place, _) = era_of(text).unwrap();
        let found = date_of(place, parts.0, parts.1, parts.2);
        assert_eq!(
            found,
            expected.map(|(year, month, day)| PackedDate::new(year, month, day)),
            "{text} {parts:?}"
        );
    }

    #[test]
    fn an_era_ends_on_a_day_but_forms_run_on() {
        check("昭和45", (45, 3, 4), Some((1970, 3, 4)));
        check("昭和64", (64, 1, 7), Some((1989, 1, 7)));
        check("平成31", (31, 5, 1), Some((2019, 5, 1)));
        check("h33", (33, 1, 1), None);
        check("r1", (1, 5, 1), Some((2019, 5, 1)));
        check("m45", (45, 0, 0), Some((1912, 0, 0)));
        check("s0", (0, 1, 1), None);
    }

    #[test]
    fn a_letter_without_a_number_is_no_era() {
        assert!(era_of("sept 4").is_none());
        assert!(era_of("s元.3.4").is_some());
    }
}
