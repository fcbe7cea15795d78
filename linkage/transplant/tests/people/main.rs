//! Pairs that evidence must tell apart or together, among a crowd of others.

#![allow(clippy::unwrap_used, reason = "a test panics on purpose")]

#[path = "../records/mod.rs"]
mod records;
mod relatives;

use records::{Patient, crowd, patient};
use transplant::{
    AFTER_DEATH, Decision, HLA_EXCLUDES, Linked, SEX_AND_BIRTH, Subject, TWO_GRAFTS, default_model,
    explain, link,
};

const CROWD: u32 = 2_000;
const COMMON: [&str; 8] = [
    "A*24:02",
    "A*26:01",
    "B*52:01",
    "B*35:01",
    "C*12:02",
    "C*03:03",
    "DRB1*15:02",
    "DRB1*09:01",
];
const OTHER: [&str; 8] = [
    "A*02:01",
    "A*11:01",
    "B*51:01",
    "B*54:01",
    "C*14:02",
    "C*01:02",
    "DRB1*04:05",
    "DRB1*08:03",
];

fn linked(patients: &[Patient]) -> (Vec<Subject>, Linked) {
    let others = crowd(CROWD);
    let subjects = patients
        .iter()
        .chain(&others)
        .map(Patient::subject)
        .collect::<Vec<_>>();
    let linked = link(&subjects, &default_model().unwrap(), &|_, _, _| {}).unwrap();
    (subjects, linked)
}

/// What became of the first two of the patients.
#[derive(Debug, PartialEq)]
enum Outcome {
    Together,
    Review,
    Apart,
}

fn outcome(patients: &[Patient]) -> Outcome {
    let (_, linked) = linked(patients);
    let together = linked
        .clusters
        .iter()
        .any(|cluster| cluster.contains(&0) && cluster.contains(&1));
    let review = linked.review.iter().any(|review| {
        (
            linked.pairs[review.pair].left,
            linked.pairs[review.pair].right,
        ) == (0, 1)
    });
    match (together, review) {
        (true, _) => Outcome::Together,
        (false, true) => Outcome::Review,
        (false, false) => Outcome::Apart,
    }
}

fn trump() -> Patient {
    patient("trump", "000900000001")
}

fn formsnet3() -> Patient {
    patient("formsnet3", "7654321")
}

#[test]
fn an_id_with_birth_date_links_and_an_id_alone_does_not() {
    let known =
        trump()
            .person("1970-03-04", "male", "YT")
            .infusion("HCT", "2015-04-05", "allogeneic");
    let told = |birth, sex| {
        formsnet3()
            .person(birth, sex, "")
            .number("trump", "000900000001", "same_person")
    };
    assert_eq!(
        outcome(&[known.clone(), told("1970-03-04", "male")]),
        Outcome::Together
    );
    assert_eq!(
        outcome(&[known.clone(), told("1971-03-04", "male")]),
        Outcome::Together,
        "a wareki year off by one"
    );
    assert_ne!(
        outcome(&[known.clone(), told("1985-11-23", "male")]),
        Outcome::Together,
        "another patient's number"
    );
    assert_ne!(
        outcome(&[known.clone(), told("", "")]),
        Outcome::Together,
        "nothing but the number"
    );
}

#[test]
fn a_day_that_the_other_registry_tells_of_links() {
    let own = trump()
        .person("1970-03-04", "male", "YT")
        .facility("F001")
        .diagnosis("NHL", "2014-02-03")
        .infusion("HCT", "2015-04-05", "autologous");
    let told = |day| {
        formsnet3()
            .person("1970-03-04", "male", "")
            .facility("F001")
            .mention("HCT", day)
            .infusion("CT", "2020-06-07", "autologous")
    };
    assert_eq!(
        outcome(&[own.clone(), told("2015-04-05")]),
        Outcome::Together
    );
    assert_eq!(
        outcome(&[own.clone(), told("2015-04-06")]),
        Outcome::Together,
        "a day off"
    );
    assert_ne!(outcome(&[own, told("2017-08-09")]), Outcome::Together);
}

#[test]
fn birth_slips_do_not_part_what_days_and_hla_tie() {
    let own = trump()
        .person("1945-03-04", "female", "YT")
        .infusion("HCT", "2015-04-05", "allogeneic")
        .typing("2015-01-01", COMMON);
    let told = |birth| {
        formsnet3()
            .person(birth, "female", "YT")
            .infusion("HCT", "2015-04-05", "allogeneic")
            .typing("2015-01-09", COMMON)
    };
    for birth in [
        "1945-03-04",
        "1945-04-03",
        "1944-03-04",
        "1931-03-04",
        "1945-03",
        "1945-01-01",
        "",
    ] {
        assert_eq!(
            outcome(&[own.clone(), told(birth)]),
            Outcome::Together,
            "born {birth}"
        );
    }
}

#[test]
fn a_donors_typing_after_transplant_does_not_part_a_person() {
    let before = trump()
        .person("1970-03-04", "male", "YT")
        .infusion("HCT", "2015-04-05", "allogeneic")
        .typing("2014-12-01", COMMON);
    let after = formsnet3()
        .person("1970-03-04", "male", "YT")
        .mention("HCT", "2015-04-05")
        .infusion("CT", "2020-01-02", "autologous")
        .typing("2019-12-01", OTHER);
    assert_eq!(outcome(&[before, after]), Outcome::Together);
}

fn vetoed(one: Patient, other: Patient) -> Option<&'static str> {
    let (_, linked) = linked(&[one, other]);
    let pair = linked
        .pairs
        .iter()
        .position(|pair| (pair.left, pair.right) == (0, 1))?;
    match linked.decisions[pair] {
        Decision::Vetoed(veto) => Some(veto),
        _ => None,
    }
}

#[test]
fn what_can_never_be_one_person_is_vetoed_whatever_the_weight() {
    let known =
        trump()
            .person("1970-03-04", "male", "YT")
            .infusion("HCT", "2015-04-05", "autologous");
    let told = || {
        formsnet3().person("1970-03-04", "male", "YT").number(
            "trump",
            "000900000001",
            "same_person",
        )
    };
    assert_eq!(
        vetoed(known.clone(), told().died("2014-01-01")),
        Some(AFTER_DEATH)
    );
    assert_eq!(
        vetoed(known.clone(), told().died("2015-04-04")),
        None,
        "a day off"
    );
    assert_eq!(
        vetoed(
            known.clone(),
            told().infusion("HCT", "2015-04-05", "allogeneic")
        ),
        Some(TWO_GRAFTS)
    );
    let typed = known.typing("2015-01-01", COMMON);
    assert_eq!(
        vetoed(typed.clone(), told().typing("2015-01-01", OTHER)),
        Some(HLA_EXCLUDES)
    );
    assert_eq!(vetoed(typed, told().typing("2015-01-01", COMMON)), None);
}

#[test]
fn sex_and_birth_year_that_differ_part_what_nothing_else_decides() {
    let one = trump()
        .person("1970-03-04", "male", "YT")
        .facility("F001")
        .diagnosis("SAA", "2014-02-03")
        .typing("2015-01-01", COMMON)
        .died("2020-02-02");
    let other = formsnet3()
        .person("1985-07-08", "female", "YT")
        .facility("F001")
        .diagnosis("SAA", "2014-02-03")
        .typing("2015-01-01", COMMON)
        .died("2020-02-02");
    let subjects = [one, other]
        .iter()
        .chain(&crowd(CROWD))
        .map(Patient::subject)
        .collect::<Vec<_>>();
    let explanation = explain(&subjects, 0, 1, &default_model().unwrap()).unwrap();
    assert_eq!(explanation.decision, Some(Decision::Vetoed(SEX_AND_BIRTH)));
}

#[test]
fn a_person_held_twice_by_one_registry_is_one() {
    let first = trump()
        .person("1970-03-04", "male", "YT")
        .facility("F001")
        .diagnosis("AML", "2014-02-03")
        .infusion("HCT", "2015-04-05", "allogeneic")
        .typing("2015-01-01", COMMON);
    let again = patient("trump", "000900000002")
        .person("1970-03-04", "male", "YT")
        .facility("F002")
        .diagnosis("AML", "2014-02-03")
        .infusion("HCT", "2018-04-05", "allogeneic")
        .typing("2015-01-01", COMMON);
    assert_eq!(outcome(&[first, again]), Outcome::Together);
    let retired = patient("formsnet3", "7000001")
        .person("1970-03-04", "male", "")
        .number("formsnet3", "7654321", "merged_into");
    assert_eq!(
        outcome(&[retired, formsnet3().person("1970-03-04", "male", "YT")]),
        Outcome::Together
    );
}

#[test]
fn the_crowd_stays_apart() {
    let (subjects, linked) = linked(&[]);
    assert_eq!(linked.clusters.len(), subjects.len());
}

#[test]
fn the_order_of_subjects_changes_nothing() {
    let own = trump()
        .person("1970-03-04", "male", "YT")
        .infusion("HCT", "2015-04-05", "autologous")
        .typing("2015-01-01", COMMON);
    let told = formsnet3()
        .person("1970-03-04", "male", "")
        .mention("HCT", "2015-04-05")
        .typing("2015-01-01", COMMON);
    let mut patients = [vec![own, told], crowd(600)].concat();
    let run = |patients: &[Patient]| {
        let subjects = patients.iter().map(Patient::subject).collect::<Vec<_>>();
        let linked = link(&subjects, &default_model().unwrap(), &|_, _, _| {}).unwrap();
        let weight = linked.pairs.iter().map(|pair| pair.weight.to_bits()).max();
        (
            linked
                .clusters
                .iter()
                .filter(|cluster| cluster.len() > 1)
                .count(),
            weight,
        )
    };
    let straight = run(&patients);
    patients.reverse();
    assert_eq!(run(&patients), straight);
}

#[test]
fn an_explanation_tells_levels_and_never_values() {
    let own = trump()
        .person("1970-03-04", "male", "YT")
        .infusion("HCT", "2015-04-05", "autologous")
        .typing("2015-01-01", COMMON);
    let told = formsnet3()
        .person("1970-03-04", "male", "YT")
        .mention("HCT", "2015-04-05")
        .typing("2015-01-01", COMMON);
    let (subjects, linked) = linked(&[own, told]);
    let explanation = explain(&subjects, 0, 1, &linked.model).unwrap();
    let text = explanation.to_string();
    for part in [
        "birth_date",
        "same day",
        "compatible",
        "one person",
        "000900000001",
    ] {
        assert!(text.contains(part), "`{part}` is not in\n{text}");
    }
    for value in ["1970", "YT", "24:02"] {
        assert!(
            !text.contains(value) && !format!("{:?}", subjects[0]).contains(value),
            "{value}"
        );
    }
    assert!(explain(&subjects, 0, 0, &linked.model).is_err());
}

#[test]
fn two_records_are_enough_to_run() {
    let subjects = [
        trump().person("1970-03-04", "male", "YT").subject(),
        formsnet3().subject(),
    ];
    let linked = link(&subjects, &default_model().unwrap(), &|_, _, _| {}).unwrap();
    assert_eq!(linked.clusters, vec![vec![0], vec![1]]);
    assert!(
        link(&[], &default_model().unwrap(), &|_, _, _| {})
            .unwrap()
            .clusters
            .is_empty()
    );
}

/// A hospital's own record of a patient who is known elsewhere.
fn at_hospital(facility: &str, infused: &str) -> Patient {
    patient("fhir", "pat-1")
        .person("1970-03-04", "male", "")
        .facility(facility)
        .diagnosis("MDS", "2019-09-24")
        .infusion("HCT", infused, "allogeneic")
}

#[test]
fn a_hospital_that_knows_its_own_infusions_only_is_not_held_against_a_person() {
    let elsewhere = trump()
        .person("1970-03-04", "male", "YT")
        .facility("F013")
        .diagnosis("MDS", "2019-09-24")
        .infusion("HCT", "2020-05-10", "allogeneic");
    let years_later = [elsewhere.clone(), at_hospital("F012", "2023-08-09")];
    assert_eq!(outcome(&years_later), Outcome::Together);
    assert_ne!(
        outcome(&[elsewhere, at_hospital("F012", "2020-05-04")]),
        Outcome::Together,
        "nobody is transplanted twice within a week in two hospitals"
    );
}

#[test]
fn a_month_of_two_kinds_of_infusion_is_worth_more_than_of_one() {
    let own = || {
        trump()
            .person("1970-03-04", "female", "")
            .facility("F001")
            .typing("2016-01-01", COMMON)
            .infusion("HCT", "2020-10-11", "allogeneic")
    };
    let told = formsnet3()
        .person("1970-03-04", "female", "")
        .facility("F001")
        .typing("2016-01-01", COMMON)
        .infusion("CT", "2019-11-17", "autologous")
        .mention("HCT", "2020-10-01~");
    let weight = |one: Patient| {
        let (_, linked) = linked(&[one, told.clone()]);
        let pair = linked
            .pairs
            .iter()
            .find(|pair| (pair.left, pair.right) == (0, 1));
        pair.unwrap().weight
    };
    let (one, both) = (weight(own()), weight(own().mention("CT", "2019-11")));
    assert!(both > one + 2.0, "{one} {both}");
}

#[test]
fn the_first_of_a_month_told_in_passing_may_be_the_month() {
    let own = trump()
        .person("1970-03-04", "male", "")
        .facility("F001")
        .typing("2016-01-01", COMMON)
        .infusion("HCT", "2020-10-11", "autologous");
    let told = |day| {
        formsnet3()
            .person("1970-03-04", "male", "")
            .facility("F001")
            .typing("2016-01-01", COMMON)
            .mention("HCT", day)
    };
    let weight = |day| {
        let (_, linked) = linked(&[own.clone(), told(day)]);
        let pair = linked
            .pairs
            .iter()
            .find(|pair| (pair.left, pair.right) == (0, 1));
        pair.unwrap().weight
    };
    let (first, second) = (weight("2020-10-01"), weight("2020-10-02"));
    assert!(first > second + 4.0, "{first} {second}");
}
