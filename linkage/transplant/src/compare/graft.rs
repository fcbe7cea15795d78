//! Donor, graft and product of one and the same infusion, as both records tell it.

use linkage::{Comparison, Memo, Outcome, Row};

use crate::facts::{EventFact, Facts};

pub(super) const LEVELS: &[&str] = &["agrees", "differs"];

/// Details of an infusion that both have on one day; nothing where they share none.
pub(super) struct GraftComparison<'a>(pub(super) &'a Facts<'a>);

impl Comparison for GraftComparison<'_> {
    fn compare(&self, left: Row, right: Row, _: &mut Memo) -> Outcome {
        let (ours, theirs) = (self.0.events.at(left), self.0.events.at(right));
        let same = |one: &EventFact, other: &EventFact| {
            one.kind == other.kind && one.date.is_full() && one.date == other.date
        };
        let shared = ours.iter().flat_map(|one| {
            theirs
                .iter()
                .filter(move |other| same(one, other))
                .map(move |other| details(one, other))
        });
        match shared.flatten().min() {
            None => Outcome::MISSING,
            Some(true) => Outcome::at(0),
            Some(false) => Outcome::at(1),
        }
    }
}

/// Whether donor and graft agree where both are told.
fn details(one: &EventFact, other: &EventFact) -> Option<bool> {
    let donors = one.donor.zip(other.donor).map(|(one, other)| one == other);
    let grafts = one.graft.zip(other.graft).map(|(one, other)| one == other);
    donors.into_iter().chain(grafts).min()
}
