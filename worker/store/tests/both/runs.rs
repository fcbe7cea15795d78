use schema::RowCounts;
use store::{NewRun, Run, RunEnd, RunId, RunKind, RunState, Start, Store, StoreError};

use crate::backend::on_both;
use crate::bench::{Bench, TTL, at, page, source};

fn new_run(due: i64) -> NewRun {
    NewRun {
        kind: RunKind::Link,
        source: None,
        attempts_max: 2,
        due: at(due),
    }
}

async fn read(store: &Store, run: RunId) -> Run {
    store.run(run).await.unwrap().unwrap()
}

fn failed(retry_at: Option<i64>) -> RunEnd {
    RunEnd::Failed {
        error: "the source is away".to_owned(),
        retry_at: retry_at.map(at),
    }
}

#[tokio::test]
async fn only_one_worker_holds_a_lease_until_it_is_given_back_or_runs_out() {
    on_both(async |backend| {
        let (store, _) = backend.store().await;
        let acquire = async |worker: &str, second| {
            store
                .acquire_lease("link", worker, at(second), TTL)
                .await
                .unwrap()
        };
        let first = acquire("w1", 0).await.unwrap();
        assert_eq!(
            (first.epoch(), first.worker(), first.resource()),
            (1, "w1", "link")
        );
        assert_eq!(acquire("w2", 59).await, None);
        store.renew_lease(&first, at(50), TTL).await.unwrap();
        assert_eq!(acquire("w2", 109).await, None);
        let second = acquire("w2", 110).await.unwrap();
        let lost = store.renew_lease(&first, at(111), TTL).await;
        assert!(
            matches!(lost, Err(StoreError::LeaseLost { epoch: 1, .. })),
            "{lost:?}"
        );
        store.release_lease(first).await.unwrap();
        assert_eq!(
            acquire("w3", 112).await,
            None,
            "a lost lease gives nothing back"
        );
        store.release_lease(second.clone()).await.unwrap();
        assert!(store.renew_lease(&second, at(113), TTL).await.is_err());
        assert!(acquire("w3", 114).await.unwrap().epoch() > second.epoch());
    })
    .await;
}

#[tokio::test]
async fn a_run_that_waits_is_queued_once() {
    on_both(async |backend| {
        let (store, _) = backend.store().await;
        let first = store.queue_run(&new_run(0), at(0)).await.unwrap();
        assert_eq!(store.queue_run(&new_run(5), at(1)).await.unwrap(), first);
        let mut other = new_run(0);
        other.kind = RunKind::Assemble;
        assert_ne!(store.queue_run(&other, at(1)).await.unwrap(), first);
        let due = store.due_runs(at(9)).await.unwrap();
        assert_eq!(due.len(), 2);
        assert!(store.due_runs(at(-1)).await.unwrap().is_empty());
        assert_eq!(store.runs(1).await.unwrap()[0].kind, RunKind::Assemble);
    })
    .await;
}

#[tokio::test]
async fn attempts_are_counted_before_the_work_and_a_failure_queues_the_next_with_its_delay() {
    on_both(async |backend| {
        let (store, _) = backend.store().await;
        let lease = store
            .acquire_lease("link", "w1", at(0), TTL)
            .await
            .unwrap()
            .unwrap();
        let run = store.queue_run(&new_run(10), at(0)).await.unwrap();
        let start = async |second| store.start_run(&lease, run, at(second)).await.unwrap();
        assert_eq!(start(9).await, Start::NotQueued(RunState::Queued));
        assert_eq!(start(10).await, Start::Begin { attempt: 1 });
        assert_eq!(start(11).await, Start::NotQueued(RunState::Running));
        let state = store
            .finish_run(&lease, run, failed(Some(40)), at(12))
            .await
            .unwrap();
        assert_eq!(
            (state, start(39).await),
            (RunState::Queued, Start::NotQueued(RunState::Queued))
        );
        let waiting = read(&store, run).await;
        assert_eq!((waiting.attempts, waiting.due_at), (1, at(40)));
        assert_eq!(waiting.error.as_deref(), Some("the source is away"));
        assert_eq!(start(40).await, Start::Begin { attempt: 2 });
        let state = store
            .finish_run(&lease, run, failed(Some(80)), at(41))
            .await
            .unwrap();
        assert_eq!(state, RunState::DeadLettered);
        assert_eq!(start(99).await, Start::NotQueued(RunState::DeadLettered));
        let other = store.queue_run(&new_run(0), at(50)).await.unwrap();
        store.start_run(&lease, other, at(50)).await.unwrap();
        assert_eq!(
            store
                .finish_run(&lease, other, failed(None), at(51))
                .await
                .unwrap(),
            RunState::Failed
        );
    })
    .await;
}

#[tokio::test]
async fn a_run_whose_worker_died_each_time_is_reaped_and_at_the_maximum_dead_lettered() {
    on_both(async |backend| {
        let (store, _) = backend.store().await;
        let run = store.queue_run(&new_run(0), at(0)).await.unwrap();
        for (attempt, expected) in [(1, RunState::Queued), (2, RunState::DeadLettered)] {
            let begin = i64::from(attempt) * 100;
            let worker = format!("w{attempt}");
            let lease = store
                .acquire_lease("link", &worker, at(begin), TTL)
                .await
                .unwrap()
                .unwrap();
            let start = store.start_run(&lease, run, at(begin)).await.unwrap();
            assert_eq!(start, Start::Begin { attempt });
            assert!(
                store.reap_runs(at(begin + 59)).await.unwrap().is_empty(),
                "its lease is live"
            );
            assert_eq!(
                store.reap_runs(at(begin + 60)).await.unwrap(),
                [(run, expected)]
            );
            assert!(store.reap_runs(at(begin + 61)).await.unwrap().is_empty());
        }
        assert_eq!(read(&store, run).await.attempts, 2);
    })
    .await;
}

#[tokio::test]
async fn a_run_ends_as_its_ledger_says() {
    on_both(async |backend| {
        let bench = Bench::new(backend).await;
        let store = &bench.store;
        let trump = source("trump");
        let first = page(&trump, (None, "c1"), &["p1/1 1 a"], 1);
        store
            .commit_page(&bench.lease, bench.run, first)
            .await
            .unwrap();
        for _ in 0..2 {
            store
                .add_stage_time(&bench.lease, bench.run, "pull", TTL)
                .await
                .unwrap();
        }
        let state = store
            .finish_run(&bench.lease, bench.run, RunEnd::Done, at(5))
            .await
            .unwrap();
        assert_eq!(state, RunState::WithSetAside);
        let run = read(store, bench.run).await;
        let counts = RowCounts {
            read: 2,
            new: 1,
            set_aside: 1,
            ..RowCounts::default()
        };
        assert_eq!(
            (run.counts, run.finished_at, run.source),
            (counts, Some(at(5)), Some(trump))
        );
        let times = store.stage_times(bench.run).await.unwrap();
        assert_eq!((&*times[0].name, times[0].seconds), ("pull", 120.0));
        let next = store.queue_run(&new_run(0), at(6)).await.unwrap();
        store.start_run(&bench.lease, next, at(6)).await.unwrap();
        let state = store
            .finish_run(&bench.lease, next, RunEnd::Done, at(7))
            .await
            .unwrap();
        assert_eq!(state, RunState::Succeeded);
        store
            .keep_fact(&bench.lease, "mappings", "abc")
            .await
            .unwrap();
        store
            .keep_fact(&bench.lease, "mappings", "def")
            .await
            .unwrap();
        assert_eq!(
            store.fact("mappings").await.unwrap().as_deref(),
            Some("def")
        );
        assert_eq!(store.fact("models").await.unwrap(), None);
    })
    .await;
}
