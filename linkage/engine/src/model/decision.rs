//! Where the thresholds lie.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Match probabilities that decide.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Thresholds {
    /// At least this likely: link.
    pub link: f64,
    /// At least this likely, but less than `link`: clerical review. Below: non-link.
    pub review: f64,
    /// Two records of a one-per-cluster source that claim one record within so many bits of each other go to review.
    pub competitor_margin_bits: f32,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            link: 0.9,
            review: 0.1,
            competitor_margin_bits: 2.0,
        }
    }
}

/// Lets the data choose the threshold to link.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct DecisionSettings {
    /// What a false link costs.
    pub cost_false_link: f64,
    /// What a missed link costs, in the same unit.
    pub cost_missed_link: f64,
    /// Synthetic records, as a share of the records, that show how often what cannot match links; 0 for none.
    pub decoys: f64,
}

impl Default for DecisionSettings {
    fn default() -> Self {
        Self {
            cost_false_link: 1.0,
            cost_missed_link: 1.0,
            decoys: 0.1,
        }
    }
}
