use std::collections::BTreeMap;

use schema::{Refusal, RefusalReason, RowCounts};
use store::{FindingKind, RunFinding, StoreError};

use crate::backend::{dump, execute, on_both};
use crate::bench::{Bench, TTL, at, page, set_aside, source};

fn counts(read: u64, new: u64, changed: u64, unchanged: u64, set_aside: u64) -> RowCounts {
    RowCounts {
        read,
        new,
        changed,
        unchanged,
        set_aside,
    }
}

#[tokio::test]
async fn a_page_is_stored_whole_with_its_cursor() {
    on_both(async |backend| {
        let bench = Bench::new(backend).await;
        let trump = source("trump");
        let mut first = page(
            &trump,
            (None, "c1"),
            &["p1/1 1 a", "p1/2 1 b!", "p2/1 1 c"],
            1,
        );
        let refusal = Refusal {
            field: "氏名".into(),
            reason: RefusalReason::IdentifyingField,
        };
        first.refusals = BTreeMap::from([(refusal.clone(), 3)]);
        let finding = RunFinding {
            kind: FindingKind::Warning,
            place: "a.csv".into(),
            message: "a new column".into(),
        };
        first.findings = vec![finding.clone(), finding.clone()];
        let outcome = bench
            .store
            .commit_page(&bench.lease, bench.run, first)
            .await
            .unwrap();
        assert_eq!(outcome.total(), counts(4, 3, 0, 0, 1));
        assert_eq!(
            bench.store.cursor(&trump).await.unwrap().as_deref(),
            Some("c1")
        );
        assert_eq!(bench.told().await, ["trump/p1: a b!", "trump/p2: c"]);
        let ledger = bench.store.ledger(Some(bench.run)).await.unwrap();
        assert_eq!((ledger.len(), ledger[0].counts), (1, counts(4, 3, 0, 0, 1)));
        assert_eq!(ledger[0].counts.unexplained(), 0);
        let letters = bench
            .store
            .dead_letters(Some(&trump), false, 10)
            .await
            .unwrap();
        assert_eq!((letters.len(), letters[0].origin.line), (1, 4));
        let issues = bench.store.issues(None, 10).await.unwrap();
        assert_eq!((issues.len(), &*issues[0].kind), (1, "unlisted_code"));
        let refusals = bench.store.refusals(bench.run).await.unwrap();
        assert_eq!((&refusals[0].refusal, refusals[0].times), (&refusal, 3));
        assert_eq!(bench.store.findings(bench.run).await.unwrap(), [finding]);
    })
    .await;
}

#[tokio::test]
async fn a_page_that_fails_at_its_last_table_leaves_nothing() {
    on_both(async |backend| {
        let bench = Bench::new(backend).await;
        bench.sync("trump", &["p1/1 1 a!"]).await.unwrap();
        let before = dump(&bench.url).await;
        execute(&bench.url, "ALTER TABLE issue RENAME TO issue_away").await;
        let failed = bench.sync("trump", &["p1/1 2 b!", "p2/1 1 c!"]).await;
        assert!(
            matches!(failed, Err(StoreError::Broken { .. })),
            "{failed:?}"
        );
        execute(&bench.url, "ALTER TABLE issue_away RENAME TO issue").await;
        assert_eq!(dump(&bench.url).await, before);
    })
    .await;
}

#[tokio::test]
async fn a_page_that_begins_elsewhere_than_the_stored_cursor_is_refused() {
    on_both(async |backend| {
        let bench = Bench::new(backend).await;
        let trump = source("trump");
        bench.sync("trump", &["p1/1 1 a"]).await.unwrap();
        let before = dump(&bench.url).await;
        for begin in [None, Some("elsewhere")] {
            let late = page(&trump, (begin, "c2"), &["p2/1 1 b"], 0);
            let refused = bench.store.commit_page(&bench.lease, bench.run, late).await;
            assert!(
                matches!(refused, Err(StoreError::CursorMoved { .. })),
                "{refused:?}"
            );
        }
        assert_eq!(dump(&bench.url).await, before);
    })
    .await;
}

#[tokio::test]
async fn a_thawed_worker_commits_nothing() {
    on_both(async |backend| {
        let bench = Bench::new(backend).await;
        let later = at(61);
        let other = bench
            .store
            .acquire_lease("all", "worker-2", later, TTL)
            .await
            .unwrap()
            .unwrap();
        assert!(other.epoch() > bench.lease.epoch());
        let before = dump(&bench.url).await;
        let refused = bench.sync("trump", &["p1/1 1 a"]).await;
        assert!(
            matches!(refused, Err(StoreError::LeaseLost { .. })),
            "{refused:?}"
        );
        let refused = bench
            .store
            .reset_cursor(&bench.lease, &source("trump"))
            .await;
        assert!(
            matches!(refused, Err(StoreError::LeaseLost { .. })),
            "{refused:?}"
        );
        assert_eq!(dump(&bench.url).await, before);
    })
    .await;
}

#[tokio::test]
async fn the_order_of_arrival_leaves_no_trace_in_what_is_current() {
    on_both(async |backend| {
        let rows = ["p1/1 1 a!", "p1/1 2 b", "p1/1 2 c", "p1/2 1 d"];
        let mut expected = None;
        for order in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1], [1, 3, 0, 2]] {
            for pages in [1, 2, 4] {
                let bench = Bench::new(backend).await;
                for chunk in order.chunks(4 / pages) {
                    let chunk: Vec<&str> = chunk.iter().map(|place| rows[*place]).collect();
                    bench.sync("trump", &chunk).await.unwrap();
                }
                let mut told = bench.told().await;
                told.push(
                    bench
                        .store
                        .issues(None, 10)
                        .await
                        .unwrap()
                        .len()
                        .to_string(),
                );
                told.push(
                    bench.store.summary().await.unwrap().sources["trump"]
                        .versions
                        .to_string(),
                );
                assert_eq!(
                    *expected.get_or_insert_with(|| told.clone()),
                    told,
                    "{order:?} in {pages}"
                );
                bench.store.close().await;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn each_row_ends_in_one_state() {
    on_both(async |backend| {
        let bench = Bench::new(backend).await;
        let check = async |rows: &[&str], expected: RowCounts| {
            let outcome = bench.sync("trump", rows).await.unwrap();
            assert_eq!(outcome.total(), expected, "{rows:?}");
            assert_eq!(outcome.total().unexplained(), 0, "{rows:?}");
        };
        check(&["p1/1 1 a", "p1/1 1 a", "p1/1 2 b"], counts(3, 1, 1, 1, 0)).await;
        check(&["p1/1 1 a", "p1/1 2 b"], counts(2, 0, 0, 2, 0)).await;
        check(&["p1/1 3 -"], counts(1, 0, 1, 0, 0)).await;
        assert!(bench.told().await.is_empty());
        check(&["p1/1 4 c", "p9/1 1 -"], counts(2, 1, 1, 0, 0)).await;
        assert_eq!(bench.told().await, ["trump/p1: c"]);
        check(&[], counts(0, 0, 0, 0, 0)).await;
    })
    .await;
}

#[tokio::test]
async fn the_same_source_read_again_from_its_beginning_changes_no_record() {
    on_both(async |backend| {
        let bench = Bench::new(backend).await;
        let trump = source("trump");
        let rows = ["p1/1 1 a", "p1/2 1 b!", "p2/1 1 c"];
        let read = async || {
            bench
                .store
                .reset_cursor(&bench.lease, &trump)
                .await
                .unwrap();
            let again = page(&trump, (None, "c1"), &rows, 2);
            bench
                .store
                .commit_page(&bench.lease, bench.run, again)
                .await
                .unwrap();
            let mut tables = dump(&bench.url).await;
            tables.remove("ledger");
            tables
        };
        assert_eq!(read().await, read().await);
        let ledger = bench.store.ledger(None).await.unwrap();
        assert_eq!(ledger[0].counts, counts(10, 3, 0, 3, 4));
    })
    .await;
}

#[tokio::test]
async fn a_dead_letter_is_kept_once_and_resolved_when_its_place_reads_well() {
    on_both(async |backend| {
        let bench = Bench::new(backend).await;
        let trump = source("trump");
        let mut first = page(&trump, (None, "c1"), &[], 2);
        first.set_aside.push(set_aside(1));
        first.read.insert("a.csv".into(), 3);
        bench
            .store
            .commit_page(&bench.lease, bench.run, first)
            .await
            .unwrap();
        let again = page(&trump, (Some("c1"), "c2"), &[], 2);
        bench
            .store
            .commit_page(&bench.lease, bench.run, again)
            .await
            .unwrap();
        assert_eq!(
            bench
                .store
                .dead_letters(None, true, 10)
                .await
                .unwrap()
                .len(),
            2
        );
        let mended = page(&trump, (Some("c2"), "c3"), &["p1/1 1 a"], 0);
        bench
            .store
            .commit_page(&bench.lease, bench.run, mended)
            .await
            .unwrap();
        let open = bench
            .store
            .dead_letters(Some(&trump), false, 10)
            .await
            .unwrap();
        assert_eq!((open.len(), open[0].origin.line), (1, 2));
        let all = bench.store.dead_letters(None, true, 10).await.unwrap();
        assert_eq!(all[0].resolved_at, Some(at(1)));
        assert!(
            bench
                .store
                .dead_letters(Some(&source("fhir")), true, 10)
                .await
                .unwrap()
                .is_empty()
        );
    })
    .await;
}
