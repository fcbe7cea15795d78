//! Dates with the slips that people make: day and month exchanged, a year or an era off, a part unknown.

use super::{Coded, Outcome, Test, Values, dictionary, first};
use crate::PackedDate;

/// Compares two dates.
struct Dates {
    values: Vec<PackedDate>,
    tests: Vec<Test>,
}

pub(crate) fn coded(dates: &[PackedDate], tests: Vec<Test>) -> Coded<'_> {
    let present = |&date: &PackedDate| (!date.is_missing()).then_some(date);
    let (rows, values) = dictionary(dates.iter().map(present));
    Coded::new(rows, Box::new(Dates { values, tests }))
}

impl Values for Dates {
    fn outcome(&self, left: u32, right: u32) -> Outcome {
        let date = |code: u32| self.values[code as usize - 1];
        first(&self.tests, |test| holds(test, date(left), date(right)))
    }

    fn dear(&self) -> bool {
        false
    }
}

fn holds(test: &Test, left: PackedDate, right: PackedDate) -> bool {
    let both_full = left.is_full() && right.is_full();
    match test {
        Test::Same => both_full && left == right,
        Test::Swapped => {
            both_full
                && left.year() == right.year()
                && (left.month(), left.day()) == (right.day(), right.month())
        }
        Test::YearsOff(years) => {
            both_full
                && (left.month(), left.day()) == (right.month(), right.day())
                && years.contains(&left.year().abs_diff(right.year()))
        }
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

#[cfg(test)]
mod tests {
    use super::{Test, holds};
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
}
