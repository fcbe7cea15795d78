use std::collections::BTreeMap;

use reqwest::Url;
use serde::Deserialize;
use serde_json::Value;

use crate::address::file_name;
use crate::batch::FileKind;
use crate::position::Reading;

/// What a server says that an export consists of: STU1 to STU3 and the STU4 ballot, whose names differ.
#[derive(Debug)]
pub(crate) struct Manifest {
    pub(crate) transaction_time: Option<String>,
    /// Whether the files want a token; `None` when it is not told.
    pub(crate) requires_access_token: Option<bool>,
    pub(crate) files: Vec<ManifestFile>,
    /// The address of the manifest that continues this one, as written.
    pub(crate) next: Option<String>,
}

/// One file of an export.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ManifestFile {
    pub(crate) kind: FileKind,
    /// The type of its resources, when it is told.
    pub(crate) resource_type: Option<String>,
    /// Its address as written; `None` when it is missing.
    pub(crate) url: Option<String>,
    /// How it is called in origins: the last part of its address, made distinct.
    pub(crate) name: String,
    /// How many resources it is said to hold.
    pub(crate) count: Option<u64>,
}

#[derive(Deserialize)]
struct Written {
    #[serde(rename = "transactionTime")]
    transaction_time: Option<String>,
    #[serde(rename = "requiresAccessToken")]
    requires_access_token: Option<Value>,
    output: Option<Vec<Value>>,
    deleted: Option<Vec<Value>>,
    error: Option<Vec<Value>>,
    outcome: Option<Vec<Value>>,
    link: Option<Value>,
}

impl Manifest {
    /// Reads a manifest found at this address; `None` when it is none.
    ///
    /// `number` is its place among linked manifests, from 1: files of later ones are named after it.
    pub(crate) fn read(bytes: &[u8], url: &Url, number: u64) -> Option<Self> {
        let written: Written = serde_json::from_slice(bytes).ok()?;
        if written.output.is_none() && written.transaction_time.is_none() {
            return None;
        }
        let lists = [
            (FileKind::Output, written.output),
            (FileKind::Deleted, written.deleted),
            (FileKind::Outcome, written.error),
            (FileKind::Outcome, written.outcome),
        ];
        let mut files: Vec<ManifestFile> = lists
            .into_iter()
            .flat_map(|(kind, list)| list.into_iter().flatten().map(move |item| (kind, item)))
            .map(|(kind, item)| file(kind, &item, url))
            .collect();
        make_distinct(&mut files, number);
        // Organisations first among the resources, since others refer to them by their ids.
        files.sort_by_key(|file| {
            let refers = file.resource_type.as_deref() != Some("Organization");
            (file.kind != FileKind::Output, refers)
        });
        Some(Self {
            transaction_time: written.transaction_time,
            requires_access_token: written.requires_access_token.as_ref().and_then(truth),
            files,
            next: written.link.as_ref().and_then(next_link),
        })
    }

    /// Resources read of those told, when each file tells its number.
    pub(crate) fn progress(&self, place: &Reading) -> Option<(u64, u64)> {
        // Files of resources come first, so places among them are places in the manifest.
        let output = self
            .files
            .iter()
            .filter(|file| file.kind == FileKind::Output);
        let counts: Vec<u64> = output.map(|file| file.count).collect::<Option<_>>()?;
        let total: u64 = counts.iter().sum();
        let before: u64 = counts.iter().take(place.file).sum();
        Some((total.min(before + place.rows), total))
    }

    /// How its files are called, in their order.
    pub(crate) fn names(&self) -> Vec<&str> {
        self.files.iter().map(|file| file.name.as_str()).collect()
    }
}

fn file(kind: FileKind, item: &Value, manifest: &Url) -> ManifestFile {
    let text = |name: &str| item.get(name).and_then(Value::as_str).map(str::to_owned);
    let url = text("url");
    let resource_type = text("type");
    let joined = url.as_deref().and_then(|url| manifest.join(url).ok());
    let outcome = kind == FileKind::Output && resource_type.as_deref() == Some("OperationOutcome");
    ManifestFile {
        kind: if outcome { FileKind::Outcome } else { kind },
        name: joined.as_ref().map_or("file", file_name).to_owned(),
        resource_type,
        url,
        count: item.get("count").and_then(Value::as_u64),
    }
}

/// Gives each file another name: the second `Patient.ndjson` is `Patient.ndjson#2`.
fn make_distinct(files: &mut [ManifestFile], number: u64) {
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    for file in files {
        if number > 1 {
            file.name = format!("{}@{number}", file.name);
        }
        let count = seen.entry(file.name.clone()).or_default();
        *count += 1;
        if *count > 1 {
            file.name = format!("{}#{count}", file.name);
        }
    }
}

fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(truth) => Some(*truth),
        Value::String(text) => text.to_ascii_lowercase().parse().ok(),
        _ => None,
    }
}

/// The address of the link whose relation is `next`, in a list of links or a single one.
pub(crate) fn next_link(link: &Value) -> Option<String> {
    let links = match link {
        Value::Array(links) => links.as_slice(),
        single => std::slice::from_ref(single),
    };
    let next = links
        .iter()
        .find(|link| link.get("relation").and_then(Value::as_str) == Some("next"))?;
    next.get("url").and_then(Value::as_str).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Manifest> {
        let url = Url::parse("https://h.example/fhir/job/1").unwrap();
        Manifest::read(text.as_bytes(), &url, 1)
    }

    #[test]
    fn both_versions_of_the_manifest_are_read() {
        let stu3 = read(
            r#"{"transactionTime":"2026-01-01T00:00:00Z","requiresAccessToken":true,"extension":{"a":1},
            "output":[{"type":"Patient","url":"f/Patient.ndjson?sig=1","count":3},{"type":"Patient","url":"/f/Patient.ndjson?sig=2"}],
            "deleted":[{"type":"Bundle","url":"https://h.example/del.ndjson"}],"error":[{"type":"OperationOutcome","url":"err"}]}"#,
        )
        .unwrap();
        let shape: Vec<_> = stu3
            .files
            .iter()
            .map(|file| (file.kind, file.name.as_str(), file.count))
            .collect();
        assert_eq!(
            shape,
            [
                (FileKind::Output, "Patient.ndjson", Some(3)),
                (FileKind::Output, "Patient.ndjson#2", None),
                (FileKind::Deleted, "del.ndjson", None),
                (FileKind::Outcome, "err", None),
            ]
        );
        let stu4 = read(
            r#"{"transactionTime":"2026-01-01T00:00:00Z","requiresAccessToken":"false","extension":[],"manifestType":"x",
            "output":[],"outcome":[{"url":"o"}],"link":[{"relation":"self","url":"a"},{"relation":"next","url":"b"}]}"#,
        )
        .unwrap();
        assert_eq!(stu4.requires_access_token, Some(false));
        assert_eq!(
            (stu4.files[0].kind, stu4.next.as_deref()),
            (FileKind::Outcome, Some("b"))
        );
    }

    #[test]
    fn what_is_no_manifest_is_not_taken_for_an_empty_one() {
        for text in [
            "",
            "{",
            "[]",
            "{}",
            "{\"resourceType\":\"OperationOutcome\"}",
        ] {
            assert!(read(text).is_none(), "{text}");
        }
    }
}
