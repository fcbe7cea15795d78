//! A small synthetic world as a project, and the `musubi` binary over it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use fixtures::Options;
use tempfile::TempDir;

/// Enough for every registry to hold somebody; the seed is one of many.
const PERSONS: u32 = 60;
const SEED: u64 = 3;

/// A project's folder with its world beside it; both are gone when this is dropped.
pub(crate) struct World {
    root: TempDir,
}

impl World {
    /// A world on disk and a project that reads it.
    pub(crate) fn new() -> Self {
        let world = Self {
            root: tempfile::tempdir().unwrap(),
        };
        let options = Options {
            persons: PERSONS,
            seed: SEED,
            ..Options::default()
        };
        fixtures::generate(&options, &world.path("world"), &mut |_, _| {}).unwrap();
        world.project("project");
        world
    }

    /// Another project over the same world.
    pub(crate) fn project(&self, name: &str) -> PathBuf {
        let dir = self.path(name);
        let place = |file: &str| self.path("world").join(file).display().to_string();
        let [trump, formsnet3, fhir] = ["trump", "formsnet3", "fhir"].map(place);
        let [facilities, products] = ["facilities.csv", "products.csv"].map(place);
        let made = Command::new(env!("CARGO_BIN_EXE_musubi"))
            .arg("init")
            .arg(&dir)
            .args([
                "--trump",
                &trump,
                "--formsnet3",
                &formsnet3,
                "--fhir",
                &fhir,
            ])
            .args(["--facilities", &facilities, "--products", &products])
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", told(&made));
        dir
    }

    /// A path below the root.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }
}

/// Rewrites a project's `musubi.toml`.
pub(crate) fn configure(project: &Path, rewrite: impl FnOnce(&str) -> String) {
    let file = project.join("musubi.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(file, rewrite(&text)).unwrap();
}

/// A command over a project, its words between blanks.
pub(crate) fn command(project: &Path, line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_musubi"));
    command
        .arg("--dir")
        .arg(project)
        .args(line.split_whitespace());
    command.env_remove("MUSUBI_DATABASE").env_remove("RUST_LOG");
    command
}

/// Runs a command that must end with this exit code.
pub(crate) fn musubi(project: &Path, line: &str, code: i32) -> Output {
    let output = command(project, line).output().unwrap();
    assert_eq!(
        output.status.code(),
        Some(code),
        "{line}: {}",
        told(&output)
    );
    output
}

/// The JSON that a command prints; it must end with this exit code.
pub(crate) fn json(project: &Path, line: &str, code: i32) -> serde_json::Value {
    let output = musubi(project, &format!("--output json {line}"), code);
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{line}: {error}: {}", told(&output)))
}

/// The JSON summary of a run over what may have been read already: rows are set aside, or none is left to read.
pub(crate) fn run_on(project: &Path) -> serde_json::Value {
    let output = command(project, "--output json run").output().unwrap();
    assert!(
        matches!(output.status.code(), Some(0 | 3)),
        "{}",
        told(&output)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The records by person and the events by what they are, without the persons' numbers: those depend on when records came.
pub(crate) fn persons(project: &Path) -> (BTreeSet<Vec<String>>, Vec<String>) {
    let (identities, events) = exports(project);
    let mut records: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in identities.lines().skip(1) {
        let (record, identity) = line.rsplit_once(',').unwrap();
        records
            .entry(identity.to_owned())
            .or_default()
            .push(record.to_owned());
    }
    let told = |line: &str| line.split_once(',').unwrap().1.to_owned();
    let mut events: Vec<String> = events.lines().skip(1).map(told).collect();
    events.sort();
    (records.into_values().collect(), events)
}

/// The identities and events of a project, as exported.
pub(crate) fn exports(project: &Path) -> (String, String) {
    let [identities, events] = ["identities", "events"].map(|what| {
        let file = project.join(format!("{what}.csv"));
        musubi(project, &format!("{what} export {}", file.display()), 0);
        std::fs::read_to_string(file).unwrap()
    });
    (identities, events)
}

/// What a command said, for a failed assertion.
pub(crate) fn told(output: &Output) -> String {
    let [out, error] =
        [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    format!("{:?}\n{out}\n{error}", output.status.code())
}
