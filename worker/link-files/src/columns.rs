//! What a model needs of files, and the engine's columns made of it.

use std::collections::BTreeMap;

use linkage::{
    Codes, Column, ColumnKind, ColumnSettings, Combine, Kind, Model, Table, TrainM, Unreadable,
    typed,
};
use rayon::prelude::*;
use serde::Serialize;

use crate::LinkFilesError;
use crate::read::WantedColumn;

/// A column of which some values could not be read as what it is.
#[derive(Clone, Debug, Serialize)]
pub struct UnreadableColumn {
    /// The column.
    pub column: String,
    /// Rows whose value was not read, or in part only.
    pub rows: u64,
    /// Rows whose day and month could be exchanged, where nothing tells their order.
    pub ambiguous_order: u64,
    /// The first of the unreadable, by file and record.
    pub first: Vec<(String, String)>,
}

/// A column that the model names, and where its parts begin among the wanted ones.
pub(crate) struct Needed {
    settings: ColumnSettings,
    parts: usize,
}

/// The columns that a model's comparisons and blocking rules name: as its `[[column]]` tables say, else by what compares
/// them. With the headings to read for them.
pub(crate) fn needed(model: &Model) -> (Vec<Needed>, Vec<WantedColumn>) {
    let (mut needed, mut wanted) = (Vec::new(), Vec::new());
    for (name, kind) in named(model) {
        let known = model.columns.iter().find(|column| column.name == name);
        let settings = known.cloned().unwrap_or_else(|| ColumnSettings {
            name: name.to_owned(),
            kind,
            ..ColumnSettings::default()
        });
        let first = wanted.len();
        if settings.combine == Combine::First {
            wanted.push(WantedColumn {
                name: settings.name.clone(),
                headings: settings.headings().to_vec(),
                optional: false,
            });
        } else {
            wanted.extend(settings.headings().iter().map(|heading| WantedColumn {
                name: settings.name.clone(),
                headings: vec![heading.clone()],
                optional: false,
            }));
        }
        needed.push(Needed {
            settings,
            parts: wanted.len() - first,
        });
    }
    (needed, wanted)
}

/// Adds the typed columns to the table; gives what could not be read.
pub(crate) fn add(
    table: &mut Table,
    needed: Vec<Needed>,
    columns: Vec<(String, Codes)>,
) -> Result<Vec<UnreadableColumn>, LinkFilesError> {
    let mut raw = columns.into_iter().map(|(_, codes)| codes);
    let parts = needed
        .into_iter()
        .map(|needed| {
            let parts = raw.by_ref().take(needed.parts).collect::<Vec<_>>();
            (needed.settings, parts)
        })
        .collect::<Vec<_>>();
    let sources = table.sources();
    let made = parts
        .into_par_iter()
        .map(|(settings, parts)| {
            let (column, unreadable) = make(&settings, parts, sources)?;
            Ok((settings.name, column, unreadable))
        })
        .collect::<Result<Vec<_>, LinkFilesError>>()?;
    let mut told = Vec::new();
    for (name, column, unreadable) in made {
        if unreadable.rows + unreadable.ambiguous_order > 0 {
            told.push(UnreadableColumn::new(&name, &unreadable, table));
        }
        table.add(&name, column)?;
    }
    Ok(told)
}

fn make(
    settings: &ColumnSettings,
    mut parts: Vec<Codes>,
    sources: &[u16],
) -> Result<(Column, Unreadable), LinkFilesError> {
    let is_text = matches!(
        settings.kind,
        ColumnKind::Text | ColumnKind::Code | ColumnKind::Clk
    );
    if is_text && parts.len() == 1 && settings.clean.is_empty() && settings.missing.is_empty() {
        // Read as it is compared: nothing to do.
        return Ok((Column::Codes(parts.remove(0)), Unreadable::default()));
    }
    let made = typed(settings, &parts.iter().collect::<Vec<_>>(), sources)?;
    Ok((made.column, made.unreadable))
}

impl UnreadableColumn {
    fn new(name: &str, unreadable: &Unreadable, table: &Table) -> Self {
        let record = |&row: &linkage::Row| {
            let source = &table.source_names()[usize::from(table.source(row))];
            (source.clone(), table.id(row).to_owned())
        };
        Self {
            column: name.to_owned(),
            rows: unreadable.rows,
            ambiguous_order: unreadable.ambiguous_order,
            first: unreadable.first.iter().map(record).collect(),
        }
    }
}

/// Each column named, with what the comparison that reads it takes it for.
fn named(model: &Model) -> BTreeMap<&str, ColumnKind> {
    let compared = model.comparisons.iter().flat_map(|comparison| {
        let kind = match comparison.kind {
            Kind::Date => ColumnKind::Date,
            Kind::Number => ColumnKind::Number,
            Kind::Array | Kind::EventDates => ColumnKind::Array,
            Kind::Clk => ColumnKind::Clk,
            _ => ColumnKind::Text,
        };
        comparison.column_names().map(move |name| (name, kind))
    });
    let blocked = model
        .blocks
        .iter()
        .flat_map(|block| block.on.iter().chain(&block.refine));
    let mut kinds = blocked
        .flat_map(|key| columns_of(key))
        .map(|name| (name, ColumnKind::Text))
        .collect::<BTreeMap<_, _>>();
    kinds.extend(compared);
    if model.training.m == TrainM::Labels {
        kinds
            .entry(&model.training.label)
            .or_insert(ColumnKind::Code);
    }
    kinds
}

/// The columns in a blocking key such as `year(date_of_birth)`.
fn columns_of(key: &str) -> Vec<&str> {
    let Some((_, arguments)) = key.trim().split_once('(') else {
        return vec![key.trim()];
    };
    arguments
        .trim_end_matches(')')
        .split(',')
        .map(str::trim)
        .filter(|argument| argument.parse::<f64>().is_err())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::columns_of;

    #[test]
    fn a_key_names_its_columns() {
        assert_eq!(columns_of("surname"), ["surname"]);
        assert_eq!(columns_of("year(birth)"), ["birth"]);
        assert_eq!(columns_of("prefix(surname, 3)"), ["surname"]);
        assert_eq!(columns_of("both(given, surname)"), ["given", "surname"]);
    }
}
