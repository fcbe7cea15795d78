//! Numbers within a distance.

use super::{Comparison, Memo, Outcome, Test, first_place};
use crate::{Level, Row};

/// Compares two numbers by their distance.
pub(crate) struct Number<'a> {
    values: &'a [f32],
    tests: Vec<Test>,
}

impl<'a> Number<'a> {
    pub(crate) fn new(values: &'a [f32], tests: Vec<Test>) -> Self {
        Self { values, tests }
    }
}

impl Comparison for Number<'_> {
    fn compare(&self, left: Row, right: Row, _: &mut Memo) -> Outcome {
        let distance = f64::from((self.values[left as usize] - self.values[right as usize]).abs());
        if distance.is_nan() {
            return Outcome::MISSING;
        }
        let place = first_place(&self.tests, |test| match test {
            Test::Same => distance == 0.0,
            Test::Within(most) => distance <= *most,
            _ => true,
        });
        Outcome {
            level: place.map_or(Level::Missing, Level::At),
            share: 0.0,
        }
    }
}
