//! The records to be linked, column by column. "Missing" is a value of its own in every column.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use stored::Memory;

use crate::codes::Texts;
use crate::{Codes, Counts, Interner, LinkageError, PackedDate};

/// A record's place in the table.
pub type Row = u32;

/// The code that stands for "no value" in code, array and opaque columns.
pub const MISSING: u32 = 0;

/// All records of a run: an id and a source each, and named columns of the same length.
pub struct Table {
    ids: TableIds,
    /// Of how many records each row tells, where that is not one.
    times: Option<Vec<u32>>,
    columns: BTreeMap<String, Column>,
    memory: Memory,
}

/// A 64-bit hash of text, eight bytes at a time (the finaliser of `SplitMix64` after each).
pub(crate) fn hashed(seed: u64, text: &str) -> u64 {
    let mut hash = seed ^ text.len() as u64;
    for word in text.as_bytes().chunks(8) {
        let mut bytes = [0; 8];
        bytes[..word.len()].copy_from_slice(word);
        hash = (hash ^ u64::from_le_bytes(bytes)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        hash = (hash ^ (hash >> 29)).wrapping_mul(0x94D0_49BB_1331_11EB);
        hash ^= hash >> 32;
    }
    hash
}

/// Collects the records' sources and ids in row order.
#[derive(Default)]
pub struct TableIds {
    names: Texts,
    sources: Vec<u16>,
    source_names: Vec<String>,
}

impl TableIds {
    /// Adds a row.
    ///
    /// # Panics
    /// With more than 65,535 sources or 4 billion records, which no caller can hold.
    pub fn push(&mut self, source: &str, id: &str) {
        let last = self.sources.last().copied();
        let known = last.filter(|&number| self.source_names[usize::from(number)] == source);
        let number = known.unwrap_or_else(|| self.source_number(source));
        self.sources.push(number);
        self.names.push(id);
        assert!(
            u32::try_from(self.names.len()).is_ok(),
            "no more than 4 billion records"
        );
    }

    /// Rows so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there is no row yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn source_number(&mut self, source: &str) -> u16 {
        let place = self.source_names.iter().position(|name| name == source);
        let place = place.unwrap_or_else(|| {
            self.source_names.push(source.to_owned());
            self.source_names.len() - 1
        });
        u16::try_from(place).expect("no more than 65,535 sources")
    }
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
    #[must_use]
    pub fn new<'a>(ids: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut table = TableIds::default();
        for (source, id) in ids {
            table.push(source, id);
        }
        Self::of(table)
    }

    /// A table of no columns with the ids that were collected.
    #[must_use]
    pub fn of(ids: TableIds) -> Self {
        Self {
            ids,
            times: None,
            columns: BTreeMap::new(),
            memory: Memory::unbounded(),
        }
    }

    /// The same table under a bound: what of it does not fit is put on the disk, and so are the large arrays of a run over it.
    ///
    /// # Errors
    /// [`LinkageError::Storage`] when it does not fit and cannot be put on the disk.
    pub fn within(mut self, memory: &Memory) -> Result<Self, LinkageError> {
        self.memory = memory.clone();
        self.ids.names = self.ids.names.within(memory)?;
        for (name, column) in std::mem::take(&mut self.columns) {
            self.columns.insert(name, column.within(memory)?);
        }
        Ok(self)
    }

    /// Where the large arrays of a run over this table go.
    #[must_use]
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// A table of no columns whose rows each tell of so many records: wherever values are counted, a row counts so often. It
    /// lets a table of some records, with a row for each distinct value, weigh like the table of all (see [`crate::Part`]).
    ///
    /// # Errors
    /// [`LinkageError::Unfit`] when there is not one figure a row.
    pub fn repeated(ids: TableIds, times: Vec<u32>) -> Result<Self, LinkageError> {
        if times.len() != ids.len() {
            let (found, wanted) = (times.len(), ids.len());
            return Err(LinkageError::unfit(format!(
                "{found} counts are given for {wanted} rows"
            )));
        }
        let times = Some(times);
        Ok(Self {
            times,
            ..Self::of(ids)
        })
    }

    /// Adds a column.
    ///
    /// # Errors
    /// [`LinkageError::Unfit`] when its length is not the table's or its name is taken.
    pub fn add(&mut self, name: &str, mut column: Column) -> Result<(), LinkageError> {
        if let Some(times) = self
            .times
            .as_deref()
            .filter(|times| times.len() == column.len())
        {
            column.recount(times);
        }
        if column.len() != self.len() {
            let (found, wanted) = (column.len(), self.len());
            return Err(LinkageError::unfit(format!(
                "column `{name}` has {found} rows, the table {wanted}"
            )));
        }
        let column = column.within(&self.memory)?;
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

    /// The columns by name.
    pub(crate) fn columns(&self) -> impl Iterator<Item = (&str, &Column)> {
        self.columns
            .iter()
            .map(|(name, column)| (name.as_str(), column))
    }

    /// Of how many records each row tells, where that is not one.
    pub(crate) fn times(&self) -> Option<&[u32]> {
        self.times.as_deref()
    }

    /// The record's id.
    #[must_use]
    pub fn id(&self, row: Row) -> &str {
        self.ids.names.get(row as usize)
    }

    /// The number of the record's source, an index into [`Self::source_names`].
    #[must_use]
    pub fn source(&self, row: Row) -> u16 {
        self.ids.sources[row as usize]
    }

    /// A fixed hash of the record's source and id: the same in any order of rows, on any machine.
    #[must_use]
    pub fn hash(&self, row: Row) -> u32 {
        let source = &self.ids.source_names[usize::from(self.source(row))];
        let hash = hashed(hashed(0x9E37_79B9_7F4A_7C15, source), self.id(row));
        u32::try_from(hash >> 32).unwrap_or(0)
    }

    /// Every row's source number.
    #[must_use]
    pub fn sources(&self) -> &[u16] {
        &self.ids.sources
    }

    /// The sources' names, in the order of their first record.
    #[must_use]
    pub fn source_names(&self) -> &[String] {
        &self.ids.source_names
    }

    /// Each row's place in the order of source name and record id: what breaks ties, whatever the rows' order.
    #[must_use]
    pub fn ranks(&self) -> Vec<u32> {
        let mut rows = (0..self.ids.len()).collect::<Vec<_>>();
        rows.sort_unstable_by_key(|&row| {
            (
                &self.ids.source_names[usize::from(self.ids.sources[row])],
                self.ids.names.get(row),
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
            Self::Codes(codes) => codes.rows().len(),
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

    /// Puts the column where there is room for it; text alone, since other columns are small.
    fn within(self, memory: &Memory) -> io::Result<Self> {
        Ok(match self {
            Self::Codes(codes) => Self::Codes(codes.within(memory)?),
            other => other,
        })
    }

    /// The column of these rows' values, one for one.
    pub(crate) fn gathered(&self, rows: &[Row]) -> Self {
        let row = |&row: &Row| row as usize;
        match self {
            Self::Codes(codes) => Self::Codes(codes.gathered(rows)),
            Self::Dates(dates) => Self::Dates(rows.iter().map(|at| dates[row(at)]).collect()),
            Self::Numbers(numbers) => {
                Self::Numbers(rows.iter().map(|at| numbers[row(at)]).collect())
            }
            Self::Arrays(arrays) => Self::Arrays(Arrays {
                names: arrays.names.clone(),
                ..Arrays::from_codes(rows.iter().map(|&row| arrays.at(row).to_vec()))
            }),
            Self::Opaque(handles) => Self::Opaque(rows.iter().map(|at| handles[row(at)]).collect()),
        }
    }

    /// Counts values anew, each row so often.
    fn recount(&mut self, times: &[u32]) {
        match self {
            Self::Codes(codes) => codes.recount(times),
            Self::Arrays(arrays) => {
                let counted = arrays.iter().zip(times);
                let values =
                    counted.flat_map(|(set, &times)| set.iter().map(move |&value| (value, times)));
                arrays.counts = Counts::repeated(values);
            }
            Self::Dates(_) | Self::Numbers(_) | Self::Opaque(_) => {}
        }
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
}

/// A column of some values a row, sorted and each once.
pub struct Arrays {
    starts: Vec<u32>,
    values: Vec<u32>,
    counts: Counts,
    /// What the values stand for, where they are strings.
    names: Option<Arc<Interner>>,
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
        let arrays = Self::from_codes(rows.into_iter().map(coded));
        let names = Some(Arc::new(interner));
        Self { names, ..arrays }
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
            names: None,
        }
    }

    /// What the values stand for, where they are strings.
    pub(crate) fn names(&self) -> Option<&Interner> {
        self.names.as_deref()
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
