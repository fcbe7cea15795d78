//! From three exports to one history per person, by the binary and in process, once and again, and after a violent end.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::world::{World, command, configure, exports, json, musubi, run_on, told};
use musubi::commands::whole_way;
use musubi::project::Project;

#[test]
fn a_demo_goes_the_whole_way_and_again_and_keeps_to_its_world() {
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("demo");
    let first = json(&dir, "demo --persons 60 --seed 3", 0);
    assert_eq!(first["ledger"]["unexplained"], 0);
    for source in ["trump", "formsnet3", "fhir"] {
        let rows = &first["sources"][source];
        assert!(rows["read"].as_u64().unwrap() > 0, "{source}: {rows}");
        let ended =
            ["new", "changed", "unchanged", "set_aside"].map(|state| rows[state].as_u64().unwrap());
        assert_eq!(
            rows["read"].as_u64().unwrap(),
            ended.iter().sum::<u64>(),
            "{source}: {rows}"
        );
    }
    for number in ["persons", "events", "histories"] {
        assert!(first[number].as_u64().unwrap() > 0, "{number}");
    }
    for number in ["precision", "recall", "f1"] {
        assert!(
            first["accuracy"][number].as_f64().unwrap() > 0.5,
            "{number}: {}",
            first["accuracy"]
        );
    }
    for stage in [
        "generate", "sync", "link", "resolve", "assemble", "publish", "evaluate",
    ] {
        assert!(first["stages"][stage]["seconds"].is_f64(), "{stage}");
    }
    let before = exports(&dir);
    let second = json(&dir, "demo --persons 60 --seed 3", 0);
    assert_eq!(changes(&second), 0, "{second}");
    assert_eq!(exports(&dir), before);
    let refused = musubi(&dir, "demo --persons 60 --seed 4", 4);
    assert!(
        told(&refused).contains("holds a demo of 60 persons, seed 3"),
        "{}",
        told(&refused)
    );
    // What the demo leaves is a project like any other.
    let left = json(&dir, "run", 3);
    assert_eq!(changes(&left), 0, "{left}");
    assert_eq!(exports(&dir), before);
}

/// Rows that were new or changed, over all sources.
fn changes(summary: &serde_json::Value) -> u64 {
    let sources = summary["sources"].as_object().unwrap();
    let rows = sources
        .values()
        .flat_map(|rows| [&rows["new"], &rows["changed"]]);
    rows.map(|count| count.as_u64().unwrap()).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_way_in_process_changes_nothing() {
    let world = World::new();
    let project = Project::open(&world.path("project"), None).await.unwrap();
    let first = whole_way(&project, false).await.unwrap();
    let second = whole_way(&project, false).await.unwrap();
    let third = whole_way(&project, true).await.unwrap();
    assert_eq!(
        first.ledger.unexplained + second.ledger.unexplained + third.ledger.unexplained,
        0
    );
    assert_eq!(
        (first.persons, first.events),
        (second.persons, second.events)
    );
    assert_eq!((first.persons, first.events), (third.persons, third.events));
    assert_eq!(first.release, second.release);
    for (name, rows) in &third.sources {
        assert_eq!((rows.new, rows.changed), (0, 0), "{name}");
        assert_eq!(rows.read, first.sources[name].read, "{name}");
    }
}

#[test]
fn the_order_of_syncs_does_not_matter() {
    let world = World::new();
    let forward = world.path("project");
    let backward = world.project("backward");
    musubi(&forward, "run", 3);
    for source in ["trump", "formsnet3", "fhir"] {
        let code = command(&backward, &format!("sync {source}"))
            .status()
            .unwrap()
            .code();
        assert!(matches!(code, Some(0 | 3)), "{source}: {code:?}");
    }
    musubi(&backward, "link", 0);
    musubi(&backward, "assemble", 0);
    assert_eq!(exports(&forward), exports(&backward));
}

#[test]
fn a_run_that_was_killed_is_taken_up_again_at_once() {
    let world = World::new();
    let whole = world.path("project");
    musubi(&whole, "run", 3);
    let expected = exports(&whole);
    for (number, delay_ms) in [40, 120, 250, 400, 700].into_iter().enumerate() {
        let project = world.project(&format!("killed{number}"));
        let mut run = command(&project, "run").spawn().unwrap();
        std::thread::sleep(Duration::from_millis(delay_ms));
        run.kill().unwrap();
        run.wait().unwrap();
        let begun = std::time::Instant::now();
        let again = run_on(&project);
        assert!(
            begun.elapsed() < Duration::from_secs(20),
            "a dead process's lease was waited for"
        );
        assert_eq!(again["ledger"]["unexplained"], 0);
        assert_eq!(json(&project, "ledger", 0)["unexplained"], 0);
        assert_eq!(exports(&project), expected, "killed after {delay_ms} ms");
    }
}

#[test]
fn a_missing_column_stops_its_source_before_anything_is_stored() {
    let world = World::new();
    let project = world.path("project");
    let file = world.path("world/formsnet3/formsnet3_2804.csv");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replacen("crid", "cr_id", 1)).unwrap();
    let stopped = musubi(&project, "sync formsnet3", 1);
    let said = told(&stopped);
    for expected in [
        "formsnet3_2804.csv",
        "`crid`",
        "`cr_id` may be the new name of `crid`",
    ] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
    assert_eq!(json(&project, "ledger", 0)["total"]["read"], 0);
}

#[test]
fn what_a_file_lets_one_know_is_told_once() {
    let world = World::new();
    let project = world.path("project");
    fs::write(world.path("world/formsnet3/formsnet3_9999.csv"), "").unwrap();
    for argument in ["sync formsnet3 --dry-run", "sync formsnet3"] {
        let said = told(&musubi(&project, argument, 3));
        let times = said.matches("the file is empty").count();
        assert_eq!(times, 1, "{argument}: {said}");
    }
}

#[test]
fn an_issue_in_the_long_form_names_the_line_of_its_answer() {
    let world = World::new();
    let project = world.path("project");
    let long = world.path("long");
    fs::create_dir(&long).unwrap();
    let leading = "2450,6,33,CMP,2024-10-05,80133,7926546,HCT,2014-09-26,10y";
    let text = [
        "form,revision,sequence_number,status,received_date,ccn,crid,event_type,event_date,visit,question,value".to_owned(),
        format!("{leading},contact_date,2024-09-22"),
        format!("{leading},survival,Alive"),
        format!("{leading},platelet_recovery_date,2023-02-30"),
    ];
    fs::write(long.join("formsnet3_long.csv"), text.join("\n") + "\n").unwrap();
    let wide = world.path("world/formsnet3").display().to_string();
    configure(&project, |text| {
        text.replace(&wide, &long.display().to_string())
    });
    musubi(&project, "sync formsnet3", 0);
    let issues = json(&project, "issues --all", 0);
    assert_eq!(issues[0]["column"], "platelet_recovery_date", "{issues}");
    assert_eq!(issues[0]["origin"]["line"], 4, "{issues}");
}

#[test]
fn the_ledger_of_a_run_that_never_was_is_a_failure() {
    let world = World::new();
    let project = world.path("project");
    let said = told(&musubi(&project, "ledger 999", 1));
    assert!(said.contains("there is no run 999"), "{said}");
}

#[test]
fn a_dry_run_stores_nothing_and_says_what_would_be() {
    let world = World::new();
    let project = world.path("project");
    let rehearsed = json(&project, "sync --dry-run", 3);
    assert!(rehearsed["sources"]["trump"]["mapped"].as_u64().unwrap() > 0);
    assert_eq!(json(&project, "ledger", 0)["total"]["read"], 0);
    assert_eq!(json(&project, "runs", 0).as_array().unwrap().len(), 0);
}

#[test]
fn what_is_asked_of_the_result_is_answered() {
    let world = World::new();
    let project = world.path("project");
    musubi(&project, "run", 3);
    let truth = world.path("world/truth.csv");
    let evaluation = json(
        &project,
        &format!("evaluate --truth {}", truth.display()),
        0,
    );
    assert!(
        evaluation["across_sources"]["f1"].as_f64().unwrap() > 0.5,
        "{evaluation}"
    );
    let (identities, events) = exports(&project);
    assert!(identities.starts_with("source,record_key,identity\n"));
    assert!(events.starts_with("identity,event_kind,event_date,product,sources\n"));
    let rows: Vec<Vec<&str>> = identities
        .lines()
        .skip(1)
        .map(|line| line.split(',').collect())
        .collect();
    let history = json(&project, &format!("history {}", rows[0][2]), 0);
    assert_eq!(history["identity"], rows[0][2]);
    let pair = format!(
        "explain {} {} {} {}",
        rows[0][0], rows[0][1], rows[1][0], rows[1][1]
    );
    assert!(
        !json(&project, &pair, 0)["comparisons"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    let found = json(&project, "find --sex female", 0);
    assert!(!found.as_array().unwrap().is_empty());
    for letter in json(&project, "dead-letters", 0).as_array().unwrap() {
        assert!(letter["origin"]["line"].as_u64().unwrap() > 0, "{letter}");
    }
    let run = json(&project, "runs 1", 0);
    assert!(!run["ledger"].as_array().unwrap().is_empty(), "{run}");
    musubi(&project, "history M00000000-1", 2);
    musubi(&project, "runs 999", 1);
    musubi(&project, "sync nothing", 2);
}

#[test]
fn nothing_planted_is_found_in_the_store_the_outputs_or_what_is_said() {
    let world = World::new();
    let project = world.path("project");
    let run = command(&project, "run")
        .env("RUST_LOG", "trace")
        .output()
        .unwrap();
    assert_eq!(run.status.code(), Some(3));
    let mut bytes = [run.stdout, run.stderr].concat();
    read_all(&project, &mut bytes);
    let haystack = String::from_utf8_lossy(&bytes);
    let planted = fs::read_to_string(world.path("world/planted.csv")).unwrap();
    let mut looked_for = 0;
    for line in planted.lines().skip(1) {
        let (kind, value) = line.split_once(',').unwrap();
        let value = value.trim_matches('"');
        assert!(
            !haystack.contains(value),
            "a {kind} of the world's file is found"
        );
        looked_for += 1;
    }
    assert!(looked_for > 10, "{looked_for}");
}

fn read_all(folder: &Path, bytes: &mut Vec<u8>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_all(&path, bytes);
        } else {
            bytes.extend(fs::read(&path).unwrap());
        }
    }
}
