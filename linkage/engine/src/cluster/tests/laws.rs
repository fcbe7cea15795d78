//! Laws of partitions, against all partitions where they can be counted.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::{PRIOR_BITS, World, model, model_with_sources, worlds};
use crate::cluster::components::Component;
use crate::cluster::dense::{Dense, Set, rows_of};
use crate::cluster::ground::Ground;
use crate::cluster::{PairWeights, exact, partition, search};
use crate::decide::{Decision, Rules, decide};
use crate::model::OnePerCluster;
use crate::review::Constraints;
use crate::weigh::ScoredPair;
use crate::{Model, Row, Settled, Settlement};

/// All links of a world as one problem; components do not matter to what is best.
fn component(
    ground: &Ground<'_>,
    pairs: &[ScoredPair],
    decisions: &[Decision],
) -> Option<Component> {
    let links = (0..pairs.len())
        .filter(|&place| decisions[place] == Decision::Link)
        .collect::<Vec<_>>();
    (!links.is_empty()).then(|| Component::new(ground, pairs, &links))
}

fn dense(ground: &Ground<'_>, component: &Component) -> Dense {
    let links = component
        .links
        .iter()
        .map(|link| (link.left, link.right, link.gain))
        .collect::<Vec<_>>();
    Dense::new(ground, &component.rows, &links)
}

/// Calls with every partition of `left` into sets.
fn each_partition(left: Set, parts: &mut Vec<Set>, check: &mut dyn FnMut(&[Set])) {
    if left == 0 {
        check(parts);
        return;
    }
    let low = left & left.wrapping_neg();
    let others = left ^ low;
    let mut chosen = others;
    loop {
        parts.push(chosen | low);
        each_partition(others & !chosen, parts, check);
        parts.pop();
        if chosen == 0 {
            break;
        }
        chosen = (chosen - 1) & others;
    }
}

fn names(clusters: &[Vec<Row>], name: impl Fn(Row) -> usize) -> BTreeSet<BTreeSet<usize>> {
    let named = |members: &Vec<Row>| members.iter().map(|&row| name(row)).collect();
    clusters.iter().map(named).collect()
}

/// What holds for any partition: each row once, no veto, no hard repetition, no cluster too large.
fn check_constraints(world: &World, model: &Model, clusters: &[Vec<Row>]) {
    let rows = clusters.iter().flatten().copied().collect::<Vec<_>>();
    assert_eq!(rows.len(), world.sources.len());
    assert_eq!(rows.iter().collect::<BTreeSet<_>>().len(), rows.len());
    for members in clusters {
        assert!(members.len() <= model.clusters.size_max);
        for (place, &one) in members.iter().enumerate() {
            for &other in &members[place + 1..] {
                assert_eq!(world.veto(one, other), None);
                let source = world.sources[one as usize];
                let hard = model
                    .source(&source.to_string())
                    .is_some_and(|source| source.one_per_cluster == OnePerCluster::Hard);
                let repeated = source == world.sources[other as usize];
                assert!(!(repeated && (hard || model.clusters.one_to_one)));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_partition_is_better_than_the_exact_one(world in worlds(2..8, 3)) {
        let (model, constraints) = (model_with_sources(), Constraints::default());
        let (table, pairs) = (world.table(), world.pairs());
        let decisions = decide(&model, &world, &constraints, &pairs, &|_| Vec::new());
        let ground = Ground::new(&model, &table, &world, &world, &constraints);
        if let Some(component) = component(&ground, &pairs, &decisions) {
            let dense = dense(&ground, &component);
            let (best, parts) = exact::best(&dense).unwrap();
            prop_assert_eq!(dense.total(&parts), Some(best));
            prop_assert_eq!(parts.iter().fold(0, |all, part| all | part), dense.all());
            each_partition(dense.all(), &mut Vec::new(), &mut |parts| {
                assert!(dense.total(parts).is_none_or(|total| total <= best));
            });
        }
    }

    #[test]
    fn no_constraint_is_ever_violated(world in worlds(2..24, 3), size_max in 1_usize..8, one_to_one in any::<bool>(), margin in 0_u8..6) {
        let mut model = model_with_sources();
        model.clusters.size_max = size_max;
        model.clusters.one_to_one = one_to_one;
        model.thresholds.competitor_margin_bits = f32::from(margin);
        let run = world.run(&model, &Constraints::default());
        check_constraints(&world, &model, &run.clusters);
        let number = |row: Row| run.clusters.iter().position(|members| members.contains(&row));
        for (pair, decision) in run.pairs.iter().zip(&run.decisions) {
            let together = number(pair.left) == number(pair.right);
            prop_assert_eq!(*decision == Decision::Link, together);
        }
    }

    #[test]
    fn the_order_of_rows_changes_nothing(
        (world, order) in worlds(2..20, 3).prop_flat_map(|world| {
            let order = (0..world.sources.len()).collect::<Vec<_>>();
            (Just(world), Just(order).prop_shuffle())
        }),
        margin in 0_u8..6,
        one_to_one in any::<bool>(),
    ) {
        let mut model = model_with_sources();
        model.thresholds.competitor_margin_bits = f32::from(margin);
        model.clusters.one_to_one = one_to_one;
        let constraints = Constraints::default();
        let straight = world.run(&model, &constraints);
        let (table, turned, pairs) = world.reordered(&order);
        let mut decisions = decide(&model, &turned, &constraints, &pairs, &|_| Vec::new());
        let (clusters, _) = partition(&model, &table, &turned, &turned, &pairs, &mut decisions, &constraints);
        prop_assert_eq!(
            names(&straight.clusters, |row| row as usize),
            names(&clusters.into_lists(), |row| order[row as usize])
        );
        let reasons = |pairs: &[ScoredPair], decisions: &[Decision], name: &dyn Fn(Row) -> usize| {
            let named = |(pair, decision): (&ScoredPair, &Decision)| {
                let (left, right) = (name(pair.left), name(pair.right));
                ((left.min(right), left.max(right)), format!("{decision:?}"))
            };
            pairs.iter().zip(decisions).map(named).collect::<BTreeMap<_, _>>()
        };
        prop_assert_eq!(
            reasons(&straight.pairs, &straight.decisions, &|row| row as usize),
            reasons(&pairs, &decisions, &|row| order[row as usize])
        );
    }

    #[test]
    fn search_is_never_worse_than_the_heaviest_link_first_nor_better_than_the_best(world in worlds(4..13, 4)) {
        let (model, constraints) = (model_with_sources(), Constraints::default());
        let (table, pairs) = (world.table(), world.pairs());
        let decisions = decide(&model, &world, &constraints, &pairs, &|_| Vec::new());
        let ground = Ground::new(&model, &table, &world, &world, &constraints);
        if let Some(component) = component(&ground, &pairs, &decisions) {
            let dense = dense(&ground, &component);
            let worth = |clusters: &[Vec<usize>]| {
                let parts = clusters.iter().map(|places| places.iter().fold(0, |set, &place| set | 1 << place));
                dense.total(&parts.collect::<Vec<Set>>()).unwrap()
            };
            let greedy = worth(&search::greedy(&ground, &component).clusters);
            let found = worth(&search::search(&ground, &component).clusters);
            prop_assert!(greedy <= found && found <= exact::best(&dense).unwrap().0);
        }
    }

    #[test]
    fn one_to_one_is_the_best_assignment(world in worlds(2..9, 2)) {
        let mut model = model();
        model.clusters.one_to_one = true;
        let run = world.run(&model, &Constraints::default());
        let linkable = |left: Row, right: Row| {
            let pair = ScoredPair::of_weight(left, right, world.between(left, right), PRIOR_BITS);
            (world.veto(left, right).is_none() && pair.probability >= 0.9
                && world.sources[left as usize] != world.sources[right as usize]).then_some(pair.weight)
        };
        let worth = |clusters: &[Vec<Row>]| clusters.iter().filter(|members| members.len() > 1)
            .map(|members| linkable(members[0], members[1]).map(|weight| weight - 13.17)).sum::<Option<f32>>();
        let found = worth(&run.clusters).unwrap();
        let mut best = 0.0_f32;
        let all = (1_u64 << world.sources.len()) - 1;
        each_partition(all, &mut Vec::new(), &mut |parts| {
            let clusters = parts.iter().map(|&part| rows_of(part).map(|row| Row::try_from(row).unwrap()).collect::<Vec<_>>()).collect::<Vec<_>>();
            if clusters.iter().all(|members| members.len() <= 2) {
                best = best.max(worth(&clusters).unwrap_or(0.0));
            }
        });
        prop_assert!((found - best).abs() < 0.05, "{found} against {best}");
    }

    #[test]
    fn what_a_person_settled_holds(world in worlds(3..16, 3), settled in prop::collection::vec((0_usize..16, 0_usize..16, any::<bool>(), 10_u8..30), 1..8), one_to_one in any::<bool>()) {
        let mut model = model_with_sources();
        model.clusters.one_to_one = one_to_one;
        model.thresholds.competitor_margin_bits = 3.0;
        let table = world.table();
        let settled = settled_by(&world, &settled);
        let (constraints, report) = Constraints::resolve(&settled, &model, &table, &world);
        let run = world.run(&model, &constraints);
        check_constraints(&world, &model, &run.clusters);
        let cluster = |record: &(String, String)| {
            let row = record.1.parse::<Row>().unwrap();
            run.clusters.iter().position(|members| members.contains(&row)).unwrap()
        };
        let idle = report.superseded.iter().map(|one| one.decision).chain(report.conflicts.iter().map(|one| one.decision)).collect::<BTreeSet<_>>();
        prop_assert_eq!(idle.len() + report.applied, settled.len());
        for (place, one) in settled.iter().enumerate().filter(|(place, _)| !idle.contains(place)) {
            let together = cluster(&one.left) == cluster(&one.right);
            prop_assert_eq!(together, one.verdict == Settlement::Same, "decision {}", place);
        }
        for conflict in &report.conflicts {
            prop_assert!(conflict.chain.contains(&conflict.decision));
            prop_assert_eq!(conflict.records.len(), conflict.chain.len() + 1);
            for (step, &decision) in conflict.chain.iter().enumerate() {
                let ends = BTreeSet::from([&settled[decision].left, &settled[decision].right]);
                prop_assert_eq!(ends, BTreeSet::from([&conflict.records[step], &conflict.records[step + 1]]));
            }
        }
    }
}

fn settled_by(world: &World, drawn: &[(usize, usize, bool, u8)]) -> Vec<Settled> {
    let count = world.sources.len();
    let name = |row: usize| (world.sources[row].to_string(), format!("{row:03}"));
    drawn
        .iter()
        .map(|&(left, right, same, day)| (left % count, right % count, same, day))
        .filter(|(left, right, ..)| left != right)
        .map(|(left, right, same, day)| Settled {
            left: name(left),
            right: name(right),
            verdict: if same {
                Settlement::Same
            } else {
                Settlement::Different
            },
            who: "a steward".into(),
            when: format!("2026-01-{day}"),
            why: String::new(),
        })
        .collect()
}
