//! A linkage model: what is compared, how candidates are found, and where the thresholds lie. Read from TOML, checked once.

mod block;
mod cluster;
mod column;
mod comparison;
mod decision;
mod kin;
mod training;

pub use block::{BlockSettings, Scope};
pub use cluster::{ClusterSettings, OnePerCluster, SourceSettings};
pub use column::{Clean, ColumnKind, ColumnSettings, Combine, DateOrder, Headings};
pub use comparison::{ComparisonSettings, Kind, LevelSettings};
pub use decision::{DecisionSettings, Thresholds};
pub use kin::{ChangedByMoving, Kin, Moved, SharedByKin};
pub use training::{Dependence, Prior, TrainM, TrainU, Training};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::LinkageError;

/// Most comparisons a model may have: a pattern packs 4 bits of each into 128.
pub const COMPARISONS_MAX: usize = 32;
/// Most levels a comparison may have beside "missing": they share 4 bits with it.
pub const LEVELS_MAX: usize = 15;
/// Most blocking rules: a pair remembers its rule in a byte.
pub const BLOCKS_MAX: usize = 255;

/// The settings of a run; trained m and u probabilities may stand in it.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// The model's name.
    pub name: String,
    /// Counted up when the file changes.
    #[serde(default = "first_version")]
    pub version: u32,
    /// How raw text becomes columns; a table made in code needs none.
    #[serde(rename = "column", default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<ColumnSettings>,
    /// How likely two records are one before anything is compared.
    #[serde(default)]
    pub prior: Prior,
    /// Where to link, and where to ask a person.
    #[serde(default)]
    pub thresholds: Thresholds,
    /// Lets the data choose the threshold to link, in place of `thresholds.link`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<DecisionSettings>,
    /// From weight to probability; a decision by the data writes it, and then it stands in for the prior.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration: Option<crate::estimate::Calibration>,
    /// How clusters are made.
    #[serde(default)]
    pub clusters: ClusterSettings,
    /// Where m and u come from.
    #[serde(default)]
    pub training: Training,
    /// Sources that hold a record a person; a source that is not named may hold any number.
    #[serde(rename = "source", default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<SourceSettings>,
    /// Which pairs of records are looked at.
    #[serde(default, skip_serializing_if = "Scope::is_all")]
    pub scope: Scope,
    /// What is compared.
    #[serde(rename = "comparison")]
    pub comparisons: Vec<ComparisonSettings>,
    /// Comparisons that hang together, so that their weights do not count one thing twice; training writes it.
    #[serde(rename = "dependence", default, skip_serializing_if = "Vec::is_empty")]
    pub dependences: Vec<Dependence>,
    /// What pairs of two persons of one household share; training writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kin: Option<Kin>,
    /// What changes between records of one person who moved; training writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved: Option<Moved>,
    /// How candidate pairs are found; a pair belongs to the first rule that gives it.
    #[serde(rename = "block")]
    pub blocks: Vec<BlockSettings>,
}

impl Model {
    /// Reads and checks a model.
    ///
    /// # Errors
    /// [`LinkageError::Model`] with line and allowed values.
    pub fn parse(text: &str) -> Result<Self, LinkageError> {
        let model: Self =
            toml::from_str(text).map_err(|error| LinkageError::model(error.to_string()))?;
        model
            .check()
            .map_err(|fault| LinkageError::model(fault.with_line(text)))?;
        Ok(model)
    }

    /// The model as TOML, its trained probabilities with it.
    ///
    /// # Errors
    /// [`LinkageError::Model`] if a figure has no place in TOML.
    pub fn to_toml(&self) -> Result<String, LinkageError> {
        toml::to_string(self).map_err(|error| LinkageError::model(error.to_string()))
    }

    /// The JSON Schema of model files, for editors.
    ///
    /// # Errors
    /// None but a programming error.
    pub fn json_schema() -> Result<String, LinkageError> {
        serde_json::to_string_pretty(&schemars::schema_for!(Self))
            .map_err(|error| LinkageError::model(error.to_string()))
    }

    /// The settings of a source, if it is named.
    #[must_use]
    pub fn source(&self, name: &str) -> Option<&SourceSettings> {
        self.sources.iter().find(|source| source.name == name)
    }

    /// Takes the probabilities and the prior as they now stand for good: another run gives the same weights.
    pub(crate) fn settle(&mut self) {
        self.training.m = TrainM::File;
        self.training.u = TrainU::File;
        self.prior.estimate = false;
        self.decision = None;
    }

    fn check(&self) -> Result<(), Fault> {
        bounded(self.comparisons.len(), COMPARISONS_MAX, "comparisons")?;
        bounded(self.blocks.len(), BLOCKS_MAX, "blocking rules")?;
        unique(
            self.comparisons.iter().map(|comparison| &comparison.name),
            "comparison",
        )?;
        unique(self.columns.iter().map(|column| &column.name), "column")?;
        unique(self.blocks.iter().map(|block| &block.name), "block")?;
        unique(self.sources.iter().map(|source| &source.name), "source")?;
        let Thresholds { link, review, .. } = self.thresholds;
        if !(0.0 < review && review <= link && link < 1.0) {
            return Err(Fault::new(
                "thresholds",
                "",
                "thresholds must be 0 < `review` <= `link` < 1".into(),
            ));
        }
        self.clusters.check()?;
        if let Some(kin) = &self.kin {
            kin.check(&self.comparisons)?;
        }
        if let Some(moved) = &self.moved {
            moved.check(&self.comparisons)?;
        }
        self.columns.iter().try_for_each(ColumnSettings::check)?;
        self.comparisons
            .iter()
            .try_for_each(ComparisonSettings::check)?;
        self.blocks
            .iter()
            .try_for_each(|block| self.check_block(block))
    }

    fn check_block(&self, block: &BlockSettings) -> Result<(), Fault> {
        let wrong = |message: String| {
            Err(Fault::new(
                "block",
                &block.name,
                format!("blocking rule `{}`: {message}", block.name),
            ))
        };
        if block.on.is_empty() || block.size_max < 2 {
            return wrong("`on` needs a column and `size_max` at least 2".into());
        }
        for fixed in &block.fixes {
            if !self
                .comparisons
                .iter()
                .any(|comparison| &comparison.name == fixed)
            {
                let known = listed(
                    self.comparisons
                        .iter()
                        .map(|comparison| comparison.name.as_str()),
                );
                return wrong(format!(
                    "`fixes` names `{fixed}`; the comparisons are {known}"
                ));
            }
        }
        Ok(())
    }
}

fn first_version() -> u32 {
    1
}

fn bounded(found: usize, maximum: usize, what: &str) -> Result<(), Fault> {
    if found == 0 || found > maximum {
        return Err(Fault::new(
            "model",
            "",
            format!("a model has 1 to {maximum} {what}, this one {found}"),
        ));
    }
    Ok(())
}

fn unique<'a>(names: impl Iterator<Item = &'a String>, table: &'static str) -> Result<(), Fault> {
    let mut seen = std::collections::BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(Fault::new(
                table,
                name,
                format!("{table} `{name}` stands twice"),
            ));
        }
    }
    Ok(())
}

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// What is wrong in a model that parses, and in which entry.
struct Fault {
    table: &'static str,
    name: String,
    message: String,
}

impl Fault {
    fn new(table: &'static str, name: &str, message: String) -> Self {
        Self {
            table,
            name: name.to_owned(),
            message,
        }
    }

    /// The message, with the line of the last entry of that table and name where the text shows it.
    fn with_line(&self, text: &str) -> String {
        let (header, quoted) = (format!("[[{}]]", self.table), format!("\"{}\"", self.name));
        let (mut inside, mut found) = (false, None);
        for (number, line) in (1..).zip(text.lines().map(str::trim_start)) {
            inside = if line.starts_with('[') {
                line.starts_with(&header)
            } else {
                inside
            };
            if inside && line.starts_with("name") && line.contains(&quoted) {
                found = Some(number);
            }
        }
        found.map_or_else(
            || self.message.clone(),
            |number: usize| format!("line {number}: {}", self.message),
        )
    }
}
