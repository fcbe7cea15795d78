//! Typing errors between two strings: insertions, deletions, substitutions and exchanges of neighbours, in the form of
//! the optimal string alignment (F. J. Damerau, "A technique for computer detection and correction of spelling errors",
//! Communications of the ACM 7, 1964).
//!
//! Levels: `same`, `edits = 1` (any number of them), `at_least = 0.8` (1 less the share of characters edited),
//! `otherwise`. The measures themselves are [`similarity::edits`](super::similarity::edits) and
//! [`similarity::edit_similarity`](super::similarity::edit_similarity).

use super::similarity::{Dictionary, EditsFilter, Sieve};
use super::{Coded, Outcome, Test, Values, first};
use crate::Codes;

struct DamerauLevenshtein {
    dictionary: Dictionary,
    tests: Vec<Test>,
    filter: Option<EditsFilter>,
}

pub(super) fn coded(codes: &Codes, tests: Vec<Test>) -> Coded<'_> {
    let values = DamerauLevenshtein {
        dictionary: Dictionary::of_codes(codes),
        filter: filter(&tests),
        tests,
    };
    Coded::new(codes.rows(), Box::new(values))
}

/// A filter for all levels but the last, when that takes all others.
fn filter(tests: &[Test]) -> Option<EditsFilter> {
    let (Test::Otherwise, above) = tests.split_last()? else {
        return None;
    };
    let (mut most, mut least) = (None::<u32>, None::<f64>);
    for test in above {
        match test {
            Test::Edits(edits) => most = most.max(Some(*edits)),
            Test::AtLeast(share) => least = Some(least.map_or(*share, |least| least.min(*share))),
            _ => {}
        }
    }
    Some(EditsFilter::new(most, least))
}

impl Values for DamerauLevenshtein {
    fn outcome(&self, left: u32, right: u32) -> Outcome {
        let (one, other) = (left as usize - 1, right as usize - 1);
        let edits = if left == right {
            0
        } else {
            self.dictionary.edits(one, other)
        };
        first(&self.tests, |test| match test {
            Test::Same => edits == 0,
            Test::Edits(most) => edits <= *most as usize,
            Test::AtLeast(least) => self.dictionary.share_kept(one, other, edits) >= *least,
            _ => true,
        })
    }

    fn sieve(&self) -> Option<Sieve<'_>> {
        let filter = self.filter.as_ref()?;
        Some(Sieve::by_edits(filter, &self.dictionary))
    }
}
