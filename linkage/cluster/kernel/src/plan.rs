//! What a model needs of the files, so that whoever reads them need not understand models.

use std::collections::BTreeMap;
use std::path::Path;

use linkage::{ColumnKind, ColumnSettings, Combine, Kind, Model, Scope, TrainM, TrainU};
use serde::Serialize;

use crate::error::KernelError;
use crate::job;

/// What a model needs.
#[derive(Serialize)]
pub(crate) struct Plan {
    /// Each raw column's headings; a file gives the first that it has. Records carry the columns as `r0`, `r1`, ...
    pub(crate) raw: Vec<Vec<String>>,
    /// Distinct values with their number of records that every part must be told, each in a file of its own.
    pub(crate) values: Vec<Values>,
    /// The blocking rules.
    rules: Vec<Rule>,
    /// Whether pairs of one source are left out.
    across_sources: bool,
    /// Most pairs that blocking may give.
    pairs_max: u64,
    /// Whether nothing of the model is left to train.
    trained: bool,
    /// Whether the data chooses the threshold, for which `conclude` wants all records in `all.arrow`.
    decides: bool,
    #[serde(skip)]
    pub(crate) columns: Vec<PlannedColumn>,
    /// For each column that blocks, its values.
    #[serde(skip)]
    pub(crate) key_values: Vec<usize>,
    /// For each comparison, the columns that it reads.
    #[serde(skip)]
    pub(crate) comparison_columns: Vec<Vec<usize>>,
    /// For each comparison, its values where it needs them.
    #[serde(skip)]
    pub(crate) comparison_values: Vec<Option<usize>>,
}

/// A column of the engine, and the raw columns that it is made of.
pub(crate) struct PlannedColumn {
    pub(crate) settings: ColumnSettings,
    pub(crate) raw: Vec<usize>,
}

/// Distinct combinations of some raw columns.
#[derive(PartialEq, Serialize)]
pub(crate) struct Values {
    /// The file that holds them.
    pub(crate) file: String,
    /// The raw columns, ascending.
    pub(crate) raw: Vec<usize>,
    /// Whether they are told by source: the order of day and month may differ between files.
    pub(crate) by_source: bool,
    /// The engine's columns that are made of them.
    #[serde(skip)]
    pub(crate) columns: Vec<usize>,
}

#[derive(Serialize)]
struct Rule {
    name: String,
    size_max: usize,
    refines: bool,
}

/// Prints the plan of the folder's model.
pub(crate) fn tell(folder: &Path) -> Result<(), KernelError> {
    let plan = Plan::of(&job::model(folder)?)?;
    let text =
        serde_json::to_string(&plan).map_err(|error| KernelError::Input(error.to_string()))?;
    println!("{text}");
    Ok(())
}

impl Plan {
    pub(crate) fn of(model: &Model) -> Result<Self, KernelError> {
        if let Some(custom) = model
            .comparisons
            .iter()
            .find(|one| one.kind == Kind::Custom)
        {
            return Err(KernelError::Input(format!(
                "comparison `{}` is code of the caller's, which no executor has",
                custom.name
            )));
        }
        let mut plan = Self {
            raw: Vec::new(),
            values: Vec::new(),
            rules: model.blocks.iter().map(Rule::of).collect(),
            across_sources: model.scope == Scope::AcrossSources,
            pairs_max: model.training.pairs_max,
            trained: model.training.m == TrainM::File && model.training.u == TrainU::File,
            decides: model.decision.is_some(),
            columns: Vec::new(),
            key_values: Vec::new(),
            comparison_columns: Vec::new(),
            comparison_values: Vec::new(),
        };
        for (name, kind) in named(model) {
            plan.add_column(model, name, kind);
        }
        for column in key_columns(model) {
            let place = plan.place_of(column);
            let values = plan.values_of(vec![place]);
            plan.key_values.push(values);
        }
        for comparison in &model.comparisons {
            let places = comparison
                .column_names()
                .map(|name| plan.place_of(name))
                .collect::<Vec<_>>();
            let counted = comparison.levels.iter().any(|level| level.rarity);
            let needed = counted
                || places
                    .iter()
                    .any(|&place| plan.columns[place].asks_for_order());
            let values = needed.then(|| plan.values_of(places.clone()));
            plan.comparison_columns.push(places);
            plan.comparison_values.push(values);
        }
        Ok(plan)
    }

    fn add_column(&mut self, model: &Model, name: &str, kind: ColumnKind) {
        let known = model.columns.iter().find(|column| column.name == name);
        let settings = known.cloned().unwrap_or_else(|| ColumnSettings {
            name: name.to_owned(),
            kind,
            ..ColumnSettings::default()
        });
        let first = self.raw.len();
        if settings.combine == Combine::First {
            self.raw.push(settings.headings().to_vec());
        } else {
            self.raw.extend(
                settings
                    .headings()
                    .iter()
                    .map(|heading| vec![heading.clone()]),
            );
        }
        let raw = (first..self.raw.len()).collect();
        self.columns.push(PlannedColumn { settings, raw });
    }

    fn place_of(&self, name: &str) -> usize {
        let place = self
            .columns
            .iter()
            .position(|column| column.settings.name == name);
        place.expect("every column that is named was added")
    }

    /// The values of these columns together.
    fn values_of(&mut self, mut columns: Vec<usize>) -> usize {
        columns.sort_unstable();
        columns.dedup();
        let known = self
            .values
            .iter()
            .position(|values| values.columns == columns);
        known.unwrap_or_else(|| {
            let mut raw = columns
                .iter()
                .flat_map(|&place| self.columns[place].raw.clone())
                .collect::<Vec<_>>();
            raw.sort_unstable();
            self.values.push(Values {
                file: format!("values-{}.arrow", self.values.len()),
                raw,
                by_source: columns
                    .iter()
                    .any(|&place| self.columns[place].asks_for_order()),
                columns,
            });
            self.values.len() - 1
        })
    }
}

impl PlannedColumn {
    /// Whether the order of day and month is found out from all the values of a source.
    fn asks_for_order(&self) -> bool {
        self.settings.kind == ColumnKind::Date
            && self.settings.order.is_none()
            && self.settings.combine != Combine::DateParts
    }
}

impl Rule {
    fn of(settings: &linkage::BlockSettings) -> Self {
        Self {
            name: settings.name.clone(),
            size_max: settings.size_max,
            refines: !settings.refine.is_empty(),
        }
    }
}

/// Each column that the model names, with what the comparison that reads it takes it for.
fn named(model: &Model) -> BTreeMap<&str, ColumnKind> {
    let mut kinds = key_columns(model)
        .into_iter()
        .map(|name| (name, ColumnKind::Text))
        .collect::<BTreeMap<_, _>>();
    for comparison in &model.comparisons {
        let kind = match comparison.kind {
            Kind::Date => ColumnKind::Date,
            Kind::Number => ColumnKind::Number,
            Kind::Array => ColumnKind::Array,
            _ => ColumnKind::Text,
        };
        kinds.extend(comparison.column_names().map(|name| (name, kind)));
    }
    kinds
}

/// The columns that block, each once.
fn key_columns(model: &Model) -> Vec<&str> {
    let keys = model
        .blocks
        .iter()
        .flat_map(|block| block.on.iter().chain(&block.refine));
    let mut columns = keys.flat_map(|key| columns_of_key(key)).collect::<Vec<_>>();
    columns.sort_unstable();
    columns.dedup();
    columns
}

/// The columns in a blocking key such as `year(date_of_birth)`.
fn columns_of_key(key: &str) -> Vec<&str> {
    let Some((_, arguments)) = key.trim().split_once('(') else {
        return vec![key.trim()];
    };
    let arguments = arguments.trim_end_matches(')').split(',').map(str::trim);
    arguments
        .filter(|argument| argument.parse::<f64>().is_err())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::columns_of_key;

    #[test]
    fn a_key_names_its_columns() {
        assert_eq!(columns_of_key("surname"), ["surname"]);
        assert_eq!(columns_of_key("prefix(surname, 3)"), ["surname"]);
        assert_eq!(
            columns_of_key("any_of(given, surname)"),
            ["given", "surname"]
        );
    }
}
