//! Why a pair is not a link: each thing that stands against it, and what would have to be otherwise.

use serde::{Deserialize, Serialize};

use super::level_name;
use crate::blocking::Key;
use crate::decide::{Decision, Reason};
use crate::model::{BlockSettings, Scope};
use crate::weigh::{ScoredPair, Weighed};
use crate::{Level, Model, Row, Table};

/// Something that stands against a link.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Obstacle {
    /// Both are of one source, and the model links across sources alone.
    OutOfScope,
    /// No blocking rule makes the two candidates, so a run never looks at them.
    NotCandidates {
        /// Every rule with its keys.
        rules: Vec<RuleMiss>,
    },
    /// The evidence does not reach the threshold.
    BelowThreshold {
        /// Bits that are lacking; infinite never.
        lacking_bits: f32,
        /// Comparisons each of which would alone suffice, at the least level that does.
        alone: Vec<Change>,
        /// The fewest comparisons, at their best levels, that would suffice together; empty when one alone does or when
        /// not even all would.
        together: Vec<Change>,
    },
    /// The caller's knowledge, a competitor or the partition is against it.
    Refused {
        /// Why.
        reason: String,
    },
    /// A veto: never one person, whatever the weight.
    Vetoed {
        /// Which.
        veto: String,
    },
}

/// A rule that does not make two records candidates.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct RuleMiss {
    /// The rule.
    pub rule: String,
    /// Its keys.
    pub keys: Vec<KeyAgreement>,
    /// All keys agree, yet the block was above the rule's maximum and left the pair out.
    pub block_too_large: bool,
}

/// A rule's key over two records.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct KeyAgreement {
    /// The key as it stands in the model.
    pub key: String,
    /// How the two records stand to it.
    pub state: KeyState,
}

/// How two records stand to a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyState {
    /// They share it.
    Same,
    /// They do not.
    Differs,
    /// One or both have none.
    Missing,
}

/// A comparison that would have to come out otherwise.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Change {
    /// The comparison.
    pub comparison: String,
    /// The level it has; `None` when a value is missing.
    pub from: Option<String>,
    /// The level it would need.
    pub to: String,
    /// Bits gained by it, before rarity.
    pub gain_bits: f32,
}

/// All that stands against a pair taken alone.
pub(super) fn of_pair(
    model: &Model,
    table: &Table,
    pair: &ScoredPair,
    parts: &[Weighed],
    rule: Option<usize>,
    decision: Option<Decision>,
) -> Vec<Obstacle> {
    let mut obstacles = Vec::new();
    let one_source = table.source(pair.left) == table.source(pair.right);
    if one_source && model.scope == Scope::AcrossSources {
        obstacles.push(Obstacle::OutOfScope);
    } else if rule.is_none() {
        let miss = |block| rule_miss(block, table, pair.left, pair.right);
        obstacles.push(Obstacle::NotCandidates {
            rules: model.blocks.iter().map(miss).collect(),
        });
    }
    obstacles.extend(below_threshold(model, table, parts, pair));
    obstacles.extend(refused(decision));
    obstacles
}

/// What a decision other than a link and "not sure enough" says against the pair.
pub(super) fn refused(decision: Option<Decision>) -> Option<Obstacle> {
    match decision? {
        Decision::Link | Decision::Review(Reason::Probability) => None,
        Decision::Review(reason) => Some(Obstacle::Refused {
            reason: reason.to_string(),
        }),
        Decision::Vetoed(veto) => Some(Obstacle::Vetoed {
            veto: veto.to_string(),
        }),
    }
}

fn rule_miss(block: &BlockSettings, table: &Table, left: Row, right: Row) -> RuleMiss {
    let keys = block.on.iter().map(|key| KeyAgreement {
        key: key.clone(),
        state: key_state(table, key, left, right),
    });
    let keys = keys.collect::<Vec<_>>();
    RuleMiss {
        rule: block.name.clone(),
        block_too_large: keys.iter().all(|key| key.state == KeyState::Same),
        keys,
    }
}

fn key_state(table: &Table, key: &str, left: Row, right: Row) -> KeyState {
    let read = Key::parse(key)
        .ok()
        .and_then(|key| key.codes(table, "explanation").ok());
    let Some(codes) = read else {
        return KeyState::Missing;
    };
    let (of_left, of_right) = (codes.at(left), codes.at(right));
    if of_left.is_empty() || of_right.is_empty() {
        KeyState::Missing
    } else if of_left.iter().any(|key| of_right.contains(key)) {
        KeyState::Same
    } else {
        KeyState::Differs
    }
}

fn below_threshold(
    model: &Model,
    table: &Table,
    parts: &[Weighed],
    pair: &ScoredPair,
) -> Option<Obstacle> {
    if f64::from(pair.probability) >= model.thresholds.link {
        return None;
    }
    let lacking = (threshold_weight(model, table) - pair.weight).max(0.0);
    let mut alone = changes(model, parts, |gain| gain >= lacking, Wanted::Least);
    alone.sort_by(|one, other| one.gain_bits.total_cmp(&other.gain_bits));
    let mut together = Vec::new();
    if alone.is_empty() {
        let mut best = changes(model, parts, |gain| gain > 0.0, Wanted::Most);
        best.sort_by(|one, other| other.gain_bits.total_cmp(&one.gain_bits));
        let mut gained = 0.0;
        for change in best {
            if gained >= lacking {
                break;
            }
            gained += change.gain_bits;
            together.push(change);
        }
        if gained < lacking {
            together.clear();
        }
    }
    Some(Obstacle::BelowThreshold {
        lacking_bits: lacking,
        alone,
        together,
    })
}

/// The weight, without the prior, from which pairs are linked.
#[expect(
    clippy::cast_possible_truncation,
    reason = "weights are read to a tenth of a bit"
)]
fn threshold_weight(model: &Model, table: &Table) -> f32 {
    model.calibrated(table.len()).weight(model.thresholds.link) as f32
}

#[derive(Clone, Copy)]
enum Wanted {
    Least,
    Most,
}

/// For each comparison the change to the level whose gain is allowed and the least or the most.
fn changes(
    model: &Model,
    parts: &[Weighed],
    allowed: impl Fn(f32) -> bool,
    wanted: Wanted,
) -> Vec<Change> {
    let mut found = Vec::new();
    for (settings, part) in model.comparisons.iter().zip(parts) {
        let gains = (0..settings.levels.len())
            .filter(|&place| !matches!(part.level, Level::At(at) if usize::from(at) == place))
            .filter_map(|place| Some((place, settings.level_bits(place)? - part.weight)))
            .filter(|&(_, gain)| allowed(gain));
        let by_gain = |one: &(usize, f32), other: &(usize, f32)| one.1.total_cmp(&other.1);
        let best = match wanted {
            Wanted::Least => gains.min_by(by_gain),
            Wanted::Most => gains.max_by(by_gain),
        };
        found.extend(best.map(|(place, gain_bits)| Change {
            comparison: settings.name.clone(),
            from: level_name(settings, part.level),
            to: settings.levels[place].name.clone(),
            gain_bits,
        }));
    }
    found
}
