//! What can be asked on the command line, and what wrong questions are answered with.
use clap::{CommandFactory as _, Parser as _};
use musubi::cli::Cli;

fn check(line: &str, expected: &str) {
    let words = std::iter::once("musubi").chain(line.split_whitespace());
    let parsed = Cli::try_parse_from(words).unwrap_or_else(|error| panic!("{line}: {error}"));
    let shown = format!("{parsed:?}");
    assert!(shown.contains(expected), "{line}: {shown}");
}

#[test]
fn every_command_of_the_table_is_understood() {
    check("demo", "persons: 2000, seed: 1, force: false");
    check("demo --dir D --persons 60 --seed 7", "dir: Some(\"D\")");
    check(
        "init D --trump T --formsnet3 F --fhir http://h/r4 --facilities f.csv --products p.csv",
        "http://h/r4",
    );
    check("source list", "List");
    check("source check trump", "names: [\"trump\"]");
    check("source discover", "Discover");
    check("sync", "full: false, dry_run: false");
    check("sync trump fhir --full --dry-run", "[\"trump\", \"fhir\"]");
    check("link", "Link");
    check("assemble", "Assemble");
    check("publish", "profile: \"research\"");
    check("publish --profile yearly", "profile: \"yearly\"");
    check("run", "Run(RunArgs");
    check("worker", "Worker");
    check("runs", "run: None");
    check("runs 12", "run: Some(12)");
    check("dead-letters --source trump", "source: Some(\"trump\")");
    check("issues --all", "all: true");
    check("ledger", "Ledger");
    check("ledger 3", "run: Some(3)");
    check("history M00000012-5", "identity: \"M00000012-5\"");
    check(
        "find --birth-date 1970-01-31 --sex male --facility F001",
        "F001",
    );
    check("identities export out.csv", "out.csv");
    check("events export out.csv --mentions", "mentions: true");
    check("evaluate --truth truth.csv", "truth.csv");
    check("explain trump 1 fhir 2", "right_key: \"2\"");
    check("mapping check", "files: []");
    check("mapping test a.toml b.toml", "b.toml");
    check(
        "mapping show trump-transplant",
        "name: \"trump-transplant\"",
    );
    check("mapping preview a.toml --input x.csv --rows 5", "rows: 5");
    check(
        "link-files --model m.toml a.csv b.csv --out O --id-column id --one-to-one --threshold 0.8",
        "files: [\"a.csv\", \"b.csv\"], id_column: Some(\"id\"), one_to_one: true, link_only: false, threshold: Some(0.8)",
    );
    check(
        "explain-files --model m.toml a.csv b.csv --record a:1 --record b:2",
        "record: [\"a:1\", \"b:2\"]",
    );
    check("model new a.csv --out m.toml", "out: Some(\"m.toml\")");
    check("model schema", "Schema");
    check(
        "encode a.csv --fields name,birth --dates birth --key-file K --out b.csv",
        "fields: [\"name\", \"birth\"], dates: [\"birth\"], bits: 1024",
    );
    check(
        "fixtures generate --persons 9 --seed 2 --out W",
        "persons: 9, seed: 2",
    );
    check("completions bash", "Bash");
}

#[test]
fn the_folder_the_database_and_the_output_may_stand_before_or_after_the_command() {
    for line in [
        "--dir D --database sqlite:x.db --output json run",
        "run --dir D --database sqlite:x.db --output json",
    ] {
        check(
            line,
            "dir: Some(\"D\"), database: Some(\"sqlite:x.db\"), output: Json",
        );
    }
}

#[test]
fn what_is_not_understood_ends_with_2() {
    for line in [
        "",
        "nothing",
        "demo --persons 0",
        "find",
        "explain trump 1 fhir",
        "run --output xml",
        "ledger x",
    ] {
        let words = std::iter::once("musubi").chain(line.split_whitespace());
        let error = Cli::try_parse_from(words).map(|_| ()).unwrap_err();
        assert_eq!(error.exit_code(), 2, "{line}");
    }
}

#[test]
fn the_help_names_every_command() {
    Cli::command().debug_assert();
    insta::assert_snapshot!(Cli::command().render_long_help());
}
