//! What the inner loop knows of each comparison beforehand, and what it remembers.

use crate::comparison::similarity::Sieve;
use crate::comparison::{Bound, Coded, Outcome};

/// Outcomes that a thread remembers for each comparison; 16 bytes each, so that some comparisons fit the second cache.
const REMEMBERED: usize = 1 << 13;
/// What the inner loop asks of a comparison.
pub(super) struct Plan {
    /// Its codes' place in a row of the matrix; none for the caller's own comparisons.
    pub(super) column: Option<usize>,
    /// The level of two equal codes, packed, where all codes have one.
    same: Option<u8>,
    /// By code, where they have not.
    same_by_code: Vec<u8>,
    unequal: Option<Outcome>,
    pub(super) last: Outcome,
    dear: bool,
}

/// The sieves of the comparisons that have one, with the place of each comparison's signatures.
#[derive(Default)]
pub(super) struct Sieves<'k> {
    pub(super) slots: Vec<Option<usize>>,
    pub(super) sieves: Vec<(usize, Sieve<'k>)>,
}

/// Outcomes by the pair of codes; a new one takes the place of another.
#[derive(Default)]
pub(super) struct Remembered(Vec<(u64, Outcome)>);

impl<'k> Sieves<'k> {
    /// The sieve of the comparison at `place`, with the slot of its signatures.
    #[inline]
    pub(super) fn of(&self, place: usize) -> Option<(usize, Sieve<'k>)> {
        let slot = (*self.slots.get(place)?)?;
        Some((slot, self.sieves[slot].1))
    }
}

impl Plan {
    pub(super) fn new(bound: &Bound<'_>, column: Option<usize>, levels: usize) -> Self {
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
    pub(super) fn same(&self, code: u32) -> u8 {
        match self.same {
            _ if code == 0 => 0,
            Some(level) => level,
            None => self.same_by_code[code as usize],
        }
    }

    /// The level of two equal codes, packed, where all codes have one.
    #[inline]
    pub(super) fn same_for_all(&self) -> Option<u8> {
        self.same
    }

    /// The outcome of any two unequal codes, where it is always the same.
    #[inline]
    pub(super) fn unequal(&self) -> Option<Outcome> {
        self.unequal
    }

    /// The outcome of two unequal codes, the lower first.
    #[inline]
    pub(super) fn outcome(
        &self,
        coded: &Coded<'_>,
        codes: (u32, u32),
        memory: &mut Remembered,
    ) -> Outcome {
        if let Some(outcome) = self.unequal {
            return outcome;
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
