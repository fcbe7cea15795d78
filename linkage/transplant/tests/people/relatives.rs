//! Twins and siblings, who share what tells persons apart.

use super::*;

#[test]
fn twins_are_not_merged() {
    let one = trump()
        .person("1970-03-04", "male", "YT")
        .facility("F001")
        .diagnosis("AML", "2014-02-03")
        .infusion("HCT", "2015-04-05", "allogeneic")
        .typing("2015-01-01", COMMON);
    let other = |initials| {
        formsnet3()
            .person("1970-03-04", "male", initials)
            .facility("F001")
            .diagnosis("AML", "2014-02-20")
            .infusion("HCT", "2016-09-10", "allogeneic")
            .typing("2016-01-01", COMMON)
    };
    assert_eq!(outcome(&[one.clone(), other("YK")]), Outcome::Review);
    assert_ne!(outcome(&[one.clone(), other("")]), Outcome::Together);
    let twin_brother = trump()
        .person("1970-03-04", "male", "YT")
        .facility("F001")
        .typing("2015-01-01", OTHER)
        .infusion("HCT", "2015-04-05", "autologous");
    assert_eq!(
        outcome(&[twin_brother, other("YK")]),
        Outcome::Apart,
        "fraternal twins"
    );
}

#[test]
fn the_better_of_two_twins_gets_the_record() {
    let twin = |key, initials, infused: &str| {
        patient("trump", key)
            .person("1970-03-04", "male", initials)
            .facility("F001")
            .infusion("HCT", infused, "autologous")
            .typing("2015-01-01", COMMON)
    };
    let patients = [
        twin("000900000001", "YT", "2015-04-05"),
        formsnet3()
            .person("1970-03-04", "male", "YT")
            .facility("F001")
            .infusion("HCT", "2015-04-05", "autologous")
            .typing("2015-01-01", COMMON),
        twin("000900000002", "YK", "2016-09-10"),
    ];
    let (_, linked) = linked(&patients);
    assert!(
        linked.clusters.contains(&vec![0, 1]) && linked.clusters.contains(&vec![2]),
        "{:?}",
        &linked.clusters[..3]
    );
}

#[test]
fn a_sibling_donor_who_becomes_a_patient_stays_another_person() {
    let brother = trump()
        .person("1970-03-04", "male", "YT")
        .facility("F001")
        .infusion("HCT", "2015-04-05", "allogeneic")
        .typing("2014-12-01", COMMON);
    let donor = formsnet3()
        .person("1973-08-09", "male", "YK")
        .facility("F001")
        .infusion("HCT", "2019-04-05", "allogeneic")
        .typing("2018-12-01", COMMON);
    assert_eq!(outcome(&[brother, donor]), Outcome::Apart);
}

#[test]
fn twins_with_the_same_initials_and_other_diseases_stay_two() {
    let twin = |key, (disease, diagnosed), facility, infused| {
        patient("trump", key)
            .person("1972-04-25", "male", "YR")
            .facility(facility)
            .diagnosis(disease, diagnosed)
            .infusion("HCT", infused, "allogeneic")
            .typing("2022-01-01", COMMON)
    };
    let one = || twin("000900000001", ("MDS", "2023-03-03"), "F005", "2023-12-18");
    assert_ne!(
        outcome(&[
            one(),
            twin("000900000002", ("ATL", "2023-01-22"), "F035", "2021-02-03")
        ]),
        Outcome::Together,
        "diseases of which neither turns into the other"
    );
    assert_ne!(
        outcome(&[
            one(),
            twin("000900000002", ("MDS", "2023-01-22"), "F035", "2023-11-25")
        ]),
        Outcome::Together,
        "nobody is transplanted twice within weeks in two hospitals"
    );
}
