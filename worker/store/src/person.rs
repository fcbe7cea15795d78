use std::collections::BTreeMap;

use schema::{Identity, MappedRecord};

use crate::body::read_mapped;
use crate::database::binds;
use crate::identity::read_identity;
use crate::record::in_order;
use crate::{Store, StoreError};

/// Everything that all sources tell of one person now.
#[derive(Clone, Debug, PartialEq)]
pub struct PersonRecords {
    /// Whose.
    pub identity: Identity,
    /// The least match probability among the links that hold the records together; none for one record.
    pub link_probability_min: Option<f64>,
    /// What is told, by source and raw key.
    pub records: Vec<MappedRecord>,
}

/// Reads persons in the order of their identity, in batches.
pub struct PersonPages<'a> {
    store: &'a Store,
    after: i64,
}

impl Store {
    /// Every person with present records, to make histories of.
    #[must_use]
    pub const fn persons(&self) -> PersonPages<'_> {
        PersonPages {
            store: self,
            after: 0,
        }
    }
}

impl PersonPages<'_> {
    /// The next persons, at most so many; empty at the end.
    ///
    /// # Errors
    /// [`StoreError::TryLater`] when the database is busy or away.
    pub async fn next(&mut self, persons_max: u32) -> Result<Vec<PersonRecords>, StoreError> {
        let heads = self
            .store
            .database
            .fetch(
                "SELECT number, link_probability_min FROM identity WHERE number > $1 AND members > 0 ORDER BY number LIMIT $2",
                binds![self.after, i64::from(persons_max)],
            )
            .await?;
        let mut persons = BTreeMap::new();
        for head in &heads {
            let person = PersonRecords {
                identity: read_identity(head, 0)?,
                link_probability_min: head.real_or_none(1)?,
                records: Vec::new(),
            };
            persons.insert(person.identity, person);
        }
        let Some(last) = heads.last().map(|head| head.integer(0)).transpose()? else {
            return Ok(Vec::new());
        };
        let rows = self
            .store
            .database
            .fetch(
                "SELECT m.identity, c.mapped FROM membership m
                 JOIN current_record c ON c.source = m.source AND c.subject = m.record_key
                 WHERE m.identity > $1 AND m.identity <= $2 AND m.is_present = 1",
                binds![self.after, last],
            )
            .await?;
        for row in &rows {
            if let Some(person) = persons.get_mut(&read_identity(row, 0)?) {
                person.records.push(read_mapped(&row.text(1)?)?);
            }
        }
        self.after = last;
        let ordered = persons.into_values().map(|mut person| {
            person.records = in_order(person.records);
            person
        });
        Ok(ordered.collect())
    }
}
