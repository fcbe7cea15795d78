//! Why two records are or are not one person, for people and machines.

use serde::Serialize;

use crate::decide::Decision;
use crate::weigh::ScoredPair;
use crate::{Level, Model, Table};

/// A pair's account: levels and weights, never the values compared.
#[derive(Clone, Debug, Serialize)]
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
    /// What the pair comes to by itself; `None` below the review threshold.
    pub decision: Option<Decision>,
}

/// A record by its name.
#[derive(Clone, Debug, Serialize)]
pub struct RecordName {
    /// The source.
    pub source: String,
    /// The record's id in it.
    pub id: String,
}

/// One comparison's part.
#[derive(Clone, Debug, Serialize)]
pub struct ExplainedComparison {
    /// The comparison.
    pub comparison: String,
    /// The level; `None` when a value is missing.
    pub level: Option<String>,
    /// Its weight in bits.
    pub weight: f32,
    /// The part of it that is due to the value's being rare (or common, when negative).
    pub rarity: f32,
}

impl Explanation {
    pub(crate) fn new(
        model: &Model,
        table: &Table,
        pair: &ScoredPair,
        rule: Option<usize>,
        prior_bits: f32,
        decision: Option<Decision>,
    ) -> Self {
        let name = |row| RecordName {
            source: table.source_names()[usize::from(table.source(row))].clone(),
            id: table.id(row).to_owned(),
        };
        let parts = model
            .comparisons
            .iter()
            .zip(&pair.comparisons)
            .map(|(settings, weighed)| ExplainedComparison {
                comparison: settings.name.clone(),
                level: match weighed.level {
                    Level::Missing => None,
                    Level::At(place) => Some(settings.levels[usize::from(place)].name.clone()),
                },
                weight: weighed.weight,
                rarity: weighed.rarity,
            });
        Self {
            left: name(pair.left),
            right: name(pair.right),
            rule: rule.map(|rule| model.blocks[rule].name.clone()),
            comparisons: parts.collect(),
            prior_bits,
            weight: pair.weight,
            probability: pair.probability,
            decision,
        }
    }
}

impl std::fmt::Display for Explanation {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { left, right, .. } = self;
        writeln!(
            formatter,
            "{} {}  and  {} {}",
            left.source, left.id, right.source, right.id
        )?;
        writeln!(
            formatter,
            "candidates by: {}",
            self.rule.as_deref().unwrap_or("no blocking rule")
        )?;
        writeln!(
            formatter,
            "{:<24} {:<32} {:>8} {:>8}",
            "comparison", "level", "bits", "rarity"
        )?;
        writeln!(
            formatter,
            "{:<24} {:<32} {:>8.2}",
            "(any two records)", "", self.prior_bits
        )?;
        for part in &self.comparisons {
            let level = part.level.as_deref().unwrap_or("-");
            writeln!(
                formatter,
                "{:<24} {:<32} {:>8.2} {:>8.2}",
                part.comparison, level, part.weight, part.rarity
            )?;
        }
        writeln!(
            formatter,
            "{:<24} {:<32} {:>8.2}",
            "together",
            "",
            self.weight + self.prior_bits
        )?;
        let outcome = match &self.decision {
            None => "two persons as far as is known".to_owned(),
            Some(Decision::Link) => "one person".to_owned(),
            Some(Decision::Review(reason)) => format!("for review: {reason}"),
            Some(Decision::Vetoed(veto)) => format!("never one person: {veto}"),
        };
        writeln!(
            formatter,
            "match probability {:.6}: {outcome}",
            self.probability
        )
    }
}
