//! Codes whose beginning names the family: diseases (ICD-10), regions, occupations.
//!
//! Levels: `same`, `prefix = 3` (the first so many characters agree; any number of them, the longest first), `otherwise`.
//! Dots, blanks and hyphens do not count, nor does case: `C92.0` is `c920`. Agreement in a family weighs by how many records
//! the family has.

use std::borrow::Cow;

use rustc_hash::FxHashMap;

use super::{Coded, Outcome, Test, Values, first, names_of, share_of};
use crate::Codes;

/// How many characters two codes have in common at their beginning; separators and case do not count.
///
/// ```
/// assert_eq!(linkage::common_prefix("C92.0", "c92.4"), 3);
/// ```
#[must_use]
pub fn common_prefix(left: &str, right: &str) -> usize {
    significant(left)
        .zip(significant(right))
        .take_while(|(one, other)| one == other)
        .count()
}

fn significant(code: &str) -> impl Iterator<Item = char> {
    code.chars()
        .filter(|character| character.is_alphanumeric())
        .flat_map(char::to_uppercase)
}

struct Hierarchy {
    /// Each code without separators, by its code.
    values: Vec<String>,
    /// Records of each family, by the prefix that names it; for the lengths that levels ask for.
    families: FxHashMap<String, u32>,
    present: u32,
    tests: Vec<Test>,
}

pub(super) fn coded(codes: &Codes, tests: Vec<Test>) -> Coded<'_> {
    let values = names_of(codes)
        .map(|text| significant(text).collect::<String>())
        .collect::<Vec<_>>();
    let (mut families, mut present) = (FxHashMap::default(), 0);
    for (value, &count) in values.iter().zip(&codes.counts()[1..]) {
        present += count;
        for test in &tests {
            if let Test::Prefix(length) = test
                && let Some(family) = prefix(value, *length)
            {
                *families.entry(family.to_owned()).or_default() += count;
            }
        }
    }
    let values = Hierarchy {
        values,
        families,
        present,
        tests,
    };
    Coded::new(Cow::Borrowed(codes.rows()), Box::new(values))
}

/// The first characters, if there are so many.
fn prefix(value: &str, length: usize) -> Option<&str> {
    let mut places = value.char_indices().map(|(place, _)| place);
    match places.nth(length) {
        Some(end) => Some(&value[..end]),
        None => (value.chars().count() == length).then_some(value),
    }
}

impl Values for Hierarchy {
    fn outcome(&self, left: u32, right: u32) -> Outcome {
        let (left, right) = (
            self.values[left as usize - 1].as_str(),
            self.values[right as usize - 1].as_str(),
        );
        let family =
            |length| prefix(left, length).filter(|family| prefix(right, length) == Some(family));
        let outcome = first(&self.tests, |test| match test {
            Test::Same => left == right,
            Test::Prefix(length) => family(*length).is_some(),
            _ => true,
        });
        let crate::Level::At(place) = outcome.level else {
            return outcome;
        };
        let share = match &self.tests[usize::from(place)] {
            Test::Prefix(length) => family(*length).map_or(0.0, |family| self.share(family)),
            _ => 0.0,
        };
        Outcome { share, ..outcome }
    }
}

impl Hierarchy {
    fn share(&self, family: &str) -> f32 {
        let count = self.families.get(family).copied().unwrap_or(0);
        share_of(count, self.present)
    }
}

#[cfg(test)]
mod tests {
    use super::{Test, coded};
    use crate::{Codes, Level};

    #[test]
    fn a_family_counts_with_all_its_records() {
        let codes = Codes::from_values(["C92.0", "C92.4", "C920", "D46", "C", "C91"].map(Some));
        let bound = coded(
            &codes,
            vec![
                Test::Same,
                Test::Prefix(3),
                Test::Prefix(1),
                Test::Otherwise,
            ],
        );
        let check = |left, right, level, share: f32| {
            let outcome = bound.compare(left, right);
            assert_eq!(outcome, bound.compare(right, left));
            assert_eq!(outcome.level, Level::At(level), "{left} {right}");
            assert!(
                (outcome.share - share).abs() < 1e-6,
                "{left} {right} {outcome:?}"
            );
        };
        check(0, 2, 0, 0.0);
        check(0, 1, 1, 0.5);
        check(0, 5, 2, 5.0 / 6.0);
        check(0, 4, 2, 5.0 / 6.0);
        check(0, 3, 3, 0.0);
    }
}
