//! Texts as sets of words: addresses, names of institutions, names with many parts.
//!
//! Levels: `same` (the whole text), `same_words` (in any order), `subset`, `shared = 2`, `jaccard = 0.5`, `overlap = 0.8`, `weighted = 0.5`,
//! `near = 0.9` (word by word, see [`near`]), `otherwise`. The rarity is that of the rarest shared word.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use super::array::{each_shared, holds};
use super::similarity::{Dictionary, jaro_winkler};
use super::{Coded, Outcome, Test, Values, first, names_of, share_of};
use crate::{Codes, Level};

/// Similarity of two texts word by word, 0 to 1: each word's best Jaro-Winkler partner, averaged over the words of both
/// texts (A. E. Monge and C. P. Elkan, "The field matching problem", 1996, made symmetric). Words are runs of letters and
/// digits; case does not count.
///
/// ```
/// use linkage::tokens;
/// assert_eq!(tokens::near("St. Mary's Hospital", "hospital st marys"), tokens::near("hospital st marys", "St. Mary's Hospital"));
/// assert!(tokens::near("Jonathan Smith", "Smyth, Johnathan") > 0.89);
/// ```
#[must_use]
pub fn near(left: &str, right: &str) -> f64 {
    let (left, right) = (words(left), words(right));
    averaged(left.len(), right.len(), |one, other| {
        jaro_winkler(&left[one], &right[other])
    })
}

/// The words of a text, in ascending order, lower case.
fn words(text: &str) -> Vec<String> {
    let mut words = text
        .split(|character: char| !character.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect::<Vec<_>>();
    words.sort_unstable();
    words
}

/// The mean over both sides' words of the best partner on the other side; 0 when a side has none.
#[expect(clippy::cast_precision_loss, reason = "a text has few words")]
fn averaged(ours: usize, theirs: usize, similarity: impl Fn(usize, usize) -> f64) -> f64 {
    if ours == 0 || theirs == 0 {
        return 0.0;
    }
    let (mut rows, mut columns) = (0.0, vec![0.0_f64; theirs]);
    for one in 0..ours {
        let mut best = 0.0_f64;
        for (other, column) in columns.iter_mut().enumerate() {
            let found = similarity(one, other);
            best = best.max(found);
            *column = column.max(found);
        }
        rows += best;
    }
    let columns = columns.iter().sum::<f64>();
    // The smaller sum first, so that the sides' order does not change the last bit.
    (rows.min(columns) + rows.max(columns)) / (ours + theirs) as f64
}

struct Tokens {
    /// Each text's words, ascending, by number; a word that stands twice stands twice.
    texts: Vec<Vec<u32>>,
    /// The same, each word once.
    sets: Vec<Vec<u32>>,
    /// The words by number; numbers ascend as the words do.
    words: Dictionary,
    /// Records with each word.
    counts: Vec<u32>,
    present: u32,
    /// What each word weighs: the logarithm of how rare it is (K. Spärck Jones, "A statistical interpretation of term
    /// specificity", Journal of Documentation 28, 1972).
    weights: Vec<f64>,
    tests: Vec<Test>,
}

/// How many records of a table hold each word.
pub(crate) struct WordCounts {
    records: FxHashMap<String, u32>,
    present: u32,
}

impl WordCounts {
    /// Those of a column.
    pub(crate) fn of(codes: &Codes) -> Self {
        let (mut records, mut present) = (FxHashMap::default(), 0);
        for (text, &count) in names_of(codes).zip(&codes.counts()[1..]) {
            let mut set = words(text);
            set.dedup();
            present += count;
            for word in set {
                *records.entry(word).or_default() += count;
            }
        }
        Self { records, present }
    }
}

pub(super) fn coded(codes: &Codes, tests: Vec<Test>) -> Coded<'_> {
    bound(codes, tests, None)
}

/// The comparison over texts whose words are as rare as elsewhere.
pub(super) fn coded_among<'a>(codes: &'a Codes, tests: Vec<Test>, all: &WordCounts) -> Coded<'a> {
    bound(codes, tests, Some(all))
}

fn bound<'a>(codes: &'a Codes, tests: Vec<Test>, among: Option<&WordCounts>) -> Coded<'a> {
    let split = names_of(codes).map(words).collect::<Vec<_>>();
    let known = split.iter().flatten().cloned().collect::<BTreeSet<_>>();
    let numbers = (0..)
        .zip(&known)
        .map(|(number, word)| (word.as_str(), number))
        .collect::<FxHashMap<_, u32>>();
    let split = split
        .iter()
        .map(|words| words.iter().map(|word| numbers[word.as_str()]).collect())
        .collect::<Vec<Vec<u32>>>();
    let mut sets = split.clone();
    sets.iter_mut().for_each(Vec::dedup);
    let (mut counts, mut present) = (vec![0; known.len()], 0);
    for (set, &count) in sets.iter().zip(&codes.counts()[1..]) {
        present += count;
        for &word in set {
            counts[word as usize] += count;
        }
    }
    if let Some(all) = among {
        let count = |word: &String| all.records.get(word).copied().unwrap_or(0);
        (counts, present) = (known.iter().map(count).collect(), all.present);
    }
    let values = Tokens {
        texts: split,
        sets,
        words: Dictionary::new(known.iter().map(String::as_str)),
        weights: counts
            .iter()
            .map(|&count| (f64::from(present) / f64::from(count.max(1))).ln_1p())
            .collect(),
        counts,
        present,
        tests,
    };
    Coded::new(codes.rows(), Box::new(values))
}

impl Values for Tokens {
    fn outcome(&self, left: u32, right: u32) -> Outcome {
        let (one, other) = (left as usize - 1, right as usize - 1);
        let (ours, theirs) = (&self.sets[one], &self.sets[other]);
        if left != right && (ours.is_empty() || theirs.is_empty()) {
            return Outcome::MISSING;
        }
        let mut rarest = u32::MAX;
        let count = each_shared(ours, theirs, |word| {
            rarest = rarest.min(self.counts[word as usize]);
        });
        let outcome = first(&self.tests, |test| match test {
            Test::Same => left == right,
            Test::SameWords => self.texts[one] == self.texts[other],
            Test::Near(least) => self.near(one, other) >= *least,
            Test::Weighted(least) => self.weighted(ours, theirs) >= *least,
            _ => holds(test, count, ours.len(), theirs.len()),
        });
        let by_words = left != right && count > 0 && outcome.level != Level::Missing;
        let share = if by_words {
            share_of(rarest, self.present)
        } else {
            0.0
        };
        Outcome { share, ..outcome }
    }
}

impl Tokens {
    /// What the shared words weigh, as a share of all words of both sides (Dice's coefficient by weight).
    fn weighted(&self, ours: &[u32], theirs: &[u32]) -> f64 {
        let weight = |word: u32| self.weights[word as usize];
        let whole = |words: &[u32]| words.iter().map(|&word| weight(word)).sum::<f64>();
        let mut shared = 0.0;
        each_shared(ours, theirs, |word| shared += weight(word));
        2.0 * shared / (whole(ours) + whole(theirs)).max(f64::MIN_POSITIVE)
    }

    fn near(&self, left: usize, right: usize) -> f64 {
        let (left, right) = (&self.texts[left], &self.texts[right]);
        averaged(left.len(), right.len(), |one, other| {
            self.words
                .jaro_winkler(left[one] as usize, right[other] as usize)
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Test, coded, near};
    use crate::{Codes, Level};

    #[test]
    fn words_count_in_any_order_and_with_slips() {
        let addresses = [
            "Sunset Road 12",
            "12, sunset road",
            "Sunset Rd 12",
            "Sunset Raod 12",
            "Hill Lane 3",
            "12",
            "...",
        ];
        let codes = Codes::from_values(addresses.map(Some));
        let tests = vec![
            Test::Same,
            Test::SameWords,
            Test::Near(0.95),
            Test::Subset,
            Test::Jaccard(0.4),
            Test::Otherwise,
        ];
        let bound = coded(&codes, tests);
        let check = |left, right, level| {
            assert_eq!(bound.compare(left, right).level, level, "{left} {right}");
            assert_eq!(bound.compare(right, left).level, level, "{right} {left}");
        };
        check(0, 0, Level::At(0));
        check(0, 1, Level::At(1));
        check(0, 3, Level::At(2));
        check(0, 5, Level::At(3));
        check(0, 4, Level::At(5));
        check(0, 6, Level::Missing);
        assert!((bound.compare(0, 5).share - 5.0 / 7.0).abs() < 1e-6);
    }

    proptest! {
        #[test]
        fn nearness_is_symmetric_bounded_and_one_for_the_same_words(
            left in "[a-c ]{0,12}", right in "[a-c ]{0,12}",
        ) {
            let found = near(&left, &right);
            prop_assert_eq!(found.to_bits(), near(&right, &left).to_bits());
            prop_assert!((0.0..=1.0).contains(&found));
            if !left.trim().is_empty() {
                prop_assert!((near(&left, &left) - 1.0).abs() < 1e-12);
            }
        }
    }
}
