//! How links become clusters, and which sources hold a record a person.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How links become clusters.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClusterSettings {
    /// Most records of one person; what would exceed it goes to review.
    pub size_max: usize,
    /// How much of the evidence against, between records that others tie together, counts (0 to 1).
    pub contradiction_share: f32,
    /// Most rounds of moving single records to better clusters.
    pub rounds_max: usize,
}

impl Default for ClusterSettings {
    fn default() -> Self {
        Self {
            size_max: 100,
            contradiction_share: 0.5,
            rounds_max: 10,
        }
    }
}

/// A source that is de-duplicated in itself.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SourceSettings {
    /// The source's name in the table.
    pub name: String,
    /// How strictly it holds one record a person.
    pub one_per_cluster: OnePerCluster,
    /// With `soft`: evidence, in bits, that a second record of the source in one cluster costs.
    #[serde(default)]
    pub penalty_bits: f32,
}

/// How strictly a source holds one record a person.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum OnePerCluster {
    /// It may hold any number.
    Free,
    /// A preference that strong evidence breaks.
    Soft,
    /// Never two in one cluster.
    Hard,
}
