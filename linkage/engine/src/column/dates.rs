//! Dates as people write them, never more precise than what is written.

use unicode_normalization::UnicodeNormalization;

use super::era;
use crate::PackedDate;
use crate::model::DateOrder;

/// Two-digit years below this are of the 21st century.
const CENTURY_TURN: u32 = 30;
/// Years that eight digits or a first part of four may stand for.
const YEARS: std::ops::RangeInclusive<u32> = 1000..=2199;
/// Beginnings of months' names, English first, then where German, French and Spanish differ.
const MONTHS: [(&str, u32); 27] = [
    ("jan", 1),
    ("feb", 2),
    ("mar", 3),
    ("apr", 4),
    ("may", 5),
    ("jun", 6),
    ("jul", 7),
    ("aug", 8),
    ("sep", 9),
    ("oct", 10),
    ("nov", 11),
    ("dec", 12),
    ("mär", 3),
    ("mai", 5),
    ("okt", 10),
    ("dez", 12),
    ("fév", 2),
    ("fev", 2),
    ("avr", 4),
    ("juin", 6),
    ("juil", 7),
    ("aoû", 8),
    ("aou", 8),
    ("déc", 12),
    ("ene", 1),
    ("abr", 4),
    ("ago", 8),
];

/// What one spelling says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Reading {
    /// No date.
    None,
    /// A date; the flag says that a part was impossible and was taken as unknown.
    Date(PackedDate, bool),
    /// Two numbers, of which one is the day and one the month, and a year.
    Either(u32, u32, u32),
    /// Six digits that may be a year and a month, or a short year, a month and a day.
    Six(u32, u32, u32),
}

impl Reading {
    /// The date, given the column's order and whether six digits are three parts.
    pub(crate) fn resolved(self, order: DateOrder, six_are_three: bool) -> (PackedDate, bool) {
        match self {
            Self::None => (PackedDate::MISSING, true),
            Self::Date(date, impaired) => (date, impaired),
            Self::Six(first, second, third) if six_are_three => {
                possible(full_year(first), second, third)
            }
            Self::Six(first, second, third) => possible(first * 100 + second, third, 0),
            Self::Either(first, second, year) => {
                let (day, month) = match order {
                    DateOrder::DayMonthYear => (first, second),
                    DateOrder::MonthDayYear => (second, first),
                };
                if month > 12 && day <= 12 {
                    possible(year, day, month)
                } else {
                    possible(year, month, day)
                }
            }
        }
    }

    /// The order that this value alone proves.
    pub(crate) fn proves(self) -> Option<DateOrder> {
        match self {
            Self::Either(13.., ..=12, _) => Some(DateOrder::DayMonthYear),
            Self::Either(..=12, 13.., _) => Some(DateOrder::MonthDayYear),
            _ => None,
        }
    }

    /// Whether six digits can only be a short year, month and day.
    pub(crate) fn proves_three(self) -> bool {
        matches!(self, Self::Six(first, second, third)
            if !YEARS.contains(&(first * 100 + second)) || !(1..=12).contains(&third))
    }
}

/// Reads one spelling: ISO, compact, day-month-year in any order, named months, Japanese eras; partial dates.
pub(crate) fn read(text: &str) -> Reading {
    let text = text.nfkc().collect::<String>().to_lowercase();
    let text = without_time(text.trim());
    if let Some((place, rest)) = era::era_of(text) {
        return of_era(place, rest);
    }
    let Some(parts) = parts_of(text) else {
        return Reading::None;
    };
    match parts.as_slice() {
        [Part::Number(whole, digits)] => of_digits(*whole, *digits),
        [
            Part::Month(month) | Part::Number(month, ..=2),
            Part::Number(year, 4),
        ]
        | [Part::Number(year, 4), Part::Number(month, ..=2)] => dated(*year, *month, 0),
        [
            Part::Month(month),
            Part::Number(day, ..=2),
            Part::Number(year, digits),
        ]
        | [
            Part::Number(day, ..=2),
            Part::Month(month),
            Part::Number(year, digits),
        ] => dated(
            if *digits == 4 {
                *year
            } else {
                full_year(*year)
            },
            *month,
            *day,
        ),
        [
            Part::Number(year, 4),
            Part::Month(month),
            Part::Number(day, ..=2),
        ] => dated(*year, *month, *day),
        [
            Part::Number(year, 4),
            Part::Number(month, ..=2),
            Part::Number(day, ..=2),
        ] => {
            if *month > 12 && *day <= 12 {
                dated(*year, *day, *month)
            } else {
                dated(*year, *month, *day)
            }
        }
        [
            Part::Number(first, ..=2),
            Part::Number(second, ..=2),
            Part::Number(year, 4),
        ] => either(*first, *second, *year),
        [
            Part::Number(first, ..=2),
            Part::Number(second, ..=2),
            Part::Number(third, ..=2),
        ] => {
            if *first > 31 {
                dated(full_year(*first), *second, *third)
            } else {
                either(*first, *second, full_year(*third))
            }
        }
        _ => Reading::None,
    }
}

/// A date of a year, a month and a day that stand in three columns; an empty month or day is unknown.
pub(crate) fn of_parts(
    year: Option<&str>,
    month: Option<&str>,
    day: Option<&str>,
) -> (PackedDate, bool) {
    let number = |text: Option<&str>| -> Option<u32> {
        let text = text.map(str::trim).filter(|text| !text.is_empty());
        text.map_or(Some(0), |text| {
            let whole = text
                .split_once('.')
                .filter(|(_, rest)| rest.bytes().all(|digit| digit == b'0'));
            whole
                .map_or(text, |(whole, _)| whole)
                .parse()
                .ok()
                .or_else(|| named_month(&text.to_lowercase()))
        })
    };
    let (Some(written), month, day) = (number(year), number(month), number(day)) else {
        return (PackedDate::MISSING, true);
    };
    if written == 0 {
        return (PackedDate::MISSING, year.is_some());
    }
    let impaired = month.is_none() || day.is_none();
    let full = if written < 100 {
        full_year(written)
    } else {
        written
    };
    let (date, also) = possible(full, month.unwrap_or(0), day.unwrap_or(0));
    (date, impaired || also)
}

/// A number with how many digits it was written with, or a named month.
enum Part {
    Number(u32, usize),
    Month(u32),
}

/// The parts between separators; `None` when something else stands there.
fn parts_of(text: &str) -> Option<Vec<Part>> {
    let is_separator = |letter: char| {
        matches!(
            letter,
            '-' | '/' | '.' | ',' | ' ' | '年' | '月' | '日' | '_'
        )
    };
    let mut parts = Vec::new();
    for word in text.split(is_separator).filter(|word| !word.is_empty()) {
        parts.push(part_of(word)?);
        if parts.len() > 3 {
            return None;
        }
    }
    Some(parts)
}

fn part_of(word: &str) -> Option<Part> {
    if word.bytes().all(|digit| digit.is_ascii_digit()) {
        return word
            .parse()
            .ok()
            .map(|number| Part::Number(number, word.len()));
    }
    if word.len() <= 2 && word.chars().all(|letter| matches!(letter, '?' | 'x' | '*')) {
        return Some(Part::Number(0, word.len()));
    }
    if let Some(number) = ["st", "nd", "rd", "th"]
        .iter()
        .find_map(|ending| word.strip_suffix(ending))
    {
        return number
            .parse()
            .ok()
            .map(|day| Part::Number(day, number.len()));
    }
    named_month(word).map(Part::Month)
}

fn named_month(word: &str) -> Option<u32> {
    let found = MONTHS
        .iter()
        .find(|(beginning, _)| word.starts_with(beginning));
    found
        .filter(|_| word.chars().all(char::is_alphabetic))
        .map(|&(_, month)| month)
}

/// The text before a time of day: `1970-03-04T00:00:00`, `1970/3/4 12:30`.
fn without_time(text: &str) -> &str {
    let bytes = text.as_bytes();
    let cut = (1..bytes.len()).find(|&at| {
        matches!(bytes[at], b't' | b' ')
            && bytes[at - 1].is_ascii_digit()
            && bytes.get(at + 1).is_some_and(u8::is_ascii_digit)
            && text[at + 1..].contains(':')
    });
    cut.map_or(text, |at| &text[..at])
}

fn of_era(place: usize, rest: &str) -> Reading {
    let rest = rest.replacen('元', "1", 1);
    let numbers = parts_of(&rest).unwrap_or_default();
    let number = |part: Option<&Part>| match part {
        None => Some(0),
        Some(Part::Number(number, ..=2)) => Some(*number),
        Some(_) => None,
    };
    let (year, month, day) = match numbers.as_slice() {
        // S450304
        [Part::Number(whole, 6)] => (
            Some(whole / 10_000),
            Some(whole / 100 % 100),
            Some(whole % 100),
        ),
        parts => (
            number(parts.first()),
            number(parts.get(1)),
            number(parts.get(2)),
        ),
    };
    let (Some(year), Some(month), Some(day)) = (year, month, day) else {
        return Reading::None;
    };
    match era::date_of(place, year, month, day) {
        Some(date) => dated(date.year(), date.month(), date.day()),
        None => Reading::None,
    }
}

fn of_digits(whole: u32, digits: usize) -> Reading {
    let (first, second) = (whole / 10_000, whole % 10_000);
    let year_first = YEARS.contains(&first) && !possible(first, second / 100, second % 100).1;
    let (low, high) = (
        (first / 100).min(first % 100),
        (first / 100).max(first % 100),
    );
    match digits {
        4 => dated(whole, 0, 0),
        6 => Reading::Six(first, second / 100, second % 100),
        8 if !year_first && YEARS.contains(&second) && low <= 12 && high <= 31 => {
            either(first / 100, first % 100, second)
        }
        8 => dated(first, second / 100, second % 100),
        _ => Reading::None,
    }
}

/// A day and a month in an order not yet known; where it does not matter, the date.
fn either(first: u32, second: u32, year: u32) -> Reading {
    match (first, second) {
        (month, 0) | (0, month) => dated(year, month, 0),
        _ if first == second => dated(year, first, second),
        _ => Reading::Either(first, second, year),
    }
}

fn dated(year: u32, month: u32, day: u32) -> Reading {
    let (date, impaired) = possible(year, month, day);
    if date.is_missing() {
        Reading::None
    } else {
        Reading::Date(date, impaired)
    }
}

/// The date with the parts that can be: of 31 February, February; of a 13th month, the year. The flag tells of it.
fn possible(year: u32, month: u32, day: u32) -> (PackedDate, bool) {
    if year == 0 || year > 9999 {
        return (PackedDate::MISSING, true);
    }
    if month > 12 {
        return (PackedDate::new(year, 0, 0), true);
    }
    if month == 0 {
        return (PackedDate::new(year, 0, 0), day != 0);
    }
    if day > days_of(year, month) {
        return (PackedDate::new(year, month, 0), true);
    }
    (PackedDate::new(year, month, day), false)
}

fn days_of(year: u32, month: u32) -> u32 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn full_year(short: u32) -> u32 {
    short + if short < CENTURY_TURN { 2000 } else { 1900 }
}

#[cfg(test)]
mod tests {
    use super::{Reading, of_parts, read};
    use crate::model::DateOrder::{self, DayMonthYear, MonthDayYear};

    fn shown(found: (crate::PackedDate, bool)) -> String {
        let (date, impaired) = found;
        let mark = if impaired { "!" } else { "" };
        format!("{}-{}-{}{mark}", date.year(), date.month(), date.day())
    }

    fn check(text: &str, expected: &str) {
        check_in(text, DayMonthYear, expected);
    }

    fn check_in(text: &str, order: DateOrder, expected: &str) {
        let reading = read(text);
        let six_are_three = reading.proves_three();
        assert_eq!(
            shown(reading.resolved(order, six_are_three)),
            expected,
            "`{text}`"
        );
    }

    #[test]
    fn full_dates_are_read_in_any_spelling() {
        for text in [
            "1970-03-04",
            "1970/3/4",
            "1970.03.04",
            "19700304",
            "1970-03-04T00:00:00",
            "1970-03-04 12:30",
            "4 March 1970",
            "Mar 4, 1970",
            "04-MAR-1970",
            "4th march 1970",
            "4. März 1970",
            "4/3/1970",
            "04.03.70",
            "04031970",
            "S45.3.4",
            "s45/03/04",
            "昭和45年3月4日",
            "Ｓ４５．３．４",
            "S450304",
            "1970年3月4日",
            "700304",
        ] {
            check(text, "1970-3-4");
        }
        check("平成元年1月8日", "1989-1-8");
    }

    #[test]
    fn partial_dates_stay_partial() {
        for text in [
            "1970-03",
            "1970/3",
            "3/1970",
            "March 1970",
            "1970-03-00",
            "1970-03-??",
            "197003",
            "昭和45年3月",
        ] {
            check(text, "1970-3-0");
        }
        check("1970", "1970-0-0");
        check("S45", "1970-0-0");
    }

    #[test]
    fn the_order_is_the_columns_unless_the_value_proves_it() {
        check_in("4/3/1970", MonthDayYear, "1970-4-3");
        check_in("31/12/1970", MonthDayYear, "1970-12-31");
        check_in("12/31/1970", DayMonthYear, "1970-12-31");
        assert_eq!(read("31/12/1970").proves(), Some(DayMonthYear));
        assert_eq!(read("12/31/1970").proves(), Some(MonthDayYear));
        assert_eq!(read("4/3/1970").proves(), None);
    }

    #[test]
    fn impossible_parts_are_unknown_and_told() {
        check("1970-02-31", "1970-2-0!");
        check("19701345", "1970-0-0!");
        check("1972-02-29", "1972-2-29");
        check("1970-00-05", "1970-0-0!");
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "unknown",
            "12",
            "12 main street",
            "1-2-3-4",
            "march",
            "S64x",
            "h99.1.1",
        ] {
            assert_eq!(read(text), Reading::None, "`{text}`");
        }
    }

    #[test]
    fn parts_in_three_columns_make_a_date() {
        let check = |year, month, day, expected: &str| {
            assert_eq!(shown(of_parts(year, month, day)), expected);
        };
        check(Some("1970"), Some("3"), Some("4"), "1970-3-4");
        check(Some("1970.0"), Some("03"), None, "1970-3-0");
        check(Some("70"), Some("mar"), Some("04"), "1970-3-4");
        check(Some("1970"), Some("14"), Some("4"), "1970-0-0!");
        check(None, Some("3"), Some("4"), "0-0-0");
        check(Some("?"), Some("3"), Some("4"), "0-0-0!");
    }
}
