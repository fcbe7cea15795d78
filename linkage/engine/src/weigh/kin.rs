//! Kin: pairs of two persons of one household, of two models of one series. They share some things as one person's records do,
//! and are strangers in all else. Against them, sharing those things says nothing for a match.
//!
//! A pair is weighed against two persons of either kind: with `w_k` each comparison's weight, t what they say twice, h kin for
//! each pair of strangers, and `s_k` how often kin share what a comparison looks at,
//!
//! weight = Σ `w_k` - log2(`2^t` + h Π (1 - `s_k` + `s_k` `2^(w_k + d)`)),
//!
//! where d is by how much those who share it come to the level more often than one person's records do.

use crate::model::{COMPARISONS_MAX, LEVELS_MAX};
use crate::weigh::Pattern;
use crate::{LinkageError, Model};

/// Kin that are so many bits less likely than strangers change nothing.
const NEGLIGIBLE_BITS: f32 = -10.0;

/// What a model knows of kin.
pub(crate) struct Kin {
    /// Kin for each pair of strangers, in bits.
    bits: f32,
    /// What kin share, in the model's order of comparisons.
    shared: Vec<Shared>,
}

/// A comparison that kin share.
pub(crate) struct Shared {
    place: usize,
    share: f64,
    /// By the packed level, what is added to the weight of those who share it.
    bits: [f32; LEVELS_MAX + 1],
}

impl Kin {
    /// As it stands in the model; nothing when it knows of none.
    ///
    /// # Errors
    /// [`LinkageError::Model`] when it names an unknown comparison.
    pub(crate) fn of(model: &Model) -> Result<Option<Self>, LinkageError> {
        let Some(settings) = &model.kin else {
            return Ok(None);
        };
        let mut shared = Vec::with_capacity(settings.shared.len());
        for one in &settings.shared {
            shared.push(Shared {
                place: super::place_of(model, &one.comparison, "kin")?,
                share: one.share,
                bits: super::by_packed_level(&one.bits),
            });
        }
        shared.sort_unstable_by_key(|shared| shared.place);
        Ok(Some(Self {
            bits: super::bits(settings.per_pair),
            shared,
        }))
    }

    /// What kin share, in the model's order of comparisons.
    #[inline]
    pub(crate) fn shared(&self) -> &[Shared] {
        &self.shared
    }

    /// Whether kin matter to a pair in which what kin share comes to `most` for them.
    #[inline]
    pub(crate) fn matter(&self, most: f32, twice: f32) -> bool {
        most + self.bits - twice > NEGLIGIBLE_BITS
    }

    /// Bits to take off beside those that are said twice, for a pair in which what kin share [comes to](Shared::bits) so much.
    #[inline]
    pub(crate) fn bits(&self, of: impl Fn(&Shared) -> f32, twice: f32) -> f32 {
        let most = self.shared.iter().map(|shared| of(shared).max(0.0));
        if !self.matter(most.fold(0.0, |sum, bits| sum + bits), twice) {
            return 0.0;
        }
        self.bits_that_matter(self.shared.iter().map(of), twice)
    }

    /// The same of a pair for which kin [matter](Self::matter).
    #[expect(
        clippy::cast_possible_truncation,
        reason = "weights are read to a tenth of a bit"
    )]
    pub(crate) fn bits_that_matter(&self, of: impl Iterator<Item = f32>, twice: f32) -> f32 {
        let parts = self.shared.iter().zip(of);
        let kin = parts.map(|(shared, bits)| shared.against_strangers(bits));
        let over = f64::from(self.bits) + kin.sum::<f64>() - f64::from(twice);
        // log2(1 + 2^over), without leaving the range of doubles.
        (over.max(0.0) + (-over.abs()).exp2().ln_1p() * std::f64::consts::LOG2_E) as f32
    }

    /// Shares the bits to take off out among the comparisons that kin share, as they speak for kin.
    pub(crate) fn spread(
        &self,
        of: impl Fn(&Shared) -> f32,
        twice: f32,
        mut take_off: impl FnMut(usize, f32),
    ) {
        let bits = self.bits(&of, twice);
        if bits <= 0.0 {
            return;
        }
        let part = |shared: &Shared| shared.against_strangers(of(shared)).max(0.0);
        let whole = self.shared.iter().map(part).sum::<f64>();
        for shared in &self.shared {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "weights are read to a tenth of a bit"
            )]
            let bits = (f64::from(bits) * part(shared) / whole.max(1e-9)) as f32;
            take_off(shared.place, bits);
        }
    }
}

impl Shared {
    /// The comparison's place in the model.
    #[inline]
    pub(crate) fn place(&self) -> usize {
        self.place
    }

    /// What a weight at a level, as [`crate::Level::packed`] has it, comes to for kin who share it.
    #[inline]
    pub(crate) fn bits(&self, weight: f32, packed: u8) -> f32 {
        weight + self.bits[usize::from(packed)]
    }

    /// The same of all kin, against strangers.
    fn against_strangers(&self, bits: f32) -> f64 {
        (1.0 - self.share + self.share * f64::from(bits).exp2()).log2()
    }
}

/// The sum of a pair's weights as its comparisons come, in the model's order.
#[derive(Clone)]
pub(crate) struct Sum {
    pub(crate) pattern: Pattern,
    weight: f32,
    alone: [f32; COMPARISONS_MAX],
}

impl Sum {
    /// Nothing yet.
    #[inline]
    pub(crate) fn new() -> Self {
        Self {
            pattern: Pattern::default(),
            weight: 0.0,
            alone: [0.0; COMPARISONS_MAX],
        }
    }

    /// Adds a comparison's weight.
    #[inline]
    pub(crate) fn add(&mut self, place: usize, bits: f32) {
        self.weight += bits;
        self.alone[place] = bits;
    }

    /// The pair's weight.
    #[inline]
    pub(crate) fn total(&self, weights: &super::Weights) -> f32 {
        let twice = weights.said_twice(self.pattern);
        let total = self.weight - twice;
        let total = match weights.kin() {
            None => total,
            Some(kin) => {
                let of = |shared: &Shared| {
                    let level = self.pattern.level(shared.place);
                    shared.bits(self.alone[shared.place], level.packed())
                };
                total - kin.bits(of, twice)
            }
        };
        match weights.moved() {
            None => total,
            Some(moved) => total + moved.bits(self.pattern),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Kin, LEVELS_MAX, Shared};

    fn household() -> Kin {
        let shared = |place| Shared {
            place,
            share: 0.99,
            bits: [0.0; LEVELS_MAX + 1],
        };
        Kin {
            bits: -12.0,
            shared: vec![shared(1), shared(2)],
        }
    }

    fn bits(weights: [f32; 3], twice: f32) -> f32 {
        household().bits(|shared| weights[shared.place], twice)
    }

    #[test]
    fn what_kin_share_says_little_against_kin() {
        let bits = bits([-4.0, 9.0, 11.0], 0.0);
        assert!((bits - 8.0).abs() < 0.1, "{bits}");
    }

    #[test]
    fn where_little_is_shared_kin_change_nothing() {
        assert!(bits([8.0, -3.0, 4.0], 0.0) < 0.01);
    }

    #[test]
    fn those_who_share_may_come_to_a_level_more_often_than_one_person() {
        let mut kin = household();
        kin.shared[0].bits[2] = 3.0;
        let of = |shared: &Shared| shared.bits([0.0, 6.0, 11.0][shared.place], 2);
        let bits = kin.bits(of, 0.0);
        assert!((bits - 8.0).abs() < 0.1, "{bits}");
    }

    #[test]
    fn the_parts_come_to_the_whole() {
        let weights = [8.0_f32, 6.5, 10.25];
        let mut sum = 0.0;
        let of = |shared: &Shared| weights[shared.place];
        household().spread(of, 0.5, |_, bits| sum += bits);
        let whole = bits(weights, 0.5);
        assert!((sum - whole).abs() < 1e-4, "{sum} {whole}");
    }
}
