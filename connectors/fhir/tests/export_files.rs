//! Bulk Data export: manifests and files, from servers that behave and servers that do not.
#![allow(clippy::unwrap_used, reason = "a test panics on purpose")]

mod harness;

use connector::{Connector, ConnectorError, FindingKind};
use connector_fhir::{FhirSettings, Mode};
use fixture_server::{BROKEN_LINES, Faults, Gzip};
use harness::{
    connector, count, drain, drain_restarting, export, export_whole, serve, settings, whole_world,
};

#[tokio::test]
async fn manifests_may_be_partial_paged_relative_and_of_either_version() {
    export_whole(Faults {
        partial_manifest: true,
        ..Faults::default()
    })
    .await;
    export_whole(Faults {
        paged_manifest: true,
        ..Faults::default()
    })
    .await;
    export_whole(Faults {
        relative_files: true,
        ballot_names: true,
        ..Faults::default()
    })
    .await;
    let (_folder, server) = serve(Faults {
        paged_manifest: true,
        partial_manifest: true,
        ..Faults::default()
    })
    .await;
    drain_restarting(&settings(&server.url, Mode::Export))
        .await
        .unwrap()
        .is_whole_world();
}

#[tokio::test]
async fn manifests_that_lead_in_a_circle_are_left_and_give_no_watermark() {
    let (_, drained) = export(Faults {
        paged_manifest: true,
        looping_manifest: true,
        ..Faults::default()
    })
    .await;
    assert_eq!(drained.types(), whole_world());
    assert!(drained.says("in a circle") && drained.has(FindingKind::Fault));
    assert_eq!(
        drained.cursor().position["watermarks"],
        serde_json::json!({})
    );
}

#[tokio::test]
async fn a_manifest_without_its_instant_gives_no_watermark() {
    let (_, drained) = export_whole(Faults {
        no_transaction_time: true,
        ..Faults::default()
    })
    .await;
    assert!(drained.says("transactionTime"));
    assert_eq!(
        drained.cursor().position["watermarks"],
        serde_json::json!({})
    );
}

#[tokio::test]
async fn a_wrong_count_is_told_and_does_no_harm() {
    let (_, drained) = export_whole(Faults {
        count_off_by: 40,
        ..Faults::default()
    })
    .await;
    assert!(drained.says("Patient.ndjson: the manifest tells 65 resources, and the file holds 25"));
}

#[tokio::test]
async fn packed_files_and_packed_transfers_are_read_also_both_at_once() {
    for gzip in [Gzip::Encoding, Gzip::Files, Gzip::Both] {
        export_whole(Faults {
            gzip,
            ..Faults::default()
        })
        .await;
    }
}

#[tokio::test]
async fn a_download_that_is_cut_is_asked_for_again_and_never_taken_as_whole() {
    for gzip in [Gzip::Never, Gzip::Files, Gzip::Encoding] {
        let (_, drained) = export_whole(Faults {
            downloads_cut: 3,
            gzip,
            ..Faults::default()
        })
        .await;
        assert!(!drained.says("the manifest tells"), "{gzip:?}");
    }
    let (_folder, server) = serve(Faults {
        downloads_cut: 1_000,
        ..Faults::default()
    })
    .await;
    let wanted = FhirSettings {
        retries_max: 1,
        ..settings(&server.url, Mode::Export)
    };
    let mut cursor = None;
    let error = loop {
        match connector(wanted.clone()).pull(cursor.as_ref()).await {
            Ok(page) => cursor = Some(page.next.cursor().clone()),
            Err(error) => break error,
        }
    };
    assert!(matches!(error, ConnectorError::TryLater { .. }), "{error}");
    server.set_faults(Faults::default());
    drain(&connector(wanted), cursor.as_ref()).await.unwrap();
}

#[tokio::test]
async fn a_file_that_ends_in_a_line_each_time_loses_that_line_only_and_says_so() {
    let (_folder, server) = serve(Faults {
        files_end_in_a_line: true,
        ..Faults::default()
    })
    .await;
    let wanted = FhirSettings {
        retries_max: 1,
        types: vec!["Patient".into()],
        ..settings(&server.url, Mode::Export)
    };
    let drained = drain(&connector(wanted), None).await.unwrap();
    assert_eq!((drained.records.len(), drained.set_aside.len()), (24, 1));
    assert!(
        drained.set_aside[0].starts_with("Patient.ndjson:25:")
            && drained.says("ends within a line")
    );
}

#[tokio::test]
async fn a_bad_line_is_set_aside_by_file_and_line_and_the_file_goes_on() {
    let (_, drained) = export(Faults {
        broken_lines: true,
        ..Faults::default()
    })
    .await;
    assert_eq!(drained.types(), whole_world());
    // A file of one line has no place behind its first line.
    assert_eq!(drained.set_aside.len(), 5 * BROKEN_LINES.len());
    for (line, aside) in (2..).zip(
        drained
            .set_aside
            .iter()
            .filter(|aside| aside.starts_with("Patient.ndjson")),
    ) {
        assert!(
            aside.starts_with(&format!("Patient.ndjson:{line}:")),
            "{aside}"
        );
    }
}

#[tokio::test]
async fn marks_blank_lines_and_other_line_ends_are_no_rows() {
    export_whole(Faults {
        odd_line_ends: true,
        ..Faults::default()
    })
    .await;
}

#[tokio::test]
async fn a_resource_over_the_bound_is_set_aside() {
    let (_folder, server) = serve(Faults::default()).await;
    let wanted = FhirSettings {
        resource_bytes_max: 110,
        types: vec!["Consent".into(), "Observation".into()],
        ..settings(&server.url, Mode::Export)
    };
    let drained = drain(&connector(wanted), None).await.unwrap();
    assert!(!drained.set_aside.is_empty());
    assert_eq!(drained.records.len() + drained.set_aside.len(), 67);
    assert!(
        drained
            .set_aside
            .iter()
            .all(|aside| aside.contains("resource_bytes_max"))
    );
}

#[tokio::test]
async fn deleted_resources_are_told_by_their_keys() {
    let deleted = vec![
        "Patient/p1".to_owned(),
        "http://h.example/fhir/Consent/c1".to_owned(),
        "nonsense".to_owned(),
    ];
    let (_, drained) = export(Faults {
        deleted,
        ..Faults::default()
    })
    .await;
    let types = drained.types();
    assert_eq!((types["-Patient"], types["-Consent"]), (1, 1));
    assert_eq!(drained.set_aside.len(), 1);
    assert_eq!(drained.counts["deleted.ndjson"], 3);
}

#[tokio::test]
async fn error_files_become_findings_that_tell_codes_and_no_texts() {
    for ballot_names in [false, true] {
        let (_, drained) = export_whole(Faults {
            error_file: true,
            ballot_names,
            ..Faults::default()
        })
        .await;
        assert!(drained.says("errors.ndjson: the server reports 1 x error `not-found`"));
        assert!(!drained.says("told to nobody"));
    }
}

#[tokio::test]
async fn addresses_that_are_good_no_more_are_asked_for_anew() {
    let (_, drained) = export_whole(Faults {
        manifests_expired: 1,
        ..Faults::default()
    })
    .await;
    assert!(!drained.says("a new export"));
    let (_folder, server) = serve(Faults {
        manifests_expired: 100,
        ..Faults::default()
    })
    .await;
    let error = drain(&connector(settings(&server.url, Mode::Export)), None)
        .await
        .err()
        .unwrap();
    assert!(matches!(error, ConnectorError::TryLater { .. }), "{error}");
    assert_eq!(count(&server, "GET", "$export"), 3);
}
