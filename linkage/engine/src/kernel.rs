//! The inner loop: every candidate pair's levels and weight, from rows of codes that lie side by side.
//!
//! A pair costs a few array look-ups a comparison: equal codes need no similarity, hopeless ones are told by their
//! signatures, and what is left is remembered. No row is built, no string is touched but in a similarity never seen before.

mod matrix;
mod plan;
mod sink;

use rustc_hash::FxHashMap;

use self::matrix::{HASH_COLUMN, Matrix, chooser};
use self::plan::{Plan, Remembered, Side, Sieves};
use self::sink::{Parts, Sink, Weigh};
use crate::blocking::{Blocks, Chunk, NO_BLOCK, RuleBlocks};
use crate::comparison::similarity::Signature;
use crate::comparison::{Bound, Memo};
use crate::weigh::{Pattern, ScoreCounts, ScoredPair, Weighed, Weights};
use crate::{Level, Row, Table};

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
    /// The codes of a block's records, and the signatures of the values that have any.
    block: Vec<u32>,
    signatures: Vec<Signature>,
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
        }
    }
}

/// What a chunk of pairs came to.
pub(crate) struct Scores {
    pub(crate) counts: ScoreCounts,
    /// The heavier pairs; they have no probability yet.
    pub(crate) kept: Vec<ScoredPair>,
}

impl<'a> Kernel<'a> {
    /// Lays out the codes of the rules' blocks and of the comparisons, which may have more rows than the table.
    /// `levels` is the number of levels of each comparison.
    pub(crate) fn new(
        comparisons: Vec<Bound<'a>>,
        levels: &[usize],
        table: &Table,
        blocks: &[RuleBlocks],
    ) -> Self {
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
        let matrix = Matrix::new(&columns, rules, table);
        Self {
            comparisons,
            plans,
            matrix,
        }
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
            block: Vec::new(),
            signatures: Vec::new(),
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

    /// A record outside of a block.
    fn side(&self, row: Row) -> Side<'_> {
        Side {
            codes: self.matrix.row(row),
            signatures: &[],
        }
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
            compared: Compared::default(),
        };
        let (left, right) = (rows.0.min(rows.1), rows.0.max(rows.1));
        let sides = [self.side(left), self.side(right)];
        self.compare_into(sides, &Sieves::default(), (left, right), worker, &mut sink);
        sink.total()
    }

    /// The levels alone.
    pub(crate) fn pattern(&self, rows: (Row, Row), worker: &mut Worker) -> Pattern {
        let mut pattern = Pattern::default();
        let (left, right) = (rows.0.min(rows.1), rows.0.max(rows.1));
        let sides = [self.side(left), self.side(right)];
        self.compare_into(
            sides,
            &Sieves::default(),
            (left, right),
            worker,
            &mut pattern,
        );
        pattern
    }

    /// Each comparison's part in a pair.
    pub(crate) fn parts(
        &self,
        weights: &Weights,
        rows: (Row, Row),
        worker: &mut Worker,
    ) -> Vec<Weighed> {
        let mut sink = Parts {
            weights,
            parts: Vec::with_capacity(self.plans.len()),
        };
        let (left, right) = (rows.0.min(rows.1), rows.0.max(rows.1));
        let sides = [self.side(left), self.side(right)];
        self.compare_into(sides, &Sieves::default(), (left, right), worker, &mut sink);
        let mut pattern = Pattern::default();
        for (place, part) in sink.parts.iter().enumerate() {
            pattern.set(place, part.level);
        }
        for (place, bits) in weights.repeated(pattern) {
            sink.parts[place].weight -= bits;
        }
        sink.parts
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
        self.for_each_pair(
            blocks,
            chunk,
            true,
            worker,
            |sides, sieves, rows, worker| {
                let mut sink = Weigh {
                    weights,
                    compared: Compared::default(),
                };
                self.compare_into(sides, sieves, rows, worker, &mut sink);
                let compared = sink.total();
                scores.counts.bins[ScoreCounts::bin(compared.weight)] += 1;
                if compared.weight >= least {
                    scores.kept.push(compared.of(rows, rule));
                }
            },
        );
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
        self.for_each_pair(
            blocks,
            chunk,
            true,
            worker,
            |sides, sieves, rows, worker| {
                if choose(rows.0, rows.1) {
                    let mut sink = Weigh {
                        weights,
                        compared: Compared::default(),
                    };
                    self.compare_into(sides, sieves, rows, worker, &mut sink);
                    counts.bins[ScoreCounts::bin(sink.total().weight)] += 1;
                }
            },
        );
    }

    /// Counts the patterns of a chunk's pairs, whether or not an earlier rule gives them. Of `share` less than 1, that share
    /// of the pairs is taken, chosen by the two records' hashes and the seed.
    pub(crate) fn count_patterns(
        &self,
        blocks: &Blocks,
        chunk: Chunk,
        (share, seed): (f64, u64),
        worker: &mut Worker,
        counts: &mut FxHashMap<Pattern, u64>,
    ) {
        let chosen = chooser(share, seed);
        self.for_each_pair(
            blocks,
            chunk,
            false,
            worker,
            |sides, sieves, rows, worker| {
                if chosen(sides[0].codes[HASH_COLUMN], sides[1].codes[HASH_COLUMN]) {
                    let mut pattern = Pattern::default();
                    self.compare_into(sides, sieves, rows, worker, &mut pattern);
                    *counts.entry(pattern).or_insert(0) += 1;
                }
            },
        );
    }

    /// Calls `visit` with the codes and rows of each pair of the chunk once; with `new`, only where no earlier rule gives it.
    #[inline]
    fn for_each_pair(
        &self,
        blocks: &Blocks,
        chunk: Chunk,
        new: bool,
        worker: &mut Worker,
        mut visit: impl FnMut([Side<'_>; 2], &Sieves<'_>, (Row, Row), &mut Worker),
    ) {
        let stride = self.matrix.stride;
        let rule = &blocks.rules()[chunk.rule];
        let single = rule.block_of_rows().is_some();
        let earlier = if new { chunk.rule } else { 0 };
        let known = self.matrix.rules[..earlier]
            .iter()
            .filter_map(|column| *column)
            .collect::<Vec<_>>();
        let listed = (0..earlier)
            .filter(|&rule| self.matrix.rules[rule].is_none())
            .map(|rule| &blocks.rules()[rule])
            .collect::<Vec<_>>();
        let across = blocks.is_across();
        let sieves = self.sieves();
        let width = sieves.sieves.len();
        let mut codes = std::mem::take(&mut worker.block);
        let mut signatures = std::mem::take(&mut worker.signatures);
        for block in chunk.blocks.0..chunk.blocks.1 {
            let members = rule.members(block);
            codes.clear();
            for &row in members {
                codes.extend_from_slice(self.matrix.row(row));
            }
            sieves.sign(&codes, stride, &mut signatures);
            for place in chunk.lefts.0..chunk.lefts.1.min(members.len()) {
                let side = |place: usize| Side {
                    codes: &codes[place * stride..(place + 1) * stride],
                    signatures: &signatures[place * width..(place + 1) * width],
                };
                let left = side(place);
                for other in place + 1..members.len() {
                    let right = side(other);
                    let rows = (members[place], members[other]);
                    let given = known.iter().any(|&column| {
                        let block = left.codes[column];
                        block == right.codes[column] && block != NO_BLOCK
                    });
                    if given
                        || (across && !blocks.in_scope(rows.0, rows.1))
                        || (!single && rule.first_shared(rows.0, rows.1) != Some(block))
                        || listed
                            .iter()
                            .any(|rule| rule.first_shared(rows.0, rows.1).is_some())
                    {
                        continue;
                    }
                    visit([left, right], &sieves, rows, worker);
                }
            }
        }
        worker.block = codes;
        worker.signatures = signatures;
    }

    #[inline]
    fn compare_into(
        &self,
        [left, right]: [Side<'_>; 2],
        sieves: &Sieves<'_>,
        rows: (Row, Row),
        worker: &mut Worker,
        sink: &mut impl Sink,
    ) {
        for (place, plan) in self.plans.iter().enumerate() {
            match (&self.comparisons[place], plan.column) {
                (Bound::Coded(coded), Some(column)) => {
                    let (one, other) = (left.codes[column], right.codes[column]);
                    if one == other {
                        sink.same(place, one, plan.same(one));
                    } else if one == 0 || other == 0 {
                        sink.same(place, 0, 0);
                    } else {
                        let codes = (one.min(other), one.max(other));
                        let outcome = match sieves.hopeless(place, left, right) {
                            Some(true) => plan.last,
                            _ => plan.outcome(coded, codes, &mut worker.remembered[place]),
                        };
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
