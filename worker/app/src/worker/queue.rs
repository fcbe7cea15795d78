use std::time::Duration;

use apalis::prelude::*;
use apalis_postgres::{PgPool, PostgresStorage};
use apalis_sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions, SqliteStorage};
use serde::{Deserialize, Serialize};
use store::RunId;

use super::{Shop, handler};
use crate::Failure;
use crate::project::Project;

/// The queue's name in apalis.
const QUEUE: &str = "musubi";

/// How often a worker looks for nudges: without a poll strategy it would wait for the next heartbeat.
const POLL: Duration = Duration::from_millis(500);

/// How often apalis hears that a worker lives, and how many of these may be missed.
const HEARTBEAT: Duration = Duration::from_secs(5);
const HEARTBEATS_MISSED_MAX: usize = 6;

/// Runs that are worked on at once: sources differ in what they wait for, and two cores are the least.
const CONCURRENCY: usize = 2;

/// How often a queue's worker is begun again after the database failed it.
const RESTARTS_MAX: usize = 1_000;

/// How long it waits before that.
const RESTART_DELAY: Duration = Duration::from_secs(2);

/// How often apalis may hand out one nudge; the runs have a count of their own.
pub(super) const NUDGE_ATTEMPTS_MAX: usize = 3;

/// What stands in a row of the queue: the number of a run, and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nudge {
    /// The run that may be due.
    pub run: RunId,
}

/// The queue: a database file of its own beside SQLite, the schema `apalis` in PostgreSQL.
#[derive(Clone, Debug)]
pub enum Queue {
    /// A file in the project's folder.
    Sqlite(SqlitePool),
    /// The project's database.
    Postgres(PgPool),
}

impl Queue {
    /// Opens the queue of a project, and brings its tables to this program's version.
    ///
    /// # Errors
    /// When the database cannot be used.
    pub async fn open(project: &Project) -> Result<Self, Failure> {
        let url = &project.database_url.0;
        if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            let pool = PgPool::connect(url).await.map_err(|_| unusable())?;
            PostgresStorage::migrations()
                .run(&pool)
                .await
                .map_err(|_| unusable())?;
            return Ok(Self::Postgres(pool));
        }
        // apalis' own set-up leaves one connection unsynchronised, so its migrations are run on a pool of ours.
        let options = SqliteConnectOptions::new()
            .filename(project.state_dir()?.join("queue.db"))
            .create_if_missing(true)
            .pragma("journal_mode", "WAL")
            .pragma("synchronous", "NORMAL")
            .busy_timeout(Duration::from_secs(10));
        let pool = SqlitePoolOptions::new()
            .max_connections(4)
            .connect_with(options)
            .await
            .map_err(|_| unusable())?;
        SqliteStorage::migrations()
            .run(&pool)
            .await
            .map_err(|_| unusable())?;
        Ok(Self::Sqlite(pool))
    }

    /// Nudges: a run may be due. The same key twice is one nudge.
    ///
    /// # Errors
    /// When the queue cannot be written to; the reaper nudges again.
    pub async fn nudge(&self, run: RunId, key: &str) -> Result<(), Failure> {
        let task = TaskBuilder::new(Nudge { run })
            .idempotency_key(key)
            .max_attempts(NUDGE_ATTEMPTS_MAX)
            .build();
        let pushed = match self {
            Self::Sqlite(pool) => sqlite(pool)
                .push_task(task)
                .await
                .map_err(|error| error.to_string()),
            Self::Postgres(pool) => postgres(pool)
                .push_task(task)
                .await
                .map_err(|error| error.to_string()),
        };
        match pushed {
            // PostgreSQL refuses a key that it knows (23505), where SQLite keeps silent.
            Err(error) if !error.contains("duplicate key") => {
                Err(Failure::try_later("the queue cannot be written to"))
            }
            _ => Ok(()),
        }
    }

    /// Adds the queue's worker to a monitor.
    pub(super) fn register(self, monitor: Monitor, shop: &Shop) -> Monitor {
        let shop = shop.clone();
        let monitor = match self {
            Self::Sqlite(pool) => monitor.register(move |_| {
                WorkerBuilder::new(worker_name(&shop))
                    .backend(sqlite(&pool).poll_with_interval(POLL))
                    .data(shop.clone())
                    .concurrency(CONCURRENCY)
                    .build(handler::handle)
            }),
            Self::Postgres(pool) => monitor.register(move |_| {
                WorkerBuilder::new(worker_name(&shop))
                    .backend(postgres(&pool).poll_with_interval(POLL))
                    .data(shop.clone())
                    .concurrency(CONCURRENCY)
                    .build(handler::handle)
            }),
        };
        monitor.should_restart(|context, _| {
            tracing::warn!(
                worker = context.name(),
                "a queue's worker ended and is begun again"
            );
            std::thread::sleep(RESTART_DELAY);
            context.restarts() < RESTARTS_MAX
        })
    }
}

/// Never used twice: a worker that comes back under its old name leaves the old one's jobs running for ever.
pub(super) fn worker_name(shop: &Shop) -> String {
    format!("{}-{}", shop.project.process, uuid::Uuid::new_v4())
}

fn sqlite(pool: &SqlitePool) -> SqliteStorage<Nudge> {
    let config = apalis_sqlite::Config::default()
        .queue(QUEUE)
        .batch_size(1)
        .heartbeat_interval(HEARTBEAT)
        .missed_heartbeats(HEARTBEATS_MISSED_MAX);
    SqliteStorage::new(pool).with_config(config)
}

fn postgres(pool: &PgPool) -> PostgresStorage<Nudge> {
    let config = apalis_postgres::Config::default()
        .queue(QUEUE)
        .batch_size(1)
        .heartbeat_interval(HEARTBEAT)
        .missed_heartbeats(HEARTBEATS_MISSED_MAX);
    PostgresStorage::new(pool).with_config(config)
}

/// The driver's own words may hold the address with its password.
fn unusable() -> Failure {
    Failure::stop("the queue's tables cannot be used or made")
        .advise("check that the database's user may create a schema and the extensions `hstore` and `pgcrypto`, or that the folder can be written to")
}
