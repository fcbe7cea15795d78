//! The two backends under one text of each query: `$1`, `$2` ... are understood by both drivers.

use std::path::Path;
use std::time::Duration;

use sqlx::postgres::{PgArguments, PgConnectOptions, PgPoolOptions, PgRow};
use sqlx::sqlite::{
    SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow,
    SqliteSynchronous,
};
use sqlx::{
    Arguments, ColumnIndex, ConnectOptions, Decode, PgPool, Postgres, Row as _, SqlSafeStr, Sqlite,
    SqlitePool, Type,
};

use crate::StoreError;

/// How long a statement waits for another process's lock on the SQLite file.
const SQLITE_BUSY_WAIT: Duration = Duration::from_secs(10);
/// SQLite page cache of one connection, in KiB (negative: size, not pages): holds the index leaves a page of records touches.
const SQLITE_CACHE: &str = "-65536";
/// Pages of SQLite's journal before it is folded into the file, 64 MiB: the leaves of an index are written once for many pages of records.
const SQLITE_JOURNAL: &str = "16384";
/// Readers of the SQLite file beside its one writer.
const SQLITE_READERS_MAX: u32 = 3;
/// Connections to PostgreSQL: the stages of one process, not more.
const POSTGRES_CONNECTIONS_MAX: u32 = 8;
/// How long a caller waits for a free connection.
const CONNECTION_WAIT: Duration = Duration::from_secs(30);

/// A value bound to a statement.
#[derive(Clone)]
pub(crate) enum Bind {
    Text(Option<String>),
    Integer(Option<i64>),
    Real(Option<f64>),
    Bytes(Option<Vec<u8>>),
}

macro_rules! bind_from {
    ($($from:ty => $variant:ident, $make:expr;)*) => {
        $(
            impl From<$from> for Bind {
                fn from(value: $from) -> Self {
                    let make: fn($from) -> _ = $make;
                    Self::$variant(make(value))
                }
            }
        )*
    };
}

bind_from! {
    &str => Text, |value| Some(value.to_owned());
    String => Text, Some;
    Box<str> => Text, |value| Some(value.into_string());
    Option<String> => Text, |value| value;
    i64 => Integer, Some;
    Option<i64> => Integer, |value| value;
    bool => Integer, |value| Some(i64::from(value));
    f64 => Real, Some;
    Option<f64> => Real, |value| value;
    [u8; 32] => Bytes, |value| Some(value.to_vec());
    Option<[u8; 32]> => Bytes, |value| value.map(|hash| hash.to_vec());
}

/// The values of one statement, each turned into a [`Bind`].
macro_rules! binds {
    ($($value:expr),* $(,)?) => { vec![$($crate::database::Bind::from($value)),*] };
}
pub(crate) use binds;

/// One row of an answer.
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl Row {
    fn get<T>(&self, place: usize) -> Result<T, StoreError>
    where
        T: for<'r> Decode<'r, Sqlite> + Type<Sqlite>,
        T: for<'r> Decode<'r, Postgres> + Type<Postgres>,
        usize: ColumnIndex<SqliteRow> + ColumnIndex<PgRow>,
    {
        match self {
            Self::Sqlite(row) => row.try_get(place),
            Self::Postgres(row) => row.try_get(place),
        }
        .map_err(StoreError::from)
    }

    pub(crate) fn text(&self, place: usize) -> Result<String, StoreError> {
        self.get(place)
    }

    pub(crate) fn text_or_none(&self, place: usize) -> Result<Option<String>, StoreError> {
        self.get(place)
    }

    pub(crate) fn integer(&self, place: usize) -> Result<i64, StoreError> {
        self.get(place)
    }

    pub(crate) fn integer_or_none(&self, place: usize) -> Result<Option<i64>, StoreError> {
        self.get(place)
    }

    pub(crate) fn count(&self, place: usize) -> Result<u64, StoreError> {
        self.integer(place).map(i64::cast_unsigned)
    }

    pub(crate) fn real(&self, place: usize) -> Result<f64, StoreError> {
        self.get(place)
    }

    pub(crate) fn real_or_none(&self, place: usize) -> Result<Option<f64>, StoreError> {
        self.get(place)
    }

    pub(crate) fn hash(&self, place: usize) -> Result<[u8; 32], StoreError> {
        let bytes: Vec<u8> = self.get(place)?;
        bytes
            .try_into()
            .map_err(|_| StoreError::broken("hash", "it has not 32 bytes"))
    }
}

/// Where the tables are.
pub(crate) enum Database {
    /// One writer, so that writers of this process wait in a queue and not on the file's lock; and some readers.
    Sqlite {
        write: SqlitePool,
        read: SqlitePool,
    },
    Postgres(PgPool),
}

/// A transaction; dropped without [`Transaction::commit`] it leaves nothing.
pub(crate) enum Transaction {
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    Postgres(sqlx::Transaction<'static, Postgres>),
}

/// A text as it is stored: PostgreSQL's text has no NUL, which a broken export may hold, so neither backend gets one.
pub(crate) fn stored_text(text: String) -> String {
    if text.contains('\0') {
        text.replace('\0', "\u{fffd}")
    } else {
        text
    }
}

fn sqlite_arguments(binds: Vec<Bind>) -> Result<SqliteArguments, sqlx::Error> {
    let mut arguments = SqliteArguments::default();
    for bind in binds {
        match bind {
            Bind::Text(value) => arguments.add(value.map(stored_text)),
            Bind::Integer(value) => arguments.add(value),
            Bind::Real(value) => arguments.add(value),
            Bind::Bytes(value) => arguments.add(value),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}

fn postgres_arguments(binds: Vec<Bind>) -> Result<PgArguments, sqlx::Error> {
    let mut arguments = PgArguments::default();
    for bind in binds {
        match bind {
            Bind::Text(value) => arguments.add(value.map(stored_text)),
            Bind::Integer(value) => arguments.add(value),
            Bind::Real(value) => arguments.add(value),
            Bind::Bytes(value) => arguments.add(value),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}

impl Transaction {
    /// Runs a statement and tells how many rows it touched.
    pub(crate) async fn execute(
        &mut self,
        sql: impl SqlSafeStr + Send,
        binds: Vec<Bind>,
    ) -> Result<u64, StoreError> {
        Ok(match self {
            Self::Sqlite(inner) => sqlx::query_with(sql, sqlite_arguments(binds)?)
                .execute(&mut **inner)
                .await?
                .rows_affected(),
            Self::Postgres(inner) => sqlx::query_with(sql, postgres_arguments(binds)?)
                .execute(&mut **inner)
                .await?
                .rows_affected(),
        })
    }

    /// Runs a query.
    pub(crate) async fn fetch(
        &mut self,
        sql: impl SqlSafeStr + Send,
        binds: Vec<Bind>,
    ) -> Result<Vec<Row>, StoreError> {
        Ok(match self {
            Self::Sqlite(inner) => {
                sqlx::query_with(sql, sqlite_arguments(binds)?)
                    .map(Row::Sqlite)
                    .fetch_all(&mut **inner)
                    .await?
            }
            Self::Postgres(inner) => {
                sqlx::query_with(sql, postgres_arguments(binds)?)
                    .map(Row::Postgres)
                    .fetch_all(&mut **inner)
                    .await?
            }
        })
    }

    /// Makes everything done so far lasting.
    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(inner) => inner.commit().await?,
            Self::Postgres(inner) => inner.commit().await?,
        }
        Ok(())
    }
}

impl Database {
    pub(crate) async fn open(url: &str) -> Result<Self, StoreError> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            open_postgres(url).await
        } else if let Some(path) = url.strip_prefix("sqlite:") {
            open_sqlite(path.strip_prefix("//").unwrap_or(path)).await
        } else {
            Err(StoreError::needs_person(
                "its URL must begin with `sqlite:` or `postgres://`",
            ))
        }
    }

    /// A transaction that may write; on SQLite it takes the write lock at once, so that it never fails half-way.
    pub(crate) async fn begin(&self) -> Result<Transaction, StoreError> {
        Ok(match self {
            Self::Sqlite { write, .. } => {
                Transaction::Sqlite(write.begin_with("BEGIN IMMEDIATE").await?)
            }
            Self::Postgres(pool) => Transaction::Postgres(pool.begin().await?),
        })
    }

    /// Runs a query outside of any transaction.
    pub(crate) async fn fetch(
        &self,
        sql: impl SqlSafeStr + Send,
        binds: Vec<Bind>,
    ) -> Result<Vec<Row>, StoreError> {
        Ok(match self {
            Self::Sqlite { read, .. } => {
                sqlx::query_with(sql, sqlite_arguments(binds)?)
                    .map(Row::Sqlite)
                    .fetch_all(read)
                    .await?
            }
            Self::Postgres(pool) => {
                sqlx::query_with(sql, postgres_arguments(binds)?)
                    .map(Row::Postgres)
                    .fetch_all(pool)
                    .await?
            }
        })
    }

    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite { write, read } => {
                read.close().await;
                write.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

async fn open_postgres(url: &str) -> Result<Database, StoreError> {
    // The driver's own words may quote the URL, and with it the password.
    let options: PgConnectOptions = url
        .parse()
        .map_err(|_| StoreError::needs_person("its PostgreSQL URL cannot be read"))?;
    let options = options.disable_statement_logging();
    let pool = PgPoolOptions::new()
        .max_connections(POSTGRES_CONNECTIONS_MAX)
        .acquire_timeout(CONNECTION_WAIT)
        .connect_with(options)
        .await?;
    sqlx::migrate!("migrations/postgres").run(&pool).await?;
    Ok(Database::Postgres(pool))
}

async fn open_sqlite(path: &str) -> Result<Database, StoreError> {
    make_private(Path::new(path))?;
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .busy_timeout(SQLITE_BUSY_WAIT)
        .foreign_keys(true)
        .pragma("cache_size", SQLITE_CACHE)
        .pragma("temp_store", "memory")
        .pragma("wal_autocheckpoint", SQLITE_JOURNAL)
        .disable_statement_logging();
    let pool = |connections| SqlitePoolOptions::new().max_connections(connections);
    let pool = |connections| pool(connections).acquire_timeout(CONNECTION_WAIT);
    let write = pool(1).connect_with(options.clone()).await?;
    sqlx::migrate!("migrations/sqlite").run(&write).await?;
    let read = pool(SQLITE_READERS_MAX).connect_with(options).await?;
    Ok(Database::Sqlite { write, read })
}

/// Creates the file readable by its owner only; SQLite gives its journal the same rights.
fn make_private(path: &Path) -> Result<(), StoreError> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop).map_err(|cause| {
        StoreError::needs_person(format!("`{}` cannot be opened: {cause}", path.display()))
    })
}
