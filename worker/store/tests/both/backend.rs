//! A throw-away SQLite folder and a throw-away PostgreSQL server, each gone at the end of its test.

use std::collections::BTreeMap;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};
use store::Store;
use tempfile::TempDir;

/// Attempts to reach a server that was just started, 50 ms apart.
const CONNECTS_MAX: usize = 400;

/// Where a test's stores are made.
pub(crate) enum Backend {
    Sqlite(TempDir, AtomicUsize),
    Postgres(Server, AtomicUsize),
}

/// Runs a test on SQLite, then on PostgreSQL.
pub(crate) async fn on_both(test: impl AsyncFn(&Backend)) {
    test(&Backend::Sqlite(
        tempfile::tempdir().unwrap(),
        AtomicUsize::new(0),
    ))
    .await;
    test(&Backend::Postgres(Server::start(), AtomicUsize::new(0))).await;
}

impl Backend {
    /// The URL of an empty database: a file of its own, a schema of its own.
    pub(crate) async fn url(&self) -> String {
        match self {
            Self::Sqlite(folder, count) => {
                let number = count.fetch_add(1, Ordering::Relaxed);
                format!("sqlite:{}/store{number}.db", folder.path().display())
            }
            Self::Postgres(server, count) => {
                let number = count.fetch_add(1, Ordering::Relaxed);
                let mut connection = server.connect().await;
                let sql = format!("CREATE SCHEMA test{number}");
                sqlx::raw_sql(AssertSqlSafe(sql))
                    .execute(&mut connection)
                    .await
                    .unwrap();
                format!("{}?options=-c%20search_path%3Dtest{number}", server.url())
            }
        }
    }

    /// An empty store.
    pub(crate) async fn store(&self) -> (Store, String) {
        let url = self.url().await;
        (Store::open(&url).await.unwrap(), url)
    }
}

/// Runs SQL past the store.
pub(crate) async fn execute(url: &str, sql: &str) {
    let sql = AssertSqlSafe(sql.to_owned());
    if url.starts_with("sqlite:") {
        let mut connection = SqliteConnection::connect(url).await.unwrap();
        sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
    } else {
        let mut connection = PgConnection::connect(url).await.unwrap();
        sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
    }
}

/// Every row of every table as text, sorted; of our own tables but the migrations'.
pub(crate) async fn dump(url: &str) -> BTreeMap<String, Vec<String>> {
    let mut tables = BTreeMap::new();
    if url.starts_with("sqlite:") {
        let mut connection = SqliteConnection::connect(url).await.unwrap();
        let names: Vec<(String, String)> = sqlx::query_as(
            "SELECT m.name, group_concat('quote(' || p.name || ')', ' || '','' || ') FROM sqlite_master m
             JOIN pragma_table_info(m.name) p WHERE m.type = 'table' AND m.name NOT LIKE '\\_%' ESCAPE '\\' GROUP BY m.name",
        )
        .fetch_all(&mut connection)
        .await
        .unwrap();
        for (name, columns) in names {
            let sql = AssertSqlSafe(format!("SELECT {columns} FROM {name} ORDER BY 1"));
            let rows = sqlx::query_scalar(sql)
                .fetch_all(&mut connection)
                .await
                .unwrap();
            tables.insert(name, rows);
        }
    } else {
        let mut connection = PgConnection::connect(url).await.unwrap();
        let names: Vec<String> = sqlx::query_scalar(
            "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema() AND tablename NOT LIKE '\\_%'",
        )
        .fetch_all(&mut connection)
        .await
        .unwrap();
        for name in names {
            let sql = AssertSqlSafe(format!("SELECT t::text FROM {name} t ORDER BY 1"));
            let rows = sqlx::query_scalar(sql)
                .fetch_all(&mut connection)
                .await
                .unwrap();
            tables.insert(name, rows);
        }
    }
    tables
}

/// A PostgreSQL server of this test's own, on loopback.
pub(crate) struct Server {
    _folder: TempDir,
    child: Child,
    port: u16,
}

impl Server {
    fn start() -> Self {
        let programs = programs();
        let owner = owner();
        let folder = tempfile::tempdir().unwrap();
        if let Some((user, group)) = owner {
            std::os::unix::fs::chown(folder.path(), Some(user), Some(group)).unwrap();
        }
        let data = folder.path().join("data");
        let made = command(&programs, "initdb", owner)
            .arg("-D")
            .arg(&data)
            .args([
                "-U",
                "postgres",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--locale=C.UTF-8",
                "--no-sync",
                "--wal-segsize=1",
            ])
            .output()
            .unwrap();
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let child = command(&programs, "postgres", owner)
            .arg("-D")
            .arg(&data)
            .args([
                "-p",
                &port.to_string(),
                "-c",
                "listen_addresses=127.0.0.1",
                "-c",
                "fsync=off",
            ])
            .args([
                "-c",
                "unix_socket_directories=",
                "-c",
                "shared_buffers=32MB",
            ])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self {
            _folder: folder,
            child,
            port,
        }
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    async fn connect(&self) -> PgConnection {
        for _ in 0..CONNECTS_MAX {
            if let Ok(connection) = PgConnection::connect(&self.url()).await {
                return connection;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("PostgreSQL was started and does not answer");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // SIGINT: end the connections and stop.
        let id = self.child.id().to_string();
        let _ = Command::new("kill").args(["-INT", &id]).status();
        let _ = self.child.wait();
    }
}

/// The newest server's programs.
fn programs() -> PathBuf {
    let folders = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let version = |path: &Path| -> Option<u32> { path.file_name()?.to_str()?.parse().ok() };
    let newest = folders
        .map(|entry| entry.path())
        .filter(|path| path.join("bin/initdb").exists())
        .max_by_key(|path| version(path));
    newest
        .expect(
            "PostgreSQL is not installed here: run ./ops/test, which installs what the tests need",
        )
        .join("bin")
}

/// PostgreSQL does not run as root: then it runs as the user `postgres`, by these ids.
fn owner() -> Option<(u32, u32)> {
    let id = |arguments: &[&str]| -> u32 {
        let told = Command::new("id").args(arguments).output().unwrap().stdout;
        String::from_utf8(told).unwrap().trim().parse().unwrap()
    };
    (id(&["-u"]) == 0).then(|| (id(&["-u", "postgres"]), id(&["-g", "postgres"])))
}

fn command(programs: &Path, name: &str, owner: Option<(u32, u32)>) -> Command {
    let mut command = Command::new(programs.join(name));
    if let Some((user, group)) = owner {
        command.uid(user).gid(group);
    }
    command.current_dir("/");
    command
}
