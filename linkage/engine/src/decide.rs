//! What becomes of a scored pair: link, clerical review, or nothing; and what may stand against it.

use rayon::prelude::*;
use serde::Serialize;

use crate::model::Thresholds;
use crate::review::Constraints;
use crate::weigh::{Pattern, ScoredPair, Weighed};
use crate::{Model, Row};

/// Knowledge about pairs that no weight outvotes; the caller's.
pub trait Rules: Sync {
    /// Why the two can never be one person, whatever their weight. It holds over whole clusters.
    fn veto(&self, _left: Row, _right: Row) -> Option<&'static str> {
        None
    }

    /// Why a pair that would link must be settled by a person instead.
    ///
    /// `parts` gives each comparison's part, in the model's order; it is computed when asked for.
    fn doubt(&self, _pair: &ScoredPair, _parts: &dyn Fn() -> Vec<Weighed>) -> Option<&'static str> {
        None
    }

    /// Whether there is no such knowledge at all, about any pair.
    fn are_none(&self) -> bool {
        false
    }
}

impl ScoredPair {
    /// A pair by its weight alone, for those who have weights from elsewhere: no rule, no levels.
    #[must_use]
    pub fn of_weight(left: Row, right: Row, weight: f32, prior_bits: f32) -> Self {
        Self {
            left: left.min(right),
            right: left.max(right),
            rule: 0,
            weight,
            probability: 1.0 / (1.0 + (-(weight + prior_bits)).exp2()),
            pattern: Pattern::default(),
            unused: [0; 3],
        }
    }
}

/// No knowledge beside the weights.
pub struct NoRules;

impl Rules for NoRules {
    fn are_none(&self) -> bool {
        true
    }
}

/// What becomes of a pair at or above the review threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// One person.
    Link,
    /// A person must settle it.
    Review(Reason),
    /// Two persons, by a veto.
    Vetoed(&'static str),
}

/// Why a pair is for review.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Its probability lies between the thresholds.
    Probability,
    /// The caller's rules doubt it.
    Doubt(&'static str),
    /// Another partition, that ties one of the two records to others, is about as good: a twin, a household's member, a
    /// second record of a source that holds a person once.
    Competitor,
    /// Some records of the two clusters can never be one person.
    ClusterVeto(&'static str),
    /// A source that holds one record a person would hold two.
    OnePerSource,
    /// The cluster would be larger than the model allows.
    ClusterSize,
    /// The pair's clusters contradict each other more than the pair supports them.
    Contradiction,
}

impl std::fmt::Display for Reason {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Probability => {
                formatter.write_str("the probability lies between review and link")
            }
            Self::Doubt(doubt) => formatter.write_str(doubt),
            Self::Competitor => formatter.write_str("another record fits about as well"),
            Self::ClusterVeto(veto) => write!(formatter, "within the cluster: {veto}"),
            Self::OnePerSource => formatter.write_str("the source would hold this person twice"),
            Self::ClusterSize => formatter.write_str("the cluster would be too large"),
            Self::Contradiction => {
                formatter.write_str("the other records of the clusters contradict it")
            }
        }
    }
}

/// A first decision for each pair taken alone, but for what people decided; clustering may still refuse a link.
#[must_use]
pub(crate) fn decide(
    model: &Model,
    rules: &dyn Rules,
    constraints: &Constraints,
    pairs: &[ScoredPair],
    parts: &(dyn Fn(&ScoredPair) -> Vec<Weighed> + Sync),
) -> Vec<Decision> {
    let mut decisions = pairs
        .par_iter()
        .map(|pair| decide_alone(model.thresholds, rules, pair, &|| parts(pair)))
        .collect::<Vec<_>>();
    constraints.apply(pairs, &mut decisions);
    decisions
}

fn decide_alone(
    thresholds: Thresholds,
    rules: &dyn Rules,
    pair: &ScoredPair,
    parts: &dyn Fn() -> Vec<Weighed>,
) -> Decision {
    if let Some(veto) = rules.veto(pair.left, pair.right) {
        return Decision::Vetoed(veto);
    }
    if f64::from(pair.probability) < thresholds.link {
        return Decision::Review(Reason::Probability);
    }
    rules.doubt(pair, parts).map_or(Decision::Link, |doubt| {
        Decision::Review(Reason::Doubt(doubt))
    })
}
