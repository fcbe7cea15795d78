//! Bulk Data export: how it is asked for, waited for, taken up again and ended.
#![allow(clippy::unwrap_used, reason = "a test panics on purpose")]

mod harness;

use std::time::Duration;

use connector::{Connector, ConnectorError, Next, conformance};
use connector_fhir::{FhirSettings, KickOff, Level, Mode};
use fixture_server::{Busy, Faults, Gzip, RetryAfter};
use harness::{connector, count, drain, drain_restarting, export_whole, serve, settings};
use schema::Body;

#[tokio::test]
async fn an_export_keeps_what_every_connector_promises() {
    let (_folder, server) = serve(Faults::default()).await;
    let make = || connector(settings(&server.url, Mode::Export));
    let read = conformance::check(make, &["1970-01", "結び"])
        .await
        .unwrap();
    assert_eq!(read.records.len(), 95);
    assert_eq!(read.counts["Observation.ndjson"], 60);
}

#[tokio::test]
async fn resources_are_handed_on_as_they_were_sent_with_file_and_line() {
    let (folder, server) = serve(Faults::default()).await;
    let drained = drain(&connector(settings(&server.url, Mode::Export)), None)
        .await
        .unwrap();
    let file = std::fs::read_to_string(folder.path().join("Observation.ndjson")).unwrap();
    let sent: Vec<&str> = file.lines().collect();
    for record in drained
        .records
        .iter()
        .filter(|record| &*record.origin.place == "Observation.ndjson")
    {
        let Body::Json(text) = &record.body else {
            panic!()
        };
        assert_eq!(
            &**text,
            sent[usize::try_from(record.origin.line).unwrap() - 1]
        );
    }
    assert_eq!(drained.counts["Consent.2.ndjson"], 3);
}

#[tokio::test]
async fn the_kick_off_asks_as_the_guide_says() {
    let (_folder, server) = serve(Faults::default()).await;
    let wanted = FhirSettings {
        types: vec!["Patient".into(), "Consent".into()],
        ..settings(&server.url, Mode::Export)
    };
    let drained = drain(&connector(wanted), None).await.unwrap();
    assert_eq!(
        drained.types().into_iter().collect::<Vec<_>>(),
        [("Consent".into(), 7), ("Patient".into(), 25)]
    );
    let asked = server
        .log()
        .into_iter()
        .find(|seen| seen.path == "/fhir/$export")
        .unwrap();
    assert_eq!(asked.prefer.as_deref(), Some("respond-async"));
    assert!(
        asked.query.contains("_type=Patient%2CConsent")
            && asked
                .query
                .contains("_outputFormat=application%2Ffhir%2Bndjson")
    );
}

#[tokio::test]
async fn patients_and_a_group_are_exported_when_they_are_asked_for() {
    let (_folder, server) = serve(Faults::default()).await;
    let patients = FhirSettings {
        level: Level::Patient,
        ..settings(&server.url, Mode::Export)
    };
    let types = drain(&connector(patients), None).await.unwrap().types();
    assert_eq!(
        types.keys().collect::<Vec<_>>(),
        ["Consent", "Observation", "Patient"]
    );
    let group = FhirSettings {
        level: Level::Group,
        group: Some("g1".into()),
        ..settings(&server.url, Mode::Export)
    };
    let types = drain(&connector(group), None).await.unwrap().types();
    assert_eq!(
        (types["Patient"], types["Consent"], types["Observation"]),
        (2, 2, 6)
    );
    let nobody = FhirSettings {
        level: Level::Group,
        group: Some("g2".into()),
        ..settings(&server.url, Mode::Export)
    };
    let refused = drain(&connector(nobody), None).await.err().unwrap();
    assert!(
        matches!(refused, ConnectorError::NeedsPerson { .. }),
        "{refused}"
    );
}

#[tokio::test]
async fn a_second_sync_asks_only_for_what_changed_since_the_servers_own_instant() {
    let (folder, server) = serve(Faults::default()).await;
    let wanted = settings(&server.url, Mode::Export);
    let first = drain(&connector(wanted.clone()), None).await.unwrap();
    let instant = first.cursor().position["watermarks"]["*"]
        .as_str()
        .unwrap()
        .to_owned();
    let second = drain(&connector(wanted.clone()), Some(first.cursor()))
        .await
        .unwrap();
    assert!(second.records.is_empty() && second.says(&instant));
    let changed =
        r#"{"resourceType":"Patient","id":"new","meta":{"lastUpdated":"2999-01-01T00:00:00Z"}}"#;
    std::fs::write(folder.path().join("Patient.ndjson"), format!("{changed}\n")).unwrap();
    let third = drain(&connector(wanted), Some(second.cursor()))
        .await
        .unwrap();
    assert_eq!(third.records.len(), 1);
    let asked: Vec<String> = server
        .log()
        .into_iter()
        .filter(|seen| seen.path.ends_with("$export"))
        .map(|seen| seen.query)
        .collect();
    assert!(!asked[0].contains("_since") && asked[1].contains("_since="));
}

#[tokio::test]
async fn a_type_that_is_new_in_the_settings_is_read_from_its_beginning() {
    let (_folder, server) = serve(Faults::default()).await;
    let only = |types: &[&str]| FhirSettings {
        types: types.iter().map(|name| (*name).to_owned()).collect(),
        ..settings(&server.url, Mode::Export)
    };
    let first = drain(&connector(only(&["Patient"])), None).await.unwrap();
    let second = drain(
        &connector(only(&["Patient", "Consent"])),
        Some(first.cursor()),
    )
    .await
    .unwrap();
    assert_eq!(second.types()["Consent"], 7);
}

#[tokio::test]
async fn the_address_of_the_job_is_in_the_cursor_before_it_is_waited_for() {
    let (_folder, server) = serve(Faults::default()).await;
    let wanted = settings(&server.url, Mode::Export);
    let page = connector(wanted.clone()).pull(None).await.unwrap();
    assert!(page.records.is_empty() && matches!(page.next, Next::More(_)));
    assert_eq!(count(&server, "GET", "/jobs/"), 0);
    let after_restart = drain(&connector(wanted), Some(page.next.cursor()))
        .await
        .unwrap();
    after_restart.is_whole_world();
    assert_eq!(
        count(&server, "GET", "$export"),
        1,
        "the stored job was taken up, and no other was asked for"
    );
}

#[tokio::test]
async fn a_program_killed_after_every_page_reads_everything_once() {
    for gzip in [Gzip::Never, Gzip::Files] {
        let (_folder, server) = serve(Faults {
            gzip,
            ..Faults::default()
        })
        .await;
        let drained = drain_restarting(&settings(&server.url, Mode::Export))
            .await
            .unwrap();
        drained.is_whole_world();
        let ranges = server
            .log()
            .iter()
            .filter(|seen| seen.range.is_some() && seen.status == 206)
            .count();
        assert_eq!(
            ranges > 0,
            gzip == Gzip::Never,
            "parts are asked for only where offsets mean bytes"
        );
    }
}

#[tokio::test]
async fn retry_after_is_honoured_as_seconds_and_as_a_date() {
    for retry_after in [RetryAfter::Seconds(1), RetryAfter::Date(2)] {
        let (server, drained) = export_whole(Faults {
            retry_after,
            polls: 2,
            ..Faults::default()
        })
        .await;
        assert!(drained.says("50% done"));
        let polls: Vec<_> = server
            .log()
            .into_iter()
            .filter(|seen| seen.path.contains("/jobs/"))
            .map(|seen| seen.at)
            .collect();
        // A date has no parts of a second, so up to one is lost.
        assert!(
            polls
                .windows(2)
                .take(2)
                .all(|pair| pair[1] - pair[0] > Duration::from_millis(900)),
            "{retry_after:?}"
        );
    }
}

#[tokio::test]
async fn a_retry_after_that_is_too_long_is_cut_to_the_setting() {
    let (_folder, server) = serve(Faults {
        retry_after: RetryAfter::Seconds(120),
        ..Faults::default()
    })
    .await;
    let wanted = FhirSettings {
        retry_after_s_max: 0,
        ..settings(&server.url, Mode::Export)
    };
    drain(&connector(wanted), None)
        .await
        .unwrap()
        .is_whole_world();
}

#[tokio::test]
async fn a_long_job_hands_back_between_waits_with_its_progress() {
    let (_folder, server) = serve(Faults {
        polls: 3,
        ..Faults::default()
    })
    .await;
    let wanted = FhirSettings {
        poll_s_max: 0,
        ..settings(&server.url, Mode::Export)
    };
    let drained = drain(&connector(wanted), None).await.unwrap();
    drained.is_whole_world();
    assert_eq!(
        drained
            .findings
            .iter()
            .filter(|(_, said)| said.contains("50% done"))
            .count(),
        4
    );
}

#[tokio::test]
async fn bursts_of_429_and_503_are_sat_out_everywhere() {
    for path in ["$export", "/jobs/", "/files/"] {
        for status in [429, 503, 500] {
            let busy = Some(Busy {
                status,
                times: 2,
                path,
            });
            export_whole(Faults {
                busy,
                retry_after: RetryAfter::Seconds(0),
                ..Faults::default()
            })
            .await;
        }
    }
}

#[tokio::test]
async fn a_server_that_stays_busy_is_tried_later_and_nothing_is_lost() {
    let (_folder, server) = serve(Faults {
        retry_after: RetryAfter::Seconds(0),
        ..Faults::default()
    })
    .await;
    let wanted = settings(&server.url, Mode::Export);
    for path in ["$export", "/jobs/", "/files/"] {
        let busy = Some(Busy {
            status: 429,
            times: 1_000,
            path,
        });
        server.set_faults(Faults {
            busy,
            retry_after: RetryAfter::Seconds(7),
            ..Faults::default()
        });
        let wanted = FhirSettings {
            retries_max: 1,
            retry_after_s_max: 1,
            ..wanted.clone()
        };
        let error = drain(&connector(wanted), None).await.err().unwrap();
        assert!(
            matches!(&error, ConnectorError::TryLater { after: Some(after), .. } if after.as_secs() == 1),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_lost_job_is_asked_for_again_from_the_same_watermark() {
    let (server, drained) = export_whole(Faults {
        jobs_lost: 1,
        relative_job: true,
        ..Faults::default()
    })
    .await;
    assert!(drained.says("a new export is asked for"));
    assert_eq!(count(&server, "GET", "$export"), 2);
}

#[tokio::test]
async fn a_job_that_fails_is_asked_for_again_and_at_last_later() {
    export_whole(Faults {
        jobs_failed: 2,
        ..Faults::default()
    })
    .await;
    let (_folder, server) = serve(Faults {
        jobs_failed: 100,
        ..Faults::default()
    })
    .await;
    let wanted = FhirSettings {
        retries_max: 0,
        ..settings(&server.url, Mode::Export)
    };
    let error = drain(&connector(wanted), None).await.err().unwrap();
    assert!(matches!(error, ConnectorError::TryLater { .. }), "{error}");
    assert_eq!(count(&server, "GET", "$export"), 3);
}

#[tokio::test]
async fn the_job_is_deleted_once_everything_is_durable_and_that_it_fails_does_no_harm() {
    let (_folder, server) = serve(Faults::default()).await;
    let reader = connector(settings(&server.url, Mode::Export));
    let drained = drain(&reader, None).await.unwrap();
    assert_eq!(count(&server, "DELETE", "/jobs/"), 0);
    for _ in 0..2 {
        reader.settled(drained.cursor()).await.unwrap();
    }
    let deleted: Vec<u16> = server
        .log()
        .iter()
        .filter(|seen| seen.method == "DELETE")
        .map(|seen| seen.status)
        .collect();
    assert_eq!(deleted, [202, 404]);
}

#[tokio::test]
async fn jobs_that_were_given_up_are_deleted_too() {
    let (_folder, server) = serve(Faults {
        jobs_failed: 1,
        ..Faults::default()
    })
    .await;
    let wanted = FhirSettings {
        retries_max: 0,
        ..settings(&server.url, Mode::Export)
    };
    let reader = connector(wanted);
    let drained = drain(&reader, None).await.unwrap();
    reader.settled(drained.cursor()).await.unwrap();
    assert_eq!(count(&server, "DELETE", "/jobs/"), 2);
}

#[tokio::test]
async fn a_server_that_takes_only_post_is_asked_by_post() {
    let (server, _) = export_whole(Faults {
        post_only: true,
        ..Faults::default()
    })
    .await;
    assert_eq!(count(&server, "POST", "$export"), 1);
    let (_folder, server) = serve(Faults {
        post_only: true,
        ..Faults::default()
    })
    .await;
    let wanted = FhirSettings {
        kick_off: KickOff::Post,
        types: vec!["Patient".into(), "Consent".into()],
        ..settings(&server.url, Mode::Export)
    };
    let drained = drain(&connector(wanted), None).await.unwrap();
    assert_eq!(drained.records.len(), 32);
    assert_eq!(count(&server, "GET", "$export"), 0);
}

#[tokio::test]
async fn a_server_without_export_is_searched_when_either_will_do() {
    let (_folder, server) = serve(Faults {
        no_export: true,
        ..Faults::default()
    })
    .await;
    let drained = drain(&connector(settings(&server.url, Mode::Auto)), None)
        .await
        .unwrap();
    drained.is_whole_world();
    assert!(drained.says("so it is read by search"));
    let error = drain(&connector(settings(&server.url, Mode::Export)), None)
        .await
        .err()
        .unwrap();
    assert!(error.to_string().contains("mode = \"search\""), "{error}");
}

#[tokio::test]
async fn a_slow_server_is_tried_later() {
    let (_folder, server) = serve(Faults {
        slow_ms: 1_500,
        ..Faults::default()
    })
    .await;
    let wanted = FhirSettings {
        read_s_max: 1,
        retries_max: 0,
        ..settings(&server.url, Mode::Export)
    };
    let error = drain(&connector(wanted), None).await.err().unwrap();
    assert!(
        matches!(&error, ConnectorError::TryLater { why, .. } if why.contains("in time")),
        "{error}"
    );
    export_whole(Faults {
        slow_ms: 20,
        ..Faults::default()
    })
    .await;
}

#[tokio::test]
async fn a_server_that_is_gone_is_tried_later() {
    let (_folder, server) = serve(Faults::default()).await;
    let wanted = FhirSettings {
        retries_max: 0,
        ..settings(&server.url, Mode::Export)
    };
    let page = connector(wanted.clone()).pull(None).await.unwrap();
    drop(server);
    tokio::time::sleep(Duration::from_millis(100)).await;
    for cursor in [None, Some(page.next.cursor())] {
        let error = drain(&connector(wanted.clone()), cursor)
            .await
            .err()
            .unwrap();
        assert!(matches!(error, ConnectorError::TryLater { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_server_on_another_port_is_asked_anew_and_another_group_needs_a_person() {
    let (_folder, server) = serve(Faults::default()).await;
    let page = connector(settings(&server.url, Mode::Export))
        .pull(None)
        .await
        .unwrap();
    let (_folder, moved) = serve(Faults::default()).await;
    let drained = drain(
        &connector(settings(&moved.url, Mode::Export)),
        Some(page.next.cursor()),
    )
    .await
    .unwrap();
    drained.is_whole_world();
    let group = FhirSettings {
        level: Level::Patient,
        ..settings(&moved.url, Mode::Export)
    };
    let error = drain(&connector(group), Some(drained.cursor()))
        .await
        .err()
        .unwrap();
    assert!(
        matches!(error, ConnectorError::NeedsPerson { .. }),
        "{error}"
    );
}
