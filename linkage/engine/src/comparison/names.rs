//! Given and family name together, so that exchanged parts are seen.
//!
//! Levels over `columns = ["given", "family"]`: `same` (both parts), `swapped`, `swapped_near = 0.9`, `one_near = 0.9` (one
//! part the same, the other near), `near = 0.9` (both near), `one_same`, `initials`, `otherwise`. The rarity is that of the
//! pair of names, and of the part that is the same where only one is. A part that one side lacks is neither the same nor
//! near; when the two have no part to compare in any order, nothing is said.

use rustc_hash::FxHashMap;

use super::similarity::{Dictionary, jaro_winkler};
use super::{Coded, Level, Outcome, Test, Values, dictionary, first, records_by_code, share_of};
use crate::{Codes, MISSING};

/// Whether two names' parts fit as initials: each is the same, or the first letter of the other.
///
/// ```
/// assert!(linkage::initials_fit("J.", "John"));
/// assert!(!linkage::initials_fit("Jane", "John"));
/// ```
#[must_use]
pub fn initials_fit(left: &str, right: &str) -> bool {
    let (left, right) = (left.trim_end_matches('.'), right.trim_end_matches('.'));
    let mut letters = [left.chars(), right.chars()];
    let [ours, theirs] = &mut letters;
    let same_first = ours
        .next()
        .map(char::to_lowercase)
        .into_iter()
        .flatten()
        .eq(theirs.next().map(char::to_lowercase).into_iter().flatten());
    left == right || (same_first && (ours.next().is_none() || theirs.next().is_none()))
}

/// Given and family name by their numbers in one dictionary of both; 0 when missing.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Name {
    given: u32,
    family: u32,
}

struct FullNames {
    names: Vec<Name>,
    /// Records with each name, by code.
    counts: Vec<u32>,
    present: u32,
    texts: Vec<String>,
    dictionary: Dictionary,
    /// Records with each given name.
    given: FxHashMap<u32, u32>,
    /// Records with each family name.
    family: FxHashMap<u32, u32>,
    tests: Vec<Test>,
}

pub(super) fn coded<'a>(
    given: &'a Codes,
    family: &'a Codes,
    times: Option<&[u32]>,
    tests: Vec<Test>,
) -> Coded<'a> {
    let (numbers, spellings) = joined(given, family);
    let number = |codes: &Codes, code: u32| match code {
        MISSING => MISSING,
        code => numbers[codes.name(code)],
    };
    let rows = given.rows().iter().zip(family.rows());
    let rows = rows.map(|(&one, &other)| {
        let (given, family) = (number(given, one), number(family, other));
        (given != MISSING || family != MISSING).then_some(Name { given, family })
    });
    let (rows, names) = dictionary(rows);
    let mut values = FullNames {
        counts: records_by_code(&rows, names.len(), times),
        names,
        present: 0,
        dictionary: Dictionary::new(spellings.iter().map(String::as_str)),
        texts: spellings,
        given: FxHashMap::default(),
        family: FxHashMap::default(),
        tests,
    };
    values.count();
    Coded::new(rows, Box::new(values))
}

/// One number for a text, whichever column it stands in; from 1.
fn joined(given: &Codes, family: &Codes) -> (FxHashMap<String, u32>, Vec<String>) {
    let (mut numbers, mut spellings) = (FxHashMap::default(), Vec::new());
    for text in super::names_of(given).chain(super::names_of(family)) {
        if !numbers.contains_key(text) {
            spellings.push(text.to_owned());
            numbers.insert(
                text.to_owned(),
                u32::try_from(spellings.len()).unwrap_or(u32::MAX),
            );
        }
    }
    (numbers, spellings)
}

impl FullNames {
    fn count(&mut self) {
        for (name, count) in self.names.iter().zip(&self.counts[1..]) {
            self.present += count;
            *self.given.entry(name.given).or_default() += count;
            *self.family.entry(name.family).or_default() += count;
        }
    }

    /// Similarity of two parts; 0 when one is missing.
    fn similarity(&self, left: u32, right: u32) -> f64 {
        if left == MISSING || right == MISSING {
            return 0.0;
        }
        self.dictionary
            .jaro_winkler(left as usize - 1, right as usize - 1)
    }

    fn initials_fit(&self, left: u32, right: u32) -> bool {
        let text = |number: u32| self.texts[number as usize - 1].as_str();
        left != MISSING && right != MISSING && initials_fit(text(left), text(right))
    }

    fn holds(&self, test: &Test, left: Name, right: Name) -> bool {
        let near = |one, other, least: f64| self.similarity(one, other) >= least;
        let (given_same, family_same) = (
            is_same(left.given, right.given),
            is_same(left.family, right.family),
        );
        match test {
            Test::Same => given_same && family_same,
            Test::Swapped => is_same(left.given, right.family) && is_same(left.family, right.given),
            Test::SwappedNear(least) => {
                near(left.given, right.family, *least) && near(left.family, right.given, *least)
            }
            Test::OneNear(least) => {
                (given_same && near(left.family, right.family, *least))
                    || (family_same && near(left.given, right.given, *least))
            }
            Test::Near(least) => {
                near(left.given, right.given, *least) && near(left.family, right.family, *least)
            }
            Test::OneSame => given_same || family_same,
            Test::Initials => {
                self.initials_fit(left.given, right.given)
                    && self.initials_fit(left.family, right.family)
            }
            _ => true,
        }
    }

    /// The chance that another record agrees by these very names at the level that was reached.
    fn share(&self, left: u32, right: u32) -> f32 {
        let (one, other) = (left as usize - 1, right as usize - 1);
        let (ours, theirs) = (self.names[one], self.names[other]);
        let part = |counts: &FxHashMap<u32, u32>, ours, theirs| {
            let count = counts.get(&ours).copied().unwrap_or(0);
            is_same(ours, theirs).then(|| share_of(count, self.present))
        };
        let parts = [
            part(&self.given, ours.given, theirs.given),
            part(&self.family, ours.family, theirs.family),
        ];
        match parts {
            [Some(share), None] | [None, Some(share)] => share,
            [None, None] if self.holds(&Test::Swapped, ours, theirs) => share_of(
                self.counts[left as usize] + self.counts[right as usize],
                self.present,
            ),
            _ => 0.0,
        }
    }
}

fn is_same(left: u32, right: u32) -> bool {
    left == right && left != MISSING
}

impl Values for FullNames {
    fn outcome(&self, left: u32, right: u32) -> Outcome {
        let (ours, theirs) = (
            self.names[left as usize - 1],
            self.names[right as usize - 1],
        );
        let comparable = |one, other| one != MISSING && other != MISSING;
        let straight =
            comparable(ours.given, theirs.given) || comparable(ours.family, theirs.family);
        if !straight && left != right {
            return Outcome::MISSING;
        }
        let outcome = first(&self.tests, |test| self.holds(test, ours, theirs));
        let Level::At(place) = outcome.level else {
            return outcome;
        };
        let by_value = matches!(
            self.tests[usize::from(place)],
            Test::Same | Test::Swapped | Test::OneSame | Test::OneNear(_)
        );
        let share = if by_value {
            self.share(left, right)
        } else {
            0.0
        };
        Outcome { share, ..outcome }
    }
}

/// Similarity of two full names, each given and family: the better of the straight and the exchanged order, of each
/// the less similar part.
///
/// ```
/// assert!(linkage::name_similarity(("Taro", "Yamada"), ("Yamada", "Taro")) > 0.999);
/// ```
#[must_use]
pub fn name_similarity(left: (&str, &str), right: (&str, &str)) -> f64 {
    let straight = jaro_winkler(left.0, right.0).min(jaro_winkler(left.1, right.1));
    let swapped = jaro_winkler(left.0, right.1).min(jaro_winkler(left.1, right.0));
    straight.max(swapped)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Test, coded};
    use crate::{Codes, Level};

    fn tests() -> Vec<Test> {
        vec![
            Test::Same,
            Test::Swapped,
            Test::OneNear(0.85),
            Test::SwappedNear(0.85),
            Test::Near(0.85),
            Test::OneSame,
            Test::Initials,
            Test::Otherwise,
        ]
    }

    fn level(left: (&str, &str), right: (&str, &str)) -> Level {
        let value = |text| Some(text).filter(|text: &&str| !text.is_empty());
        let given = Codes::from_values([value(left.0), value(right.0)]);
        let family = Codes::from_values([value(left.1), value(right.1)]);
        let bound = coded(&given, &family, None, tests());
        assert_eq!(
            bound.compare(0, 1),
            bound.compare(1, 0),
            "{left:?} {right:?}"
        );
        bound.compare(0, 1).level
    }

    #[test]
    fn each_way_to_agree_has_its_level() {
        let check = |left, right, expected| {
            assert_eq!(
                level(left, right),
                Level::At(expected),
                "{left:?} {right:?}"
            );
        };
        check(("taro", "yamada"), ("taro", "yamada"), 0);
        check(("taro", "yamada"), ("yamada", "taro"), 1);
        check(("taro", "yamada"), ("taro", "yamata"), 2);
        check(("taro", "yamada"), ("yamata", "taro"), 3);
        check(("tarou", "yamada"), ("taro", "yamata"), 4);
        check(("taro", "yamada"), ("jiro", "yamada"), 5);
        check(("taro", ""), ("taro", "suzuki"), 5);
        check(("t", "y"), ("taro", "yamada"), 6);
        check(("hanako", "suzuki"), ("taro", "yamada"), 7);
        assert_eq!(level(("taro", ""), ("", "yamada")), Level::Missing);
    }

    #[test]
    fn rarity_is_that_of_what_agrees() {
        let given = Codes::from_values(["taro", "jiro", "taro", "yamada"].map(Some));
        let family = Codes::from_values(["yamada", "yamada", "suzuki", "taro"].map(Some));
        let bound = coded(&given, &family, None, tests());
        let check = |left, right, share: f32| {
            assert!(
                (bound.compare(left, right).share - share).abs() < 1e-6,
                "{left} {right}"
            );
        };
        check(0, 0, 0.25);
        check(0, 1, 0.5);
        check(0, 3, 0.5);
    }

    proptest! {
        #[test]
        fn the_outcome_is_symmetric(
            left in ("[ab]{0,3}", "[ab]{0,3}"), right in ("[ab]{0,3}", "[ab]{0,3}"),
        ) {
            level((&left.0, &left.1), (&right.0, &right.1));
            if !left.0.is_empty() && !left.1.is_empty() {
                prop_assert_eq!(level((&left.0, &left.1), (&left.0, &left.1)), Level::At(0));
            }
        }
    }
}
