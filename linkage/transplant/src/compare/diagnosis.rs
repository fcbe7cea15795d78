//! Dates of diagnosis. A disease that turned into another takes a new date by rule, so the best of all dates counts.

use linkage::{Comparison, Counts, Memo, Outcome, PackedDate, Row};

use crate::facts::Ragged;
use crate::subject::{Subject, packed};

pub(super) const LEVELS: &[&str] = &["same day", "same month", "within a year", "differs"];
/// Days that two tellings of one diagnosis may lie apart (biopsy, report, first visit).
const MONTH_DAYS: u32 = 31;
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

fn place(left: PackedDate, right: PackedDate) -> u8 {
    match (left.days(), right.days()) {
        (Some(_), Some(_)) if left == right => 0,
        (Some(one), Some(other)) if one.abs_diff(other) <= MONTH_DAYS => 1,
        (Some(one), Some(other)) if one.abs_diff(other) <= YEAR_DAYS => 2,
        (Some(_), Some(_)) => 3,
        _ if left.compatible(right) => {
            if left.month() != 0 && right.month() != 0 {
                1
            } else {
                2
            }
        }
        _ => {
            if left.year().abs_diff(right.year()) <= 1 {
                2
            } else {
                3
            }
        }
    }
}
