//! The shipped mapping files load, and their own tests pass.
#![allow(clippy::unwrap_used, reason = "a test panics on purpose")]

use mapping::{MappingSet, shipped};

fn set(kind: &str) -> MappingSet {
    let files: Vec<(String, String)> = shipped(kind)
        .iter()
        .map(|file| (file.name.to_owned(), file.text.to_owned()))
        .collect();
    MappingSet::load(&files).unwrap()
}

fn check(kind: &str) {
    let set = set(kind);
    for mapping in set.mappings() {
        assert!(mapping.test_count() > 0, "{} has no test", mapping.id());
    }
    let failed: Vec<String> = set
        .run_tests()
        .into_iter()
        .filter(|report| !report.passed())
        .map(|report| {
            format!(
                "{}: {}: {:#?}",
                report.mapping, report.test, report.failures
            )
        })
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn the_tests_inside_the_trump_mappings_pass() {
    check("trump");
}

#[test]
fn the_tests_inside_the_formsnet3_mappings_pass() {
    check("formsnet3");
}
