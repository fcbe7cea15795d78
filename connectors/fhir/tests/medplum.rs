//! A server that nobody of this project wrote: Medplum's router over its memory repository.
//!
//! It runs in every test run; `./ops/test` installs it. Without `node` or the packages it fails, so that nobody takes
//! silence for success; `MUSUBI_SKIP_MEDPLUM=1` leaves it out on purpose.
#![allow(clippy::unwrap_used, reason = "a test panics on purpose")]

mod harness;

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use connector_fhir::{FhirSettings, Mode};
use harness::{client, connector, drain, drain_restarting, keys, load, sample, settings, text_key};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// How long the server may take to read its definitions.
const START_MAX: Duration = Duration::from_mins(1);

/// A running server, killed when it is dropped.
struct Medplum {
    url: String,
    _process: Child,
}

async fn start() -> Option<Medplum> {
    if std::env::var("MUSUBI_SKIP_MEDPLUM").is_ok_and(|skip| skip == "1") {
        println!("left out: MUSUBI_SKIP_MEDPLUM is set");
        return None;
    }
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/medplum");
    let advice = "run ./ops/test, which installs node's packages, or set MUSUBI_SKIP_MEDPLUM=1";
    assert!(
        folder.join("node_modules/@medplum/fhir-router").is_dir(),
        "tests/medplum/node_modules is missing: {advice}"
    );
    let mut command = Command::new("node");
    command
        .arg("server.mjs")
        .current_dir(&folder)
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    let mut process = command
        .spawn()
        .unwrap_or_else(|cause| panic!("node cannot be started ({cause}): {advice}"));
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let line = tokio::time::timeout(START_MAX, lines.next_line())
        .await
        .unwrap()
        .unwrap();
    let line = line.expect("the server ended at once");
    let port = line.strip_prefix("listening on ").unwrap().to_owned();
    Some(Medplum {
        url: format!("http://127.0.0.1:{port}/fhir"),
        _process: process,
    })
}

#[tokio::test]
async fn everything_put_on_a_foreign_server_comes_back_by_search() {
    let Some(server) = start().await else { return };
    let sample = sample();
    let mut expected = Vec::new();
    for (at, resources) in sample.values().enumerate() {
        load(&client(), &server.url, resources, at % 2 == 0).await;
        expected.extend(resources.iter().map(|text| text_key(text)));
    }
    expected.sort();
    assert!(
        expected.len() > 200,
        "the sample is large enough to need pages"
    );
    let wanted = FhirSettings {
        types: sample.keys().cloned().collect(),
        page_count: 25,
        ..settings(&server.url, Mode::Search)
    };
    for drained in [
        drain(&connector(wanted.clone()), None).await.unwrap(),
        drain_restarting(&wanted).await.unwrap(),
    ] {
        assert_eq!(keys(&drained.records), expected);
        assert_eq!(
            (drained.records.len(), drained.set_aside.len()),
            (expected.len(), 0)
        );
    }
    let auto = FhirSettings {
        mode: Mode::Auto,
        ..wanted
    };
    let drained = drain(&connector(auto), None).await.unwrap();
    assert!(drained.says("so it is read by search"));
    assert_eq!(drained.records.len(), expected.len());
}
