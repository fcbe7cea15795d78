//! A register that takes changes in is, bit for bit, where a full run would be.

#![allow(clippy::unwrap_used, reason = "a test panics on purpose")]

mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use linkage::{
    Blocks, Decision, Job, LinkageError, Model, NoRules, Part, Register, Row, Rules, Scope,
    ScoreCounts, Table, TableIds, replay,
};
use proptest::prelude::*;
use world::{Record, drawn};

type Name = (String, String);
/// Pairs by their records, with what must be the same to the bit.
type Pairs = BTreeMap<(Name, Name), (u8, u32, u32, Decision)>;
type Clusters = BTreeSet<BTreeSet<Name>>;

/// A model with everything trained.
static TRAINED: LazyLock<Model> = LazyLock::new(|| {
    let mut model = world::model();
    model.comparisons[0].levels[1].rarity = true;
    model.comparisons[3].levels[0].rarity = true;
    let table = world::table(&world::records(400, 3));
    let mut job = Job::prepare(model, &table, Vec::new(), &NoRules, &|_, _, _| {}).unwrap();
    job.link(&|_, _, _| {}).unwrap().model
});

/// What a record says: a person, and slips.
#[derive(Clone, Copy, Debug)]
struct Said {
    person: u64,
    typo: u8,
    tags: u8,
    moved: bool,
}

#[derive(Clone, Debug)]
enum Change {
    Put(Vec<(usize, Said)>),
    Remove(usize),
}

fn said() -> impl Strategy<Value = Said> {
    (0_u64..30, 0_u8..9, 0_u8..4, 0_u8..5).prop_map(|(person, typo, tags, moved)| Said {
        person,
        typo,
        tags,
        moved: moved == 0,
    })
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        3 => prop::collection::vec((0_usize..150, said()), 1..4).prop_map(Change::Put),
        2 => (0_usize..150).prop_map(Change::Remove),
    ]
}

fn name_of(place: usize) -> (&'static str, String) {
    (["a", "b", "b"][place % 3], format!("{place:03}"))
}

fn record(place: usize, said: Said) -> Record {
    let of = |what: u64, below: u64| drawn(5, said.person, what) % below;
    let (source, id) = name_of(place);
    let syllable = |what| ["ka", "mi", "to", "ra", "shi"][usize::try_from(of(what, 5)).unwrap()];
    let mut name = [1, 2, 3].map(syllable).concat();
    match said.typo {
        6 => name.push('q'),
        7 => name.insert(2, 'w'),
        8 => name.replace_range(0..1, "z"),
        _ => {}
    }
    Record {
        source,
        id,
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

/// Everything anew: candidates, weights with the frequencies of `base`, decisions and clusters.
fn full(model: &Model, base: &[Record], now: &[Record]) -> (Pairs, Clusters) {
    let table = world::table(now);
    let both = [now, base].concat();
    let mut ids = TableIds::default();
    for record in &both {
        ids.push(record.source, &record.id);
    }
    let mut times = vec![0; now.len()];
    times.resize(both.len(), 1);
    let values = world::filled(Table::repeated(ids, times).unwrap(), &both);
    let values = vec![&values; model.comparisons.len()];
    let part = Part::new(model.clone(), &table, &values, base.len()).unwrap();
    let candidates = Blocks::build(model, &table).unwrap().pairs();
    let candidates = candidates
        .into_iter()
        .map(|(left, right, rule)| (left, right, u8::try_from(rule).unwrap()))
        .collect::<Vec<_>>();
    let mut scores = ScoreCounts::new();
    let pairs = part.score(&candidates, &mut scores).unwrap();
    let end = part.conclude(pairs, &scores, &NoRules).unwrap();
    let name = |row: Row| {
        let record = &now[row as usize];
        (record.source.to_owned(), record.id.clone())
    };
    let pairs = end
        .pairs
        .iter()
        .zip(&end.decisions)
        .map(|(pair, &decision)| {
            let (one, other) = (name(pair.left), name(pair.right));
            let bits = (pair.weight.to_bits(), pair.probability.to_bits());
            let names = if one < other {
                (one, other)
            } else {
                (other, one)
            };
            (names, (pair.rule, bits.0, bits.1, decision))
        });
    let cluster = |rows: &Vec<Row>| rows.iter().map(|&row| name(row)).collect();
    (pairs.collect(), end.clusters.iter().map(cluster).collect())
}

fn kept(register: &Register<'_, '_>) -> (Pairs, Clusters) {
    let pairs = register.pairs().into_iter().map(|pair| {
        let bits = (pair.weight.to_bits(), pair.probability.to_bits());
        (
            (pair.left, pair.right),
            (pair.rule, bits.0, bits.1, pair.decision),
        )
    });
    let clusters = register.clusters().into_iter();
    (
        pairs.collect(),
        clusters
            .map(|records| records.into_iter().collect())
            .collect(),
    )
}

/// A model whose blocks overflow above `size_max`.
fn crowded(size_max: usize, refine: bool, scope: Scope) -> Model {
    let mut model = TRAINED.clone();
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

fn check(model: &Model, base: &[Said], changes: &[Change]) {
    let base = base
        .iter()
        .enumerate()
        .map(|(place, &said)| record(place, said));
    let base = base.collect::<Vec<_>>();
    let table = world::table(&base);
    let mut job = Job::prepare(model.clone(), &table, Vec::new(), &NoRules, &|_, _, _| {}).unwrap();
    let linkage = job.link(&|_, _, _| {}).unwrap();
    let (mut register, feed) = Register::new(&job, &linkage, BTreeMap::new()).unwrap();
    let mut replayed = replay(&BTreeMap::new(), &feed);
    let key = |record: &Record| (record.source.to_owned(), record.id.clone());
    let mut now = base
        .iter()
        .map(|record| (key(record), record.clone()))
        .collect::<BTreeMap<_, _>>();
    assert_eq!(kept(&register), full(model, &base, &base));
    for change in changes {
        let feed = match change {
            Change::Put(records) => {
                let some = records
                    .iter()
                    .map(|&(place, said)| (place, record(place, said)));
                let some = some.collect::<BTreeMap<_, _>>();
                let some = some.into_values().collect::<Vec<_>>();
                now.extend(some.iter().map(|record| (key(record), record.clone())));
                register.put(&world::table(&some)).unwrap()
            }
            Change::Remove(place) => {
                let (source, id) = name_of(*place);
                now.remove(&(source.to_owned(), id.clone()));
                register.remove(source, &id).unwrap()
            }
        };
        let records = now.values().cloned().collect::<Vec<_>>();
        let (pairs, clusters) = full(model, &base, &records);
        let (kept_pairs, kept_clusters) = kept(&register);
        assert_eq!(kept_pairs, pairs, "{change:?}");
        assert_eq!(kept_clusters, clusters, "{change:?}");
        replayed = replay(&replayed, &feed);
        assert_eq!(&replayed, register.identities(), "{change:?}");
        assert_eq!(register.len(), records.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn any_changes_give_the_full_run_bit_for_bit(
        base in prop::collection::vec(said(), 60..140),
        changes in prop::collection::vec(change(), 20..40),
        size_max in prop_oneof![2 => 3_usize..6, 1 => 8_usize..14, 1 => Just(100_usize)],
        refine in any::<bool>(),
        across in prop_oneof![3 => Just(Scope::All), 1 => Just(Scope::AcrossSources)],
    ) {
        check(&crowded(size_max, refine, across), &base, &changes);
    }
}

#[test]
fn a_register_starts_with_nobody() {
    let said = |person, typo| Said {
        person,
        typo,
        tags: 3,
        moved: false,
    };
    let changes = [
        Change::Put(vec![(1, said(1, 0)), (2, said(1, 0))]),
        Change::Put(vec![(3, said(1, 6))]),
        Change::Remove(1),
        Change::Remove(1),
        Change::Remove(2),
        Change::Remove(3),
    ];
    check(&crowded(100, false, Scope::All), &[], &changes[..5]);
}

#[test]
fn a_value_that_nobody_counted_weighs_its_levels_mean() {
    let mut records = world::records(50, 3);
    let count = records.len();
    for id in ["later", "latest"] {
        let in_city = records.iter().find(|record| record.city.is_some());
        let mut later = in_city.unwrap().clone();
        later.id = id.to_owned();
        later.name = "unheard".to_owned();
        records.push(later);
    }
    let mut ids = TableIds::default();
    for record in &records {
        ids.push(record.source, &record.id);
    }
    let mut times = vec![1; count];
    times.extend([0, 0]);
    let table = world::filled(Table::repeated(ids, times).unwrap(), &records);
    let job = Job::prepare(TRAINED.clone(), &table, Vec::new(), &NoRules, &|_, _, _| {}).unwrap();
    let row = Row::try_from(count).unwrap();
    let explained = job.explain(row, row + 1).unwrap();
    let part = |name: &str| {
        explained
            .comparisons
            .iter()
            .find(|part| part.comparison == name)
            .unwrap()
    };
    assert_eq!(part("name").rarity.to_bits(), 0.0_f32.to_bits());
    assert!(
        part("city").rarity != 0.0,
        "a city that others have has its own weight"
    );
}

/// Rules that keep nobody apart, but might.
struct Cautious;

impl Rules for Cautious {}

#[test]
fn what_would_not_be_as_a_full_run_is_refused() {
    let records = world::records(40, 3);
    let table = world::table(&records);
    let none = |_: &'static str, _, _| {};
    let check = |model: Model, rules: &dyn Rules, linked: bool, expected: &str| {
        let mut job = Job::prepare(model, &table, Vec::new(), rules, &none).unwrap();
        let linkage = job.link(&none).unwrap();
        let mut unlinked = TRAINED.clone();
        unlinked.prior.estimate = true;
        let unlinked = Job::prepare(unlinked, &table, Vec::new(), rules, &none).unwrap();
        let job = if linked { &job } else { &unlinked };
        let Err(LinkageError::Unfit { message }) = Register::new(job, &linkage, BTreeMap::new())
        else {
            panic!("{expected} is taken");
        };
        assert!(message.contains(expected), "{message}");
    };
    check(TRAINED.clone(), &Cautious, true, "neither rules");
    check(TRAINED.clone(), &NoRules, false, "has linked");
    let mut rare = TRAINED.clone();
    rare.blocks[0].on = vec!["rare_tokens(name, 2)".to_owned()];
    check(rare, &NoRules, true, "depends on all records");
}

#[test]
fn a_table_that_cannot_be_taken_changes_nothing() {
    let records = world::records(40, 3);
    let table = world::table(&records);
    let none = |_: &'static str, _, _| {};
    let mut job = Job::prepare(TRAINED.clone(), &table, Vec::new(), &NoRules, &none).unwrap();
    let linkage = job.link(&none).unwrap();
    let (mut register, _) = Register::new(&job, &linkage, BTreeMap::new()).unwrap();
    let before = kept(&register);
    let twice = [records[0].clone(), records[0].clone()];
    assert!(register.put(&world::table(&twice)).is_err());
    assert!(register.put(&Table::new([("a", "new")])).is_err());
    assert_eq!(kept(&register), before);
    assert_eq!(register.len(), records.len());
    let same = register.put(&world::table(&records[..1])).unwrap();
    assert!(
        same.is_empty(),
        "the same record again changes nobody's identity"
    );
    assert_eq!(kept(&register), before);
}
