use super::chance::{LevelCounts, level_counts};
use super::{Pairing, drawn, row_hashes};
use crate::blocking::Blocks;
use crate::comparison::{Bound, bind};
use crate::kernel::Kernel;
use crate::{Codes, Column, Level, Model, Table, TrainM};

const MODEL: &str = r#"
name = "test"
[[comparison]]
name = "name"
kind = "jaro_winkler"
column = "name"
level = [{ name = "same", when = "same" }, { name = "close", when = { at_least = 0.8 } }, { name = "other", when = "otherwise" }]
[[comparison]]
name = "town"
kind = "exact"
column = "town"
level = [{ name = "same", when = "same" }, { name = "other", when = "otherwise" }]
[[comparison]]
name = "postcode"
kind = "exact"
column = "postcode"
level = [{ name = "same", when = "same" }, { name = "other", when = "otherwise" }]
[[comparison]]
name = "birth"
kind = "exact"
column = "birth"
level = [{ name = "same", when = "same" }, { name = "other", when = "otherwise" }]
[[block]]
name = "name"
on = ["name"]
fixes = ["name"]
train = true
[[block]]
name = "birth"
on = ["birth"]
fixes = ["birth"]
train = true
[[block]]
name = "town and postcode"
on = ["town", "postcode"]
fixes = ["town", "postcode"]
train = true
"#;

/// A person's number and what a record says.
type PersonRow = (u64, String, String, String, String);

fn model(more: &str) -> Model {
    Model::parse(&format!("{more}\n{MODEL}")).unwrap()
}

/// A fifth of the persons stand twice, with a town spoilt in every tenth second record; each town has two postcodes.
fn table(persons: u64, sources: &[&str]) -> Table {
    let mut rows = Vec::new();
    for person in 0..persons {
        let of = |what: u64, below: u64| drawn(person * 31 + what, 7) % below;
        let name = format!(
            "{}{}",
            ["ka", "mi", "to", "ra"][usize::try_from(of(1, 4)).unwrap()],
            ["shi", "no", "yu", "ha", "ko", "ne"][usize::try_from(of(2, 6)).unwrap()]
        );
        let name = format!(
            "{name}{}",
            ["ta", "sa", "re", "wo", "ku"][usize::try_from(of(3, 5)).unwrap()]
        );
        let town = of(4, 12);
        let postcode = format!("{}", town * 10 + of(5, 2));
        let birth = format!("{}", of(6, 4_000));
        rows.push((
            person,
            name.clone(),
            format!("town {town}"),
            postcode.clone(),
            birth.clone(),
        ));
        if of(7, 5) == 0 {
            let town = if of(8, 10) == 0 {
                (town + 1) % 12
            } else {
                town
            };
            rows.push((person, name, format!("town {town}"), postcode, birth));
        }
    }
    let ids = (0..rows.len())
        .map(|row| format!("{row:05}"))
        .collect::<Vec<_>>();
    let source = |row: usize| sources[row % sources.len()];
    let mut table = Table::new(
        ids.iter()
            .enumerate()
            .map(|(row, id)| (source(row), id.as_str())),
    );
    let column = |get: &dyn Fn(&PersonRow) -> String| {
        let values = rows.iter().map(get).collect::<Vec<_>>();
        Column::Codes(Codes::from_values(
            values.iter().map(|value| Some(value.as_str())),
        ))
    };
    table.add("name", column(&|row| row.1.clone())).unwrap();
    table.add("town", column(&|row| row.2.clone())).unwrap();
    table.add("postcode", column(&|row| row.3.clone())).unwrap();
    table.add("birth", column(&|row| row.4.clone())).unwrap();
    table
        .add("person", column(&|row| row.0.to_string()))
        .unwrap();
    table
}

fn counted(model: &Model, table: &Table, value_pairs_max: usize) -> LevelCounts {
    let bound = bind(&model.comparisons, table, Vec::new()).unwrap();
    let Bound::Coded(coded) = &bound[0] else {
        unreachable!("names are codes")
    };
    level_counts(
        coded,
        3,
        &Pairing::new(model, table),
        &row_hashes(table),
        value_pairs_max,
    )
}

/// Pairs by level, one by one.
fn one_by_one(model: &Model, table: &Table) -> Vec<f64> {
    let bound = bind(&model.comparisons, table, Vec::new()).unwrap();
    let Bound::Coded(coded) = &bound[0] else {
        unreachable!("names are codes")
    };
    let pairing = Pairing::new(model, table);
    let mut counts = vec![0.0; 3];
    for left in 0..u32::try_from(table.len()).unwrap() {
        for right in (0..left).filter(|&right| pairing.allows(left, right)) {
            let (one, other) = (coded.rows[left as usize], coded.rows[right as usize]);
            if let Level::At(level) = coded.values.outcome(one.min(other), one.max(other)).level {
                counts[usize::from(level)] += 1.0;
            }
        }
    }
    counts
}

#[test]
fn pairs_by_level_are_those_that_are_counted_one_by_one() {
    for (more, sources) in [
        ("", &["a"] as &[&str]),
        ("scope = \"across_sources\"", &["a", "b"]),
        (
            "source = [{ name = \"a\", one_per_cluster = \"hard\" }]",
            &["a", "b", "b"],
        ),
    ] {
        let (model, table) = (model(more), table(150, sources));
        let found = counted(&model, &table, usize::MAX);
        assert_eq!(found.pairs, one_by_one(&model, &table), "{more}");
        assert!((found.exact_share - 1.0).abs() < 1e-12);
    }
}

#[test]
fn rarer_values_are_represented_by_some() {
    let (model, table) = (model(""), table(400, &["a"]));
    let (few, all) = (
        counted(&model, &table, 2_000),
        counted(&model, &table, usize::MAX),
    );
    assert!(few.exact_share < 0.9, "{few:?}");
    assert!(
        (few.pairs[0] - all.pairs[0]).abs() < 1e-6,
        "equal values stay exact"
    );
    assert!((few.pairs.iter().sum::<f64>() - all.pairs.iter().sum::<f64>()).abs() < 1e-3);
    assert!(
        (few.pairs[1] / all.pairs[1] - 1.0).abs() < 0.35,
        "{few:?} {all:?}"
    );
}

fn trained(model: &mut Model, table: &Table) -> super::TrainingReport {
    let blocks = Blocks::build(model, table).unwrap();
    let levels = model
        .comparisons
        .iter()
        .map(|comparison| comparison.levels.len())
        .collect::<Vec<_>>();
    let bound = bind(&model.comparisons, table, Vec::new()).unwrap();
    let kernel = Kernel::new(bound, &levels, table, blocks.rules()).unwrap();
    super::train(model, table, &kernel, &blocks).unwrap()
}

#[test]
fn m_and_the_number_of_matches_are_found_without_a_label() {
    let table = table(3_000, &["a"]);
    let mut model = model("");
    let report = trained(&mut model, &table);
    let matches = f64::from(u32::try_from(table.len()).unwrap()) - 3_000.0;
    assert!(
        report.converged && (report.matches / matches - 1.0).abs() < 0.15,
        "{report:?} of {matches}"
    );
    let m = model.comparisons[1].levels[0].m.unwrap();
    assert!(
        (m - 0.9).abs() < 0.05,
        "the town agrees in nine of ten, m is {m}"
    );
    let u = model.comparisons[3].levels[0].u.unwrap();
    assert!(
        (u * 4_000.0 - 1.0).abs() < 0.3,
        "one birth in 4,000, u is {u}"
    );
}

#[test]
fn labels_give_the_same_m() {
    let table = table(3_000, &["a"]);
    let mut model = model("");
    model.training.m = TrainM::Labels;
    model.training.label = "person".into();
    trained(&mut model, &table);
    let m = model.comparisons[1].levels[0].m.unwrap();
    assert!((m - 0.9).abs() < 0.04, "m is {m}");
}

#[test]
fn a_postcode_that_follows_the_town_is_not_counted_twice() {
    let table = table(3_000, &["a"]);
    let mut model = model("");
    let report = trained(&mut model, &table);
    let modelled = report
        .dependence
        .iter()
        .filter(|tie| tie.modelled)
        .collect::<Vec<_>>();
    assert_eq!(modelled.len(), 1, "{modelled:?}");
    assert_eq!(
        (modelled[0].one.as_str(), modelled[0].other.as_str()),
        ("town", "postcode")
    );
    // Among 24 postcodes in 12 towns, the same postcode means the same town: 3.6 bits that are said twice.
    assert!(
        (modelled[0].agreement_bits - 3.6).abs() < 0.3,
        "{modelled:?}"
    );
}
