//! The part of a report that is about comparisons, candidates and training.

use linkage::RecordName;
use serde::{Deserialize, Serialize};

use super::Interval;

/// A comparison with its levels.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct ComparisonChart {
    /// Its name.
    pub name: String,
    /// Its levels from best to worst.
    pub levels: Vec<LevelChart>,
}

/// A level's probabilities and weight.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct LevelChart {
    /// Its name.
    pub name: String,
    /// Chance of the level when the two are one person.
    pub m: Option<f64>,
    /// Chance of the level when they are two.
    pub u: Option<f64>,
    /// Its match weight in bits, within the comparison's bounds and before rarity.
    pub bits: Option<f64>,
    /// Whether agreement weighs by how rare the value is, so that `bits` is a mean.
    pub rarity: bool,
    /// Where m and u come from.
    pub origin: LevelOrigin,
}

/// Where a level's m and u come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LevelOrigin {
    /// The training settings of the model say.
    Trained,
    /// They stand in the model file for good.
    Fixed,
}

/// How candidates were found.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Blocking {
    /// Pairs over all rules, a pair counted in each rule that gives it.
    pub pairs: u64,
    /// Pairs of the records in all: what a run without blocking would compare.
    pub pairs_possible: u64,
    /// True pairs that some rule gives, of all true pairs.
    pub recall: Option<Interval>,
    /// Likely matches caught by exactly one rule, by two, and so on; empty when that was not counted.
    pub caught: Vec<u64>,
    /// Every rule, in the model's order.
    pub rules: Vec<BlockingRule>,
}

/// A blocking rule's cost.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct BlockingRule {
    /// Its name.
    pub name: String,
    /// Its keys.
    pub on: Vec<String>,
    /// Records that have its key.
    pub records: u64,
    /// Blocks of two records or more.
    pub blocks: u64,
    /// Records of the largest block.
    pub largest: u64,
    /// Pairs in its blocks.
    pub pairs: u64,
    /// Pairs that no earlier rule gives.
    pub new_pairs: Option<u64>,
    /// True pairs that it gives, of all true pairs, as estimated.
    pub recall: Option<Interval>,
    /// Blocks above its maximum.
    pub oversized_blocks: u64,
    /// Pairs that were not looked at by this rule, since their block was too large.
    pub pairs_left_out: u64,
    /// The largest of the oversized blocks.
    pub oversized: Vec<OversizedBlock>,
}

/// A block above its rule's maximum; its key may identify a person and is not told.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct OversizedBlock {
    /// A record in it.
    pub first: RecordName,
    /// How many share the key.
    pub records: u64,
    /// Pairs kept after splitting it.
    pub pairs_kept: u64,
    /// Pairs left out.
    pub pairs_left_out: u64,
}

/// Counts in bins of equal width.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Histogram {
    /// Where the first bin begins, in bits.
    pub first_bits: f64,
    /// How wide a bin is, in bits.
    pub bin_bits: f64,
    /// Counts by bin.
    pub counts: Vec<u64>,
    /// By bin, how many of them are expected to be one person; empty when that is not known.
    pub expected: Vec<f64>,
}

impl Histogram {
    /// All that is counted.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }
}

/// Records whose own values do not say enough.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Unlinkables {
    /// Records by the log-odds that they would reach against a record equal to themselves.
    pub self_weights: Histogram,
    /// Records that would not reach the threshold even so.
    pub below_threshold: u64,
}

/// How comparisons hang together beyond what they say alone.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
pub struct Dependence {
    /// The pairs of comparisons that were looked at, the strongest first.
    pub pairs: Vec<DependentPair>,
}

/// Two comparisons that hang together.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct DependentPair {
    /// One.
    pub left: String,
    /// The other.
    pub right: String,
    /// Among which pairs.
    pub among: Among,
    /// What the one tells of the other: mutual information in bits.
    pub mutual_bits: f64,
    /// Bits by which the sum of the two weights would be too high for a pair that agrees in both, were it ignored.
    pub agreement_bits: Option<f64>,
    /// Whether the weights take it into account; if not, evidence is counted twice.
    pub modelled: bool,
}

/// Which pairs hang together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Among {
    /// Pairs of one person.
    Matches,
    /// Pairs of two persons.
    NonMatches,
}

/// How the probabilities were learnt.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Training {
    /// How m was found.
    pub m: TrainOrigin,
    /// How u was found.
    pub u: TrainOrigin,
    /// Candidate pairs that m was learnt from.
    pub pairs: u64,
    /// Distinct comparison patterns among them.
    pub patterns: u64,
    /// Rounds of EM.
    pub rounds: u64,
    /// Whether the last round moved no probability by more than the tolerance.
    pub converged: bool,
    /// The tolerance.
    pub tolerance: Option<f64>,
    /// Levels that speak more for one person than the level before them, which is better by the model's order; each as
    /// comparison and level.
    pub unordered: Vec<(String, String)>,
    /// Each round; empty when the rounds were not written down.
    pub history: Vec<TrainingRound>,
    /// How often kin share what a comparison looks at, where the weights know of kin.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kin_share: Vec<(String, f64)>,
    /// Matches who moved for each who did not, where the weights know of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved_per_match: Option<f64>,
}

/// How probabilities were found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TrainOrigin {
    /// They stand in the model file.
    File,
    /// Expectation maximisation.
    Em,
    /// Labelled pairs.
    Labels,
    /// Value frequencies, and random pairs where those do not tell.
    Data,
}

/// One round of EM.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
pub struct TrainingRound {
    /// How far the probability that moved most moved.
    pub change: f64,
    /// The log-likelihood per pair in bits, where it was reckoned.
    pub bits_per_pair: Option<f64>,
}
