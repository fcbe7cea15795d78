//! Pairs side by side: the same small step for all of them, which the processor does several at a time.

#![expect(
    clippy::inline_always,
    reason = "compiled for the vectors of the loop that the kernel dispatches"
)]

use super::plan::{Plan, Remembered};
use crate::MISSING;
use crate::comparison::{Coded, Outcome};
use crate::train::Edge;
use crate::weigh::{
    Changed, ComparisonWeights, Kin, Moved, PLACES_PER_WORD, Pattern, Shared, WORDS,
};

/// Pairs of one batch: their codes and what they come to fit in the first cache.
pub(super) const LANES: usize = 512;
/// A member's pairs with some that follow each other.
#[derive(Clone, Copy)]
pub(super) struct Run {
    pub(super) left: u32,
    pub(super) rights: u32,
    pub(super) length: u32,
}

/// What pairs have and come to, a place each.
#[derive(Default)]
pub(super) struct Lanes {
    pub(super) length: usize,
    pub(super) lefts: Vec<u32>,
    pub(super) rights: Vec<u32>,
    pub(super) ours: Vec<u32>,
    pub(super) theirs: Vec<u32>,
    pub(super) packed: Vec<u32>,
    pub(super) bits: Vec<f32>,
    /// Whether the comparison must look at the two values.
    pub(super) open: Vec<u32>,
    pub(super) weights: Vec<f32>,
    /// What comparisons say twice.
    pub(super) twice: Vec<f32>,
    /// By comparison that kin share, in the order of [`Kin::shared`], what it comes to for them; and what speaks for them in all.
    pub(super) shared: Vec<Vec<f32>>,
    pub(super) most: Vec<f32>,
    /// What tells that the two are one who moved.
    pub(super) told: Vec<f32>,
    pub(super) words: [Vec<u32>; WORDS],
}

/// A level with its weight.
#[derive(Clone, Copy, Default)]
pub(super) struct Mark {
    pub(super) packed: u32,
    pub(super) bits: f32,
}

/// A comparison that is asked for its marks.
pub(super) struct Asked<'a, 'c> {
    pub(super) coded: &'a Coded<'c>,
    pub(super) plan: &'a Plan,
    pub(super) weights: Option<&'a ComparisonWeights>,
    pub(super) sieve: Option<(usize, crate::comparison::similarity::Sieve<'a>)>,
}

/// What unequal values come to before they are looked at.
pub(super) struct Unequal {
    pub(super) mark: Mark,
    /// It never is anything else.
    pub(super) always: bool,
    /// It is this where the sieve holds the pair back.
    pub(super) sieved: bool,
}

impl Asked<'_, '_> {
    /// The mark of two equal values, where it is the same for all.
    #[inline(always)]
    pub(super) fn same(&self) -> Option<Mark> {
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
    pub(super) fn unequal(&self) -> Unequal {
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
    pub(super) fn new(outcome: Outcome, bits: f32) -> Self {
        Self {
            packed: u32::from(outcome.level.packed()),
            bits,
        }
    }
}

impl Lanes {
    pub(super) fn reserve(&mut self) {
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
    pub(super) fn place(&mut self, runs: &[Run], comparisons: usize) {
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
    pub(super) fn codes(&mut self, runs: &[Run], column: &[u32]) {
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
    pub(super) fn set(&mut self, lane: usize, mark: Mark) {
        self.packed[lane] = mark.packed;
        self.bits[lane] = mark.bits;
    }

    /// Marks equal, missing and unequal values; unequal ones are open.
    #[inline(always)]
    pub(super) fn sort_out(&mut self, same: Option<Mark>, unequal: Mark) {
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
    pub(super) fn mark_equal(&mut self, asked: &Asked<'_, '_>) {
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
    pub(super) fn look_at_open(&mut self, asked: &Asked<'_, '_>, remembered: &mut Remembered) {
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
    pub(super) fn add(&mut self, place: usize) {
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
    pub(super) fn take_off(&mut self, ties: &[Edge]) {
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
    pub(super) fn begin_kin(&mut self, kin: &Kin) {
        self.shared.resize_with(kin.shared().len(), Vec::new);
        for bits in &mut self.shared {
            bits.resize(LANES, 0.0);
        }
        self.most.fill(0.0);
    }

    /// Remembers what one comparison comes to for kin.
    #[inline(always)]
    pub(super) fn share(&mut self, slot: usize, shared: &Shared) {
        let marks = self.bits[..LANES].iter().zip(&self.packed[..LANES]);
        let sums = self.shared[slot][..LANES].iter_mut();
        for ((sum, most), (&bits, &packed)) in sums.zip(&mut self.most[..LANES]).zip(marks) {
            *sum = shared.bits(bits, (packed & 15) as u8);
            *most += sum.max(0.0);
        }
    }

    /// Takes off what kin would share as well, from the few pairs that share so much.
    #[inline(always)]
    pub(super) fn take_off_kin(&mut self, kin: &Kin) {
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
    pub(super) fn tell_moved(&mut self, changed: &Changed) {
        for (told, &packed) in self.told[..LANES].iter_mut().zip(&self.packed[..LANES]) {
            *told += changed.bits((packed & 15) as u8);
        }
    }

    /// Adds what speaks less against a match who moved.
    #[inline(always)]
    pub(super) fn add_moved(&mut self, moved: &Moved) {
        let told = &self.told[..self.length];
        for (weight, &told) in self.weights[..self.length].iter_mut().zip(told) {
            *weight += moved.gain(told);
        }
    }

    #[inline(always)]
    pub(super) fn pattern(&self, lane: usize) -> Pattern {
        Pattern::of_words(self.words.each_ref().map(|word| word[lane]))
    }
}
