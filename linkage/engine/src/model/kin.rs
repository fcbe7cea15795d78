//! What is known of kin and of people who moved.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ComparisonSettings, Fault, listed};

/// Pairs of two persons who share much, such as members of one household, so that what they share is no evidence against
/// them; training writes it where comparisons tell kin apart.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Kin {
    /// Pairs of kin for each pair that may be compared.
    pub per_pair: f64,
    /// What they share.
    pub shared: Vec<SharedByKin>,
}

impl Kin {
    /// Pairs of kin who share what the comparison looks at, for each pair.
    pub(crate) fn sharing(&self, comparison: &str) -> f64 {
        let mut shared = self.shared.iter();
        let share = shared.find(|shared| shared.comparison == comparison);
        self.per_pair * share.map_or(0.0, |shared| shared.share)
    }
}

/// What kin share.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct SharedByKin {
    /// The comparison that looks at it.
    pub comparison: String,
    /// How often they share it.
    pub share: f64,
    /// By level, in the model's order: bits by which those who share it come to the level more often than one person's records
    /// do; none stand for zeros.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bits: Vec<f32>,
}

/// Records of one person between which much of what kin share has changed at once, such as those of people who moved; training
/// writes it where comparisons tell kin apart.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Moved {
    /// Matches who moved for each match who did not.
    pub per_match: f64,
    /// What changed.
    pub changed: Vec<ChangedByMoving>,
}

/// What changes when people move.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct ChangedByMoving {
    /// The comparison that looks at it.
    pub comparison: String,
    /// By level, in the model's order: bits by which matches who moved come to the level more often than others.
    pub bits: Vec<f32>,
}

impl Kin {
    pub(super) fn check(&self, comparisons: &[ComparisonSettings]) -> Result<(), Fault> {
        within("kin", "per_pair", self.per_pair, f64::MIN_POSITIVE)?;
        self.shared.iter().try_for_each(|one| {
            known("kin", &one.comparison, one.bits.len(), comparisons)?;
            within("kin", "share", one.share, 0.0)
        })
    }
}

impl Moved {
    pub(super) fn check(&self, comparisons: &[ComparisonSettings]) -> Result<(), Fault> {
        within("moved", "per_match", self.per_match, f64::MIN_POSITIVE)?;
        self.changed
            .iter()
            .try_for_each(|one| known("moved", &one.comparison, one.bits.len(), comparisons))
    }
}

fn within(table: &'static str, field: &str, figure: f64, least: f64) -> Result<(), Fault> {
    if (least..=1.0).contains(&figure) {
        return Ok(());
    }
    let above = if least > 0.0 {
        "above 0 and at most 1"
    } else {
        "between 0 and 1"
    };
    Err(Fault::new(
        table,
        "",
        format!("`{table}`: `{field}` is {figure}, which is not {above}"),
    ))
}

fn known(
    table: &'static str,
    name: &str,
    figures: usize,
    comparisons: &[ComparisonSettings],
) -> Result<(), Fault> {
    let mut all = comparisons.iter();
    let Some(comparison) = all.find(|comparison| comparison.name == name) else {
        let names = comparisons
            .iter()
            .map(|comparison| comparison.name.as_str());
        let message = format!(
            "`{table}` names `{name}`; the comparisons are {}",
            listed(names)
        );
        return Err(Fault::new(table, "", message));
    };
    if figures > comparison.levels.len() {
        let message = format!("`{table}` has more `bits` for `{name}` than it has levels");
        return Err(Fault::new(table, "", message));
    }
    Ok(())
}
