use jiff::Timestamp;
use schema::SourceName;

use crate::database::{Transaction, binds};
use crate::{Lease, RunId, Store, StoreError, time};

impl Store {
    /// Where a source stood, as its connector wrote it; none before its first page.
    ///
    /// # Errors
    /// [`StoreError::TryLater`] when the database is busy or away.
    pub async fn cursor(&self, source: &SourceName) -> Result<Option<String>, StoreError> {
        let sql = "SELECT position FROM source_cursor WHERE source = $1";
        let rows = self.database.fetch(sql, binds![source.as_str()]).await?;
        rows.first().map(|row| row.text(0)).transpose()
    }

    /// Forgets where a source stood, so that it is read from its beginning; what was read of it stays.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when the lease is another's now.
    pub async fn reset_cursor(&self, lease: &Lease, source: &SourceName) -> Result<(), StoreError> {
        let mut transaction = self.begin_under(lease).await?;
        transaction
            .execute(
                "DELETE FROM source_cursor WHERE source = $1",
                binds![source.as_str()],
            )
            .await?;
        transaction.commit().await
    }
}

impl Transaction {
    /// Moves a source's cursor, which must stand at `from`.
    pub(crate) async fn move_cursor(
        &mut self,
        source: &SourceName,
        (from, to): (Option<&str>, &str),
        run: RunId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = "SELECT position FROM source_cursor WHERE source = $1";
        let rows = self.fetch(sql, binds![source.as_str()]).await?;
        let stored = rows.first().map(|row| row.text(0)).transpose()?;
        if stored.as_deref() != from {
            return Err(StoreError::CursorMoved {
                source_name: source.to_string(),
            });
        }
        self.execute(
            "INSERT INTO source_cursor (source, position, run, updated_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (source) DO UPDATE SET position = excluded.position, run = excluded.run,
             updated_at = excluded.updated_at",
            binds![source.as_str(), to, run.0, time::text(now)],
        )
        .await?;
        Ok(())
    }
}
