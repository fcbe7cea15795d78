//! Dates with the slips that people make: day and month exchanged, a year or an era off, a part unknown.
//!
//! Levels: `same`, `swapped`, `years_off = [1]`, `era_slip`, `one_digit`, `within = 3` (days), `first_of_year`, `part_of`,
//! `same_month_day`, `two_parts`, `same_year`, `otherwise`.

use super::{Coded, Outcome, Test, Values, dictionary, first};
use crate::PackedDate;

/// Compares two dates.
struct Dates {
    values: Vec<PackedDate>,
    tests: Vec<Test>,
}

pub(super) fn coded(dates: &[PackedDate], tests: Vec<Test>) -> Coded<'_> {
    let present = |&date: &PackedDate| (!date.is_missing()).then_some(date);
    let (rows, values) = dictionary(dates.iter().map(present));
    Coded::new(rows, Box::new(Dates { values, tests }))
}

impl Values for Dates {
    fn outcome(&self, left: u32, right: u32) -> Outcome {
        let date = |code: u32| self.values[code as usize - 1];
        first(&self.tests, |test| date_test(test, date(left), date(right)))
    }

    fn dear(&self) -> bool {
        false
    }
}

/// Whether a test of dates holds; the same in either order.
///
/// ```
/// use linkage::{PackedDate, Test, date_test};
/// let showa = PackedDate::new(1945, 3, 4);
/// assert!(date_test(&Test::EraSlip, showa, PackedDate::new(2008, 3, 4)));
/// assert!(date_test(&Test::Swapped, showa, PackedDate::new(1945, 4, 3)));
/// ```
#[must_use]
pub fn date_test(test: &Test, left: PackedDate, right: PackedDate) -> bool {
    let both_full = left.is_full() && right.is_full();
    let same_day = left.month() == right.month() && left.day() == right.day();
    match test {
        Test::Same => both_full && left == right,
        Test::Swapped => {
            both_full
                && left.year() == right.year()
                && (left.month(), left.day()) == (right.day(), right.month())
        }
        Test::YearsOff(years) => {
            both_full && same_day && years.contains(&left.year().abs_diff(right.year()))
        }
        Test::EraSlip => both_full && same_day && is_era_slip(left.year(), right.year()),
        Test::OneDigit => both_full && digits_differing(left, right) == 1,
        Test::SameMonthDay => both_full && same_day,
        Test::TwoParts => both_full && parts_same(left, right) >= 2,
        Test::Within(days) => match (left.days(), right.days()) {
            (Some(left), Some(right)) => f64::from(left.abs_diff(right)) <= *days,
            _ => false,
        },
        Test::FirstOfYear => {
            left.year() == right.year() && (is_first_of_year(left) || is_first_of_year(right))
        }
        Test::PartOf => {
            !both_full && left.month() != 0 && right.month() != 0 && left.compatible(right)
        }
        Test::SameYear => left.year() == right.year(),
        _ => true,
    }
}

fn is_first_of_year(date: PackedDate) -> bool {
    (date.month(), date.day()) == (1, 1)
}

/// First and last years of the eras: Meiji, Taisho, Showa, Heisei, Reiwa.
const ERAS: [(u32, u32); 5] = [
    (1868, 1912),
    (1912, 1926),
    (1926, 1989),
    (1989, 2019),
    (2019, 9999),
];

/// The years have the same number in two eras.
fn is_era_slip(left: u32, right: u32) -> bool {
    let within = |year: u32, (first, last): (u32, u32)| (first..=last).contains(&year);
    left != right
        && ERAS.iter().any(|&ours| {
            let same_number =
                |theirs: &(u32, u32)| within(right, *theirs) && left - ours.0 == right - theirs.0;
            within(left, ours) && ERAS.iter().any(same_number)
        })
}

/// How many of year, month and day agree.
fn parts_same(left: PackedDate, right: PackedDate) -> u8 {
    u8::from(left.year() == right.year())
        + u8::from(left.month() == right.month())
        + u8::from(left.day() == right.day())
}

/// Digits that differ between two full dates written as year, month, day.
fn digits_differing(left: PackedDate, right: PackedDate) -> usize {
    let number = |date: PackedDate| date.year() * 10_000 + date.month() * 100 + date.day();
    let digit = |number: u32, place: u32| number / 10_u32.pow(place) % 10;
    let (left, right) = (number(left), number(right));
    (0..8)
        .filter(|&place| digit(left, place) != digit(right, place))
        .count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Test, date_test as holds};
    use crate::PackedDate;

    fn check(test: &Test, left: (u32, u32, u32), right: (u32, u32, u32), expected: bool) {
        let date = |(year, month, day)| PackedDate::new(year, month, day);
        assert_eq!(
            holds(test, date(left), date(right)),
            expected,
            "{test:?} {left:?} {right:?}"
        );
        assert_eq!(
            holds(test, date(right), date(left)),
            expected,
            "{test:?} {right:?} {left:?}"
        );
    }

    #[test]
    fn slips_are_seen_and_other_differences_are_not() {
        check(&Test::Swapped, (1970, 3, 4), (1970, 4, 3), true);
        check(&Test::Swapped, (1970, 3, 4), (1971, 4, 3), false);
        check(
            &Test::YearsOff(vec![1, 63]),
            (1945, 3, 4),
            (2008, 3, 4),
            true,
        );
        check(
            &Test::YearsOff(vec![1, 63]),
            (1945, 3, 4),
            (1947, 3, 4),
            false,
        );
        check(&Test::Within(1.0), (2019, 12, 31), (2020, 1, 1), true);
        check(&Test::Within(1.0), (2019, 12, 30), (2020, 1, 1), false);
    }

    #[test]
    fn what_is_partial_is_never_the_same() {
        check(&Test::Same, (1970, 3, 0), (1970, 3, 0), false);
        check(&Test::PartOf, (1970, 3, 0), (1970, 3, 9), true);
        check(&Test::PartOf, (1970, 0, 0), (1970, 3, 9), false);
        check(&Test::SameYear, (1970, 0, 0), (1970, 3, 9), true);
        check(&Test::FirstOfYear, (1970, 1, 1), (1970, 3, 9), true);
    }

    #[test]
    fn an_era_slip_keeps_the_number_of_the_year() {
        check(&Test::EraSlip, (1945, 3, 4), (2008, 3, 4), true);
        check(&Test::EraSlip, (1990, 3, 4), (2020, 3, 4), true);
        check(&Test::EraSlip, (1920, 3, 4), (1934, 3, 4), true);
        // There is no 40th year of Heisei.
        check(&Test::EraSlip, (1965, 3, 4), (2028, 3, 4), false);
        check(&Test::EraSlip, (1945, 3, 4), (2008, 3, 5), false);
        check(&Test::EraSlip, (1945, 3, 4), (1945, 3, 4), false);
    }

    #[test]
    fn one_digit_is_one_key() {
        check(&Test::OneDigit, (1970, 3, 4), (1970, 3, 14), true);
        check(&Test::OneDigit, (1970, 3, 4), (1980, 3, 4), true);
        check(&Test::OneDigit, (1970, 3, 9), (1970, 3, 10), false);
        check(&Test::SameMonthDay, (1970, 3, 4), (1999, 3, 4), true);
        check(&Test::SameMonthDay, (1970, 3, 0), (1999, 3, 0), false);
        check(&Test::TwoParts, (1970, 3, 4), (1970, 11, 4), true);
        check(&Test::TwoParts, (1970, 3, 4), (1971, 11, 4), false);
    }

    fn date() -> impl Strategy<Value = PackedDate> {
        (1900_u32..2030, 0_u32..13, 0_u32..32)
            .prop_map(|(year, month, day)| PackedDate::new(year, month, day))
    }

    proptest! {
        #[test]
        fn every_test_is_symmetric_and_a_full_date_is_the_same_as_itself(left in date(), right in date()) {
            let tests = [
                Test::Same, Test::Swapped, Test::YearsOff(vec![1, 10]), Test::EraSlip, Test::OneDigit,
                Test::Within(400.0), Test::FirstOfYear, Test::PartOf, Test::SameMonthDay, Test::TwoParts, Test::SameYear,
            ];
            for test in &tests {
                prop_assert_eq!(holds(test, left, right), holds(test, right, left), "{:?}", test);
            }
            prop_assert_eq!(holds(&Test::Same, left, left), left.is_full());
        }
    }
}
