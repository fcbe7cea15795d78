//! The best one-to-one assignment between the records of two sources.
//!
//! Shortest augmenting paths over sparse gains, one record after the other (Kuhn 1955; Jonker and Volgenant 1987). A
//! record may stay alone, at no gain; so the heaviest assignment is found, not the one with most pairs.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::ground::Grains;

/// Beyond so many steps (records of one side times links) the heaviest link goes first instead.
pub(super) const ASSIGNMENT_STEPS_MAX: usize = 200_000_000;

/// The gains between the records of two sources.
pub(super) struct Gains {
    /// By left record: right records and what the pair gains, not negative; each right record once.
    pub(super) by_left: Vec<Vec<(usize, Grains)>>,
    /// Number of right records.
    pub(super) rights: usize,
}

impl Gains {
    /// Whether the best assignment is within reach.
    pub(super) fn solvable(&self) -> bool {
        let links = self.by_left.iter().map(Vec::len).sum::<usize>();
        self.by_left.len().saturating_mul(links) <= ASSIGNMENT_STEPS_MAX
    }

    /// The right record of each left one in the heaviest assignment.
    pub(super) fn best(&self) -> Vec<Option<usize>> {
        let mut search = Search::new(self);
        for left in 0..self.by_left.len() {
            search.place(left);
        }
        search.right_of
    }

    /// The assignment that takes the heaviest link first.
    pub(super) fn greedy(&self) -> Vec<Option<usize>> {
        let mut links = (0..)
            .zip(&self.by_left)
            .flat_map(|(left, row)| {
                row.iter()
                    .map(move |&(right, gain)| (Reverse(gain), left, right))
            })
            .collect::<Vec<(Reverse<Grains>, usize, usize)>>();
        links.sort_unstable();
        let (mut right_of, mut taken) = (vec![None; self.by_left.len()], vec![false; self.rights]);
        for (_, left, right) in links {
            if right_of[left].is_none() && !taken[right] {
                right_of[left] = Some(right);
                taken[right] = true;
            }
        }
        right_of
    }
}

/// Where a path of the search may end.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Right(usize),
    /// The left record stays alone.
    Alone(usize),
}

struct Search<'a> {
    gains: &'a Gains,
    right_of: Vec<Option<usize>>,
    left_of: Vec<Option<usize>>,
    /// Prices of the right records; a record that none holds has price 0.
    prices: Vec<Grains>,
    distance: Vec<Grains>,
    /// The left record by which each right one was reached.
    reached_by: Vec<usize>,
    reached: Vec<usize>,
    open: BinaryHeap<Reverse<(Grains, Place)>>,
}

impl<'a> Search<'a> {
    fn new(gains: &'a Gains) -> Self {
        Self {
            gains,
            right_of: vec![None; gains.by_left.len()],
            left_of: vec![None; gains.rights],
            prices: vec![0; gains.rights],
            distance: vec![Grains::MAX; gains.rights],
            reached_by: vec![0; gains.rights],
            reached: Vec::new(),
            open: BinaryHeap::new(),
        }
    }

    /// Gives the left record a place by the cheapest change of those before it.
    fn place(&mut self, start: usize) {
        self.open.clear();
        self.reach(start, 0);
        let mut passed = Vec::new();
        while let Some(Reverse((distance, place))) = self.open.pop() {
            let Place::Right(right) = place else {
                return self.finish(place, distance, &passed);
            };
            if distance > self.distance[right] {
                continue;
            }
            let Some(left) = self.left_of[right] else {
                return self.finish(place, distance, &passed);
            };
            passed.push(right);
            let held = -self.gain(left, right) - self.prices[right];
            self.reach(left, distance - held);
        }
    }

    /// Opens the places of a left record, `offset` being the way to it less its price.
    fn reach(&mut self, left: usize, offset: Grains) {
        for &(right, gain) in &self.gains.by_left[left] {
            let distance = offset - gain - self.prices[right];
            if distance < self.distance[right] {
                if self.distance[right] == Grains::MAX {
                    self.reached.push(right);
                }
                self.distance[right] = distance;
                self.reached_by[right] = left;
                self.open.push(Reverse((distance, Place::Right(right))));
            }
        }
        self.open.push(Reverse((offset, Place::Alone(left))));
    }

    /// Raises prices, and hands places over along the path that ends at `place`.
    fn finish(&mut self, place: Place, distance: Grains, passed: &[usize]) {
        for &right in passed {
            self.prices[right] += self.distance[right] - distance;
        }
        let mut right = match place {
            Place::Right(right) => Some(right),
            Place::Alone(left) => self.right_of[left].take(),
        };
        while let Some(given) = right {
            let left = self.reached_by[given];
            right = self.right_of[left].replace(given);
            self.left_of[given] = Some(left);
        }
        for right in self.reached.drain(..) {
            self.distance[right] = Grains::MAX;
        }
    }

    fn gain(&self, left: usize, right: usize) -> Grains {
        self.gains.by_left[left]
            .iter()
            .find(|known| known.0 == right)
            .map_or(0, |known| known.1)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Gains, Grains};

    fn gained(gains: &Gains, right_of: &[Option<usize>]) -> Grains {
        let mut taken = vec![false; gains.rights];
        let mut total = 0;
        for (left, right) in right_of.iter().enumerate() {
            let Some(right) = *right else { continue };
            assert!(!std::mem::replace(&mut taken[right], true), "taken twice");
            total += gains.by_left[left]
                .iter()
                .find(|known| known.0 == right)
                .unwrap()
                .1;
        }
        total
    }

    fn brute(gains: &Gains, left: usize, taken: u32) -> Grains {
        let Some(row) = gains.by_left.get(left) else {
            return 0;
        };
        let alone = brute(gains, left + 1, taken);
        let free = row.iter().filter(|known| taken & (1 << known.0) == 0);
        free.map(|&(right, gain)| gain + brute(gains, left + 1, taken | 1 << right))
            .fold(alone, Grains::max)
    }

    proptest! {
        #[test]
        fn the_best_assignment_is_the_best_of_all(
            rows in prop::collection::vec(prop::collection::btree_map(0_usize..6, 0_i64..20, 0..6), 0..7),
        ) {
            let gains = Gains { by_left: rows.into_iter().map(|row| row.into_iter().collect()).collect(), rights: 6 };
            let best = gained(&gains, &gains.best());
            prop_assert_eq!(best, brute(&gains, 0, 0));
            prop_assert!(gained(&gains, &gains.greedy()) <= best);
        }
    }
}
