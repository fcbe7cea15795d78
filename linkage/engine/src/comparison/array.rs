//! Values that two sets share; a rare shared value says more.
//!
//! Levels: `shared = 2` (so many values), `jaccard = 0.5` (shared values as a share of all values of both), `overlap = 0.8`
//! (as a share of the smaller side's), `subset`, `same`, `otherwise`. The rarity is that of the rarest shared value.

use super::{Coded, Outcome, Test, Values, dictionary, first};
use crate::table::Arrays;

/// Compares two sets by the number of shared values.
struct Arrayed<'a> {
    arrays: &'a Arrays,
    sets: Vec<&'a [u32]>,
    tests: Vec<Test>,
}

pub(super) fn coded(arrays: &Arrays, tests: Vec<Test>) -> Coded<'_> {
    let present = |set: &'_ [u32]| !set.is_empty();
    let (rows, sets) = dictionary(arrays.iter().map(|set| present(set).then_some(set)));
    let values = Arrayed {
        arrays,
        sets,
        tests,
    };
    Coded::new(rows, Box::new(values))
}

impl Values for Arrayed<'_> {
    fn outcome(&self, left: u32, right: u32) -> Outcome {
        let set = |code: u32| self.sets[code as usize - 1];
        let (left, right) = (set(left), set(right));
        let mut rarest = f32::INFINITY;
        let count = each_shared(left, right, |value| {
            rarest = rarest.min(self.arrays.counts().share(value));
        });
        let outcome = first(&self.tests, |test| {
            holds(test, count, left.len(), right.len())
        });
        let share = if count > 0 { rarest } else { 0.0 };
        Outcome { share, ..outcome }
    }
}

/// Walks two ascending sets and tells each value that both hold; gives their number.
pub(super) fn each_shared(left: &[u32], right: &[u32], mut told: impl FnMut(u32)) -> usize {
    let (mut count, mut at_left, mut at_right) = (0, 0, 0);
    while at_left < left.len() && at_right < right.len() {
        match left[at_left].cmp(&right[at_right]) {
            std::cmp::Ordering::Less => at_left += 1,
            std::cmp::Ordering::Greater => at_right += 1,
            std::cmp::Ordering::Equal => {
                told(left[at_left]);
                count += 1;
                at_left += 1;
                at_right += 1;
            }
        }
    }
    count
}

/// Whether a test of sets holds, given the number of shared values and the sizes of the two sets.
#[expect(clippy::cast_precision_loss, reason = "sizes are far below 2^53")]
pub(super) fn holds(test: &Test, shared: usize, ours: usize, theirs: usize) -> bool {
    let (all, smaller) = (ours + theirs - shared, ours.min(theirs));
    match test {
        Test::Same => shared == all,
        Test::Shared(least) => shared >= *least,
        Test::Jaccard(least) => shared as f64 >= *least * all as f64,
        Test::Overlap(least) => shared as f64 >= *least * smaller as f64,
        Test::Subset => shared == smaller,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Test, coded, each_shared, holds};
    use crate::{Arrays, Level};

    #[test]
    fn sets_meet_by_number_share_and_inclusion() {
        let check = |test: Test, shared, ours, theirs, expected| {
            assert_eq!(holds(&test, shared, ours, theirs), expected, "{test:?}");
            assert_eq!(holds(&test, shared, theirs, ours), expected, "{test:?}");
        };
        check(Test::Same, 2, 2, 2, true);
        check(Test::Same, 2, 2, 3, false);
        check(Test::Shared(2), 2, 5, 5, true);
        check(Test::Shared(3), 2, 5, 5, false);
        check(Test::Jaccard(0.5), 2, 2, 4, true);
        check(Test::Jaccard(0.5), 2, 3, 4, false);
        check(Test::Overlap(0.5), 1, 2, 9, true);
        check(Test::Overlap(0.6), 1, 2, 9, false);
        check(Test::Subset, 2, 2, 9, true);
        check(Test::Subset, 1, 2, 9, false);
    }

    proptest! {
        #[test]
        fn the_outcome_is_symmetric_and_a_set_is_the_same_as_itself(
            rows in proptest::collection::vec(proptest::collection::vec(1_u32..12, 1..6), 2..8),
        ) {
            let arrays = Arrays::from_codes(rows.clone());
            let tests = vec![Test::Same, Test::Subset, Test::Jaccard(0.4), Test::Shared(1), Test::Otherwise];
            let bound = coded(&arrays, tests);
            for left in 0..u32::try_from(rows.len()).unwrap() {
                prop_assert_eq!(bound.compare(left, left).level, Level::At(0));
                for right in 0..left {
                    prop_assert_eq!(bound.compare(left, right), bound.compare(right, left));
                    let shared = each_shared(arrays.at(left), arrays.at(right), |_| {});
                    let wanted = arrays.at(left).iter().filter(|value| arrays.at(right).contains(value)).count();
                    prop_assert_eq!(shared, wanted);
                }
            }
        }
    }
}
