//! u of a comparison over a dictionary, from the frequencies of its values: every pair of distinct values is weighed by
//! the number of pairs of records that hold them. Nothing is sampled while the dictionary is small.

use rayon::prelude::*;

use crate::comparison::{Coded, Outcome};
use crate::model::{LEVELS_MAX, OnePerCluster, Scope};
use crate::{Level, Model, Table};

/// Most pairs of values that are compared for one comparison; above it the rarer values are represented by some.
pub(super) const VALUE_PAIRS_MAX: usize = 8_000_000;

/// Where rarer values are represented, the commonest and the representatives are each so many that their pairs make this
/// part of the bound, and no more than [`REPRESENTED_PAIRS_MAX`]: there is nothing exact to be won any more.
const REPRESENTED_PART: usize = 4;
/// See [`REPRESENTED_PART`]; a level that one pair of values in a thousand reaches is seen 250 times and more.
const REPRESENTED_PAIRS_MAX: usize = 250_000;

/// Pairs of records of a table by the level that they reach in one comparison.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LevelCounts {
    /// Pairs of records by level.
    pub(crate) pairs: Vec<f64>,
    /// Mean share of the values in the pairs of a level, the two values' shares averaged.
    pub(crate) mean_share: Vec<f64>,
    /// The part of all pairs whose level was found exactly.
    pub(crate) exact_share: f64,
}

/// Which pairs of records may be one person's: none within a source that holds each person once.
pub(crate) struct Pairing {
    /// For each record the number of its strict source, or nothing.
    strict: Vec<Option<u8>>,
    sources: usize,
}

impl Pairing {
    pub(crate) fn new(model: &Model, table: &Table) -> Self {
        let mut sources = 0_u8;
        let numbers = table
            .source_names()
            .iter()
            .map(|name| {
                let hard = model
                    .source(name)
                    .is_some_and(|source| source.one_per_cluster == OnePerCluster::Hard);
                let strict = hard || model.scope == Scope::AcrossSources;
                (strict && sources < u8::MAX - 1).then(|| {
                    sources += 1;
                    sources - 1
                })
            })
            .collect::<Vec<_>>();
        let rows = 0..u32::try_from(table.len()).unwrap_or(u32::MAX);
        Self {
            strict: rows
                .map(|row| numbers[usize::from(table.source(row))])
                .collect(),
            sources: usize::from(sources),
        }
    }

    /// Whether the two records may be one person's.
    pub(crate) fn allows(&self, left: crate::Row, right: crate::Row) -> bool {
        let strict = self.strict[left as usize];
        strict.is_none() || strict != self.strict[right as usize]
    }

    /// Pairs of records that may be one person's.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a count of records is below 2^32"
    )]
    pub(crate) fn pairs(&self) -> f64 {
        let mut mass = vec![0_u64; self.sources + 1];
        self.strict
            .iter()
            .for_each(|&strict| put(&mut mass, strict));
        own_pairs(&mass) as f64
    }
}

/// Counts a record, and for its strict source if it has one.
fn put(mass: &mut [u64], strict: Option<u8>) {
    mass[0] += 1;
    if let Some(source) = strict {
        mass[usize::from(source) + 1] += 1;
    }
}

/// Pairs of records between two sets, given as their sizes: all, then by strict source.
fn pairs_between(left: &[u64], right: &[u64]) -> u64 {
    let within = left[1..]
        .iter()
        .zip(&right[1..])
        .map(|(one, other)| one * other);
    left[0] * right[0] - within.sum::<u64>()
}

/// Pairs of records within a set.
fn own_pairs(mass: &[u64]) -> u64 {
    let strict = mass[1..].iter().sum::<u64>();
    (pairs_between(mass, mass) - (mass[0] - strict)) / 2
}

/// Sums by level; whole numbers, so that their order does not matter.
#[derive(Clone, Default)]
struct Sums {
    pairs: [u64; LEVELS_MAX + 1],
    shares: [u128; LEVELS_MAX + 1],
}

impl Sums {
    fn add(&mut self, level: Level, pairs: u64, records: u64) {
        let at = usize::from(level.packed());
        self.pairs[at] += pairs;
        self.shares[at] += u128::from(pairs) * u128::from(records);
    }

    fn joined(mut self, other: &Self) -> Self {
        for at in 0..=LEVELS_MAX {
            self.pairs[at] += other.pairs[at];
            self.shares[at] += other.shares[at];
        }
        self
    }
}

/// A value, or one that stands for several of about its frequency.
struct Entry {
    code: u32,
    records: u64,
    mass: Vec<u64>,
}

/// Counts the table's pairs by level. `row_hashes` order values whatever the rows' order; no more than `value_pairs_max`
/// pairs of values are compared.
pub(crate) fn level_counts(
    coded: &Coded<'_>,
    levels: usize,
    pairing: &Pairing,
    row_hashes: &[u64],
    value_pairs_max: usize,
) -> LevelCounts {
    let masses = masses(coded, pairing);
    let width = pairing.sources + 1;
    let mass_of = |code: usize| &masses[code * width..(code + 1) * width];
    let mut whole = vec![0; width];
    for code in 1..coded.counts.len() {
        whole
            .iter_mut()
            .zip(mass_of(code))
            .for_each(|(sum, part)| *sum += part);
    }
    let mut equal = Sums::default();
    let known = (1_u32..)
        .zip(&coded.counts[1..])
        .filter(|(_, count)| **count > 0);
    for (code, &count) in known {
        let level = coded.values.outcome(code, code).level;
        equal.add(
            level,
            own_pairs(mass_of(code as usize)),
            2 * u64::from(count),
        );
    }
    let unequal_pairs = own_pairs(&whole) - equal.pairs.iter().sum::<u64>();
    let (unequal, exact_pairs) = match coded.values.unequal() {
        Some(outcome) => (always(coded, outcome, unequal_pairs), unequal_pairs),
        None => compared(
            coded,
            entries(coded, &masses, width, (row_hashes, value_pairs_max)),
        ),
    };
    LevelCounts::new(
        &equal,
        &unequal,
        unequal_pairs,
        exact_pairs,
        levels,
        whole[0],
    )
}

/// Sums when all unequal pairs reach one level.
fn always(coded: &Coded<'_>, outcome: Outcome, pairs: u64) -> Sums {
    let mut sums = Sums::default();
    let total = coded.counts[1..]
        .iter()
        .map(|&count| u128::from(count))
        .sum::<u128>();
    let weighted = |&count: &u32| u128::from(count).pow(2) * (total - u128::from(count));
    let shares = coded.counts[1..].iter().map(weighted).sum::<u128>();
    let at = usize::from(outcome.level.packed());
    sums.pairs[at] = pairs;
    sums.shares[at] = shares;
    sums
}

/// Compares each pair of entries; gives the sums and the pairs of records between values that stand for themselves.
fn compared(coded: &Coded<'_>, (entries, exact): (Vec<Entry>, usize)) -> (Sums, u64) {
    let last = |left: u32, right: u32| coded.values.hopeless(left, right);
    let row = |place: usize| {
        let (mut sums, mut exact_pairs) = (Sums::default(), 0);
        let one = &entries[place];
        for (other_place, other) in entries.iter().enumerate().skip(place + 1) {
            let pairs = pairs_between(&one.mass, &other.mass);
            let (low, high) = (one.code.min(other.code), one.code.max(other.code));
            let level = if last(low, high) {
                HOPELESS
            } else {
                coded.values.outcome(low, high).level
            };
            sums.add(level, pairs, one.records + other.records);
            if other_place < exact {
                exact_pairs += pairs;
            }
        }
        (sums, exact_pairs)
    };
    (0..entries.len()).into_par_iter().map(row).reduce(
        || (Sums::default(), 0),
        |left, right| (left.0.joined(&right.0), left.1 + right.1),
    )
}

/// Stands for the last level until the number of levels is known.
const HOPELESS: Level = Level::At(14);

/// Each code's number of records: all, then by strict source.
fn masses(coded: &Coded<'_>, pairing: &Pairing) -> Vec<u64> {
    let width = pairing.sources + 1;
    let mut masses = vec![0; coded.counts.len() * width];
    if width == 1 {
        masses
            .iter_mut()
            .zip(&coded.counts)
            .for_each(|(mass, &count)| *mass = u64::from(count));
        return masses;
    }
    for (&code, &strict) in coded.rows.iter().zip(&pairing.strict) {
        put(&mut masses[code as usize * width..][..width], strict);
    }
    masses
}

/// The values to compare, the commonest first, and how many of them stand for themselves alone. Beyond these, values
/// sorted by frequency are cut into groups of neighbours, each represented by one that its records draw.
fn entries(
    coded: &Coded<'_>,
    masses: &[u64],
    width: usize,
    (row_hashes, value_pairs_max): (&[u64], usize),
) -> (Vec<Entry>, usize) {
    let mut known = (1_u32..)
        .zip(&coded.counts[1..])
        .filter(|(_, count)| **count > 0)
        .map(|(code, &count)| (std::cmp::Reverse(count), 0_u64, code))
        .collect::<Vec<_>>();
    let mass_of = |code: u32| masses[code as usize * width..][..width].to_vec();
    let alone = |&(count, _, code): &(std::cmp::Reverse<u32>, u64, u32)| Entry {
        code,
        records: u64::from(count.0),
        mass: mass_of(code),
    };
    if known.len() * known.len().saturating_sub(1) / 2 <= value_pairs_max {
        let entries = known.iter().map(alone).collect::<Vec<_>>();
        let exact = entries.len();
        return (entries, exact);
    }
    let mut marks = vec![u64::MAX; coded.counts.len()];
    for (&code, &hash) in coded.rows.iter().zip(row_hashes) {
        let mark = &mut marks[code as usize];
        *mark = (*mark).min(hash);
    }
    for entry in &mut known {
        entry.1 = marks[entry.2 as usize];
    }
    known.sort_unstable();
    let head = (value_pairs_max / REPRESENTED_PART)
        .min(REPRESENTED_PAIRS_MAX)
        .isqrt();
    let (exact, tail) = known.split_at(head);
    let mut entries = exact.iter().map(alone).collect::<Vec<_>>();
    for group in tail.chunks(tail.len().div_ceil(head).max(1)) {
        let mut drawn =
            alone(&group[usize::try_from(group[0].1 % group.len() as u64).unwrap_or(0)]);
        drawn.mass = vec![0; width];
        for &(_, _, code) in group {
            drawn
                .mass
                .iter_mut()
                .zip(mass_of(code))
                .for_each(|(sum, part)| *sum += part);
        }
        entries.push(drawn);
    }
    (entries, head)
}

impl LevelCounts {
    #[expect(
        clippy::cast_precision_loss,
        reason = "shares need no more than 53 bits"
    )]
    fn new(
        equal: &Sums,
        unequal: &Sums,
        unequal_pairs: u64,
        exact_pairs: u64,
        levels: usize,
        records: u64,
    ) -> Self {
        let seen = unequal.pairs.iter().sum::<u64>();
        let scale = unequal_pairs as f64 / seen.max(1) as f64;
        let mut pairs = vec![0.0; levels];
        let mut shares = vec![0.0; levels];
        for packed in 1..=LEVELS_MAX {
            // What was hopeless is the last level.
            let at = (packed - 1).min(levels - 1);
            pairs[at] += equal.pairs[packed] as f64 + scale * unequal.pairs[packed] as f64;
            shares[at] += equal.shares[packed] as f64 + scale * unequal.shares[packed] as f64;
        }
        let mean =
            |(share, pairs): (&f64, &f64)| share / (2.0 * pairs.max(1.0) * records.max(1) as f64);
        let all = equal.pairs.iter().sum::<u64>() + unequal_pairs;
        Self {
            mean_share: shares.iter().zip(&pairs).map(mean).collect(),
            exact_share: if all == 0 {
                1.0
            } else {
                (all - unequal_pairs + exact_pairs.min(unequal_pairs)) as f64 / all as f64
            },
            pairs,
        }
    }
}
