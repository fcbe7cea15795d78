//! From what the rules hold to the whole table: matches, who moved among them, and kin.

use super::em::Fit;
use super::patterns::RulePatterns;
use super::{Ground, count64};
use crate::Model;

/// All rules together give a match, and kin, at least so many times: a rule by words gives more of them than have the same text.
const MATCHES_HELD_MIN: f64 = 0.05;
const KIN_HELD_MIN: f64 = 1.0;

impl Ground {
    /// Pairs of one person in the whole table: those that the rules hold, by the chance that a rule holds such a pair.
    pub(super) fn matches(&self, model: &Model, rules: &[RulePatterns], fit: &Fit) -> f64 {
        let same = |place: usize| model.comparisons[place].levels[0].m.unwrap_or(1.0);
        self.in_all(
            rules,
            |rule| fit.shares[rule].matches,
            same,
            MATCHES_HELD_MIN,
        )
    }

    /// Matches who moved in the whole table.
    pub(super) fn moved(&self, model: &Model, rules: &[RulePatterns], fit: &Fit) -> f64 {
        let same = |place: usize| {
            let comparison = &model.comparisons[place];
            if comparison.is_of_strangers() {
                comparison.levels[0].m.unwrap_or(1.0)
            } else {
                fit.moved[place][0]
            }
        };
        self.in_all(rules, |rule| fit.shares[rule].moved, same, KIN_HELD_MIN)
    }

    /// Pairs of kin in the whole table.
    pub(super) fn kin(&self, model: &Model, rules: &[RulePatterns], fit: &Fit) -> f64 {
        let same = |place: usize| {
            let comparison = &model.comparisons[place];
            if comparison.is_of_strangers() {
                comparison.levels[0].u.unwrap_or(1.0)
            } else {
                fit.kin[place][0]
            }
        };
        self.in_all(rules, |rule| fit.shares[rule].kin, same, KIN_HELD_MIN)
    }

    /// Pairs of a kind in the whole table, of which a rule holds a share, and whose values are the same so often.
    fn in_all(
        &self,
        rules: &[RulePatterns],
        share: impl Fn(usize) -> f64,
        same: impl Fn(usize) -> f64,
        least: f64,
    ) -> f64 {
        let (mut held, mut chances) = (0.0, 0.0);
        for (place, rule) in rules.iter().enumerate() {
            let pairs = rule
                .patterns
                .iter()
                .map(|entry| count64(entry.1))
                .sum::<f64>()
                * rule.thinned_by;
            let fixed = (0..self.counts.len()).filter(|&place| rule.fixed[place]);
            let chance = fixed.map(|place| {
                let compared = self.counts[place].as_ref().map_or(1.0, |counts| {
                    counts.pairs.iter().sum::<f64>() / self.pairs.max(1.0)
                });
                same(place) * compared.min(1.0)
            });
            held += share(place) * pairs;
            chances += chance.product::<f64>();
        }
        (held / chances.max(least)).min(self.pairs / 2.0)
    }
}
