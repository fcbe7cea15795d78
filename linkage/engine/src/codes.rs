//! Columns of interned strings: each distinct value is kept once, a row is a number.

use std::hash::BuildHasher;
use std::io;

use hashbrown::HashTable;
use rustc_hash::{FxBuildHasher, FxHashMap};
use stored::{Memory, Stored, StoredText};

use crate::{MISSING, Row};

/// Values that are looked for at a time.
const FEW: usize = 32;

/// Many strings in one piece of memory.
#[derive(Clone, Default)]
pub(crate) struct Texts {
    text: StoredText,
    ends: Stored<u64>,
}

impl Texts {
    pub(crate) fn push(&mut self, value: &str) {
        self.text.push_str(value);
        self.ends.push(self.text.len() as u64);
    }

    pub(crate) fn get(&self, place: usize) -> &str {
        let start = place.checked_sub(1).map_or(0, |before| self.ends[before]);
        let place_of = |end: u64| usize::try_from(end).unwrap_or(usize::MAX);
        self.text.get(place_of(start)..place_of(self.ends[place]))
    }

    /// Puts the texts where there is room for them.
    pub(crate) fn within(self, memory: &Memory) -> io::Result<Self> {
        Ok(Self {
            text: self.text.within(memory)?,
            ends: self.ends.within(memory)?,
        })
    }

    /// Whether that is the text at the place.
    #[inline]
    fn is(&self, place: usize, value: &str) -> bool {
        self.is_at(self.bounds(place), value)
    }

    /// Where the text at the place begins and ends.
    #[inline]
    fn bounds(&self, place: usize) -> (u64, u64) {
        let start = place.checked_sub(1).map_or(0, |before| self.ends[before]);
        (start, self.ends[place])
    }

    #[inline]
    fn is_at(&self, (start, end): (u64, u64), value: &str) -> bool {
        let length = end - start;
        let start = usize::try_from(start).unwrap_or(usize::MAX);
        length == value.len() as u64
            && are_equal(
                &self.text.as_bytes()[start..start + value.len()],
                value.as_bytes(),
            )
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    fn shrink(&mut self) {
        self.text.shrink_to_fit();
        self.ends.shrink_to_fit();
    }
}

/// Whether texts of one length are equal. They are mostly so short that comparing them by words, here, costs less than a call.
#[inline]
fn are_equal(one: &[u8], other: &[u8]) -> bool {
    let (ours, theirs) = (one.chunks_exact(8), other.chunks_exact(8));
    let mut rest = ours.remainder().iter().zip(theirs.remainder());
    ours.zip(theirs).all(|(one, other)| one == other) && rest.all(|(one, other)| one == other)
}

/// Strings interned to codes from 1; code 0 is missing.
#[derive(Default)]
pub struct Interner {
    /// Each value's hash and place. The hash spares most looks at other values, and all of them when the table grows.
    places: HashTable<(u32, u32)>,
    names: Texts,
}

/// A value's hash, as it is kept.
fn hashed(value: &str) -> u32 {
    let hash = FxBuildHasher.hash_one(value);
    u32::try_from((hash ^ (hash >> 32)) & u64::from(u32::MAX)).unwrap_or(0)
}

/// The hash that the table of places uses: all its bits count there.
fn spread(hash: u32) -> u64 {
    u64::from(hash).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

impl Interner {
    /// The code of a value, a new one when it was not seen before; an empty value is [`MISSING`].
    ///
    /// # Panics
    /// With more than 4 billion distinct values, which no caller can hold.
    pub fn code(&mut self, value: &str) -> u32 {
        if value.is_empty() {
            return MISSING;
        }
        let hash = hashed(value);
        let names = &self.names;
        let entry = self.places.entry(
            spread(hash),
            |known| known.0 == hash && names.is(known.1 as usize, value),
            |known| spread(known.0),
        );
        if let hashbrown::hash_table::Entry::Occupied(known) = &entry {
            return known.get().1 + 1;
        }
        let place = u32::try_from(names.len()).expect("no more than 4 billion values");
        entry.insert((hash, place));
        self.names.push(value);
        place + 1
    }

    /// The codes of a few values, as [`Self::code`] gives them.
    fn codes(&mut self, values: &[&str], codes: &mut Vec<u32>) {
        let mut hashes = [0; FEW];
        for (hash, value) in hashes.iter_mut().zip(values) {
            *hash = hashed(value);
        }
        let mut guesses = [None; FEW];
        for (guess, &hash) in guesses.iter_mut().zip(&hashes[..values.len()]) {
            let found = self.places.find(spread(hash), |known| known.0 == hash);
            *guess = found.map(|known| known.1);
        }
        let mut starts = [(0, 0); FEW];
        for (start, guess) in starts.iter_mut().zip(&guesses[..values.len()]) {
            *start = guess.map_or((0, 0), |place| self.names.bounds(place as usize));
        }
        for ((value, guess), bounds) in values.iter().zip(guesses).zip(starts) {
            let known = guess.filter(|_| self.names.is_at(bounds, value) && !value.is_empty());
            codes.push(known.map_or_else(|| self.code(value), |place| place + 1));
        }
    }

    /// The code of a value that was seen, [`MISSING`] otherwise.
    #[must_use]
    pub fn known(&self, value: &str) -> u32 {
        let hash = hashed(value);
        let is_it = |known: &(u32, u32)| known.0 == hash && self.names.is(known.1 as usize, value);
        let found = self.places.find(spread(hash), is_it);
        found.map_or(MISSING, |known| known.1 + 1)
    }

    /// The value of a code other than [`MISSING`].
    #[must_use]
    pub fn name(&self, code: u32) -> &str {
        self.names.get(code as usize - 1)
    }

    /// How many values were seen.
    #[must_use]
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether no value was seen.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Makes a column of strings row by row.
#[derive(Default)]
pub struct CodesBuilder {
    interner: Interner,
    rows: Vec<u32>,
}

impl CodesBuilder {
    /// Makes room for so many rows in all, so that a long column need not be moved while it grows.
    pub fn reserve(&mut self, rows: usize) {
        self.rows
            .reserve_exact(rows.saturating_sub(self.rows.len()));
    }

    /// Adds a row; an empty value is none.
    pub fn push(&mut self, value: Option<&str>) {
        let code = value.map_or(MISSING, |value| self.interner.code(value));
        self.rows.push(code);
    }

    /// Adds a row for each value; an empty one is none. Several values are looked for at a time, so that the memory that one
    /// waits for does not keep the others waiting.
    pub fn push_all<'a>(&mut self, values: impl IntoIterator<Item = &'a str>) {
        let mut values = values.into_iter();
        let mut few = [""; FEW];
        loop {
            let mut count = 0;
            for (slot, value) in few.iter_mut().zip(&mut values) {
                *slot = value;
                count += 1;
            }
            self.interner.codes(&few[..count], &mut self.rows);
            if count < FEW {
                return;
            }
        }
    }

    /// Interns a value without adding a row, for readers that have dictionaries of their own.
    pub fn code(&mut self, value: &str) -> u32 {
        self.interner.code(value)
    }

    /// Adds a row by a code that [`Self::code`] gave.
    pub fn push_code(&mut self, code: u32) {
        self.rows.push(code);
    }

    /// Rows so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no row yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The column.
    #[must_use]
    pub fn finish(self) -> Codes {
        let Self { interner, rows } = self;
        Codes::new(rows, interner.names)
    }
}

/// A column of interned strings with each value's count.
#[derive(Clone)]
pub struct Codes {
    rows: Stored<u32>,
    names: Texts,
    /// Records by code.
    counts: Vec<u32>,
    /// Records that have a value.
    present: u64,
}

impl Codes {
    fn new(mut rows: Vec<u32>, mut names: Texts) -> Self {
        rows.shrink_to_fit();
        names.shrink();
        let mut counts = vec![0; names.len() + 1];
        for &code in &rows {
            counts[code as usize] += 1;
        }
        let present = rows.len() as u64 - u64::from(counts[0]);
        Self {
            rows: rows.into(),
            names,
            counts,
            present,
        }
    }

    /// Puts the column where there is room for it.
    pub(crate) fn within(self, memory: &Memory) -> io::Result<Self> {
        Ok(Self {
            rows: self.rows.within(memory)?,
            names: self.names.within(memory)?,
            ..self
        })
    }

    /// These rows' values, one for one, under the same codes.
    pub(crate) fn gathered(&self, rows: &[Row]) -> Self {
        let rows = rows.iter().map(|&row| self.at(row)).collect();
        Self::new(rows, self.names.clone())
    }

    /// Counts anew, each row so often.
    pub(crate) fn recount(&mut self, times: &[u32]) {
        (self.counts, self.present) = recounted(&self.rows, times, self.names.len());
    }

    /// Interns one optional value a row.
    #[must_use]
    pub fn from_values<'a>(values: impl IntoIterator<Item = Option<&'a str>>) -> Self {
        let mut builder = CodesBuilder::default();
        for value in values {
            builder.push(value);
        }
        builder.finish()
    }

    /// The row's code, [`MISSING`] when it has no value.
    #[must_use]
    pub fn at(&self, row: Row) -> u32 {
        self.rows[row as usize]
    }

    /// Every row's code.
    #[must_use]
    pub fn rows(&self) -> &[u32] {
        &self.rows
    }

    /// How many distinct values there are; their codes are 1 to this.
    #[must_use]
    pub fn distinct(&self) -> usize {
        self.names.len()
    }

    /// The value of a code other than [`MISSING`].
    #[must_use]
    pub fn name(&self, code: u32) -> &str {
        self.names.get(code as usize - 1)
    }

    /// How many rows hold each code, by code; the first figure is that of rows without a value.
    #[must_use]
    pub fn counts(&self) -> &[u32] {
        &self.counts
    }

    /// The code's share of all rows that have a value.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "a share needs no more than 24 bits"
    )]
    pub fn share(&self, code: u32) -> f32 {
        (f64::from(self.counts[code as usize]) / self.present.max(1) as f64) as f32
    }
}

/// Records by code, and how many have a value, when each row tells of so many records.
pub(crate) fn recounted(rows: &[u32], times: &[u32], distinct: usize) -> (Vec<u32>, u64) {
    let mut counts = vec![0_u32; distinct + 1];
    for (&code, &times) in rows.iter().zip(times) {
        counts[code as usize] += times;
    }
    let present = counts[1..].iter().map(|&count| u64::from(count)).sum();
    (counts, present)
}

/// How often each value occurs, where values are not dense codes (packed dates, elements of arrays).
#[derive(Clone, Default)]
pub struct Counts {
    by_value: FxHashMap<u32, u32>,
    total: u64,
}

impl Counts {
    /// Counts values; [`MISSING`] is not one.
    #[must_use]
    pub fn of(values: impl IntoIterator<Item = u32>) -> Self {
        Self::repeated(values.into_iter().map(|value| (value, 1)))
    }

    /// Counts values, each so often.
    pub(crate) fn repeated(values: impl IntoIterator<Item = (u32, u32)>) -> Self {
        let mut counts = Self::default();
        for (value, times) in values.into_iter().filter(|entry| entry.0 != MISSING) {
            *counts.by_value.entry(value).or_default() += times;
            counts.total += u64::from(times);
        }
        counts
    }

    /// The value's share of all that are not missing: the chance that another record has it.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "a share needs no more than 24 bits"
    )]
    pub fn share(&self, value: u32) -> f32 {
        let count = self.by_value.get(&value).copied().unwrap_or(1);
        (f64::from(count) / self.total.max(1) as f64) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::{CodesBuilder, FEW};

    #[test]
    fn values_taken_together_get_the_codes_that_they_get_one_by_one() {
        // Some repeat close by, some far away, some never; some are empty; words and their ends differ.
        let value = |place: usize| match place % 7 {
            0 => String::new(),
            1 => format!("value {}", place / 3),
            2 => "the same for all, and longer than two words of the machine".to_owned(),
            3 => format!("{}", place % (FEW + 5)),
            _ => format!("{:>1$}", place % 11, place % 19),
        };
        for rows in [0, 1, FEW - 1, FEW, FEW + 1, 1_000] {
            let values = (0..rows).map(value).collect::<Vec<_>>();
            let (mut one_by_one, mut together) = (CodesBuilder::default(), CodesBuilder::default());
            for value in &values {
                one_by_one.push(Some(value));
            }
            together.push_all(values.iter().map(String::as_str));
            let (one_by_one, together) = (one_by_one.finish(), together.finish());
            assert_eq!(one_by_one.rows(), together.rows(), "{rows} rows");
            assert_eq!(one_by_one.counts(), together.counts(), "{rows} rows");
            for (row, value) in (0..).zip(&values).filter(|(_, value)| !value.is_empty()) {
                assert_eq!(together.name(together.at(row)), value);
            }
        }
    }
}
