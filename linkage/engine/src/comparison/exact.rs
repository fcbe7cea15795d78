//! Equal or not; equality of a rare value says more.

use super::{Comparison, Memo, Outcome, Test, first_place};
use crate::table::{Codes, MISSING};
use crate::{Level, Row};

/// Compares two interned values for equality.
pub(crate) struct Exact<'a> {
    codes: &'a Codes,
    tests: Vec<Test>,
}

impl<'a> Exact<'a> {
    pub(crate) fn new(codes: &'a Codes, tests: Vec<Test>) -> Self {
        Self { codes, tests }
    }
}

impl Comparison for Exact<'_> {
    fn compare(&self, left: Row, right: Row, _: &mut Memo) -> Outcome {
        let (left, right) = (self.codes.at(left), self.codes.at(right));
        if left == MISSING || right == MISSING {
            return Outcome::MISSING;
        }
        let same = left == right;
        let place = first_place(&self.tests, |test| same || *test != Test::Same);
        let share = if same {
            self.codes.counts().share(left)
        } else {
            0.0
        };
        Outcome {
            level: place.map_or(Level::Missing, Level::At),
            share,
        }
    }

    fn chances(&self) -> Option<Vec<f64>> {
        let same = self.codes.counts().chance_equal();
        Some(
            self.tests
                .iter()
                .map(|test| {
                    if *test == Test::Same {
                        same
                    } else {
                        1.0 - same
                    }
                })
                .collect(),
        )
    }
}
