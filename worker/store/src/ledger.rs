use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use schema::{Refusal, RefusalReason, RowCounts};
use serde::Serialize;

use crate::database::{Row, Transaction, binds};
use crate::statement::Batch;
use crate::words::words;
use crate::{Lease, RunId, Store, StoreError};

words! {
    /// How bad a finding is.
    FindingKind {
        /// Worth knowing.
        Note = "note",
        /// Something differs from what was expected; what could be read was read.
        Warning = "warning",
        /// Something could not be read at all.
        Fault = "fault",
    }
}

/// Something that the operator should know about a run and no row tells.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct RunFinding {
    /// How bad.
    pub kind: FindingKind,
    /// File or resource path.
    pub place: Arc<str>,
    /// A sentence for a person.
    pub message: String,
}

/// How the rows of one place ended in one run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LedgerRow {
    /// The run.
    pub run: RunId,
    /// Its source.
    pub source: String,
    /// File or resource path.
    pub place: String,
    /// The rows by their end.
    pub counts: RowCounts,
}

/// How often the door kept a field out in one run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RefusalCount {
    /// Which field, and why.
    pub refusal: Refusal,
    /// How often.
    pub times: u64,
}

/// How long a stage of a run took, over all its attempts' pages.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StageTime {
    /// The stage's name.
    pub name: String,
    /// Seconds.
    pub seconds: f64,
}

impl Store {
    /// The conservation ledger of a run, or of all runs, by run and place.
    ///
    /// # Errors
    /// [`StoreError::TryLater`] when the database is busy or away.
    pub async fn ledger(&self, run: Option<RunId>) -> Result<Vec<LedgerRow>, StoreError> {
        let rows = self
            .database
            .fetch(
                "SELECT l.run, r.source, l.place, l.rows_read, l.rows_new, l.rows_changed, l.rows_unchanged, l.rows_set_aside
                 FROM ledger l JOIN run r ON r.id = l.run WHERE l.run BETWEEN $1 AND $2 ORDER BY l.run, l.place",
                binds![run.map_or(0, |run| run.0), run.map_or(i64::MAX, |run| run.0)],
            )
            .await?;
        rows.iter()
            .map(|row| {
                Ok(LedgerRow {
                    run: RunId(row.integer(0)?),
                    source: row.text(1)?,
                    place: row.text(2)?,
                    counts: read_counts(row, 3)?,
                })
            })
            .collect()
    }

    /// What the door kept out in a run.
    ///
    /// # Errors
    /// [`StoreError::TryLater`] when the database is busy or away.
    pub async fn refusals(&self, run: RunId) -> Result<Vec<RefusalCount>, StoreError> {
        let sql = "SELECT field, reason, times FROM refusal WHERE run = $1 ORDER BY field, reason";
        let rows = self.database.fetch(sql, binds![run.0]).await?;
        rows.iter()
            .map(|row| {
                Ok(RefusalCount {
                    refusal: Refusal {
                        field: row.text(0)?.into(),
                        reason: read_reason(&row.text(1)?)?,
                    },
                    times: row.count(2)?,
                })
            })
            .collect()
    }

    /// What the operator should know about a run.
    ///
    /// # Errors
    /// [`StoreError::TryLater`] when the database is busy or away.
    pub async fn findings(&self, run: RunId) -> Result<Vec<RunFinding>, StoreError> {
        let sql =
            "SELECT kind, place, message FROM finding WHERE run = $1 ORDER BY kind, place, message";
        let rows = self.database.fetch(sql, binds![run.0]).await?;
        rows.iter()
            .map(|row| {
                Ok(RunFinding {
                    kind: FindingKind::read(&row.text(0)?)?,
                    place: row.text(1)?.into(),
                    message: row.text(2)?,
                })
            })
            .collect()
    }

    /// Adds to the time that a stage of a run took.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when the lease is another's now.
    pub async fn add_stage_time(
        &self,
        lease: &Lease,
        run: RunId,
        stage: &str,
        spent: Duration,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin_under(lease).await?;
        transaction
            .execute(
                "INSERT INTO stage (run, name, seconds) VALUES ($1, $2, $3)
                 ON CONFLICT (run, name) DO UPDATE SET seconds = stage.seconds + excluded.seconds",
                binds![run.0, stage, spent.as_secs_f64()],
            )
            .await?;
        transaction.commit().await
    }

    /// How long the stages of a run took.
    ///
    /// # Errors
    /// [`StoreError::TryLater`] when the database is busy or away.
    pub async fn stage_times(&self, run: RunId) -> Result<Vec<StageTime>, StoreError> {
        let sql = "SELECT name, seconds FROM stage WHERE run = $1 ORDER BY name";
        let rows = self.database.fetch(sql, binds![run.0]).await?;
        rows.iter()
            .map(|row| {
                Ok(StageTime {
                    name: row.text(0)?,
                    seconds: row.real(1)?,
                })
            })
            .collect()
    }
}

impl Transaction {
    pub(crate) async fn add_to_ledger(
        &mut self,
        run: RunId,
        counts: &BTreeMap<Arc<str>, RowCounts>,
    ) -> Result<(), StoreError> {
        let mut batch = Batch::new(
            "INSERT INTO ledger (run, place, rows_read, rows_new, rows_changed, rows_unchanged, rows_set_aside)",
            7,
            "ON CONFLICT (run, place) DO UPDATE SET rows_read = ledger.rows_read + excluded.rows_read,
             rows_new = ledger.rows_new + excluded.rows_new, rows_changed = ledger.rows_changed + excluded.rows_changed,
             rows_unchanged = ledger.rows_unchanged + excluded.rows_unchanged,
             rows_set_aside = ledger.rows_set_aside + excluded.rows_set_aside",
        );
        for (place, counts) in counts {
            batch.push(binds![
                run.0,
                &**place,
                counts.read.cast_signed(),
                counts.new.cast_signed(),
                counts.changed.cast_signed(),
                counts.unchanged.cast_signed(),
                counts.set_aside.cast_signed()
            ]);
        }
        batch.write(self).await?;
        Ok(())
    }

    pub(crate) async fn add_refusals(
        &mut self,
        run: RunId,
        refusals: &BTreeMap<Refusal, u64>,
    ) -> Result<(), StoreError> {
        let mut batch = Batch::new(
            "INSERT INTO refusal (run, field, reason, times)",
            4,
            "ON CONFLICT (run, field, reason) DO UPDATE SET times = refusal.times + excluded.times",
        );
        for (refusal, times) in refusals {
            batch.push(binds![
                run.0,
                &*refusal.field,
                reason_word(refusal.reason),
                times.cast_signed()
            ]);
        }
        batch.write(self).await?;
        Ok(())
    }

    pub(crate) async fn add_findings(
        &mut self,
        run: RunId,
        findings: &[RunFinding],
    ) -> Result<(), StoreError> {
        let mut batch = Batch::new(
            "INSERT INTO finding (run, kind, place, message)",
            4,
            "ON CONFLICT DO NOTHING",
        );
        for finding in findings {
            batch.push(binds![
                run.0,
                finding.kind.as_str(),
                &*finding.place,
                &*finding.message
            ]);
        }
        batch.write(self).await?;
        Ok(())
    }
}

/// The five counts that begin at a place of a row.
pub(crate) fn read_counts(row: &Row, place: usize) -> Result<RowCounts, StoreError> {
    Ok(RowCounts {
        read: row.count(place)?,
        new: row.count(place + 1)?,
        changed: row.count(place + 2)?,
        unchanged: row.count(place + 3)?,
        set_aside: row.count(place + 4)?,
    })
}

const REASONS: [(RefusalReason, &str); 3] = [
    (RefusalReason::Unmapped, "unmapped"),
    (RefusalReason::IdentifyingField, "identifying_field"),
    (RefusalReason::IdentifyingPattern, "identifying_pattern"),
];

fn reason_word(reason: RefusalReason) -> &'static str {
    match reason {
        RefusalReason::Unmapped => REASONS[0].1,
        RefusalReason::IdentifyingField => REASONS[1].1,
        RefusalReason::IdentifyingPattern => REASONS[2].1,
    }
}

fn read_reason(word: &str) -> Result<RefusalReason, StoreError> {
    REASONS
        .iter()
        .find(|(_, known)| *known == word)
        .map(|(reason, _)| *reason)
        .ok_or_else(|| StoreError::broken("refusal", format!("unknown word `{word}`")))
}
