//! Estimates without labels, beside a truth that the test knows.

#![allow(clippy::unwrap_used, reason = "a test panics on purpose")]

mod records;

use records::{Patient, crowd, date, day, drawn, patient};
use schema::{Attribute, Item, ItemKind, Value};
use transplant::{Estimate, Subject, default_model, estimate, link};

const CROWD: u32 = 1_600;
const SEED: u64 = 7;

/// What a TRUMP patient's second record, in the other registry, tells: everything, or birth date and sex alone; and half of the
/// records name the patient's number.
fn again(known: &Patient, person: u32, poor: bool) -> Patient {
    let record = known.record();
    let key = format!("{}", 5_000_000 + person);
    let mut second = patient("formsnet3", key);
    for Item { kind, fields } in &record.items {
        if !poor || *kind == ItemKind::Person {
            let initials = |field: &&(Attribute, Value)| !poor || field.0 != Attribute::Initials;
            let fields: Vec<_> = fields.iter().filter(initials).cloned().collect();
            second = second.item(*kind, &fields);
        }
    }
    if drawn(person, 90, 2) == 0 {
        second = second.number("trump", record.subject.expose(), "same_person");
    }
    second
}

/// The crowd's patients of TRUMP, each a second time; a part of `poor_of` of the second records is poor.
fn world(poor_of: u32) -> Vec<Patient> {
    let mut patients = crowd(CROWD);
    let seconds: Vec<_> = (1..=CROWD)
        .filter(|person| person % 2 == 0)
        .map(|person| {
            let known = &patients[person as usize - 1];
            again(known, person, drawn(person, 91, poor_of) == 0)
        })
        .collect();
    patients.extend(seconds);
    patients
}

fn estimated(patients: &[Patient]) -> (f64, Estimate) {
    let subjects: Vec<Subject> = patients.iter().map(Patient::subject).collect();
    let linked = link(&subjects, &default_model().unwrap(), &|_, _, _| {}).unwrap();
    let estimate = estimate(&subjects, &linked, SEED).unwrap();
    let found = estimate.across.links;
    (
        f64::from(u32::try_from(found).unwrap()) / f64::from(CROWD / 2),
        estimate,
    )
}

#[test]
fn what_numbers_alone_find_tells_what_is_missed_without_them() {
    let (recall, estimate) = estimated(&world(4));
    let told = estimate.across.recall;
    assert!(
        recall < 0.95,
        "poor records without a number are missed: {recall}"
    );
    assert!(
        told.low <= recall && recall <= told.high,
        "{recall} {told:?}"
    );
    assert!((told.value - recall).abs() < 0.05, "{recall} {told:?}");
    let (tied, found) = estimate.across.held_out;
    assert!(tied > found && found > 0, "{tied} {found}");
}

#[test]
fn rich_records_are_estimated_to_be_found() {
    let (recall, estimate) = estimated(&world(1_000_000));
    assert!((recall - 1.0).abs() < 1e-9, "{recall}");
    assert!(estimate.across.recall.value > 0.99, "{:?}", estimate.across);
    let precision = estimate.across.precision;
    assert!(
        precision.low > 0.99 && precision.high >= 1.0,
        "{precision:?}"
    );
    assert_eq!(estimate.across.strangers.1, 0);
    assert!(estimate.across.twins.0 > 100, "{:?}", estimate.across.twins);
}

#[test]
fn the_order_of_subjects_does_not_change_an_estimate() {
    let mut patients = world(4);
    let (_, straight) = estimated(&patients);
    patients.reverse();
    let (_, reversed) = estimated(&patients);
    assert_eq!(format!("{straight:?}"), format!("{reversed:?}"));
}

#[test]
fn a_few_records_are_enough_for_an_estimate() {
    let born = patient("trump", "000900000001").item(
        ItemKind::Person,
        &[(Attribute::BirthDate, date(&day(1, 10, 1940, 60)))],
    );
    let subjects = [born.subject()];
    let linked = link(&subjects, &default_model().unwrap(), &|_, _, _| {}).unwrap();
    let estimate = estimate(&subjects, &linked, SEED).unwrap();
    assert_eq!((estimate.across.links, estimate.across.strangers.0), (0, 0));
    assert!((estimate.across.precision.high - 1.0).abs() < 1e-12);
}
