use std::collections::BTreeMap;

use schema::{
    Attribute, ContentHash, Event, EventDate, EventKind, History, Identity, Origin, PartialDate,
    Person, RecordRef, SourcedValue, Telling, Value,
};
use store::{Cluster, HistoryCounts, NewRelease};

use crate::backend::{dump, on_both};
use crate::bench::{Bench, at, record_ref};

fn origin() -> Origin {
    Origin {
        place: "a.csv".into(),
        line: 1,
    }
}

fn told(record: &RecordRef, value: Value) -> SourcedValue {
    SourcedValue {
        value,
        record: record.clone(),
        origin: origin(),
    }
}

fn date(text: &str) -> EventDate {
    PartialDate::parse(text).unwrap().into()
}

/// A person with one CT told by two sources, and a mentioned HCT.
fn history(number: u64, births: &[&str]) -> History {
    let [one, other] = [record_ref("trump/1"), record_ref("fhir/1")];
    let births = births
        .iter()
        .map(|birth| told(&one, Value::Date(date(birth))))
        .collect();
    let product = vec![
        told(&one, Value::Code("P1".into())),
        told(&one, Value::Code("P2".into())),
    ];
    let facility = vec![told(&one, Value::Code(format!("F{number}").into()))];
    let telling = |record: &RecordRef| Telling {
        record: record.clone(),
        origin: origin(),
        date: Some(date("2024-03")),
        mention: false,
    };
    let event = |kind, tellings, mentioned_only| Event {
        kind,
        date: Some(date("2024-03")),
        line: None,
        infusion: None,
        values: BTreeMap::from([
            (Attribute::Product, product.clone()),
            (Attribute::Facility, facility.clone()),
        ]),
        tellings,
        mentioned_only,
    };
    History {
        identity: Identity::from_number(number),
        records: vec![one.clone(), other.clone()],
        link_probability_min: Some(0.1 + 0.2),
        person: Person {
            values: BTreeMap::from([
                (Attribute::BirthDate, births),
                (Attribute::Sex, vec![told(&one, Value::Code("male".into()))]),
            ]),
        },
        events: vec![
            event(
                EventKind::Ct,
                vec![telling(&one), telling(&other), telling(&one)],
                false,
            ),
            event(EventKind::Hct, vec![telling(&one)], true),
        ],
        lines: Vec::new(),
        outcomes: Vec::new(),
        conflicts: Vec::new(),
        consent: "unknown".into(),
    }
}

async fn resolve(bench: &Bench, clusters: &[Cluster]) {
    let model = ("model", ContentHash::of(b"model"));
    let link = bench
        .store
        .begin_link(&bench.lease, bench.run, model, at(5))
        .await
        .unwrap();
    bench
        .store
        .resolve_identities(&bench.lease, link, clusters, at(5))
        .await
        .unwrap();
}

fn cluster(records: &[&str]) -> Cluster {
    Cluster {
        members: records.iter().map(|record| record_ref(record)).collect(),
        link_probability_min: (records.len() > 1).then_some(0.9),
    }
}

#[tokio::test]
async fn persons_come_with_all_that_is_told_of_them() {
    on_both(async |backend| {
        let bench = Bench::new(backend).await;
        bench
            .sync("trump", &["1/2 1 b", "1/1 1 a", "2/1 1 c"])
            .await
            .unwrap();
        bench.sync("fhir", &["1/1 1 d"]).await.unwrap();
        resolve(
            &bench,
            &[
                cluster(&["trump/1", "fhir/1"]),
                cluster(&["trump/2"]),
                cluster(&["trump/3"]),
            ],
        )
        .await;
        for batch in [1, 9] {
            let mut pages = bench.store.persons();
            let mut persons = Vec::new();
            loop {
                let next = pages.next(batch).await.unwrap();
                if next.is_empty() {
                    break;
                }
                persons.extend(next);
            }
            let identities: Vec<_> = persons
                .iter()
                .map(|person| person.identity.number())
                .collect();
            assert_eq!(identities, [1, 2, 3]);
            let pair = persons
                .iter()
                .find(|person| person.records.len() == 3)
                .unwrap();
            assert_eq!(pair.link_probability_min, Some(0.9));
            let keys: Vec<_> = pair
                .records
                .iter()
                .map(|each| format!("{}:{}", each.source, each.raw.expose()))
                .collect();
            assert_eq!(keys, ["fhir:1/1", "trump:1/1", "trump:1/2"]);
        }
    })
    .await;
}

#[tokio::test]
async fn a_history_that_is_as_before_is_not_written_again() {
    on_both(async |backend| {
        let bench = Bench::new(backend).await;
        let store = &bench.store;
        resolve(&bench, &[cluster(&["trump/1"]), cluster(&["trump/2"])]).await;
        let histories = [
            history(1, &["1970-01-02"]),
            history(2, &["1970-01-02", "1970-02-01"]),
        ];
        let put = async |histories: &[History], second| {
            store
                .put_histories(&bench.lease, bench.run, histories, at(second))
                .await
                .unwrap()
        };
        assert_eq!(
            put(&histories, 1).await,
            HistoryCounts {
                written: 2,
                unchanged: 0
            }
        );
        let before = dump(&bench.url).await;
        assert_eq!(
            put(&histories, 2).await,
            HistoryCounts {
                written: 0,
                unchanged: 2
            }
        );
        assert_eq!(dump(&bench.url).await, before);
        let changed = [history(1, &["1971-01-02"]), histories[1].clone()];
        assert_eq!(
            put(&changed, 3).await,
            HistoryCounts {
                written: 1,
                unchanged: 1
            }
        );
        let stored = store
            .history(Identity::from_number(1))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(stored.read().unwrap(), changed[0]);
        assert_eq!(stored.hash, ContentHash::of(stored.json.as_bytes()));
        assert_eq!(
            format!("{stored:?}"),
            format!("StoredHistory({}, [phi])", changed[0].identity)
        );
        let mut pages = store.histories();
        let first = pages.next(1).await.unwrap();
        let second = pages.next(1).await.unwrap();
        assert_eq!(
            (first[0].identity.number(), second[0].identity.number()),
            (1, 2)
        );
        assert!(pages.next(1).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_person_is_found_by_what_any_source_tells() {
    on_both(async |backend| {
        let bench = Bench::new(backend).await;
        let store = &bench.store;
        let histories = [
            history(1, &["1970-01-02"]),
            history(2, &["1970-01-02", "1970-02-01"]),
        ];
        store
            .put_histories(&bench.lease, bench.run, &histories, at(1))
            .await
            .unwrap();
        let check = async |birth, sex, facility, expected: &[u64]| {
            let found = store.find(birth, sex, facility, 10).await.unwrap();
            let found: Vec<_> = found.into_iter().map(Identity::number).collect();
            assert_eq!(found, expected, "{birth:?} {sex:?} {facility:?}");
        };
        check(Some("1970-01-02"), None, None, &[1, 2]).await;
        check(Some("1970-02-01"), Some("male"), None, &[2]).await;
        check(Some("1970"), None, None, &[1, 2]).await;
        check(Some("1970-02"), None, None, &[2]).await;
        check(Some("1970-03"), None, None, &[]).await;
        check(Some("1970-02-01"), Some("female"), None, &[]).await;
        check(None, None, Some("F1"), &[1]).await;
        check(None, None, None, &[1, 2]).await;
        let mut events = store.events();
        let mut rows = events.next(3).await.unwrap();
        rows.extend(events.next(3).await.unwrap());
        assert!(events.next(3).await.unwrap().is_empty());
        let row = &rows[2];
        assert_eq!(
            (row.identity.number(), &*row.kind, &*row.sources),
            (2, "CT", "fhir;trump")
        );
        assert_eq!(
            (row.date.as_deref(), row.product.as_deref()),
            (Some("2024-03"), Some("P1"))
        );
        let events = store.summary().await.unwrap().events;
        assert_eq!(
            (
                events["CT"].recorded,
                events["HCT"].recorded,
                events["HCT"].mentioned_only
            ),
            (2, 0, 2)
        );
        assert_eq!(
            store.drop_stale_histories(&bench.lease).await.unwrap(),
            2,
            "no record holds them"
        );
        let summary = store.summary().await.unwrap();
        assert_eq!((summary.histories, summary.events.len()), (0, 0));
        check(Some("1970-01-02"), None, None, &[]).await;
    })
    .await;
}

#[tokio::test]
async fn a_release_with_the_same_hash_is_the_same_release() {
    on_both(async |backend| {
        let bench = Bench::new(backend).await;
        let add = async |hash: &[u8], second| {
            let release = NewRelease {
                profile: "full".to_owned(),
                manifest: format!("{{\"second\":{second}}}"),
                hash: ContentHash::of(hash),
            };
            bench
                .store
                .add_release(&bench.lease, bench.run, &release, at(second))
                .await
                .unwrap()
        };
        assert_eq!(
            (add(b"a", 1).await, add(b"a", 2).await, add(b"b", 3).await),
            (1, 1, 2)
        );
        let releases = bench.store.releases().await.unwrap();
        assert_eq!(
            (releases.len(), releases[0].id, releases[1].created_at),
            (2, 2, at(1))
        );
        assert_eq!(releases[1].manifest, "{\"second\":1}");
    })
    .await;
}
