//! From the values of a record of any table to the codes that the index knows them by.

use std::hash::{Hash, Hasher};

use rustc_hash::FxHashMap;

use crate::blocking::mixed;
use crate::comparison::{Coded, event_dates, hla::Genotype, identifier, tokens::WordCounts};
use crate::model::ComparisonSettings;
use crate::table::hashed;
use crate::{Column, Kind, LinkageError, MISSING, Row, Table, Test};

/// Starts the hash of a text.
const TEXT_SEED: u64 = 3;

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
    kind: Kind,
    columns: Vec<String>,
    codes: FxHashMap<u64, u32>,
    /// How rare the run's words are, where a level goes by it.
    words: Option<WordCounts>,
}

impl Codebook {
    /// The codes that `coded` gives the table's rows; none for a comparison of the caller's own.
    pub(super) fn new(
        settings: &ComparisonSettings,
        coded: Option<&Coded<'_>>,
        table: &Table,
    ) -> Result<Self, LinkageError> {
        let mut book = Self {
            kind: settings.kind,
            columns: settings.column_names().map(str::to_owned).collect(),
            codes: FxHashMap::default(),
            words: None,
        };
        let Some(coded) = coded else { return Ok(book) };
        let columns = book.columns_of(table)?;
        if let [Column::Codes(codes)] = columns[..] {
            book.words = weighs_words(settings).then(|| WordCounts::of(codes));
            // A text is looked at once, whoever has it.
            let mut seen = vec![false; codes.distinct() + 1];
            for (&text, &code) in codes.rows().iter().zip(coded.rows.iter()) {
                if code != MISSING && !std::mem::replace(&mut seen[text as usize], true) {
                    let said = of_text(book.kind, codes.name(text));
                    book.codes.extend(said.map(|said| (said, code)));
                }
            }
            return Ok(book);
        }
        for (row, &code) in (0..).take(table.len()).zip(coded.rows.iter()) {
            if code != MISSING {
                let said = book.said(&columns, row)?;
                book.codes.extend(said.map(|said| (said, code)));
            }
        }
        Ok(book)
    }

    /// What is known of a record's value.
    pub(super) fn known(&self, table: &Table, row: Row) -> Result<Known, LinkageError> {
        let said = self.said(&self.columns_of(table)?, row)?;
        Ok(said.map_or(Known::Missing, |said| {
            self.codes
                .get(&said)
                .map_or(Known::Never, |&code| Known::As(code))
        }))
    }

    /// The columns that the comparison reads.
    pub(super) fn columns(&self) -> &[String] {
        &self.columns
    }

    /// How rare the run's words are, where a level goes by it.
    pub(super) fn words(&self) -> Option<&WordCounts> {
        self.words.as_ref()
    }

    fn columns_of<'t>(&self, table: &'t Table) -> Result<Vec<&'t Column>, LinkageError> {
        let columns = self.columns.iter();
        columns
            .map(|name| table.column(name, super::WANTED_BY))
            .collect()
    }

    /// A hash of what the record says in the comparison's columns; `None` when it says nothing.
    fn said(&self, columns: &[&Column], row: Row) -> Result<Option<u64>, LinkageError> {
        if let [Column::Codes(codes)] = columns[..] {
            let code = codes.at(row);
            return Ok((code != MISSING)
                .then(|| of_text(self.kind, codes.name(code)))
                .flatten());
        }
        let (mut hash, mut says) = (1, false);
        for (name, column) in self.columns.iter().zip(columns) {
            let cell = cell(column, row).ok_or_else(|| {
                LinkageError::unfit(format!("an index cannot hold column `{name}`"))
            })?;
            hash = mixed(hash, cell);
            says |= is_present(column, row);
        }
        Ok(says.then_some(hash))
    }
}

/// Whether a level depends on how rare the words of all records are.
fn weighs_words(settings: &ComparisonSettings) -> bool {
    let mut tests = settings
        .levels
        .iter()
        .filter_map(|level| level.when.as_ref());
    settings.kind == Kind::Tokens && tests.any(|test| matches!(test, Test::Weighted(_)))
}

/// A hash of what a comparison reads in a text, the same for all spellings that it takes for one value; `None` when it reads
/// nothing.
fn of_text(kind: Kind, text: &str) -> Option<u64> {
    match kind {
        Kind::Identifier => {
            let read = identifier::significant(text);
            (!read.is_empty()).then(|| hashed(TEXT_SEED, &read))
        }
        Kind::EventDates => {
            let read = event_dates(text);
            (!read.is_empty()).then(|| mixed_value(&read))
        }
        Kind::Hla => Genotype::parse(text).as_ref().map(mixed_value),
        _ => Some(hashed(TEXT_SEED, text)),
    }
}

/// A hash of all 64 bits: values are told apart by it alone.
fn mixed_value(value: &impl Hash) -> u64 {
    struct Mixing(u64);
    impl Hasher for Mixing {
        fn write(&mut self, bytes: &[u8]) {
            for chunk in bytes.chunks(8) {
                let mut word = [0; 8];
                word[..chunk.len()].copy_from_slice(chunk);
                self.0 = mixed(self.0, u64::from_le_bytes(word));
            }
            self.0 = mixed(self.0, bytes.len() as u64);
        }

        fn finish(&self) -> u64 {
            self.0
        }
    }
    let mut hasher = Mixing(5);
    value.hash(&mut hasher);
    hasher.finish()
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
    let text = |text: &str| hashed(TEXT_SEED, text);
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
            elements.into_iter().fold(4, mixed)
        }
        Column::Opaque(_) => return None,
    })
}
