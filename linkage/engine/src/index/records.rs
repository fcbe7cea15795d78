//! The records of a register: those of the run by their rows, and later ones in tables of one row each.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use super::beside::{Beside, RecordAt, RecordRules};
use super::postings::{Keys, Postings};
use super::values::{Codebook, Known};
use super::weigh::Party;
use super::{Index, WANTED_BY, otherwise, small};
use crate::kernel::Compared;
use crate::review::RecordId;
use crate::scorer::Scorer;
use crate::weigh::Weighed;
use crate::{Kind, LinkageError, MISSING, Model, Row, Table};

/// All records that were ever there and still are, numbered: the run's by their rows, later ones from there.
pub(super) struct Records<'j, 'a> {
    index: Index<'j, 'a>,
    rules: Option<&'j dyn RecordRules>,
    later: FxHashMap<Row, Later>,
    next: Row,
    /// The columns that blocking, comparisons and the caller's rules read.
    columns: BTreeSet<String>,
    /// The comparisons of filters, each with a row of the run that has one.
    filters: Vec<(usize, Row)>,
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
    /// [`LinkageError::Unfit`] when nothing tells how long the filters of a `clk` comparison are.
    pub(super) fn new(index: Index<'j, 'a>, beside: &Beside<'j>) -> Result<Self, LinkageError> {
        let table = index.job.table();
        let read = index.codebooks.iter().flat_map(Codebook::columns);
        let blocked = index.postings.iter().flat_map(Postings::columns);
        let columns = read.chain(blocked).chain(&beside.columns).cloned();
        let columns = columns.collect::<BTreeSet<_>>();
        for name in &columns {
            table.column(name, WANTED_BY)?;
        }
        Ok(Self {
            next: Row::try_from(table.len()).unwrap_or(Row::MAX),
            rules: beside.rules,
            later: FxHashMap::default(),
            columns,
            filters: filters(&index)?,
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

    pub(super) fn rules(&self) -> Option<&'j dyn RecordRules> {
        self.rules
    }

    /// Whether the record is one of the run's.
    pub(super) fn is_of_run(&self, record: Row) -> bool {
        (record as usize) < self.index.job.table().len()
    }

    /// Takes a record out of another table, after looking that it can be compared with the run's.
    pub(super) fn admit(&self, table: &Table, row: Row) -> Result<(RecordId, Later), LinkageError> {
        let (name, run) = (named(RecordAt { table, row }), self.index.job.table());
        let mut one = Table::new([(name.0.as_str(), name.1.as_str())]);
        for name in &self.columns {
            let column = table.column(name, WANTED_BY)?;
            let alike = column.kind() == run.column(name, WANTED_BY)?.kind();
            let alone = alike.then(|| small::alone(column, row)).flatten();
            one.add(name, alone.ok_or_else(|| otherwise(name))?)?;
        }
        let known = self.index.codebooks.iter().map(|book| book.known(&one, 0));
        let known = known.collect::<Result<Vec<_>, _>>()?;
        let at = RecordAt {
            table: &one,
            row: 0,
        };
        for &(comparison, row) in &self.filters {
            if known[comparison] == Known::Never {
                let book = &self.index.codebooks[comparison];
                let other = RecordAt { table: run, row };
                small::levels(&self.model().comparisons[comparison], book, at, &[other])?;
            }
        }
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

    /// Whether a later record is still there.
    pub(super) fn holds(&self, record: Row) -> bool {
        self.later.contains_key(&record)
    }

    /// Forgets a later record.
    pub(super) fn forget(&mut self, record: Row) {
        self.later.remove(&record);
    }

    /// The record's source and id.
    pub(super) fn name(&self, record: Row) -> RecordId {
        named(self.at(record))
    }

    /// The record where it stands.
    pub(super) fn at(&self, record: Row) -> RecordAt<'_> {
        self.party(record).at
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
        let rules = self.index.postings.iter();
        let keys = rules.map(|rule| rule.keys(run, record));
        Ok(look(&keys.collect::<Result<Vec<_>, _>>()?))
    }

    /// What a record and each of the others are to each other, bit for bit as the kernel has it.
    pub(super) fn weigh(&self, one: Row, others: &[Row]) -> Result<Vec<Compared>, LinkageError> {
        let others = others.iter().map(|&other| self.party(other));
        self.index
            .weigh(self.party(one), &others.collect::<Vec<_>>())
    }

    /// Each comparison's part in a pair.
    pub(super) fn parts(&self, left: Row, right: Row) -> Result<Vec<Weighed>, LinkageError> {
        self.index.parts(self.party(left), self.party(right))
    }

    fn party(&self, record: Row) -> Party<'_> {
        match self.later.get(&record) {
            None => self.index.of_run(record),
            Some(later) => Party {
                at: RecordAt {
                    table: &later.table,
                    row: 0,
                },
                known: Some(&later.known),
            },
        }
    }
}

/// The comparisons of filters, each with a row of the run that has one.
fn filters(index: &Index<'_, '_>) -> Result<Vec<(usize, Row)>, LinkageError> {
    let rows = Row::try_from(index.job.table().len()).unwrap_or(Row::MAX);
    let comparisons = index.job.model().comparisons.iter().enumerate();
    let filters = comparisons.filter(|(_, settings)| settings.kind == Kind::Clk);
    let sample = |(place, settings): (usize, &crate::ComparisonSettings)| {
        let has_one = |&row: &Row| index.job.kernel().code(place, row) != MISSING;
        let row = (0..rows).find(has_one).ok_or_else(|| {
            LinkageError::unfit(format!(
                "a register cannot hold `{}`: no record of the run has a filter",
                settings.name
            ))
        })?;
        Ok((place, row))
    };
    filters.map(sample).collect()
}

fn named(record: RecordAt<'_>) -> RecordId {
    (record.source().to_owned(), record.id().to_owned())
}
