//! How fast pages are stored and read back: `cargo bench -p store -- [PAGES] [URL]`, on a throw-away SQLite file without a URL.
#![allow(clippy::unwrap_used, reason = "a benchmark panics on purpose")]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use schema::{
    AdmittedBody, AdmittedRecord, Attribute, ContentHash, Item, ItemKind, MappedRecord, Origin,
    RawKey, RecordKey, RecordRef, SourceName, Value,
};
use store::{Cluster, Lease, NewRun, PageCommit, PageRecord, RunId, RunKind, Store};

/// Records of one page.
const RECORDS: u64 = 5_000;
/// Records of one patient.
const OF_SUBJECT: u64 = 12;

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| word != "--bench")
        .collect();
    let pages = arguments.first().map_or(20, |word| word.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let file = format!("sqlite:{}/bench.db", folder.path().display());
    let store = Store::open(arguments.get(1).unwrap_or(&file))
        .await
        .unwrap();
    let lease = store
        .acquire_lease("bench", "bench", now(), Duration::from_secs(9_999))
        .await
        .unwrap()
        .unwrap();
    let new = NewRun {
        kind: RunKind::Sync,
        source: None,
        attempts_max: 1,
        due: now(),
    };
    let run = store.queue_run(&new, now()).await.unwrap();
    for (name, version) in [("new", 1), ("unchanged", 1), ("changed", 2)] {
        let mut times: Vec<f64> = Vec::new();
        let source = SourceName::new("fhir").unwrap();
        store.reset_cursor(&lease, &source).await.unwrap();
        for number in 0..pages {
            let commit = page(&source, number, version);
            let begun = Instant::now();
            store.commit_page(&lease, run, commit).await.unwrap();
            times.push(begun.elapsed().as_secs_f64());
        }
        times.sort_by(f64::total_cmp);
        let (median, worst) = (times[times.len() / 2], times[times.len() - 1]);
        println!("page of {RECORDS} {name}: median {median:.3} s, worst {worst:.3} s");
    }
    read_subjects(&store).await;
    for _ in 0..2 {
        resolve(&store, &lease, run, pages).await;
    }
    let begun = Instant::now();
    let mut persons = store.persons();
    while !persons.next(2_000).await.unwrap().is_empty() {}
    println!("persons read: {:.3} s", begun.elapsed().as_secs_f64());
    store.close().await;
    let bytes = std::fs::metadata(folder.path().join("bench.db")).map_or(0, |file| file.len());
    println!("file: {} MiB", bytes >> 20);
}

fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

async fn read_subjects(store: &Store) {
    let begun = Instant::now();
    let mut subjects = store.subjects();
    let mut count = 0;
    loop {
        let batch = subjects.next(2_000).await.unwrap();
        if batch.is_empty() {
            break;
        }
        count += batch.len();
    }
    println!(
        "{count} subjects read: {:.3} s",
        begun.elapsed().as_secs_f64()
    );
}

async fn resolve(store: &Store, lease: &Lease, run: RunId, pages: u64) {
    let source = SourceName::new("fhir").unwrap();
    let cluster = |subject: u64| Cluster {
        members: vec![RecordRef {
            source: source.clone(),
            key: subject_key(subject),
        }],
        link_probability_min: None,
    };
    let clusters: Vec<_> = (0..pages * RECORDS / OF_SUBJECT).map(cluster).collect();
    let begun = Instant::now();
    let link = store
        .begin_link(lease, run, ("bench", ContentHash::of(b"bench")), now())
        .await
        .unwrap();
    store
        .resolve_identities(lease, link, &clusters, now())
        .await
        .unwrap();
    println!(
        "{} clusters resolved: {:.3} s",
        clusters.len(),
        begun.elapsed().as_secs_f64()
    );
}

fn subject_key(subject: u64) -> RecordKey {
    // Spread like the ids of a server.
    RecordKey::new(ContentHash::of(&subject.to_le_bytes()).to_hex()[..36].to_owned())
}

fn page(source: &SourceName, number: u64, version: u64) -> PageCommit {
    let records = (0..RECORDS).map(|line| record(source, number * RECORDS + line, version));
    PageCommit {
        source: source.clone(),
        from: (number > 0).then(|| format!("{{\"page\":{number}}}")),
        to: format!("{{\"page\":{}}}", number + 1),
        records: records.collect(),
        set_aside: Vec::new(),
        refusals: BTreeMap::new(),
        read: BTreeMap::from([("Observation.ndjson".into(), RECORDS)]),
        findings: Vec::new(),
        now: now(),
    }
}

fn record(source: &SourceName, line: u64, version: u64) -> PageRecord {
    let subject = subject_key(line / OF_SUBJECT);
    let key = format!(
        "Observation/{}",
        &ContentHash::of(&(line + 1_000_000_000).to_le_bytes()).to_hex()[..36]
    );
    let text = format!(
        "{{\"resourceType\":\"Observation\",\"version\":{version},\"filler\":\"{}\"}}",
        "x".repeat(500)
    );
    let body = AdmittedBody::Json(text.into());
    let origin = Origin {
        place: "Observation.ndjson".into(),
        line,
    };
    let item = Item {
        kind: ItemKind::Outcome,
        fields: vec![
            (Attribute::Outcome, Value::Code("crs".into())),
            (Attribute::Grade, Value::Integer(2)),
        ],
    };
    PageRecord {
        mapped: Some(MappedRecord {
            source: source.clone(),
            raw: RawKey::new(key.clone()),
            subject: subject.clone(),
            mapping: "fhir-observation@1".into(),
            origin: origin.clone(),
            items: vec![item],
        }),
        issues: Vec::new(),
        record: AdmittedRecord {
            key: RawKey::new(key),
            subject: Some(subject),
            version: format!("2026-01-01T00:00:0{version}Z").into(),
            mapping: "fhir-observation@1".into(),
            origin,
            hash: body.hash(),
            body,
        },
    }
}
