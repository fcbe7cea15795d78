//! The inner loop: every candidate pair's levels and weight, from rows of codes that lie side by side.
//!
//! A pair costs a few array look-ups a comparison: equal codes need no similarity, hopeless ones are told by their
//! signatures, and what is left is remembered. No row is built, no string is touched but in a similarity never seen before.

mod batch;
mod kept;
mod lanes;
mod matrix;
mod plan;
mod sink;
mod walk;

use rustc_hash::FxHashMap;

use self::batch::Batch;
pub(crate) use self::kept::Kept;
use self::matrix::{HASH_COLUMN, Matrix, Thinning};
use self::plan::{Plan, Remembered, Sieves};
use self::sink::{Parts, Sink, Weigh};
use self::walk::Wanted;
use crate::blocking::{Blocks, Chunk, RuleBlocks};
use crate::comparison::{Bound, Memo, Outcome};
use crate::weigh::{Pattern, ScoreCounts, ScoredPair, Sum, Weighed, Weights};
use crate::{Level, LinkageError, Row, Table};

/// Comparisons bound to a table, with its codes row by row.
pub(crate) struct Kernel<'a> {
    comparisons: Vec<Bound<'a>>,
    plans: Vec<Plan>,
    matrix: Matrix,
}

/// A thread's own memory.
pub(crate) struct Worker {
    remembered: Vec<Remembered>,
    memos: Vec<Memo>,
    /// Pairs of blocks that wait for being compared.
    batch: Batch,
}

/// What a pair comes to.
#[derive(Clone, Copy, Default)]
pub(crate) struct Compared {
    pub(crate) pattern: Pattern,
    pub(crate) weight: f32,
}

impl Compared {
    /// The pair of rows, the lower first, without a probability.
    pub(crate) fn of(self, (left, right): (Row, Row), rule: u8) -> ScoredPair {
        ScoredPair {
            left,
            right,
            rule,
            weight: self.weight,
            probability: 0.0,
            pattern: self.pattern,
            unused: [0; 3],
        }
    }
}

/// What a chunk of pairs came to.
pub(crate) struct Scores {
    pub(crate) counts: ScoreCounts,
    /// The heavier pairs; they have no probability yet.
    pub(crate) kept: Kept,
}

impl<'a> Kernel<'a> {
    /// Lays out the codes of the rules' blocks and of the comparisons, which may have more rows than the table.
    /// `levels` is the number of levels of each comparison.
    ///
    /// # Errors
    /// When the codes fit neither into memory nor on the disk.
    pub(crate) fn new(
        comparisons: Vec<Bound<'a>>,
        levels: &[usize],
        table: &Table,
        blocks: &[RuleBlocks],
    ) -> Result<Self, LinkageError> {
        let mut columns: Vec<&[u32]> = Vec::new();
        let mut rules = Vec::new();
        for rule in blocks {
            rules.push(rule.block_of_rows().map(|_| columns.len() + 1));
            columns.extend(rule.block_of_rows());
        }
        let mut plans = Vec::new();
        for (bound, &levels) in comparisons.iter().zip(levels) {
            let column = matches!(bound, Bound::Coded(_)).then_some(columns.len() + 1);
            if let Bound::Coded(coded) = bound {
                columns.push(&coded.rows);
            }
            plans.push(Plan::new(bound, column, levels));
        }
        let matrix = Matrix::new(&columns, rules, table)?;
        Ok(Self {
            comparisons,
            plans,
            matrix,
        })
    }

    /// The comparisons, in the model's order.
    pub(crate) fn comparisons(&self) -> &[Bound<'a>] {
        &self.comparisons
    }

    /// The row's code in one comparison; [`crate::MISSING`] for the caller's own.
    pub(crate) fn code(&self, place: usize, row: Row) -> u32 {
        let column = self.plans[place].column;
        column.map_or(crate::MISSING, |column| self.matrix.row(row)[column])
    }

    /// The level and the weight of two known codes in one comparison; missing for the caller's own.
    pub(crate) fn part(
        &self,
        weights: &Weights,
        place: usize,
        (ours, theirs): (u32, u32),
        worker: &mut Worker,
    ) -> (Level, f32) {
        let (plan, weights) = (&self.plans[place], weights.of(place));
        let Bound::Coded(coded) = &self.comparisons[place] else {
            return (Level::Missing, 0.0);
        };
        if ours == theirs {
            let packed = plan.same(ours);
            return (Level::from_packed(packed), weights.same(ours, packed));
        }
        let codes = (ours.min(theirs), ours.max(theirs));
        let outcome = plan.outcome(coded, codes, &mut worker.remembered[place]);
        (outcome.level, weights.unequal(outcome, coded, codes))
    }

    /// An empty memory for one thread.
    pub(crate) fn worker(&self) -> Worker {
        Worker {
            remembered: self.plans.iter().map(|_| Remembered::default()).collect(),
            memos: self.plans.iter().map(|_| Memo::default()).collect(),
            batch: Batch::default(),
        }
    }

    fn sieves(&self) -> Sieves<'_> {
        let mut found = Sieves::default();
        for (bound, plan) in self.comparisons.iter().zip(&self.plans) {
            let sieve = match bound {
                Bound::Coded(coded) => coded.values.sieve(),
                Bound::Rows(_) => None,
            };
            let both = plan.column.zip(sieve);
            found.slots.push(both.map(|_| found.sieves.len()));
            found.sieves.extend(both);
        }
        found
    }

    /// The levels and the weight of two rows, the lower first.
    pub(crate) fn compare(
        &self,
        weights: &Weights,
        rows: (Row, Row),
        worker: &mut Worker,
    ) -> Compared {
        let mut sink = Weigh {
            weights,
            sum: Sum::new(),
        };
        let (left, right) = (rows.0.min(rows.1), rows.0.max(rows.1));
        self.compare_into((left, right), worker, &mut sink);
        sink.total()
    }

    /// The levels alone.
    pub(crate) fn pattern(&self, rows: (Row, Row), worker: &mut Worker) -> Pattern {
        let mut pattern = Pattern::default();
        let (left, right) = (rows.0.min(rows.1), rows.0.max(rows.1));
        self.compare_into((left, right), worker, &mut pattern);
        pattern
    }

    /// Each comparison's part in a pair as if it stood alone, and the pattern.
    pub(crate) fn parts_alone(
        &self,
        weights: &Weights,
        rows: (Row, Row),
        worker: &mut Worker,
    ) -> (Vec<Weighed>, Pattern) {
        let mut sink = Parts {
            weights,
            parts: Vec::with_capacity(self.plans.len()),
        };
        let (left, right) = (rows.0.min(rows.1), rows.0.max(rows.1));
        self.compare_into((left, right), worker, &mut sink);
        let mut pattern = Pattern::default();
        for (place, part) in sink.parts.iter().enumerate() {
            pattern.set(place, part.level);
        }
        (sink.parts, pattern)
    }

    /// By comparison, its part in the weight of each pair; the pairs' levels are those that they came to.
    pub(crate) fn part_columns(
        &self,
        weights: &Weights,
        pairs: &[ScoredPair],
        worker: &mut Worker,
    ) -> Vec<Vec<f32>> {
        let mut columns = vec![Vec::with_capacity(pairs.len()); self.plans.len()];
        let mut alone = vec![0.0; self.plans.len()];
        for pair in pairs {
            let lines = (self.matrix.row(pair.left), self.matrix.row(pair.right));
            for (place, (column, alone)) in columns.iter_mut().zip(&mut alone).enumerate() {
                *alone = self.part_bits(weights, place, (pair, lines), worker);
                column.push(*alone);
            }
            let alone = |place: usize| alone[place];
            weights.spread(pair.pattern, alone, |place, bits| {
                if let Some(part) = columns[place].last_mut() {
                    *part -= bits;
                }
            });
        }
        columns
    }

    /// One comparison's bits of a pair whose level is known.
    fn part_bits(
        &self,
        weights: &Weights,
        place: usize,
        (pair, lines): (&ScoredPair, (&[u32], &[u32])),
        worker: &mut Worker,
    ) -> f32 {
        let (plan, weights) = (&self.plans[place], weights.of(place));
        let level = pair.pattern.level(place);
        let alone = || weights.constant(Outcome { level, share: 0.0 });
        match &self.comparisons[place] {
            Bound::Coded(coded) => {
                let column = plan.column.unwrap_or(HASH_COLUMN);
                let (ours, theirs) = (lines.0[column], lines.1[column]);
                if ours == theirs {
                    return weights.same(ours, level.packed());
                }
                alone().unwrap_or_else(|| {
                    let codes = (ours.min(theirs), ours.max(theirs));
                    let outcome = plan.outcome(coded, codes, &mut worker.remembered[place]);
                    weights.unequal(outcome, coded, codes)
                })
            }
            Bound::Rows(comparison) => alone().unwrap_or_else(|| {
                let memo = &mut worker.memos[place];
                weights.weigh(comparison.compare(pair.left, pair.right, memo))
            }),
        }
    }

    /// Scores a chunk's pairs that no earlier rule gives; keeps those of at least `least` bits.
    pub(crate) fn score(
        &self,
        blocks: &Blocks,
        weights: &Weights,
        chunk: Chunk,
        least: f32,
        worker: &mut Worker,
        scores: &mut Scores,
    ) {
        let rule = u8::try_from(chunk.rule).unwrap_or(u8::MAX);
        let wanted = Wanted {
            new: true,
            records: None,
            choose: None::<fn(Row, Row) -> bool>,
            weights: Some(weights),
        };
        self.for_each_pair(blocks, chunk, &wanted, worker, |rows, compared| {
            scores.counts.bins[ScoreCounts::bin(compared.weight)] += 1;
            if compared.weight >= least {
                scores.kept.push(compared.of(rows, rule));
            }
        });
    }

    /// Counts the weights of a chunk's pairs that no earlier rule gives and that `choose` takes.
    pub(crate) fn count_chosen(
        &self,
        blocks: &Blocks,
        weights: &Weights,
        chunk: Chunk,
        choose: &impl Fn(Row, Row) -> bool,
        worker: &mut Worker,
        counts: &mut ScoreCounts,
    ) {
        let wanted = Wanted {
            new: true,
            records: None,
            choose: Some(choose),
            weights: Some(weights),
        };
        self.for_each_pair(blocks, chunk, &wanted, worker, |_, compared| {
            counts.bins[ScoreCounts::bin(compared.weight)] += 1;
        });
    }

    /// Counts the patterns of a chunk's pairs, whether or not an earlier rule gives them. Of `share` less than 1, about that
    /// share of the pairs is taken: those of two records that their hashes and the seed choose.
    pub(crate) fn count_patterns(
        &self,
        blocks: &Blocks,
        chunk: Chunk,
        (share, seed): (f64, u64),
        worker: &mut Worker,
        counts: &mut FxHashMap<Pattern, u64>,
    ) {
        let wanted = Wanted {
            new: false,
            records: (share < 1.0).then(|| Thinning::new(share.sqrt(), seed)),
            choose: None::<fn(Row, Row) -> bool>,
            weights: None,
        };
        self.for_each_pair(blocks, chunk, &wanted, worker, |_, compared| {
            *counts.entry(compared.pattern).or_insert(0) += 1;
        });
    }

    #[inline]
    fn compare_into(&self, rows: (Row, Row), worker: &mut Worker, sink: &mut impl Sink) {
        let (left, right) = (self.matrix.row(rows.0), self.matrix.row(rows.1));
        for (place, plan) in self.plans.iter().enumerate() {
            match (&self.comparisons[place], plan.column) {
                (Bound::Coded(coded), Some(column)) => {
                    let (one, other) = (left[column], right[column]);
                    if one == other {
                        sink.same(place, one, plan.same(one));
                    } else if one == 0 || other == 0 {
                        sink.same(place, 0, 0);
                    } else {
                        let codes = (one.min(other), one.max(other));
                        let outcome = plan.outcome(coded, codes, &mut worker.remembered[place]);
                        sink.unequal(place, outcome, coded, codes);
                    }
                }
                (Bound::Rows(comparison), _) => {
                    let outcome = comparison.compare(rows.0, rows.1, &mut worker.memos[place]);
                    sink.rows(place, outcome);
                }
                (Bound::Coded(_), None) => unreachable!("every coded comparison has a column"),
            }
        }
    }
}
