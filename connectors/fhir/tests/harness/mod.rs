//! A small world on a server, and a reader that goes through it as the program does.
#![allow(dead_code, reason = "each test file uses its part")]

use std::collections::BTreeMap;
use std::path::PathBuf;

use connector::{Connector, ConnectorError, Cursor, FindingKind, Next, Page};
use connector_fhir::{AuthSettings, FhirConnector, FhirSettings, Mode};
use fixture_server::{Auth, Faults, Server};
use schema::{Body, RawRecord};
use tempfile::TempDir;

/// Pulls after which a reader is taken to run in a circle.
const PULLS_MAX: usize = 500;

/// Resources of the small world, by type.
pub(crate) const TYPES: [(&str, usize); 5] = [
    ("Consent", 7),
    ("Group", 1),
    ("Observation", 60),
    ("Organization", 2),
    ("Patient", 25),
];

/// Everything that was read until the source was caught up.
#[derive(Default)]
pub(crate) struct Drained {
    pub(crate) records: Vec<RawRecord>,
    pub(crate) set_aside: Vec<String>,
    pub(crate) counts: BTreeMap<String, u64>,
    pub(crate) findings: Vec<(FindingKind, String)>,
    pub(crate) cursors: Vec<Cursor>,
}

/// A folder with the small world.
pub(crate) fn world() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let meta = r#""meta":{"lastUpdated":"2024-01-02T03:04:05+09:00"}"#;
    let subject =
        |number: usize| format!(r#""subject":{{"reference":"Patient/p{}"}}"#, number % 25);
    let write = |name: &str, lines: Vec<String>| {
        std::fs::write(folder.path().join(name), lines.join("\n") + "\n").unwrap();
    };
    let patient = |number| {
        format!(
            r#"{{"resourceType":"Patient","id":"p{number}",{meta},"birthDate":"1970-01-{:02}"}}"#,
            number + 1
        )
    };
    write("Patient.ndjson", (0..25).map(patient).collect());
    let observation = |number| {
        format!(
            r#"{{"resourceType":"Observation","id":"o{number}",{meta},{},"valueString":"結び {number}"}}"#,
            subject(number)
        )
    };
    write("Observation.ndjson", (0..60).map(observation).collect());
    let consent = |number| {
        format!(
            r#"{{"resourceType":"Consent","id":"c{number}",{meta},"patient":{{"reference":"Patient/p{number}"}}}}"#
        )
    };
    write("Consent.1.ndjson", (0..4).map(consent).collect());
    write("Consent.2.ndjson", (4..7).map(consent).collect());
    let organization =
        |number| format!(r#"{{"resourceType":"Organization","id":"org{number}",{meta}}}"#);
    write("Organization.ndjson", (0..2).map(organization).collect());
    let group = r#"{"resourceType":"Group","id":"g1","member":[{"entity":{"reference":"Patient/p1"}},{"entity":{"reference":"Patient/p3"}}]}"#;
    write("Group.ndjson", vec![group.to_owned()]);
    folder
}

/// The names of all types of the small world.
pub(crate) fn all_types() -> Vec<String> {
    TYPES.iter().map(|(name, _)| (*name).to_owned()).collect()
}

/// Settings for tests: small pages and short waits.
pub(crate) fn settings(url: &str, mode: Mode) -> FhirSettings {
    FhirSettings {
        mode,
        types: if mode == Mode::Export {
            Vec::new()
        } else {
            all_types()
        },
        page_count: 10,
        page_records_max: 8,
        retry_after_s_max: 3,
        ..FhirSettings::server(url)
    }
}

/// A connector with these settings.
pub(crate) fn connector(settings: FhirSettings) -> FhirConnector {
    FhirConnector::new(settings).unwrap()
}

/// A server with faults, and the folder that it serves.
pub(crate) async fn serve(faults: Faults) -> (TempDir, Server) {
    let folder = world();
    let server = Server::start(folder.path(), faults).await.unwrap();
    (folder, server)
}

/// A server that wants tokens, and the folder that it serves.
pub(crate) async fn serve_guarded(faults: Faults, lifetime_s: u64) -> (TempDir, Server) {
    let folder = world();
    let auth = Auth {
        client_id: "musubi-test".to_owned(),
        public_keys: ["es384_public.pem", "rs384_public.pem"].map(key).to_vec(),
        lifetime_s,
        issuer_key: None,
        audience: None,
    };
    let server = Server::start_guarded(folder.path(), faults, Some(auth))
        .await
        .unwrap();
    (folder, server)
}

/// Settings with a key for a server that wants tokens.
pub(crate) fn guarded(server: &Server, mode: Mode, key_file: &str) -> FhirSettings {
    FhirSettings {
        auth: Some(auth(key_file)),
        ..settings(&server.url, mode)
    }
}

/// Credentials that name a file under `keys`.
pub(crate) fn auth(key_file: &str) -> AuthSettings {
    AuthSettings {
        client_id: "musubi-test".to_owned(),
        token_url: None,
        key_file: Some(key_path(key_file)),
        key_env: None,
        alg: None,
        kid: None,
        scope: "system/*.read".to_owned(),
    }
}

/// The text of a file under `keys`.
pub(crate) fn key(name: &str) -> String {
    std::fs::read_to_string(key_path(name)).unwrap()
}

fn key_path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/keys")
        .join(name)
}

/// Reads a server with these faults by export.
pub(crate) async fn export(faults: Faults) -> (Server, Drained) {
    let (_folder, server) = serve(faults).await;
    let drained = drain(&connector(settings(&server.url, Mode::Export)), None)
        .await
        .unwrap();
    (server, drained)
}

/// Reads a server with these faults by export, and asserts that everything came, once, and nothing was set aside.
pub(crate) async fn export_whole(faults: Faults) -> (Server, Drained) {
    let (server, drained) = export(faults).await;
    drained.is_whole_world();
    assert_eq!(drained.set_aside, Vec::<String>::new());
    (server, drained)
}

/// How many requests of a method came whose path holds this text.
pub(crate) fn count(server: &Server, method: &str, path: &str) -> usize {
    server
        .log()
        .iter()
        .filter(|seen| seen.method == method && seen.path.contains(path))
        .count()
}

/// Reads until caught up, from a cursor or the beginning.
pub(crate) async fn drain(
    connector: &impl Connector,
    from: Option<&Cursor>,
) -> Result<Drained, ConnectorError> {
    let mut drained = Drained::default();
    let mut cursor = from.cloned();
    for _ in 0..PULLS_MAX {
        let page = connector.pull(cursor.as_ref()).await?;
        let next = drained.take(page);
        match next {
            Next::CaughtUp(_) => return Ok(drained),
            Next::More(next) => cursor = Some(next),
        }
    }
    panic!("not caught up after {PULLS_MAX} pulls");
}

/// Reads with a new connector for each pull, as if the program were killed after every page.
pub(crate) async fn drain_restarting(settings: &FhirSettings) -> Result<Drained, ConnectorError> {
    let mut drained = Drained::default();
    let mut cursor: Option<Cursor> = None;
    for _ in 0..PULLS_MAX {
        let page = connector(settings.clone()).pull(cursor.as_ref()).await?;
        match drained.take(page) {
            Next::CaughtUp(_) => return Ok(drained),
            Next::More(next) => cursor = Some(next),
        }
    }
    panic!("not caught up after {PULLS_MAX} pulls");
}

impl Drained {
    fn take(&mut self, page: Page) -> Next {
        let rows: u64 = page.counts.values().sum();
        let ended = page.records.len() + page.set_aside.len();
        assert_eq!(rows, ended as u64, "rows read are records or set aside");
        self.records.extend(page.records);
        self.set_aside
            .extend(page.set_aside.iter().map(ToString::to_string));
        for (place, rows) in page.counts {
            *self.counts.entry(place.as_ref().to_owned()).or_default() += rows;
        }
        let said = page.findings.into_iter().map(|finding| {
            (
                finding.kind,
                format!("{}: {}", finding.place, finding.message),
            )
        });
        self.findings.extend(said);
        self.cursors.push(page.next.cursor().clone());
        page.next
    }

    /// The cursor to begin the next pass with.
    pub(crate) fn cursor(&self) -> &Cursor {
        self.cursors.last().unwrap()
    }

    /// How many resources of each type were read, each counted once; `-` before a type for deletions.
    pub(crate) fn types(&self) -> BTreeMap<String, usize> {
        let mut keys: Vec<String> = self.records.iter().map(record_key).collect();
        keys.sort();
        keys.dedup();
        let mut types = BTreeMap::new();
        for key in keys {
            let (name, _) = key.split_once('/').unwrap();
            *types.entry(name.to_owned()).or_default() += 1;
        }
        types
    }

    /// Whether some finding says this.
    pub(crate) fn says(&self, text: &str) -> bool {
        self.findings.iter().any(|(_, said)| said.contains(text))
    }

    /// Whether some finding of this kind was made.
    pub(crate) fn has(&self, kind: FindingKind) -> bool {
        self.findings.iter().any(|(found, _)| *found == kind)
    }

    /// Asserts that everything of the small world was read, and each resource once.
    pub(crate) fn is_whole_world(&self) {
        assert_eq!(self.types(), whole_world(), "{:?}", self.findings);
        assert_eq!(self.records.len(), 95, "{:?}", self.counts);
    }
}

/// The resources of the committed sample, by type, each as its text.
pub(crate) fn sample() -> BTreeMap<String, Vec<String>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/sample/fhir");
    let mut sample = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        let sound = |line: &&str| {
            let resource: Option<serde_json::Value> = serde_json::from_str(line).ok();
            resource.is_some_and(|resource| {
                resource["resourceType"] == name.as_str() && resource["id"].is_string()
            })
        };
        sample.insert(
            name.clone(),
            text.lines().filter(sound).map(str::to_owned).collect(),
        );
    }
    sample
}

/// The keys `Type/id` of everything read, in order and each once.
pub(crate) fn keys(records: &[RawRecord]) -> Vec<String> {
    let mut keys: Vec<String> = records.iter().map(record_key).collect();
    keys.sort();
    keys.dedup();
    keys
}

/// `Type/id` of a resource as text.
pub(crate) fn text_key(text: &str) -> String {
    let resource: serde_json::Value = serde_json::from_str(text).unwrap();
    format!(
        "{}/{}",
        resource["resourceType"].as_str().unwrap(),
        resource["id"].as_str().unwrap()
    )
}

/// Puts these resources on a server: one by one, or as transactions of up to 50.
pub(crate) async fn load(
    client: &reqwest::Client,
    url: &str,
    resources: &[String],
    as_transactions: bool,
) {
    if as_transactions {
        for chunk in resources.chunks(50) {
            let entry = |text: &String| {
                format!(
                    r#"{{"fullUrl":"{url}/{0}","resource":{text},"request":{{"method":"PUT","url":"{0}"}}}}"#,
                    text_key(text)
                )
            };
            let entries: Vec<String> = chunk.iter().map(entry).collect();
            let bundle = format!(
                r#"{{"resourceType":"Bundle","type":"transaction","entry":[{}]}}"#,
                entries.join(",")
            );
            send(client.post(url), bundle).await;
        }
    } else {
        for text in resources {
            send(
                client.put(format!("{url}/{}", text_key(text))),
                text.clone(),
            )
            .await;
        }
    }
}

async fn send(request: reqwest::RequestBuilder, body: String) {
    let answer = request
        .header("content-type", "application/fhir+json")
        .body(body)
        .send()
        .await
        .unwrap();
    let status = answer.status();
    let text = answer.text().await.unwrap();
    assert!(
        status.is_success(),
        "{status}: {}",
        text.chars().take(600).collect::<String>()
    );
}

/// A client for loading foreign servers.
pub(crate) fn client() -> reqwest::Client {
    // The connector installs it too; whoever comes second finds it done.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
}

/// How many resources of each type the small world has.
pub(crate) fn whole_world() -> BTreeMap<String, usize> {
    TYPES
        .iter()
        .map(|(name, count)| ((*name).to_owned(), *count))
        .collect()
}

fn record_key(record: &RawRecord) -> String {
    match &record.body {
        Body::Json(text) => text_key(text),
        Body::Deleted(key) => format!("-{}", key.expose()),
        Body::Row(_) => panic!("a row came from a FHIR server"),
    }
}
