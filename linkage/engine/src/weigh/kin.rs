//! Kin: pairs of two persons of one household, of two models of one series. They share some things as one person's records do,
//! and are strangers in all else. Against them, sharing those things says nothing for a match.
//!
//! A pair is weighed against two persons of either kind: with `w_k` each comparison's weight, t what they say twice, h kin for
//! each pair of strangers, and `s_k` how often kin share what a comparison looks at,
//!
//! weight = Σ `w_k` - log2(`2^t` + h Π (1 - `s_k` + `s_k` `2^w_k`)).

use crate::weigh::Pattern;
use crate::{LinkageError, Model};

/// Kin that are so many bits less likely than strangers change nothing.
const NEGLIGIBLE_BITS: f32 = -10.0;

/// What a model knows of kin.
pub(crate) struct Kin {
    /// Kin for each pair of strangers, in bits.
    bits: f32,
    /// Comparisons that kin share, with how often, in the model's order.
    shared: Vec<(usize, f64)>,
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
            let mut names = model.comparisons.iter().map(|known| &known.name);
            let place = names
                .position(|name| *name == one.comparison)
                .ok_or_else(|| {
                    LinkageError::model(format!(
                        "`kin` names comparison `{}`, which the model lacks",
                        one.comparison
                    ))
                })?;
            shared.push((place, one.share));
        }
        shared.sort_unstable_by_key(|&(place, _)| place);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "weights are read to a tenth of a bit"
        )]
        let bits = settings.per_pair.log2() as f32;
        Ok(Some(Self { bits, shared }))
    }

    /// The comparisons that kin share, by their places.
    #[inline]
    pub(crate) fn places(&self) -> impl Iterator<Item = usize> {
        self.shared.iter().map(|&(place, _)| place)
    }

    /// Whether kin matter to a pair whose weights for a match, in comparisons that kin share, come to `most`.
    #[inline]
    pub(crate) fn matter(&self, most: f32, twice: f32) -> bool {
        most + self.bits - twice > NEGLIGIBLE_BITS
    }

    /// Bits to take off beside those that are said twice, for a pair with these weights of the comparisons that kin share.
    #[inline]
    pub(crate) fn bits(&self, weights: impl Fn(usize) -> f32, twice: f32) -> f32 {
        let most = self.places().map(|place| weights(place).max(0.0));
        if !self.matter(most.fold(0.0, |sum, bits| sum + bits), twice) {
            return 0.0;
        }
        self.bits_that_matter(weights, twice)
    }

    /// The same of a pair for which kin [matter](Self::matter).
    #[expect(
        clippy::cast_possible_truncation,
        reason = "weights are read to a tenth of a bit"
    )]
    pub(crate) fn bits_that_matter(&self, weights: impl Fn(usize) -> f32, twice: f32) -> f32 {
        let kin = self
            .shared
            .iter()
            .map(|&(place, share)| part(share, weights(place)))
            .sum::<f64>();
        let over = f64::from(self.bits) + kin - f64::from(twice);
        // log2(1 + 2^over), without leaving the range of doubles.
        (over.max(0.0) + (-over.abs()).exp2().ln_1p() * std::f64::consts::LOG2_E) as f32
    }

    /// Shares the bits to take off out among the comparisons that kin share, as they speak for a match.
    pub(crate) fn spread(
        &self,
        weights: impl Fn(usize) -> f32,
        twice: f32,
        mut take_off: impl FnMut(usize, f32),
    ) {
        let bits = self.bits(&weights, twice);
        if bits <= 0.0 {
            return;
        }
        let part = |&(place, share): &(usize, f64)| part(share, weights(place)).max(0.0);
        let whole = self.shared.iter().map(part).sum::<f64>();
        for shared in &self.shared {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "weights are read to a tenth of a bit"
            )]
            take_off(
                shared.0,
                (f64::from(bits) * part(shared) / whole.max(1e-9)) as f32,
            );
        }
    }
}

/// What a comparison says for kin against strangers, in bits.
fn part(share: f64, weight: f32) -> f64 {
    (1.0 - share + share * f64::from(weight).exp2()).log2()
}

/// The sum of a pair's weights as its comparisons come, in the model's order.
#[derive(Clone)]
pub(crate) struct Sum {
    pub(crate) pattern: Pattern,
    weight: f32,
    alone: [f32; crate::model::COMPARISONS_MAX],
}

impl Sum {
    /// Nothing yet.
    #[inline]
    pub(crate) fn new() -> Self {
        Self {
            pattern: Pattern::default(),
            weight: 0.0,
            alone: [0.0; crate::model::COMPARISONS_MAX],
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
        match weights.kin() {
            None => total,
            Some(kin) => total - kin.bits(|place| self.alone[place], twice),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Kin;

    fn household() -> Kin {
        Kin {
            bits: -12.0,
            shared: vec![(1, 0.99), (2, 0.99)],
        }
    }

    #[test]
    fn what_kin_share_says_little_against_kin() {
        let weights = [-4.0_f32, 9.0, 11.0];
        let bits = household().bits(|place| weights[place], 0.0);
        assert!((bits - 8.0).abs() < 0.1, "{bits}");
    }

    #[test]
    fn where_little_is_shared_kin_change_nothing() {
        let weights = [8.0_f32, -3.0, 4.0];
        assert!(household().bits(|place| weights[place], 0.0) < 0.01);
    }

    #[test]
    fn the_parts_come_to_the_whole() {
        let weights = [8.0_f32, 6.5, 10.25];
        let whole = household().bits(|place| weights[place], 0.5);
        let mut sum = 0.0;
        household().spread(|place| weights[place], 0.5, |_, bits| sum += bits);
        assert!((sum - whole).abs() < 1e-4, "{sum} {whole}");
    }
}
