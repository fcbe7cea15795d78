//! The worker: begins runs by schedule, ends them well when it is asked to stop, and takes up what a killed one left.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::world::{World, command, configure, exports, json, persons, run_on};
use serde_json::Value;

/// Longest wait for something that takes a second or two.
const PATIENCE: Duration = Duration::from_mins(1);

/// A world whose project is scheduled every second, and where it listens.
fn scheduled(world: &World, database: Option<&str>) -> (PathBuf, u16) {
    let project = world.path("project");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    if let Some(url) = database {
        configure(&project, |text| text.replace("sqlite:musubi.db", url));
    }
    let section = [
        "schedule = \"* * * * * *\"",
        "publish = true",
        "retry_delay_s = 1",
    ]
    .join("\n");
    configure(&project, |text| {
        format!("{text}[worker]\nlisten = \"127.0.0.1:{port}\"\n{section}\n")
    });
    (project, port)
}

fn start(project: &Path) -> Child {
    command(project, "worker")
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Asks a worker to stop and gives its exit code.
fn stop(mut worker: Child) -> Option<i32> {
    let sent = Command::new("kill")
        .args(["-TERM", &worker.id().to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
    worker.wait().unwrap().code()
}

/// Waits until the runs are as expected.
fn wait_for(project: &Path, what: &str, holds: impl Fn(&[Value]) -> bool) {
    let begun = Instant::now();
    loop {
        let runs = json(project, "runs --limit 1000", 0);
        if holds(runs.as_array().unwrap()) {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "{what}: {runs:#}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn ended_well(runs: &[Value], kind: &str) -> usize {
    let well = |run: &&Value| {
        run["kind"] == kind && matches!(run["state"].as_str(), Some("succeeded" | "with_set_aside"))
    };
    runs.iter().filter(well).count()
}

fn wait_until_heard(port: u16) {
    let begun = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(begun.elapsed() < PATIENCE, "it does not listen");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn get(port: u16, path: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn works_by_schedule(database: Option<&str>) {
    let world = World::new();
    let (project, port) = scheduled(&world, database);
    let worker = start(&project);
    wait_for(&project, "everything runs by itself", |runs| {
        ended_well(runs, "sync") >= 3 && ended_well(runs, "publish") >= 1
    });
    assert!(get(port, "/health").contains("\"status\":\"ok\""));
    assert!(get(port, "/metrics").contains("musubi_rows_total"));
    assert_eq!(stop(worker), Some(0));
    let runs = json(&project, "runs --limit 1000", 0);
    let running: Vec<_> = runs
        .as_array()
        .unwrap()
        .iter()
        .filter(|run| run["state"] == "running")
        .collect();
    assert!(running.is_empty(), "{running:?}");
    assert_eq!(json(&project, "ledger", 0)["unexplained"], 0);
}

#[test]
fn a_worker_goes_the_whole_way_by_schedule_and_stops_when_asked() {
    works_by_schedule(None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_goes_the_whole_way_on_postgresql() {
    let server = crate::postgres::Server::start().await;
    let url = server.url();
    tokio::task::spawn_blocking(move || works_by_schedule(Some(&url)))
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn both_databases_give_the_same_identities_and_events() {
    let server = crate::postgres::Server::start().await;
    let url = server.url();
    let compared = tokio::task::spawn_blocking(move || {
        let world = World::new();
        let embedded = world.path("project");
        let remote = world.project("remote");
        configure(&remote, |text| text.replace("sqlite:musubi.db", &url));
        for project in [&embedded, &remote] {
            assert_eq!(json(project, "run", 3)["ledger"]["unexplained"], 0);
        }
        (exports(&embedded), exports(&remote))
    });
    let (embedded, remote) = compared.await.unwrap();
    assert_eq!(embedded, remote);
}

#[test]
fn what_a_killed_worker_left_is_taken_up_by_the_next() {
    let world = World::new();
    let (project, port) = scheduled(&world, None);
    for delay_ms in [300, 1_300, 1_700] {
        let mut worker = start(&project);
        std::thread::sleep(Duration::from_millis(delay_ms));
        worker.kill().unwrap();
        worker.wait().unwrap();
    }
    let worker = start(&project);
    wait_until_heard(port);
    wait_for(&project, "the way is gone to its end", |runs| {
        let sources = ["trump", "formsnet3", "fhir"];
        let ended = |source: &str| {
            runs.iter().any(|run| {
                run["source"] == source && run["state"] != "running" && run["state"] != "queued"
            })
        };
        sources.into_iter().all(ended) && ended_well(runs, "assemble") >= 1
    });
    assert_eq!(stop(worker), Some(0));
    let whole = world.project("whole");
    json(&whole, "run", 3);
    // What no tick had time for is done by hand; nothing new may come of rows that were read.
    run_on(&project);
    assert_eq!(persons(&project), persons(&whole));
}
