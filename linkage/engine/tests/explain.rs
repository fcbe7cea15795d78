//! What an explanation says against a pair, and that it adds up.
#![allow(clippy::unwrap_used, reason = "a test panics on purpose")]

mod world;

use linkage::{Explanation, Job, Linkage, NoRules, Obstacle, Row, Rules, Table, Verdict};
use world::{model, records, table};

struct Never;

impl Rules for Never {
    fn veto(&self, _left: Row, _right: Row) -> Option<&'static str> {
        Some("they were seen together")
    }
}

fn explained(table: &Table, rules: &dyn Rules, left: Row, right: Row) -> Explanation {
    let job = Job::prepare(model(), table, Vec::new(), rules, &|_, _, _| {}).unwrap();
    job.explain(left, right).unwrap()
}

fn linked(table: &Table) -> Linkage {
    let mut job = Job::prepare(model(), table, Vec::new(), &NoRules, &|_, _, _| {}).unwrap();
    job.link(&|_, _, _| {}).unwrap()
}

#[test]
fn strangers_are_told_which_keys_keep_them_apart_and_what_would_have_to_change() {
    let records = records(300, 8);
    let table = table(&records);
    let stranger = (0..u32::try_from(records.len()).unwrap())
        .find(|&row| records[row as usize].person != records[0].person);
    let explained = explained(&table, &NoRules, 0, stranger.unwrap());
    assert_eq!(explained.verdict, Verdict::NonLink);
    let Obstacle::NotCandidates { rules } = &explained.obstacles[0] else {
        panic!("{explained}");
    };
    assert!(rules.iter().all(|rule| rule.lacking().count() > 0));
    let Obstacle::BelowThreshold {
        lacking_bits,
        alone,
        together,
    } = &explained.obstacles[1]
    else {
        panic!("{explained}");
    };
    assert!(alone.iter().all(|change| change.gain_bits >= *lacking_bits));
    let gained = together.iter().map(|change| change.gain_bits).sum::<f32>();
    assert!(together.is_empty() || gained >= *lacking_bits);
}

#[test]
fn a_veto_is_named() {
    let records = records(300, 8);
    let table = table(&records);
    let explained = explained(&table, &Never, 0, 1);
    let veto = "they were seen together".to_owned();
    assert!(explained.obstacles.contains(&Obstacle::Vetoed { veto }));
}

#[test]
fn nothing_stands_against_what_a_run_put_together() {
    let records = records(300, 8);
    let table = table(&records);
    let linkage = linked(&table);
    let cluster = linkage.clusters.iter().find(|rows| rows.len() > 1).unwrap();
    let pair = explained(&table, &NoRules, cluster[0], cluster[1]);
    let within = pair.within(&linkage, cluster[0], cluster[1]);
    assert_eq!(within.together, Some(true));
    assert_eq!(within.obstacles, []);
}

#[test]
fn an_explanation_comes_back_from_json_as_it_was() {
    let records = records(300, 8);
    let table = table(&records);
    let mut told = explained(&table, &NoRules, 0, 1);
    let json = serde_json::to_string(&told).unwrap();
    told.decision = None;
    assert_eq!(serde_json::from_str::<Explanation>(&json).unwrap(), told);
}

#[test]
fn every_cluster_hangs_together_by_its_graph() {
    let records = records(300, 8);
    let table = table(&records);
    let linkage = linked(&table);
    for cluster in &linkage.clusters {
        let graph = linkage.graph(&table, cluster);
        assert_eq!(graph.records.len(), cluster.len());
        assert_eq!(graph.weakest.is_some(), cluster.len() > 1, "{graph}");
        if let (Some(weakest), Some(split)) = (graph.weakest, &graph.split) {
            assert!(graph.edges[split.edge].bridge);
            assert!(graph.edges[weakest].weight <= graph.edges[split.edge].weight);
            assert!(split.side.len() * 2 <= graph.records.len());
        }
    }
}
