use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use schema::{
    AdmittedBody, AdmittedRecord, Issue, MappedRecord, Origin, Refusal, RowCounts, RowState,
    SetAside, SourceName,
};

use crate::database::{Bind, Transaction, binds, stored_text};
use crate::decide::{Known, turnover};
use crate::issue::{issue_batch, push_issues};
use crate::statement::{Batch, fetch_in};
use crate::{Lease, RunFinding, RunId, Store, StoreError, body, time};

/// One record of a page, with what the mapping made of it.
#[derive(Clone, Debug)]
pub struct PageRecord {
    /// What passed the door.
    pub record: AdmittedRecord,
    /// What it tells; none for an organisation and the like.
    pub mapped: Option<MappedRecord>,
    /// What is wrong with its values.
    pub issues: Vec<Issue>,
}

/// A page on its way into the store.
#[derive(Clone, Debug)]
pub struct PageCommit {
    /// The source.
    pub source: SourceName,
    /// Where the page began: it must be the stored cursor.
    pub from: Option<String>,
    /// Where it ended: the next stored cursor.
    pub to: String,
    /// What passed the door, in the order in which it was read.
    pub records: Vec<PageRecord>,
    /// What could not be used, by the connector or at the door.
    pub set_aside: Vec<SetAside>,
    /// How often the door kept which field out.
    pub refusals: BTreeMap<Refusal, u64>,
    /// Rows read by place, counted where they were read.
    pub read: BTreeMap<Arc<str>, u64>,
    /// What the operator should know.
    pub findings: Vec<RunFinding>,
    /// The instant of the commit.
    pub now: Timestamp,
}

/// How the rows of a page ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageOutcome {
    /// By place.
    pub counts: BTreeMap<Arc<str>, RowCounts>,
}

impl PageOutcome {
    /// Over all places.
    #[must_use]
    pub fn total(&self) -> RowCounts {
        let mut total = RowCounts::default();
        for counts in self.counts.values() {
            total += *counts;
        }
        total
    }
}

impl Store {
    /// Stores a page whole: raw records, what they were mapped to, issues, dead letters, counts and the cursor, in one transaction.
    ///
    /// A `(key, hash)` that is known is unchanged; an unknown key is new; else it is changed. Of each key the greatest
    /// `(version, hash)` is current, whatever the order of arrival; only current versions keep mapped records and issues.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] and [`StoreError::CursorMoved`], with nothing stored; [`StoreError::TryLater`].
    pub async fn commit_page(
        &self,
        lease: &Lease,
        run: RunId,
        page: PageCommit,
    ) -> Result<PageOutcome, StoreError> {
        let mut transaction = self.begin_under(lease).await?;
        let cursor = (page.from.as_deref(), &*page.to);
        transaction
            .move_cursor(&page.source, cursor, run, page.now)
            .await?;
        let mut counts: BTreeMap<Arc<str>, RowCounts> = BTreeMap::new();
        for (place, read) in &page.read {
            counts.entry(place.clone()).or_default().read += read;
        }
        for letter in &page.set_aside {
            let place = counts.entry(letter.origin.place.clone()).or_default();
            place.add(RowState::SetAside);
        }
        transaction
            .keep_dead_letters(&page.source, &page.set_aside, run, page.now)
            .await?;
        let read_well = page.records.iter().map(|each| each.record.origin.clone());
        let read_well: BTreeSet<Origin> = read_well.collect();
        transaction
            .resolve_dead_letters(&page.source, &read_well, page.now)
            .await?;
        transaction.add_refusals(run, &page.refusals).await?;
        transaction.add_findings(run, &page.findings).await?;
        let writer = RecordWriter {
            source: page.source,
            run,
            now: page.now,
        };
        let ended = writer.write(&mut transaction, page.records).await?;
        for (place, state) in ended {
            counts.entry(place).or_default().add(state);
        }
        transaction.add_to_ledger(run, &counts).await?;
        transaction.commit().await?;
        Ok(PageOutcome { counts })
    }
}

struct RecordWriter {
    source: SourceName,
    run: RunId,
    now: Timestamp,
}

/// Where a row was read and how it ended.
type Ended = Vec<(Arc<str>, RowState)>;

impl RecordWriter {
    async fn write(
        &self,
        transaction: &mut Transaction,
        records: Vec<PageRecord>,
    ) -> Result<Ended, StoreError> {
        let rows = self.stored_versions(transaction, &records).await?;
        let mut known: BTreeMap<String, Known> = BTreeMap::new();
        for (key, version, hash, id) in rows {
            known.entry(key).or_default().stored(version, hash, id);
        }
        let before = known
            .iter()
            .filter_map(|(key, known)| Some((key.clone(), known.holder()?)))
            .collect();
        let mut ended = Vec::with_capacity(records.len());
        for (place, PageRecord { record, .. }) in records.iter().enumerate() {
            let known = known
                .entry(stored_text(record.key.expose().to_owned()))
                .or_default();
            let state = known.offer(&record.version, *record.hash.as_bytes(), place);
            ended.push((record.origin.place.clone(), state));
        }
        let (superseded, promoted) = turnover(&before, &known);
        transaction.retire_records(&superseded).await?;
        let states: Vec<RowState> = ended.iter().map(|(_, state)| *state).collect();
        self.insert(transaction, records, &states, &promoted)
            .await?;
        Ok(ended)
    }

    /// Every stored version of the page's keys: key, version, hash, id.
    async fn stored_versions(
        &self,
        transaction: &mut Transaction,
        records: &[PageRecord],
    ) -> Result<Vec<(String, Box<str>, [u8; 32], i64)>, StoreError> {
        let keys: BTreeSet<&str> = records
            .iter()
            .map(|each| each.record.key.expose())
            .collect();
        let rows = fetch_in(
            transaction,
            "SELECT raw_key, version, hash, id FROM raw_record WHERE source = $1 AND raw_key",
            &[self.source.as_str().into()],
            keys.into_iter().map(Bind::from).collect(),
            "",
        )
        .await?;
        rows.iter()
            .map(|row| {
                Ok((
                    row.text(0)?,
                    row.text(1)?.into(),
                    row.hash(2)?,
                    row.integer(3)?,
                ))
            })
            .collect()
    }

    async fn insert(
        &self,
        transaction: &mut Transaction,
        records: Vec<PageRecord>,
        states: &[RowState],
        promoted: &BTreeSet<usize>,
    ) -> Result<(), StoreError> {
        let fresh = states.iter().filter(|state| **state != RowState::Unchanged);
        let mut id = transaction
            .take_numbers("raw_record", fresh.count())
            .await?;
        let mut batches = Batches::new();
        for (place, (each, state)) in records.into_iter().zip(states).enumerate() {
            if *state == RowState::Unchanged {
                continue;
            }
            if promoted.contains(&place) {
                batches.push_current(&self.source, id, &each)?;
            }
            self.push_raw(&mut batches, id, each.record)?;
            id += 1;
        }
        batches.write(transaction).await
    }

    fn push_raw(
        &self,
        batches: &mut Batches,
        id: i64,
        record: AdmittedRecord,
    ) -> Result<(), StoreError> {
        if let AdmittedBody::Row(cells) = &record.body {
            let hash = *cells.header().hash().as_bytes();
            if batches.header_hashes.insert(hash) {
                batches
                    .headers
                    .push(binds![hash, body::to_json(&**cells.header())?]);
            }
        }
        let (kind, header, text) = body::to_columns(record.body)?;
        batches.raw.push(binds![
            id,
            self.source.as_str(),
            record.key.expose(),
            record.version,
            *record.hash.as_bytes(),
            &*record.mapping,
            &*record.origin.place,
            record.origin.line.cast_signed(),
            kind,
            header,
            text,
            record.subject.map(|subject| subject.expose().to_owned()),
            self.run.0,
            time::text(self.now)
        ]);
        Ok(())
    }
}

/// What a page inserts, by table.
struct Batches {
    headers: Batch,
    header_hashes: BTreeSet<[u8; 32]>,
    raw: Batch,
    current: Batch,
    issues: Batch,
}

impl Batches {
    const fn new() -> Self {
        Self {
            headers: Batch::new("INSERT INTO header (hash, names)", 2, "ON CONFLICT DO NOTHING"),
            header_hashes: BTreeSet::new(),
            raw: Batch::new(
                "INSERT INTO raw_record (id, source, raw_key, version, hash, mapping, place, line, kind, header, body,
                 subject, run, first_seen)",
                14,
                "",
            ),
            current: Batch::new("INSERT INTO current_record (raw_id, source, subject, mapped)", 4, ""),
            issues: issue_batch(),
        }
    }

    fn push_current(
        &mut self,
        source: &SourceName,
        id: i64,
        each: &PageRecord,
    ) -> Result<(), StoreError> {
        let mapped = each.mapped.as_ref();
        self.current.push(binds![
            id,
            source.as_str(),
            mapped.map(|mapped| mapped.subject.expose().to_owned()),
            mapped.map(body::to_json).transpose()?
        ]);
        push_issues(&mut self.issues, source, id, &each.issues);
        Ok(())
    }

    async fn write(self, transaction: &mut Transaction) -> Result<(), StoreError> {
        self.headers.write(transaction).await?;
        self.raw.write(transaction).await?;
        self.current.write(transaction).await?;
        self.issues.write(transaction).await?;
        Ok(())
    }
}
