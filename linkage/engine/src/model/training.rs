//! Where m, u and the prior come from.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The chance that two records drawn at random are one person's.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Prior {
    /// True pairs expected for each record, such as 0.5 when every person has two records.
    pub matches_per_record: f64,
    /// Replace that figure by what the data shows.
    pub estimate: bool,
}

/// Where the probabilities of the levels come from.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Training {
    /// `file`: from the model file alone. `em`: estimated, the file's figures being prior knowledge.
    pub m: TrainM,
    /// `file`: from the model file alone. `data`: from value frequencies and random pairs.
    pub u: TrainU,
    /// How many random pairs to draw for u.
    pub random_pairs: u64,
    /// The seed of that draw.
    pub seed: u64,
    /// How many matched pairs the file's m, how many hundred random pairs the file's u is worth.
    pub prior_pairs: f64,
    /// Most rounds of EM.
    pub rounds_max: usize,
    /// EM ends when no probability moves by more.
    pub tolerance: f64,
    /// Most candidate pairs taken from each rule for EM, evenly over its blocks.
    pub pairs_per_rule_max: u64,
    /// Most pairs that blocking may give; a run that would exceed it is refused.
    pub pairs_max: u64,
    /// With `m = "labels"`: the column that names each record's person, where it is known.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub label: String,
}

/// Two comparisons that hang together among pairs of two persons; training writes it.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Dependence {
    /// The comparison whose weight depends on the other's level.
    pub comparison: String,
    /// The other.
    pub given: String,
    /// Bits to take off the weight of `comparison`, by the level of `given` and its own level, as the model orders them.
    pub bits: Vec<Vec<f32>>,
}

/// How m is trained.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum TrainM {
    /// Not at all.
    File,
    /// By expectation maximisation.
    Em,
    /// From records whose person the column `label` knows.
    Labels,
}

/// How u is trained.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum TrainU {
    /// Not at all.
    File,
    /// From value frequencies, and random pairs where those do not tell.
    Data,
}

impl Default for Prior {
    fn default() -> Self {
        Self {
            matches_per_record: 0.3,
            estimate: true,
        }
    }
}

impl Default for Training {
    fn default() -> Self {
        Self {
            m: TrainM::Em,
            u: TrainU::Data,
            random_pairs: 400_000,
            seed: 1969,
            prior_pairs: 20.0,
            rounds_max: 200,
            tolerance: 0.00001,
            pairs_per_rule_max: 500_000,
            pairs_max: 2_000_000_000,
            label: String::new(),
        }
    }
}
