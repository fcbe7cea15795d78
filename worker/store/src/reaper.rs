use jiff::Timestamp;

use crate::database::binds;
use crate::{RunId, RunState, Store, StoreError, time};

impl Store {
    /// Gives back the runs that are running without a live lease: queued again and due at once, or dead-lettered at their maximum.
    ///
    /// # Errors
    /// [`StoreError::TryLater`] when the database is busy or away.
    pub async fn reap_runs(&self, now: Timestamp) -> Result<Vec<(RunId, RunState)>, StoreError> {
        let mut transaction = self.begin().await?;
        // One statement, so that of two reapers the second finds nothing left.
        let rows = transaction
            .fetch(
                "UPDATE run SET state = CASE WHEN attempts >= attempts_max THEN 'dead_lettered' ELSE 'queued' END,
                 due_at = $1, finished_at = $1, error = 'its worker ended without a word', lease_resource = NULL,
                 lease_epoch = NULL
                 WHERE state = 'running' AND NOT EXISTS
                 (SELECT 1 FROM lease l WHERE l.resource = run.lease_resource AND l.epoch = run.lease_epoch
                  AND l.worker <> '' AND l.expires_at > $1)
                 RETURNING id, state",
                binds![time::text(now)],
            )
            .await?;
        let reaped: Result<Vec<_>, StoreError> = rows
            .iter()
            .map(|row| Ok((RunId(row.integer(0)?), RunState::read(&row.text(1)?)?)))
            .collect();
        let mut reaped = reaped?;
        reaped.sort_unstable();
        transaction.commit().await?;
        Ok(reaped)
    }
}
