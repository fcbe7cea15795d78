//! The records of a register: those of the run by their rows, and later ones in tables of one row each.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use super::postings::{Keys, Postings};
use super::values::{Codebook, Known};
use super::{Index, WANTED_BY, level_of};
use crate::comparison::{Bound, bind};
use crate::kernel::Compared;
use crate::review::RecordId;
use crate::scorer::Scorer;
use crate::{Column, Kind, Level, LinkageError, MISSING, Model, Row, Table, Test};

/// All records that were ever there and still are, numbered: the run's by their rows, later ones from there.
pub(super) struct Records<'j, 'a> {
    index: Index<'j, 'a>,
    later: FxHashMap<Row, Later>,
    next: Row,
    /// The columns that rules and comparisons read.
    columns: BTreeSet<String>,
    /// For each comparison a row of the run that says something.
    samples: Vec<Option<Row>>,
}

/// A record that came after the run.
pub(super) struct Later {
    table: Table,
    known: Vec<Known>,
    keys: Vec<Keys>,
}

impl<'j, 'a> Records<'j, 'a> {
    /// The records of a run.
    ///
    /// # Errors
    /// [`LinkageError::Unfit`] when the model compares what can only be told among all records.
    pub(super) fn new(index: Index<'j, 'a>) -> Result<Self, LinkageError> {
        let (model, table) = (index.job.model(), index.job.table());
        let read = index.codebooks.iter().flat_map(Codebook::columns);
        let blocked = index.postings.iter().flat_map(Postings::columns);
        let columns = read.chain(blocked).cloned().collect();
        let rows = Row::try_from(table.len()).unwrap_or(Row::MAX);
        let says = |comparison: usize| {
            (0..rows).find(|&row| index.job.kernel().code(comparison, row) != MISSING)
        };
        let samples = (0..model.comparisons.len()).map(says).collect::<Vec<_>>();
        check(model, &samples)?;
        Ok(Self {
            next: rows,
            later: FxHashMap::default(),
            columns,
            samples,
            index,
        })
    }

    pub(super) fn index(&self) -> &Index<'j, 'a> {
        &self.index
    }

    pub(super) fn model(&self) -> &'j Model {
        self.index.job.model()
    }

    pub(super) fn scorer(&self) -> &Scorer<'j, 'a> {
        &self.index.scorer
    }

    /// Whether the record is one of the run's.
    pub(super) fn is_of_run(&self, record: Row) -> bool {
        (record as usize) < self.index.job.table().len()
    }

    /// Takes a record out of another table, after looking that it can be compared with the run's.
    pub(super) fn admit(&self, table: &Table, row: Row) -> Result<(RecordId, Later), LinkageError> {
        let name = named(table, row);
        let mut one = Table::new([(name.0.as_str(), name.1.as_str())]);
        for name in &self.columns {
            let column = table.column(name, WANTED_BY)?;
            let alone = Column::joined((column, row), (column, &[]));
            one.add(name, alone.ok_or_else(|| otherwise(name))?)?;
        }
        let run = self.index.job.table();
        for (comparison, sample) in self.samples.iter().enumerate() {
            if let &Some(sample) = sample {
                self.level(comparison, (&one, 0), (run, sample))?;
            }
        }
        let known = self.index.codebooks.iter().map(|book| book.known(&one, 0));
        let known = known.collect::<Result<_, _>>()?;
        let keys = self.index.postings.iter().map(|rule| rule.keys(&one, 0));
        let keys = keys.collect::<Result<_, _>>()?;
        let later = Later {
            table: one,
            known,
            keys,
        };
        Ok((name, later))
    }

    /// Keeps a later record; gives its number.
    pub(super) fn keep(&mut self, later: Later) -> Result<Row, LinkageError> {
        let record = self.next;
        self.next = record.checked_add(1).ok_or_else(|| {
            LinkageError::unfit("a register cannot number more than 4 billion records")
        })?;
        self.later.insert(record, later);
        Ok(record)
    }

    /// Forgets a later record.
    pub(super) fn forget(&mut self, record: Row) {
        self.later.remove(&record);
    }

    /// The record's source and id.
    pub(super) fn name(&self, record: Row) -> RecordId {
        let (table, row) = self.place(record);
        named(table, row)
    }

    /// The record's source.
    pub(super) fn source(&self, record: Row) -> &str {
        let (table, row) = self.place(record);
        &table.source_names()[usize::from(table.source(row))]
    }

    /// Calls `look` with the record's keys by rule.
    pub(super) fn with_keys<T>(
        &self,
        record: Row,
        look: impl FnOnce(&[Keys]) -> T,
    ) -> Result<T, LinkageError> {
        if let Some(later) = self.later.get(&record) {
            return Ok(look(&later.keys));
        }
        let run = self.index.job.table();
        let keys = self
            .index
            .postings
            .iter()
            .map(|rule| rule.keys(run, record));
        Ok(look(&keys.collect::<Result<Vec<_>, _>>()?))
    }

    /// What two records are to each other, bit for bit as the kernel has it.
    pub(super) fn weigh(&self, left: Row, right: Row) -> Result<Compared, LinkageError> {
        self.index.with_worker(|worker| {
            let mut compared = Compared::default();
            for comparison in 0..self.samples.len() {
                let scorer = &self.index.scorer;
                let known = (self.known(comparison, left), self.known(comparison, right));
                let part = match known {
                    (Known::Missing, _) | (_, Known::Missing) => None,
                    (Known::As(ours), Known::As(theirs)) => {
                        Some(scorer.part(comparison, (ours, theirs), worker))
                    }
                    _ => {
                        let (one, other) = (self.place(left), self.place(right));
                        let level = self.level(comparison, one, other)?;
                        level.map(|level| scorer.mean_part(comparison, level))
                    }
                };
                if let Some((level, bits)) = part {
                    compared.pattern.set(comparison, level);
                    compared.weight += bits;
                }
            }
            compared.weight -= self.index.scorer.said_twice(compared.pattern);
            Ok(compared)
        })
    }

    fn place(&self, record: Row) -> (&Table, Row) {
        let later = self.later.get(&record);
        later.map_or((self.index.job.table(), record), |later| (&later.table, 0))
    }

    fn known(&self, comparison: usize, record: Row) -> Known {
        if let Some(later) = self.later.get(&record) {
            return later.known[comparison];
        }
        match self.index.job.kernel().code(comparison, record) {
            MISSING => Known::Missing,
            code => Known::As(code),
        }
    }

    /// The level of two records of any tables; `None` where there is nothing to compare.
    fn level(
        &self,
        comparison: usize,
        (one, row): (&Table, Row),
        (other, other_row): (&Table, Row),
    ) -> Result<Option<Level>, LinkageError> {
        let mut small = Table::new([("", ""), ("", "")]);
        for name in self.index.codebooks[comparison].columns() {
            let first = (one.column(name, WANTED_BY)?, row);
            let second = (other.column(name, WANTED_BY)?, &[other_row][..]);
            small.add(
                name,
                Column::joined(first, second).ok_or_else(|| otherwise(name))?,
            )?;
        }
        let settings = &self.model().comparisons[comparison];
        let bound = bind(std::slice::from_ref(settings), &small, Vec::new())?;
        Ok(match bound.first() {
            Some(Bound::Coded(coded)) => level_of(coded, 1),
            _ => None,
        })
    }
}

fn otherwise(column: &str) -> LinkageError {
    LinkageError::unfit(format!("{WANTED_BY} knows column `{column}` otherwise"))
}

fn named(table: &Table, row: Row) -> RecordId {
    let source = &table.source_names()[usize::from(table.source(row))];
    (source.clone(), table.id(row).to_owned())
}

/// Refuses what would not be as in a full run.
fn check(model: &Model, samples: &[Option<Row>]) -> Result<(), LinkageError> {
    for (settings, sample) in model.comparisons.iter().zip(samples) {
        let refused = |why: &str| {
            let name = &settings.name;
            Err(LinkageError::unfit(format!(
                "a register cannot hold `{name}`: {why}"
            )))
        };
        let weighted = |test: &Option<Test>| matches!(test, Some(Test::Weighted(_)));
        if settings.levels.iter().any(|level| weighted(&level.when)) {
            return refused("a `weighted` level depends on the words of all records");
        }
        let spelled = matches!(
            settings.kind,
            Kind::Identifier | Kind::EventDates | Kind::Hla
        );
        if spelled && settings.levels.iter().any(|level| level.rarity) {
            return refused("it has `rarity`, and values that are spelled in several ways");
        }
        if settings.kind == Kind::Clk && sample.is_none() {
            return refused("no record of the run has a filter");
        }
    }
    Ok(())
}
