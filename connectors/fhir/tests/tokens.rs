//! SMART Backend Services, and where a token must never go.
#![allow(clippy::unwrap_used, reason = "a test panics on purpose")]

mod harness;

use connector::{Connector, ConnectorError, FindingKind};
use connector_fhir::{AuthSettings, FhirConnector, FhirSettings, Mode, SigningAlgorithm};
use fixture_server::{Busy, Faults, RetryAfter, Server};
use harness::{auth, connector, drain, guarded, serve_guarded, settings};

fn tokens_asked(server: &Server) -> usize {
    server
        .log()
        .iter()
        .filter(|seen| seen.path.ends_with("/token"))
        .count()
}

/// No request that carried a token came to the other origin.
fn nothing_was_shown_elsewhere(server: &Server) {
    assert!(
        server
            .log()
            .iter()
            .all(|seen| !(seen.elsewhere && seen.authorized))
    );
}

async fn refused(settings: FhirSettings) -> String {
    let error = match FhirConnector::new(settings) {
        Ok(connector) => drain(&connector, None).await.err().unwrap(),
        Err(error) => error,
    };
    assert!(
        matches!(error, ConnectorError::NeedsPerson { .. }),
        "{error}"
    );
    let shown = format!("{error} {error:?}");
    assert!(
        !shown.contains("PRIVATE") && !shown.contains("told to nobody") && !shown.contains("eyJ"),
        "{shown}"
    );
    error.to_string()
}

#[tokio::test]
async fn a_token_is_granted_for_every_form_of_key() {
    for file in [
        "es384.pem",
        "es384_sec1.pem",
        "rs384.pem",
        "rs384_pkcs1.pem",
        "es384.jwk.json",
        "keys.jwks.json",
    ] {
        let (_folder, server) = serve_guarded(Faults::default(), 300).await;
        let drained = drain(&connector(guarded(&server, Mode::Export, file)), None)
            .await
            .unwrap();
        drained.is_whole_world();
        assert_eq!(tokens_asked(&server), 1, "{file}");
    }
    let (_folder, server) = serve_guarded(Faults::default(), 300).await;
    let by_kid = FhirSettings {
        auth: Some(AuthSettings {
            kid: Some("rsa-1".into()),
            alg: Some(SigningAlgorithm::RS384),
            ..auth("keys.jwks.json")
        }),
        ..settings(&server.url, Mode::Search)
    };
    drain(&connector(by_kid), None)
        .await
        .unwrap()
        .is_whole_world();
}

#[tokio::test]
async fn the_token_endpoint_is_looked_up_or_told() {
    let (_folder, server) = serve_guarded(Faults::default(), 300).await;
    drain(
        &connector(guarded(&server, Mode::Search, "es384.pem")),
        None,
    )
    .await
    .unwrap();
    let looked_up = |server: &Server| {
        server
            .log()
            .iter()
            .filter(|seen| seen.path.contains("smart-configuration"))
            .count()
    };
    assert_eq!(looked_up(&server), 1);
    let told = FhirSettings {
        auth: Some(AuthSettings {
            token_url: Some(format!("{}/token", server.url)),
            ..auth("es384.pem")
        }),
        ..settings(&server.url, Mode::Search)
    };
    drain(&connector(told), None).await.unwrap();
    assert_eq!(looked_up(&server), 1);
}

#[tokio::test]
async fn a_token_is_renewed_before_its_time_is_over() {
    let (_folder, server) = serve_guarded(
        Faults {
            slow_ms: 60,
            ..Faults::default()
        },
        2,
    )
    .await;
    drain(
        &connector(guarded(&server, Mode::Search, "es384.pem")),
        None,
    )
    .await
    .unwrap()
    .is_whole_world();
    assert!(server.log().iter().all(|seen| seen.status != 401));
    let (_folder, server) = serve_guarded(Faults::default(), 0).await;
    let error = drain(
        &connector(guarded(&server, Mode::Search, "es384.pem")),
        None,
    )
    .await
    .err()
    .unwrap();
    assert!(
        error.to_string().contains("401 to a fresh token"),
        "{error}"
    );
    assert_eq!(
        tokens_asked(&server),
        2,
        "one renewal upon 401, and no more"
    );
}

#[tokio::test]
async fn a_token_that_ends_in_the_middle_is_renewed_once_upon_401() {
    for mode in [Mode::Export, Mode::Search] {
        let (_folder, server) = serve_guarded(
            Faults {
                token_uses_max: Some(3),
                ..Faults::default()
            },
            300,
        )
        .await;
        drain(&connector(guarded(&server, mode, "es384.pem")), None)
            .await
            .unwrap()
            .is_whole_world();
        assert!(server.log().iter().any(|seen| seen.status == 401) && tokens_asked(&server) > 1);
    }
}

#[tokio::test]
async fn requires_access_token_is_believed() {
    let (_folder, server) = serve_guarded(
        Faults {
            requires_access_token: Some(false),
            ..Faults::default()
        },
        300,
    )
    .await;
    drain(
        &connector(guarded(&server, Mode::Export, "es384.pem")),
        None,
    )
    .await
    .unwrap()
    .is_whole_world();
    let files: Vec<bool> = server
        .log()
        .iter()
        .filter(|seen| seen.path.contains("/files/"))
        .map(|seen| seen.authorized)
        .collect();
    assert!(!files.is_empty() && files.iter().all(|authorized| !authorized));
}

#[tokio::test]
async fn a_token_never_goes_to_another_origin_even_if_the_manifest_wants_it() {
    for requires_access_token in [Some(true), Some(false), None] {
        let faults = Faults {
            files_elsewhere: true,
            requires_access_token,
            ..Faults::default()
        };
        let (_folder, server) = serve_guarded(faults, 300).await;
        drain(
            &connector(guarded(&server, Mode::Export, "es384.pem")),
            None,
        )
        .await
        .unwrap()
        .is_whole_world();
        assert!(server.log().iter().any(|seen| seen.elsewhere));
        nothing_was_shown_elsewhere(&server);
    }
}

#[tokio::test]
async fn a_redirect_to_another_origin_is_followed_without_the_token() {
    let (_folder, server) = serve_guarded(
        Faults {
            files_redirected: true,
            ..Faults::default()
        },
        300,
    )
    .await;
    drain(
        &connector(guarded(&server, Mode::Export, "es384.pem")),
        None,
    )
    .await
    .unwrap()
    .is_whole_world();
    assert!(server.log().iter().any(|seen| seen.elsewhere));
    nothing_was_shown_elsewhere(&server);
}

#[tokio::test]
async fn a_next_page_elsewhere_is_never_shown_the_token() {
    let (_folder, server) = serve_guarded(
        Faults {
            next_elsewhere: true,
            ..Faults::default()
        },
        300,
    )
    .await;
    refused(guarded(&server, Mode::Search, "es384.pem")).await;
    assert!(server.log().iter().all(|seen| !seen.elsewhere));
}

#[tokio::test]
async fn a_refused_token_names_the_setting_and_no_secret() {
    for (code, setting) in [
        ("invalid_scope", "auth.scope"),
        ("invalid_client", "auth.client_id"),
        ("invalid_grant", "auth.token_url"),
        ("Yamada", "auth.token_url"),
    ] {
        let (_folder, server) = serve_guarded(
            Faults {
                token_refused: Some(code),
                ..Faults::default()
            },
            300,
        )
        .await;
        let error = refused(guarded(&server, Mode::Export, "es384.pem")).await;
        assert!(
            error.contains(setting) && !error.contains("Yamada"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn settings_that_cannot_be_are_told_by_their_names() {
    let (_folder, server) = serve_guarded(Faults::default(), 300).await;
    let with = |auth: AuthSettings| FhirSettings {
        auth: Some(auth),
        ..settings(&server.url, Mode::Export)
    };
    let key_env = Some("MUSUBI_NO_SUCH_KEY".to_owned());
    for (auth, setting) in [
        (
            AuthSettings {
                key_file: None,
                ..auth("")
            },
            "auth.key_file",
        ),
        (auth("missing.pem"), "auth.key_file"),
        (auth("README.md"), "auth.key_file"),
        (auth("es384_public.pem"), "auth.key_file"),
        (
            AuthSettings {
                key_file: None,
                key_env,
                ..auth("")
            },
            "MUSUBI_NO_SUCH_KEY",
        ),
        (
            AuthSettings {
                alg: Some(SigningAlgorithm::RS384),
                ..auth("es384.pem")
            },
            "auth.alg",
        ),
        (
            AuthSettings {
                token_url: Some("nowhere".into()),
                ..auth("es384.pem")
            },
            "auth.token_url",
        ),
        (
            AuthSettings {
                client_id: "somebody".into(),
                ..auth("es384.pem")
            },
            "auth.client_id",
        ),
        (
            AuthSettings {
                scope: "user/*.read".into(),
                ..auth("es384.pem")
            },
            "auth.scope",
        ),
    ] {
        let error = refused(with(auth)).await;
        assert!(error.contains(setting), "{setting}: {error}");
    }
    let error = refused(settings(&server.url, Mode::Export)).await;
    assert!(error.contains("`auth`"), "{error}");
}

#[tokio::test]
async fn a_busy_token_endpoint_is_waited_for() {
    let busy = Some(Busy {
        status: 503,
        times: 2,
        path: "/token",
    });
    let faults = Faults {
        busy,
        retry_after: RetryAfter::Seconds(0),
        ..Faults::default()
    };
    let (_folder, server) = serve_guarded(faults, 300).await;
    drain(
        &connector(guarded(&server, Mode::Export, "rs384.pem")),
        None,
    )
    .await
    .unwrap()
    .is_whole_world();
}

#[tokio::test]
async fn check_proves_that_a_token_is_granted() {
    let (_folder, server) = serve_guarded(Faults::default(), 300).await;
    let report = connector(guarded(&server, Mode::Export, "es384.pem"))
        .check()
        .await
        .unwrap();
    assert!(report.findings.iter().any(|finding| finding.kind == FindingKind::Note && finding.message.contains("granted")));
}

#[test]
fn settings_are_read_strictly_and_print_no_credentials() {
    let text = "url = \"https://h.example/fhir\"\nmode = \"export\"\ntypes = [\"Patient\"]\n[auth]\nclient_id = \"hidden\"\nkey_env = \"KEY\"\nalg = \"ES384\"\n";
    let read: FhirSettings = toml::from_str(text).unwrap();
    assert_eq!((read.mode, read.retries_max), (Mode::Export, 4));
    assert!(!format!("{read:?}").contains("hidden"));
    for wrong in [
        "url = \"x\"\nspeed = 1",
        "url = \"x\"\nmode = \"push\"",
        "folder = \"x\"\n[auth]\nclient_id = \"a\"\nkey = \"b\"",
    ] {
        assert!(toml::from_str::<FhirSettings>(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn contradictions_are_found_before_anything_is_read() {
    let server = || FhirSettings::server("https://h.example/fhir");
    for settings in [
        FhirSettings {
            folder: Some("x".into()),
            ..server()
        },
        FhirSettings {
            url: None,
            ..server()
        },
        FhirSettings {
            group: Some("g".into()),
            ..server()
        },
        FhirSettings {
            level: connector_fhir::Level::Group,
            ..server()
        },
        FhirSettings {
            level: connector_fhir::Level::Patient,
            mode: Mode::Search,
            ..server()
        },
        FhirSettings {
            types: vec!["../admin".into()],
            ..server()
        },
        FhirSettings::server("https://user:secret@h.example/fhir"),
    ] {
        let error = FhirConnector::new(settings).err().unwrap();
        assert!(
            matches!(error, ConnectorError::NeedsPerson { .. }),
            "{error}"
        );
        assert!(!format!("{error:?}").contains("secret"));
    }
}
