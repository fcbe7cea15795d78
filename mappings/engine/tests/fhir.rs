//! The shipped FHIR mappings: their own tests, the door, and what is set aside.
#![allow(clippy::unwrap_used, reason = "a test panics on purpose")]

use mapping::{Admission, MappingSet, Tables, shipped};
use schema::{AdmittedBody, Body, Facilities, Facility, Origin, Product, Products, RawRecord, SourceName};

fn set() -> MappingSet {
    let files: Vec<_> = shipped("fhir")
        .iter()
        .map(|file| (file.name.to_owned(), file.text.to_owned()))
        .collect();
    MappingSet::load(&files).unwrap()
}

fn raw(json: &str) -> RawRecord {
    RawRecord {
        origin: Origin { place: "Patient.ndjson".into(), line: 1 },
        body: Body::Json(json.into()),
    }
}

#[test]
fn the_tests_inside_the_files_pass() {
    let reports = set().run_tests();
    let failed: Vec<_> = reports.iter().filter(|report| !report.passed()).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    assert!(reports.len() > 40);
}
