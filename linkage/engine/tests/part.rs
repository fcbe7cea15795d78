//! Records in parts weigh, and cluster, bit for bit as in one run.
#![allow(clippy::unwrap_used, reason = "a test panics on purpose")]

mod world;

use std::collections::{BTreeMap, BTreeSet};

use linkage::{
    Arrays, Codes, Column, Job, Linkage, Model, NoRules, PackedDate, Part, Row, ScoredPair, Table,
    TableIds, keys,
};
use world::{Record, model, records, table};

/// A pair as names of records, with what must be the same to the bit.
type Told = BTreeMap<(String, String), (u8, u32, u32)>;

fn run(records: &[Record], model: Model) -> Linkage {
    let table = table(records);
    let mut job = Job::prepare(model, &table, Vec::new(), &NoRules, &|_, _, _| {}).unwrap();
    job.link(&|_, _, _| {}).unwrap()
}

/// The model with its m and u trained, its prior not yet estimated.
fn trained(records: &[Record]) -> Model {
    let table = table(records);
    let job = Job::prepare(model(), &table, Vec::new(), &NoRules, &|_, _, _| {}).unwrap();
    let mut model = job.model().clone();
    model.training.m = linkage::TrainM::File;
    model.training.u = linkage::TrainU::File;
    model
}

fn told(records: &[Record], pairs: &[ScoredPair]) -> Told {
    let name = |row: Row| {
        format!(
            "{} {}",
            records[row as usize].source, records[row as usize].id
        )
    };
    let pairs = pairs.iter().map(|pair| {
        let (left, right) = (name(pair.left), name(pair.right));
        let names = if left < right {
            (left, right)
        } else {
            (right, left)
        };
        (
            names,
            (pair.rule, pair.weight.to_bits(), pair.probability.to_bits()),
        )
    });
    pairs.collect()
}

fn clusters(records: &[Record], clusters: &[Vec<Row>]) -> BTreeSet<BTreeSet<String>> {
    let name = |&row: &Row| {
        format!(
            "{} {}",
            records[row as usize].source, records[row as usize].id
        )
    };
    let many = clusters.iter().filter(|rows| rows.len() > 1);
    many.map(|rows| rows.iter().map(name).collect()).collect()
}

/// One column of the world, for records of a part and then for the distinct values of all.
fn values(column: &str, part: &[Record], all: &[Record]) -> Table {
    let text = |record: &Record| match column {
        "name" => record.name.clone(),
        "city" => record.city.clone().unwrap_or_default(),
        "birth" => format!("{:?}", record.birth),
        _ => record.tags.join(";"),
    };
    let mut counts = BTreeMap::<String, (Record, u32)>::new();
    for record in all {
        counts.entry(text(record)).or_insert((record.clone(), 0)).1 += 1;
    }
    let rows = part
        .iter()
        .cloned()
        .chain(counts.values().map(|value| value.0.clone()));
    let rows = rows.collect::<Vec<_>>();
    let mut times = vec![0; part.len()];
    times.extend(counts.values().map(|value| value.1));
    let mut ids = TableIds::default();
    for _ in &rows {
        ids.push("", "");
    }
    let mut table = Table::repeated(ids, times).unwrap();
    let cells = match column {
        "name" => Column::Codes(Codes::from_values(
            rows.iter().map(|row| Some(row.name.as_str())),
        )),
        "city" => Column::Codes(Codes::from_values(
            rows.iter().map(|row| row.city.as_deref()),
        )),
        "birth" => Column::Dates(
            rows.iter()
                .map(|row| PackedDate::new(row.birth.0, row.birth.1, row.birth.2))
                .collect(),
        ),
        _ => Column::Arrays(Arrays::from_strings(
            rows.iter().map(|row| row.tags.clone()),
        )),
    };
    table.add(column, cells).unwrap();
    table
}

/// Candidates by the keys alone, each under the first rule that gives it, as `(left, right, rule)`.
fn candidates(model: &Model, records: &[Record]) -> Vec<(Row, Row, u8)> {
    let mut found = BTreeMap::new();
    for (rule, keys) in (0..).zip(keys(model, &table(records)).unwrap()) {
        let mut blocks = BTreeMap::<u64, Vec<Row>>::new();
        for (row, key) in keys.on {
            blocks.entry(key).or_default().push(row);
        }
        let size_max = model.blocks[usize::from(rule)].size_max;
        for rows in blocks.values().filter(|rows| rows.len() <= size_max) {
            for (place, &left) in rows.iter().enumerate() {
                for &right in &rows[place + 1..] {
                    found.entry((left, right)).or_insert(rule);
                }
            }
        }
    }
    found
        .into_iter()
        .map(|((left, right), rule)| (left, right, rule))
        .collect()
}

#[test]
fn parts_score_and_cluster_as_the_whole_does() {
    let all = records(1500, 7);
    let whole = run(&all, model());
    assert!(whole.pairs.len() > 500, "a world with something to link");
    let model = trained(&all);
    let columns = ["name", "birth", "city", "tags"];
    let candidates = candidates(&model, &all);
    // Each part holds the records of its pairs, in an order of its own.
    let (mut pairs, mut scores) = (Vec::new(), linkage::ScoreCounts::new());
    for part in 0..3 {
        let mine = candidates
            .iter()
            .filter(|pair| (pair.0 + pair.1) % 3 == part);
        let mine = mine.copied().collect::<Vec<_>>();
        let rows = mine
            .iter()
            .flat_map(|pair| [pair.1, pair.0])
            .collect::<BTreeSet<_>>();
        let rows = rows.into_iter().rev().collect::<Vec<_>>();
        let place =
            |row: Row| Row::try_from(rows.iter().position(|&one| one == row).unwrap()).unwrap();
        let some = rows
            .iter()
            .map(|&row| all[row as usize].clone())
            .collect::<Vec<_>>();
        let (some_table, values) = (
            table(&some),
            columns.map(|column| values(column, &some, &all)),
        );
        let of_part = Part::new(model.clone(), &some_table, &values.each_ref(), all.len()).unwrap();
        let asked = mine
            .iter()
            .map(|pair| (place(pair.0), place(pair.1), pair.2));
        for mut pair in of_part
            .score(&asked.collect::<Vec<_>>(), &mut scores)
            .unwrap()
        {
            (pair.left, pair.right) = (rows[pair.left as usize], rows[pair.right as usize]);
            pairs.push(pair);
        }
    }
    // Only the records that have a pair come to the last step.
    let linked = pairs
        .iter()
        .flat_map(|pair| [pair.left, pair.right])
        .collect::<BTreeSet<_>>();
    let linked = linked.into_iter().rev().collect::<Vec<_>>();
    let some = linked
        .iter()
        .map(|&row| all[row as usize].clone())
        .collect::<Vec<_>>();
    for pair in &mut pairs {
        let place =
            |row: Row| Row::try_from(linked.iter().position(|&one| one == row).unwrap()).unwrap();
        let (left, right) = (place(pair.left), place(pair.right));
        (pair.left, pair.right) = (left.min(right), left.max(right));
    }
    let (table, values) = (
        table(&some),
        columns.map(|column| values(column, &some, &all)),
    );
    let part = Part::new(model, &table, &values.each_ref(), all.len()).unwrap();
    let end = part.conclude(pairs, &scores, &NoRules).unwrap();
    assert_eq!(told(&some, &end.pairs), told(&all, &whole.pairs));
    assert_eq!(
        clusters(&some, &end.clusters),
        clusters(&all, &whole.clusters)
    );
    assert_eq!(end.model.to_toml().unwrap(), whole.model.to_toml().unwrap());
}
