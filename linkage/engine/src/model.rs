//! A linkage model: what is compared, how candidates are found, and where the thresholds lie. Read from TOML, checked once.

use serde::{Deserialize, Serialize};

use crate::LinkageError;
use crate::comparison::Test;

/// Most comparisons a model may have: a pattern packs 4 bits of each into 128.
pub const COMPARISONS_MAX: usize = 32;
/// Most levels a comparison may have beside "missing": they share 4 bits with it.
pub const LEVELS_MAX: usize = 15;
/// Most blocking rules: a pair remembers its rule in a byte.
pub const BLOCKS_MAX: usize = 255;

/// The settings of a run; trained m and u probabilities may stand in it.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// The model's name.
    pub name: String,
    /// Counted up when the file changes.
    pub version: u32,
    /// How likely two records are one before anything is compared.
    pub prior: Prior,
    /// Where to link, and where to ask a person.
    pub thresholds: Thresholds,
    /// How clusters are made.
    pub clusters: ClusterSettings,
    /// Where m and u come from.
    pub training: Training,
    /// Sources that hold a record a person; a source that is not named may hold any number.
    #[serde(rename = "source", default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<SourceSettings>,
    /// What is compared.
    #[serde(rename = "comparison")]
    pub comparisons: Vec<ComparisonSettings>,
    /// How candidate pairs are found; a pair belongs to the first rule that gives it.
    #[serde(rename = "block")]
    pub blocks: Vec<BlockSettings>,
}

/// The chance that two records drawn at random are one person's.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Prior {
    /// True pairs expected for each record, such as 0.5 when every person has two records.
    pub matches_per_record: f64,
    /// Replace that figure by what the data shows.
    #[serde(default)]
    pub estimate: bool,
}

/// Match probabilities that decide.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    /// At least this likely: link.
    pub link: f64,
    /// At least this likely, but less than `link`: clerical review. Below: non-link.
    pub review: f64,
    /// Two records of a one-per-cluster source that claim one record within so many bits of each other go to review.
    pub competitor_margin_bits: f32,
}

/// How links become clusters.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ClusterSettings {
    /// Most records of one person; what would exceed it goes to review.
    pub size_max: usize,
    /// How much of the evidence against, between records that others tie together, counts (0 to 1).
    pub contradiction_share: f32,
    /// Most rounds of moving single records to better clusters.
    pub rounds_max: usize,
}

/// Where the probabilities of the levels come from.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Training {
    /// `file`: from the model file alone. `em`: estimated, the file's figures being prior knowledge.
    pub m: TrainM,
    /// `file`: from the model file alone. `data`: from value frequencies and random pairs.
    pub u: TrainU,
    /// How many random pairs to draw for u.
    pub random_pairs: u64,
    /// The seed of that draw.
    pub seed: u64,
    /// How many matched pairs the file's m, how many hundred random pairs the file's u is worth.
    pub prior_pairs: f64,
    /// Most rounds of EM.
    pub rounds_max: usize,
    /// EM ends when no probability moves by more.
    pub tolerance: f64,
    /// Most candidate pairs taken from each rule for EM, evenly over its blocks.
    pub pairs_per_rule_max: u64,
    /// Most pairs that blocking may give; a run that would exceed it is refused.
    pub pairs_max: u64,
}

/// How m is trained.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum TrainM {
    /// Not at all.
    File,
    /// By expectation maximisation.
    Em,
}

/// How u is trained.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum TrainU {
    /// Not at all.
    File,
    /// From value frequencies, and random pairs where those do not tell.
    Data,
}

/// A source that is de-duplicated in itself.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SourceSettings {
    /// The source's name in the table.
    pub name: String,
    /// How strictly it holds one record a person.
    pub one_per_cluster: OnePerCluster,
    /// With `soft`: evidence, in bits, that a second record of the source in one cluster costs.
    #[serde(default)]
    pub penalty_bits: f32,
}

/// How strictly a source holds one record a person.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum OnePerCluster {
    /// It may hold any number.
    Free,
    /// A preference that strong evidence breaks.
    Soft,
    /// Never two in one cluster.
    Hard,
}

/// One comparison: a column, the kind of test, and levels from best to worst.
#[derive(Clone, Debug, Deserialize, Serialize)]
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
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
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
#[derive(Clone, Debug, Deserialize, Serialize)]
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
    /// Agreement weighs by how rare the agreed value is, in place of the level's mean u.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rarity: bool,
    /// Training leaves this level's m and u as they stand in the file.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub fixed: bool,
}

/// One blocking rule: records that agree on all its columns are candidates.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct BlockSettings {
    /// Its name, shown to people.
    pub name: String,
    /// Columns whose values must be equal (of an array, one element); a record that misses one is not in the rule.
    pub on: Vec<String>,
    /// Most records of one block.
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
    }

    fn check(&self) -> Result<(), Fault> {
        bounded(self.comparisons.len(), COMPARISONS_MAX, "comparisons")?;
        bounded(self.blocks.len(), BLOCKS_MAX, "blocking rules")?;
        unique(
            self.comparisons.iter().map(|comparison| &comparison.name),
            "comparison",
        )?;
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

impl ComparisonSettings {
    fn check(&self) -> Result<(), Fault> {
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
