//! People of one household, and people who moved: known in training and in the weights, the same wherever a pair is weighed.
#![allow(clippy::unwrap_used, reason = "a test panics on purpose")]

mod world;

use std::collections::BTreeMap;

use linkage::{Codes, Column, Job, Linkage, Model, NoRules, Row, Table};
use world::drawn;

const MODEL: &str = r#"
name = "households"
version = 1
scope = "across_sources"

[[comparison]]
name = "given"
kind = "jaro_winkler"
column = "given"
tells_kin_apart = true
level = [{ name = "same", when = "same", rarity = true, m = 0.85 }, { name = "close", when = { at_least = 0.85 }, m = 0.05 }, { name = "other", when = "otherwise", m = 0.1 }]

[[comparison]]
name = "year"
kind = "exact"
column = "year"
tells_kin_apart = true
level = [{ name = "same", when = "same" }, { name = "other", when = "otherwise" }]

[[comparison]]
name = "family"
kind = "exact"
column = "family"
level = [{ name = "same", when = "same", rarity = true }, { name = "other", when = "otherwise" }]

[[comparison]]
name = "street"
kind = "exact"
column = "street"
level = [{ name = "same", when = "same", rarity = true }, { name = "other", when = "otherwise" }]

[[comparison]]
name = "town"
kind = "exact"
column = "town"
level = [{ name = "same", when = "same", rarity = true }, { name = "other", when = "otherwise" }]

[[block]]
name = "street"
on = ["street"]
size_max = 200
fixes = ["street"]
train = true

[[block]]
name = "family, year"
on = ["family", "year"]
size_max = 200
fixes = ["family", "year"]
train = true

[[block]]
name = "given, year"
on = ["given", "year"]
size_max = 200
fixes = ["given", "year"]
train = true
"#;

struct Said {
    source: &'static str,
    person: u64,
    /// Given name, year, family, street, town.
    values: [String; 5],
}

/// Households of one to five who share family, street and town, each person in both sources; one in eight has moved.
fn said(households: u64) -> Vec<Said> {
    let mut all = Vec::new();
    for household in 0..households {
        let of = |what: u64, below: u64| drawn(7, household, what) % below;
        for member in 0..=of(1, 5) {
            let person = household * 8 + member;
            let own = |what: u64, below: u64| drawn(11, person, what) % below;
            let place = |of: &dyn Fn(u64, u64) -> u64| {
                [
                    format!("street {}", of(3, 900)),
                    format!("town {}", of(4, 25)),
                ]
            };
            for source in ["a", "b"] {
                let moved = source == "b" && own(5, 8) == 0;
                let home = if moved { place(&own) } else { place(&of) };
                let copy = 2 * person + u64::from(source == "b");
                let wrong = |seed: u64| drawn(seed, copy, seed).is_multiple_of(14);
                let year = 1_930 + own(7, 80) + u64::from(wrong(17));
                let [street, town] = home;
                let family = if wrong(23) {
                    format!("x{}", of(2, 500))
                } else {
                    format!("f{}", of(2, 500))
                };
                all.push(Said {
                    source,
                    person,
                    values: [
                        format!("name {}", own(6, 600)),
                        year.to_string(),
                        family,
                        street,
                        town,
                    ],
                });
            }
        }
    }
    all
}

fn table(said: &[Said]) -> Table {
    let ids = said
        .iter()
        .map(|one| format!("{}{}", one.source, one.person))
        .collect::<Vec<_>>();
    let named = said
        .iter()
        .zip(&ids)
        .map(|(one, id)| (one.source, id.as_str()));
    let mut table = Table::new(named);
    for (place, name) in ["given", "year", "family", "street", "town"]
        .into_iter()
        .enumerate()
    {
        let values = said.iter().map(|one| Some(one.values[place].as_str()));
        table
            .add(name, Column::Codes(Codes::from_values(values)))
            .unwrap();
    }
    table
}

fn job<'t>(model: &Model, table: &'t Table) -> Job<'t> {
    Job::prepare(model.clone(), table, Vec::new(), &NoRules, &|_, _, _| {}).unwrap()
}

/// Links right, links wrong, and matches missed, by clusters.
fn judged(said: &[Said], linkage: &Linkage) -> (usize, usize, usize) {
    let (mut right, mut wrong) = (0, 0);
    for cluster in &linkage.clusters {
        for (place, &left) in cluster.iter().enumerate() {
            for &other in &cluster[place + 1..] {
                if said[left as usize].person == said[other as usize].person {
                    right += 1;
                } else {
                    wrong += 1;
                }
            }
        }
    }
    (right, wrong, said.len() / 2 - right)
}

#[test]
fn households_are_not_taken_for_persons_and_who_moved_is_found() {
    let said = said(1_500);
    let table = table(&said);
    let model = Model::parse(MODEL).unwrap();
    let linkage = job(&model, &table).link(&|_, _, _| {}).unwrap();
    let (right, wrong, missed) = judged(&said, &linkage);
    let kin = linkage.model.kin.as_ref().unwrap();
    let share = |name: &str| {
        kin.shared
            .iter()
            .find(|shared| shared.comparison == name)
            .map(|shared| shared.share)
    };
    assert!(share("street").unwrap() > 0.6, "{kin:?}");
    assert!(share("given").is_none(), "{kin:?}");
    let moved = linkage.model.moved.as_ref().unwrap();
    assert!((0.05..0.3).contains(&moved.per_match), "{moved:?}");
    assert!(
        wrong * 20 < right && missed * 10 < right,
        "{right} right, {wrong} wrong, {missed} missed"
    );
    // Without knowing what tells kin apart it is worse.
    let mut without = model;
    without
        .comparisons
        .iter_mut()
        .for_each(|comparison| comparison.tells_kin_apart = false);
    let linkage = job(&without, &table).link(&|_, _, _| {}).unwrap();
    let worse = judged(&said, &linkage);
    assert!(
        worse.1 + worse.2 > wrong + missed,
        "{worse:?} against {wrong} wrong and {missed} missed"
    );
}

#[test]
fn a_pair_weighs_the_same_alone_in_its_parts_and_by_the_trained_file() {
    let said = said(1_000);
    let table = table(&said);
    let mut job = job(&Model::parse(MODEL).unwrap(), &table);
    let linkage = job.link(&|_, _, _| {}).unwrap();
    assert!(linkage.model.kin.is_some() && linkage.model.moved.is_some());
    let columns = job.part_columns(&linkage.pairs).unwrap();
    for (place, pair) in linkage.pairs.iter().enumerate() {
        let alone = job.explain(pair.left, pair.right).unwrap();
        assert_eq!(alone.weight.to_bits(), pair.weight.to_bits(), "{pair:?}");
        let parts = columns.iter().map(|column| column[place]).sum::<f32>();
        assert!((parts - pair.weight).abs() < 0.001, "{parts} {pair:?}");
        let told = alone.comparisons.iter().map(|one| one.weight).sum::<f32>();
        assert!((told - pair.weight).abs() < 0.001, "{told} {pair:?}");
    }
    let again = Model::parse(&linkage.model.to_toml().unwrap()).unwrap();
    let again = Job::prepare(again, &table, Vec::new(), &NoRules, &|_, _, _| {})
        .unwrap()
        .link(&|_, _, _| {})
        .unwrap();
    let weights = |linkage: &Linkage| -> BTreeMap<(Row, Row), u32> {
        linkage
            .pairs
            .iter()
            .map(|pair| ((pair.left, pair.right), pair.weight.to_bits()))
            .collect()
    };
    assert_eq!(weights(&again), weights(&linkage));
    assert_eq!(again.clusters, linkage.clusters);
}

#[test]
fn a_share_out_of_bounds_and_an_unknown_comparison_are_refused() {
    let refused = |more: &str| {
        Model::parse(&format!("{MODEL}{more}"))
            .unwrap_err()
            .to_string()
    };
    let unknown =
        refused("\n[kin]\nper_pair = 0.1\nshared = [{ comparison = \"home\", share = 0.5 }]\n");
    assert!(
        unknown.contains("`home`") && unknown.contains("`street`"),
        "{unknown}"
    );
    let share =
        refused("\n[kin]\nper_pair = 0.1\nshared = [{ comparison = \"town\", share = 1.5 }]\n");
    assert!(share.contains("not between 0 and 1"), "{share}");
    let moved =
        refused("\n[moved]\nper_match = 0.1\nchanged = [{ comparison = \"home\", bits = [] }]\n");
    assert!(moved.contains("`home`"), "{moved}");
}
