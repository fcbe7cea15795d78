//! Numbers within a distance.
//!
//! Levels: `same`, `within = 5` (absolute), `within_share = 0.1` (of the larger of the two magnitudes), `apart = [9, 11]`
//! (at least and at most so far apart: ages of one person at two times), `otherwise`.

use super::{Coded, Outcome, Test, Values, dictionary, first};

/// Compares two numbers by their distance.
struct Number {
    values: Vec<u32>,
    tests: Vec<Test>,
}

pub(super) fn coded(numbers: &[f32], tests: Vec<Test>) -> Coded<'_> {
    // Adding 0 turns -0 into 0, so that equal numbers have equal bits.
    let bits = |&number: &f32| (!number.is_nan()).then_some((number + 0.0).to_bits());
    let (rows, values) = dictionary(numbers.iter().map(bits));
    Coded::new(rows, Box::new(Number { values, tests }))
}

impl Values for Number {
    fn outcome(&self, left: u32, right: u32) -> Outcome {
        let number = |code: u32| f64::from(f32::from_bits(self.values[code as usize - 1]));
        first(&self.tests, |test| holds(test, number(left), number(right)))
    }

    fn dear(&self) -> bool {
        false
    }
}

fn holds(test: &Test, left: f64, right: f64) -> bool {
    let (distance, larger) = ((left - right).abs(), left.abs().max(right.abs()));
    match test {
        Test::Same => left.to_bits() == right.to_bits(),
        Test::Within(most) => left.to_bits() == right.to_bits() || distance <= *most,
        Test::WithinShare(share) => {
            left.to_bits() == right.to_bits() || distance <= *share * larger
        }
        Test::Apart([least, most]) => (*least..=*most).contains(&distance),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::{Test, holds};

    #[test]
    fn distances_are_absolute_or_a_share_of_the_larger() {
        let check = |test: &Test, left, right, expected| {
            assert_eq!(
                holds(test, left, right),
                expected,
                "{test:?} {left} {right}"
            );
            assert_eq!(
                holds(test, right, left),
                expected,
                "{test:?} {right} {left}"
            );
        };
        check(&Test::Same, 1.5, 1.5, true);
        check(&Test::Same, 1.5, 1.6, false);
        check(&Test::Within(2.0), 10.0, 12.0, true);
        check(&Test::Within(2.0), 10.0, 12.5, false);
        check(&Test::WithinShare(0.1), 90.0, 100.0, true);
        check(&Test::WithinShare(0.1), 89.0, 100.0, false);
        check(&Test::WithinShare(0.1), -100.0, -95.0, true);
        check(&Test::Within(0.0), f64::INFINITY, f64::INFINITY, true);
        check(&Test::WithinShare(0.5), 0.0, 0.0, true);
        check(&Test::Apart([9.0, 11.0]), 31.0, 41.0, true);
        check(&Test::Apart([9.0, 11.0]), 31.0, 43.0, false);
        check(&Test::Apart([9.0, 11.0]), 31.0, 31.0, false);
    }
}
