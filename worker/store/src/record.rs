use std::collections::VecDeque;
use std::sync::Arc;

use schema::{AdmittedRecord, Issue, MappedRecord, RecordKey, SourceName};

use crate::body::{self, Headers, RECORD, read_mapped, read_record};
use crate::database::{Row, binds};
use crate::issue::{issue_batch, push_issues};
use crate::statement::Batch;
use crate::{Lease, Store, StoreError};

/// Rows of one read of mapped records: some MiB of JSON.
const MAPPED_ROWS_MAX: i64 = 4_000;

/// The number of a stored raw record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RawId(pub(crate) i64);

/// Everything that one source tells of one patient now.
#[derive(Clone, Debug, PartialEq)]
pub struct SubjectRecords {
    /// The source.
    pub source: SourceName,
    /// The patient's key there.
    pub key: RecordKey,
    /// What it tells, by raw key.
    pub records: Vec<MappedRecord>,
}

/// Reads subjects in the order of source and key, in batches.
pub struct SubjectPages<'a> {
    store: &'a Store,
    after: (String, String, i64),
    open: Option<SubjectRecords>,
    ready: VecDeque<SubjectRecords>,
    exhausted: bool,
}

/// A current raw record, as a mapping needs it to be applied anew.
#[derive(Clone, Debug, PartialEq)]
pub struct CurrentRecord {
    /// Its number, for [`Remapped::id`].
    pub id: RawId,
    /// Its source.
    pub source: SourceName,
    /// What passed the door.
    pub record: AdmittedRecord,
}

/// Reads current raw records in the order in which they were stored, in batches.
pub struct CurrentPages<'a> {
    store: &'a Store,
    source: String,
    after: i64,
    headers: Headers,
}

/// What a mapping applied anew made of a current raw record.
#[derive(Clone, Debug)]
pub struct Remapped {
    /// Which record.
    pub id: RawId,
    /// Its source.
    pub source: SourceName,
    /// What it tells now.
    pub mapped: Option<MappedRecord>,
    /// What is wrong with its values now.
    pub issues: Vec<Issue>,
}

impl Store {
    /// Every subject with what its source tells of it now. Memory is bounded by the batch and the largest subject.
    #[must_use]
    pub fn subjects(&self) -> SubjectPages<'_> {
        SubjectPages {
            store: self,
            after: (String::new(), String::new(), 0),
            open: None,
            ready: VecDeque::new(),
            exhausted: false,
        }
    }

    /// What one source tells of one patient now, by raw key; empty when it tells nothing.
    ///
    /// # Errors
    /// [`StoreError::TryLater`] when the database is busy or away.
    pub async fn subject(
        &self,
        source: &SourceName,
        key: &RecordKey,
    ) -> Result<Vec<MappedRecord>, StoreError> {
        let rows = self
            .database
            .fetch(
                "SELECT mapped FROM current_record WHERE source = $1 AND subject = $2",
                binds![source.as_str(), key.expose()],
            )
            .await?;
        let records: Result<Vec<_>, _> =
            rows.iter().map(|row| read_mapped(&row.text(0)?)).collect();
        records.map(in_order)
    }

    /// The current raw records of a source or of all, to be mapped anew.
    #[must_use]
    pub fn current_records(&self, source: Option<&SourceName>) -> CurrentPages<'_> {
        CurrentPages {
            store: self,
            source: source.map(ToString::to_string).unwrap_or_default(),
            after: 0,
            headers: Headers::new(),
        }
    }

    /// Replaces what current records tell and their issues; a record that is current no more is left out. Gives how many differ
    /// now from before.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when the lease is another's now.
    pub async fn remap(&self, lease: &Lease, remapped: Vec<Remapped>) -> Result<u64, StoreError> {
        let mut transaction = self.begin_under(lease).await?;
        let ids: Vec<_> = remapped.iter().map(|each| each.id.0.into()).collect();
        let rows = crate::statement::fetch_in(
            &mut transaction,
            "SELECT raw_id, mapped FROM current_record WHERE raw_id",
            &[],
            ids,
            "",
        )
        .await?;
        let mut before = std::collections::BTreeMap::new();
        for row in &rows {
            before.insert(row.integer(0)?, row.text_or_none(1)?);
        }
        let mut changed = 0;
        let mut issues = issue_batch();
        let mut current = Batch::new(
            "INSERT INTO current_record (raw_id, source, subject, mapped)",
            4,
            "ON CONFLICT (raw_id) DO UPDATE SET subject = excluded.subject, mapped = excluded.mapped",
        );
        let mut touched = Vec::new();
        for each in remapped {
            let Some(before) = before.get(&each.id.0) else {
                continue;
            };
            touched.push(each.id.0.into());
            push_issues(&mut issues, &each.source, each.id.0, &each.issues);
            let mapped = each.mapped.as_ref().map(body::to_json).transpose()?;
            if mapped != *before {
                changed += 1;
                let subject = each.mapped.map(|mapped| mapped.subject.expose().to_owned());
                current.push(binds![each.id.0, each.source.as_str(), subject, mapped]);
            }
        }
        let delete = "DELETE FROM issue WHERE raw_id";
        crate::statement::execute_in(&mut transaction, delete, &[], touched, "").await?;
        current.write(&mut transaction).await?;
        issues.write(&mut transaction).await?;
        transaction.commit().await?;
        Ok(changed)
    }
}

impl SubjectPages<'_> {
    /// The next subjects, at most so many; empty at the end.
    ///
    /// # Errors
    /// [`StoreError::TryLater`] when the database is busy or away.
    pub async fn next(&mut self, subjects_max: usize) -> Result<Vec<SubjectRecords>, StoreError> {
        while self.ready.len() < subjects_max && !self.exhausted {
            self.fetch().await?;
        }
        let count = subjects_max.min(self.ready.len());
        Ok(self.ready.drain(..count).collect())
    }

    async fn fetch(&mut self) -> Result<(), StoreError> {
        let (source, subject, id) = self.after.clone();
        let rows = self
            .store
            .database
            .fetch(
                "SELECT source, subject, raw_id, mapped FROM current_record
                 WHERE subject IS NOT NULL AND (source, subject, raw_id) > ($1, $2, $3)
                 ORDER BY source, subject, raw_id LIMIT $4",
                binds![source, subject, id, MAPPED_ROWS_MAX],
            )
            .await?;
        for row in &rows {
            self.take(row)?;
        }
        if rows.is_empty() {
            self.exhausted = true;
            let last = self.open.take();
            self.ready.extend(last.map(finish));
        }
        Ok(())
    }

    fn take(&mut self, row: &Row) -> Result<(), StoreError> {
        let mapped = read_mapped(&row.text(3)?)?;
        let same =
            |open: &SubjectRecords| open.source == mapped.source && open.key == mapped.subject;
        self.after = (row.text(0)?, row.text(1)?, row.integer(2)?);
        match &mut self.open {
            Some(open) if same(open) => open.records.push(mapped),
            open => {
                let next = SubjectRecords {
                    source: mapped.source.clone(),
                    key: mapped.subject.clone(),
                    records: vec![mapped],
                };
                self.ready.extend(open.replace(next).map(finish));
            }
        }
        Ok(())
    }
}

fn finish(mut subject: SubjectRecords) -> SubjectRecords {
    subject.records = in_order(subject.records);
    subject
}

/// By raw key: the order of arrival leaves no trace.
pub(crate) fn in_order(mut records: Vec<MappedRecord>) -> Vec<MappedRecord> {
    records.sort_by(|left, right| (&left.source, &left.raw).cmp(&(&right.source, &right.raw)));
    records
}

impl CurrentPages<'_> {
    /// The next records, at most so many; empty at the end.
    ///
    /// # Errors
    /// [`StoreError::TryLater`] when the database is busy or away.
    pub async fn next(&mut self, records_max: u32) -> Result<Vec<CurrentRecord>, StoreError> {
        let sql = format!(
            "SELECT c.raw_id, c.source, {RECORD} FROM current_record c JOIN raw_record r ON r.id = c.raw_id
             WHERE c.raw_id > $1 AND ($2 = '' OR c.source = $2) ORDER BY c.raw_id LIMIT $3"
        );
        let binds = binds![self.after, &*self.source, i64::from(records_max)];
        let rows = self
            .store
            .database
            .fetch(sqlx::AssertSqlSafe(sql), binds)
            .await?;
        self.read_headers(&rows).await?;
        let records: Result<Vec<_>, StoreError> = rows
            .iter()
            .map(|row| {
                Ok(CurrentRecord {
                    id: RawId(row.integer(0)?),
                    source: body::source_name(&row.text(1)?)?,
                    record: read_record(row, 2, &self.headers)?,
                })
            })
            .collect();
        if let Some(last) = records.as_ref().ok().and_then(|records| records.last()) {
            self.after = last.id.0;
        }
        records
    }

    /// Headers are few: they are read whole, and again when an unknown one is met.
    async fn read_headers(&mut self, rows: &[Row]) -> Result<(), StoreError> {
        for row in rows {
            if row.text(9)? == "row" && !self.headers.contains_key(&row.hash(10)?) {
                let sql = "SELECT hash, names FROM header";
                for header in self.store.database.fetch(sql, binds![]).await? {
                    let names = body::from_json("header", &header.text(1)?)?;
                    self.headers.insert(header.hash(0)?, Arc::new(names));
                }
            }
        }
        Ok(())
    }
}
