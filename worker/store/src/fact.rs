use crate::database::binds;
use crate::{Lease, Store, StoreError};

impl Store {
    /// A small fact about the whole that was kept under a name, such as the fingerprint of the mappings last applied.
    ///
    /// # Errors
    /// [`StoreError::TryLater`] when the database is busy or away.
    pub async fn fact(&self, name: &str) -> Result<Option<String>, StoreError> {
        let sql = "SELECT value FROM fact WHERE name = $1";
        let rows = self.database.fetch(sql, binds![name]).await?;
        rows.first().map(|row| row.text(0)).transpose()
    }

    /// Keeps a small fact under a name.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when the lease is another's now.
    pub async fn keep_fact(
        &self,
        lease: &Lease,
        name: &str,
        value: &str,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin_under(lease).await?;
        transaction
            .execute(
                "INSERT INTO fact (name, value) VALUES ($1, $2)
                 ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE fact.value <> excluded.value",
                binds![name, value],
            )
            .await?;
        transaction.commit().await
    }
}
