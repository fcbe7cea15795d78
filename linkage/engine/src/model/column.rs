//! How raw text becomes a typed column.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One column of the files to be linked.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnSettings {
    /// Its name, by which comparisons and blocking rules name it.
    pub name: String,
}
