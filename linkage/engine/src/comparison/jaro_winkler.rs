//! Similarity of short strings: W. E. Winkler, "String comparator metrics and enhanced decision rules in the
//! Fellegi-Sunter model of record linkage", 1990.

use super::{Coded, Outcome, Test, Values, first};
use crate::Codes;

/// Compares two interned strings.
struct JaroWinkler<'a> {
    codes: &'a Codes,
    tests: Vec<Test>,
}

pub(crate) fn coded(codes: &Codes, tests: Vec<Test>) -> Coded<'_> {
    Coded::new(codes.rows(), Box::new(JaroWinkler { codes, tests }))
}

impl Values for JaroWinkler<'_> {
    fn outcome(&self, left: u32, right: u32) -> Outcome {
        let same = left == right;
        let similarity = if same {
            1.0
        } else {
            strsim::jaro_winkler(self.codes.name(left), self.codes.name(right))
        };
        first(&self.tests, |test| match test {
            Test::Same => same,
            Test::AtLeast(least) => similarity >= *least,
            _ => true,
        })
    }
}
