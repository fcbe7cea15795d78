//! Similarity of short strings, as pure functions and over dictionaries of values prepared once.
//!
//! The functions here give what `strsim` gives; they are faster because eight or sixteen characters are looked at in
//! one machine word, and because a [`Dictionary`] does what can be done once a value beforehand.

mod alphabet;
mod dictionary;
mod edits;
mod jaro;
mod lanes;
mod signature;

pub use dictionary::Dictionary;
pub use signature::JaroWinklerFilter;
pub(crate) use signature::{EditsFilter, Sieve, Signature};

/// Most characters that the kernels of one machine word take.
const WORD_CHARS_MAX: usize = 64;
/// Characters of a value that stand in one `u128`.
const LANES: usize = 16;

/// Similarity of two strings, 0 to 1: W. E. Winkler, "String comparator metrics and enhanced decision rules in the
/// Fellegi-Sunter model of record linkage", 1990. A common beginning of up to four characters counts for more once the
/// similarity of Jaro is above 0.7. Characters are Unicode scalar values; two empty strings are the same.
///
/// ```
/// assert!((linkage::similarity::jaro_winkler("MARTHA", "MARHTA") - 0.9611).abs() < 1e-4);
/// assert_eq!(linkage::similarity::jaro_winkler("abc", "xyz"), 0.0);
/// ```
#[must_use]
pub fn jaro_winkler(left: &str, right: &str) -> f64 {
    if left.is_ascii() && right.is_ascii() {
        return jaro::of_bytes(left.as_bytes(), right.as_bytes());
    }
    jaro::of_chars(&characters(left), &characters(right))
}

/// Optimal string alignment: the fewest insertions, deletions, substitutions and exchanges of neighbours that make one
/// string the other, no part edited twice (F. J. Damerau, "A technique for computer detection and correction of
/// spelling errors", 1964; computed as in H. Hyyrö, "A bit-vector algorithm for computing Levenshtein and Damerau edit
/// distances", 2003).
///
/// ```
/// assert_eq!(linkage::similarity::edits("sato", "saot"), 1);
/// assert_eq!(linkage::similarity::edits("sato", "saito"), 1);
/// assert_eq!(linkage::similarity::edits("ca", "abc"), 3);
/// ```
#[must_use]
pub fn edits(left: &str, right: &str) -> usize {
    if left.is_ascii() && right.is_ascii() {
        return edits::of_bytes(left.as_bytes(), right.as_bytes());
    }
    edits::of_chars(&characters(left), &characters(right))
}

fn characters(text: &str) -> Vec<char> {
    text.chars().collect()
}

/// 1 less the share of characters edited: `1 - edits / length of the longer`. Two empty strings are the same.
///
/// ```
/// assert_eq!(linkage::similarity::edit_similarity("sato", "saot"), 0.75);
/// ```
#[must_use]
pub fn edit_similarity(left: &str, right: &str) -> f64 {
    let longer = left.chars().count().max(right.chars().count());
    share_kept(edits(left, right), longer)
}

#[expect(clippy::cast_precision_loss, reason = "lengths are far below 2^53")]
fn share_kept(edits: usize, longer: usize) -> f64 {
    if longer == 0 {
        1.0
    } else {
        1.0 - edits as f64 / longer as f64
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Dictionary, EditsFilter, JaroWinklerFilter, edits, jaro_winkler};

    /// Short and long strings of few letters (so that they are alike), and of any script.
    fn text() -> impl Strategy<Value = String> {
        prop_oneof![
            "[abc]{0,9}",
            "[a-e ]{0,20}",
            "[ab]{0,80}",
            "[あいうえおアイ]{0,12}",
            "\\PC{0,10}",
            "[a-cé渡邊辺]{0,70}",
        ]
    }

    fn check(left: &str, right: &str) {
        let wanted = strsim::jaro_winkler(left, right);
        assert!(
            (jaro_winkler(left, right) - wanted).abs() < 1e-9,
            "{left:?} {right:?}"
        );
        assert_eq!(
            edits(left, right),
            strsim::osa_distance(left, right),
            "{left:?} {right:?}"
        );
        let both = Dictionary::new([left, right]);
        assert!(
            (both.jaro_winkler(0, 1) - wanted).abs() < 1e-9,
            "{left:?} {right:?}"
        );
        assert_eq!(
            both.jaro_winkler(0, 1).to_bits(),
            both.jaro_winkler(1, 0).to_bits(),
            "{left:?} {right:?}"
        );
        assert_eq!(both.edits(0, 1), strsim::osa_distance(left, right));
        assert_eq!(both.edits(1, 0), both.edits(0, 1));
    }

    #[test]
    fn the_known_examples_come_out() {
        for (left, right) in [
            ("MARTHA", "MARHTA"),
            ("DWAYNE", "DUANE"),
            ("DIXON", "DICKSONX"),
            ("JELLYFISH", "SMELLYFISH"),
            ("", ""),
            ("", "a"),
            ("a", "a"),
            ("ab", "ba"),
            // Exactly 0.7, where the last bit decides.
            ("a", "abababbbbb"),
            ("aaaaaaaa", "aaaaaaaa"),
            ("abcdefghijklmnop", "ponmlkjihgfedcba"),
            ("abcdefghijklmnopq", "qponmlkjihgfedcba"),
            ("斎藤一郎", "齋藤一朗"),
        ] {
            check(left, right);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        #[test]
        fn the_kernels_equal_strsim_on_strings_of_any_script(left in text(), right in text()) {
            check(&left, &right);
        }

        #[test]
        fn a_value_is_compared_alike_whatever_else_is_in_its_dictionary(
            left in text(), right in text(), others in proptest::collection::vec("\\PC{0,30}", 0..30),
        ) {
            let alone = Dictionary::new([left.as_str(), right.as_str()]);
            let mut all = others.iter().map(String::as_str).collect::<Vec<_>>();
            all.extend([left.as_str(), right.as_str()]);
            let (one, other) = (all.len() - 2, all.len() - 1);
            let among = Dictionary::new(all.iter().copied());
            prop_assert_eq!(alone.jaro_winkler(0, 1).to_bits(), among.jaro_winkler(one, other).to_bits());
            prop_assert_eq!(alone.edits(0, 1), among.edits(one, other));
        }

        #[test]
        fn the_filters_never_drop_a_pair_that_reaches_the_threshold(
            left in text(), right in text(), least in 0.0_f64..1.0, most in 0_u32..6,
            others in proptest::collection::vec("\\PC{0,30}", 0..10),
        ) {
            let mut all = others.iter().map(String::as_str).collect::<Vec<_>>();
            all.extend([left.as_str(), right.as_str()]);
            let (one, other) = (all.len() - 2, all.len() - 1);
            let dictionary = Dictionary::new(all.iter().copied());
            let (ours, theirs) = (dictionary.signature(one), dictionary.signature(other));
            if JaroWinklerFilter::new(least).hopeless(ours, theirs) {
                prop_assert!(dictionary.jaro_winkler(one, other) < least);
            }
            let filter = EditsFilter::new(Some(most), Some(least));
            if filter.hopeless(ours, theirs) {
                prop_assert!(dictionary.edits(one, other) > most as usize);
                prop_assert!(dictionary.edit_similarity(one, other) < least);
            }
        }
    }

    #[test]
    fn the_filters_see_that_unlike_names_are_unlike() {
        let names = Dictionary::new(["yamamoto", "suzuki", "yamamota", "sato", "saito"]);
        let of = |place| names.signature(place);
        let filter = JaroWinklerFilter::new(0.85);
        assert!(filter.hopeless(of(0), of(1)));
        assert!(!filter.hopeless(of(0), of(2)));
        let filter = EditsFilter::new(Some(1), None);
        assert!(filter.hopeless(of(0), of(3)));
        assert!(!filter.hopeless(of(3), of(4)));
    }
}
