//! Draws of records and of pairs of records that depend on the seed and on the records' ids, not on the rows' order.

use std::hash::Hasher;

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHasher};

use super::chance::Pairing;
use super::patterns::{Counted, counted};
use crate::comparison::{Bound, Coded};
use crate::kernel::{Kernel, Worker};
use crate::model::TrainU;
use crate::{MISSING, Model, Row, Table};

/// Random pairs of one unit of work.
const DRAWS_PER_CHUNK: u64 = 1 << 13;
/// Most records that pairs are drawn from: their pairs are plenty.
const SAMPLE_MAX: usize = 200_000;
/// Pairs drawn for each comparison from those that agree in it.
const EQUAL_DRAWS: u64 = 20_000;
/// A pair that may not be drawn is drawn anew so many times.
const TRIES: u64 = 8;

/// Draws, for each comparison over a dictionary, pairs that agree in it; none where u stays as in the file.
pub(super) fn equal_pairs(
    model: &Model,
    kernel: &Kernel<'_>,
    sample: &Sample,
    pairing: &Pairing,
) -> Vec<(usize, Counted, u64)> {
    let draw = |(place, bound): (usize, &Bound<'_>)| {
        let Bound::Coded(coded) = bound else {
            return None;
        };
        let seed = model.training.seed ^ drawn(1, place as u64);
        let (patterns, pairs) = sample.equal_patterns(kernel, coded, pairing, EQUAL_DRAWS, seed);
        Some((place, patterns, pairs))
    };
    if model.training.u == TrainU::File {
        return Vec::new();
    }
    kernel
        .comparisons()
        .iter()
        .enumerate()
        .filter_map(draw)
        .collect()
}

/// A hash of each record's source and id.
pub(crate) fn row_hashes(table: &Table) -> Vec<u64> {
    let rows = 0..Row::try_from(table.len()).unwrap_or(Row::MAX);
    let hash = |row: Row| {
        let mut hasher = FxHasher::default();
        hasher.write(table.source_names()[usize::from(table.source(row))].as_bytes());
        hasher.write_u8(0);
        hasher.write(table.id(row).as_bytes());
        drawn(hasher.finish(), 0)
    };
    rows.into_par_iter().map(hash).collect()
}

/// The draw's `index`-th number (`SplitMix64`).
pub(crate) fn drawn(seed: u64, index: u64) -> u64 {
    let mut value = seed.wrapping_add(index.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

/// A number from 0 to 1, 1 excluded.
#[expect(clippy::cast_precision_loss, reason = "53 bits are a double's own")]
pub(crate) fn uniform(seed: u64, index: u64) -> f64 {
    (drawn(seed, index) >> 11) as f64 / (1_u64 << 53) as f64
}

/// Records to draw from, in an order of their own.
pub(crate) struct Sample {
    rows: Vec<Row>,
    /// The records' share of the table.
    pub(crate) share: f64,
}

impl Sample {
    #[expect(
        clippy::cast_precision_loss,
        reason = "a count of records is below 2^32"
    )]
    pub(crate) fn new(table: &Table, row_hashes: &[u64]) -> Self {
        let mut rows = (0..).take(table.len()).collect::<Vec<Row>>();
        let hash = |row: Row| row_hashes[row as usize];
        if rows.len() > SAMPLE_MAX {
            rows.select_nth_unstable_by_key(SAMPLE_MAX, |&row| hash(row));
            rows.truncate(SAMPLE_MAX);
        }
        rows.sort_unstable_by(|&left, &right| {
            hash(left).cmp(&hash(right)).then_with(|| {
                let key = |row: Row| {
                    (
                        &table.source_names()[usize::from(table.source(row))],
                        table.id(row),
                    )
                };
                key(left).cmp(&key(right))
            })
        });
        let share = rows.len() as f64 / table.len().max(1) as f64;
        Self { rows, share }
    }

    /// The records, in their order.
    pub(crate) fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Patterns of random pairs that may be one person's.
    pub(crate) fn random_patterns(
        &self,
        kernel: &Kernel<'_>,
        pairing: &Pairing,
        wanted: u64,
        seed: u64,
    ) -> Counted {
        let records = self.rows.len() as u64;
        if records < 2 {
            return Vec::new();
        }
        let wanted = wanted.min(records * (records - 1) / 2);
        let draw = |index: u64| {
            (0..TRIES).find_map(|attempt| {
                let place = 2 * (index * TRIES + attempt);
                let left = drawn(seed, place) % records;
                let right = (left + 1 + drawn(seed, place + 1) % (records - 1)) % records;
                let row = |rank: u64| self.rows[usize::try_from(rank).unwrap_or(0)];
                pairing
                    .allows(row(left), row(right))
                    .then(|| (row(left), row(right)))
            })
        };
        patterns_of(kernel, wanted, &draw)
    }

    /// Patterns of pairs drawn evenly from all that have equal values in one comparison, and the number of such pairs in
    /// the sample.
    pub(crate) fn equal_patterns(
        &self,
        kernel: &Kernel<'_>,
        coded: &Coded<'_>,
        pairing: &Pairing,
        wanted: u64,
        seed: u64,
    ) -> (Counted, u64) {
        let groups = self.groups(coded);
        let mut ends = Vec::with_capacity(groups.len());
        let mut pairs = 0_u64;
        for group in &groups {
            pairs += group.len() as u64 * (group.len() as u64 - 1) / 2;
            ends.push(pairs);
        }
        if pairs == 0 {
            return (Vec::new(), 0);
        }
        let draw = |index: u64| {
            (0..TRIES).find_map(|attempt| {
                let place = 3 * (index * TRIES + attempt);
                let pair = drawn(seed, place) % pairs;
                let group = &groups[ends.partition_point(|&end| end <= pair)];
                let size = group.len() as u64;
                let left = drawn(seed, place + 1) % size;
                let right = (left + 1 + drawn(seed, place + 2) % (size - 1)) % size;
                let row = |rank: u64| group[usize::try_from(rank).unwrap_or(0)];
                pairing
                    .allows(row(left), row(right))
                    .then(|| (row(left), row(right)))
            })
        };
        (patterns_of(kernel, wanted.min(pairs), &draw), pairs)
    }

    /// The sample's records by value, groups of two and more in the order of their first record.
    fn groups(&self, coded: &Coded<'_>) -> Vec<Vec<Row>> {
        let mut places = FxHashMap::<u32, usize>::default();
        let mut groups = Vec::<Vec<Row>>::new();
        for &row in &self.rows {
            let code = coded.rows[row as usize];
            if code != MISSING {
                let place = *places.entry(code).or_insert(groups.len());
                if place == groups.len() {
                    groups.push(Vec::new());
                }
                groups[place].push(row);
            }
        }
        groups.retain(|group| group.len() > 1);
        groups
    }
}

fn patterns_of(
    kernel: &Kernel<'_>,
    wanted: u64,
    draw: &(impl Fn(u64) -> Option<(Row, Row)> + Sync),
) -> Counted {
    let count_chunk = |worker: &mut Worker, chunk: u64| {
        let mut counts = FxHashMap::default();
        let draws = chunk * DRAWS_PER_CHUNK..((chunk + 1) * DRAWS_PER_CHUNK).min(wanted);
        for (left, right) in draws.filter_map(draw) {
            *counts
                .entry(kernel.pattern((left, right), worker))
                .or_insert(0) += 1;
        }
        counts
    };
    let parts = (0..wanted.div_ceil(DRAWS_PER_CHUNK))
        .into_par_iter()
        .map_init(|| kernel.worker(), count_chunk)
        .collect();
    counted(parts)
}
