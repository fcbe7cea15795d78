//! Match weights: log2 of how much likelier an outcome is for one person than for two (Fellegi and Sunter 1969).

mod kin;
mod moved;

use serde::{Deserialize, Serialize};

pub(crate) use kin::{Kin, Shared, Sum};
pub(crate) use moved::{Changed, Moved};

use crate::comparison::{Bound, Coded, Outcome};
use crate::estimate::Calibration;
use crate::model::{COMPARISONS_MAX, ComparisonSettings, LEVELS_MAX};
use crate::train::{Corrections, Edge};
use crate::{Level, LinkageError, Model, Row};

/// A value's share is never taken as rarer than this: no single agreement says more than 20 bits by rarity.
const SHARE_MIN: f64 = 1e-6;
/// Comparisons in one word of a pattern, four bits each.
pub(crate) const PLACES_PER_WORD: usize = 8;
/// Words of a pattern.
pub(crate) const WORDS: usize = COMPARISONS_MAX / PLACES_PER_WORD;

/// The levels of a pair, four bits a comparison.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    bytemuck::Pod,
    bytemuck::Zeroable,
)]
#[repr(transparent)]
pub struct Pattern([u32; WORDS]);

impl Pattern {
    /// Sets the level of the comparison at `place`; each place is set once.
    pub fn set(&mut self, place: usize, level: Level) {
        self.set_packed(place, level.packed());
    }

    pub(crate) fn set_packed(&mut self, place: usize, packed: u8) {
        self.0[place / PLACES_PER_WORD] |= u32::from(packed) << (4 * (place % PLACES_PER_WORD));
    }

    /// The pattern whose levels stand in these words.
    #[inline]
    pub(crate) fn of_words(words: [u32; WORDS]) -> Self {
        Self(words)
    }

    /// The level of the comparison at `place`.
    #[must_use]
    pub fn level(self, place: usize) -> Level {
        let packed = (self.0[place / PLACES_PER_WORD] >> (4 * (place % PLACES_PER_WORD))) & 15;
        Level::from_packed(u8::try_from(packed).unwrap_or(0))
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

/// A compared pair. [`crate::Job::parts`] gives each comparison's weight.
#[derive(Clone, Copy, Debug, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub struct ScoredPair {
    /// The lower row.
    pub left: Row,
    /// The higher row.
    pub right: Row,
    /// Sum of the comparisons' weights in bits, without the prior.
    pub weight: f32,
    /// The chance that the two are one person, prior included.
    pub probability: f32,
    /// Each comparison's level.
    pub pattern: Pattern,
    /// The first blocking rule that gave it, as its place in the model.
    pub rule: u8,
    /// Fills the last word, so that pairs can be put on the disk as they are.
    pub(crate) unused: [u8; 3],
}

/// How many candidate pairs weigh how much, the unlikely ones too.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct ScoreCounts {
    /// Pairs by weight, from [`Self::LOWEST_BITS`] up in steps of 1 / [`Self::BINS_PER_BIT`]; the ends hold what lies beyond.
    pub bins: Vec<u64>,
}

impl ScoreCounts {
    /// Bins to a bit of weight.
    pub const BINS_PER_BIT: f32 = 8.0;
    /// The weight where the first bin begins.
    pub const LOWEST_BITS: f32 = -64.0;
    /// Number of bins: from -64 to 64 bits.
    pub const BINS: usize = 1_024;

    /// No pairs yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            bins: vec![0; Self::BINS],
        }
    }

    /// The bin of a weight.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the float is clamped to the bins' range, and such casts saturate"
    )]
    pub fn bin(weight: f32) -> usize {
        (((weight - Self::LOWEST_BITS) * Self::BINS_PER_BIT) as usize).min(Self::BINS - 1)
    }

    /// The weight in the middle of a bin.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "there are 1,024 bins")]
    pub fn middle(bin: usize) -> f32 {
        Self::LOWEST_BITS + (bin as f32 + 0.5) / Self::BINS_PER_BIT
    }

    /// All pairs.
    #[must_use]
    pub fn pairs(&self) -> u64 {
        self.bins.iter().sum()
    }

    /// Adds the pairs of another part of a run.
    pub fn add(&mut self, other: &Self) {
        for (bin, count) in self.bins.iter_mut().zip(&other.bins) {
            *bin += count;
        }
    }
}

impl Default for ScoreCounts {
    fn default() -> Self {
        Self::new()
    }
}

/// The weights of all comparisons' outcomes, looked up by level and code.
pub(crate) struct Weights {
    comparisons: Vec<ComparisonWeights>,
    corrections: Corrections,
    kin: Option<Kin>,
    moved: Option<Moved>,
}

/// One comparison's weights.
pub(crate) struct ComparisonWeights {
    /// By level.
    levels: [LevelWeight; LEVELS_MAX],
    /// Of two equal values, by their code; empty where it is that of their level.
    same: Vec<f32>,
    most: f32,
    least: f32,
}

#[derive(Clone, Copy, Default)]
struct LevelWeight {
    bits: f32,
    m: f64,
    u: f64,
    rarity: bool,
    mean_share: f64,
}

impl Weights {
    /// The weights by the m and u that stand in `model`.
    ///
    /// # Errors
    /// [`LinkageError::UntrainedLevel`] when a level lacks its m or u.
    pub(crate) fn new(model: &Model, bound: &[Bound<'_>]) -> Result<Self, LinkageError> {
        let comparisons = model
            .comparisons
            .iter()
            .zip(bound)
            .map(|(settings, bound)| ComparisonWeights::new(settings, bound))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            comparisons,
            corrections: Corrections::of(model)?,
            kin: Kin::of(model)?,
            moved: Moved::of(model)?,
        })
    }

    pub(crate) fn of(&self, place: usize) -> &ComparisonWeights {
        &self.comparisons[place]
    }

    /// Bits that a pair's comparisons say twice, because they hang together.
    #[inline]
    pub(crate) fn said_twice(&self, pattern: Pattern) -> f32 {
        self.corrections.bits(pattern).map(|(_, bits)| bits).sum()
    }

    /// The ties that say something twice.
    #[inline]
    pub(crate) fn ties(&self) -> &[Edge] {
        self.corrections.edges()
    }

    /// What is known of kin.
    #[inline]
    pub(crate) fn kin(&self) -> Option<&Kin> {
        self.kin.as_ref()
    }

    /// What is known of matches who moved.
    #[inline]
    pub(crate) fn moved(&self) -> Option<&Moved> {
        self.moved.as_ref()
    }

    /// What is taken off a pair's comparisons, which alone have these weights: what one repeats of another, what kin would
    /// share as well, and, negative, what speaks less against a match that moved.
    pub(crate) fn spread(
        &self,
        pattern: Pattern,
        alone: impl Fn(usize) -> f32,
        mut take_off: impl FnMut(usize, f32),
    ) {
        for (place, bits) in self.corrections.bits(pattern) {
            take_off(place, bits);
        }
        if let Some(kin) = &self.kin {
            let of = |shared: &Shared| {
                let place = shared.place();
                shared.bits(alone(place), pattern.level(place).packed())
            };
            kin.spread(of, self.said_twice(pattern), &mut take_off);
        }
        if let Some(moved) = &self.moved {
            moved.spread(pattern, |place, bits| take_off(place, -bits));
        }
    }
}

impl ComparisonWeights {
    fn new(settings: &ComparisonSettings, bound: &Bound<'_>) -> Result<Self, LinkageError> {
        let mut weights = Self {
            levels: [LevelWeight::default(); LEVELS_MAX],
            same: Vec::new(),
            most: settings.bits_max.unwrap_or(f32::INFINITY),
            least: -settings.against_bits_max.unwrap_or(f32::INFINITY),
        };
        for (place, level) in settings.levels.iter().enumerate() {
            let (Some(m), Some(u)) = (level.m, level.u) else {
                return Err(LinkageError::UntrainedLevel {
                    comparison: settings.name.clone(),
                    level: level.name.clone(),
                });
            };
            weights.levels[place] = LevelWeight {
                bits: bits(m / u).clamp(weights.least, weights.most),
                m,
                u,
                rarity: level.rarity,
                mean_share: level.mean_share.unwrap_or(0.0),
            };
        }
        if let Bound::Coded(coded) = bound
            && weights.levels.iter().any(|level| level.rarity)
        {
            weights.same = weights.by_code(coded);
        }
        Ok(weights)
    }

    /// The weight of two equal values for each code. Of a value that no counted record has, nobody knows how rare it is: it
    /// weighs its level's mean.
    fn by_code(&self, coded: &Coded<'_>) -> Vec<f32> {
        let codes = 1..u32::try_from(coded.counts.len()).unwrap_or(u32::MAX);
        let of_code = |code| {
            let mut outcome = coded.values.outcome(code, code);
            if coded.counts[code as usize] == 0 {
                outcome.share = 0.0;
            } else if outcome.share == 0.0 {
                outcome.share = coded.share(code);
            }
            self.weigh(outcome)
        };
        std::iter::once(0.0).chain(codes.map(of_code)).collect()
    }

    /// The weight of two equal codes at a level, given as [`Level::packed`] does.
    #[inline]
    pub(crate) fn same(&self, code: u32, packed: u8) -> f32 {
        match (self.same.is_empty(), packed) {
            (_, 0) => 0.0,
            (true, _) => self.levels[usize::from(packed - 1)].bits,
            (false, _) => self.same[code as usize],
        }
    }

    /// The weight of two equal codes at a level, given as [`Level::packed`] does, where it is the same for all codes.
    #[inline]
    pub(crate) fn same_for_all(&self, packed: u8) -> Option<f32> {
        (self.same.is_empty() && packed > 0).then(|| self.levels[usize::from(packed - 1)].bits)
    }

    /// The weight of an outcome of unequal values, where it does not go by which values they are.
    #[inline]
    pub(crate) fn constant(&self, outcome: Outcome) -> Option<f32> {
        match outcome.level {
            Level::Missing => Some(0.0),
            Level::At(place) => {
                let level = &self.levels[usize::from(place)];
                (!level.rarity).then_some(level.bits)
            }
        }
    }

    /// The weight of two unequal values. Where the level weighs by rarity and the outcome names no shared value, the
    /// two values' mean share against that of all pairs at this level tells how much rarer this agreement is. Where no counted
    /// record has one of the two values, the level's mean stands.
    #[inline]
    pub(crate) fn unequal(&self, outcome: Outcome, coded: &Coded<'_>, codes: (u32, u32)) -> f32 {
        let Level::At(place) = outcome.level else {
            return 0.0;
        };
        let level = &self.levels[usize::from(place)];
        if !level.rarity {
            return level.bits;
        }
        let counted = |code: u32| coded.counts[code as usize] > 0;
        if !counted(codes.0) || !counted(codes.1) {
            return level.bits;
        }
        if outcome.share > 0.0 || level.mean_share <= 0.0 {
            return self.weigh(outcome);
        }
        let mean = f64::midpoint(
            f64::from(coded.share(codes.0)),
            f64::from(coded.share(codes.1)),
        );
        let chance = (level.u * mean / level.mean_share).max(SHARE_MIN);
        bits(level.m / chance).clamp(self.least, self.most)
    }

    /// The weight of an outcome, by the share that it names or its level's mean.
    #[inline]
    pub(crate) fn weigh(&self, outcome: Outcome) -> f32 {
        let Level::At(place) = outcome.level else {
            return 0.0;
        };
        let level = &self.levels[usize::from(place)];
        if !level.rarity || outcome.share <= 0.0 {
            return level.bits;
        }
        bits(level.m / f64::from(outcome.share).max(SHARE_MIN)).clamp(self.least, self.most)
    }

    /// A weight at a level, with the part that is due to rarity.
    pub(crate) fn weighed(&self, level: Level, weight: f32) -> Weighed {
        let mean = match level {
            Level::Missing => 0.0,
            Level::At(place) => self.levels[usize::from(place)].bits,
        };
        Weighed {
            level,
            weight,
            rarity: weight - mean,
        }
    }
}

/// The match probability of a weight, without calibration.
pub(crate) fn probability(weight: f32, prior_bits: f32) -> f32 {
    1.0 / (1.0 + (-(weight + prior_bits)).exp2())
}

/// From weight to probability by the model: as the data calibrated it, or by the prior.
pub(crate) fn calibration(model: &Model, records: usize) -> Calibration {
    let plain = || Calibration::plain(f64::from(prior_bits(model, records)));
    model.calibration.unwrap_or_else(plain)
}

/// The log-odds, in bits, that two records drawn at random are one person's.
#[expect(
    clippy::cast_precision_loss,
    reason = "a number of records is far below 2^53"
)]
pub(crate) fn prior_bits(model: &Model, records: usize) -> f32 {
    if let Some(calibration) = &model.calibration {
        return calibration.prior_bits();
    }
    let partners = (records.max(2) - 1) as f64;
    let chance = (2.0 * model.prior.matches_per_record / partners).clamp(1e-12, 0.5);
    bits(chance / (1.0 - chance))
}

/// The place of a comparison that a part of the model names.
fn place_of(model: &Model, name: &str, part: &str) -> Result<usize, LinkageError> {
    let mut names = model.comparisons.iter().map(|known| &known.name);
    names.position(|known| known == name).ok_or_else(|| {
        LinkageError::model(format!(
            "`{part}` names comparison `{name}`, which the model lacks"
        ))
    })
}

/// Figures by level as an array by the packed level; nothing for a missing value.
fn by_packed_level(figures: &[f32]) -> [f32; LEVELS_MAX + 1] {
    let mut packed = [0.0; LEVELS_MAX + 1];
    for (place, &figure) in packed[1..].iter_mut().zip(figures) {
        *place = figure;
    }
    packed
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "weights are read to a tenth of a bit"
)]
fn bits(ratio: f64) -> f32 {
    ratio.log2() as f32
}
