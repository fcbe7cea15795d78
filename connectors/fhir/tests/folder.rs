//! Folders of NDJSON files.
#![allow(clippy::unwrap_used, reason = "a test panics on purpose")]

mod harness;

use std::io::Write as _;
use std::path::Path;

use connector::{Connector, FindingKind, conformance};
use connector_fhir::FhirSettings;
use harness::{connector, drain, drain_restarting, world};

fn settings(folder: &Path) -> FhirSettings {
    FhirSettings {
        page_records_max: 8,
        ..FhirSettings::folder(folder)
    }
}

fn pack(folder: &Path, name: &str, to: &str) {
    let bytes = std::fs::read(folder.join(name)).unwrap();
    let file = std::fs::File::create(folder.join(to)).unwrap();
    let mut encoder = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
    encoder.write_all(&bytes).unwrap();
    encoder.finish().unwrap();
    std::fs::remove_file(folder.join(name)).unwrap();
}

#[tokio::test]
async fn a_folder_keeps_what_every_connector_promises() {
    let folder = world();
    std::fs::write(
        folder.path().join("bad.ndjson"),
        b"{\"a\":\n\xFF\n{\"resourceType\":\"Basic\",\"id\":\"b\"}",
    )
    .unwrap();
    let make = || connector(settings(folder.path()));
    let read = conformance::check(make, &["1970-01", "結び"])
        .await
        .unwrap();
    assert_eq!((read.records.len(), read.set_aside.len()), (96, 2));
    assert_eq!(read.counts["bad.ndjson"], 3);
}

#[tokio::test]
async fn packed_files_subfolders_and_any_name_are_read() {
    let folder = world();
    std::fs::create_dir(folder.path().join("part")).unwrap();
    pack(folder.path(), "Patient.ndjson", "part/0001.jsonl.gz");
    std::fs::rename(
        folder.path().join("Consent.1.ndjson"),
        folder.path().join("part/whatever.NDJSON"),
    )
    .unwrap();
    std::fs::write(folder.path().join("notes.txt"), "x").unwrap();
    let drained = drain(&connector(settings(folder.path())), None)
        .await
        .unwrap();
    drained.is_whole_world();
    assert_eq!(drained.counts["part/0001.jsonl.gz"], 25);
    assert!(drained.says("1 files in it are not read"));
    drain_restarting(&settings(folder.path()))
        .await
        .unwrap()
        .is_whole_world();
}

#[tokio::test]
async fn a_second_sync_reads_what_changed_by_its_content() {
    let folder = world();
    let reader = || connector(settings(folder.path()));
    let first = drain(&reader(), None).await.unwrap();
    let again = drain(&reader(), Some(first.cursor())).await.unwrap();
    assert!(again.records.is_empty());
    std::fs::rename(
        folder.path().join("Patient.ndjson"),
        folder.path().join("renamed.ndjson"),
    )
    .unwrap();
    let renamed = drain(&reader(), Some(again.cursor())).await.unwrap();
    assert!(renamed.records.is_empty() && renamed.says("under another name"));
    let mut file = std::fs::File::options()
        .append(true)
        .open(folder.path().join("Consent.2.ndjson"))
        .unwrap();
    file.write_all(b"{\"resourceType\":\"Consent\",\"id\":\"more\"}\n")
        .unwrap();
    let changed = drain(&reader(), Some(renamed.cursor())).await.unwrap();
    assert_eq!(changed.records.len(), 4);
}

#[tokio::test]
async fn a_file_that_changes_while_it_is_read_is_read_again_from_its_beginning() {
    let folder = world();
    let mut before = connector(settings(folder.path())).pull(None).await.unwrap();
    while &*before.records[0].origin.place != "Group.ndjson" {
        before = connector(settings(folder.path()))
            .pull(Some(before.next.cursor()))
            .await
            .unwrap();
    }
    let drained = drain(
        &connector(settings(folder.path())),
        Some(before.next.cursor()),
    )
    .await
    .unwrap();
    assert_eq!(drained.types()["Observation"], 60);
    let mut cursor = before.next.cursor().clone();
    let page = connector(settings(folder.path()))
        .pull(Some(&cursor))
        .await
        .unwrap();
    cursor = page.next.cursor().clone();
    let file = folder.path().join("Observation.ndjson");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(
        &file,
        format!("{{\"resourceType\":\"Observation\",\"id\":\"first\"}}\n{text}"),
    )
    .unwrap();
    let drained = drain(&connector(settings(folder.path())), Some(&cursor))
        .await
        .unwrap();
    assert_eq!(drained.types()["Observation"], 61);
}

#[tokio::test]
async fn a_packed_file_that_was_cut_is_read_as_far_as_it_goes_and_said() {
    let folder = world();
    pack(folder.path(), "Observation.ndjson", "Observation.ndjson.gz");
    let path = folder.path().join("Observation.ndjson.gz");
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() - 9]).unwrap();
    let drained = drain(&connector(settings(folder.path())), None)
        .await
        .unwrap();
    assert!(drained.says("damaged or was cut") && drained.has(FindingKind::Fault));
    assert_eq!(drained.types()["Patient"], 25, "the other files are read");
    std::fs::write(&path, &bytes).unwrap();
    let mended = drain(&connector(settings(folder.path())), Some(drained.cursor()))
        .await
        .unwrap();
    assert_eq!(mended.types()["Observation"], 60);
}

#[tokio::test]
async fn deletions_and_outcomes_that_were_kept_with_an_export_are_understood() {
    let folder = world();
    let bundle = r#"{"resourceType":"Bundle","type":"transaction","entry":[{"request":{"method":"DELETE","url":"Patient/p1"}}]}"#;
    std::fs::write(folder.path().join("deleted.ndjson"), bundle).unwrap();
    let outcome =
        r#"{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"exception"}]}"#;
    std::fs::write(folder.path().join("errors.ndjson"), outcome).unwrap();
    let drained = drain(&connector(settings(folder.path())), None)
        .await
        .unwrap();
    assert_eq!(drained.types()["-Patient"], 1);
    assert!(drained.says("1 x error `exception`"));
}

#[tokio::test]
async fn a_file_named_after_a_type_that_nobody_asked_for_is_left_unread() {
    let folder = world();
    let wanted = FhirSettings {
        types: vec!["Patient".into()],
        ..settings(folder.path())
    };
    std::fs::write(
        folder.path().join("anything.ndjson"),
        "{\"resourceType\":\"Basic\",\"id\":\"x\"}\n",
    )
    .unwrap();
    let drained = drain(&connector(wanted), None).await.unwrap();
    assert_eq!(
        drained.types().into_iter().collect::<Vec<_>>(),
        [("Basic".into(), 1), ("Patient".into(), 25)]
    );
    assert!(drained.says("Consent.1.ndjson: it holds `Consent`, which no mapping asks for"));
}

#[tokio::test]
async fn check_and_discover_tell_the_files() {
    let folder = world();
    let reader = connector(settings(folder.path()));
    assert!(reader.check().await.unwrap().findings.is_empty());
    let offers = reader.discover().await.unwrap().offers;
    assert_eq!(offers.len(), 6);
    assert_eq!(
        (offers[0].name.as_str(), offers[0].detail.as_str()),
        ("Organization.ndjson", "begins with `Organization`"),
        "others refer to organisations"
    );
    let empty = tempfile::tempdir().unwrap();
    let report = connector(settings(empty.path())).check().await.unwrap();
    assert_eq!(report.findings[0].kind, FindingKind::Fault);
    let missing = connector(settings(&empty.path().join("missing")))
        .check()
        .await;
    assert!(missing.is_err());
}
