//! What a report tells, as data: `report.json` is this, and every picture is drawn from it alone.
//!
//! What is not known is `None` and is told as unknown; nothing stands for it. Probabilities, shares, precision and
//! recall are in 0 to 1, weights in bits.

mod decision;
mod evidence;

pub use decision::{
    Accuracy, ClusterSize, Curve, CurvePoint, Estimate, Interval, ReasonCount, Review, ReviewEntry,
    Slopes, Threshold, ThresholdOrigin,
};
pub use evidence::{
    Among, Blocking, BlockingRule, ComparisonChart, Dependence, DependentPair, Histogram,
    LevelChart, LevelOrigin, OversizedBlock, TrainOrigin, Training, TrainingRound, Unlinkables,
};

use linkage::{ClusterGraph, Explanation};
use serde::{Deserialize, Serialize};

/// The form of `report.json`; counted up when a reader of the old form would be misled.
pub const FORM: u32 = 1;

/// A run's report.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Report {
    /// [`FORM`].
    pub form: u32,
    /// The model's name.
    pub model: String,
    /// The model's version.
    pub model_version: u32,
    /// The sources, in the order of their first record.
    pub sources: Vec<Source>,
    /// How many of everything.
    pub counts: Counts,
    /// Where pairs become links, and why there.
    pub threshold: Threshold,
    /// From weight to probability.
    pub calibration: Slopes,
    /// Precision and recall estimated without labels, each way of estimating one entry; the first is the headline.
    pub estimates: Vec<Estimate>,
    /// Precision and recall against a truth, over the pairs within clusters; only when a truth was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accuracy: Option<Accuracy>,
    /// Every comparison with its levels.
    pub comparisons: Vec<ComparisonChart>,
    /// The log-odds, in bits, that two records drawn at random are one person's.
    pub prior_bits: Option<f64>,
    /// How candidates were found and what it cost.
    pub blocking: Blocking,
    /// All candidate pairs by weight with the prior.
    pub scores: Option<Histogram>,
    /// Estimated precision and recall by threshold.
    pub curve: Option<Curve>,
    /// Records that could not be linked even to themselves.
    pub unlinkables: Option<Unlinkables>,
    /// How the comparisons hang together.
    pub dependence: Option<Dependence>,
    /// How the probabilities were learnt.
    pub training: Training,
    /// Clusters by how many records they hold, ascending.
    pub clusters: Vec<ClusterSize>,
    /// Some pairs, explained.
    pub samples: Vec<Explanation>,
    /// Some clusters, as graphs.
    pub graphs: Vec<ClusterGraph>,
    /// What people should settle.
    pub review: Review,
}

/// A source of records.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Source {
    /// Its name: the file's.
    pub name: String,
    /// Its records.
    pub records: u64,
}

/// How many of everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct Counts {
    /// Records.
    pub records: u64,
    /// Candidate pairs that were compared, each once.
    pub candidate_pairs: Option<u64>,
    /// Pairs at or above the review threshold.
    pub scored_pairs: u64,
    /// Pairs that are links.
    pub links: u64,
    /// Pairs for review.
    pub review: u64,
    /// Vetoed pairs.
    pub vetoed: u64,
    /// Clusters, records that stand alone among them.
    pub clusters: u64,
    /// Records that stand alone.
    pub singletons: u64,
    /// Records of the largest cluster.
    pub largest_cluster: u64,
}
