//! Pairs of some blocks, compared comparison by comparison: the same few steps over codes that lie side by side, which the
//! processor does several at a time. A pair comes to the same bits here as when it is compared alone.

#![expect(
    clippy::inline_always,
    reason = "compiled for the vectors of the loop that the kernel dispatches"
)]

use super::lanes::{Asked, LANES, Lanes, Mark, Run};
use super::plan::{Remembered, Sieves};
use super::{Compared, Kernel, Worker};
use crate::comparison::Bound;
use crate::comparison::similarity::Signature;
use crate::weigh::{Kin, Moved, Weights};
use crate::{MISSING, Row};

/// Records of small blocks that are gathered before a batch is full.
const MEMBERS_MAX: usize = 4_096;

/// A thread's memory of the pairs at hand.
#[derive(Default)]
pub(super) struct Batch {
    rows: Vec<Row>,
    /// By column of the matrix, each member's code.
    columns: Vec<Vec<u32>>,
    /// By sieve, each member's signature.
    signatures: Vec<Vec<Signature>>,
    runs: Vec<Run>,
    lanes: Lanes,
}

/// The comparing of a batch, to be built for each kind of processor. A closure would not do: its call is not built into the
/// loop around it.
struct Flush<'f, 'k, Visit> {
    batch: &'f mut Batch,
    kernel: &'f Kernel<'k>,
    sieves: &'f Sieves<'f>,
    weights: Option<&'f Weights>,
    worker: &'f mut Worker,
    visit: &'f mut Visit,
}

impl<Visit: FnMut((Row, Row), Compared)> pulp::WithSimd for Flush<'_, '_, Visit> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        self.batch.compare_all(
            self.kernel,
            self.sieves,
            self.weights,
            self.worker,
            self.visit,
        );
    }
}

impl Batch {
    /// Forgets everything but the memory.
    pub(super) fn begin(&mut self, columns: usize, sieves: usize) {
        self.columns.resize_with(columns, Vec::new);
        self.signatures.resize_with(sieves, Vec::new);
        self.clear();
        self.lanes.reserve();
    }

    fn clear(&mut self) {
        self.rows.clear();
        self.columns.iter_mut().for_each(Vec::clear);
        self.signatures.iter_mut().for_each(Vec::clear);
    }

    /// Gathers a block's members; gives the place of the first.
    pub(super) fn gather(
        &mut self,
        kernel: &Kernel<'_>,
        sieves: &Sieves<'_>,
        members: &[Row],
    ) -> usize {
        // Without a pair in waiting nothing of earlier blocks is needed.
        if self.runs.is_empty() {
            self.clear();
        }
        let first = self.rows.len();
        self.rows.extend_from_slice(members);
        let after = first + members.len();
        for column in &mut self.columns {
            column.resize(after, MISSING);
        }
        for (member, &row) in (first..).zip(members) {
            for (column, &code) in self.columns.iter_mut().zip(kernel.matrix.row(row)) {
                column[member] = code;
            }
        }
        for (signatures, (column, sieve)) in self.signatures.iter_mut().zip(&sieves.sieves) {
            signatures.resize(after, Signature::default());
            let codes = &self.columns[*column][first..];
            // Where all records have one code, nobody will ask.
            if codes.iter().any(|&code| code != codes[0]) {
                for (signature, &code) in signatures[first..].iter_mut().zip(codes) {
                    if let Some(place) = code.checked_sub(1) {
                        *signature = sieve.signature(place as usize);
                    }
                }
            }
        }
        first
    }

    /// The codes of the members from a place on, in one column of the matrix.
    pub(super) fn codes(&self, column: usize, from: usize) -> &[u32] {
        &self.columns[column][from..]
    }

    /// The row of a member.
    pub(super) fn row(&self, member: usize) -> Row {
        self.rows[member]
    }

    /// Takes a member's pairs with some that follow each other, as far as there is room; gives how many it took.
    pub(super) fn push(&mut self, left: usize, rights: usize, length: usize) -> usize {
        let length = length.min(LANES - self.lanes.length);
        let short = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
        self.runs.push(Run {
            left: short(left),
            rights: short(rights),
            length: short(length),
        });
        self.lanes.length += length;
        length
    }

    /// Whether the pairs must be compared before others are taken.
    pub(super) fn is_full(&self) -> bool {
        self.lanes.length >= LANES
    }

    /// Whether as many records are gathered as may wait.
    pub(super) fn is_crowded(&self) -> bool {
        self.rows.len() >= MEMBERS_MAX
    }

    /// Compares the pairs in waiting and tells each; without `weights` they weigh nothing. The loops are built for the widest
    /// vectors there are, and which ones the processor has is found out here.
    pub(super) fn flush(
        &mut self,
        kernel: &Kernel<'_>,
        sieves: &Sieves<'_>,
        weights: Option<&Weights>,
        worker: &mut Worker,
        visit: &mut impl FnMut((Row, Row), Compared),
    ) {
        pulp::Arch::new().dispatch(Flush {
            batch: self,
            kernel,
            sieves,
            weights,
            worker,
            visit,
        });
    }

    #[inline(always)]
    fn compare_all(
        &mut self,
        kernel: &Kernel<'_>,
        sieves: &Sieves<'_>,
        weights: Option<&Weights>,
        worker: &mut Worker,
        visit: &mut impl FnMut((Row, Row), Compared),
    ) {
        self.lanes.place(&self.runs, kernel.plans.len());
        let kin = weights.and_then(Weights::kin);
        let moved = weights.and_then(Weights::moved);
        if moved.is_some() {
            self.lanes.told.fill(0.0);
        }
        if let Some(kin) = kin {
            self.lanes.begin_kin(kin);
        }
        for (place, plan) in kernel.plans.iter().enumerate() {
            let weights = weights.map(|weights| weights.of(place));
            match (&kernel.comparisons[place], plan.column) {
                (Bound::Coded(coded), Some(column)) => {
                    self.lanes.codes(&self.runs, &self.columns[column]);
                    let asked = Asked {
                        coded,
                        plan,
                        weights,
                        sieve: sieves.of(place),
                    };
                    self.compare(&asked, &mut worker.remembered[place]);
                }
                (Bound::Rows(comparison), _) => {
                    for lane in 0..self.lanes.length {
                        let (left, right) = self.rows_of(lane);
                        let outcome = comparison.compare(left, right, &mut worker.memos[place]);
                        let bits = weights.map_or(0.0, |weights| weights.weigh(outcome));
                        self.lanes.set(lane, Mark::new(outcome, bits));
                    }
                }
                (Bound::Coded(_), None) => unreachable!("every coded comparison has a column"),
            }
            self.lanes.add(place);
            let shared = kin.into_iter().flat_map(Kin::shared).enumerate();
            for (slot, shared) in shared.filter(|(_, shared)| shared.place() == place) {
                self.lanes.share(slot, shared);
            }
            let changed = moved.into_iter().flat_map(Moved::changed);
            for changed in changed.filter(|changed| changed.place() == place) {
                self.lanes.tell_moved(changed);
            }
        }
        if let Some(weights) = weights {
            self.lanes.take_off(weights.ties());
        }
        if let Some(kin) = kin {
            self.lanes.take_off_kin(kin);
        }
        if let Some(moved) = moved {
            self.lanes.add_moved(moved);
        }
        for lane in 0..self.lanes.length {
            let compared = Compared {
                pattern: self.lanes.pattern(lane),
                weight: self.lanes.weights[lane],
            };
            visit(self.rows_of(lane), compared);
        }
        self.runs.clear();
        self.lanes.length = 0;
    }

    #[inline(always)]
    fn rows_of(&self, lane: usize) -> (Row, Row) {
        let row = |member: u32| self.rows[member as usize];
        (row(self.lanes.lefts[lane]), row(self.lanes.rights[lane]))
    }

    /// One comparison's marks of all pairs.
    #[inline(always)]
    fn compare(&mut self, asked: &Asked<'_, '_>, remembered: &mut Remembered) {
        let unequal = asked.unequal();
        self.lanes.sort_out(asked.same(), unequal.mark);
        if asked.same().is_none() {
            self.lanes.mark_equal(asked);
        }
        if unequal.always {
            return;
        }
        if let (true, Some((slot, sieve))) = (unequal.sieved, asked.sieve) {
            let signatures = &self.signatures[slot];
            let lanes = &mut self.lanes;
            let length = lanes.length;
            let sides = lanes.lefts[..length].iter().zip(&lanes.rights[..length]);
            for (open, (&left, &right)) in lanes.open[..length].iter_mut().zip(sides) {
                let signature = |member: u32| signatures[member as usize];
                if *open != 0 && sieve.hopeless(signature(left), signature(right)) {
                    *open = 0;
                }
            }
        }
        self.lanes.look_at_open(asked, remembered);
    }
}
