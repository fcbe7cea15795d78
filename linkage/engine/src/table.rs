//! The records to be linked, column by column. "Missing" is a value of its own in every column.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::{LinkageError, PackedDate};

/// A record's place in the table.
pub type Row = u32;

/// The code that stands for "no value" in code, array and opaque columns.
pub const MISSING: u32 = 0;

/// All records of a run: an id and a source each, and named columns of the same length.
#[derive(Default)]
pub struct Table {
    ids: Vec<Box<str>>,
    sources: Vec<u16>,
    source_names: Vec<String>,
    columns: BTreeMap<String, Column>,
}

/// One column.
pub enum Column {
    /// Interned strings.
    Codes(Codes),
    /// Dates with unknown parts.
    Dates(Vec<PackedDate>),
    /// Numbers; NaN is missing.
    Numbers(Vec<f32>),
    /// Some interned values a row.
    Arrays(Arrays),
    /// A handle a row into values that only a custom comparison knows; 0 is missing.
    Opaque(Vec<u32>),
}

impl Table {
    /// A table of no columns; `ids` are `(source, record id)` in row order and break ties.
    ///
    /// # Panics
    /// With more than 65,535 sources or 4 billion records, which no caller can hold.
    #[must_use]
    pub fn new<'a>(ids: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut table = Self::default();
        let mut numbers = FxHashMap::<&str, u16>::default();
        for (source, id) in ids {
            let next = u16::try_from(numbers.len()).expect("no more than 65,535 sources");
            let number = *numbers.entry(source).or_insert_with(|| {
                table.source_names.push(source.to_owned());
                next
            });
            table.sources.push(number);
            table.ids.push(id.into());
        }
        assert!(
            u32::try_from(table.ids.len()).is_ok(),
            "no more than 4 billion records"
        );
        table
    }

    /// Adds a column.
    ///
    /// # Errors
    /// [`LinkageError::Unfit`] when its length is not the table's or its name is taken.
    pub fn add(&mut self, name: &str, column: Column) -> Result<(), LinkageError> {
        if column.len() != self.len() {
            let (found, wanted) = (column.len(), self.len());
            return Err(LinkageError::unfit(format!(
                "column `{name}` has {found} rows, the table {wanted}"
            )));
        }
        if self.columns.insert(name.to_owned(), column).is_some() {
            return Err(LinkageError::unfit(format!(
                "column `{name}` is given twice"
            )));
        }
        Ok(())
    }

    /// Number of records.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is no record.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The column of that name.
    ///
    /// # Errors
    /// [`LinkageError::Unfit`] naming who wanted it and which columns there are.
    pub fn column(&self, name: &str, wanted_by: &str) -> Result<&Column, LinkageError> {
        self.columns.get(name).ok_or_else(|| {
            let known = self
                .columns
                .keys()
                .map(|key| format!("`{key}`"))
                .collect::<Vec<_>>()
                .join(", ");
            LinkageError::unfit(format!(
                "{wanted_by} names column `{name}`; there are {known}"
            ))
        })
    }

    /// The record's id.
    #[must_use]
    pub fn id(&self, row: Row) -> &str {
        &self.ids[row as usize]
    }

    /// The number of the record's source, an index into [`Self::source_names`].
    #[must_use]
    pub fn source(&self, row: Row) -> u16 {
        self.sources[row as usize]
    }

    /// The sources' names, in the order of their first record.
    #[must_use]
    pub fn source_names(&self) -> &[String] {
        &self.source_names
    }

    /// Each row's place in the order of source name and record id: what breaks ties, whatever the rows' order.
    #[must_use]
    pub fn ranks(&self) -> Vec<u32> {
        let mut rows = (0..self.ids.len()).collect::<Vec<_>>();
        rows.sort_unstable_by_key(|&row| {
            (
                &self.source_names[usize::from(self.sources[row])],
                &self.ids[row],
                row,
            )
        });
        let mut ranks = vec![0; rows.len()];
        for (rank, row) in (0_u32..).zip(rows) {
            ranks[row] = rank;
        }
        ranks
    }
}

impl Column {
    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Codes(codes) => codes.rows.len(),
            Self::Dates(rows) => rows.len(),
            Self::Numbers(rows) => rows.len(),
            Self::Arrays(arrays) => arrays.starts.len() - 1,
            Self::Opaque(rows) => rows.len(),
        }
    }

    /// Whether the column has no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The kind's name, for errors.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Codes(_) => "codes",
            Self::Dates(_) => "dates",
            Self::Numbers(_) => "numbers",
            Self::Arrays(_) => "arrays",
            Self::Opaque(_) => "opaque",
        }
    }

    /// Appends the row's blocking keys to `keys`: none when missing, several in an array.
    pub fn keys(&self, row: Row, keys: &mut Vec<u64>) {
        let row = row as usize;
        match self {
            Self::Codes(codes) => push_unless_missing(codes.rows[row], keys),
            Self::Dates(rows) => push_unless_missing(rows[row].packed(), keys),
            Self::Opaque(rows) => push_unless_missing(rows[row], keys),
            Self::Numbers(rows) if rows[row].is_nan() => {}
            Self::Numbers(rows) => keys.push(u64::from(rows[row].to_bits())),
            Self::Arrays(arrays) => {
                keys.extend(arrays.values_at(row).iter().map(|&value| u64::from(value)));
            }
        }
    }
}

fn push_unless_missing(key: u32, keys: &mut Vec<u64>) {
    if key != MISSING {
        keys.push(u64::from(key));
    }
}

/// Strings interned to codes from 1; code 0 is missing.
#[derive(Default)]
pub struct Interner {
    codes: FxHashMap<Box<str>, u32>,
    names: Vec<Box<str>>,
}

impl Interner {
    /// The code of a value, a new one when it was not seen before; an empty value is [`MISSING`].
    pub fn code(&mut self, value: &str) -> u32 {
        if value.is_empty() {
            return MISSING;
        }
        if let Some(&code) = self.codes.get(value) {
            return code;
        }
        self.names.push(value.into());
        let code = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.codes.insert(value.into(), code);
        code
    }

    /// The value of a code other than [`MISSING`].
    #[must_use]
    pub fn name(&self, code: u32) -> &str {
        &self.names[code as usize - 1]
    }

    /// How many values were seen.
    #[must_use]
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether no value was seen.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }
}

/// A column of interned strings with each value's count.
pub struct Codes {
    rows: Vec<u32>,
    names: Vec<Box<str>>,
    counts: Counts,
}

impl Codes {
    /// Interns one optional value a row.
    #[must_use]
    pub fn from_values<'a>(values: impl IntoIterator<Item = Option<&'a str>>) -> Self {
        let mut interner = Interner::default();
        let rows = values
            .into_iter()
            .map(|value| value.map_or(MISSING, |value| interner.code(value)))
            .collect::<Vec<_>>();
        let counts = Counts::of(rows.iter().copied());
        Self {
            rows,
            names: interner.names,
            counts,
        }
    }

    /// The row's code, [`MISSING`] when it has no value.
    #[must_use]
    pub fn at(&self, row: Row) -> u32 {
        self.rows[row as usize]
    }

    /// Every row's code.
    #[must_use]
    pub fn rows(&self) -> &[u32] {
        &self.rows
    }

    /// The value of a code other than [`MISSING`].
    #[must_use]
    pub fn name(&self, code: u32) -> &str {
        &self.names[code as usize - 1]
    }

    /// How often each value occurs.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        &self.counts
    }
}

/// A column of some values a row, sorted and each once.
pub struct Arrays {
    starts: Vec<u32>,
    values: Vec<u32>,
    counts: Counts,
}

impl Arrays {
    /// Interns string values.
    #[must_use]
    pub fn from_strings<S: AsRef<str>>(rows: impl IntoIterator<Item = Vec<S>>) -> Self {
        let mut interner = Interner::default();
        let coded = |row: Vec<S>| {
            row.iter()
                .map(|value| interner.code(value.as_ref()))
                .collect::<Vec<_>>()
        };
        Self::from_codes(rows.into_iter().map(coded))
    }

    /// Takes values that are codes already (a packed date, say); [`MISSING`] is left out.
    #[must_use]
    pub fn from_codes(rows: impl IntoIterator<Item = Vec<u32>>) -> Self {
        let (mut starts, mut values) = (vec![0], Vec::new());
        for mut row in rows {
            row.sort_unstable();
            row.dedup();
            values.extend(row.into_iter().filter(|&value| value != MISSING));
            starts.push(u32::try_from(values.len()).unwrap_or(u32::MAX));
        }
        let counts = Counts::of(values.iter().copied());
        Self {
            starts,
            values,
            counts,
        }
    }

    /// The row's values, ascending.
    #[must_use]
    pub fn at(&self, row: Row) -> &[u32] {
        self.values_at(row as usize)
    }

    /// The rows' values, in order.
    pub fn iter(&self) -> impl Iterator<Item = &[u32]> {
        self.starts
            .windows(2)
            .map(|bounds| &self.values[bounds[0] as usize..bounds[1] as usize])
    }

    /// How many rows hold each value.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    fn values_at(&self, row: usize) -> &[u32] {
        &self.values[self.starts[row] as usize..self.starts[row + 1] as usize]
    }
}

/// How often each value of a column occurs.
#[derive(Default)]
pub struct Counts {
    by_value: FxHashMap<u32, u32>,
    total: u64,
}

impl Counts {
    /// Counts values; [`MISSING`] is not one.
    #[must_use]
    pub fn of(values: impl IntoIterator<Item = u32>) -> Self {
        let mut counts = Self::default();
        for value in values.into_iter().filter(|&value| value != MISSING) {
            *counts.by_value.entry(value).or_default() += 1;
            counts.total += 1;
        }
        counts
    }

    /// The value's share of all that are not missing: the chance that another record has it.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "a share needs no more than 24 bits"
    )]
    pub fn share(&self, value: u32) -> f32 {
        let count = self.by_value.get(&value).copied().unwrap_or(1);
        (f64::from(count) / self.total.max(1) as f64) as f32
    }

    /// The chance that two values drawn at random are equal: the exact u of "same".
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    pub fn chance_equal(&self) -> f64 {
        let total = self.total.max(2) as f64;
        let mut counts = self.by_value.values().copied().collect::<Vec<_>>();
        counts.sort_unstable();
        counts
            .into_iter()
            .map(|count| f64::from(count) * (f64::from(count) - 1.0))
            .sum::<f64>()
            / (total * (total - 1.0))
    }
}
