//! Similarity of short strings: W. E. Winkler, "String comparator metrics and enhanced decision rules in the
//! Fellegi-Sunter model of record linkage", 1990.
//!
//! Levels: `same`, `at_least = 0.92` (any number of them), `otherwise`. The measure itself is
//! [`similarity::jaro_winkler`](super::similarity::jaro_winkler).

use std::sync::OnceLock;

use super::similarity::{Dictionary, JaroWinklerFilter, Sieve};
use super::{Coded, Outcome, Test, Values, first};
use crate::Codes;

/// Compares two interned strings.
struct JaroWinkler {
    dictionary: Dictionary,
    tests: Vec<Test>,
    /// The lowest similarity above the last level, if the levels are by similarity alone.
    least: Option<f64>,
    /// Its filter, made when it is first asked for: that costs as much as some thousand similarities.
    filter: OnceLock<JaroWinklerFilter>,
}

pub(super) fn coded(codes: &Codes, tests: Vec<Test>) -> Coded<'_> {
    let values = JaroWinkler {
        dictionary: Dictionary::of_codes(codes),
        least: lowest(&tests),
        tests,
        filter: OnceLock::new(),
    };
    Coded::new(codes.rows(), Box::new(values))
}

/// The least similarity of any level but the last, when that takes all others.
fn lowest(tests: &[Test]) -> Option<f64> {
    let (Test::Otherwise, above) = tests.split_last()? else {
        return None;
    };
    above.iter().try_fold(1.0, |least: f64, test| match test {
        Test::Same => Some(least),
        Test::AtLeast(similarity) => Some(least.min(*similarity)),
        _ => None,
    })
}

impl Values for JaroWinkler {
    fn outcome(&self, left: u32, right: u32) -> Outcome {
        let same = left == right;
        let similarity = if same {
            1.0
        } else {
            self.dictionary
                .jaro_winkler(left as usize - 1, right as usize - 1)
        };
        first(&self.tests, |test| match test {
            Test::Same => same,
            Test::AtLeast(least) => similarity >= *least,
            _ => true,
        })
    }

    fn sieve(&self) -> Option<Sieve<'_>> {
        let least = self.least?;
        let filter = self.filter.get_or_init(|| JaroWinklerFilter::new(least));
        Some(Sieve::by_similarity(filter, &self.dictionary))
    }
}
