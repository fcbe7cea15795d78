//! Matches who moved: records of one person between which what kin share has changed, all at once. Comparisons that are taken for
//! independent would say so against the match each for itself.
//!
//! weight = Σ `w_k` + log2(1 + o `2^(Σ e)`),
//!
//! with o matches who moved for each who did not, and e by how much they come to a comparison's level more often.

use crate::model::LEVELS_MAX;
use crate::weigh::Pattern;
use crate::{LinkageError, Model};

/// Beyond so many bits log2(1 + 2^x) is x, and below as many less it is nothing.
const PLAIN_BITS: f32 = 20.0;

/// What a model knows of matches who moved.
pub(crate) struct Moved {
    /// Those who moved for each who did not, in bits.
    bits: f32,
    changed: Vec<Changed>,
}

/// A comparison whose levels tell who moved.
pub(crate) struct Changed {
    place: usize,
    /// By the packed level.
    bits: [f32; LEVELS_MAX + 1],
}

impl Moved {
    /// As it stands in the model; nothing when it knows of none.
    ///
    /// # Errors
    /// [`LinkageError::Model`] when it names an unknown comparison.
    pub(crate) fn of(model: &Model) -> Result<Option<Self>, LinkageError> {
        let Some(settings) = &model.moved else {
            return Ok(None);
        };
        let mut changed = Vec::with_capacity(settings.changed.len());
        for one in &settings.changed {
            changed.push(Changed {
                place: super::place_of(model, &one.comparison, "moved")?,
                bits: super::by_packed_level(&one.bits),
            });
        }
        changed.sort_unstable_by_key(|changed| changed.place);
        Ok(Some(Self {
            bits: super::bits(settings.per_match),
            changed,
        }))
    }

    /// The comparisons that tell, in the model's order.
    #[inline]
    pub(crate) fn changed(&self) -> &[Changed] {
        &self.changed
    }

    /// Bits to add to the weight of a pair whose levels tell so much of having moved.
    #[inline]
    pub(crate) fn gain(&self, told: f32) -> f32 {
        let over = told + self.bits;
        if over > PLAIN_BITS {
            over
        } else if over < -PLAIN_BITS {
            0.0
        } else {
            over.max(0.0) + (-over.abs()).exp2().ln_1p() * std::f32::consts::LOG2_E
        }
    }

    /// The same of a pattern.
    #[inline]
    pub(crate) fn bits(&self, pattern: Pattern) -> f32 {
        let told = self.changed.iter();
        let told = told.map(|changed| changed.bits(pattern.level(changed.place).packed()));
        self.gain(told.fold(0.0, |sum, bits| sum + bits))
    }

    /// Shares the bits to add out among the comparisons that tell.
    pub(crate) fn spread(&self, pattern: Pattern, mut add: impl FnMut(usize, f32)) {
        let gain = self.bits(pattern);
        let told = |changed: &Changed| {
            let bits = changed.bits(pattern.level(changed.place).packed());
            bits.max(0.0)
        };
        let whole = self.changed.iter().map(told).sum::<f32>();
        if gain > 0.0 && whole > 0.0 {
            for changed in &self.changed {
                add(changed.place, gain * told(changed) / whole);
            }
        }
    }
}

impl Changed {
    /// The comparison's place in the model.
    #[inline]
    pub(crate) fn place(&self) -> usize {
        self.place
    }

    /// What a level tells, given as [`crate::Level::packed`] does.
    #[inline]
    pub(crate) fn bits(&self, packed: u8) -> f32 {
        self.bits[usize::from(packed)]
    }
}

#[cfg(test)]
mod tests {
    use super::Moved;

    fn tenth() -> Moved {
        Moved {
            bits: -3.0,
            changed: Vec::new(),
        }
    }

    #[test]
    fn who_lost_much_at_once_has_it_back_but_for_how_rare_that_is() {
        assert!((tenth().gain(21.0) - 18.0).abs() < 1e-4);
        assert!((tenth().gain(25.0) - 22.0).abs() < 1e-6);
    }

    #[test]
    fn who_lost_nothing_gains_next_to_nothing() {
        assert!(tenth().gain(-5.0) < 0.01);
        assert!(tenth().gain(-40.0) <= 0.0);
    }
}
