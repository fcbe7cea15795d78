//! Equal or not; equality of a rare value says more.

use super::{Coded, Outcome, Test, Values, first};
use crate::Codes;

/// Compares two interned values for equality.
struct Exact {
    same: Outcome,
    unequal: Outcome,
}

pub(crate) fn coded<'a>(codes: &'a Codes, tests: &[Test]) -> Coded<'a> {
    let values = Exact {
        same: first(tests, |_| true),
        unequal: first(tests, |test| *test != Test::Same),
    };
    Coded::new(codes.rows(), Box::new(values))
}

impl Values for Exact {
    fn outcome(&self, left: u32, right: u32) -> Outcome {
        if left == right {
            self.same
        } else {
            self.unequal
        }
    }

    fn unequal(&self) -> Option<Outcome> {
        Some(self.unequal)
    }

    fn dear(&self) -> bool {
        false
    }
}
