//! Dates of diagnosis. A disease that turned into another takes a new date by rule, so the best of all dates counts.

use linkage::{Comparison, Counts, Memo, Outcome, PackedDate, Row};

use crate::facts::Ragged;
use crate::subject::{Subject, packed};

pub(super) const LEVELS: &[&str] = &[
    "same day",
    "within a week",
    "within weeks",
    "year only",
    "within a year",
    "differs",
];
/// Days that two tellings of one diagnosis may lie apart (biopsy, report, first visit).
const WEEK_DAYS: u32 = 7;
const WEEKS_DAYS: u32 = 45;
const YEAR_DAYS: u32 = 366;

/// Dates of diagnosis by their best fit.
pub(super) struct DiagnosisDates {
    dates: Ragged<PackedDate>,
    counts: Counts,
}

impl DiagnosisDates {
    pub(super) fn new(subjects: &[Subject]) -> Self {
        let dates = Ragged::new(subjects.iter().map(|subject| {
            subject
                .diagnoses
                .iter()
                .filter_map(|diagnosis| diagnosis.on.map(packed))
        }));
        let counts = Counts::of(dates.all().iter().map(|date| date.packed()));
        Self { dates, counts }
    }
}

impl Comparison for DiagnosisDates {
    fn compare(&self, left: Row, right: Row, _: &mut Memo) -> Outcome {
        let (left, right) = (self.dates.at(left), self.dates.at(right));
        let places = left
            .iter()
            .flat_map(|&one| right.iter().map(move |&other| (place(one, other), one)));
        match places.min() {
            None => Outcome::MISSING,
            Some((0, day)) => Outcome::shared(0, self.counts.share(day.packed())),
            Some((place, _)) => Outcome::at(place),
        }
    }
}

/// The level's place. A date that lacks its day lies anywhere in its month; of a year alone nothing but the year can agree.
fn place(left: PackedDate, right: PackedDate) -> u8 {
    let both_full = left.is_full() && right.is_full();
    let year_only = left.month() == 0 || right.month() == 0;
    match days_apart(left, right) {
        Some(0) if both_full => 0,
        Some(0..=WEEK_DAYS) if both_full => 1,
        Some(0..=WEEKS_DAYS) if !year_only => 2,
        Some(0) => 3,
        Some(0..=YEAR_DAYS) => 4,
        _ => 5,
    }
}

/// Days that lie between two dates at least.
fn days_apart(left: PackedDate, right: PackedDate) -> Option<u32> {
    let ((from, to), (since, until)) = (days_of(left)?, days_of(right)?);
    Some((since - to).max(from - until).max(0).unsigned_abs())
}

/// The first and the last day that a date may be.
fn days_of(date: PackedDate) -> Option<(i32, i32)> {
    let (year, month) = (date.year(), date.month());
    if date.is_full() {
        return date.days().map(|day| (day, day));
    }
    let (first, next) = match month {
        0 => (PackedDate::new(year, 1, 1), PackedDate::new(year + 1, 1, 1)),
        12 => (
            PackedDate::new(year, 12, 1),
            PackedDate::new(year + 1, 1, 1),
        ),
        _ => (
            PackedDate::new(year, month, 1),
            PackedDate::new(year, month + 1, 1),
        ),
    };
    Some((first.days()?, next.days()? - 1))
}

#[cfg(test)]
mod tests {
    use super::{PackedDate, place};

    fn check(left: (u32, u32, u32), right: (u32, u32, u32), expected: u8) {
        let date = |(year, month, day)| PackedDate::new(year, month, day);
        assert_eq!(
            (
                place(date(left), date(right)),
                place(date(right), date(left))
            ),
            (expected, expected),
            "{left:?} {right:?}"
        );
    }

    #[test]
    fn what_is_not_known_of_a_date_does_not_part() {
        check((2017, 5, 8), (2017, 5, 8), 0);
        check((2017, 5, 8), (2017, 5, 3), 1);
        check((2017, 5, 8), (2017, 6, 22), 2);
        check((2017, 5, 8), (2017, 6, 23), 4);
        check((2017, 5, 8), (2017, 5, 0), 2);
        check((2017, 5, 8), (2017, 4, 0), 2);
        check((2017, 12, 30), (2018, 1, 0), 2);
        check((2017, 5, 0), (2017, 12, 0), 4);
        check((2017, 5, 8), (2017, 0, 0), 3);
        check((2017, 0, 0), (2017, 0, 0), 3);
        check((2017, 12, 31), (2018, 0, 0), 4);
        check((2017, 5, 8), (2018, 4, 8), 4);
        check((2017, 5, 8), (2019, 4, 8), 5);
    }
}
