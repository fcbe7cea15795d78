//! Similarity of short strings: W. E. Winkler, "String comparator metrics and enhanced decision rules in the
//! Fellegi-Sunter model of record linkage", 1990.

use super::{Comparison, Memo, Outcome, Test, first_place};
use crate::table::{Codes, MISSING};
use crate::{Level, Row};

/// Compares two interned strings; each pair of distinct values is computed once a thread.
pub(crate) struct JaroWinkler<'a> {
    codes: &'a Codes,
    tests: Vec<Test>,
}

impl<'a> JaroWinkler<'a> {
    pub(crate) fn new(codes: &'a Codes, tests: Vec<Test>) -> Self {
        Self { codes, tests }
    }
}

impl Comparison for JaroWinkler<'_> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a similarity of 0 to 1 fits any float"
    )]
    fn compare(&self, left: Row, right: Row, memo: &mut Memo) -> Outcome {
        let (left, right) = (self.codes.at(left), self.codes.at(right));
        if left == MISSING || right == MISSING {
            return Outcome::MISSING;
        }
        let same = left == right;
        let compute =
            |low, high| strsim::jaro_winkler(self.codes.name(low), self.codes.name(high)) as f32;
        let similarity = if same {
            1.0
        } else {
            memo.get(left, right, compute)
        };
        let place = first_place(&self.tests, |test| match test {
            Test::Same => same,
            Test::AtLeast(least) => f64::from(similarity) >= *least,
            _ => true,
        });
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
}
