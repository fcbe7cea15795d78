//! Pairs of some blocks, compared comparison by comparison: the same few steps over codes that lie side by side, which the
//! processor does several at a time. A pair comes to the same bits here as when it is compared alone.

#![expect(
    clippy::inline_always,
    reason = "compiled for the vectors of the loop that the kernel dispatches"
)]

use super::plan::{Plan, Remembered, Sieves};
use super::{Compared, Kernel, Worker};
use crate::comparison::similarity::Signature;
use crate::comparison::{Bound, Coded, Outcome};
use crate::train::Edge;
use crate::weigh::{
    Changed, ComparisonWeights, Kin, Moved, PLACES_PER_WORD, Pattern, Shared, WORDS, Weights,
};
use crate::{MISSING, Row};

/// Pairs of one batch: their codes and what they come to fit in the first cache.
const LANES: usize = 512;
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

/// A member's pairs with some that follow each other.
#[derive(Clone, Copy)]
struct Run {
    left: u32,
    rights: u32,
    length: u32,
}

/// What pairs have and come to, a place each.
#[derive(Default)]
struct Lanes {
    length: usize,
    lefts: Vec<u32>,
    rights: Vec<u32>,
    ours: Vec<u32>,
    theirs: Vec<u32>,
    packed: Vec<u32>,
    bits: Vec<f32>,
    /// Whether the comparison must look at the two values.
    open: Vec<u32>,
    weights: Vec<f32>,
    /// What comparisons say twice.
    twice: Vec<f32>,
    /// By comparison that kin share, in the order of [`Kin::shared`], what it comes to for them; and what speaks for them in all.
    shared: Vec<Vec<f32>>,
    most: Vec<f32>,
    /// What tells that the two are one who moved.
    told: Vec<f32>,
    words: [Vec<u32>; WORDS],
}

/// A level with its weight.
#[derive(Clone, Copy, Default)]
struct Mark {
    packed: u32,
    bits: f32,
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

/// A comparison that is asked for its marks.
struct Asked<'a, 'c> {
    coded: &'a Coded<'c>,
    plan: &'a Plan,
    weights: Option<&'a ComparisonWeights>,
    sieve: Option<(usize, crate::comparison::similarity::Sieve<'a>)>,
}

/// What unequal values come to before they are looked at.
struct Unequal {
    mark: Mark,
    /// It never is anything else.
    always: bool,
    /// It is this where the sieve holds the pair back.
    sieved: bool,
}

impl Asked<'_, '_> {
    /// The mark of two equal values, where it is the same for all.
    #[inline(always)]
    fn same(&self) -> Option<Mark> {
        let packed = self.plan.same_for_all()?;
        let bits = match self.weights {
            None => 0.0,
            Some(weights) => weights.same_for_all(packed)?,
        };
        Some(Mark {
            packed: u32::from(packed),
            bits,
        })
    }

    #[inline(always)]
    fn unequal(&self) -> Unequal {
        let constant = |outcome: Outcome| match self.weights {
            None => Some(Mark::new(outcome, 0.0)),
            Some(weights) => Some(Mark::new(outcome, weights.constant(outcome)?)),
        };
        let always = self.plan.unequal().and_then(constant);
        let sieved = self.sieve.and_then(|_| constant(self.plan.last));
        Unequal {
            mark: always.or(sieved).unwrap_or_default(),
            always: always.is_some(),
            sieved: always.is_none() && sieved.is_some(),
        }
    }
}

impl Mark {
    #[inline(always)]
    fn new(outcome: Outcome, bits: f32) -> Self {
        Self {
            packed: u32::from(outcome.level.packed()),
            bits,
        }
    }
}

impl Lanes {
    fn reserve(&mut self) {
        let codes = [
            &mut self.lefts,
            &mut self.rights,
            &mut self.ours,
            &mut self.theirs,
            &mut self.packed,
            &mut self.open,
        ];
        for lanes in codes.into_iter().chain(&mut self.words) {
            lanes.resize(LANES, 0);
        }
        self.bits.resize(LANES, 0.0);
        self.weights.resize(LANES, 0.0);
        self.twice.resize(LANES, 0.0);
        self.most.resize(LANES, 0.0);
        self.told.resize(LANES, 0.0);
    }

    /// The members of each pair, which come to nothing yet.
    #[inline(always)]
    fn place(&mut self, runs: &[Run], comparisons: usize) {
        self.weights.fill(0.0);
        let words = comparisons.div_ceil(PLACES_PER_WORD);
        self.words[..words].iter_mut().for_each(|word| word.fill(0));
        let mut lane = 0;
        for run in runs {
            let length = run.length as usize;
            self.lefts[lane..lane + length].fill(run.left);
            for (right, place) in self.rights[lane..lane + length]
                .iter_mut()
                .zip(run.rights..)
            {
                *right = place;
            }
            lane += length;
        }
    }

    /// The codes of each pair in one column.
    #[inline(always)]
    fn codes(&mut self, runs: &[Run], column: &[u32]) {
        let mut lane = 0;
        for run in runs {
            let (length, rights) = (run.length as usize, run.rights as usize);
            self.ours[lane..lane + length].fill(column[run.left as usize]);
            let theirs = &mut self.theirs[lane..lane + length];
            let known = &column[rights..rights + length];
            for (their, &code) in theirs.iter_mut().zip(known) {
                *their = code;
            }
            lane += length;
        }
    }

    #[inline(always)]
    fn set(&mut self, lane: usize, mark: Mark) {
        self.packed[lane] = mark.packed;
        self.bits[lane] = mark.bits;
    }

    /// Marks equal, missing and unequal values; unequal ones are open.
    #[inline(always)]
    fn sort_out(&mut self, same: Option<Mark>, unequal: Mark) {
        let same = same.unwrap_or_default();
        let codes = self.ours[..LANES].iter().zip(&self.theirs[..LANES]);
        let marks = self.packed[..LANES].iter_mut().zip(&mut self.bits[..LANES]);
        for (((packed, bits), open), (&ours, &theirs)) in
            marks.zip(&mut self.open[..LANES]).zip(codes)
        {
            // Not `&&`, which is a branch. A missing value has the lowest code.
            let known = ours.min(theirs) != MISSING;
            let equal = ours == theirs;
            let mark = if equal { same } else { unequal };
            *packed = if known { mark.packed } else { 0 };
            *bits = if known { mark.bits } else { 0.0 };
            *open = u32::from(known) & u32::from(!equal);
        }
    }

    /// Marks equal values that have a level or a weight of their own.
    #[inline(always)]
    fn mark_equal(&mut self, asked: &Asked<'_, '_>) {
        for lane in 0..self.length {
            let code = self.ours[lane];
            if code == self.theirs[lane] && code != MISSING {
                let packed = asked.plan.same(code);
                self.packed[lane] = u32::from(packed);
                self.bits[lane] = asked
                    .weights
                    .map_or(0.0, |weights| weights.same(code, packed));
            }
        }
    }

    /// Looks at the values of open pairs.
    #[inline(always)]
    fn look_at_open(&mut self, asked: &Asked<'_, '_>, remembered: &mut Remembered) {
        for lane in 0..self.length {
            if self.open[lane] == 0 {
                continue;
            }
            let (ours, theirs) = (self.ours[lane], self.theirs[lane]);
            let codes = (ours.min(theirs), ours.max(theirs));
            let outcome = asked.plan.outcome(asked.coded, codes, remembered);
            let bits = asked
                .weights
                .map_or(0.0, |weights| weights.unequal(outcome, asked.coded, codes));
            self.set(lane, Mark::new(outcome, bits));
        }
    }

    /// Adds one comparison's marks to what the pairs come to.
    #[inline(always)]
    fn add(&mut self, place: usize) {
        let shift = 4 * (place % PLACES_PER_WORD);
        let word = &mut self.words[place / PLACES_PER_WORD][..LANES];
        for (word, &packed) in word.iter_mut().zip(&self.packed[..LANES]) {
            *word |= packed << shift;
        }
        for (weight, &bits) in self.weights[..LANES].iter_mut().zip(&self.bits[..LANES]) {
            *weight += bits;
        }
    }

    /// Takes off what comparisons say twice.
    #[inline(always)]
    fn take_off(&mut self, ties: &[Edge]) {
        let twice = &mut self.twice[..self.length];
        twice.fill(0.0);
        if ties.is_empty() {
            return;
        }
        for tie in ties {
            let parents = &self.words[tie.parent / PLACES_PER_WORD][..self.length];
            let children = &self.words[tie.child / PLACES_PER_WORD][..self.length];
            let shift = |place: usize| 4 * (place % PLACES_PER_WORD);
            for ((twice, parent), child) in twice.iter_mut().zip(parents).zip(children) {
                let level = |word: &u32, place: usize| ((word >> shift(place)) & 15) as usize;
                *twice += tie.bits[level(parent, tie.parent)][level(child, tie.child)];
            }
        }
        for (weight, twice) in self.weights.iter_mut().zip(twice) {
            *weight -= *twice;
        }
    }

    /// Makes room for what kin share.
    #[inline(always)]
    fn begin_kin(&mut self, kin: &Kin) {
        self.shared.resize_with(kin.shared().len(), Vec::new);
        for bits in &mut self.shared {
            bits.resize(LANES, 0.0);
        }
        self.most.fill(0.0);
    }

    /// Remembers what one comparison comes to for kin.
    #[inline(always)]
    fn share(&mut self, slot: usize, shared: &Shared) {
        let marks = self.bits[..LANES].iter().zip(&self.packed[..LANES]);
        let sums = self.shared[slot][..LANES].iter_mut();
        for ((sum, most), (&bits, &packed)) in sums.zip(&mut self.most[..LANES]).zip(marks) {
            *sum = shared.bits(bits, (packed & 15) as u8);
            *most += sum.max(0.0);
        }
    }

    /// Takes off what kin would share as well, from the few pairs that share so much.
    #[inline(always)]
    fn take_off_kin(&mut self, kin: &Kin) {
        for lane in 0..self.length {
            let twice = self.twice[lane];
            if kin.matter(self.most[lane], twice) {
                let of = self.shared.iter().map(|bits| bits[lane]);
                self.weights[lane] -= kin.bits_that_matter(of, twice);
            }
        }
    }

    /// Adds what one comparison tells of having moved.
    #[inline(always)]
    fn tell_moved(&mut self, changed: &Changed) {
        for (told, &packed) in self.told[..LANES].iter_mut().zip(&self.packed[..LANES]) {
            *told += changed.bits((packed & 15) as u8);
        }
    }

    /// Adds what speaks less against a match who moved.
    #[inline(always)]
    fn add_moved(&mut self, moved: &Moved) {
        let told = &self.told[..self.length];
        for (weight, &told) in self.weights[..self.length].iter_mut().zip(told) {
            *weight += moved.gain(told);
        }
    }

    #[inline(always)]
    fn pattern(&self, lane: usize) -> Pattern {
        Pattern::of_words(self.words.each_ref().map(|word| word[lane]))
    }
}
