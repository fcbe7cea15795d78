//! From the values of a record of any table to the codes that the index knows them by.

use rustc_hash::FxHashMap;

use crate::comparison::Coded;
use crate::model::ComparisonSettings;
use crate::table::hashed;
use crate::{Column, LinkageError, MISSING, Row, Table};

/// What the index knows of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// The record says nothing.
    Missing,
    /// The value's code.
    As(u32),
    /// No record of the index has it.
    Never,
}

/// The codes of one comparison's values.
pub(super) struct Codebook {
    columns: Vec<String>,
    codes: FxHashMap<u64, u32>,
}

impl Codebook {
    /// The codes that `coded` gives the table's rows.
    pub(super) fn new(
        settings: &ComparisonSettings,
        coded: &Coded<'_>,
        table: &Table,
    ) -> Result<Self, LinkageError> {
        let mut book = Self {
            columns: settings.column_names().map(str::to_owned).collect(),
            codes: FxHashMap::default(),
        };
        for (row, &code) in (0..).take(table.len()).zip(coded.rows.iter()) {
            if code != MISSING {
                let said = book.said(table, row)?;
                book.codes.insert(said, code);
            }
        }
        Ok(book)
    }

    /// What is known of a record's value.
    pub(super) fn known(&self, table: &Table, row: Row) -> Result<Known, LinkageError> {
        let mut says = false;
        for name in &self.columns {
            says |= is_present(table.column(name, super::WANTED_BY)?, row);
        }
        if !says {
            return Ok(Known::Missing);
        }
        let code = self.codes.get(&self.said(table, row)?);
        Ok(code.map_or(Known::Never, |&code| Known::As(code)))
    }

    /// The columns that the comparison reads.
    pub(super) fn columns(&self) -> &[String] {
        &self.columns
    }

    /// A hash of what the record says in the comparison's columns.
    fn said(&self, table: &Table, row: Row) -> Result<u64, LinkageError> {
        let mut hash = 1_u64;
        for name in &self.columns {
            let column = table.column(name, super::WANTED_BY)?;
            let cell = cell(column, row).ok_or_else(|| {
                LinkageError::unfit(format!("an index cannot hold column `{name}`"))
            })?;
            hash = crate::blocking::mixed(hash, cell);
        }
        Ok(hash)
    }
}

fn is_present(column: &Column, row: Row) -> bool {
    match column {
        Column::Codes(codes) => codes.at(row) != MISSING,
        Column::Dates(dates) => !dates[row as usize].is_missing(),
        Column::Numbers(numbers) => !numbers[row as usize].is_nan(),
        Column::Arrays(arrays) => !arrays.at(row).is_empty(),
        Column::Opaque(handles) => handles[row as usize] != MISSING,
    }
}

/// A hash of one cell; `None` where values have no meaning outside of their table.
fn cell(column: &Column, row: Row) -> Option<u64> {
    let text = |text: &str| hashed(3, text);
    Some(match column {
        Column::Codes(codes) if codes.at(row) == MISSING => 0,
        Column::Codes(codes) => text(codes.name(codes.at(row))),
        Column::Dates(dates) => u64::from(dates[row as usize].packed()),
        Column::Numbers(numbers) => u64::from((numbers[row as usize] + 0.0).to_bits()),
        Column::Arrays(arrays) => {
            let names = arrays.names()?;
            let mut elements = arrays
                .at(row)
                .iter()
                .map(|&code| text(names.name(code)))
                .collect::<Vec<_>>();
            elements.sort_unstable();
            elements.into_iter().fold(4, crate::blocking::mixed)
        }
        Column::Opaque(_) => return None,
    })
}
