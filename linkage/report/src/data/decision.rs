//! The part of a report that is about thresholds, quality and what is left to people.

use linkage::RecordName;
use serde::{Deserialize, Serialize};

/// A figure with the bounds between which it lies.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
pub struct Interval {
    /// The figure.
    pub value: f64,
    /// Lower bound; unknown when the figure is told without bounds.
    pub low: Option<f64>,
    /// Upper bound.
    pub high: Option<f64>,
}

impl Interval {
    /// A figure without bounds.
    #[must_use]
    pub fn point(value: f64) -> Self {
        Self {
            value,
            low: None,
            high: None,
        }
    }

    /// A figure between bounds.
    #[must_use]
    pub fn between(low: f64, value: f64, high: f64) -> Self {
        Self {
            value,
            low: Some(low),
            high: Some(high),
        }
    }
}

/// Where pairs become links.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Threshold {
    /// The match probability from which pairs are linked.
    pub probability: f64,
    /// The weight there with the prior, in bits; the scale of [`Curve`] and the histograms.
    pub bits: f64,
    /// The match probability from which pairs are for review.
    pub review: f64,
    /// Why it lies there.
    pub origin: ThresholdOrigin,
}

/// What a bit of weight is worth in log-odds; the weight with the prior is 0 at even odds.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
pub struct Slopes {
    /// Above even odds.
    pub above: f64,
    /// Below.
    pub below: f64,
}

/// Why the threshold lies where it does.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(tag = "from", rename_all = "snake_case")]
pub enum ThresholdOrigin {
    /// It stands in the model.
    Model,
    /// Whoever ran it gave it.
    Given,
    /// Chosen from the data: the least expected cost.
    Cost {
        /// What a false link costs.
        false_link: f64,
        /// What a missed link costs.
        missed_link: f64,
    },
}

/// Precision and recall without labels.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Estimate {
    /// How they were estimated.
    pub method: String,
    /// Links that are right, of all links.
    pub precision: Option<Interval>,
    /// True pairs that are linked, of all true pairs.
    pub recall: Option<Interval>,
    /// Their harmonic mean.
    pub f1: Option<Interval>,
    /// How often the bounds hold the truth, such as 0.95.
    pub confidence: f64,
}

/// Precision and recall against a truth.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
pub struct Accuracy {
    /// True links of all links.
    pub precision: f64,
    /// True links of all that there are to find.
    pub recall: f64,
    /// Their harmonic mean.
    pub f1: f64,
    /// Pairs of one person in one cluster.
    pub true_links: u64,
    /// Pairs of two persons in one cluster.
    pub false_links: u64,
    /// Pairs of one person in two clusters.
    pub missed_links: u64,
}

impl From<linkage::PairAccuracy> for Accuracy {
    fn from(pairs: linkage::PairAccuracy) -> Self {
        Self {
            precision: pairs.accuracy.precision,
            recall: pairs.accuracy.recall,
            f1: pairs.accuracy.f1,
            true_links: pairs.true_links,
            false_links: pairs.false_links,
            missed_links: pairs.missed_links,
        }
    }
}

/// Estimated quality by threshold.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Curve {
    /// How often the bounds hold the truth, such as 0.95; of no meaning when the points have no bounds.
    pub confidence: f64,
    /// The points, by ascending threshold.
    pub points: Vec<CurvePoint>,
}

/// Estimated quality at one threshold.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
pub struct CurvePoint {
    /// The threshold: weight with the prior, in bits.
    pub bits: f64,
    /// Pairs at or above it.
    pub links: u64,
    /// Links that are right, of all links.
    pub precision: Option<Interval>,
    /// True pairs that are linked, of all true pairs.
    pub recall: Option<Interval>,
    /// Their harmonic mean.
    pub f1: Option<Interval>,
}

/// How many clusters hold so many records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct ClusterSize {
    /// Records.
    pub records: u64,
    /// Clusters of so many.
    pub clusters: u64,
}

/// What people should settle.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
pub struct Review {
    /// Pairs for review by reason, the most frequent first.
    pub reasons: Vec<ReasonCount>,
    /// The first of them, in the order in which to settle them.
    pub head: Vec<ReviewEntry>,
}

/// How many pairs are for review for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct ReasonCount {
    /// The reason.
    pub reason: String,
    /// Pairs.
    pub pairs: u64,
}

/// A pair for review.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct ReviewEntry {
    /// One record.
    pub left: RecordName,
    /// The other.
    pub right: RecordName,
    /// The match probability.
    pub probability: f64,
    /// Weight with the prior, in bits.
    pub bits: f64,
    /// Why it is for review.
    pub reason: String,
    /// Pairs of records that the other answer would join or part, times how little is known of it (1 at even odds).
    pub worth: Option<f64>,
}
