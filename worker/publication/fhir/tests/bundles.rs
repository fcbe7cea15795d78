//! What a bundle holds, read back by the types and as plain JSON.
#![allow(clippy::unwrap_used, reason = "a test panics on purpose")]

use std::collections::BTreeMap;

use fhir_sdk::r4b::resources::Bundle;
use publication::{Profile, PublishedHistory};
use schema::{
    Attribute, Conflict, Event, EventKind, History, Identity, Origin, Outcome, OutcomeKind,
    PartialDate, Person, RecordKey, RecordRef, SourceName, SourcedValue, Telling, Value,
};
use serde_json::Value as Json;

const RECORDED: &str = "2024-10-02T00:00:00Z";

fn record(source: &str) -> RecordRef {
    RecordRef {
        source: SourceName::new(source).unwrap(),
        key: RecordKey::new("000123456789"),
    }
}

fn origin() -> Origin {
    Origin {
        place: "trump_2024.csv".into(),
        line: 7,
    }
}

fn told(value: Value) -> Vec<SourcedValue> {
    vec![SourcedValue {
        value,
        record: record("trump"),
        origin: origin(),
    }]
}

fn event(kind: EventKind, date: &str, value: Option<(Attribute, Value)>) -> Event {
    let date = Some(PartialDate::parse(date).unwrap().into());
    Event {
        kind,
        date,
        line: None,
        infusion: None,
        values: value
            .into_iter()
            .map(|(name, value)| (name, told(value)))
            .collect(),
        tellings: vec![Telling {
            record: record("trump"),
            origin: origin(),
            date,
            mention: false,
        }],
        mentioned_only: false,
    }
}

fn history() -> History {
    let code = |text: &str| Value::Code(text.into());
    let mut crs = event(
        EventKind::Crs,
        "2020-02-03",
        Some((Attribute::Grade, Value::Integer(2))),
    );
    crs.infusion = Some(1);
    History {
        identity: Identity::from_number(1),
        records: vec![record("trump")],
        link_probability_min: None,
        person: Person {
            values: BTreeMap::from([
                (
                    Attribute::BirthDate,
                    told(Value::Date(
                        PartialDate::parse("1970-01-02").unwrap().into(),
                    )),
                ),
                (Attribute::Sex, told(code("female"))),
                (Attribute::Initials, told(code("QZ"))),
            ]),
        },
        events: vec![
            event(
                EventKind::Diagnosis,
                "2018",
                Some((Attribute::Disease, code("NHL"))),
            ),
            event(
                EventKind::Ct,
                "2020-02-01",
                Some((Attribute::Product, code("kymriah"))),
            ),
            crs,
            event(EventKind::Death, "2021-03", None),
        ],
        lines: Vec::new(),
        outcomes: vec![Outcome {
            kind: OutcomeKind::OverallSurvival,
            from_event: 1,
            days: None,
            status: 1,
            decided_by: vec![3],
        }],
        conflicts: Vec::new(),
        consent: "given".into(),
    }
}

fn json(history: &History) -> Json {
    let published = PublishedHistory::new(history, &Profile::shipped("research").unwrap());
    serde_json::from_str(&publication_fhir::bundle_json(&published, RECORDED).unwrap()).unwrap()
}

fn resources(bundle: &Json) -> Vec<&Json> {
    bundle["entry"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| &entry["resource"])
        .collect()
}

fn check(found: &Json, pointer: &str, expected: &str) {
    assert_eq!(
        found.pointer(pointer).and_then(Json::as_str),
        Some(expected),
        "{pointer} of {found}"
    );
}

#[test]
fn a_history_is_a_collection_of_resources() {
    let bundle = json(&history());
    let kinds: Vec<_> = resources(&bundle)
        .iter()
        .map(|resource| resource["resourceType"].as_str().unwrap())
        .collect();
    assert_eq!(
        kinds,
        [
            "Patient",
            "Condition",
            "Provenance",
            "Procedure",
            "Provenance",
            "Observation",
            "Provenance",
            "Observation",
            "Provenance",
            "Observation",
        ]
    );
    check(&bundle, "/resourceType", "Bundle");
    check(&bundle, "/type", "collection");
    let read: Bundle = serde_json::from_value(bundle).unwrap();
    assert_eq!(read.entry.len(), 10);
}

#[test]
fn dates_are_as_precise_as_they_are_known() {
    let bundle = json(&history());
    let resources = resources(&bundle);
    check(resources[0], "/birthDate", "1970-01");
    check(resources[0], "/gender", "female");
    check(resources[0], "/deceasedDateTime", "2021-03");
    check(resources[1], "/onsetDateTime", "2018");
    check(resources[3], "/performedDateTime", "2020-02-01");
}

#[test]
fn an_estimated_day_is_told_as_its_month() {
    let mut estimated = history();
    estimated.events[1].date.as_mut().unwrap().estimated = true;
    let bundle = json(&estimated);
    check(resources(&bundle)[3], "/performedDateTime", "2020-02");
}

#[test]
fn nothing_of_the_registries_numbers_is_told() {
    let text = json(&history()).to_string();
    for kept in ["000123456789", "QZ", "1970-01-02", "trump_2024"] {
        assert!(!text.contains(kept), "{kept}");
    }
}

fn references_in<'j>(json: &'j Json, found: &mut Vec<&'j str>) {
    match json {
        Json::Object(members) => {
            found.extend(members.get("reference").and_then(Json::as_str));
            members
                .values()
                .for_each(|member| references_in(member, found));
        }
        Json::Array(items) => items.iter().for_each(|item| references_in(item, found)),
        _ => {}
    }
}

#[test]
fn every_reference_within_the_bundle_leads_to_a_resource() {
    let bundle = json(&history());
    let names: Vec<_> = resources(&bundle)
        .iter()
        .map(|resource| {
            format!(
                "{}/{}",
                resource["resourceType"].as_str().unwrap(),
                resource["id"].as_str().unwrap()
            )
        })
        .collect();
    let mut references = Vec::new();
    references_in(&bundle, &mut references);
    assert!(references.len() >= 10);
    for reference in references {
        assert!(names.iter().any(|name| name == reference), "{reference}");
    }
}

#[test]
fn a_death_that_is_doubted_is_not_told_of_the_patient() {
    let mut doubted = history();
    doubted.conflicts.push(Conflict {
        check: "C-007".into(),
        message: "alive after death".into(),
        values: Vec::new(),
    });
    doubted.outcomes[0].status = 0;
    let bundle = json(&doubted);
    assert!(resources(&bundle)[0].get("deceasedDateTime").is_none());
}

#[test]
fn an_instant_that_is_none_is_refused() {
    let published = PublishedHistory::new(&history(), &Profile::shipped("research").unwrap());
    assert!(matches!(
        publication_fhir::bundle(&published, "yesterday"),
        Err(publication_fhir::FhirError::Recorded(_))
    ));
}

#[test]
fn the_committed_sample_is_what_is_told() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bundle.json");
    let text = serde_json::to_string_pretty(&json(&history())).unwrap() + "\n";
    if std::env::var_os("UPDATE_BUNDLE").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    assert_eq!(
        std::fs::read_to_string(path).unwrap(),
        text,
        "write it again with UPDATE_BUNDLE=1"
    );
}
