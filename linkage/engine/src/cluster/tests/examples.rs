//! Small worlds, told pair by pair.

use std::collections::{BTreeMap, BTreeSet};

use super::{PRIOR_BITS, World, model, model_with_sources};
use crate::cluster::ground::grains;
use crate::cluster::{Clusters, PairWeights, partition};
use crate::decide::{Decision, NoRules, Reason};
use crate::review::Constraints;
use crate::weigh::ScoredPair;
use crate::{Row, Table};

/// A world of no source by links and what else is known, weights in bits; what is not told weighs nothing.
fn told(count: usize, weights: &[(Row, Row, i16)]) -> World {
    let rows = Row::try_from(count).unwrap();
    let mut all = (0..rows)
        .flat_map(|left| (left + 1..rows).map(move |right| ((left, right), 0)))
        .collect::<BTreeMap<_, _>>();
    all.extend(
        weights
            .iter()
            .map(|&(left, right, weight)| ((left, right), weight * 4)),
    );
    World {
        sources: vec![0; count],
        weights: all,
        vetoes: BTreeSet::new(),
    }
}

fn check(world: &World, margin: f32, expected: &[&[Row]], reasons: &[(Row, Row, Reason)]) {
    let mut model = model();
    model.thresholds.competitor_margin_bits = margin;
    let run = world.run(&model, &Constraints::default());
    assert_eq!(run.clusters, expected);
    for &(left, right, reason) in reasons {
        let place = run
            .pairs
            .iter()
            .position(|pair| (pair.left, pair.right) == (left, right))
            .unwrap();
        assert_eq!(
            run.decisions[place],
            Decision::Review(reason),
            "{left} {right}"
        );
    }
}

#[test]
fn a_chain_holds_unless_its_ends_contradict_each_other() {
    let chain = |ends: i16| told(3, &[(0, 1, 20), (1, 2, 18), (0, 2, ends)]);
    check(&chain(0), 0.0, &[&[0, 1, 2]], &[]);
    check(
        &chain(-40),
        0.0,
        &[&[0, 1], &[2]],
        &[(1, 2, Reason::Contradiction)],
    );
}

#[test]
fn what_says_nothing_counts_against_as_far_as_the_model_wants() {
    let world = told(3, &[(0, 1, 20), (1, 2, 15), (0, 2, 0)]);
    let clusters = |silence_share| {
        let mut model = model();
        model.clusters.silence_share = silence_share;
        world.run(&model, &Constraints::default()).clusters
    };
    assert_eq!(clusters(0.0), [[0, 1, 2]]);
    assert_eq!(clusters(1.0), [vec![0, 1], vec![2]]);
}

#[test]
fn a_triangle_that_contradicts_itself_is_left_to_a_person_when_it_is_close() {
    let torn = told(3, &[(0, 1, 20), (0, 2, 18), (1, 2, -60)]);
    check(
        &torn,
        4.0,
        &[&[0], &[1], &[2]],
        &[(0, 1, Reason::Competitor), (0, 2, Reason::Competitor)],
    );
    check(
        &torn,
        1.0,
        &[&[0, 1], &[2]],
        &[(0, 2, Reason::Contradiction)],
    );
}

#[test]
fn a_person_whom_a_source_holds_twice_still_links() {
    let twice = |between: i16| World {
        sources: vec![9, 1, 1],
        ..told(3, &[(0, 1, 20), (0, 2, 19), (1, 2, between)])
    };
    let run = |world: &World| {
        let mut model = model_with_sources();
        model.thresholds.competitor_margin_bits = 4.0;
        world.run(&model, &Constraints::default()).clusters
    };
    assert_eq!(
        run(&twice(30)),
        [vec![0, 1], vec![2]],
        "one person, held twice"
    );
    assert_eq!(
        run(&twice(0)),
        [[0], [1], [2]],
        "two persons, one of whom it is"
    );
}

#[test]
fn what_ties_firmly_is_no_rivals_prey() {
    // The third record fits the first about as well as its own, but the second pair holds it far better.
    let world = told(
        4,
        &[
            (0, 1, 20),
            (2, 3, 40),
            (1, 2, 19),
            (0, 2, -60),
            (1, 3, -60),
            (0, 3, -60),
        ],
    );
    check(
        &world,
        4.0,
        &[&[0, 1], &[2, 3]],
        &[(1, 2, Reason::Contradiction)],
    );
}

#[test]
fn a_cluster_that_would_be_too_large_is_told() {
    let weights = (0..12)
        .flat_map(|left| (left + 1..12).map(move |right| (left, right, 30)))
        .collect::<Vec<_>>();
    let world = told(12, &weights);
    let mut model = model();
    model.clusters.size_max = 8;
    let run = world.run(&model, &Constraints::default());
    assert_eq!(
        run.clusters.iter().map(Vec::len).collect::<Vec<_>>(),
        [8, 4]
    );
    assert!(
        run.decisions
            .contains(&Decision::Review(Reason::ClusterSize))
    );
}

/// Everybody is linked to one record, and nobody to another.
struct Hub;

impl PairWeights for Hub {
    fn between(&self, left: Row, right: Row) -> f32 {
        if left.min(right) == 0 { 20.0 } else { -5.0 }
    }

    fn prior_bits(&self) -> f32 {
        PRIOR_BITS
    }
}

#[test]
fn a_hub_of_a_hundred_thousand_records_ends_soon_and_is_told() {
    const RECORDS: Row = 100_000;
    let ids = (0..RECORDS).map(|row| row.to_string()).collect::<Vec<_>>();
    let table = Table::new(ids.iter().map(|id| ("s", id.as_str())));
    let pairs = (1..RECORDS)
        .map(|row| ScoredPair::of_weight(0, row, 20.0, PRIOR_BITS))
        .collect::<Vec<_>>();
    let mut decisions = vec![Decision::Link; pairs.len()];
    let mut model = model();
    model.clusters.size_max = 100;
    model.thresholds.competitor_margin_bits = 2.0;
    let started = std::time::Instant::now();
    let (clusters, report) = partition(
        &model,
        &table,
        &NoRules,
        &Hub,
        &pairs,
        &mut decisions,
        &Constraints::default(),
    );
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
    assert!(
        report.largest_cluster <= 100 && report.largest_component == RECORDS as usize,
        "{report:?}"
    );
    assert!(clusters.len() > 90_000);
}

#[test]
fn clusters_are_sorted_by_their_rows() {
    let clusters = Clusters::from_labels(&[0, 1, 0, 3, 1]);
    assert_eq!(clusters.by_row(), [0, 1, 0, 2, 1]);
    assert_eq!(clusters.into_lists(), [vec![0, 2], vec![1, 4], vec![3]]);
    assert_eq!(grains(f32::NAN), 0);
}
