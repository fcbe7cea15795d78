//! The pairs of a chunk, record by record, less those that are left out.

use super::batch::Batch;
use super::matrix::{HASH_COLUMN, Matrix, Thinning};
use super::{Compared, Kernel, Worker};
use crate::Row;
use crate::blocking::{Blocks, Chunk, NO_BLOCK, RuleBlocks};
use crate::weigh::Weights;

/// Which pairs of a chunk are compared, and whether they are weighed.
pub(super) struct Wanted<'w, Choose> {
    /// Only those that no earlier rule gives.
    pub(super) new: bool,
    /// Only those of the records that it takes.
    pub(super) records: Option<Thinning>,
    pub(super) choose: Option<Choose>,
    pub(super) weights: Option<&'w Weights>,
}

/// What leaves pairs out.
struct Bars<'b, 'c, Choose> {
    blocks: &'b Blocks,
    rule: &'b RuleBlocks,
    /// The columns of the earlier rules that put a record in one block.
    known: Vec<usize>,
    /// The other earlier rules.
    listed: Vec<&'b RuleBlocks>,
    choose: Option<&'c Choose>,
}

impl<Choose: Fn(Row, Row) -> bool> Wanted<'_, Choose> {
    /// The members of a block that are looked at.
    fn members<'m>(&self, all: &'m [Row], matrix: &Matrix, thinned: &'m mut Vec<Row>) -> &'m [Row] {
        let Some(thinning) = &self.records else {
            return all;
        };
        thinned.clear();
        let takes = |&&row: &&Row| thinning.takes(matrix.row(row)[HASH_COLUMN]);
        thinned.extend(all.iter().filter(takes));
        thinned
    }

    fn bars<'b>(&self, blocks: &'b Blocks, rule: usize, matrix: &Matrix) -> Bars<'b, '_, Choose> {
        let earlier = if self.new { rule } else { 0 };
        let columns = matrix.rules[..earlier].iter();
        let listed = (0..earlier).filter(|&rule| matrix.rules[rule].is_none());
        Bars {
            blocks,
            rule: &blocks.rules()[rule],
            known: columns.filter_map(|column| *column).collect(),
            listed: listed.map(|rule| &blocks.rules()[rule]).collect(),
            choose: self.choose.as_ref(),
        }
    }
}

impl<Choose: Fn(Row, Row) -> bool> Bars<'_, '_, Choose> {
    /// Whether pairs must be looked at one by one.
    fn are_by_pair(&self) -> bool {
        self.blocks.is_across()
            || self.rule.block_of_rows().is_none()
            || !self.listed.is_empty()
            || self.choose.is_some()
    }

    /// Marks the pairs of a member with those behind it that are left out.
    fn mark(&self, batch: &Batch, block: u32, left: usize, left_out: &mut [u32]) {
        for &column in &self.known {
            mark_shared(left_out, batch.codes(column, left));
        }
        if self.are_by_pair() {
            for (left_out, right) in left_out.iter_mut().zip(left + 1..) {
                let (one, other) = (batch.row(left), batch.row(right));
                *left_out = u32::from(*left_out != 0 || self.leaves_out(block, one, other));
            }
        }
    }

    fn leaves_out(&self, block: u32, left: Row, right: Row) -> bool {
        let elsewhere = |rule: &RuleBlocks| rule.first_shared(left, right);
        !self.blocks.in_scope(left, right)
            || self.choose.is_some_and(|choose| !choose(left, right))
            || (self.rule.block_of_rows().is_none() && elsewhere(self.rule) != Some(block))
            || self.listed.iter().any(|rule| elsewhere(rule).is_some())
    }
}

impl Kernel<'_> {
    /// Calls `visit` with the rows of each wanted pair of the chunk once, and with what the pair comes to.
    pub(super) fn for_each_pair<Choose: Fn(Row, Row) -> bool>(
        &self,
        blocks: &Blocks,
        chunk: Chunk,
        wanted: &Wanted<'_, Choose>,
        worker: &mut Worker,
        mut visit: impl FnMut((Row, Row), Compared),
    ) {
        let bars = wanted.bars(blocks, chunk.rule, &self.matrix);
        let sieves = self.sieves();
        let mut batch = std::mem::take(&mut worker.batch);
        let (mut left_out, mut runs, mut thinned) = (Vec::new(), Vec::new(), Vec::new());
        batch.begin(self.matrix.stride, sieves.sieves.len());
        for block in chunk.blocks.0..chunk.blocks.1 {
            let members = wanted.members(bars.rule.members(block), &self.matrix, &mut thinned);
            if batch.is_crowded() {
                batch.flush(self, &sieves, wanted.weights, worker, &mut visit);
            }
            let first = batch.gather(self, &sieves, members);
            let after = first + members.len();
            let place = |place: usize| first + place.min(members.len());
            for left in place(chunk.lefts.0)..place(chunk.lefts.1) {
                left_out.clear();
                left_out.resize(after - left - 1, 0);
                bars.mark(&batch, block, left, &mut left_out);
                find_runs(&left_out, left + 1, &mut runs);
                for &(mut start, mut length) in &runs {
                    while length > 0 {
                        let taken = batch.push(left, start, length);
                        (start, length) = (start + taken, length - taken);
                        if batch.is_full() {
                            batch.flush(self, &sieves, wanted.weights, worker, &mut visit);
                        }
                    }
                }
            }
        }
        batch.flush(self, &sieves, wanted.weights, worker, &mut visit);
        worker.batch = batch;
    }
}

/// Marks the pairs of a record that an earlier rule gives: `blocks` are that rule's, the record's own first.
fn mark_shared(left_out: &mut [u32], blocks: &[u32]) {
    let Some((&own, others)) = blocks.split_first() else {
        return;
    };
    if own != NO_BLOCK {
        for (left_out, &other) in left_out.iter_mut().zip(others) {
            *left_out |= u32::from(own == other);
        }
    }
}

/// Start and length of each run of pairs that are not left out; the first pair is with the member at `first`.
fn find_runs(left_out: &[u32], first: usize, runs: &mut Vec<(usize, usize)>) {
    runs.clear();
    if left_out.iter().fold(0, |any, &marked| any | marked) == 0 {
        runs.push((first, left_out.len()));
        return;
    }
    let mut start = first;
    for run in left_out.chunk_by(|one, other| (*one == 0) == (*other == 0)) {
        if run[0] == 0 {
            runs.push((start, run.len()));
        }
        start += run.len();
    }
}
