//! How links become clusters, and which sources hold a record a person.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Fault;

/// How links become clusters.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClusterSettings {
    /// Most records of one person; what would exceed it goes to review.
    pub size_max: usize,
    /// How much of the evidence against, between records that only others tie together, counts (0 to 1).
    pub contradiction_share: f32,
    /// How much of the prior counts against records that only others tie together (0 to 1): at 0 what says nothing counts
    /// nothing, at 1 a pair that is likelier two persons' than one's counts against by all of its odds. More of it parts
    /// households that share most of what is compared, and records of which little is told.
    pub silence_share: f32,
    /// Most rounds of putting neighbouring clusters together anew, where a component is too large for all partitions.
    pub rounds_max: usize,
    /// No source gives two records to a cluster; of two sources, the best assignment of one to one.
    pub one_to_one: bool,
}

impl Default for ClusterSettings {
    fn default() -> Self {
        Self {
            size_max: 100,
            contradiction_share: 0.5,
            silence_share: 0.0,
            rounds_max: 10,
            one_to_one: false,
        }
    }
}

impl ClusterSettings {
    /// What is wrong, if anything is.
    pub(super) fn check(&self) -> Result<(), Fault> {
        let wrong = |message: &str| Err(Fault::new("clusters", "", message.to_owned()));
        if self.size_max == 0 {
            return wrong("`clusters.size_max` must be at least 1");
        }
        if !(0.0..=1.0).contains(&self.contradiction_share) {
            return wrong("`clusters.contradiction_share` must lie between 0 and 1");
        }
        if !(0.0..=1.0).contains(&self.silence_share) {
            return wrong("`clusters.silence_share` must lie between 0 and 1");
        }
        Ok(())
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
