use std::error::Error;
use std::io::ErrorKind;

use sqlx::error::ErrorKind as Violation;
use sqlx::migrate::MigrateError;

/// Why the store did not do what it was asked, by what can be done about it. No variant carries a stored value, and none a
/// password: of the database's own words only its code and its plain message are kept, never the detail with the values.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database is busy or its connection was lost: the same call may succeed later.
    #[error("the database is busy or away: {why}; it is tried again later")]
    TryLater {
        /// What was seen.
        why: String,
    },
    /// A person must act: the path, the rights, the server, the version of the program.
    #[error("the database cannot be used: {why}")]
    NeedsPerson {
        /// What was seen and what to do.
        why: String,
    },
    /// Somebody else holds the lease now: this worker stops, since what it did since is not wanted.
    #[error("the lease on `{resource}` is lost (epoch {epoch}): nothing was stored")]
    LeaseLost {
        /// What was leased.
        resource: String,
        /// The epoch that was shown.
        epoch: u64,
    },
    /// The source's stored cursor is not where the page began: nothing of the page was stored.
    #[error("the cursor of `{source_name}` moved since the page was pulled: nothing was stored")]
    CursorMoved {
        /// The source.
        source_name: String,
    },
    /// A fault of the program, or a database that was changed by another hand.
    #[error("`{place}`: a fault of the program or of the stored data: {why}")]
    Broken {
        /// The statement's subject or the table.
        place: String,
        /// What was seen.
        why: String,
    },
}

impl StoreError {
    pub(crate) fn broken(place: &str, why: impl Into<String>) -> Self {
        Self::Broken {
            place: place.to_owned(),
            why: why.into(),
        }
    }

    pub(crate) fn needs_person(why: impl Into<String>) -> Self {
        Self::NeedsPerson { why: why.into() }
    }

    /// Whether the same call may succeed later.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::TryLater { .. })
    }
}

/// SQLite: busy, locked and their extended codes end in these low bytes.
const SQLITE_BUSY: [i64; 2] = [5, 6];
/// SQLite: read-only file, input or output failing, disk full, cannot open, not a database.
const SQLITE_PERSON: [i64; 5] = [8, 10, 13, 14, 26];
/// PostgreSQL: connection, serialisation, deadlock, lock, shutdown, too many clients.
const POSTGRES_LATER: [&str; 5] = ["08", "40", "53", "55", "57"];
/// PostgreSQL: sign-in, rights, unknown database or schema.
const POSTGRES_PERSON: [&str; 4] = ["28", "42501", "3D", "3F"];

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let later = |why: &str| Self::TryLater {
            why: why.to_owned(),
        };
        match error {
            sqlx::Error::Database(fault) => of_database(&*fault),
            sqlx::Error::Io(fault) if fault.kind() == ErrorKind::PermissionDenied => {
                Self::needs_person("permission denied")
            }
            sqlx::Error::Io(fault) => later(&fault.kind().to_string()),
            sqlx::Error::PoolTimedOut => later("no free connection in time"),
            sqlx::Error::PoolClosed => later("the store is being closed"),
            sqlx::Error::WorkerCrashed => later("the database worker ended"),
            sqlx::Error::Tls(fault) => Self::needs_person(root_cause(&*fault)),
            sqlx::Error::Configuration(_) => Self::needs_person("the URL cannot be read"),
            sqlx::Error::ColumnDecode { index, .. } => Self::broken("column", index),
            sqlx::Error::Migrate(fault) => (*fault).into(),
            other => Self::broken("database", kind_of(&other)),
        }
    }
}

fn of_database(fault: &dyn sqlx::error::DatabaseError) -> StoreError {
    let code = fault.code().unwrap_or_default().into_owned();
    let why = format!("code {code}");
    let begins = |list: &[&str]| list.iter().any(|class| code.starts_with(class));
    let primary = code.parse::<i64>().map_or(0, |code| code & 0xFF);
    // PostgreSQL's codes have five characters, SQLite's at most four digits.
    let (later, person) = if code.len() == 5 {
        (begins(&POSTGRES_LATER), begins(&POSTGRES_PERSON))
    } else {
        (
            SQLITE_BUSY.contains(&primary),
            SQLITE_PERSON.contains(&primary),
        )
    };
    match (later, person, fault.kind()) {
        (true, ..) => StoreError::TryLater { why },
        (_, true, _) => StoreError::needs_person(format!("{why}: {}", fault.message())),
        (_, _, Violation::Other) => StoreError::broken("statement", why),
        _ => StoreError::broken(fault.constraint().unwrap_or("constraint"), why),
    }
}

/// The variant's name alone: its text may quote what was bound.
fn kind_of(error: &sqlx::Error) -> &'static str {
    match error {
        sqlx::Error::RowNotFound => "a row that must be there is not",
        sqlx::Error::Encode(_) => "a value could not be encoded",
        sqlx::Error::Decode(_) => "a value could not be decoded",
        sqlx::Error::Protocol(_) => "the server's answer was not understood",
        sqlx::Error::ColumnIndexOutOfBounds { .. } => "a column is missing",
        _ => "the driver failed",
    }
}

fn root_cause(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

impl From<MigrateError> for StoreError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::VersionMissing(version) => Self::needs_person(format!(
                "it was written by a newer program (migration {version}): use that one or a later one"
            )),
            MigrateError::VersionMismatch(version) | MigrateError::Dirty(version) => {
                Self::needs_person(format!(
                    "migration {version} is not the one that this program knows"
                ))
            }
            MigrateError::Execute(fault) | MigrateError::ExecuteMigration(fault, _) => fault.into(),
            other => Self::broken("migrations", other.to_string()),
        }
    }
}
