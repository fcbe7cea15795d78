//! The Japanese calendar by day: an era begins and ends on a day, not on a year.

use schema::{DateError, PartialDate};

use super::Fault;

/// One era: its spellings, its first day, and the year that is its first.
struct Era {
    kanji: &'static str,
    letter: char,
    first_year: i16,
    /// The first day, packed as `PartialDate`'s parts.
    first: (i16, i8, i8),
    /// The last day; none for the present era.
    last: Option<(i16, i8, i8)>,
}

/// Eras since Meiji. The first six years of Meiji were lunisolar; no living patient has a date in them.
const ERAS: [Era; 5] = [
    Era {
        kanji: "令和",
        letter: 'R',
        first_year: 2019,
        first: (2019, 5, 1),
        last: None,
    },
    Era {
        kanji: "平成",
        letter: 'H',
        first_year: 1989,
        first: (1989, 1, 8),
        last: Some((2019, 4, 30)),
    },
    Era {
        kanji: "昭和",
        letter: 'S',
        first_year: 1926,
        first: (1926, 12, 25),
        last: Some((1989, 1, 7)),
    },
    Era {
        kanji: "大正",
        letter: 'T',
        first_year: 1912,
        first: (1912, 7, 30),
        last: Some((1926, 12, 24)),
    },
    Era {
        kanji: "明治",
        letter: 'M',
        first_year: 1868,
        first: (1868, 1, 25),
        last: Some((1912, 7, 29)),
    },
];

/// The era that a folded text begins with, and the rest of it.
pub(crate) fn era_of(text: &str) -> Option<(usize, &str)> {
    ERAS.iter().enumerate().find_map(|(index, era)| {
        let by_name = text.strip_prefix(era.kanji);
        let by_letter = || {
            let rest = text.strip_prefix(|first: char| first.to_ascii_uppercase() == era.letter)?;
            let rest = rest.trim_start_matches(['.', ' ']);
            rest.starts_with(|next: char| next.is_ascii_digit() || next == '元')
                .then_some(rest)
        };
        by_name.or_else(by_letter).map(|rest| (index, rest))
    })
}

/// A date of an era. The flag says that the era did not hold on that day and the day is the one it must mean.
///
/// Forms were printed ahead, so `平成31年5月1日` was written for 1 May 2019: up to a year past an era's last day, or
/// before its first within its first year, the day is read and flagged. Further away it is impossible.
pub(crate) fn date_of(
    era: usize,
    year: i16,
    month: Option<i8>,
    day: Option<i8>,
) -> Result<(PartialDate, bool), Fault> {
    let era = ERAS.get(era).ok_or(Fault::Impossible)?;
    if year < 1 {
        return Err(Fault::Impossible);
    }
    let year = era
        .first_year
        .checked_add(year - 1)
        .ok_or(Fault::Impossible)?;
    let date = partial(year, month, day).map_err(|_| Fault::Impossible)?;
    let first =
        PartialDate::day(era.first.0, era.first.1, era.first.2).map_err(|_| Fault::Impossible)?;
    let last = era
        .last
        .and_then(|(year, month, day)| PartialDate::day(year, month, day).ok());
    let begun = date.latest() >= first.earliest();
    let ended = last.is_some_and(|last| date.earliest() > last.latest());
    if begun && !ended {
        return Ok((date, false));
    }
    let near = match last {
        Some(last) if ended => year <= last.year() + 1,
        _ => year == era.first_year,
    };
    if near {
        Ok((date, true))
    } else {
        Err(Fault::Impossible)
    }
}

/// A date with the parts that are known.
pub(crate) fn partial(
    year: i16,
    month: Option<i8>,
    day: Option<i8>,
) -> Result<PartialDate, DateError> {
    match (month, day) {
        (Some(month), Some(day)) => PartialDate::day(year, month, day),
        (Some(month), None) => PartialDate::year_month(year, month),
        _ => PartialDate::year_only(year),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, parts: (i16, i8, i8), expected: Result<(&str, bool), Fault>) {
        let (era, _) = era_of(text).unwrap();
        let (year, month, day) = parts;
        let found = date_of(era, year, Some(month), Some(day));
        assert_eq!(
            found.map(|(date, slip)| (date.to_string(), slip)),
            expected.map(|(date, slip)| (date.to_owned(), slip)),
            "{text}{year}年{month}月{day}日"
        );
    }

    #[test]
    fn an_era_ends_on_a_day() {
        check("平成", (31, 4, 30), Ok(("2019-04-30", false)));
        check("平成", (31, 5, 1), Ok(("2019-05-01", true)));
        check("令和", (1, 5, 1), Ok(("2019-05-01", false)));
        check("令和", (1, 4, 30), Ok(("2019-04-30", true)));
        check("昭和", (64, 1, 7), Ok(("1989-01-07", false)));
        check("昭和", (64, 1, 8), Ok(("1989-01-08", true)));
        check("平成", (1, 1, 7), Ok(("1989-01-07", true)));
        check("大正", (15, 12, 24), Ok(("1926-12-24", false)));
        check("昭和", (1, 12, 25), Ok(("1926-12-25", false)));
        check("明治", (45, 7, 29), Ok(("1912-07-29", false)));
        check("大正", (1, 7, 30), Ok(("1912-07-30", false)));
        check("平成", (45, 1, 1), Err(Fault::Impossible));
        check("令和", (2, 2, 30), Err(Fault::Impossible));
        check("昭和", (0, 1, 1), Err(Fault::Impossible));
    }

    #[test]
    fn a_letter_is_an_era_only_before_a_number() {
        assert!(era_of("H31.4.5").is_some());
        assert!(era_of("r1/5/1").is_some());
        assert!(era_of("S.45.1.1").is_some());
        assert!(era_of("Spring").is_none());
        assert!(era_of("2019").is_none());
    }
}
