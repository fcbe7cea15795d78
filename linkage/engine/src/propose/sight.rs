//! How alike two values are, in four levels: a first look that needs no model.

use rustc_hash::FxHashMap;

use super::field::{Field, Nature, number_of};
use super::headings::Role;
use super::profile::to_f64;
use crate::{Codes, MISSING, Row};

/// Levels of a first look: same, close, loosely alike, different.
pub(super) const LEVELS: usize = 4;
/// The level of a value that is missing.
pub(super) const ABSENT: u8 = 4;

/// A field made ready to be compared.
pub(super) struct Sight<'a> {
    codes: &'a Codes,
    nature: Nature,
    role: Role,
    /// How far apart the numbers of one are: the years between two files, of ages.
    pub(super) shift: f64,
    words: Vec<Vec<(u32, f32)>>,
    numbers: Vec<f64>,
    present: f64,
    /// Whether two persons rarely share it and one rarely has two of it: a given name, a whole name, a date of birth.
    pub(super) identity: bool,
    /// The chance that the values of two records are the same.
    pub(super) chance_same: f64,
}

impl<'a> Sight<'a> {
    pub(super) fn new(field: &'a Field) -> Self {
        let codes = &field.texts;
        let in_words = matches!(
            field.nature,
            Nature::Words | Nature::LongText | Nature::FullName | Nature::Codes
        );
        Self {
            identity: field.is_identity(),
            chance_same: field.profile.chance_same,
            codes,
            nature: field.nature,
            role: field.role,
            shift: 0.0,
            words: if in_words {
                weighted_words(codes)
            } else {
                Vec::new()
            },
            numbers: if field.nature == Nature::Number {
                (0..)
                    .take(codes.distinct() + 1)
                    .map(|code| number_of(codes, code))
                    .collect()
            } else {
                Vec::new()
            },
            present: f64::max(
                to_f64(codes.rows().len()) - f64::from(codes.counts()[0]),
                1.0,
            ),
        }
    }

    /// The level of two records, [`ABSENT`] when one has no value.
    pub(super) fn level(&self, left: Row, right: Row) -> u8 {
        let (left, right) = (self.codes.at(left), self.codes.at(right));
        match (left, right) {
            (MISSING, _) | (_, MISSING) => ABSENT,
            _ if left == right && self.shift == 0.0 => 0,
            _ => self.unequal(left.min(right), left.max(right)),
        }
    }

    /// The share of the records that have the record's value.
    pub(super) fn share(&self, row: Row) -> f64 {
        f64::from(self.codes.counts()[self.codes.at(row) as usize]) / self.present
    }

    /// Whether the one record's value is the other's in another field.
    pub(super) fn same_as(&self, row: Row, other: &Sight<'_>, other_row: Row) -> bool {
        let (one, another) = (self.codes.at(row), other.codes.at(other_row));
        one != MISSING && another != MISSING && self.codes.name(one) == other.codes.name(another)
    }

    fn unequal(&self, left: u32, right: u32) -> u8 {
        let texts = || (self.codes.name(left), self.codes.name(right));
        match self.nature {
            Nature::Category => 3,
            Nature::Number => self.by_distance(left, right),
            Nature::Name => by_similarity(texts()),
            Nature::Code => by_errors(texts()),
            Nature::Date => by_date(texts()),
            Nature::FullName => self.by_words(left, right).min(by_similarity(texts())),
            Nature::Words | Nature::LongText | Nature::Codes => self.by_words(left, right),
        }
    }

    /// How much larger the right record's number is.
    pub(super) fn difference(&self, left: Row, right: Row) -> Option<f64> {
        let number = |row: Row| self.numbers.get(self.codes.at(row) as usize).copied();
        let difference = number(right)? - number(left)?;
        (!difference.is_nan()).then_some(difference)
    }

    fn by_distance(&self, left: u32, right: u32) -> u8 {
        let (left, right) = (self.numbers[left as usize], self.numbers[right as usize]);
        let (distance, size) = ((left - right).abs(), left.abs().max(right.abs()));
        if self.shift > 0.0 || self.role == Role::Age {
            return by_bounds((distance - self.shift).abs(), 1.0, 3.0);
        }
        match self.role {
            Role::Latitude | Role::Longitude => return by_bounds(distance, 0.02, 0.2),
            Role::Length => return by_bounds(distance, 2.0, 8.0),
            _ => {}
        }
        if distance <= 1.0 && size > 100.0 || distance <= 0.02 * size {
            1
        } else if distance <= 0.15 * size && size <= 1000.0 || distance <= 3.0 && size > 1000.0 {
            2
        } else {
            3
        }
    }

    /// By the weight of the words shared, a rare word weighing more.
    fn by_words(&self, left: u32, right: u32) -> u8 {
        let (left, right) = (&self.words[left as usize], &self.words[right as usize]);
        let shared = shared_weight(left, right);
        let whole = |words: &[(u32, f32)]| words.iter().map(|word| word.1).sum::<f32>();
        let (of_left, of_right) = (whole(left), whole(right));
        if shared <= 0.0 {
            return 3;
        }
        let dice = 2.0 * shared / (of_left + of_right);
        let contained = shared / of_left.min(of_right);
        if dice >= 0.8 || contained >= 0.999 && dice >= 0.5 {
            1
        } else if dice >= 0.45 {
            2
        } else {
            3
        }
    }
}

fn by_bounds(distance: f64, close: f64, loose: f64) -> u8 {
    if distance <= close {
        1
    } else if distance <= loose {
        2
    } else {
        3
    }
}

fn by_similarity((left, right): (&str, &str)) -> u8 {
    let similarity = strsim::jaro_winkler(left, right);
    if similarity >= 0.92 {
        1
    } else if similarity >= 0.8 {
        2
    } else {
        3
    }
}

fn by_errors((left, right): (&str, &str)) -> u8 {
    let (left_length, right_length) = (left.chars().count(), right.chars().count());
    if left_length.abs_diff(right_length) > 2 || left_length.max(right_length) < 3 {
        return 3;
    }
    match strsim::osa_distance(left, right) {
        0 | 1 => 1,
        2 if left_length.min(right_length) >= 6 => 2,
        _ => 3,
    }
}

fn by_date((left, right): (&str, &str)) -> u8 {
    let swapped = left[..4] == right[..4] && left[4..6] == right[6..] && left[6..] == right[4..6];
    let part = left[..6] == right[..6] && (left.ends_with("00") || right.ends_with("00"));
    match strsim::osa_distance(left, right) {
        0 | 1 => 1,
        _ if swapped || part => 1,
        2 => 2,
        _ => 3,
    }
}

fn shared_weight(left: &[(u32, f32)], right: &[(u32, f32)]) -> f32 {
    let (mut at_left, mut at_right, mut sum) = (0, 0, 0.0);
    while at_left < left.len() && at_right < right.len() {
        match left[at_left].0.cmp(&right[at_right].0) {
            std::cmp::Ordering::Less => at_left += 1,
            std::cmp::Ordering::Greater => at_right += 1,
            std::cmp::Ordering::Equal => {
                sum += left[at_left].1;
                (at_left, at_right) = (at_left + 1, at_right + 1);
            }
        }
    }
    sum
}

/// Each value's words, ascending, with the logarithm of their rarity (Spärck Jones 1972).
fn weighted_words(codes: &Codes) -> Vec<Vec<(u32, f32)>> {
    let mut numbers = FxHashMap::<&str, u32>::default();
    let mut records = Vec::<f64>::new();
    let mut values = vec![Vec::new()];
    for code in (1..).take(codes.distinct()) {
        let mut words = Vec::new();
        for word in codes.name(code).split_whitespace() {
            let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
            let number = *numbers.entry(word).or_insert(next);
            if number == next && number as usize == records.len() {
                records.push(0.0);
            }
            words.push((number, 0.0));
        }
        words.sort_unstable_by_key(|word| word.0);
        words.dedup_by_key(|word| word.0);
        for word in &words {
            records[word.0 as usize] += f64::from(codes.counts()[code as usize]);
        }
        values.push(words);
    }
    let total = to_f64(codes.rows().len()).max(1.0);
    for word in values.iter_mut().flatten() {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a weight needs no more than 24 bits"
        )]
        let weight = (1.0 + total / records[word.0 as usize]).ln() as f32;
        word.1 = weight;
    }
    values
}
