use schema::{Attribute, RawKey, RecordKey};
use store::{CurrentRecord, Remapped};

use crate::backend::{dump, on_both};
use crate::bench::{Bench, page_record, source};

async fn current(bench: &Bench, batch: u32) -> Vec<CurrentRecord> {
    let mut pages = bench.store.current_records(None);
    let mut all = Vec::new();
    loop {
        let records = pages.next(batch).await.unwrap();
        if records.is_empty() {
            return all;
        }
        all.extend(records);
    }
}

#[tokio::test]
async fn current_records_come_back_as_they_passed_the_door() {
    on_both(async |backend| {
        let bench = Bench::new(backend).await;
        let rows = ["p1/1 1 a", "p1/1 2 \"山\n\u{1f}\"", "p2/1 1 -", "p3/1 1 ,"];
        bench.sync("trump", &rows).await.unwrap();
        bench.sync("fhir", &["p1/1 1 x"]).await.unwrap();
        let stored: Vec<_> = current(&bench, 2)
            .await
            .into_iter()
            .map(|each| each.record)
            .collect();
        let trump = source("trump");
        let mut expected: Vec<_> = [(2, rows[1]), (3, rows[2]), (4, rows[3])]
            .map(|(line, row)| page_record(&trump, line, row).record)
            .into();
        expected.push(page_record(&source("fhir"), 1, "p1/1 1 x").record);
        assert_eq!(stored, expected);
        let fhir = source("fhir");
        assert_eq!(
            bench
                .store
                .current_records(Some(&fhir))
                .next(9)
                .await
                .unwrap()
                .len(),
            1
        );
    })
    .await;
}

#[tokio::test]
async fn a_mapping_applied_anew_replaces_what_records_tell_and_twice_changes_nothing() {
    on_both(async |backend| {
        let bench = Bench::new(backend).await;
        bench
            .sync("trump", &["p1/1 1 a!", "p2/1 1 b"])
            .await
            .unwrap();
        let remapped = |records: Vec<CurrentRecord>| -> Vec<Remapped> {
            let map = |each: CurrentRecord| {
                let mut made = page_record(&each.source, 1, "p7/1 1 z");
                made.mapped = made
                    .mapped
                    .filter(|_| each.record.key == RawKey::new("p1/1"));
                Remapped {
                    id: each.id,
                    source: each.source,
                    mapped: made.mapped,
                    issues: made.issues,
                }
            };
            records.into_iter().map(map).collect()
        };
        let records = current(&bench, 10).await;
        let changed = bench
            .store
            .remap(&bench.lease, remapped(records.clone()))
            .await
            .unwrap();
        assert_eq!(
            (changed, bench.told().await),
            (2, vec!["trump/p7: z".to_owned()])
        );
        assert!(bench.store.issue_counts().await.unwrap().is_empty());
        let before = dump(&bench.url).await;
        let changed = bench
            .store
            .remap(&bench.lease, remapped(records.clone()))
            .await
            .unwrap();
        assert_eq!((changed, dump(&bench.url).await), (0, before));
        bench.sync("trump", &["p1/1 2 c"]).await.unwrap();
        bench
            .store
            .remap(&bench.lease, remapped(records))
            .await
            .unwrap();
        assert_eq!(
            bench.told().await,
            ["trump/p1: c"],
            "a record that is current no more is left out"
        );
    })
    .await;
}

#[tokio::test]
async fn subjects_come_in_order_whole_and_once_however_many_rows_there_are() {
    on_both(async |backend| {
        let bench = Bench::new(backend).await;
        let rows: Vec<String> = (0..9_000)
            .map(|row| format!("p{:04}/{} 1 a", row % 1_500, row / 1_500))
            .collect();
        let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        for chunk in rows.chunks(4_500) {
            bench.sync("trump", chunk).await.unwrap();
        }
        bench.sync("fhir", &["p2/1 1 b"]).await.unwrap();
        let told = bench.told().await;
        assert_eq!(
            (told.len(), &*told[0], &*told[1]),
            (1_501, "fhir/p2: b", "trump/p0000: a a a a a a")
        );
        assert!(told.is_sorted());
        let one = bench
            .store
            .subject(&source("trump"), &RecordKey::new("p0007"))
            .await
            .unwrap();
        let keys: Vec<_> = one.iter().map(|record| record.raw.expose()).collect();
        assert_eq!(
            keys,
            [
                "p0007/0", "p0007/1", "p0007/2", "p0007/3", "p0007/4", "p0007/5"
            ]
        );
        let summary = bench.store.summary().await.unwrap();
        let trump = &summary.sources["trump"];
        assert_eq!(
            (trump.records, trump.versions, trump.subjects),
            (9_000, 9_000, 1_500)
        );
    })
    .await;
}

#[tokio::test]
async fn a_broken_text_is_stored_on_both_backends() {
    on_both(async |backend| {
        let bench = Bench::new(backend).await;
        let outcome = bench.sync("trump", &["p\0/1 1 a\0"]).await.unwrap();
        assert_eq!(outcome.total().new, 1);
        let outcome = bench.sync("trump", &["p\0/1 1 a\0"]).await.unwrap();
        assert_eq!(outcome.total().unchanged, 1);
        let subjects = bench.store.subjects().next(9).await.unwrap();
        assert_eq!(
            subjects[0].records[0].items[0].text(Attribute::Sex),
            Some("a\0")
        );
    })
    .await;
}
