//! The house rules that a program can check: sizes, names, arrows between crates, reasons for silenced lints.
#![allow(clippy::unwrap_used, reason = "a test panics on purpose")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A file that holds more than this holds two things.
const FILE_LINES_MAX: usize = 500;
/// A function that does not fit on a screen is two functions.
const FUNCTION_LINES_MAX: usize = 70;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// Every file of ours below the root with this ending, relative to it, in order.
fn files(ending: &str) -> Vec<(String, String)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let name = entry.file_name().into_string().unwrap();
            let skipped = ["target", "node_modules", ".git", "venv"].contains(&&*name);
            if entry.file_type().unwrap().is_dir() {
                if !skipped {
                    walk(&entry.path(), found);
                }
            } else {
                found.push(entry.path());
            }
        }
    }
    let mut found = Vec::new();
    walk(&root(), &mut found);
    let mut files: Vec<_> = found
        .into_iter()
        .filter(|path| path.to_str().is_some_and(|path| path.ends_with(ending)))
        .map(|path| {
            (
                path.strip_prefix(root())
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .to_owned(),
                fs::read_to_string(&path).unwrap(),
            )
        })
        .collect();
    files.sort();
    files
}

fn report(rule: &str, breaches: &[String]) {
    assert!(breaches.is_empty(), "{rule}:\n  {}", breaches.join("\n  "));
}

#[test]
fn no_source_file_is_longer_than_its_maximum() {
    let long: Vec<_> = files(".rs")
        .into_iter()
        .map(|(path, text)| (path, text.lines().count()))
        .filter(|(_, lines)| *lines > FILE_LINES_MAX)
        .map(|(path, lines)| format!("{path}: {lines} lines"))
        .collect();
    report(
        &format!("a file holds one thing, in at most {FILE_LINES_MAX} lines"),
        &long,
    );
}

/// The functions of a formatted source: the line of `fn`, its name, its number of lines.
fn functions(text: &str) -> Vec<(usize, String, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let code = line.trim_start();
        let starts = [
            "fn ",
            "pub fn ",
            "pub(crate) fn ",
            "pub(super) fn ",
            "async fn ",
            "pub async fn ",
            "const fn ",
            "pub const fn ",
        ];
        let Some(start) = starts.iter().find(|start| code.starts_with(**start)) else {
            continue;
        };
        let indent = &line[..line.len() - code.len()];
        let end = format!("{indent}}}");
        let Some(length) = lines[at..].iter().position(|line| **line == end) else {
            continue;
        };
        let name = code[start.len()..]
            .split(['(', '<'])
            .next()
            .unwrap_or_default();
        found.push((at + 1, name.to_owned(), length + 1));
    }
    found
}

#[test]
fn no_function_is_longer_than_its_maximum() {
    let mut long = Vec::new();
    for (path, text) in files(".rs") {
        for (line, name, length) in functions(&text) {
            if length > FUNCTION_LINES_MAX {
                long.push(format!("{path}:{line}: `{name}` has {length} lines"));
            }
        }
    }
    report(
        &format!("a function does one thing, in at most {FUNCTION_LINES_MAX} lines"),
        &long,
    );
}

#[test]
fn files_are_named_for_what_they_hold() {
    let vague = [
        "utils", "util", "common", "helpers", "helper", "misc", "stuff", "shared",
    ];
    let found: Vec<_> = files(".rs")
        .into_iter()
        .map(|(path, _)| path)
        .filter(|path| {
            Path::new(path)
                .iter()
                .any(|part| vague.contains(&part.to_str().unwrap().trim_end_matches(".rs")))
        })
        .collect();
    report("a name says what is inside", &found);
}

#[test]
fn nothing_is_left_unfinished() {
    // Spelt in two halves, so that this file does not find itself.
    let marks = [
        concat!("todo", "!("),
        concat!("unimplemented", "!("),
        concat!("FIX", "ME"),
        concat!("XX", "X:"),
    ];
    let mut found = Vec::new();
    for (path, text) in files(".rs") {
        for (at, line) in text.lines().enumerate() {
            if marks.iter().any(|mark| line.contains(mark)) {
                found.push(format!("{path}:{}", at + 1));
            }
        }
    }
    report(
        "what is not done belongs in docs/plan.md, not in the code",
        &found,
    );
}

#[test]
fn every_silenced_lint_has_a_reason() {
    let mut found = Vec::new();
    for (path, text) in files(".rs") {
        for (at, line) in text.lines().enumerate() {
            let code = line.trim_start();
            let silences = [
                "#[allow(",
                "#![allow(",
                "#[expect(",
                "#![expect(",
                "#[cfg_attr(",
                "#![cfg_attr(",
            ];
            let starts = silences.iter().any(|start| code.starts_with(start));
            let concerns = code.contains("allow(") || code.contains("expect(");
            let statement: String = text.lines().skip(at).take(6).collect::<Vec<_>>().join(" ");
            let statement = statement.split(")]").next().unwrap_or_default();
            if starts && concerns && !statement.contains("reason") {
                found.push(format!("{path}:{}", at + 1));
            }
        }
    }
    report("a silenced lint says why", &found);
}

/// For each of our crates, its folder and the names of the crates it depends on outside tests.
fn manifests() -> BTreeMap<String, (String, BTreeSet<String>)> {
    let mut crates = BTreeMap::new();
    for (path, text) in files("Cargo.toml") {
        let Some(name) = text.lines().find_map(|line| line.strip_prefix("name = \"")) else {
            continue;
        };
        let name = name.trim_end_matches('"').to_owned();
        let body = text.split("[dependencies]").nth(1).unwrap_or_default();
        let body = body.split("\n[").next().unwrap_or_default();
        let needs = body
            .lines()
            .filter_map(|line| line.split(['.', ' ', '=']).next())
            .filter(|name| !name.is_empty() && !name.starts_with('#'))
            .map(str::to_owned)
            .collect();
        crates.insert(
            name,
            (path.trim_end_matches("Cargo.toml").to_owned(), needs),
        );
    }
    crates
}

#[test]
fn crates_depend_on_each_other_only_along_the_drawn_arrows() {
    let connectors = ["connector-fhir", "connector-formsnet3", "connector-trump"];
    let mut arrows: BTreeMap<&str, Vec<&str>> = BTreeMap::from([
        ("schema", vec![]),
        ("stored", vec![]),
        ("linkage", vec!["stored"]),
        ("linkage-report", vec!["linkage"]),
        ("fixtures", vec![]),
        ("fixture-server", vec![]),
        ("mapping", vec!["schema"]),
        ("connector", vec!["schema"]),
        ("transplant", vec!["schema", "linkage"]),
        ("history", vec!["schema"]),
        ("linkage-kernel", vec!["linkage"]),
        ("store", vec!["schema"]),
        ("link-files", vec!["linkage", "linkage-report"]),
        ("publication", vec!["schema"]),
        ("publication-fhir", vec!["schema", "publication"]),
        ("tests", vec![]),
    ]);
    for name in connectors {
        arrows.insert(name, vec!["schema", "connector"]);
    }
    let crates = manifests();
    let ours: BTreeSet<&str> = crates.keys().map(String::as_str).collect();
    let mut found = Vec::new();
    for (name, (_, needs)) in crates.iter().filter(|(name, _)| *name != "musubi") {
        let Some(allowed) = arrows.get(&**name) else {
            found.push(format!(
                "`{name}` is new: draw its arrows here and in ARCHITECTURE.md"
            ));
            continue;
        };
        for need in needs
            .iter()
            .filter(|need| ours.contains(&***need) && !allowed.contains(&&***need))
        {
            found.push(format!("`{name}` -> `{need}`"));
        }
    }
    report(
        "a new arrow between crates is a decision, not a detail",
        &found,
    );
}

#[test]
fn only_the_named_crates_touch_the_network_the_database_and_the_queue() {
    let owners = [
        ("reqwest", vec!["connector-fhir"]),
        ("sqlx", vec!["store", "musubi"]),
        ("apalis", vec!["musubi"]),
        ("fhir-sdk", vec!["publication-fhir"]),
        (
            "tokio",
            vec![
                "connector",
                "connector-fhir",
                "connector-formsnet3",
                "connector-trump",
                "fixture-server",
                "musubi",
                "store",
            ],
        ),
    ];
    let mut found = Vec::new();
    for (name, (_, needs)) in manifests() {
        for (library, allowed) in &owners {
            if needs.contains(*library) && !allowed.contains(&&*name) {
                found.push(format!("`{name}` names `{library}`"));
            }
        }
    }
    report(
        "the pure crates stay pure, and each door to the world has one keeper",
        &found,
    );
}

#[test]
fn every_crate_follows_the_workspace_lints() {
    // `stored` maps files: it denies `unsafe` where the others forbid it, for one call that says why.
    let denies = |path: &str, text: &str| {
        path == "linkage/stored/Cargo.toml"
            && text.contains("unsafe_code = \"deny\"")
            && text.contains("pedantic = ")
    };
    let found: Vec<_> = files("Cargo.toml")
        .into_iter()
        .filter(|(path, text)| {
            text.contains("[package]")
                && !text.contains("[lints]\nworkspace = true")
                && !denies(path, text)
        })
        .map(|(path, _)| path)
        .collect();
    report("every crate says `[lints] workspace = true`", &found);
}

#[test]
fn every_connector_folder_is_in_the_catalog() {
    let catalog = fs::read_to_string(root().join("worker/app/src/catalog.rs")).unwrap();
    let found: Vec<_> = manifests()
        .into_iter()
        .filter(|(name, (folder, _))| folder.starts_with("connectors/") && name != "connector")
        .filter(|(name, _)| !catalog.contains(&name.replace('-', "_")))
        .map(|(name, _)| name)
        .collect();
    report(
        "a connector that no catalog names can never be configured",
        &found,
    );
}

#[test]
fn every_mapping_file_carries_its_own_tests() {
    let found: Vec<_> = files(".toml")
        .into_iter()
        .filter(|(path, text)| {
            path.starts_with("mappings/")
                && !path.contains("/engine/")
                && !path.contains("/schema/")
                && text.contains("[[item]]")
        })
        .filter(|(_, text)| !text.contains("[[test]]"))
        .map(|(path, _)| path)
        .collect();
    report("a mapping without a test is a guess", &found);
}

#[test]
fn decisions_are_dated_and_the_pages_that_people_look_for_exist() {
    let page = |name: &str| root().join(name).is_file();
    let wanted = [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "LICENSE-APACHE",
        "LICENSE-MIT",
        "docs/plan.md",
        "deny.toml",
    ];
    let mut found: Vec<_> = wanted
        .into_iter()
        .filter(|name| !page(name))
        .map(|name| format!("{name} is missing"))
        .collect();
    for entry in fs::read_dir(root().join("docs/decisions")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let dated = name.len() > 11
            && name[..10]
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'-');
        if !dated {
            found.push(format!(
                "docs/decisions/{name} does not begin with its date"
            ));
        }
    }
    report("the repository explains itself", &found);
}

#[test]
fn nothing_names_a_machine_or_a_registry_host() {
    // Spelt in halves, so that this file does not find itself.
    let words = [
        concat!("/ro", "ot/"),
        concat!("/ho", "me/"),
        concat!("/Us", "ers/"),
        concat!("/wo", "rk/"),
        concat!("registry.np", "mjs.org"),
        concat!("index.cra", "tes.io"),
    ];
    let mut found = Vec::new();
    for ending in [".rs", ".md", ".toml", ".sh", ".mjs", ".json", ".yml"] {
        for (path, text) in files(ending) {
            for (at, line) in text
                .lines()
                .enumerate()
                .filter(|(_, line)| words.iter().any(|word| line.contains(word)))
            {
                found.push(format!(
                    "{path}:{}: {}",
                    at + 1,
                    line.trim().chars().take(60).collect::<String>()
                ));
            }
        }
    }
    report("the repository stands by itself on any machine", &found);
}
