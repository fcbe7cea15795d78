//! A throw-away PostgreSQL server on loopback, gone at the end of its test.

use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

/// Attempts to reach a server that was just started, 50 ms apart.
const CONNECTS_MAX: usize = 400;

/// A server of this test's own.
pub(crate) struct Server {
    _folder: TempDir,
    child: Child,
    port: u16,
}

impl Server {
    /// Starts one and waits until it answers.
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        if let Some((user, group)) = owner() {
            std::os::unix::fs::chown(folder.path(), Some(user), Some(group)).unwrap();
        }
        let data = folder.path().join("data");
        let made = command("initdb")
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
            ])
            .output()
            .unwrap();
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let child = command("postgres")
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
            .args(["-c", "unix_socket_directories="])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self {
            _folder: folder,
            child,
            port,
        };
        server.wait().await;
        server
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    async fn wait(&self) {
        for _ in 0..CONNECTS_MAX {
            if store::Store::open(&self.url()).await.is_ok() {
                return;
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

/// A program of the newest server that is installed, as a user it agrees to run as.
fn command(name: &str) -> Command {
    let folders = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let version = |path: &PathBuf| -> Option<u32> { path.file_name()?.to_str()?.parse().ok() };
    let newest = folders
        .map(|entry| entry.path())
        .filter(|path| path.join("bin/initdb").exists())
        .max_by_key(version)
        .expect(
            "PostgreSQL is not installed here: run ./ops/test, which installs what the tests need",
        );
    let mut command = Command::new(newest.join("bin").join(name));
    if let Some((user, group)) = owner() {
        command.uid(user).gid(group);
    }
    command.current_dir("/");
    command
}

/// PostgreSQL does not run as root: then it runs as the user `postgres`, by these ids.
fn owner() -> Option<(u32, u32)> {
    let id = |arguments: &[&str]| -> u32 {
        let told = Command::new("id").args(arguments).output().unwrap().stdout;
        String::from_utf8(told).unwrap().trim().parse().unwrap()
    };
    (id(&["-u"]) == 0).then(|| (id(&["-u", "postgres"]), id(&["-g", "postgres"])))
}
