//! The threshold that a run chooses without a label, and what it says of itself.

#![allow(clippy::unwrap_used, reason = "a test panics on purpose")]

mod world;

use linkage::{Choice, DecisionSettings, Job, Linkage, Model, NoRules};
use world::{Record, model, records, table};

fn deciding(settings: DecisionSettings) -> Model {
    let mut model = model();
    model.thresholds.review = 1e-4;
    model.decision = Some(settings);
    model
}

fn run(records: &[Record], settings: DecisionSettings) -> (Linkage, Choice) {
    let table = table(records);
    let mut job = Job::prepare(
        deciding(settings),
        &table,
        Vec::new(),
        &NoRules,
        &|_, _, _| {},
    )
    .unwrap();
    let linkage = job.link(&|_, _, _| {}).unwrap();
    let choice = linkage.choice.clone().unwrap();
    (linkage, choice)
}

/// Precision and recall of the pairs at or above the chosen threshold.
fn truth(records: &[Record], linkage: &Linkage, choice: &Choice) -> (f64, f64) {
    let same = |pair: &&linkage::ScoredPair| {
        records[pair.left as usize].person == records[pair.right as usize].person
    };
    let links = linkage
        .pairs
        .iter()
        .filter(|pair| f64::from(pair.weight) >= choice.weight)
        .collect::<Vec<_>>();
    let found = figure(links.iter().filter(|pair| same(pair)).count());
    let persons = records
        .iter()
        .map(|record| record.person)
        .collect::<std::collections::BTreeSet<_>>();
    (
        found / figure(links.len()),
        found / figure(records.len() - persons.len()),
    )
}

#[test]
fn precision_and_recall_lie_within_their_intervals() {
    for seed in [1, 2, 3] {
        let records = records(2_000, seed);
        let (linkage, choice) = run(&records, DecisionSettings::default());
        let (precision, recall) = truth(&records, &linkage, &choice);
        assert!(
            choice.decoys > 0 && choice.precision.value > 0.97,
            "{choice:?}"
        );
        let holds = |estimated: linkage::Estimated, truth: f64| {
            estimated.low <= truth && truth <= estimated.high
        };
        assert!(
            holds(choice.precision, precision),
            "precision {precision} {:?}",
            choice.precision
        );
        assert!(
            holds(choice.recall, recall),
            "recall {recall} {:?}",
            choice.recall
        );
    }
}

#[test]
fn a_dearer_false_link_raises_the_threshold() {
    let records = records(1_500, 4);
    let cost = |false_link: f64| DecisionSettings {
        cost_false_link: false_link,
        ..DecisionSettings::default()
    };
    let (cheap, even, dear) = (
        run(&records, cost(0.1)).1,
        run(&records, cost(1.0)).1,
        run(&records, cost(20.0)).1,
    );
    assert!(cheap.weight <= even.weight && even.weight < dear.weight);
    assert!(dear.probability > 0.9, "{dear:?}");
}

#[test]
fn neither_order_of_rows_nor_threads_change_the_choice() {
    let straight = records(700, 5);
    let mut turned = straight.clone();
    turned.reverse();
    let pool = |threads| {
        rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap()
    };
    let told = |choice: &Choice| serde_json::to_string(choice).unwrap();
    let first = pool(1).install(|| run(&straight, DecisionSettings::default()).1);
    let second = pool(5).install(|| run(&turned, DecisionSettings::default()).1);
    assert_eq!(told(&first), told(&second));
}

#[test]
fn a_settled_model_keeps_threshold_and_calibration() {
    let records = records(700, 6);
    let (linkage, choice) = run(&records, DecisionSettings::default());
    assert!(linkage.model.decision.is_none());
    let again = Model::parse(&linkage.model.to_toml().unwrap()).unwrap();
    let table = table(&records);
    let mut job = Job::prepare(again, &table, Vec::new(), &NoRules, &|_, _, _| {}).unwrap();
    let second = job.link(&|_, _, _| {}).unwrap();
    assert_eq!(linkage.clusters, second.clusters);
    assert!(second.model.thresholds.link > 0.0 && choice.links > 0);
}

fn figure(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap())
}
