//! One record weighed against many, of the run or not, bit for bit as the kernel weighs rows of the run.

use rustc_hash::FxHashMap;

use super::beside::RecordAt;
use super::values::Known;
use super::{Index, small};
use crate::kernel::{Compared, Worker};
use crate::weigh::{Sum, Weighed};
use crate::{Level, LinkageError, MISSING, Outcome};

/// A record to be compared.
#[derive(Clone, Copy)]
pub(super) struct Party<'r> {
    pub(super) at: RecordAt<'r>,
    /// Its value in each comparison; `None` for a row of the run.
    pub(super) known: Option<&'r [Known]>,
}

/// What two records are to each other in one comparison; `None` when nothing.
type Part = Option<(Level, f32)>;

impl Index<'_, '_> {
    /// What a record and each of the others are to each other.
    pub(super) fn weigh(
        &self,
        one: Party<'_>,
        others: &[Party<'_>],
    ) -> Result<Vec<Compared>, LinkageError> {
        let mut all = vec![Sum::new(); others.len()];
        for comparison in 0..self.codebooks.len() {
            let parts = self.parts_in(comparison, one, others)?;
            for (sum, part) in all.iter_mut().zip(parts) {
                if let Some((level, bits)) = part {
                    sum.pattern.set(comparison, level);
                    sum.add(comparison, bits);
                }
            }
        }
        Ok(all.iter().map(|sum| self.scorer.total(sum)).collect())
    }

    /// Each comparison's part in a pair, as [`crate::Job::parts`] has it.
    pub(super) fn parts(
        &self,
        one: Party<'_>,
        other: Party<'_>,
    ) -> Result<Vec<Weighed>, LinkageError> {
        let (mut parts, mut pattern) = (Vec::new(), crate::Pattern::default());
        for comparison in 0..self.codebooks.len() {
            let part = self.parts_in(comparison, one, &[other])?.pop().flatten();
            let (level, bits) = part.unwrap_or((Level::Missing, 0.0));
            pattern.set(comparison, level);
            parts.push(self.scorer.weighed(comparison, level, bits));
        }
        self.scorer.spread(pattern, &mut parts);
        Ok(parts)
    }

    /// What the record and each of the others are to each other in one comparison.
    fn parts_in(
        &self,
        comparison: usize,
        one: Party<'_>,
        others: &[Party<'_>],
    ) -> Result<Vec<Part>, LinkageError> {
        if let Some(own) = self.own[comparison] {
            let part = |other: &Party<'_>| {
                let outcome = own.compare(one.at, other.at);
                Some(self.scorer.outcome_part(comparison, outcome))
            };
            return Ok(others.iter().map(part).collect());
        }
        let ours = self.known(comparison, one);
        if ours == Known::Missing {
            return Ok(vec![None; others.len()]);
        }
        let mut strangers = Vec::new();
        let mut parts = self.with_worker(|worker| {
            let part = |(place, other): (usize, &Party<'_>)| {
                let theirs = self.known(comparison, *other);
                self.of_codes(comparison, (ours, theirs), worker, || {
                    strangers.push((place, theirs));
                })
            };
            others.iter().enumerate().map(part).collect::<Vec<_>>()
        });
        self.add_strangers(comparison, one, others, &strangers, &mut parts)?;
        Ok(parts)
    }

    /// The part of two values that the run has; calls `strange` where it lacks one of them.
    fn of_codes(
        &self,
        comparison: usize,
        known: (Known, Known),
        worker: &mut Worker,
        strange: impl FnOnce(),
    ) -> Part {
        match known {
            (Known::Missing, _) | (_, Known::Missing) => None,
            (Known::As(ours), Known::As(theirs)) => {
                Some(self.scorer.part(comparison, (ours, theirs), worker))
            }
            _ => {
                strange();
                None
            }
        }
    }

    /// The parts of values of which nobody knows how rare they are, each value compared once.
    fn add_strangers(
        &self,
        comparison: usize,
        one: Party<'_>,
        others: &[Party<'_>],
        strangers: &[(usize, Known)],
        parts: &mut [Part],
    ) -> Result<(), LinkageError> {
        if strangers.is_empty() {
            return Ok(());
        }
        let (mut by_code, mut asked, mut places) = (FxHashMap::default(), Vec::new(), Vec::new());
        for &(place, theirs) in strangers {
            let next = asked.len();
            let at = match theirs {
                Known::As(code) => *by_code.entry(code).or_insert(next),
                Known::Never | Known::Missing => next,
            };
            if at == next {
                asked.push(others[place].at);
            }
            places.push(at);
        }
        let settings = &self.job.model().comparisons[comparison];
        let levels = small::levels(settings, &self.codebooks[comparison], one.at, &asked)?;
        for (&(place, _), at) in strangers.iter().zip(places) {
            parts[place] = levels[at].map(|level| {
                let outcome = Outcome { level, share: 0.0 };
                self.scorer.outcome_part(comparison, outcome)
            });
        }
        Ok(())
    }

    fn known(&self, comparison: usize, party: Party<'_>) -> Known {
        if let Some(known) = party.known {
            return known[comparison];
        }
        match self.job.kernel().code(comparison, party.at.row) {
            MISSING => Known::Missing,
            code => Known::As(code),
        }
    }

    pub(super) fn with_worker<T>(&self, look: impl FnOnce(&mut Worker) -> T) -> T {
        let lent = self.workers.lock().ok().and_then(|mut idle| idle.pop());
        let mut worker = lent.unwrap_or_else(|| self.job.kernel().worker());
        let found = look(&mut worker);
        if let Ok(mut idle) = self.workers.lock() {
            idle.push(worker);
        }
        found
    }
}
