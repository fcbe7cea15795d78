use std::fmt;

use jiff::Timestamp;
use schema::{RowCounts, SourceName};
use serde::{Deserialize, Serialize};

use crate::database::{Row, Transaction, binds};
use crate::words::words;
use crate::{Lease, Store, StoreError, time};

/// The number of a run, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(pub i64);

impl fmt::Display for RunId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

words! {
    /// Which job a run is of.
    RunKind {
        /// Pull a source and map what came.
        Sync = "sync",
        /// Map stored records anew.
        Map = "map",
        /// Find which records are one person.
        Link = "link",
        /// Make histories.
        Assemble = "assemble",
        /// Make a release.
        Publish = "publish",
    }
}

words! {
    /// How a run stands.
    RunState {
        /// It waits until it is due.
        Queued = "queued",
        /// A worker holds its lease.
        Running = "running",
        /// Done, with nothing set aside.
        Succeeded = "succeeded",
        /// Done; some rows were set aside.
        WithSetAside = "with_set_aside",
        /// It failed in a way that trying again does not mend.
        Failed = "failed",
        /// It was started as often as allowed and never ended well.
        DeadLettered = "dead_lettered",
        /// A rule refused it.
        Refused = "refused",
    }
}

/// A run to be queued.
#[derive(Clone, Debug)]
pub struct NewRun {
    /// Which job.
    pub kind: RunKind,
    /// Of which source; none for the jobs over all of them.
    pub source: Option<SourceName>,
    /// How often it may be started.
    pub attempts_max: u32,
    /// Not before this instant.
    pub due: Timestamp,
}

/// A run as it stands.
#[derive(Clone, Debug, Serialize)]
pub struct Run {
    /// Its number.
    pub id: RunId,
    /// Which job.
    pub kind: RunKind,
    /// Of which source.
    pub source: Option<SourceName>,
    /// How it stands.
    pub state: RunState,
    /// How often it was started, counted before the work.
    pub attempts: u32,
    /// How often it may be started.
    pub attempts_max: u32,
    /// When it was queued first.
    pub queued_at: Timestamp,
    /// Not to be started before.
    pub due_at: Timestamp,
    /// When its latest attempt was started.
    pub started_at: Option<Timestamp>,
    /// When its latest attempt ended.
    pub finished_at: Option<Timestamp>,
    /// Why its latest attempt did not end well; nothing of a patient.
    pub error: Option<String>,
    /// Its rows, over all places.
    pub counts: RowCounts,
}

/// What asking for a start gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// Begin: this is the attempt with this number, from 1.
    Begin {
        /// Counted before the work.
        attempt: u32,
    },
    /// It was started as often as allowed; it is dead-lettered now.
    DeadLettered,
    /// It is not queued (another worker has it, or it has ended), or not due yet.
    NotQueued(RunState),
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunEnd {
    /// Well. With rows set aside in its ledger it becomes [`RunState::WithSetAside`].
    Done,
    /// A rule refused it.
    Refused {
        /// Which rule; nothing of a patient.
        error: String,
    },
    /// Not well.
    Failed {
        /// Why; nothing of a patient.
        error: String,
        /// When to try again; none where trying again does not mend it.
        retry_at: Option<Timestamp>,
    },
}

const RUN: &str = "SELECT r.id, r.kind, r.source, r.state, r.attempts, r.attempts_max, r.queued_at, r.due_at, r.started_at,
    r.finished_at, r.error, CAST(coalesce(sum(l.rows_read), 0) AS BIGINT), CAST(coalesce(sum(l.rows_new), 0) AS BIGINT),
    CAST(coalesce(sum(l.rows_changed), 0) AS BIGINT), CAST(coalesce(sum(l.rows_unchanged), 0) AS BIGINT),
    CAST(coalesce(sum(l.rows_set_aside), 0) AS BIGINT)
    FROM run r LEFT JOIN ledger l ON l.run = r.id";

impl Store {
    /// Queues a run; one of the same kind and source that waits already is given instead.
    ///
    /// # Errors
    /// [`StoreError::TryLater`] when the database is busy or away.
    pub async fn queue_run(&self, new: &NewRun, now: Timestamp) -> Result<RunId, StoreError> {
        let source = source_text(new.source.as_ref());
        let mut transaction = self.begin().await?;
        // Taking a number first makes others wait, so that two cannot queue the same run at once.
        let id = transaction.take_numbers("run", 1).await?;
        let waiting = transaction
            .fetch(
                "SELECT id FROM run WHERE kind = $1 AND source = $2 AND state = 'queued'",
                binds![new.kind.as_str(), &*source],
            )
            .await?;
        if let Some(row) = waiting.first() {
            return Ok(RunId(row.integer(0)?));
        }
        transaction
            .execute(
                "INSERT INTO run (id, kind, source, state, attempts, attempts_max, queued_at, due_at)
                 VALUES ($1, $2, $3, 'queued', 0, $4, $5, $6)",
                binds![
                    id,
                    new.kind.as_str(),
                    source,
                    i64::from(new.attempts_max),
                    time::text(now),
                    time::text(new.due)
                ],
            )
            .await?;
        transaction.commit().await?;
        Ok(RunId(id))
    }

    /// Counts a start, before the work, and ties the run to the lease.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when the lease is another's now.
    pub async fn start_run(
        &self,
        lease: &Lease,
        run: RunId,
        now: Timestamp,
    ) -> Result<Start, StoreError> {
        let mut transaction = self.begin_under(lease).await?;
        let (state, attempts, attempts_max, due) = transaction.run_state(run).await?;
        if state != RunState::Queued || due > time::text(now) {
            return Ok(Start::NotQueued(state));
        }
        let start = if attempts >= attempts_max {
            transaction
                .end_run(run, RunState::DeadLettered, None, now)
                .await?;
            Start::DeadLettered
        } else {
            transaction
                .execute(
                    "UPDATE run SET state = 'running', attempts = attempts + 1, started_at = $2, finished_at = NULL,
                     error = NULL, lease_resource = $3, lease_epoch = $4 WHERE id = $1",
                    binds![run.0, time::text(now), lease.resource(), lease.epoch().cast_signed()],
                )
                .await?;
            Start::Begin {
                attempt: small(attempts + 1)?,
            }
        };
        transaction.commit().await?;
        Ok(start)
    }

    /// Records how an attempt ended; a next attempt is queued with its delay in the same transaction, and at the maximum the run
    /// is dead-lettered.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when the lease is another's now.
    pub async fn finish_run(
        &self,
        lease: &Lease,
        run: RunId,
        end: RunEnd,
        now: Timestamp,
    ) -> Result<RunState, StoreError> {
        let mut transaction = self.begin_under(lease).await?;
        let (_, attempts, attempts_max, _) = transaction.run_state(run).await?;
        let state = match end {
            RunEnd::Done => {
                let state = transaction.good_end(run).await?;
                transaction.end_run(run, state, None, now).await?;
                state
            }
            RunEnd::Refused { error } => {
                let state = RunState::Refused;
                transaction.end_run(run, state, Some(error), now).await?;
                state
            }
            RunEnd::Failed { error, retry_at } => {
                let (state, due) = match retry_at {
                    None => (RunState::Failed, None),
                    Some(_) if attempts >= attempts_max => (RunState::DeadLettered, None),
                    Some(due) => (RunState::Queued, Some(due)),
                };
                transaction.end_run(run, state, Some(error), now).await?;
                if let Some(due) = due {
                    transaction.set_due(run, due).await?;
                }
                state
            }
        };
        transaction.commit().await?;
        Ok(state)
    }

    /// Runs that wait and are due, oldest first.
    ///
    /// # Errors
    /// [`StoreError::TryLater`] when the database is busy or away.
    pub async fn due_runs(&self, now: Timestamp) -> Result<Vec<Run>, StoreError> {
        let sql = const_format(
            " WHERE r.state = 'queued' AND r.due_at <= $1 GROUP BY r.id ORDER BY r.due_at, r.id",
        );
        let rows = self.database.fetch(sql, binds![time::text(now)]).await?;
        rows.iter().map(read_run).collect()
    }

    /// A run as it stands.
    ///
    /// # Errors
    /// [`StoreError::TryLater`] when the database is busy or away.
    pub async fn run(&self, run: RunId) -> Result<Option<Run>, StoreError> {
        let sql = const_format(" WHERE r.id = $1 GROUP BY r.id");
        let rows = self.database.fetch(sql, binds![run.0]).await?;
        rows.first().map(read_run).transpose()
    }

    /// The latest runs, newest first.
    ///
    /// # Errors
    /// [`StoreError::TryLater`] when the database is busy or away.
    pub async fn runs(&self, runs_max: u32) -> Result<Vec<Run>, StoreError> {
        let sql = const_format(" GROUP BY r.id ORDER BY r.id DESC LIMIT $1");
        let rows = self
            .database
            .fetch(sql, binds![i64::from(runs_max)])
            .await?;
        rows.iter().map(read_run).collect()
    }
}

fn const_format(tail: &str) -> sqlx::AssertSqlSafe<String> {
    sqlx::AssertSqlSafe(format!("{RUN}{tail}"))
}

impl Transaction {
    async fn run_state(&mut self, run: RunId) -> Result<(RunState, i64, i64, String), StoreError> {
        let sql = "SELECT state, attempts, attempts_max, due_at FROM run WHERE id = $1";
        let rows = self.fetch(sql, binds![run.0]).await?;
        let row = rows
            .first()
            .ok_or_else(|| StoreError::broken("run", format!("there is no run {run}")))?;
        let state = RunState::read(&row.text(0)?)?;
        Ok((state, row.integer(1)?, row.integer(2)?, row.text(3)?))
    }

    async fn good_end(&mut self, run: RunId) -> Result<RunState, StoreError> {
        let sql =
            "SELECT CAST(coalesce(sum(rows_set_aside), 0) AS BIGINT) FROM ledger WHERE run = $1";
        let rows = self.fetch(sql, binds![run.0]).await?;
        let set_aside = rows.first().map_or(Ok(0), |row| row.integer(0))?;
        Ok(if set_aside > 0 {
            RunState::WithSetAside
        } else {
            RunState::Succeeded
        })
    }

    async fn end_run(
        &mut self,
        run: RunId,
        state: RunState,
        error: Option<String>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.execute(
            "UPDATE run SET state = $2, error = $3, finished_at = $4, lease_resource = NULL, lease_epoch = NULL WHERE id = $1",
            binds![run.0, state.as_str(), error, time::text(now)],
        )
        .await?;
        Ok(())
    }

    async fn set_due(&mut self, run: RunId, due: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE run SET due_at = $2 WHERE id = $1";
        self.execute(sql, binds![run.0, time::text(due)]).await?;
        Ok(())
    }
}

fn small(number: i64) -> Result<u32, StoreError> {
    u32::try_from(number).map_err(|_| StoreError::broken("run", "its attempts are no small number"))
}

/// Sources in columns that are part of a key: empty for none.
fn source_text(source: Option<&SourceName>) -> String {
    source.map(ToString::to_string).unwrap_or_default()
}

fn read_run(row: &Row) -> Result<Run, StoreError> {
    let source = row.text(2)?;
    let source = if source.is_empty() {
        None
    } else {
        Some(crate::body::source_name(&source)?)
    };
    Ok(Run {
        id: RunId(row.integer(0)?),
        kind: RunKind::read(&row.text(1)?)?,
        source,
        state: RunState::read(&row.text(3)?)?,
        attempts: small(row.integer(4)?)?,
        attempts_max: small(row.integer(5)?)?,
        queued_at: time::read(&row.text(6)?)?,
        due_at: time::read(&row.text(7)?)?,
        started_at: time::read_maybe(row.text_or_none(8)?.as_deref())?,
        finished_at: time::read_maybe(row.text_or_none(9)?.as_deref())?,
        error: row.text_or_none(10)?,
        counts: crate::ledger::read_counts(row, 11)?,
    })
}
