//! What is one event and what is two.
#![allow(clippy::unwrap_used, reason = "a test panics on purpose")]

mod told;

use schema::{Event, EventKind};

/// The events but for the last contact, as `KIND date sources`; `?` mentioned only, `@n` the infusion that it follows.
fn summary(text: &str) -> Vec<String> {
    let history = told::history(text);
    let follows = |event: &Event| {
        event.infusion.map_or_else(String::new, |place| {
            format!("@{}", history.events[place].date.unwrap().date)
        })
    };
    history
        .events
        .iter()
        .filter(|event| event.kind != EventKind::LastContact)
        .map(|event| {
            let mut sources: Vec<_> = event
                .tellings
                .iter()
                .map(|telling| telling.record.source.as_str().to_owned())
                .collect();
            sources.sort();
            sources.dedup();
            let date = event
                .date
                .map_or_else(|| "-".to_owned(), |date| date.date.to_string());
            let only = if event.mentioned_only { "?" } else { "" };
            let kind = event.kind.as_str();
            format!(
                "{kind}{only} {date}{} {}",
                follows(event),
                sources.join("+")
            )
        })
        .collect()
}

fn check(text: &str, expected: &[&str]) {
    assert_eq!(summary(text), expected, "{text}");
}

#[test]
fn one_infusion_told_by_two_registries_is_one_event() {
    check(
        "trump/1 infusion infusion_kind=HCT date=2019-04-05 ordinal=1
         formsnet3/2400 infusion infusion_kind=HCT date=2019-04-05
         fhir/p1 infusion infusion_kind=HCT date=2019-04-06",
        &["HCT 2019-04-05 fhir+formsnet3+trump"],
    );
}

#[test]
fn a_partial_or_estimated_date_finds_its_event_within_the_month() {
    check(
        "trump/1 infusion infusion_kind=HCT date=2019-04
         formsnet3/2400 infusion infusion_kind=HCT date=2019-04-25",
        &["HCT 2019-04-25 formsnet3+trump"],
    );
    check(
        "trump/1 infusion infusion_kind=HCT date=2019-04-25 ordinal=1
         trump/2 infusion infusion_kind=HCT date=2019-09-25 ordinal=2
         formsnet3/4000 mention infusion_kind=HCT mention=prior date=2019-09-01~ event_type=CT event_date=2021-01-05",
        &["HCT 2019-04-25 trump", "HCT 2019-09-25 formsnet3+trump"],
    );
}

#[test]
fn a_date_never_becomes_more_precise_than_its_source() {
    check(
        "trump/1 infusion infusion_kind=HCT date=2019-04
         formsnet3/1 infusion infusion_kind=HCT date=2019-04",
        &["HCT 2019-04 formsnet3+trump"],
    );
}

#[test]
fn tandem_transplants_and_second_courses_stay_apart() {
    check(
        "trump/1 infusion infusion_kind=HCT date=2018-01-10 donor_type=autologous ordinal=1
         trump/2 infusion infusion_kind=HCT date=2018-05-10 donor_type=autologous ordinal=2
         formsnet3/1 infusion infusion_kind=HCT date=2018-05-10 donor_type=autologous
         formsnet3/2 infusion infusion_kind=CT date=2020-02-01 product=kymriah
         formsnet3/3 infusion infusion_kind=CT date=2021-02-01 product=kymriah",
        &[
            "HCT 2018-01-10 trump",
            "HCT 2018-05-10 formsnet3+trump",
            "CT 2020-02-01 formsnet3",
            "CT 2021-02-01 formsnet3",
        ],
    );
}

#[test]
fn bags_over_several_days_and_later_bags_of_a_course_are_one_event() {
    check(
        "formsnet3/4000 infusion infusion_kind=CT date=2020-02-01 product=kymriah
         formsnet3/4006a infusion infusion_kind=CT date=2020-02-01 product=kymriah lot=A1 lot=A2 event_type=CT event_date=2020-02-01
         formsnet3/4006b infusion infusion_kind=CT date=2020-02-02 product=kymriah lot=A3 event_type=CT event_date=2020-02-01
         formsnet3/4006c infusion infusion_kind=CT date=2020-03-20 product=kymriah lot=A4 event_type=CT event_date=2020-02-01
         fhir/m1 infusion infusion_kind=CT date=2020-03-20 product=kymriah lot=A4
         fhir/p1 infusion infusion_kind=CT date=2020-02-01",
        &["CT 2020-02-01 fhir+formsnet3"],
    );
}

#[test]
fn lymphocytes_boosts_and_rescues_are_kinds_of_their_own() {
    check(
        "trump/1 infusion infusion_kind=HCT date=2019-04-05; infusion infusion_kind=DLI date=2019-08-01
         fhir/p2 infusion infusion_kind=BOOST date=2019-06-01
         fhir/p3 infusion infusion_kind=DLI date=2019-08-01
         formsnet3/2450 mention infusion_kind=HCT mention=subsequent date=2019-06-01 event_type=HCT event_date=2019-04-05",
        &[
            "HCT 2019-04-05 trump",
            "BOOST 2019-06-01 fhir+formsnet3",
            "DLI 2019-08-01 fhir+trump",
        ],
    );
}

#[test]
fn mentions_are_attached_and_never_counted() {
    check(
        "trump/1 infusion infusion_kind=HCT date=2019-04-05; mention infusion_kind=CT mention=elsewhere occurred=yes date=2021-03 product=yescarta
         formsnet3/4000 infusion infusion_kind=CT date=2021-03-09 product=yescarta; mention infusion_kind=HCT mention=prior occurred=yes count=1 date=2019-04-05 event_type=CT event_date=2021-03-09",
        &["HCT 2019-04-05 formsnet3+trump", "CT 2021-03-09 formsnet3+trump"],
    );
    check(
        "formsnet3/4000 infusion infusion_kind=CT date=2021-03-09; mention infusion_kind=HCT mention=prior occurred=yes date=2018-01-05 event_type=CT event_date=2021-03-09
         fhir/p mention infusion_kind=HCT mention=prior date=2018-01",
        &["HCT? 2018-01-05 fhir+formsnet3", "CT 2021-03-09 formsnet3"],
    );
    check(
        "formsnet3/4000 infusion infusion_kind=CT date=2021-03-09; mention infusion_kind=HCT mention=prior occurred=no event_type=CT event_date=2021-03-09",
        &["CT 2021-03-09 formsnet3"],
    );
    check(
        "formsnet3/4000 infusion infusion_kind=CT date=2021-03-09; mention infusion_kind=HCT mention=prior occurred=yes event_type=CT event_date=2021-03-09",
        &["CT 2021-03-09 formsnet3", "HCT? - formsnet3"],
    );
}

#[test]
fn a_disease_that_became_another_stays_two_diagnoses() {
    check(
        "trump/1 diagnosis disease=MDS date=2015-03-01
         formsnet3/1 diagnosis disease=MDS date=2015-03
         formsnet3/2 diagnosis disease=AML date=2016-05-02
         fhir/c diagnosis disease=AML date=2016-05-20",
        &[
            "DIAGNOSIS 2015-03-01 formsnet3+trump",
            "DIAGNOSIS 2016-05-02 fhir+formsnet3",
        ],
    );
}

#[test]
fn a_complication_follows_its_infusion_with_the_worst_grade() {
    let text = "formsnet3/1 infusion infusion_kind=HCT date=2019-01-01
         formsnet3/2 infusion infusion_kind=CT date=2020-01-01
         formsnet3/4100a outcome outcome=crs grade=1 date=2020-01-03 event_type=CT event_date=2020-01-01
         formsnet3/4100b outcome outcome=crs grade=3 date=2020-01-03 event_type=CT event_date=2020-01-01
         formsnet3/2450 outcome outcome=acute_gvhd grade=0; outcome outcome=neutrophil_engraftment date=2019-01-20
         formsnet3/2450b outcome outcome=relapse date=2020-09-01 event_type=HCT event_date=2019-01-01
         fhir/o outcome outcome=relapse date=2020-09-10";
    let expected = [
        "HCT 2019-01-01 formsnet3",
        "NEUTROPHIL_ENGRAFTMENT 2019-01-20@2019-01-01 formsnet3",
        "CT 2020-01-01 formsnet3",
        "CRS 2020-01-03@2020-01-01 formsnet3",
        "RELAPSE 2020-09-01@2020-01-01 fhir+formsnet3",
    ];
    check(text, &expected);
    let history = told::history(text);
    let crs = history
        .events
        .iter()
        .find(|event| event.kind == EventKind::Crs)
        .unwrap();
    assert_eq!(
        crs.values[&schema::Attribute::Grade][0].value,
        schema::Value::Integer(3)
    );
}

#[test]
fn a_person_dies_once() {
    check(
        "trump/1 death date=2020-05-01 cause=relapse
         formsnet3/2900 death date=2020-05-02
         fhir/p contact survival=dead date=2020-05-02",
        &["DEATH 2020-05-01 fhir+formsnet3+trump"],
    );
    check(
        "fhir/p contact survival=dead date=2020-05-02",
        &["DEATH 2020-05-02 fhir"],
    );
}

#[test]
fn the_status_of_the_disease_is_a_value_of_the_infusion_it_was_told_at() {
    let history = told::history(
        "trump/1 diagnosis disease=AML date=2018-12-01 disease_status=CR1; infusion infusion_kind=HCT date=2019-04-05
         formsnet3/1 infusion infusion_kind=CT date=2021-04-05
         formsnet3/2402 diagnosis disease=AML date=2018-12-01 disease_status=CR2 event_type=CT event_date=2021-04-05
         fhir/o diagnosis disease_status=CR2 date=2021-04-01",
    );
    let status = |kind| {
        let event = history
            .events
            .iter()
            .find(|event| event.kind == kind)
            .unwrap();
        let told = event.values.get(&schema::Attribute::DiseaseStatus);
        told.map_or_else(Vec::new, |told| {
            told.iter()
                .filter_map(|told| told.value.to_text())
                .collect()
        })
    };
    assert_eq!(status(EventKind::Hct), ["CR1"]);
    assert_eq!(status(EventKind::Ct), ["CR2", "CR2"]);
    assert_eq!(status(EventKind::Diagnosis), Vec::<String>::new());
    assert_eq!(
        history
            .events
            .iter()
            .filter(|event| event.kind == EventKind::Diagnosis)
            .count(),
        1
    );
}

#[test]
fn the_first_of_a_month_in_a_mention_means_any_day_of_it() {
    check(
        "formsnet3/4000 infusion infusion_kind=CT date=2021-06-21
         formsnet3/2450 mention infusion_kind=CT mention=subsequent occurred=yes date=2021-06-01 event_type=HCT event_date=2019-12-04",
        &["CT 2021-06-21 formsnet3"],
    );
    check(
        "formsnet3/4000 infusion infusion_kind=CT date=2021-07-21
         formsnet3/2450 mention infusion_kind=CT mention=subsequent occurred=yes date=2021-06-01",
        &["CT? 2021-06-01 formsnet3", "CT 2021-07-21 formsnet3"],
    );
}

#[test]
fn two_mentions_of_one_unrecorded_infusion_are_one_event() {
    check(
        "formsnet3/2450 mention infusion_kind=CT mention=subsequent occurred=yes date=2022-09-01
         trump/1 mention infusion_kind=CT mention=elsewhere occurred=yes date=2022-09-15 product=a",
        &["CT? 2022-09-15 formsnet3+trump"],
    );
}

#[test]
fn one_diagnosis_that_two_sources_name_differently_is_one() {
    check(
        "trump/1 diagnosis disease=NHL date=2021-10-05
         trump/2 diagnosis disease=NHL date=2021-10-05
         formsnet3/1 diagnosis disease=HL date=2021-10-05
         formsnet3/2 diagnosis disease=NHL date=2021-10-01",
        &["DIAGNOSIS 2021-10-05 formsnet3+trump"],
    );
}
