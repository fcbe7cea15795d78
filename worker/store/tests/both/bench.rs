//! A store with a lease and a run, and short ways to write records.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use schema::{
    AdmittedBody, AdmittedRecord, Attribute, Header, Issue, IssueKind, Item, ItemKind,
    MappedRecord, Origin, RawKey, RecordKey, RecordRef, Row, SetAside, SetAsideKind, SourceName,
    Value,
};
use store::{
    Lease, NewRun, PageCommit, PageOutcome, PageRecord, RunId, RunKind, Start, Store, StoreError,
};

use crate::backend::Backend;

pub(crate) const TTL: Duration = Duration::from_mins(1);

/// So many seconds into the test.
pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

pub(crate) fn source(name: &str) -> SourceName {
    SourceName::new(name).unwrap()
}

pub(crate) fn record_ref(text: &str) -> RecordRef {
    let (name, key) = text.split_once('/').unwrap();
    RecordRef {
        source: source(name),
        key: RecordKey::new(key),
    }
}

fn origin(line: u64) -> Origin {
    Origin {
        place: "a.csv".into(),
        line,
    }
}

/// `patient/ordinal version text`: a row of a patient; the text `-` deletes it, `!` at its end gives it an issue.
pub(crate) fn page_record(from: &SourceName, line: u64, text: &str) -> PageRecord {
    let [key, version, told] = *text.split(' ').collect::<Vec<_>>() else {
        panic!("`{text}` is not three words");
    };
    let subject = RecordKey::new(key.split_once('/').unwrap().0);
    let body = match told {
        "-" => AdmittedBody::Deleted,
        _ => AdmittedBody::Row(Row::new(
            Arc::new(Header::new(["key", "told"])),
            [key, told],
        )),
    };
    let mapped = (told != "-").then(|| MappedRecord {
        source: from.clone(),
        raw: RawKey::new(key),
        subject: subject.clone(),
        mapping: "rows@1".into(),
        origin: origin(line),
        items: vec![Item {
            kind: ItemKind::Person,
            fields: vec![(Attribute::Sex, Value::Code(told.into()))],
        }],
    });
    let issue = Issue {
        origin: origin(line),
        column: "told".into(),
        kind: IssueKind::UnlistedCode,
        message: "a code that is not listed".into(),
    };
    PageRecord {
        record: AdmittedRecord {
            key: RawKey::new(key),
            subject: Some(subject),
            version: version.into(),
            mapping: "rows@1".into(),
            origin: origin(line),
            hash: body.hash(),
            body,
        },
        mapped,
        issues: if told.ends_with('!') {
            vec![issue]
        } else {
            Vec::new()
        },
    }
}

pub(crate) fn set_aside(line: u64) -> SetAside {
    SetAside {
        origin: origin(line),
        kind: SetAsideKind::Malformed,
        column: None,
        message: "3 cells under 2 headings".into(),
    }
}

/// A page of `from` with these rows from line 1, and the lines after them set aside.
pub(crate) fn page(
    from: &SourceName,
    (begin, end): (Option<&str>, &str),
    rows: &[&str],
    aside: u64,
) -> PageCommit {
    let records: Vec<_> = (1..)
        .zip(rows)
        .map(|(line, row)| page_record(from, line, row))
        .collect();
    let read = records.len() as u64 + aside;
    PageCommit {
        source: from.clone(),
        from: begin.map(ToOwned::to_owned),
        to: end.to_owned(),
        set_aside: (1..=aside)
            .map(|each| set_aside(records.len() as u64 + each))
            .collect(),
        records,
        refusals: BTreeMap::new(),
        read: BTreeMap::from([("a.csv".into(), read)]),
        findings: Vec::new(),
        now: at(1),
    }
}

/// A store in use by one worker.
pub(crate) struct Bench {
    pub(crate) store: Store,
    pub(crate) url: String,
    pub(crate) lease: Lease,
    pub(crate) run: RunId,
}

impl Bench {
    pub(crate) async fn new(backend: &Backend) -> Self {
        let (store, url) = backend.store().await;
        let lease = store
            .acquire_lease("all", "worker-1", at(0), TTL)
            .await
            .unwrap()
            .unwrap();
        let new = NewRun {
            kind: RunKind::Sync,
            source: Some(source("trump")),
            attempts_max: 3,
            due: at(0),
        };
        let run = store.queue_run(&new, at(0)).await.unwrap();
        let start = store.start_run(&lease, run, at(0)).await.unwrap();
        assert_eq!(start, Start::Begin { attempt: 1 });
        Self {
            store,
            url,
            lease,
            run,
        }
    }

    /// Stores a page that begins where the source stands.
    pub(crate) async fn sync(&self, name: &str, rows: &[&str]) -> Result<PageOutcome, StoreError> {
        let from = source(name);
        let begin = self.store.cursor(&from).await?;
        let end = format!("{}+", begin.clone().unwrap_or_default());
        let page = page(&from, (begin.as_deref(), &end), rows, 0);
        self.store.commit_page(&self.lease, self.run, page).await
    }

    /// What the current records tell, as `source/key: text text`.
    pub(crate) async fn told(&self) -> Vec<String> {
        let mut pages = self.store.subjects();
        let mut told = Vec::new();
        loop {
            let subjects = pages.next(2).await.unwrap();
            if subjects.is_empty() {
                return told;
            }
            for subject in subjects {
                let texts = subject
                    .records
                    .iter()
                    .map(|record| record.items[0].text(Attribute::Sex).unwrap());
                let texts: Vec<_> = texts.collect();
                told.push(format!(
                    "{}/{}: {}",
                    subject.source,
                    subject.key.expose(),
                    texts.join(" ")
                ));
            }
        }
    }
}
