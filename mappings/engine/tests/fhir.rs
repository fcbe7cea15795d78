//! The shipped FHIR mappings: their own tests, the door, the side tables, and what is set aside.
#![allow(clippy::unwrap_used, reason = "a test panics on purpose")]

use mapping::{Admission, Mapped, MappingSet, Tables, shipped};
use schema::{
    AdmittedBody, AdmittedRecord, Attribute, Body, Facilities, Facility, ItemKind, Origin, Product,
    Products, RawRecord, Refusal, RefusalReason, SourceName,
};

fn set() -> MappingSet {
    let files: Vec<_> = shipped("fhir")
        .iter()
        .map(|file| (file.name.to_owned(), file.text.to_owned()))
        .collect();
    MappingSet::load(&files).unwrap()
}

fn raw(json: &str) -> RawRecord {
    RawRecord {
        origin: Origin {
            place: "a.ndjson".into(),
            line: 1,
        },
        body: Body::Json(json.into()),
    }
}

fn admit(json: &str, tables: &Tables) -> (AdmittedRecord, Vec<Refusal>) {
    match set().admit(&raw(json), tables) {
        Admission::Admitted { record, refusals } => (record, refusals),
        Admission::SetAside(aside) => panic!("set aside: {aside}"),
    }
}

fn map(json: &str, tables: &Tables) -> Mapped {
    set().map(
        &SourceName::new("fhir").unwrap(),
        &admit(json, tables).0,
        tables,
    )
}

fn kept(record: &AdmittedRecord) -> &str {
    match &record.body {
        AdmittedBody::Json(text) => text,
        _ => panic!("no resource"),
    }
}

fn tables() -> Tables {
    let facility = Facility {
        facility_id: "F001".into(),
        name: "某医療センター".into(),
        trump_code: "0113".into(),
        department: "".into(),
        ccn: "80103".into(),
        organization_code: "1211208117".into(),
        valid_from: None,
        valid_to: None,
    };
    let product = Product {
        product_id: "P77".into(),
        name_ja: "ミライセル静注".into(),
        name_en: "Miraicel".into(),
        aliases: vec!["ミライセル".into()],
        holder: "".into(),
        conditional_approval_from: None,
        conditional_approval_to: None,
    };
    Tables::new(
        Facilities::new(vec![facility]),
        Products {
            lines: vec![product],
        },
    )
}

#[test]
fn the_tests_inside_the_files_pass() {
    let reports = set().run_tests();
    let failed: Vec<_> = reports.iter().filter(|report| !report.passed()).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    assert!(reports.len() > 40);
}

#[test]
fn nothing_that_tells_who_somebody_is_passes_the_door() {
    let planted = [
        "甲野",
        "乙彦",
        "コウノ",
        "090-1111-2222",
        "kouno@example.jp",
        "川端町1-2-3",
        "150-0001",
        "7767584929",
        "KT-00123",
    ];
    let patient = r#"{"resourceType":"Patient","id":"p1","text":{"div":"<div>甲野 乙彦</div>"},
        "identifier":[{"system":"urn:oid:1.2.392.100495.20.3.51.11211208117","value":"7767584929"},{"type":{"coding":[{"code":"MR"}]},"system":"http://cibmtr.org/fhir/crid","value":"7767584929"},
            {"value":"7767584929"},{"system":"http://cibmtr.org/fhir/crid","value":"12345678","assigner":{"display":"甲野"}}],
        "name":[{"text":"甲野 乙彦","family":"甲野","given":["乙彦"]},{"text":"コウノ オトヒコ"}],"telecom":[{"value":"090-1111-2222"},{"value":"kouno@example.jp"}],
        "gender":"male","birthDate":"1966-05-27","_birthDate":{"extension":[{"url":"x","valueString":"甲野"}]},
        "address":[{"text":"東京都川端町1-2-3","line":["川端町1-2-3"],"postalCode":"150-0001","state":"東京都"}],
        "contact":[{"name":{"text":"甲野 花子"},"telecom":[{"value":"090-1111-2222"}]}],"photo":[{"title":"甲野"}],
        "extension":[{"url":"http://example.jp/chart","valueString":"KT-00123"}],"generalPractitioner":[{"display":"甲野"}],
        "managingOrganization":{"reference":"Organization/o1","display":"甲野医院"},"contained":[{"resourceType":"RelatedPerson","name":[{"text":"甲野"}]}]}"#;
    let observation = r#"{"resourceType":"Observation","id":"o1","subject":{"reference":"Patient/p1","display":"甲野 乙彦","identifier":{"value":"7767584929"}},
        "status":"final","code":{"text":"CRS grade (ASTCT) 患者氏名:甲野 乙彦"},"effectiveDateTime":"2024-03-15","valueInteger":2,
        "note":[{"text":"甲野様 090-1111-2222"}],"performer":[{"display":"甲野"}],"text":{"div":"甲野"}}"#;
    let medication = r#"{"resourceType":"MedicationAdministration","id":"m1","subject":{"reference":"Patient/p1"},"status":"completed",
        "medicationCodeableConcept":{"text":"シタラビン (ID:7767584929)"},"effectiveDateTime":"2014-04-07","note":[{"text":"カルテ番号 KT-00123"}]}"#;
    for json in [patient, observation, medication] {
        let (record, refusals) = admit(json, &Tables::default());
        let mapped = map(json, &Tables::default());
        let told = format!("{}{refusals:?}{mapped:?}{:?}", kept(&record), mapped.issues);
        for value in planted {
            assert!(!told.contains(value), "{value} in {told}");
        }
        assert!(
            refusals
                .iter()
                .any(|refusal| refusal.reason != RefusalReason::Unmapped)
        );
    }
    let drug = map(medication, &Tables::default()).record.unwrap();
    assert_eq!(
        drug.items[0].text(Attribute::Agent),
        Some("cytarabine"),
        "the drug is still told"
    );
}

#[test]
fn a_product_is_known_by_the_operators_table_and_otherwise_told_of() {
    let json = r##"{"resourceType":"MedicationAdministration","id":"m1","subject":{"reference":"Patient/p1"},
        "contained":[{"resourceType":"Medication","id":"x","code":{"text":"ミライセル静注 1バッグ"},"batch":{"lotNumber":"mr2401, mr2402"}}],
        "status":"completed","medicationReference":{"reference":"#x"},"effectiveDateTime":"2024-03-08T22:00:00Z"}"##;
    let record = map(json, &tables()).record.unwrap();
    let infusion = &record.items[0];
    assert_eq!(
        (infusion.kind, infusion.text(Attribute::Product)),
        (ItemKind::Infusion, Some("P77"))
    );
    assert_eq!(
        infusion.texts(Attribute::Lot).collect::<Vec<_>>(),
        ["MR2401", "MR2402"]
    );
    assert_eq!(
        infusion.date(Attribute::Date).unwrap().date.to_string(),
        "2024-03-09"
    );
    let without = map(json, &Tables::default());
    assert!(without.record.unwrap().items.is_empty());
    assert_eq!(without.issues.len(), 1);
}

#[test]
fn a_reference_to_an_organisation_becomes_a_facility_once_that_is_known() {
    let organisation = r#"{"resourceType":"Organization","id":"o1","identifier":[{"system":"http://jpfhir.jp/fhir/core/IdSystem/insurance-medical-institution-no","value":"1211208117"}]}"#;
    let patient = r#"{"resourceType":"Patient","id":"p1","managingOrganization":{"reference":"Organization/o1"}}"#;
    let facility = |mapped: &Mapped| {
        let items = &mapped.record.as_ref().unwrap().items;
        items
            .iter()
            .find_map(|item| item.text(Attribute::Facility).map(str::to_owned))
    };
    let mut tables = tables();
    let before = map(patient, &tables);
    assert_eq!(
        (facility(&before).as_deref(), before.issues.len()),
        (Some("organization:o1"), 1)
    );
    assert!(tables.learn(&admit(organisation, &tables).0));
    assert!(!tables.learn(&admit(patient, &tables).0));
    let after = map(patient, &tables);
    assert_eq!(
        (facility(&after).as_deref(), after.issues.len()),
        (Some("F001"), 0)
    );
}

#[test]
fn a_resource_that_does_not_fit_is_set_aside_with_the_reason() {
    let check = |json: &str, kind: &str, column: Option<&str>| match set()
        .admit(&raw(json), &Tables::default())
    {
        Admission::SetAside(aside) => assert_eq!(
            (aside.kind.as_str(), aside.column.as_deref()),
            (kind, column),
            "{json}"
        ),
        Admission::Admitted { .. } => panic!("admitted: {json}"),
    };
    check(r#"{"resourceType":"Patient","id":"#, "malformed", None);
    check("[]", "malformed", None);
    check(r#"{"id":"p1"}"#, "unfit", Some("resourceType"));
    check(
        r#"{"resourceType":"Basic","id":"p1"}"#,
        "no_mapping",
        Some("resourceType"),
    );
    check(
        r#"{"resourceType":"Patient","birthDate":"1970-01-02"}"#,
        "no_key",
        Some("Patient.id"),
    );
    check(
        r#"{"resourceType":"Patient","id":"p1","birthDate":{"year":1970}}"#,
        "unfit",
        Some("Patient.birthDate"),
    );
    check(
        r#"{"resourceType":"Patient","id":"p1","identifier":["1"]}"#,
        "unfit",
        Some("Patient.identifier"),
    );
    check(
        r#"{"resourceType":"Procedure","id":"x","subject":{"reference":"Patient/p1"},"code":{"text":"HCT"}}"#,
        "unfit",
        Some("Procedure.status"),
    );
    check(
        r#"{"resourceType":"Condition","id":"c","subject":{"display":"x"},"code":{"text":"AML"}}"#,
        "no_key",
        Some("Condition.subject.reference"),
    );
    check(
        r#"{"resourceType":"Condition","id":"c","subject":{"reference":"Group/1"},"code":{"text":"AML"}}"#,
        "no_key",
        Some("Condition.subject.reference"),
    );
}

#[test]
fn versions_of_a_resource_sort_whatever_their_zone() {
    let version = |instant: &str| {
        let json = format!(
            r#"{{"resourceType":"Patient","id":"p1","meta":{{"lastUpdated":"{instant}"}}}}"#
        );
        admit(&json, &Tables::default()).0.version
    };
    assert!(version("2024-05-02T08:00:00+09:00") < version("2024-05-02T00:00:00Z"));
    assert!(version("2024-05-02T00:00:00Z") < version("2024-05-02T00:00:00.5Z"));
}
