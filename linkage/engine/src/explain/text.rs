//! Explanations and graphs as plain text.

use std::fmt::{Display, Formatter, Result};

use super::{
    Change, ClusterGraph, Explanation, KeyState, Obstacle, RecordName, RuleMiss, Tie, Verdict,
};

/// Rules of which a text says how near they came; the others are counted.
const RULES_TOLD_MAX: usize = 5;

impl Display for RecordName {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        write!(formatter, "{} {}", self.source, self.id)
    }
}

impl Display for Explanation {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        writeln!(formatter, "{}  and  {}", self.left, self.right)?;
        let rule = self.rule.as_deref().unwrap_or("no blocking rule");
        writeln!(formatter, "candidates by: {rule}")?;
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
            self.total_bits()
        )?;
        writeln!(
            formatter,
            "match probability {:.6}: {}",
            self.probability, self.verdict
        )?;
        if self.together == Some(true) && self.verdict != Verdict::Link {
            writeln!(formatter, "in one cluster by way of other records")?;
        }
        for obstacle in &self.obstacles {
            write!(formatter, "{obstacle}")?;
        }
        Ok(())
    }
}

impl Display for Verdict {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        match self {
            Self::Link => formatter.write_str("one person"),
            Self::Review { reason } => write!(formatter, "for review: {reason}"),
            Self::NonLink => formatter.write_str("two persons as far as is known"),
            Self::Vetoed { veto } => write!(formatter, "never one person: {veto}"),
        }
    }
}

impl Display for Obstacle {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        match self {
            Self::OutOfScope => writeln!(
                formatter,
                "not linked: both are of one source, and the model links across sources alone"
            ),
            Self::NotCandidates { rules } => not_candidates(formatter, rules),
            Self::BelowThreshold {
                lacking_bits,
                alone,
                together,
            } => {
                writeln!(
                    formatter,
                    "not linked: {lacking_bits:.2} bits below the threshold"
                )?;
                for change in alone {
                    writeln!(formatter, "  enough alone: {change}")?;
                }
                for change in together {
                    writeln!(formatter, "  enough together: {change}")?;
                }
                if alone.is_empty() && together.is_empty() {
                    writeln!(
                        formatter,
                        "  not even agreement in everything would be enough"
                    )?;
                }
                Ok(())
            }
            Self::Refused { reason } => writeln!(formatter, "not linked: {reason}"),
            Self::Vetoed { veto } => writeln!(formatter, "not linked: veto, {veto}"),
        }
    }
}

/// The rules that came nearest, with what they lacked.
fn not_candidates(formatter: &mut Formatter<'_>, rules: &[RuleMiss]) -> Result {
    writeln!(
        formatter,
        "not linked: no blocking rule makes them candidates"
    )?;
    let mut nearest = rules.iter().collect::<Vec<_>>();
    nearest.sort_by_key(|rule| rule.lacking().count());
    for rule in nearest.iter().take(RULES_TOLD_MAX) {
        writeln!(formatter, "  {rule}")?;
    }
    if nearest.len() > RULES_TOLD_MAX {
        writeln!(
            formatter,
            "  and {} more rules",
            nearest.len() - RULES_TOLD_MAX
        )?;
    }
    Ok(())
}

impl Display for RuleMiss {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        write!(formatter, "rule `{}`: ", self.rule)?;
        if self.block_too_large {
            return formatter.write_str("its block is too large");
        }
        for (place, key) in self.lacking().enumerate() {
            let comma = if place == 0 { "" } else { ", " };
            let state = match key.state {
                KeyState::Missing => "is missing",
                KeyState::Same | KeyState::Differs => "differs",
            };
            write!(formatter, "{comma}`{}` {state}", key.key)?;
        }
        Ok(())
    }
}

impl RuleMiss {
    /// The keys that keep the rule from giving the pair.
    pub fn lacking(&self) -> impl Iterator<Item = &super::KeyAgreement> {
        self.keys.iter().filter(|key| key.state != KeyState::Same)
    }
}

impl Display for Change {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        let from = self.from.as_deref().unwrap_or("(missing)");
        write!(
            formatter,
            "{}: {} in place of {from} (+{:.2} bits)",
            self.comparison, self.to, self.gain_bits
        )
    }
}

impl Display for ClusterGraph {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        writeln!(
            formatter,
            "{} records, {} scored pairs of {}",
            self.records.len(),
            self.edges.len(),
            self.pairs_possible()
        )?;
        for (place, edge) in self.edges.iter().enumerate() {
            let tie = match edge.tie {
                Tie::Link => "link",
                Tie::Review => "review",
                Tie::Vetoed => "veto",
            };
            let weakest = if self.weakest == Some(place) {
                "  weakest"
            } else {
                ""
            };
            let bridge = if edge.bridge { "  bridge" } else { "" };
            writeln!(
                formatter,
                "{}  -  {}  {:.2} bits  {:.6}  {tie}{weakest}{bridge}",
                self.records[edge.left], self.records[edge.right], edge.weight, edge.probability
            )?;
        }
        let Some(split) = &self.split else {
            return Ok(());
        };
        let side = split
            .side
            .iter()
            .map(|&place| self.records[place].to_string());
        writeln!(
            formatter,
            "without {}  -  {} the cluster falls apart: {}  from the others",
            self.records[self.edges[split.edge].left],
            self.records[self.edges[split.edge].right],
            side.collect::<Vec<_>>().join(", ")
        )
    }
}
