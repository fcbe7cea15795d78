//! Match weights: log2 of how much likelier an outcome is for one person than for two (Fellegi and Sunter 1969).

use crate::comparison::{Bound, Memo, Outcome};
use crate::model::ComparisonSettings;
use crate::{Level, LinkageError, Model, Row};

/// A value's share is never taken as rarer than this: no single agreement says more than 20 bits by rarity.
const SHARE_MIN: f64 = 1e-6;

/// The levels of a pair, four bits a comparison.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pattern(u128);

impl Pattern {
    /// Sets the level of the comparison at `place`; each place is set once.
    pub fn set(&mut self, place: usize, level: Level) {
        self.0 |= u128::from(level.packed()) << (4 * place);
    }

    /// The level of the comparison at `place`.
    #[must_use]
    pub fn level(self, place: usize) -> Level {
        Level::from_packed(u8::try_from((self.0 >> (4 * place)) & 15).unwrap_or(0))
    }
}

/// One comparison's part in a pair.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weighed {
    /// The level.
    pub level: Level,
    /// Its match weight in bits, 0 when missing.
    pub weight: f32,
    /// The part of the weight that comes from the value being rarer (or commoner) than the level's mean.
    pub rarity: f32,
}

/// A compared pair.
#[derive(Clone, Debug, PartialEq)]
pub struct ScoredPair {
    /// The lower row.
    pub left: Row,
    /// The higher row.
    pub right: Row,
    /// The first blocking rule that gave it, as its place in the model.
    pub rule: u8,
    /// Sum of the comparisons' weights in bits, without the prior.
    pub weight: f32,
    /// The chance that the two are one person, prior included.
    pub probability: f32,
    /// Each comparison's part, in the model's order.
    pub comparisons: Box<[Weighed]>,
}

/// Turns pairs of rows into weights.
pub(crate) struct Scorer<'a> {
    comparisons: &'a [Bound<'a>],
    weights: Vec<ComparisonWeights>,
    prior_bits: f32,
}

struct ComparisonWeights {
    levels: Vec<LevelWeight>,
    most: f32,
    least: f32,
}

struct LevelWeight {
    bits: f32,
    m: f64,
    rarity: bool,
}

impl<'a> Scorer<'a> {
    /// A scorer by the m and u that stand in `model`, for a run over so many records.
    ///
    /// # Errors
    /// [`LinkageError::UntrainedLevel`] when a level lacks its m or u.
    pub(crate) fn new(
        model: &Model,
        records: usize,
        comparisons: &'a [Bound<'a>],
    ) -> Result<Self, LinkageError> {
        let weights = model
            .comparisons
            .iter()
            .map(ComparisonWeights::new)
            .collect::<Result<_, _>>()?;
        Ok(Self {
            comparisons,
            weights,
            prior_bits: prior_bits(model, records),
        })
    }

    /// Bits to add to a pair's weight for its posterior log-odds; negative.
    #[must_use]
    pub(crate) fn prior_bits(&self) -> f32 {
        self.prior_bits
    }

    /// The match probability of a weight.
    #[must_use]
    pub(crate) fn probability(&self, weight: f32) -> f32 {
        1.0 / (1.0 + (-(weight + self.prior_bits)).exp2())
    }

    /// One empty memo a comparison.
    #[must_use]
    pub(crate) fn memos(&self) -> Vec<Memo> {
        self.comparisons.iter().map(|_| Memo::default()).collect()
    }

    /// The pair's weight in bits, without the prior.
    #[must_use]
    pub(crate) fn weight(&self, left: Row, right: Row, memos: &mut [Memo]) -> f32 {
        let parts = self.comparisons.iter().zip(&self.weights).zip(memos);
        parts
            .map(|((comparison, weights), memo)| {
                weights.weigh(comparison.compare(left, right, memo)).weight
            })
            .sum()
    }

    /// The pair with each comparison's part.
    #[must_use]
    pub(crate) fn score(&self, left: Row, right: Row, rule: u8, memos: &mut [Memo]) -> ScoredPair {
        let (left, right) = (left.min(right), left.max(right));
        let parts = self.comparisons.iter().zip(&self.weights).zip(memos);
        let comparisons = parts
            .map(|((comparison, weights), memo)| {
                weights.weigh(comparison.compare(left, right, memo))
            })
            .collect::<Box<[_]>>();
        let weight = comparisons.iter().map(|weighed| weighed.weight).sum();
        ScoredPair {
            left,
            right,
            rule,
            weight,
            probability: self.probability(weight),
            comparisons,
        }
    }
}

impl ComparisonWeights {
    fn new(settings: &ComparisonSettings) -> Result<Self, LinkageError> {
        let level = |level: &crate::model::LevelSettings| {
            let (Some(m), Some(u)) = (level.m, level.u) else {
                return Err(LinkageError::UntrainedLevel {
                    comparison: settings.name.clone(),
                    level: level.name.clone(),
                });
            };
            Ok(LevelWeight {
                bits: bits(m / u),
                m,
                rarity: level.rarity,
            })
        };
        Ok(Self {
            levels: settings
                .levels
                .iter()
                .map(level)
                .collect::<Result<_, _>>()?,
            most: settings.bits_max.unwrap_or(f32::INFINITY),
            least: -settings.against_bits_max.unwrap_or(f32::INFINITY),
        })
    }

    fn weigh(&self, outcome: Outcome) -> Weighed {
        let Level::At(place) = outcome.level else {
            return Weighed {
                level: Level::Missing,
                weight: 0.0,
                rarity: 0.0,
            };
        };
        let level = &self.levels[usize::from(place)];
        let mut weight = level.bits;
        if level.rarity && outcome.share > 0.0 {
            weight = bits(level.m / f64::from(outcome.share).max(SHARE_MIN));
        }
        let weight = weight.clamp(self.least, self.most);
        Weighed {
            level: outcome.level,
            weight,
            rarity: weight - level.bits.clamp(self.least, self.most),
        }
    }
}

/// The log-odds, in bits, that two records drawn at random are one person's.
#[expect(
    clippy::cast_precision_loss,
    reason = "a number of records is far below 2^53"
)]
pub(crate) fn prior_bits(model: &Model, records: usize) -> f32 {
    let partners = (records.max(2) - 1) as f64;
    let chance = (2.0 * model.prior.matches_per_record / partners).clamp(1e-12, 0.5);
    bits(chance / (1.0 - chance))
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "weights are read to a tenth of a bit"
)]
fn bits(ratio: f64) -> f32 {
    ratio.log2() as f32
}
