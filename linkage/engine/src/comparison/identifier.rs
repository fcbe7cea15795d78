//! Identifiers with the errors of people who type them.
//!
//! Levels: `same`, `zeros_lost` (`00123` and `123`), `transposed`, `one_wrong`, `one_missing`, `edits = 2`, `otherwise`.
//! Blanks, hyphens and other separators do not count, nor does case. What kind of error it is follows from the alignment
//! with the fewest edits.

use rustc_hash::FxHashMap;

use super::similarity::{Dictionary, EditsFilter};
use super::{Coded, Outcome, Test, Values, dictionary, first};
use crate::{Codes, MISSING};

/// How two identifiers differ, by the alignment with the fewest edits.
///
/// ```
/// use linkage::identifier::{Slip, slip};
/// assert_eq!(slip("0012-3456", "00123465"), Slip::Transposed);
/// assert_eq!(slip("00123456", "123456"), Slip::ZerosLost);
/// ```
#[must_use]
pub fn slip(left: &str, right: &str) -> Slip {
    let (left, right) = (significant(left), significant(right));
    if left == right {
        return Slip::None;
    }
    if bare(&left) == bare(&right) {
        return Slip::ZerosLost;
    }
    let lengths = (left.chars().count(), right.chars().count());
    let differing = || {
        left.chars()
            .zip(right.chars())
            .filter(|(one, other)| one != other)
            .count()
    };
    of_edits(super::similarity::edits(&left, &right), lengths, differing)
}

/// What was done to an identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slip {
    /// Nothing.
    None,
    /// Zeros at its beginning went.
    ZerosLost,
    /// Two neighbours changed places.
    Transposed,
    /// One character became another.
    OneWrong,
    /// One character went, or came.
    OneMissing,
    /// More than that: so many edits.
    More(usize),
}

fn of_edits(edits: usize, lengths: (usize, usize), differing: impl FnOnce() -> usize) -> Slip {
    match (edits, lengths.0 == lengths.1) {
        (0, _) => Slip::None,
        (1, false) => Slip::OneMissing,
        (1, true) if differing() == 1 => Slip::OneWrong,
        (1, true) => Slip::Transposed,
        _ => Slip::More(edits),
    }
}

/// What counts of an identifier: letters and digits, in upper case.
pub(crate) fn significant(text: &str) -> String {
    text.chars()
        .filter(|character| character.is_alphanumeric())
        .flat_map(char::to_uppercase)
        .collect()
}

fn bare(identifier: &str) -> &str {
    identifier.trim_start_matches('0')
}

struct Identifiers {
    values: Vec<String>,
    dictionary: Dictionary,
    /// By value: the number of what is left without zeros at the beginning.
    bare: Vec<u32>,
    filter: Option<EditsFilter>,
    tests: Vec<Test>,
}

pub(super) fn coded(codes: &Codes, tests: Vec<Test>) -> Coded<'_> {
    let read = super::names_of(codes).map(significant).collect::<Vec<_>>();
    let row = |&code: &u32| {
        let text = (code != MISSING).then(|| read[code as usize - 1].as_str());
        text.filter(|text| !text.is_empty())
    };
    let (rows, values) = dictionary(codes.rows().iter().map(row));
    let mut numbers = FxHashMap::default();
    let bare = values
        .iter()
        .map(|value| {
            let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
            *numbers.entry(bare(value)).or_insert(next)
        })
        .collect();
    let filter = filter(&tests);
    let values = Identifiers {
        dictionary: Dictionary::new(values.iter().copied()),
        values: values.into_iter().map(str::to_owned).collect(),
        bare,
        filter,
        tests,
    };
    Coded::new(rows, Box::new(values))
}

/// A filter for all levels but the last and that of lost zeros, when the last takes all others.
fn filter(tests: &[Test]) -> Option<EditsFilter> {
    let (Test::Otherwise, above) = tests.split_last()? else {
        return None;
    };
    let most = above.iter().map(|test| match test {
        Test::Edits(edits) => *edits,
        _ => 1,
    });
    Some(EditsFilter::new(most.max(), None))
}

impl Values for Identifiers {
    fn outcome(&self, left: u32, right: u32) -> Outcome {
        let (one, other) = (left as usize - 1, right as usize - 1);
        let edits = self.dictionary.edits(one, other);
        let slip = self.slip(one, other, edits);
        first(&self.tests, |test| match test {
            Test::Same => slip == Slip::None,
            Test::ZerosLost => self.bare[one] == self.bare[other] && slip != Slip::None,
            Test::Transposed => slip == Slip::Transposed,
            Test::OneWrong => slip == Slip::OneWrong,
            Test::OneMissing => slip == Slip::OneMissing,
            Test::Edits(most) => edits <= *most as usize,
            _ => true,
        })
    }

    fn hopeless(&self, left: u32, right: u32) -> bool {
        let (one, other) = (left as usize - 1, right as usize - 1);
        let signature = |place| self.dictionary.signature(place);
        let filter = self.filter.as_ref();
        filter.is_some_and(|filter| filter.hopeless(signature(one), signature(other)))
            && self.bare[one] != self.bare[other]
    }
}

impl Identifiers {
    fn slip(&self, left: usize, right: usize, edits: usize) -> Slip {
        let (left, right) = (&self.values[left], &self.values[right]);
        if edits > 1 {
            return Slip::More(edits);
        }
        let lengths = (left.chars().count(), right.chars().count());
        let differing = || {
            left.chars()
                .zip(right.chars())
                .filter(|(one, other)| one != other)
                .count()
        };
        of_edits(edits, lengths, differing)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Slip, Test, coded, slip};
    use crate::{Codes, Level};

    #[test]
    fn each_slip_has_its_name() {
        let check = |left, right, expected| {
            assert_eq!(slip(left, right), expected, "{left} {right}");
            assert_eq!(slip(right, left), expected, "{right} {left}");
        };
        check("T-0123", "t0123", Slip::None);
        check("00123", "123", Slip::ZerosLost);
        check("12345", "12354", Slip::Transposed);
        check("12345", "12305", Slip::OneWrong);
        check("12345", "1235", Slip::OneMissing);
        check("12345", "21354", Slip::More(2));
        check("12345", "99999", Slip::More(5));
    }

    fn tests() -> Vec<Test> {
        vec![
            Test::Same,
            Test::ZerosLost,
            Test::Transposed,
            Test::OneWrong,
            Test::OneMissing,
            Test::Edits(2),
            Test::Otherwise,
        ]
    }

    #[test]
    fn the_levels_follow_the_slips() {
        let codes = Codes::from_values(
            [
                "0012345", "00-12345", "12345", "0012354", "0012340", "001234", "0021354", "9",
                "--",
            ]
            .map(Some),
        );
        let bound = coded(&codes, tests());
        let check = |right, level| assert_eq!(bound.compare(0, right).level, level, "{right}");
        for (right, level) in [(1, 0), (2, 1), (3, 2), (4, 3), (5, 4), (6, 5), (7, 6)] {
            check(right, Level::At(level));
        }
        check(8, Level::Missing);
    }

    proptest! {
        #[test]
        fn hopeless_pairs_are_on_the_last_level_and_order_does_not_matter(left in "[0-3]{1,7}", right in "[0-3]{1,7}") {
            let codes = Codes::from_values([Some(left.as_str()), Some(right.as_str())]);
            let bound = coded(&codes, tests());
            let (one, other) = (bound.rows[0], bound.rows[1]);
            prop_assert_eq!(bound.compare(0, 1), bound.compare(1, 0));
            prop_assert_eq!(bound.compare(0, 0).level, Level::At(0));
            if bound.values.hopeless(one, other) {
                prop_assert_eq!(bound.compare(0, 1).level, Level::At(6));
            }
            prop_assert_eq!(slip(&left, &right), slip(&right, &left));
        }
    }
}
