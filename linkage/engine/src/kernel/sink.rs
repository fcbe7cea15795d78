//! What the kernel makes of a pair: its pattern, its weight, or each comparison's part.

use super::Compared;
use crate::Level;
use crate::comparison::{Coded, Outcome};
use crate::weigh::{Pattern, Sum, Weighed, Weights};

/// Takes what the comparisons of a pair come to, in the model's order.
pub(super) trait Sink {
    /// Two equal codes at a level, or nothing to compare: level 0.
    fn same(&mut self, place: usize, code: u32, packed: u8);
    /// Two unequal codes, the lower first.
    fn unequal(&mut self, place: usize, outcome: Outcome, coded: &Coded<'_>, codes: (u32, u32));
    /// A caller's own comparison.
    fn rows(&mut self, place: usize, outcome: Outcome);
}

impl Sink for Pattern {
    #[inline]
    fn same(&mut self, place: usize, _: u32, packed: u8) {
        self.set_packed(place, packed);
    }

    #[inline]
    fn unequal(&mut self, place: usize, outcome: Outcome, _: &Coded<'_>, _: (u32, u32)) {
        self.set(place, outcome.level);
    }

    #[inline]
    fn rows(&mut self, place: usize, outcome: Outcome) {
        self.set(place, outcome.level);
    }
}

/// Adds up the weight beside the levels.
pub(super) struct Weigh<'w> {
    pub(super) weights: &'w Weights,
    pub(super) sum: Sum,
}

impl Weigh<'_> {
    /// The sum, less what the comparisons say twice and what kin would share.
    #[inline]
    pub(super) fn total(self) -> Compared {
        Compared {
            pattern: self.sum.pattern,
            weight: self.sum.total(self.weights),
        }
    }
}

impl Sink for Weigh<'_> {
    #[inline]
    fn same(&mut self, place: usize, code: u32, packed: u8) {
        self.sum.pattern.set_packed(place, packed);
        self.sum
            .add(place, self.weights.of(place).same(code, packed));
    }

    #[inline]
    fn unequal(&mut self, place: usize, outcome: Outcome, coded: &Coded<'_>, codes: (u32, u32)) {
        self.sum.pattern.set(place, outcome.level);
        let bits = self.weights.of(place).unequal(outcome, coded, codes);
        self.sum.add(place, bits);
    }

    #[inline]
    fn rows(&mut self, place: usize, outcome: Outcome) {
        self.sum.pattern.set(place, outcome.level);
        self.sum.add(place, self.weights.of(place).weigh(outcome));
    }
}

/// Keeps each comparison's part.
pub(super) struct Parts<'w> {
    pub(super) weights: &'w Weights,
    pub(super) parts: Vec<Weighed>,
}

impl Sink for Parts<'_> {
    fn same(&mut self, place: usize, code: u32, packed: u8) {
        let weights = self.weights.of(place);
        let weight = weights.same(code, packed);
        self.parts
            .push(weights.weighed(Level::from_packed(packed), weight));
    }

    fn unequal(&mut self, place: usize, outcome: Outcome, coded: &Coded<'_>, codes: (u32, u32)) {
        let weights = self.weights.of(place);
        let weight = weights.unequal(outcome, coded, codes);
        self.parts.push(weights.weighed(outcome.level, weight));
    }

    fn rows(&mut self, place: usize, outcome: Outcome) {
        let weights = self.weights.of(place);
        self.parts
            .push(weights.weighed(outcome.level, weights.weigh(outcome)));
    }
}
