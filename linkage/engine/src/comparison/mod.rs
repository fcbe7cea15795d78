//! Comparisons: each turns two values into one level. One comparison a file.

mod array;
mod bind;
pub mod clk;
mod clk_similarity;
mod damerau_levenshtein;
mod date;
mod event_dates;
mod exact;
mod hierarchy;
pub mod hla;
pub mod identifier;
pub mod japanese;
mod japanese_name;
mod jaro_winkler;
mod label;
mod names;
mod number;
pub mod similarity;
mod test;
pub mod tokens;

use std::borrow::Cow;

use rustc_hash::FxHashMap;

use crate::codes::recounted;
use crate::{Codes, MISSING, Row, Table};

pub(crate) use bind::{bind, bind_words};
pub use date::date_test;
pub use event_dates::{EventDate, event_dates};
pub use hierarchy::common_prefix;
pub use label::Label;
pub use names::{initials_fit, name_similarity};
pub use test::Test;

/// What two values are to each other: a level of the comparison, or nothing, because one of them is missing.
///
/// Only [`Level::At`] can have a probability; missing weighs 0 by its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// One of the values is missing, or they cannot be compared.
    Missing,
    /// The level's place among the comparison's levels, from 0.
    At(u8),
}

impl Level {
    /// 0 for missing, else the place counted from 1: four bits.
    #[must_use]
    pub fn packed(self) -> u8 {
        match self {
            Self::Missing => 0,
            Self::At(place) => place + 1,
        }
    }

    /// The level that [`Self::packed`] gave.
    #[must_use]
    pub fn from_packed(packed: u8) -> Self {
        packed.checked_sub(1).map_or(Self::Missing, Self::At)
    }
}

/// A level, and how often two persons agree by this very value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    /// The level.
    pub level: Level,
    /// The chance that two different persons agree at this level by the value in hand: it stands in for the level's
    /// mean u where the model says `rarity`. 0 when the value tells nothing of the kind.
    pub share: f32,
}

impl Outcome {
    /// Nothing to compare.
    pub const MISSING: Self = Self {
        level: Level::Missing,
        share: 0.0,
    };

    /// A level without a value's frequency.
    #[must_use]
    pub fn at(place: u8) -> Self {
        Self {
            level: Level::At(place),
            share: 0.0,
        }
    }

    /// A level reached by a value of that frequency.
    #[must_use]
    pub fn shared(place: u8, share: f32) -> Self {
        Self {
            level: Level::At(place),
            share,
        }
    }
}

/// Compares two records in one respect. Same rows, same outcome, in either order.
pub trait Comparison: Send + Sync {
    /// The outcome for two rows; `memo` is this thread's own for this comparison, empty at first.
    fn compare(&self, left: Row, right: Row, memo: &mut Memo) -> Outcome;

    /// The exact chance that two different persons reach each level, where value frequencies tell it.
    fn chances(&self) -> Option<Vec<f64>> {
        None
    }
}

/// A comparison that the caller gives for a model's comparison of kind `custom`.
pub struct Custom<'a> {
    /// The model's name for it.
    pub name: &'static str,
    /// Its levels' names, in the order of their places; the model must name the same.
    pub levels: &'static [&'static str],
    /// The comparison.
    pub comparison: Box<dyn Comparison + 'a>,
}

/// Outcomes already computed, by the pair of value codes.
#[derive(Default)]
pub struct Memo(FxHashMap<u64, f32>);

/// Most entries of a thread's memo; beyond that it starts anew, so that memory is bounded.
const MEMO_ENTRIES_MAX: usize = 1 << 18;

impl Memo {
    /// The similarity for two codes, computed once for each pair. `compute` is given the lower code first, so that the result
    /// is the same whichever way round a thread meets the pair first.
    pub fn get(&mut self, left: u32, right: u32, compute: impl FnOnce(u32, u32) -> f32) -> f32 {
        let (low, high) = (left.min(right), left.max(right));
        let key = (u64::from(low) << 32) | u64::from(high);
        if let Some(&known) = self.0.get(&key) {
            return known;
        }
        if self.0.len() >= MEMO_ENTRIES_MAX {
            self.0.clear();
        }
        let similarity = compute(low, high);
        self.0.insert(key, similarity);
        similarity
    }
}

/// A comparison over a dictionary: a code a row, and the outcome of two codes. All kinds but `custom` are such.
pub(crate) struct Coded<'a> {
    /// Each row's code; [`MISSING`] when there is nothing to compare.
    pub(crate) rows: Cow<'a, [u32]>,
    /// Records that hold each code, by code.
    pub(crate) counts: Vec<u32>,
    /// Records that have a value.
    pub(crate) present: u64,
    /// What two codes are to each other.
    pub(crate) values: Box<dyn Values + 'a>,
}

/// The values behind a dictionary's codes.
pub(crate) trait Values: Send + Sync {
    /// The outcome of two codes, neither of them missing; the same in either order. A share of 0 for two equal codes lets
    /// the engine take the code's own share of the rows.
    fn outcome(&self, left: u32, right: u32) -> Outcome;

    /// The outcome of any two unequal codes, where it is always the same.
    fn unequal(&self) -> Option<Outcome> {
        None
    }

    /// What rules out pairs that surely reach no level but the last, where the kind knows such a thing; the values' places
    /// in its dictionary are their codes less 1.
    fn sieve(&self) -> Option<similarity::Sieve<'_>> {
        None
    }

    /// Whether the two surely reach no level but the last.
    fn hopeless(&self, left: u32, right: u32) -> bool {
        self.sieve().is_some_and(|sieve| {
            let of = |code: u32| sieve.signature(code as usize - 1);
            sieve.hopeless(of(left), of(right))
        })
    }

    /// Whether an outcome costs so much that it is worth remembering.
    fn dear(&self) -> bool {
        true
    }
}

/// A model's comparison bound to a table.
pub(crate) enum Bound<'a> {
    /// Over a dictionary.
    Coded(Coded<'a>),
    /// The caller's own, over rows.
    Rows(Box<dyn Comparison + 'a>),
}

impl<'a> Coded<'a> {
    /// Rows with codes from 1 to the number of distinct values, and their counts.
    pub(crate) fn new(rows: impl Into<Cow<'a, [u32]>>, values: Box<dyn Values + 'a>) -> Self {
        let rows = rows.into();
        let mut counts = vec![0];
        for &code in rows.iter() {
            if code as usize >= counts.len() {
                counts.resize(code as usize + 1, 0);
            }
            counts[code as usize] += 1;
        }
        let present = rows.len() as u64 - u64::from(counts[0]);
        Self {
            rows,
            counts,
            present,
            values,
        }
    }

    /// Counts anew where the table's rows tell of several records or of none.
    pub(super) fn repeated(mut self, table: &Table) -> Self {
        if let Some(times) = table.times() {
            let distinct = self.counts.len() - 1;
            (self.counts, self.present) = recounted(&self.rows, times, distinct);
        }
        self
    }

    /// The share of a code among the rows that have one.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "a share needs no more than 24 bits"
    )]
    pub(crate) fn share(&self, code: u32) -> f32 {
        (f64::from(self.counts[code as usize]) / self.present.max(1) as f64) as f32
    }

    /// The outcome of two rows.
    #[cfg(test)]
    pub(crate) fn compare(&self, left: Row, right: Row) -> Outcome {
        let (left, right) = (self.rows[left as usize], self.rows[right as usize]);
        if left == MISSING || right == MISSING {
            return Outcome::MISSING;
        }
        let mut outcome = self.values.outcome(left.min(right), left.max(right));
        if left == right && outcome.share == 0.0 {
            outcome.share = self.share(left);
        }
        outcome
    }
}

/// Numbers any values from 1 in the order of their first row; `None` is [`MISSING`]. Gives each row's code and the values.
pub(crate) fn dictionary<V: Copy + Eq + std::hash::Hash>(
    rows: impl Iterator<Item = Option<V>>,
) -> (Vec<u32>, Vec<V>) {
    let (mut codes, mut values) = (FxHashMap::default(), Vec::new());
    let rows = rows
        .map(|value| {
            let Some(value) = value else { return MISSING };
            *codes.entry(value).or_insert_with(|| {
                values.push(value);
                u32::try_from(values.len()).unwrap_or(u32::MAX)
            })
        })
        .collect();
    (rows, values)
}

impl Bound<'_> {
    /// The exact chance that two different persons reach each level, where the caller's comparison tells it.
    pub(crate) fn chances(&self) -> Option<Vec<f64>> {
        match self {
            Self::Coded(_) => None,
            Self::Rows(comparison) => comparison.chances(),
        }
    }
}

/// The outcome of the first test that holds; missing when none does.
fn first(tests: &[Test], holds: impl Fn(&Test) -> bool) -> Outcome {
    first_place(tests, holds).map_or(Outcome::MISSING, Outcome::at)
}

/// The place of the first test that holds; missing when none does.
fn first_place(tests: &[Test], holds: impl Fn(&Test) -> bool) -> Option<u8> {
    tests
        .iter()
        .position(holds)
        .and_then(|place| u8::try_from(place).ok())
}

/// The values of a column by ascending code, from code 1.
pub(crate) fn names_of(codes: &Codes) -> impl Iterator<Item = &str> + Clone {
    (1..=u32::try_from(codes.distinct()).unwrap_or(u32::MAX)).map(|code| codes.name(code))
}

/// So many rows as a share of all that have a value.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a share needs no more than 24 bits"
)]
pub(crate) fn share_of(rows: u32, present: u32) -> f32 {
    (f64::from(rows) / f64::from(present.max(1))) as f32
}

/// How many records hold each code, by code; `times` tells of how many each row tells, where that is not one.
pub(crate) fn records_by_code(rows: &[u32], distinct: usize, times: Option<&[u32]>) -> Vec<u32> {
    if let Some(times) = times {
        return recounted(rows, times, distinct).0;
    }
    let mut counts = vec![0; distinct + 1];
    for &code in rows {
        counts[code as usize] += 1;
    }
    counts
}
