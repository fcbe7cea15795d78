//! Values that two sets share; a rare shared value says more.

use super::{Coded, Outcome, Test, Values, dictionary, first};
use crate::table::Arrays;

/// Compares two sets by the number of shared values.
struct Sets<'a> {
    arrays: &'a Arrays,
    sets: Vec<&'a [u32]>,
    tests: Vec<Test>,
}

pub(crate) fn coded(arrays: &Arrays, tests: Vec<Test>) -> Coded<'_> {
    let present = |set: &'_ [u32]| !set.is_empty();
    let (rows, sets) = dictionary(arrays.iter().map(|set| present(set).then_some(set)));
    let values = Sets {
        arrays,
        sets,
        tests,
    };
    Coded::new(rows, Box::new(values))
}

impl Sets<'_> {
    /// Shared values, and the share of the rarest of them.
    fn shared(&self, left: &[u32], right: &[u32]) -> (usize, f32) {
        let (mut count, mut rarest) = (0, 0.0_f32);
        let (mut at_left, mut at_right) = (0, 0);
        while at_left < left.len() && at_right < right.len() {
            match left[at_left].cmp(&right[at_right]) {
                std::cmp::Ordering::Less => at_left += 1,
                std::cmp::Ordering::Greater => at_right += 1,
                std::cmp::Ordering::Equal => {
                    let share = self.arrays.counts().share(left[at_left]);
                    rarest = if count == 0 { share } else { rarest.min(share) };
                    count += 1;
                    at_left += 1;
                    at_right += 1;
                }
            }
        }
        (count, rarest)
    }
}

impl Values for Sets<'_> {
    fn outcome(&self, left: u32, right: u32) -> Outcome {
        let set = |code: u32| self.sets[code as usize - 1];
        let (count, share) = self.shared(set(left), set(right));
        let level = first(&self.tests, |test| match test {
            Test::Shared(least) => count >= *least,
            _ => true,
        });
        Outcome { share, ..level }
    }
}
