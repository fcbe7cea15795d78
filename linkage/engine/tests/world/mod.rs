//! A small world of persons with records in two sources, for tests of whole runs.

#![allow(dead_code, reason = "each test file uses a part")]

use linkage::{Arrays, Codes, Column, Model, PackedDate, Table};

/// A record before it becomes a row.
#[derive(Clone)]
pub(crate) struct Record {
    pub(crate) source: &'static str,
    pub(crate) id: String,
    pub(crate) person: u64,
    pub(crate) name: String,
    pub(crate) birth: (u32, u32, u32),
    pub(crate) city: Option<String>,
    pub(crate) tags: Vec<String>,
}

/// A number that depends on its arguments alone.
pub(crate) fn drawn(seed: u64, person: u64, what: u64) -> u64 {
    let mut value = seed
        ^ person.wrapping_mul(0x9E37_79B9_7F4A_7C15)
        ^ what.wrapping_mul(0xD134_2543_DE82_EF95);
    value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

/// Every person once in `a`, two of three in `b` with some errors.
pub(crate) fn records(persons: u64, seed: u64) -> Vec<Record> {
    let mut records = Vec::new();
    for person in 0..persons {
        let of = |what: u64, below: u64| drawn(seed, person, what) % below;
        let syllable = |what: u64| {
            [
                "ka", "mi", "to", "ra", "shi", "no", "yu", "ha", "ko", "ne", "ta", "sa",
            ][usize::try_from(of(what, 12)).unwrap()]
        };
        let number = |what: u64, below: u64| u32::try_from(of(what, below)).unwrap();
        let first = Record {
            source: "a",
            id: format!("{person:06}"),
            person,
            name: [1, 2, 3, 4].map(syllable).concat(),
            birth: (1940 + number(5, 60), 1 + number(6, 12), 1 + number(7, 28)),
            city: (of(8, 10) > 0).then(|| format!("city {}", (of(9, 8) * of(10, 8)) / 2)),
            tags: (0..3)
                .map(|tag| format!("tag {}", of(20 + tag, 400)))
                .collect(),
        };
        if of(11, 3) > 0 {
            let mut second = Record {
                source: "b",
                id: format!("x{person}"),
                ..first.clone()
            };
            if of(12, 12) == 0 {
                second.name.replace_range(0..1, "z");
            }
            if of(13, 20) == 0 {
                second.birth = (second.birth.0, second.birth.2.clamp(1, 12), second.birth.1);
            }
            if of(14, 6) == 0 {
                second.tags.pop();
            }
            records.push(second);
        }
        records.push(first);
    }
    records
}

/// The records' table.
pub(crate) fn table(records: &[Record]) -> Table {
    let ids = records
        .iter()
        .map(|record| (record.source, record.id.as_str()));
    filled(Table::new(ids), records)
}

/// The records' columns, in a table of their ids.
pub(crate) fn filled(mut table: Table, records: &[Record]) -> Table {
    let birth = |record: &Record| PackedDate::new(record.birth.0, record.birth.1, record.birth.2);
    let columns = [
        (
            "name",
            Column::Codes(Codes::from_values(
                records.iter().map(|record| Some(record.name.as_str())),
            )),
        ),
        (
            "city",
            Column::Codes(Codes::from_values(
                records.iter().map(|record| record.city.as_deref()),
            )),
        ),
        ("birth", Column::Dates(records.iter().map(birth).collect())),
        (
            "tags",
            Column::Arrays(Arrays::from_strings(
                records.iter().map(|record| record.tags.clone()),
            )),
        ),
    ];
    for (name, column) in columns {
        table.add(name, column).unwrap();
    }
    table
}

/// A model for it, with nothing trained.
pub(crate) const MODEL: &str = r#"
name = "test"
version = 1
prior = { matches_per_record = 0.3, estimate = true }
thresholds = { link = 0.9, review = 0.1, competitor_margin_bits = 2.0 }
clusters = { size_max = 10, contradiction_share = 0.5, rounds_max = 5 }
source = [{ name = "a", one_per_cluster = "hard" }]

[training]
m = "em"
u = "data"
random_pairs = 200000
seed = 1
prior_pairs = 10.0
rounds_max = 100
tolerance = 0.00001
pairs_per_rule_max = 1000000
pairs_max = 10000000

[[comparison]]
name = "name"
kind = "jaro_winkler"
column = "name"
level = [{ name = "same", when = "same", rarity = true }, { name = "close", when = { at_least = 0.85 } }, { name = "other", when = "otherwise" }]

[[comparison]]
name = "birth"
kind = "date"
column = "birth"
level = [{ name = "same", when = "same" }, { name = "swapped", when = "swapped", m = 0.03, u = 0.0001 }, { name = "other", when = "otherwise" }]

[[comparison]]
name = "city"
kind = "exact"
column = "city"
level = [{ name = "same", when = "same", rarity = true }, { name = "other", when = "otherwise" }]

[[comparison]]
name = "tags"
kind = "array"
column = "tags"
level = [{ name = "two", when = { shared = 2 } }, { name = "one", when = { shared = 1 } }, { name = "none", when = "otherwise" }]

[[block]]
name = "birth"
on = ["birth"]
size_max = 100
fixes = ["birth"]
train = true

[[block]]
name = "tag and city"
on = ["tags", "city"]
size_max = 100
fixes = ["tags", "city"]
train = true
"#;

/// The parsed model.
pub(crate) fn model() -> Model {
    Model::parse(MODEL).unwrap()
}
