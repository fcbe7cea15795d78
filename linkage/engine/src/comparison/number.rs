//! Numbers within a distance.

use super::{Coded, Outcome, Test, Values, dictionary, first};

/// Compares two numbers by their distance.
struct Number {
    values: Vec<u32>,
    tests: Vec<Test>,
}

pub(crate) fn coded(numbers: &[f32], tests: Vec<Test>) -> Coded<'_> {
    // Adding 0 turns -0 into 0, so that equal numbers have equal bits.
    let bits = |&number: &f32| (!number.is_nan()).then_some((number + 0.0).to_bits());
    let (rows, values) = dictionary(numbers.iter().map(bits));
    Coded::new(rows, Box::new(Number { values, tests }))
}

impl Values for Number {
    fn outcome(&self, left: u32, right: u32) -> Outcome {
        let number = |code: u32| f32::from_bits(self.values[code as usize - 1]);
        let distance = f64::from((number(left) - number(right)).abs());
        first(&self.tests, |test| match test {
            Test::Same => distance == 0.0,
            Test::Within(most) => distance <= *most,
            _ => true,
        })
    }

    fn dear(&self) -> bool {
        false
    }
}
