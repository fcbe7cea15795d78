//! Paged search, from servers that behave and servers that do not.
#![allow(clippy::unwrap_used, reason = "a test panics on purpose")]

mod harness;

use connector::{Connector, ConnectorError, FindingKind, Next, conformance};
use connector_fhir::{FhirSettings, Mode};
use fixture_server::{Busy, Faults, RetryAfter, Server};
use harness::{
    Drained, all_types, connector, drain, drain_restarting, serve, settings, whole_world,
};
use schema::Body;

async fn read(faults: Faults) -> (Server, Drained) {
    let (_folder, server) = serve(faults).await;
    let drained = drain(&connector(settings(&server.url, Mode::Search)), None)
        .await
        .unwrap();
    (server, drained)
}

async fn reads_whole(faults: Faults) -> (Server, Drained) {
    let (server, drained) = read(faults).await;
    drained.is_whole_world();
    assert_eq!(drained.set_aside, Vec::<String>::new());
    (server, drained)
}

#[tokio::test]
async fn a_search_keeps_what_every_connector_promises() {
    let folder = harness::world();
    // A Group that tells no time counts as changed when the server began, which the overlap asks for again.
    std::fs::remove_file(folder.path().join("Group.ndjson")).unwrap();
    let server = Server::start(folder.path(), Faults::default())
        .await
        .unwrap();
    let types = all_types()
        .into_iter()
        .filter(|name| name != "Group")
        .collect();
    let wanted = FhirSettings {
        types,
        ..settings(&server.url, Mode::Search)
    };
    let read = conformance::check(|| connector(wanted.clone()), &["1970-01", "結び"])
        .await
        .unwrap();
    assert_eq!(read.records.len(), 94);
}

#[tokio::test]
async fn every_page_of_every_type_is_read_and_resources_stay_as_they_were_sent() {
    let (folder, server) = serve(Faults::default()).await;
    let drained = drain(&connector(settings(&server.url, Mode::Search)), None)
        .await
        .unwrap();
    drained.is_whole_world();
    let file = std::fs::read_to_string(folder.path().join("Observation.ndjson")).unwrap();
    let sent: Vec<&str> = file.lines().collect();
    for record in drained
        .records
        .iter()
        .filter(|record| &*record.origin.place == "Observation")
    {
        let Body::Json(text) = &record.body else {
            panic!()
        };
        assert_eq!(
            &**text,
            sent[usize::try_from(record.origin.line).unwrap() - 1]
        );
    }
    assert!(
        server
            .log()
            .iter()
            .any(|seen| seen.query.contains("_count=10"))
    );
}

#[tokio::test]
async fn links_to_the_next_page_may_be_relative() {
    reads_whole(Faults {
        relative_next: true,
        ..Faults::default()
    })
    .await;
}

#[tokio::test]
async fn entries_without_a_mode_count_when_they_are_of_the_type_asked_for() {
    reads_whole(Faults {
        no_search_mode: true,
        ..Faults::default()
    })
    .await;
    let (_, drained) = reads_whole(Faults {
        no_search_mode: true,
        other_entries: true,
        ..Faults::default()
    })
    .await;
    assert!(drained.says("1 x warning `incomplete`"));
}

#[tokio::test]
async fn outcomes_become_findings_and_included_resources_are_left_to_their_own_search() {
    let (_folder, server) = serve(Faults {
        other_entries: true,
        ..Faults::default()
    })
    .await;
    let types = vec!["Patient".to_owned()];
    let drained = drain(
        &connector(FhirSettings {
            types,
            ..settings(&server.url, Mode::Search)
        }),
        None,
    )
    .await
    .unwrap();
    assert_eq!(
        drained.types().into_iter().collect::<Vec<_>>(),
        [("Patient".to_owned(), 25)]
    );
    assert!(drained.says("1 x warning `incomplete`") && !drained.says("told to nobody"));
}

#[tokio::test]
async fn a_search_that_leads_in_a_circle_is_left_and_gives_no_watermark() {
    let (_, drained) = read(Faults {
        looping_next: true,
        ..Faults::default()
    })
    .await;
    assert_eq!(drained.types()["Consent"], 7);
    assert!(drained.says("in a circle") && drained.has(FindingKind::Fault));
    let marks = &drained.cursor().position["watermarks"];
    assert!(marks["Consent"].is_string() && marks["Observation"].is_null());
}

#[tokio::test]
async fn a_search_with_more_pages_than_the_bound_needs_a_person() {
    let (_folder, server) = serve(Faults::default()).await;
    let wanted = FhirSettings {
        pages_max: 3,
        ..settings(&server.url, Mode::Search)
    };
    let error = drain(&connector(wanted), None).await.err().unwrap();
    assert!(error.to_string().contains("pages_max"), "{error}");
}

#[tokio::test]
async fn a_next_page_on_another_server_is_refused_and_never_asked_for() {
    let (_folder, server) = serve(Faults {
        next_elsewhere: true,
        ..Faults::default()
    })
    .await;
    let error = drain(&connector(settings(&server.url, Mode::Search)), None)
        .await
        .err()
        .unwrap();
    assert!(
        matches!(error, ConnectorError::NeedsPerson { .. }),
        "{error}"
    );
    assert!(server.log().iter().all(|seen| !seen.elsewhere));
}

#[tokio::test]
async fn a_server_without_next_links_gives_all_on_one_page() {
    reads_whole(Faults {
        no_next: true,
        ..Faults::default()
    })
    .await;
}

#[tokio::test]
async fn a_server_that_keeps_to_the_count_and_gives_no_next_links_is_asked_for_larger_pages() {
    let (_, drained) = read(Faults {
        first_page_only: true,
        ..Faults::default()
    })
    .await;
    drained.is_whole_world();
    assert!(drained.says("a larger one is asked for"));
    let (_, drained) = read(Faults {
        first_page_only: true,
        count_max: Some(9),
        total: true,
        ..Faults::default()
    })
    .await;
    assert!(drained.says("tells 60 resources, gave 9") && drained.has(FindingKind::Fault));
    let marks = &drained.cursor().position["watermarks"];
    assert!(marks["Consent"].is_string() && marks["Observation"].is_null());
}

#[tokio::test]
async fn an_empty_page_with_a_next_link_is_not_the_end() {
    reads_whole(Faults {
        empty_page: true,
        ..Faults::default()
    })
    .await;
}

#[tokio::test]
async fn a_page_that_is_gone_begins_its_type_anew() {
    let (_, drained) = read(Faults {
        pages_gone: 2,
        ..Faults::default()
    })
    .await;
    assert_eq!(drained.types(), whole_world());
    assert!(drained.says("begun anew"));
    let (_folder, server) = serve(Faults {
        pages_gone: 1_000,
        ..Faults::default()
    })
    .await;
    let error = drain(&connector(settings(&server.url, Mode::Search)), None)
        .await
        .err()
        .unwrap();
    assert!(matches!(error, ConnectorError::TryLater { .. }), "{error}");
}

#[tokio::test]
async fn one_bad_entry_is_set_aside_and_not_its_page() {
    let (_, drained) = read(Faults {
        broken_entry: true,
        ..Faults::default()
    })
    .await;
    assert_eq!(drained.types(), whole_world());
    assert_eq!(drained.set_aside.len(), 5);
    assert!(
        drained
            .set_aside
            .iter()
            .any(|aside| aside.starts_with("Patient:2:")),
        "{:?}",
        drained.set_aside
    );
}

#[tokio::test]
async fn a_resource_told_twice_is_handed_on_twice() {
    let (_, drained) = read(Faults {
        repeated_entry: true,
        ..Faults::default()
    })
    .await;
    assert_eq!(drained.types(), whole_world());
    assert!(drained.records.len() > 95);
}

#[tokio::test]
async fn bursts_of_429_and_503_are_sat_out() {
    for status in [429, 503] {
        let busy = Some(Busy {
            status,
            times: 3,
            path: "Observation",
        });
        reads_whole(Faults {
            busy,
            retry_after: RetryAfter::Date(0),
            ..Faults::default()
        })
        .await;
    }
}

#[tokio::test]
async fn a_program_killed_after_every_page_reads_everything_once() {
    let (_folder, server) = serve(Faults::default()).await;
    drain_restarting(&settings(&server.url, Mode::Search))
        .await
        .unwrap()
        .is_whole_world();
}

#[tokio::test]
async fn a_second_sync_asks_for_what_changed_since_the_first_one_began() {
    let (_folder, server) = serve(Faults::default()).await;
    let wanted = settings(&server.url, Mode::Search);
    let first = drain(&connector(wanted.clone()), None).await.unwrap();
    assert!(
        server
            .log()
            .iter()
            .all(|seen| !seen.query.contains("_lastUpdated"))
    );
    let second = drain(&connector(wanted), Some(first.cursor()))
        .await
        .unwrap();
    assert!(
        second.records.len() <= 1,
        "only the Group, which tells no time"
    );
    assert!(
        server
            .log()
            .iter()
            .any(|seen| seen.query.contains("_lastUpdated=ge"))
    );
}

#[tokio::test]
async fn a_type_that_the_server_does_not_have_is_left_out_and_said() {
    let (_folder, server) = serve(Faults::default()).await;
    let types = vec!["Basic".to_owned(), "Patient".to_owned()];
    let wanted = FhirSettings {
        types,
        ..settings(&server.url, Mode::Search)
    };
    let drained = drain(&connector(wanted), None).await.unwrap();
    assert_eq!(drained.records.len(), 25);
    assert!(drained.says("Basic: the server answers 404"));
    let types = vec!["Basic".to_owned()];
    let error = drain(
        &connector(FhirSettings {
            types,
            ..settings(&server.url, Mode::Search)
        }),
        None,
    )
    .await
    .err()
    .unwrap();
    assert!(
        matches!(error, ConnectorError::NeedsPerson { .. }),
        "{error}"
    );
}

#[tokio::test]
async fn a_search_without_types_needs_a_person() {
    let (_folder, server) = serve(Faults::default()).await;
    let wanted = FhirSettings {
        types: Vec::new(),
        ..settings(&server.url, Mode::Search)
    };
    let error = connector(wanted).pull(None).await.err().unwrap();
    assert!(error.to_string().contains("`types`"), "{error}");
}

#[tokio::test]
async fn what_was_begun_as_an_export_may_go_on_as_a_search() {
    let (_folder, server) = serve(Faults::default()).await;
    let types = all_types();
    let export = FhirSettings {
        types: types.clone(),
        ..settings(&server.url, Mode::Export)
    };
    let first = drain(&connector(export), None).await.unwrap();
    let page = connector(settings(&server.url, Mode::Search))
        .pull(Some(first.cursor()))
        .await
        .unwrap();
    assert!(matches!(page.next, Next::More(_)));
    assert!(
        server
            .log()
            .iter()
            .any(|seen| seen.query.contains("_lastUpdated=ge"))
    );
}

#[tokio::test]
async fn check_and_discover_tell_what_the_server_says_of_itself() {
    let (_folder, server) = serve(Faults {
        total: true,
        ..Faults::default()
    })
    .await;
    let types = vec!["Patient".to_owned(), "Basic".to_owned()];
    let reader = connector(FhirSettings {
        types,
        ..settings(&server.url, Mode::Auto)
    });
    let report = reader.check().await.unwrap();
    assert_eq!(report.findings.len(), 1);
    assert_eq!(report.findings[0].message, "it does not offer `Basic`");
    let offers = reader.discover().await.unwrap().offers;
    assert_eq!(offers.len(), 6);
    let size = |name: &str| offers.iter().find(|offer| offer.name == name).unwrap().size;
    assert_eq!(
        (size("Patient"), size("Consent")),
        (Some(25), None),
        "only types that are asked for are counted"
    );
    assert!(offers[0].detail.contains("offered; FHIR 4.0.1"));
    let nothing = connector(settings(&format!("{}/nowhere", server.url), Mode::Auto))
        .check()
        .await
        .err()
        .unwrap();
    assert!(
        matches!(nothing, ConnectorError::NeedsPerson { .. }),
        "{nothing}"
    );
}
