//! Blood group: weak, and the donor's after a transplant between groups.

use std::collections::BTreeMap;

use linkage::{Comparison, Memo, Outcome, Row};

use crate::facts::{Facts, Ragged};
use crate::subject::{Blood, packed};

pub(super) const LEVELS: &[&str] = &["same", "differs"];
/// Share of Rh(D) negative in Japan, about one in 200.
const RH_NEGATIVE: f32 = 0.005;

/// Blood groups, a difference counting only where both were tested before any foreign cells.
pub(super) struct BloodComparison<'a> {
    facts: &'a Facts<'a>,
    blood: Ragged<Blood>,
    shares: BTreeMap<&'static str, f32>,
}

impl<'a> BloodComparison<'a> {
    pub(super) fn new(facts: &'a Facts<'a>) -> Self {
        let blood = Ragged::new(
            facts
                .subjects
                .iter()
                .map(|subject| subject.blood.expose().iter().copied()),
        );
        let mut counts = BTreeMap::<_, f32>::new();
        for group in blood.all() {
            *counts.entry(group.abo).or_default() += 1.0;
        }
        let total = counts.values().sum::<f32>().max(1.0);
        let shares = counts
            .into_iter()
            .map(|(abo, count)| (abo, count / total))
            .collect();
        Self {
            facts,
            blood,
            shares,
        }
    }
}

impl Comparison for BloodComparison<'_> {
    fn compare(&self, left: Row, right: Row, _: &mut Memo) -> Outcome {
        let foreign = self.facts.first_allogeneic_of(left, right);
        let (left, right) = (self.blood.at(left), self.blood.at(right));
        let pairs = || {
            left.iter()
                .flat_map(|one| right.iter().map(move |other| (one, other)))
        };
        if let Some((one, other)) = pairs().find(|(one, other)| one.abo == other.abo) {
            let negative = one.rh_negative == Some(true) && other.rh_negative == Some(true);
            let share = self.shares.get(one.abo).copied().unwrap_or(1.0);
            return Outcome::shared(0, if negative { share * RH_NEGATIVE } else { share });
        }
        let before = |blood: &Blood| {
            foreign.is_missing() || blood.tested_on.is_some_and(|day| packed(day) < foreign)
        };
        if pairs().any(|(one, other)| before(one) && before(other)) {
            Outcome::at(1)
        } else {
            Outcome::MISSING
        }
    }
}
