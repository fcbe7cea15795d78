//! What cannot be taken, and what nobody counted.

use std::collections::BTreeMap;

use linkage::{
    Arrays, Beside, Column, Job, LinkageError, Model, NoRules, RecordRules, Register, Row, Rules,
    Settled, Settlement, Table, TableIds,
};

use crate::oracle::kept;
use crate::told::TRAINED;
use crate::world;

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
impl RecordRules for Cautious {}

fn refused(made: Result<(Register<'_, '_>, linkage::Feed), LinkageError>, expected: &str) {
    let Err(LinkageError::Unfit { message }) = made else {
        panic!("{expected} is taken");
    };
    assert!(message.contains(expected), "{message}");
}

#[test]
fn what_would_not_be_as_in_the_run_is_refused() {
    let records = world::records(40, 3);
    let table = world::table(&records);
    let none = |_: &'static str, _, _| {};
    let prepare = |model: &Model, rules| {
        Job::prepare(model.clone(), &table, Vec::new(), rules, &none).unwrap()
    };
    let mut ruled = prepare(&TRAINED, &Cautious);
    let linkage = ruled.link(&none).unwrap();
    refused(
        Register::new(&ruled, &linkage, BTreeMap::new()),
        "takes the rules of the job",
    );
    let mut unruled = prepare(&TRAINED, &NoRules);
    unruled.link(&none).unwrap();
    let cautious = || Beside {
        rules: Some(&Cautious),
        ..Beside::default()
    };
    refused(
        Register::with(&unruled, &linkage, BTreeMap::new(), cautious()),
        "takes the rules of the job",
    );
    assert!(Register::with(&ruled, &linkage, BTreeMap::new(), cautious()).is_ok());
    let mut unlinked = TRAINED.clone();
    unlinked.prior.estimate = true;
    let unlinked = prepare(&unlinked, &NoRules);
    refused(
        Register::new(&unlinked, &linkage, BTreeMap::new()),
        "has linked",
    );
    let name = |record: &world::Record| (record.source.to_owned(), record.id.clone());
    let decision = Settled {
        left: name(&records[0]),
        right: name(&records[1]),
        verdict: Settlement::Different,
        who: String::new(),
        when: "2026-11-20".to_owned(),
        why: String::new(),
    };
    unruled.settle(&[decision]);
    refused(
        Register::new(&unruled, &linkage, BTreeMap::new()),
        "people's decisions",
    );
}

#[test]
fn numbers_without_names_are_refused() {
    let records = world::records(40, 3);
    let mut table = Table::new(
        records
            .iter()
            .map(|record| (record.source, record.id.as_str())),
    );
    let named = world::table(&records);
    for name in ["name", "city", "birth"] {
        let rows = records.iter();
        let column = match name {
            "birth" => Column::Dates(match named.column(name, "test").unwrap() {
                Column::Dates(dates) => dates.clone(),
                _ => unreachable!("births are dates"),
            }),
            "name" => Column::Codes(linkage::Codes::from_values(
                rows.map(|record| Some(record.name.as_str())),
            )),
            _ => Column::Codes(linkage::Codes::from_values(
                rows.map(|record| record.city.as_deref()),
            )),
        };
        table.add(name, column).unwrap();
    }
    let tags = Arrays::from_codes(records.iter().map(|record| {
        let number = |tag: &String| tag[4..].parse::<u32>().unwrap() + 1;
        record.tags.iter().map(number).collect()
    }));
    table.add("tags", Column::Arrays(tags)).unwrap();
    let none = |_: &'static str, _, _| {};
    let mut job = Job::prepare(TRAINED.clone(), &table, Vec::new(), &NoRules, &none).unwrap();
    let linkage = job.link(&none).unwrap();
    refused(
        Register::new(&job, &linkage, BTreeMap::new()),
        "depends on all records",
    );
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
    let name = (records[0].source.to_owned(), records[0].id.clone());
    assert!(
        register
            .change(&world::table(&records[..1]), &[name])
            .is_err()
    );
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
