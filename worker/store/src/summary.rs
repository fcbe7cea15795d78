use std::collections::BTreeMap;

use serde::Serialize;

use crate::database::binds;
use crate::{Store, StoreError};

/// What the store holds, in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// By source.
    pub sources: BTreeMap<String, SourceSummary>,
    /// Identities that hold a record.
    pub persons: u64,
    /// Histories.
    pub histories: u64,
    /// Events of histories, by kind.
    pub events: BTreeMap<String, EventCount>,
}

/// What the store holds of one source.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SourceSummary {
    /// Current records (keys).
    pub records: u64,
    /// Versions of them.
    pub versions: u64,
    /// Patients.
    pub subjects: u64,
    /// Issues of current records.
    pub issues: u64,
    /// Dead letters that wait.
    pub dead_letters: u64,
}

/// Events of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct EventCount {
    /// That a source records itself.
    pub recorded: u64,
    /// That are known by mentions only.
    pub mentioned_only: u64,
}

/// What is counted by source, and where in [`SourceSummary`] it goes.
type Counted = (&'static str, fn(&mut SourceSummary) -> &mut u64);

const BY_SOURCE: [Counted; 5] = [
    (
        "SELECT source, count(*) FROM current_record GROUP BY source",
        |summary| &mut summary.records,
    ),
    (
        "SELECT source, count(*) FROM raw_record GROUP BY source",
        |summary| &mut summary.versions,
    ),
    (
        "SELECT source, count(DISTINCT subject) FROM current_record WHERE subject IS NOT NULL GROUP BY source",
        |summary| &mut summary.subjects,
    ),
    (
        "SELECT source, count(*) FROM issue GROUP BY source",
        |summary| &mut summary.issues,
    ),
    (
        "SELECT source, count(*) FROM dead_letter WHERE resolved_at IS NULL GROUP BY source",
        |summary| &mut summary.dead_letters,
    ),
];

impl Store {
    /// What the store holds, in numbers.
    ///
    /// # Errors
    /// [`StoreError::TryLater`] when the database is busy or away.
    pub async fn summary(&self) -> Result<Summary, StoreError> {
        let mut summary = Summary {
            persons: self
                .count("SELECT count(*) FROM identity WHERE members > 0")
                .await?,
            histories: self.count("SELECT count(*) FROM history").await?,
            ..Summary::default()
        };
        for (sql, place) in BY_SOURCE {
            for row in self.database.fetch(sql, binds![]).await? {
                let source = summary.sources.entry(row.text(0)?).or_default();
                *place(source) = row.count(1)?;
            }
        }
        let sql = "SELECT kind, mentioned_only, count(*) FROM event GROUP BY kind, mentioned_only";
        for row in self.database.fetch(sql, binds![]).await? {
            let event = summary.events.entry(row.text(0)?).or_default();
            match row.integer(1)? {
                0 => event.recorded = row.count(2)?,
                _ => event.mentioned_only = row.count(2)?,
            }
        }
        Ok(summary)
    }

    async fn count(&self, sql: &'static str) -> Result<u64, StoreError> {
        let rows = self.database.fetch(sql, binds![]).await?;
        rows.first().map_or(Ok(0), |row| row.count(0))
    }
}
