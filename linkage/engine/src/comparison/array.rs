//! Values that two sets share; a rare shared value says more.

use super::{Comparison, Memo, Outcome, Test, first_place};
use crate::table::Arrays;
use crate::{Level, Row};

/// Compares two sets by the number of shared values.
pub(crate) struct ArrayComparison<'a> {
    arrays: &'a Arrays,
    tests: Vec<Test>,
}

impl<'a> ArrayComparison<'a> {
    pub(crate) fn new(arrays: &'a Arrays, tests: Vec<Test>) -> Self {
        Self { arrays, tests }
    }

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

impl Comparison for ArrayComparison<'_> {
    fn compare(&self, left: Row, right: Row, _: &mut Memo) -> Outcome {
        let (left, right) = (self.arrays.at(left), self.arrays.at(right));
        if left.is_empty() || right.is_empty() {
            return Outcome::MISSING;
        }
        let (count, rarest) = self.shared(left, right);
        let place = first_place(&self.tests, |test| match test {
            Test::Shared(least) => count >= *least,
            _ => true,
        });
        Outcome {
            level: place.map_or(Level::Missing, Level::At),
            share: rarest,
        }
    }
}
