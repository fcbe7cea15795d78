//! What records say in these tests: persons, slips, and values that are spelled in several ways.

use std::sync::LazyLock;

use linkage::{
    ChangedByMoving, Codes, Column, Job, Kin, Model, Moved, NoRules, Scope, SharedByKin, Table,
    TableIds,
};
use proptest::prelude::*;

use crate::world::{self, Record, drawn};

/// What a record says: a person, and slips.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Said {
    pub(crate) person: u64,
    pub(crate) typo: u8,
    pub(crate) tags: u8,
    pub(crate) moved: bool,
}

/// A record with what it says beside the columns of the small world.
#[derive(Clone)]
pub(crate) struct Told {
    pub(crate) record: Record,
    number: String,
    days: String,
    typing: String,
    address: String,
}

pub(crate) fn said() -> impl Strategy<Value = Said> {
    (0_u64..30, 0_u8..9, 0_u8..4, 0_u8..5).prop_map(|(person, typo, tags, moved)| Said {
        person,
        typo,
        tags,
        moved: moved == 0,
    })
}

/// Source and id of the record at a place.
pub(crate) fn name_of(place: usize) -> (String, String) {
    let source = ["a", "b", "b"][place % 3];
    (source.to_owned(), format!("{place:03}"))
}

pub(crate) fn told(place: usize, said: Said) -> Told {
    let of = |what: u64, below: u64| drawn(5, said.person, what) % below;
    let pick = |what: u64, texts: &[&'static str]| {
        texts[usize::try_from(of(what, texts.len() as u64)).unwrap()]
    };
    let number = 100 + of(30, 900);
    let spelled = match said.typo {
        0..4 => format!("00{number}"),
        4 => format!("00-{number}"),
        5 => number.to_string(),
        _ => format!("00{}", number + u64::from(said.typo)),
    };
    let (month, day) = (1 + of(31, 3), 10 + of(32, 4));
    let days = match said.typo {
        0..3 => format!("2019-0{month}-{day}"),
        3 => format!("20190{month}{day}"),
        4 => format!("2019-0{month}-{day}; 2020-01-0{}", 1 + of(33, 9)),
        _ => format!("(2019/0{month}/{}) ", day + 1),
    };
    let allele = |what| pick(what, &["24:02", "26:01", "02:01", "33:03", "11:01"]);
    let mut typing = format!("A*{}+A*{}^B*{}", allele(34), allele(35), allele(36));
    if said.typo % 2 == 1 {
        typing = typing.to_lowercase().replace('^', " ");
    }
    let words = |what| pick(what, &["hill", "lake", "north", "old mill", "station"]);
    let mut address = format!("{} {} road {}", words(37), words(38), of(39, 12));
    match said.typo {
        2 => address = format!("road {} {}", words(37), of(39, 12)),
        7 => address.push_str(" annex"),
        8 => address.push_str(" unheard"),
        _ => {}
    }
    Told {
        record: record(place, said),
        number: spelled,
        days,
        typing,
        address,
    }
}

fn record(place: usize, said: Said) -> Record {
    let of = |what: u64, below: u64| drawn(5, said.person, what) % below;
    let syllable = |what| ["ka", "mi", "to", "ra", "shi"][usize::try_from(of(what, 5)).unwrap()];
    let mut name = [1, 2, 3].map(syllable).concat();
    match said.typo {
        6 => name.push('q'),
        7 => name.insert(2, 'w'),
        8 => name.replace_range(0..1, "z"),
        _ => {}
    }
    Record {
        source: ["a", "b", "b"][place % 3],
        id: format!("{place:03}"),
        person: said.person,
        name,
        birth: (
            1950,
            1 + u32::try_from(of(4, 8)).unwrap(),
            3 + u32::from(said.typo == 5),
        ),
        city: (of(5, 9) > 0).then(|| {
            let city = if said.moved { 9 } else { of(6, 4) };
            format!("city {city}")
        }),
        tags: (0..u64::from(said.tags))
            .map(|tag| format!("tag {}", of(7 + tag, 12)))
            .collect(),
    }
}

/// The records' table.
pub(crate) fn table(told: &[Told]) -> Table {
    filled(Table::of(ids(told)), told)
}

pub(crate) fn ids(told: &[Told]) -> TableIds {
    let mut ids = TableIds::default();
    for one in told {
        ids.push(one.record.source, &one.record.id);
    }
    ids
}

/// The records' columns, in a table of their ids.
pub(crate) fn filled(table: Table, told: &[Told]) -> Table {
    let records = told.iter().map(|one| one.record.clone());
    let mut table = world::filled(table, &records.collect::<Vec<_>>());
    for name in ["number", "days", "typing", "address"] {
        let texts = told.iter().map(|one| {
            Some(match name {
                "number" => one.number.as_str(),
                "days" => &one.days,
                "typing" => &one.typing,
                _ => &one.address,
            })
        });
        let codes = Codes::from_values(texts);
        table.add(name, Column::Codes(codes)).unwrap();
    }
    table
}

/// Comparisons of values that are spelled in several ways, and of words.
const SPELLED: &str = r#"
[[comparison]]
name = "number"
kind = "identifier"
column = "number"
level = [{ name = "same", when = "same", rarity = true, m = 0.7, u = 0.02 }, { name = "zeros", when = "zeros_lost", rarity = true, m = 0.1, u = 0.01 }, { name = "slip", when = { edits = 1 }, rarity = true, m = 0.1, u = 0.03 }, { name = "other", when = "otherwise", m = 0.1, u = 0.94 }]

[[comparison]]
name = "days"
kind = "event_dates"
column = "days"
level = [{ name = "shared", when = { shared = 1 }, rarity = true, m = 0.7, u = 0.1 }, { name = "close", when = { within = 1 }, m = 0.2, u = 0.1 }, { name = "other", when = "otherwise", m = 0.1, u = 0.8 }]

[[comparison]]
name = "typing"
kind = "hla"
column = "typing"
level = [{ name = "compatible", when = "compatible", rarity = true, m = 0.9, u = 0.1 }, { name = "other", when = "otherwise", m = 0.1, u = 0.9 }]

[[comparison]]
name = "address"
kind = "tokens"
column = "address"
level = [{ name = "same", when = "same", rarity = true, m = 0.5, u = 0.02 }, { name = "weighted", when = { weighted = 0.7 }, rarity = true, m = 0.3, u = 0.08 }, { name = "less", when = { weighted = 0.4 }, m = 0.1, u = 0.3 }, { name = "other", when = "otherwise", m = 0.1, u = 0.6 }]

[[block]]
name = "rare words"
on = ["rare_tokens(address, 2)"]

[[block]]
name = "pairs of words"
on = ["token_pairs(address, 3)"]

[[block]]
name = "number"
on = ["digits(number)"]
"#;

/// A model of the small world with everything trained.
pub(crate) static TRAINED: LazyLock<Model> = LazyLock::new(|| {
    let mut model = world::model();
    model.comparisons[0].levels[1].rarity = true;
    model.comparisons[3].levels[0].rarity = true;
    trained(model, &world::table(&world::records(400, 3)))
});

/// The same with comparisons of values that are spelled in several ways.
pub(crate) static SPELLED_OUT: LazyLock<Model> = LazyLock::new(|| {
    let mut model = Model::parse(&format!("{}{SPELLED}", world::MODEL)).unwrap();
    model.comparisons[0].levels[1].rarity = true;
    let all = (0..400).map(|place| {
        let of = |what, below| drawn(9, place, what) % below;
        let said = Said {
            person: of(1, 30),
            typo: u8::try_from(of(2, 9)).unwrap(),
            tags: u8::try_from(of(3, 4)).unwrap(),
            moved: of(4, 5) == 0,
        };
        told(usize::try_from(place).unwrap(), said)
    });
    trained(model, &table(&all.collect::<Vec<_>>()))
});

/// The trained model, knowing of kin who share city and tags, and of matches who changed them.
pub(crate) static HOUSEHOLDS: LazyLock<Model> = LazyLock::new(|| {
    let mut model = TRAINED.clone();
    let shared = |comparison: &str, bits: &[f32]| SharedByKin {
        comparison: comparison.to_owned(),
        share: 0.9,
        bits: bits.to_vec(),
    };
    model.kin = Some(Kin {
        per_pair: 0.001,
        shared: vec![shared("city", &[0.1, -3.0]), shared("tags", &[])],
    });
    let changed = |comparison: &str, bits: &[f32]| ChangedByMoving {
        comparison: comparison.to_owned(),
        bits: bits.to_vec(),
    };
    model.moved = Some(Moved {
        per_match: 0.1,
        changed: vec![
            changed("tags", &[-4.0, 1.5, 3.0]),
            changed("city", &[-2.0, 3.5]),
        ],
    });
    model
});

fn trained(model: Model, table: &Table) -> Model {
    let none = |_: &'static str, _, _| {};
    let mut job = Job::prepare(model, table, Vec::new(), &NoRules, &none).unwrap();
    job.link(&none).unwrap().model
}

/// A model whose blocks overflow above `size_max`.
pub(crate) fn crowded(model: &Model, size_max: usize, refine: bool, scope: Scope) -> Model {
    let mut model = model.clone();
    model.scope = scope;
    let mut by_name = model.blocks[0].clone();
    "name".clone_into(&mut by_name.name);
    by_name.on = vec!["prefix(name, 4)".to_owned()];
    by_name.fixes = Vec::new();
    model.blocks.push(by_name);
    for block in &mut model.blocks {
        block.size_max = size_max;
        if refine {
            block.refine = vec!["tags".to_owned()];
        }
    }
    model
}
