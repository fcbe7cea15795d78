//! What a release holds and what it never holds.
#![allow(clippy::unwrap_used, reason = "a test panics on purpose")]

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fs;
use std::path::Path;

use publication::{Manifest, Options, Profile, PublicationError, Versions, publish};
use schema::{
    Attribute, Conflict, Event, EventDate, EventKind, History, Identity, Origin, Outcome,
    OutcomeKind, PartialDate, Person, RecordKey, RecordRef, SourceName, SourcedValue, Telling,
    Value,
};

fn date(text: &str) -> EventDate {
    PartialDate::parse(text).unwrap().into()
}

fn told(value: Value) -> SourcedValue {
    SourcedValue {
        value,
        record: record(),
        origin: origin(),
    }
}

fn record() -> RecordRef {
    RecordRef {
        source: SourceName::new("trump").unwrap(),
        key: RecordKey::new("000123456789"),
    }
}

fn origin() -> Origin {
    Origin {
        place: "trump_2024.csv".into(),
        line: 7,
    }
}

fn event(kind: EventKind, day: &str, mention: bool) -> Event {
    Event {
        kind,
        date: Some(date(day)),
        line: Some(1),
        infusion: None,
        values: BTreeMap::from([(
            Attribute::Product,
            vec![told(Value::Code("kymriah".into()))],
        )]),
        tellings: vec![Telling {
            record: record(),
            origin: origin(),
            date: Some(date(day)),
            mention,
        }],
        mentioned_only: mention,
    }
}

fn history(number: u64, consent: &str) -> History {
    let person = BTreeMap::from([
        (
            Attribute::BirthDate,
            vec![told(Value::Date(date("1970-01-02")))],
        ),
        (Attribute::Initials, vec![told(Value::Text("QZ".into()))]),
        (Attribute::A1, vec![told(Value::Code("A*24:02".into()))]),
    ]);
    History {
        identity: Identity::from_number(number),
        records: vec![record()],
        link_probability_min: Some(0.998),
        person: Person { values: person },
        events: vec![
            event(EventKind::Hct, "2018-03", true),
            event(EventKind::Ct, "2020-02-01", false),
        ],
        lines: Vec::new(),
        outcomes: vec![Outcome {
            kind: OutcomeKind::OverallSurvival,
            from_event: 1,
            days: Some(40),
            status: 0,
            decided_by: vec![1],
        }],
        conflicts: vec![Conflict {
            check: "C-004".into(),
            message: "birth date differs".into(),
            values: vec![told(Value::Date(date("1970-01-02")))],
        }],
        consent: consent.into(),
    }
}

fn options(release: &str) -> Options {
    Options {
        release: release.to_owned(),
        profile: Profile::shipped("research").unwrap(),
        as_of: "2024-10-01".to_owned(),
        created_at: "2024-10-02T00:00:00Z".to_owned(),
        versions: Versions::default(),
    }
}

fn written(
    folder: &Path,
    release: &str,
    histories: &[History],
) -> Result<Manifest, PublicationError> {
    let histories = histories.iter().cloned().map(Ok::<_, Infallible>);
    publish(folder, options(release), histories)
}

fn bytes(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries
        .map(|entry| {
            (
                entry.file_name().into_string().unwrap(),
                fs::read(entry.path()).unwrap(),
            )
        })
        .collect()
}

#[test]
fn the_same_histories_give_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let histories: Vec<_> = (1..500).map(|number| history(number, "given")).collect();
    for place in ["a", "b"] {
        written(&folder.path().join(place), "r1", &histories).unwrap();
    }
    assert_eq!(
        bytes(&folder.path().join("a/r1")),
        bytes(&folder.path().join("b/r1"))
    );
}

#[test]
fn who_refused_or_withdrew_is_left_out_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let histories = [
        history(1, "given"),
        history(2, "refused"),
        history(3, "withdrawn"),
        history(4, "unknown"),
    ];
    let manifest = written(folder.path(), "r1", &histories).unwrap();
    assert_eq!(manifest.counts.persons, 2);
    assert_eq!(
        manifest.counts.left_out,
        BTreeMap::from([("refused".to_owned(), 1), ("withdrawn".to_owned(), 1)])
    );
    assert_eq!(
        manifest.counts.events,
        BTreeMap::from([("CT".to_owned(), 2)])
    );
    assert_eq!(
        manifest.counts.mentioned_only,
        BTreeMap::from([("HCT".to_owned(), 2)])
    );
    let text = fs::read_to_string(folder.path().join("r1/histories.ndjson")).unwrap();
    assert!(
        text.contains("M00000001") && !text.contains("M00000002") && !text.contains("M00000003")
    );
}

#[test]
fn no_registry_number_initials_hla_or_day_of_birth_is_in_a_release() {
    let folder = tempfile::tempdir().unwrap();
    written(folder.path(), "r1", &[history(1, "given")]).unwrap();
    for (name, content) in bytes(&folder.path().join("r1")) {
        let text = String::from_utf8_lossy(&content);
        for kept in [
            "000123456789",
            "QZ",
            "A*24:02",
            "1970-01-02",
            "trump_2024.csv",
        ] {
            assert!(!text.contains(kept), "{name} holds {kept}");
        }
    }
    let text = fs::read_to_string(folder.path().join("r1/histories.ndjson")).unwrap();
    assert!(text.contains("\"1970-01\"") && text.contains("\"2020-02-01\""));
}

#[test]
fn the_manifest_tells_every_byte() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = written(folder.path(), "r1", &[history(1, "given")]).unwrap();
    assert_eq!(
        publication::read_manifest(&folder.path().join("r1")).unwrap(),
        Some(manifest.clone())
    );
    for file in &manifest.files {
        let content = fs::read(folder.path().join("r1").join(&file.name)).unwrap();
        assert_eq!(file.bytes, content.len() as u64);
        assert_eq!(file.blake3, blake3::hash(&content).to_hex().to_string());
    }
    let rows: Vec<_> = manifest
        .files
        .iter()
        .map(|file| (&*file.name, file.rows))
        .collect();
    assert_eq!(
        rows,
        [
            ("events.parquet", 2),
            ("histories.ndjson", 1),
            ("outcomes.parquet", 1)
        ]
    );
}

#[test]
fn a_release_never_changes() {
    let folder = tempfile::tempdir().unwrap();
    let first = written(folder.path(), "r1", &[history(1, "given")]).unwrap();
    let later = Options {
        created_at: "2030-01-01T00:00:00Z".to_owned(),
        ..options("r1")
    };
    let again = publish(
        folder.path(),
        later,
        [Ok::<_, Infallible>(history(1, "given"))],
    )
    .unwrap();
    assert_eq!(again, first);
    let other = written(folder.path(), "r1", &[history(2, "given")]);
    assert!(matches!(other, Err(PublicationError::Exists(_))));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn histories_out_of_order_and_names_that_climb_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let twice = written(
        folder.path(),
        "r1",
        &[history(2, "given"), history(2, "given")],
    );
    assert!(matches!(twice, Err(PublicationError::Order(_))));
    assert!(!folder.path().join("r1").exists());
    for name in ["", "../r", ".r", "a/b"] {
        assert!(
            matches!(
                written(folder.path(), name, &[]),
                Err(PublicationError::Name(_))
            ),
            "{name}"
        );
    }
}

#[test]
fn events_are_rows_of_a_table_that_any_reader_opens() {
    use arrow::array::{Array, AsArray};
    use arrow::datatypes::Date32Type;
    let folder = tempfile::tempdir().unwrap();
    written(folder.path(), "r1", &[history(1, "given")]).unwrap();
    let file = fs::File::open(folder.path().join("r1/events.parquet")).unwrap();
    let mut batches =
        parquet::arrow::arrow_reader::ParquetRecordBatchReader::try_new(file, 1024).unwrap();
    let batch = batches.next().unwrap().unwrap();
    let texts = |name: &str| {
        let column = batch
            .column_by_name(name)
            .unwrap()
            .as_string::<i32>()
            .clone();
        (0..column.len())
            .map(|row| column.value(row).to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(texts("event_kind"), ["HCT", "CT"]);
    assert_eq!(texts("event_date"), ["2018-03", "2020-02-01"]);
    assert_eq!(texts("product"), ["kymriah", "kymriah"]);
    let days = batch
        .column_by_name("event_day")
        .unwrap()
        .as_primitive::<Date32Type>();
    assert!(days.is_null(0) && days.value(1) == 18_293);
}
