use schema::{ContentHash, Identity, RecordRef};
use store::{
    ChangeKind, Cluster, ComparisonEvidence, Decision, IdentityOutcome, PairEvidence, StoreError,
};

use crate::backend::{dump, on_both};
use crate::bench::{Bench, at, record_ref};

/// Clusters as words: `a/1+b/1 a/2` is two clusters.
fn clusters(text: &str) -> Vec<Cluster> {
    text.split_whitespace()
        .map(|cluster| {
            let members: Vec<_> = cluster.split('+').map(record_ref).collect();
            let link_probability_min = (members.len() > 1).then_some(0.75);
            Cluster {
                members,
                link_probability_min,
            }
        })
        .collect()
}

async fn resolve(bench: &Bench, text: &str) -> IdentityOutcome {
    let model = ("model", ContentHash::of(b"model"));
    let link = bench
        .store
        .begin_link(&bench.lease, bench.run, model, at(5))
        .await
        .unwrap();
    let clusters = clusters(text);
    bench
        .store
        .resolve_identities(&bench.lease, link, &clusters, at(5))
        .await
        .unwrap()
}

async fn number(bench: &Bench, record: &str) -> Option<u64> {
    let identity = bench.store.identity_of(&record_ref(record)).await.unwrap();
    identity.map(Identity::number)
}

async fn export(bench: &Bench) -> Vec<(RecordRef, Identity)> {
    let mut pages = bench.store.memberships();
    let mut all = Vec::new();
    loop {
        let batch = pages.next(2).await.unwrap();
        if batch.is_empty() {
            return all;
        }
        all.extend(batch);
    }
}

#[tokio::test]
async fn numbers_do_not_hang_on_the_order_of_clusters_or_records() {
    on_both(async |backend| {
        let one = Bench::new(backend).await;
        let other = Bench::new(backend).await;
        resolve(&one, "a/1+b/1 a/2 b/2+c/9 c/3").await;
        resolve(&other, "c/3 c/9+b/2 b/1+a/1 a/2").await;
        let exported = export(&one).await;
        assert_eq!(exported, export(&other).await);
        assert_eq!(exported.len(), 6);
        assert!(exported.is_sorted());
        assert_eq!(
            dump(&one.url).await["identity"],
            dump(&other.url).await["identity"]
        );
    })
    .await;
}

#[tokio::test]
async fn the_same_clusters_again_change_no_row() {
    on_both(async |backend| {
        let bench = Bench::new(backend).await;
        let text = "a/1+b/1 a/2 b/2+c/9";
        resolve(&bench, text).await;
        resolve(&bench, "a/1+b/1+a/2 c/9").await;
        resolve(&bench, text).await;
        let mut before = dump(&bench.url).await;
        let outcome = resolve(&bench, text).await;
        assert_eq!(
            (outcome.created, outcome.kept, outcome.records_moved),
            (0, 3, 0)
        );
        let mut after = dump(&bench.url).await;
        for tables in [&mut before, &mut after] {
            tables.retain(|name, _| name != "link_run" && name != "counter");
        }
        assert_eq!(before, after);
    })
    .await;
}

#[tokio::test]
async fn an_identity_lasts_through_growth_merge_and_split() {
    on_both(async |backend| {
        let bench = Bench::new(backend).await;
        let outcome = resolve(&bench, "a/1+b/1 a/2").await;
        assert_eq!((outcome.created, outcome.kept), (2, 0));
        let (pair, lone) = (
            number(&bench, "a/1").await.unwrap(),
            number(&bench, "a/2").await.unwrap(),
        );

        resolve(&bench, "a/1+b/1+c/1 a/2").await;
        assert_eq!(
            number(&bench, "c/1").await,
            Some(pair),
            "growth keeps the number"
        );

        let outcome = resolve(&bench, "a/1+b/1+c/1+a/2").await;
        assert_eq!((outcome.merged, outcome.split), (1, 0));
        assert_eq!(
            number(&bench, "a/2").await,
            Some(pair),
            "most members decide"
        );
        let living = bench
            .store
            .living_identity(Identity::from_number(lone))
            .await
            .unwrap();
        assert_eq!(living, Some(Identity::from_number(pair)));

        let outcome = resolve(&bench, "a/1+b/1 c/1 a/2").await;
        assert_eq!((outcome.created, outcome.merged, outcome.split), (2, 0, 1));
        assert_eq!(
            number(&bench, "b/1").await,
            Some(pair),
            "the greater part keeps the number"
        );
        let fresh = number(&bench, "a/2").await.unwrap();
        assert!(fresh > pair.max(lone), "a number is never given twice");
    })
    .await;
}

#[tokio::test]
async fn an_identity_keeps_its_own_history() {
    on_both(async |backend| {
        let bench = Bench::new(backend).await;
        resolve(&bench, "a/1+b/1 a/2").await;
        let pair = Identity::from_number(number(&bench, "a/1").await.unwrap());
        for text in ["a/1+b/1+c/1 a/2", "a/1+b/1+c/1+a/2", "a/1+b/1 c/1 a/2"] {
            resolve(&bench, text).await;
        }
        let changes = bench.store.identity_changes(pair).await.unwrap();
        let kinds: Vec<_> = changes
            .iter()
            .map(|change| (change.kind, change.records))
            .collect();
        let expected = [
            (ChangeKind::Created, 2),
            (ChangeKind::Joined, 1),
            (ChangeKind::MergedInto, 1),
            (ChangeKind::SplitInto, 1),
            (ChangeKind::SplitInto, 1),
        ];
        assert_eq!(kinds, expected);
        let members = bench.store.members(pair).await.unwrap();
        assert_eq!(members, [record_ref("a/1"), record_ref("b/1")]);
        assert_eq!(bench.store.summary().await.unwrap().persons, 3);
        assert_eq!(
            bench
                .store
                .living_identity(Identity::from_number(999))
                .await
                .unwrap(),
            None
        );
    })
    .await;
}

#[tokio::test]
async fn a_record_that_is_gone_finds_its_number_when_it_returns() {
    on_both(async |backend| {
        let bench = Bench::new(backend).await;
        resolve(&bench, "a/1 a/2").await;
        let before = number(&bench, "a/1").await;
        let outcome = resolve(&bench, "a/2").await;
        assert_eq!((outcome.emptied, number(&bench, "a/1").await), (1, None));
        assert_eq!(bench.store.summary().await.unwrap().persons, 1);
        resolve(&bench, "a/1 a/2").await;
        assert_eq!(number(&bench, "a/1").await, before);
    })
    .await;
}

#[tokio::test]
async fn a_record_in_two_clusters_is_refused_and_leaves_nothing() {
    on_both(async |backend| {
        let bench = Bench::new(backend).await;
        let model = ("model", ContentHash::of(b"model"));
        let link = bench
            .store
            .begin_link(&bench.lease, bench.run, model, at(5))
            .await
            .unwrap();
        let twice = clusters("a/1+b/1 a/1");
        let refused = bench
            .store
            .resolve_identities(&bench.lease, link, &twice, at(5))
            .await;
        assert!(
            matches!(refused, Err(StoreError::Broken { .. })),
            "{refused:?}"
        );
        assert_eq!(number(&bench, "a/1").await, None);
    })
    .await;
}

fn evidence(left: &str, right: &str, weight: f64, decision: Decision) -> PairEvidence {
    PairEvidence {
        left: record_ref(left),
        right: record_ref(right),
        weight,
        probability: 0.1,
        decision,
        comparisons: vec![ComparisonEvidence {
            comparison: "birth_date".into(),
            level: "exact".into(),
            weight: 14.25,
        }],
        vetoes: vec!["treated_after_death".into()],
    }
}

#[tokio::test]
async fn the_evidence_of_the_latest_link_run_is_told_in_either_order() {
    on_both(async |backend| {
        let bench = Bench::new(backend).await;
        let store = &bench.store;
        let model = ("model", ContentHash::of(b"model"));
        let link = store
            .begin_link(&bench.lease, bench.run, model, at(5))
            .await
            .unwrap();
        let pairs = [
            evidence("a/1", "b/1", 3.5, Decision::Link),
            evidence("b/2", "b/1", 1.0 / 3.0, Decision::Review),
        ];
        store
            .add_pairs(&bench.lease, link, &pairs[..1])
            .await
            .unwrap();
        store.add_pairs(&bench.lease, link, &pairs).await.unwrap();
        assert_eq!(
            store.pair_counts().await.unwrap(),
            [],
            "not before the identities are resolved"
        );
        store
            .resolve_identities(&bench.lease, link, &clusters("a/1+b/1 b/2"), at(5))
            .await
            .unwrap();
        let current = store.current_link().await.unwrap().unwrap();
        assert_eq!(
            (current.id, &*current.model, current.begun_at),
            (link, "model", at(5))
        );
        for (one, other) in [("a/1", "b/1"), ("b/1", "a/1")] {
            let told = store
                .pair(&record_ref(one), &record_ref(other))
                .await
                .unwrap();
            assert_eq!(told.as_ref(), Some(&pairs[0]));
        }
        let turned = evidence("b/1", "b/2", 1.0 / 3.0, Decision::Review);
        let all = store.pairs_of(&record_ref("b/1")).await.unwrap();
        assert_eq!(all, [pairs[0].clone(), turned.clone()]);
        assert_eq!(
            store.pairs_with(Decision::Review, 9).await.unwrap(),
            [turned]
        );
        assert_eq!(
            store.pair_counts().await.unwrap(),
            [(Decision::Link, 1), (Decision::Review, 1)]
        );
        resolve(&bench, "a/1+b/1 b/2").await;
        assert_eq!(
            store
                .pair(&record_ref("a/1"), &record_ref("b/1"))
                .await
                .unwrap(),
            None
        );
    })
    .await;
}
