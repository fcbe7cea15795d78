//! How candidate pairs are found.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which pairs of records may be one person's.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Any two records: linking and finding duplicates.
    #[default]
    All,
    /// Only records of different sources: linking alone.
    AcrossSources,
}

impl Scope {
    /// Whether no pair is left out.
    #[must_use]
    pub fn is_all(&self) -> bool {
        *self == Self::All
    }
}

/// Most records of one block where a rule says nothing else: half a million pairs.
const SIZE_MAX: usize = 1_000;

fn size_max() -> usize {
    SIZE_MAX
}

/// One blocking rule: records that agree on all its columns are candidates.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct BlockSettings {
    /// Its name, shown to people.
    pub name: String,
    /// Columns whose values must be equal (of an array, one element); a record that misses one is not in the rule.
    pub on: Vec<String>,
    /// Most records of one block.
    #[serde(default = "size_max")]
    pub size_max: usize,
    /// Columns that split a block that is too large; what still is, or misses them, is left out and reported.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refine: Vec<String>,
    /// Comparisons that this rule decides beforehand; training does not learn them from its pairs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fixes: Vec<String>,
    /// Whether training learns from this rule's pairs.
    #[serde(default)]
    pub train: bool,
}
