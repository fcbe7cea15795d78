//! Laws of partitions, against all partitions where they can be counted.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::components::Component;
use super::dense::{Dense, Set, rows_of};
use super::ground::{Grains, Ground};
use super::{Clusters, PairWeights, exact, partition, search};
use crate::decide::{Decision, NoRules, Reason, Rules, decide};
use crate::model::{OnePerCluster, SourceSettings};
use crate::review::Constraints;
use crate::weigh::ScoredPair;
use crate::{Model, Row, Settled, Settlement, Table};

const PRIOR_BITS: f32 = -10.0;

const MODEL: &str = r#"
name = "test"
thresholds = { link = 0.9, review = 0.1, competitor_margin_bits = 0.0 }
clusters = { size_max = 10, contradiction_share = 0.5, rounds_max = 5 }
[[comparison]]
name = "none"
kind = "exact"
column = "none"
level = [{ name = "same", when = "same" }, { name = "other", when = "otherwise" }]
[[block]]
name = "none"
on = ["none"]
size_max = 10
"#;

/// A few records and the weight of every pair of them.
#[derive(Clone, Debug)]
struct World {
    /// Each record's source.
    sources: Vec<u8>,
    /// Weights in quarter bits, by left and then right.
    weights: BTreeMap<(Row, Row), i16>,
    /// Pairs under a veto.
    vetoes: BTreeSet<(Row, Row)>,
}

impl PairWeights for World {
    fn between(&self, left: Row, right: Row) -> f32 {
        f32::from(self.weights[&(left.min(right), left.max(right))]) / 4.0
    }

    fn prior_bits(&self) -> f32 {
        PRIOR_BITS
    }
}

impl Rules for World {
    fn veto(&self, left: Row, right: Row) -> Option<&'static str> {
        self.vetoes
            .contains(&(left.min(right), left.max(right)))
            .then_some("vetoed")
    }
}

/// What a run over a world gives.
#[derive(Debug)]
struct Run {
    clusters: Vec<Vec<Row>>,
    decisions: Vec<Decision>,
    pairs: Vec<ScoredPair>,
}

impl World {
    fn table(&self) -> Table {
        let ids = (0..self.sources.len())
            .map(|row| (self.sources[row].to_string(), format!("{row:03}")))
            .collect::<Vec<_>>();
        Table::new(
            ids.iter()
                .map(|(source, id)| (source.as_str(), id.as_str())),
        )
    }

    fn pairs(&self) -> Vec<ScoredPair> {
        let pair = |&(left, right): &(Row, Row)| {
            ScoredPair::of_weight(left, right, self.between(left, right), PRIOR_BITS)
        };
        let pairs = self.weights.keys().map(pair);
        pairs.filter(|pair| pair.probability >= 0.1).collect()
    }

    fn run(&self, model: &Model, constraints: &Constraints) -> Run {
        let (table, pairs) = (self.table(), self.pairs());
        let mut decisions = decide(model, &table, self, constraints, &pairs, &|_| Vec::new());
        let (clusters, _) = partition(
            model,
            &table,
            self,
            self,
            &pairs,
            &mut decisions,
            constraints,
        );
        Run {
            clusters: clusters.into_lists(),
            decisions,
            pairs,
        }
    }

    /// The same records in another order of rows: `order[new] = old`.
    fn reordered(&self, order: &[usize]) -> (Table, Reordered<'_>, Vec<ScoredPair>) {
        let ids = order
            .iter()
            .map(|&row| (self.sources[row].to_string(), format!("{row:03}")))
            .collect::<Vec<_>>();
        let table = Table::new(
            ids.iter()
                .map(|(source, id)| (source.as_str(), id.as_str())),
        );
        let world = Reordered {
            world: self,
            order: order.to_vec(),
        };
        let count = Row::try_from(order.len()).unwrap();
        let all = (0..count).flat_map(|left| (left + 1..count).map(move |right| (left, right)));
        let pairs = all
            .map(|(left, right)| {
                ScoredPair::of_weight(left, right, world.between(left, right), PRIOR_BITS)
            })
            .filter(|pair| pair.probability >= 0.1)
            .collect();
        (table, world, pairs)
    }
}

struct Reordered<'a> {
    world: &'a World,
    order: Vec<usize>,
}

impl Reordered<'_> {
    fn old(&self, row: Row) -> Row {
        Row::try_from(self.order[row as usize]).unwrap()
    }
}

impl PairWeights for Reordered<'_> {
    fn between(&self, left: Row, right: Row) -> f32 {
        self.world.between(self.old(left), self.old(right))
    }

    fn prior_bits(&self) -> f32 {
        PRIOR_BITS
    }
}

impl Rules for Reordered<'_> {
    fn veto(&self, left: Row, right: Row) -> Option<&'static str> {
        self.world.veto(self.old(left), self.old(right))
    }
}

/// Worlds of so many records in so many sources.
fn worlds(records: std::ops::Range<usize>, sources: u8) -> impl Strategy<Value = World> {
    records.prop_flat_map(move |count| {
        let pairs = count * (count - 1) / 2;
        (
            prop::collection::vec(0..sources, count),
            prop::collection::vec(prop_oneof![3 => 30_i16..120, 4 => -80_i16..50], pairs),
            prop::collection::vec(0_u8..20, pairs),
        )
            .prop_map(move |(sources, weights, vetoes)| {
                let count = Row::try_from(count).unwrap();
                let keys = (0..count)
                    .flat_map(|left| (left + 1..count).map(move |right| (left, right)))
                    .collect::<Vec<_>>();
                let vetoed = keys.iter().zip(&vetoes).filter(|(_, veto)| **veto == 0);
                World {
                    sources,
                    vetoes: vetoed.map(|(key, _)| *key).collect(),
                    weights: keys.into_iter().zip(weights).collect(),
                }
            })
    })
}

fn model() -> Model {
    Model::parse(MODEL).unwrap()
}

/// Source 0 may hold a person twice at a cost, source 1 never, the others as often as they like.
fn model_with_sources() -> Model {
    let source = |name: &str, one_per_cluster, penalty_bits| SourceSettings {
        name: name.to_owned(),
        one_per_cluster,
        penalty_bits,
    };
    let mut model = model();
    model.sources = vec![
        source("0", OnePerCluster::Soft, 4.0),
        source("1", OnePerCluster::Hard, 0.0),
    ];
    model
}

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
        let decisions = decide(&model, &table, &world, &constraints, &pairs, &|_| Vec::new());
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
        let mut decisions = decide(&model, &table, &turned, &constraints, &pairs, &|_| Vec::new());
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
        let decisions = decide(&model, &table, &world, &constraints, &pairs, &|_| Vec::new());
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
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
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
    let grains: Grains = super::ground::grains(f32::NAN);
    assert_eq!(grains, 0);
}
