//! The inner loop: every candidate pair's levels and weight, from rows of codes that lie side by side.
//!
//! A pair costs a few array look-ups a comparison: equal codes need no similarity, hopeless ones are told by their
//! signatures, and what is left is remembered. No row is built, no string is touched but in a similarity never seen before.

mod sink;

use rustc_hash::FxHashMap;

use self::sink::{Parts, Sink, Weigh};
use crate::blocking::{Blocks, Chunk, NO_BLOCK, RuleBlocks};
use crate::comparison::{Bound, Coded, Memo, Outcome};
use crate::weigh::{Pattern, ScoreCounts, Weighed, Weights};
use crate::{Row, Table};

/// Outcomes that a thread remembers for each comparison; 16 bytes each, so that some comparisons fit the second cache.
const REMEMBERED: usize = 1 << 13;
/// The matrix's first column: each record's hash, which chooses pairs for training in any order of rows.
const HASH_COLUMN: usize = 0;

/// Comparisons bound to a table, with its codes row by row.
pub(crate) struct Kernel<'a> {
    comparisons: Vec<Bound<'a>>,
    plans: Vec<Plan>,
    matrix: Matrix,
}

/// What the inner loop asks of a comparison.
struct Plan {
    /// Its codes' place in a row of the matrix; none for the caller's own comparisons.
    column: Option<usize>,
    /// The level of two equal codes, packed, where all codes have one.
    same: Option<u8>,
    /// By code, where they have not.
    same_by_code: Vec<u8>,
    unequal: Option<Outcome>,
    last: Outcome,
    dear: bool,
}

/// The codes of each record, of blocking rules and comparisons, in one line of memory.
struct Matrix {
    stride: usize,
    cells: Vec<u32>,
    /// The column of each rule that puts a record in one block at most.
    rules: Vec<Option<usize>>,
}

/// A thread's own memory.
pub(crate) struct Worker {
    remembered: Vec<Remembered>,
    memos: Vec<Memo>,
    block: Vec<u32>,
}

/// Outcomes by the pair of codes; a new one takes the place of another.
#[derive(Default)]
struct Remembered(Vec<(u64, Outcome)>);

/// What a pair comes to.
#[derive(Clone, Copy, Default)]
pub(crate) struct Compared {
    pub(crate) pattern: Pattern,
    pub(crate) weight: f32,
}

/// A compared pair, before it has a probability.
#[derive(Clone, Copy)]
pub(crate) struct Kept {
    pub(crate) left: Row,
    pub(crate) right: Row,
    pub(crate) compared: Compared,
    pub(crate) rule: u8,
}

/// What a chunk of pairs came to.
pub(crate) struct Scores {
    pub(crate) counts: ScoreCounts,
    pub(crate) kept: Vec<Kept>,
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

    /// An empty memory for one thread.
    pub(crate) fn worker(&self) -> Worker {
        Worker {
            remembered: self.plans.iter().map(|_| Remembered::default()).collect(),
            memos: self.plans.iter().map(|_| Memo::default()).collect(),
            block: Vec::new(),
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
        let (left_codes, right_codes) = (self.matrix.row(left), self.matrix.row(right));
        self.compare_into(left_codes, right_codes, (left, right), worker, &mut sink);
        sink.total()
    }

    /// The levels alone.
    pub(crate) fn pattern(&self, rows: (Row, Row), worker: &mut Worker) -> Pattern {
        let mut pattern = Pattern::default();
        let (left, right) = (rows.0.min(rows.1), rows.0.max(rows.1));
        let (left_codes, right_codes) = (self.matrix.row(left), self.matrix.row(right));
        self.compare_into(left_codes, right_codes, (left, right), worker, &mut pattern);
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
        let (left_codes, right_codes) = (self.matrix.row(left), self.matrix.row(right));
        self.compare_into(left_codes, right_codes, (left, right), worker, &mut sink);
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
        self.for_each_pair(blocks, chunk, true, worker, |left, right, rows, worker| {
            let mut sink = Weigh {
                weights,
                compared: Compared::default(),
            };
            self.compare_into(left, right, rows, worker, &mut sink);
            let compared = sink.total();
            scores.counts.bins[ScoreCounts::bin(compared.weight)] += 1;
            if compared.weight >= least {
                scores.kept.push(Kept {
                    left: rows.0,
                    right: rows.1,
                    compared,
                    rule,
                });
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
        self.for_each_pair(blocks, chunk, true, worker, |left, right, rows, worker| {
            if choose(rows.0, rows.1) {
                let mut sink = Weigh {
                    weights,
                    compared: Compared::default(),
                };
                self.compare_into(left, right, rows, worker, &mut sink);
                counts.bins[ScoreCounts::bin(sink.total().weight)] += 1;
            }
        });
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
        self.for_each_pair(blocks, chunk, false, worker, |left, right, rows, worker| {
            if chosen(left[HASH_COLUMN], right[HASH_COLUMN]) {
                let mut pattern = Pattern::default();
                self.compare_into(left, right, rows, worker, &mut pattern);
                *counts.entry(pattern).or_insert(0) += 1;
            }
        });
    }

    /// Calls `visit` with the codes and rows of each pair of the chunk once; with `new`, only where no earlier rule gives it.
    #[inline]
    fn for_each_pair(
        &self,
        blocks: &Blocks,
        chunk: Chunk,
        new: bool,
        worker: &mut Worker,
        mut visit: impl FnMut(&[u32], &[u32], (Row, Row), &mut Worker),
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
        let mut codes = std::mem::take(&mut worker.block);
        for block in chunk.blocks.0..chunk.blocks.1 {
            let members = rule.members(block);
            codes.clear();
            for &row in members {
                codes.extend_from_slice(self.matrix.row(row));
            }
            for place in chunk.lefts.0..chunk.lefts.1.min(members.len()) {
                let left = &codes[place * stride..(place + 1) * stride];
                let others = codes[(place + 1) * stride..].chunks_exact(stride);
                for (right, &right_row) in others.zip(&members[place + 1..]) {
                    let rows = (members[place], right_row);
                    let given = known
                        .iter()
                        .any(|&column| left[column] == right[column] && left[column] != NO_BLOCK);
                    if given
                        || (across && !blocks.in_scope(rows.0, rows.1))
                        || (!single && rule.first_shared(rows.0, rows.1) != Some(block))
                        || listed
                            .iter()
                            .any(|rule| rule.first_shared(rows.0, rows.1).is_some())
                    {
                        continue;
                    }
                    visit(left, right, rows, worker);
                }
            }
        }
        worker.block = codes;
    }

    #[inline]
    fn compare_into(
        &self,
        left: &[u32],
        right: &[u32],
        rows: (Row, Row),
        worker: &mut Worker,
        sink: &mut impl Sink,
    ) {
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

impl Plan {
    fn new(bound: &Bound<'_>, column: Option<usize>, levels: usize) -> Self {
        let last = Outcome::at(u8::try_from(levels.saturating_sub(1)).unwrap_or(u8::MAX));
        let mut plan = Self {
            column,
            same: None,
            same_by_code: Vec::new(),
            unequal: None,
            last,
            dear: false,
        };
        if let Bound::Coded(coded) = bound {
            let codes = 1..u32::try_from(coded.counts.len()).unwrap_or(u32::MAX);
            let levels = codes.map(|code| coded.values.outcome(code, code).level.packed());
            plan.same_by_code = std::iter::once(0).chain(levels).collect();
            let first = plan.same_by_code.get(1).copied().unwrap_or(0);
            if plan
                .same_by_code
                .iter()
                .skip(1)
                .all(|&level| level == first)
            {
                plan.same = Some(first);
                plan.same_by_code = Vec::new();
            }
            plan.unequal = coded.values.unequal();
            plan.dear = coded.values.dear();
        }
        plan
    }

    /// The level of two equal codes, packed.
    #[inline]
    fn same(&self, code: u32) -> u8 {
        match self.same {
            _ if code == 0 => 0,
            Some(level) => level,
            None => self.same_by_code[code as usize],
        }
    }

    /// The outcome of two unequal codes, the lower first.
    #[inline]
    fn outcome(&self, coded: &Coded<'_>, codes: (u32, u32), memory: &mut Remembered) -> Outcome {
        if let Some(outcome) = self.unequal {
            return outcome;
        }
        if coded.values.hopeless(codes.0, codes.1) {
            return self.last;
        }
        if self.dear {
            return memory.get(codes, || coded.values.outcome(codes.0, codes.1));
        }
        coded.values.outcome(codes.0, codes.1)
    }
}

impl Remembered {
    #[inline]
    fn get(&mut self, codes: (u32, u32), compute: impl FnOnce() -> Outcome) -> Outcome {
        if self.0.is_empty() {
            self.0.resize(REMEMBERED, (0, Outcome::MISSING));
        }
        let key = (u64::from(codes.0) << 32) | u64::from(codes.1);
        let hash = key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
        let place = usize::try_from(hash).unwrap_or(0) & (REMEMBERED - 1);
        let entry = &mut self.0[place];
        if entry.0 != key {
            *entry = (key, compute());
        }
        entry.1
    }
}

impl Matrix {
    fn new(columns: &[&[u32]], rules: Vec<Option<usize>>, table: &Table) -> Self {
        let stride = columns.len() + 1;
        let mut cells = vec![0; stride * table.len()];
        for (row, line) in (0..).zip(cells.chunks_exact_mut(stride)) {
            line[HASH_COLUMN] = table.hash(row);
        }
        for (column, codes) in (1..).zip(columns) {
            for (line, &code) in cells.chunks_exact_mut(stride).zip(*codes) {
                line[column] = code;
            }
        }
        Self {
            stride,
            cells,
            rules,
        }
    }

    fn row(&self, row: Row) -> &[u32] {
        let start = row as usize * self.stride;
        &self.cells[start..start + self.stride]
    }
}

/// Chooses a share of all pairs by their records' hashes.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "the share is clamped, and a float's cast saturates"
)]
fn chooser(share: f64, seed: u64) -> impl Fn(u32, u32) -> bool {
    let limit = if share >= 1.0 {
        u64::MAX
    } else {
        (share.max(0.0) * u64::MAX as f64) as u64
    };
    move |left, right| {
        let (low, high) = (left.min(right), left.max(right));
        let key = ((u64::from(high) << 32) | u64::from(low)) ^ seed;
        let mixed = (key ^ (key >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        (mixed ^ (mixed >> 32)).wrapping_mul(0x94D0_49BB_1331_11EB) <= limit
    }
}
