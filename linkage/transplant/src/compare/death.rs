//! Dates of death: strong when both registries tell one.

use linkage::{Comparison, Counts, Memo, Outcome, Row};

use crate::facts::Facts;
use crate::subject::packed;

pub(super) const LEVELS: &[&str] = &["same day", "within a week", "differs"];
/// Days that two registries' dates of one death may lie apart.
const NEAR_DAYS: u32 = 7;

/// Dates of death; a record without one says nothing.
pub(super) struct Death<'a> {
    facts: &'a Facts<'a>,
    counts: Counts,
}

impl<'a> Death<'a> {
    pub(super) fn new(facts: &'a Facts<'a>) -> Self {
        let counts = Counts::of(
            facts
                .deaths
                .iter()
                .flatten()
                .map(|death| death.date.packed()),
        );
        Self { facts, counts }
    }
}

impl Comparison for Death<'_> {
    fn compare(&self, left: Row, right: Row, _: &mut Memo) -> Outcome {
        let (Some(left), Some(right)) = (
            self.facts.deaths[left as usize],
            self.facts.deaths[right as usize],
        ) else {
            return Outcome::MISSING;
        };
        let (one, other) = (packed(left.date), packed(right.date));
        match (one.days(), other.days()) {
            (Some(_), Some(_)) if one == other => {
                Outcome::shared(0, self.counts.share(one.packed()))
            }
            (Some(first), Some(second)) if first.abs_diff(second) <= NEAR_DAYS => Outcome::at(1),
            (Some(_), Some(_)) => Outcome::at(2),
            _ if one.compatible(other) => Outcome::at(1),
            _ => Outcome::at(2),
        }
    }
}
