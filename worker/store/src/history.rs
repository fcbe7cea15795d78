use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use schema::{Attribute, ContentHash, Event, History, Identity};
use serde::Serialize;

use crate::database::{Bind, Transaction, binds};
use crate::identity::read_identity;
use crate::search::INDEXED;
use crate::statement::{Batch, execute_in, fetch_in};
use crate::{Lease, RunId, Store, StoreError, body, time};

/// A stored history, as its JSON text: what is published is this text.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredHistory {
    /// Whose.
    pub identity: Identity,
    /// The hash of `json`.
    pub hash: ContentHash,
    /// One line of JSON: a [`History`].
    pub json: String,
}

impl StoredHistory {
    /// The history itself.
    ///
    /// # Errors
    /// [`StoreError::Broken`] when the stored text is no history of this version of the program.
    pub fn read(&self) -> Result<History, StoreError> {
        body::from_json("history", &self.json)
    }
}

impl std::fmt::Debug for StoredHistory {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "StoredHistory({}, [phi])", self.identity)
    }
}

/// How many histories were written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct HistoryCounts {
    /// New, or other than before.
    pub written: u64,
    /// As before: nothing was written.
    pub unchanged: u64,
}

/// Reads histories in the order of identity, in batches.
pub struct HistoryPages<'a> {
    store: &'a Store,
    after: i64,
}

impl Store {
    /// Writes histories with their events and what they can be found by; one that is as before is not written again.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when the lease is another's now.
    pub async fn put_histories(
        &self,
        lease: &Lease,
        run: RunId,
        histories: &[History],
        now: Timestamp,
    ) -> Result<HistoryCounts, StoreError> {
        let mut transaction = self.begin_under(lease).await?;
        let keys = histories
            .iter()
            .map(|each| number(each.identity).into())
            .collect();
        let sql = "SELECT identity, hash FROM history WHERE identity";
        let mut stored = BTreeMap::new();
        for row in fetch_in(&mut transaction, sql, &[], keys, "").await? {
            stored.insert(row.integer(0)?, row.hash(1)?);
        }
        let mut written = HistoryBatches::new();
        for history in histories {
            let json = body::to_json(history)?;
            let hash = *ContentHash::of(json.as_bytes()).as_bytes();
            if stored.get(&number(history.identity)) != Some(&hash) {
                written.push(history, (json, hash), run, now);
            }
        }
        let counts = HistoryCounts {
            written: written.identities.len() as u64,
            unchanged: (histories.len() - written.identities.len()) as u64,
        };
        written.write(&mut transaction).await?;
        transaction.commit().await?;
        Ok(counts)
    }

    /// Drops the histories of identities that hold no record any more; gives how many.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when the lease is another's now.
    pub async fn drop_stale_histories(&self, lease: &Lease) -> Result<u64, StoreError> {
        let mut transaction = self.begin_under(lease).await?;
        let rows = transaction
            .fetch(
                "SELECT h.identity FROM history h WHERE NOT EXISTS
                 (SELECT 1 FROM identity i WHERE i.number = h.identity AND i.members > 0)",
                binds![],
            )
            .await?;
        let stale: Result<Vec<_>, _> = rows.iter().map(|row| row.integer(0)).collect();
        let stale = stale?;
        transaction.clear_histories(&stale).await?;
        transaction.commit().await?;
        Ok(stale.len() as u64)
    }

    /// The history of one identity; of a retired one, look for [`Store::living_identity`] first.
    ///
    /// # Errors
    /// [`StoreError::TryLater`] when the database is busy or away.
    pub async fn history(&self, identity: Identity) -> Result<Option<StoredHistory>, StoreError> {
        let sql = "SELECT identity, hash, body FROM history WHERE identity = $1";
        let rows = self.database.fetch(sql, binds![number(identity)]).await?;
        rows.first().map(read_history).transpose()
    }

    /// Every history.
    #[must_use]
    pub const fn histories(&self) -> HistoryPages<'_> {
        HistoryPages {
            store: self,
            after: 0,
        }
    }
}

impl HistoryPages<'_> {
    /// The next histories, at most so many; empty at the end.
    ///
    /// # Errors
    /// [`StoreError::TryLater`] when the database is busy or away.
    pub async fn next(&mut self, histories_max: u32) -> Result<Vec<StoredHistory>, StoreError> {
        let sql = "SELECT identity, hash, body FROM history WHERE identity > $1 ORDER BY identity LIMIT $2";
        let binds = binds![self.after, i64::from(histories_max)];
        let rows = self.store.database.fetch(sql, binds).await?;
        if let Some(last) = rows.last() {
            self.after = last.integer(0)?;
        }
        rows.iter().map(read_history).collect()
    }
}

fn number(identity: Identity) -> i64 {
    identity.number().cast_signed()
}

fn read_history(row: &crate::database::Row) -> Result<StoredHistory, StoreError> {
    Ok(StoredHistory {
        identity: read_identity(row, 0)?,
        hash: ContentHash::from_bytes(row.hash(1)?),
        json: row.text(2)?,
    })
}

/// What the writing of histories inserts, by table.
struct HistoryBatches {
    identities: Vec<i64>,
    histories: Batch,
    events: Batch,
    index: Batch,
}

impl HistoryBatches {
    const fn new() -> Self {
        Self {
            identities: Vec::new(),
            histories: Batch::new(
                "INSERT INTO history (identity, hash, body, run, written_at)",
                5,
                "",
            ),
            events: Batch::new(
                "INSERT INTO event (identity, ordinal, kind, event_date, product, sources, mentioned_only)",
                7,
                "",
            ),
            index: Batch::new(
                "INSERT INTO person_index (attribute, value, identity)",
                3,
                "",
            ),
        }
    }

    fn push(
        &mut self,
        history: &History,
        (json, hash): (String, [u8; 32]),
        run: RunId,
        now: Timestamp,
    ) {
        let identity = number(history.identity);
        self.identities.push(identity);
        self.histories
            .push(binds![identity, hash, json, run.0, time::text(now)]);
        for (ordinal, event) in (1_i64..).zip(&history.events) {
            self.events.push(binds![
                identity,
                ordinal,
                event.kind.as_str(),
                event.date.map(|date| date.date.to_string()),
                product(event),
                sources(event),
                event.mentioned_only
            ]);
        }
        for (attribute, value) in index_values(history) {
            self.index.push(binds![attribute.as_str(), value, identity]);
        }
    }

    async fn write(self, transaction: &mut Transaction) -> Result<(), StoreError> {
        transaction.clear_histories(&self.identities).await?;
        self.histories.write(transaction).await?;
        self.events.write(transaction).await?;
        self.index.write(transaction).await?;
        Ok(())
    }
}

fn product(event: &Event) -> Option<String> {
    let told = event.values.get(&Attribute::Product)?;
    told.first()?.value.to_text()
}

fn sources(event: &Event) -> String {
    let sources: BTreeSet<&str> = event
        .tellings
        .iter()
        .map(|told| told.record.source.as_str())
        .collect();
    sources.into_iter().collect::<Vec<_>>().join(";")
}

/// Every telling of what a person can be looked for by.
fn index_values(history: &History) -> BTreeSet<(Attribute, String)> {
    let of_events = history.events.iter().map(|event| &event.values);
    std::iter::once(&history.person.values)
        .chain(of_events)
        .flat_map(|values| {
            INDEXED
                .into_iter()
                .filter_map(|attribute| values.get_key_value(&attribute))
        })
        .flat_map(|(attribute, told)| told.iter().map(|told| (*attribute, told.value.to_text())))
        .filter_map(|(attribute, value)| Some((attribute, value?)))
        .collect()
}

impl Transaction {
    async fn clear_histories(&mut self, identities: &[i64]) -> Result<(), StoreError> {
        for sql in [
            "DELETE FROM history WHERE identity",
            "DELETE FROM event WHERE identity",
            "DELETE FROM person_index WHERE identity",
        ] {
            let keys: Vec<Bind> = identities
                .iter()
                .map(|identity| (*identity).into())
                .collect();
            execute_in(self, sql, &[], keys, "").await?;
        }
        Ok(())
    }
}
