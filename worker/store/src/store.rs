use crate::StoreError;
use crate::database::{Database, Transaction};

/// The project's database. Calls may be made from many tasks at once.
pub struct Store {
    pub(crate) database: Database,
}

impl Store {
    /// Opens `sqlite:PATH`, `sqlite://PATH` (created, with rights for its owner only, if missing) or `postgres://...`, and brings
    /// its tables to this program's version.
    ///
    /// # Errors
    /// [`StoreError::NeedsPerson`] where the database cannot be reached with this URL or was written by a newer program;
    /// [`StoreError::TryLater`] where it is away. The URL is not repeated in either.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let database = Database::open(url).await?;
        Ok(Self { database })
    }

    /// Waits for the connections to end, so that SQLite's journal is folded into its file.
    pub async fn close(&self) {
        self.database.close().await;
    }

    pub(crate) async fn begin(&self) -> Result<Transaction, StoreError> {
        self.database.begin().await
    }
}

impl Transaction {
    /// Takes `count` running numbers and gives the first of them.
    pub(crate) async fn take_numbers(
        &mut self,
        name: &str,
        count: usize,
    ) -> Result<i64, StoreError> {
        let count = count.cast_signed() as i64;
        let rows = self
            .fetch(
                "INSERT INTO counter (name, value) VALUES ($1, $2)
                 ON CONFLICT (name) DO UPDATE SET value = counter.value + excluded.value RETURNING value",
                crate::database::binds![name, count],
            )
            .await?;
        match rows.first() {
            Some(row) => Ok(row.integer(0)? - count + 1),
            None => Err(StoreError::broken("counter", "it gave no number")),
        }
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self.database {
            Database::Sqlite { .. } => "Store(sqlite)",
            Database::Postgres(_) => "Store(postgres)",
        })
    }
}
