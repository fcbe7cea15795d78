//! What is compared, and by which levels.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Fault, LEVELS_MAX, listed, unique};
use crate::comparison::Test;

/// One comparison: a column, the kind of test, and levels from best to worst.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ComparisonSettings {
    /// Its name, shown to people.
    pub name: String,
    /// How values are compared.
    pub kind: Kind,
    /// The column; a custom comparison has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// Most bits that this comparison may say for a match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bits_max: Option<f32>,
    /// Most bits that this comparison may say against a match, a positive figure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub against_bits_max: Option<f32>,
    /// Tried in order; the first whose test holds is the pair's.
    #[serde(rename = "level")]
    pub levels: Vec<LevelSettings>,
}

/// The kinds of comparison.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Equal or not.
    Exact,
    /// Similarity of short strings (Winkler 1990).
    JaroWinkler,
    /// Dates with slips and unknown parts.
    Date,
    /// Numbers within a distance.
    Number,
    /// Values shared by two sets.
    Array,
    /// Given by the caller under the comparison's name.
    Custom,
}

/// One level of a comparison.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LevelSettings {
    /// Its name, shown to people.
    pub name: String,
    /// The test; a custom comparison's levels have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Test>,
    /// Chance of this level when the two are one person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub m: Option<f64>,
    /// Chance of this level when they are two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub u: Option<f64>,
    /// With `rarity`, the mean share of the values by which two persons reach this level; training sets it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean_share: Option<f64>,
    /// Agreement weighs by how rare the agreed value is, in place of the level's mean u.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rarity: bool,
    /// Training leaves this level's m and u as they stand in the file.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub fixed: bool,
}

impl ComparisonSettings {
    pub(super) fn check(&self) -> Result<(), Fault> {
        let wrong = |message: String| {
            Err(Fault::new(
                "comparison",
                &self.name,
                format!("comparison `{}`: {message}", self.name),
            ))
        };
        if self.levels.len() < 2 || self.levels.len() > LEVELS_MAX {
            return wrong(format!(
                "needs 2 to {LEVELS_MAX} levels, has {}",
                self.levels.len()
            ));
        }
        if let Err(fault) = unique(self.levels.iter().map(|level| &level.name), "level") {
            return wrong(fault.message);
        }
        if (self.kind == Kind::Custom) == self.column.is_some() {
            return wrong("every kind but `custom` needs `column`, and `custom` has none".into());
        }
        for level in &self.levels {
            let known = self.kind.tests();
            match &level.when {
                None if self.kind == Kind::Custom => {}
                Some(test) if known.contains(&test.name()) => {}
                _ if self.kind == Kind::Custom => {
                    return wrong(format!(
                        "level `{}` of a custom comparison has no `when`",
                        level.name
                    ));
                }
                _ => {
                    return wrong(format!(
                        "level `{}` needs a `when` of {}",
                        level.name,
                        listed(known.iter().copied())
                    ));
                }
            }
            if [level.m, level.u]
                .iter()
                .flatten()
                .any(|chance| !(*chance > 0.0 && *chance < 1.0))
            {
                return wrong(format!(
                    "level `{}`: `m` and `u` lie between 0 and 1, neither included",
                    level.name
                ));
            }
        }
        let sum = self.levels.iter().filter_map(|level| level.m).sum::<f64>();
        if sum > 1.001 {
            return wrong(format!("the levels' `m` add up to {sum:.3}, more than 1"));
        }
        Ok(())
    }
}

impl Kind {
    /// The tests that levels of this kind may use.
    #[must_use]
    pub fn tests(self) -> &'static [&'static str] {
        match self {
            Self::Exact => &["same", "otherwise"],
            Self::JaroWinkler => &["same", "at_least", "otherwise"],
            Self::Date => &[
                "same",
                "swapped",
                "years_off",
                "within",
                "first_of_year",
                "part_of",
                "same_year",
                "otherwise",
            ],
            Self::Number => &["same", "within", "otherwise"],
            Self::Array => &["shared", "otherwise"],
            Self::Custom => &[],
        }
    }
}
