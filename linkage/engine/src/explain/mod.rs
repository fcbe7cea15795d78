//! Why two records are or are not one person, and how a cluster holds together; for people and machines.
//!
//! Names, ids, levels and figures are told, never the values compared.

mod graph;
mod obstacle;
mod text;

pub use graph::{ClusterGraph, ClusterSplit, GraphEdge, Tie};
pub use obstacle::{Change, KeyAgreement, KeyState, Obstacle, RuleMiss};

use serde::{Deserialize, Serialize};

use crate::decide::Decision;
use crate::model::ComparisonSettings;
use crate::weigh::{ScoredPair, Weighed};
use crate::{Calibration, Clusters, Level, Linkage, Model, ReviewItem, Row, Table, review_order};

/// A pair's account: levels and weights, never the values compared.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Explanation {
    /// Source and id of one record.
    pub left: RecordName,
    /// Source and id of the other.
    pub right: RecordName,
    /// The first blocking rule that makes them candidates; none when no rule does.
    pub rule: Option<String>,
    /// Each comparison's part.
    pub comparisons: Vec<ExplainedComparison>,
    /// The log-odds of a pair drawn at random, in bits.
    pub prior_bits: f32,
    /// Sum of the comparisons' weights in bits.
    pub weight: f32,
    /// The match probability.
    pub probability: f32,
    /// The match probability from which pairs are linked.
    pub threshold: f64,
    /// What the pair comes to, for code that acts on it; `None` below the review threshold.
    #[serde(skip)]
    pub decision: Option<Decision>,
    /// The same in words.
    pub verdict: Verdict,
    /// Whether the run put both into one cluster; unknown for a pair taken alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub together: Option<bool>,
    /// Why the two are not linked, each thing that stands against it; empty for a link.
    pub obstacles: Vec<Obstacle>,
}

/// A record by its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
pub struct RecordName {
    /// The source.
    pub source: String,
    /// The record's id in it.
    pub id: String,
}

/// One comparison's part.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct ExplainedComparison {
    /// The comparison.
    pub comparison: String,
    /// The level; `None` when a value is missing.
    pub level: Option<String>,
    /// Its weight in bits, rarity included.
    pub weight: f32,
    /// The part of it that is due to the value's being rare (or common, when negative).
    pub rarity: f32,
}

/// What a pair comes to.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Verdict {
    /// One person.
    Link,
    /// A person must settle it.
    Review {
        /// Why.
        reason: String,
    },
    /// Two persons as far as is known.
    NonLink,
    /// Two persons for certain.
    Vetoed {
        /// Why.
        veto: String,
    },
}

impl From<Option<&Decision>> for Verdict {
    fn from(decision: Option<&Decision>) -> Self {
        match decision {
            None => Self::NonLink,
            Some(Decision::Link) => Self::Link,
            Some(Decision::Review(reason)) => Self::Review {
                reason: reason.to_string(),
            },
            Some(Decision::Vetoed(veto)) => Self::Vetoed {
                veto: veto.to_string(),
            },
        }
    }
}

impl RecordName {
    /// The name of a row.
    #[must_use]
    pub fn of(table: &Table, row: Row) -> Self {
        Self {
            source: table.source_names()[usize::from(table.source(row))].clone(),
            id: table.id(row).to_owned(),
        }
    }
}

impl Explanation {
    /// Accounts for a pair, whether or not a rule gives it. `parts` are those of `pair`, in the model's order.
    pub(crate) fn new(
        model: &Model,
        table: &Table,
        pair: &ScoredPair,
        parts: &[Weighed],
        rule: Option<usize>,
        prior_bits: f32,
        decision: Option<Decision>,
    ) -> Self {
        let told = |(settings, weighed): (&ComparisonSettings, &Weighed)| ExplainedComparison {
            comparison: settings.name.clone(),
            level: level_name(settings, weighed.level),
            weight: weighed.weight,
            rarity: weighed.rarity,
        };
        Self {
            left: RecordName::of(table, pair.left),
            right: RecordName::of(table, pair.right),
            rule: rule.map(|rule| model.blocks[rule].name.clone()),
            comparisons: model.comparisons.iter().zip(parts).map(told).collect(),
            prior_bits,
            weight: pair.weight,
            probability: pair.probability,
            threshold: model.thresholds.link,
            verdict: Verdict::from(decision.as_ref()),
            decision,
            together: None,
            obstacles: obstacle::of_pair(model, table, pair, parts, rule, decision),
        }
    }

    /// The account with what a whole run made of the pair: what the partition decided and whether the two ended in one
    /// cluster. The rows are those of the pair that is explained.
    #[must_use]
    pub fn within(mut self, linkage: &Linkage, left: Row, right: Row) -> Self {
        let key = (left.min(right), left.max(right));
        let place = linkage
            .pairs
            .binary_search_by_key(&key, |pair| (pair.left, pair.right));
        if let Ok(place) = place {
            let decision = linkage.decisions[place];
            self.obstacles
                .retain(|obstacle| !matches!(obstacle, Obstacle::Refused { .. }));
            self.obstacles.extend(obstacle::refused(Some(decision)));
            self.verdict = Verdict::from(Some(&decision));
            self.decision = Some(decision);
        }
        let together = linkage
            .clusters
            .iter()
            .find(|members| members.binary_search(&key.0).is_ok())
            .is_some_and(|members| members.binary_search(&key.1).is_ok());
        if together {
            self.obstacles.clear();
        }
        self.together = Some(together);
        self
    }

    /// The log-odds of the two being one person, in bits: what the waterfall comes to.
    #[must_use]
    pub fn total_bits(&self) -> f32 {
        self.prior_bits + self.weight
    }
}

impl Linkage {
    /// What to ask people, the question whose answer would change most first; see [`review_order`](crate::review_order).
    #[must_use]
    pub fn questions(&self) -> Vec<ReviewItem> {
        let records = self.clusters.iter().map(Vec::len).sum();
        let mut labels = vec![0; records];
        for cluster in &self.clusters {
            for &row in cluster {
                labels[row as usize] = cluster[0];
            }
        }
        review_order(
            &self.pairs,
            &self.decisions,
            &Clusters::from_labels(&labels),
        )
    }
}

impl Model {
    /// The log-odds, in bits, that two of so many records drawn at random are one person's.
    #[must_use]
    pub fn prior_bits(&self, records: usize) -> f32 {
        crate::weigh::prior_bits(self, records)
    }

    /// From weight to match probability in a run of so many records: as the data calibrated it, or by the prior alone.
    #[must_use]
    pub fn calibrated(&self, records: usize) -> Calibration {
        crate::weigh::calibration(self, records)
    }
}

impl ComparisonSettings {
    /// The weight in bits of the level at `place`, before rarity and within the comparison's bounds; `None` while its m or
    /// u is not known.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "weights are read to a tenth of a bit"
    )]
    pub fn level_bits(&self, place: usize) -> Option<f32> {
        let level = self.levels.get(place)?;
        let bits = (level.m? / level.u?).log2() as f32;
        let least = -self.against_bits_max.unwrap_or(f32::INFINITY);
        Some(bits.clamp(least, self.bits_max.unwrap_or(f32::INFINITY)))
    }
}

fn level_name(settings: &ComparisonSettings, level: Level) -> Option<String> {
    match level {
        Level::Missing => None,
        Level::At(place) => Some(settings.levels[usize::from(place)].name.clone()),
    }
}
