use std::collections::BTreeMap;
use std::sync::Arc;

use connector::{Finding, FindingKind, Next, Page, RawRecord};
use schema::{Body, Origin, RawKey, SetAside, SetAsideKind};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::lines::{BadLine, Line};
use crate::outcome::Outcomes;
use crate::reader::{Cut, Reader};

/// What the lines of a file are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileKind {
    /// Resources.
    Output,
    /// Bundles that name deleted resources.
    Deleted,
    /// `OperationOutcomes`.
    Outcome,
}

/// How much one pull takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) records_max: usize,
    pub(crate) bytes_max: usize,
}

/// Where a pull from a file ended.
#[derive(Debug)]
pub(crate) enum Ended {
    /// The page is full.
    Full,
    /// The file is at its end.
    AtEnd,
    /// The file was cut; what was read before is good.
    Cut(Cut),
}

/// What one pull took from one place.
#[derive(Debug)]
pub(crate) struct Batch {
    place: Arc<str>,
    records: Vec<RawRecord>,
    set_aside: Vec<SetAside>,
    /// Rows read: counted as they come.
    pub(crate) rows: u64,
    /// Lines that were not blank, whatever they held.
    pub(crate) lines: u64,
    bytes: usize,
    outcomes: Outcomes,
    findings: Vec<Finding>,
}

#[derive(Deserialize)]
struct DeletedBundle<'a> {
    #[serde(borrow, default)]
    entry: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct DeletedEntry {
    request: DeletedRequest,
}

#[derive(Deserialize)]
struct DeletedRequest {
    method: String,
    url: String,
}

impl Batch {
    pub(crate) fn new(place: Arc<str>) -> Self {
        Self {
            place,
            records: Vec::new(),
            set_aside: Vec::new(),
            rows: 0,
            lines: 0,
            bytes: 0,
            outcomes: Outcomes::default(),
            findings: Vec::new(),
        }
    }

    /// Takes lines until the page is full or the file ends.
    pub(crate) async fn fill(
        &mut self,
        reader: &mut Reader,
        kind: FileKind,
        bounds: Bounds,
    ) -> Ended {
        while self.records.len() + self.set_aside.len() < bounds.records_max
            && self.bytes < bounds.bytes_max
        {
            match reader.next_line().await {
                Ok(Some(line)) => self.take(line, kind),
                Ok(None) => return Ended::AtEnd,
                Err(cut) => return Ended::Cut(cut),
            }
        }
        Ended::Full
    }

    fn take(&mut self, line: Line, kind: FileKind) {
        self.lines += 1;
        self.bytes += line.text.as_ref().map_or(0, |text| text.len());
        match (kind, line.text) {
            (FileKind::Outcome, Ok(text)) if self.outcomes.take(text.as_bytes()) => {}
            (FileKind::Outcome, _) => {
                self.find(
                    FindingKind::Warning,
                    format!("line {} is not an OperationOutcome", line.number),
                );
            }
            (FileKind::Output, Ok(text)) => self.admit(line.number, text),
            (FileKind::Deleted, Ok(text)) => self.delete(line.number, &text),
            (_, Err(bad)) => {
                self.rows += 1;
                self.refuse(line.number, bad);
            }
        }
    }

    /// One resource.
    pub(crate) fn admit(&mut self, line: u64, text: Box<str>) {
        self.rows += 1;
        self.push(line, Body::Json(text));
    }

    /// One resource that could not be cut out; the caller has counted it.
    pub(crate) fn refuse(&mut self, line: u64, (kind, message): BadLine) {
        self.set_aside.push(SetAside {
            origin: self.origin(line),
            kind,
            column: None,
            message: message.into(),
        });
    }

    /// Takes an `OperationOutcome`; false when it is none.
    pub(crate) fn hear(&mut self, text: &str) -> bool {
        self.outcomes.take(text.as_bytes())
    }

    pub(crate) fn find(&mut self, kind: FindingKind, message: impl Into<String>) {
        self.findings.push(finding(kind, &self.place, message));
    }

    fn delete(&mut self, line: u64, text: &str) {
        const NOT_BUNDLE: BadLine = (
            SetAsideKind::Malformed,
            "the line is not a Bundle of deletions; ask the server's operator",
        );
        const NOT_DELETION: BadLine = (
            SetAsideKind::Malformed,
            "an entry of the Bundle is not a DELETE of `Type/id`; ask the server's operator",
        );
        let Ok(bundle) = serde_json::from_str::<DeletedBundle>(text) else {
            self.rows += 1;
            return self.refuse(line, NOT_BUNDLE);
        };
        for entry in bundle.entry {
            self.rows += 1;
            let entry: Option<DeletedEntry> = serde_json::from_str(entry.get()).ok();
            let key = entry.filter(|entry| entry.request.method.eq_ignore_ascii_case("DELETE"));
            match key.and_then(|entry| resource_key(&entry.request.url)) {
                Some(key) => self.push(line, Body::Deleted(key)),
                None => self.refuse(line, NOT_DELETION),
            }
        }
    }

    fn push(&mut self, line: u64, body: Body) {
        let origin = self.origin(line);
        self.records.push(RawRecord { origin, body });
    }

    fn origin(&self, line: u64) -> Origin {
        Origin {
            place: Arc::clone(&self.place),
            line,
        }
    }

    /// The page that this batch makes.
    pub(crate) fn page(mut self, next: Next, progress: Option<(u64, u64)>) -> Page {
        self.findings.extend(self.outcomes.findings(&self.place));
        let mut counts = BTreeMap::new();
        if self.rows > 0 {
            counts.insert(self.place, self.rows);
        }
        Page {
            records: self.records,
            set_aside: self.set_aside,
            counts,
            findings: self.findings,
            progress,
            next,
        }
    }
}

pub(crate) fn finding(kind: FindingKind, place: &Arc<str>, message: impl Into<String>) -> Finding {
    Finding {
        kind,
        place: Arc::clone(place),
        message: message.into(),
    }
}

/// `Type/id` of an address such as `Patient/1`, `Patient/1/_history/2` or `https://host/fhir/Patient/1`.
fn resource_key(url: &str) -> Option<RawKey> {
    let path = url.split(['?', '#']).next()?;
    let path = path.split_once("/_history").map_or(path, |(path, _)| path);
    let (rest, id) = path.trim_end_matches('/').rsplit_once('/')?;
    let name = rest.rsplit('/').next()?;
    let is_id = (1..=64).contains(&id.len())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
    let is_type = name.starts_with(|first: char| first.is_ascii_uppercase())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (is_id && is_type).then(|| RawKey::new(format!("{name}/{id}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deletion_names_type_and_id_in_any_form_of_address() {
        for (url, expected) in [
            ("Patient/1", Some("Patient/1")),
            ("/Patient/a-1.b", Some("Patient/a-1.b")),
            (
                "https://h.example/fhir/Consent/9/_history/2",
                Some("Consent/9"),
            ),
            ("Patient?identifier=1", None),
            ("Patient", None),
            ("patient/1", None),
            ("Patient/", None),
        ] {
            let key = resource_key(url);
            assert_eq!(key.as_ref().map(RawKey::expose), expected, "{url}");
        }
    }

    #[test]
    fn a_bundle_of_deletions_gives_each_and_sets_a_wrong_one_aside() {
        let mut batch = Batch::new("deleted.ndjson".into());
        let text = r#"{"resourceType":"Bundle","type":"transaction","entry":[{"request":{"method":"DELETE","url":"Patient/1"}},
            {"request":{"method":"PUT","url":"Patient/2"}},{},{"request":{"method":"DELETE","url":"Consent/3"}}]}"#;
        let line = |number, text: &str| Line {
            number,
            text: Ok(text.into()),
        };
        batch.take(line(1, text), FileKind::Deleted);
        batch.take(line(2, "{\"entry\":1}"), FileKind::Deleted);
        assert_eq!(
            (batch.records.len(), batch.set_aside.len(), batch.rows),
            (2, 3, 5)
        );
    }
}
