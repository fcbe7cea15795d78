//! Every check of the catalogue, found where it should be and nowhere else.
#![allow(clippy::unwrap_used, reason = "a test panics on purpose")]

mod told;

fn check(text: &str, expected: &[&str]) {
    let history = told::history(text);
    let found: Vec<_> = history
        .conflicts
        .iter()
        .map(|conflict| &*conflict.check)
        .collect();
    assert_eq!(found, expected, "{text}\n{:?}", history.conflicts);
}

#[test]
fn what_agrees_has_no_conflict() {
    check(
        "trump/1 person birth_date=1970-01-02 sex=male; diagnosis disease=AML date=2018-12-01; infusion infusion_kind=HCT date=2019-04-05 donor_type=allogeneic ordinal=1; outcome outcome=acute_gvhd grade=2 date=2019-05-01; consent consent=given
         formsnet3/1 person birth_date=1970-01 sex=male; infusion infusion_kind=HCT date=2019-04-05 donor_type=allogeneic; mention infusion_kind=HCT mention=prior occurred=no event_type=HCT event_date=2019-04-05; consent consent=given
         fhir/1 death date=2020-01-01",
        &[],
    );
}

#[test]
fn the_person_is_told_differently() {
    check(
        "trump/1 person sex=male\n formsnet3/1 person sex=female",
        &["C-003"],
    );
    check(
        "trump/1 person birth_date=1970-01-02\n formsnet3/1 person birth_date=1971-01-02",
        &["C-004"],
    );
    check(
        "trump/1 person birth_date=1970-01\n formsnet3/1 person birth_date=1970-01-02",
        &[],
    );
    check(
        "trump/1 consent consent=given\n formsnet3/1 consent consent=refused",
        &["C-016"],
    );
    check(
        "trump/1 person abo=A\n formsnet3/1 person abo=O",
        &["C-017"],
    );
    check(
        "trump/1 person abo=A; infusion infusion_kind=HCT date=2019-04-05 donor_type=allogeneic\n formsnet3/1 person abo=O",
        &[],
    );
    check(
        "trump/1 person birth_date=2019-05-01; infusion infusion_kind=HCT date=2019-04-05",
        &["C-002"],
    );
}

#[test]
fn death_is_told_differently() {
    check(
        "trump/1 death date=2020-01-01\n formsnet3/1 death date=2020-01-02",
        &["C-006"],
    );
    check(
        "trump/1 death date=2020-01\n formsnet3/1 death date=2020-01-02",
        &[],
    );
    check(
        "trump/1 death date=2020-01-01\n formsnet3/1 contact date=2020-05-02 survival=alive",
        &["C-007"],
    );
    check(
        "trump/1 death date=2020-01-01\n formsnet3/1 infusion infusion_kind=CT date=2020-02-02",
        &["C-001"],
    );
    check("trump/1 death cause=relapse", &["C-020"]);
}

#[test]
fn an_infusion_is_told_differently() {
    let two = |left: &str, right: &str| {
        format!(
            "trump/1 infusion infusion_kind=HCT date=2019-04-05 {left}\n formsnet3/1 infusion infusion_kind=HCT date=2019-04-05 {right}"
        )
    };
    check(
        &two("donor_type=allogeneic", "donor_type=autologous"),
        &["C-008"],
    );
    check(&two("donor_type=syngeneic", "donor_type=allogeneic"), &[]);
    check(&two("graft=bone_marrow", "graft=cord_blood"), &["C-009"]);
    check(
        &two(
            "graft=bone_marrow_and_peripheral_blood",
            "graft=bone_marrow",
        ),
        &[],
    );
    check(&two("product=a", "product=b"), &["C-010"]);
    check(&two("ordinal=2", "ordinal=1"), &["C-011"]);
    check(
        "trump/1 infusion infusion_kind=HCT date=2019-04-05\n formsnet3/1 infusion infusion_kind=HCT date=2019-04-06",
        &["C-005"],
    );
    check(
        "trump/1 infusion infusion_kind=HCT date=2019-04\n formsnet3/1 infusion infusion_kind=HCT date=2019-04-06",
        &[],
    );
    check(
        "trump/1 infusion infusion_kind=HCT date=2019-04-05\n formsnet3/1 mention infusion_kind=HCT mention=prior date=2019-04-12",
        &["C-023"],
    );
}

#[test]
fn what_is_told_of_earlier_infusions_is_compared_with_what_is_known() {
    let form = "infusion infusion_kind=CT date=2021-01-05; mention infusion_kind=HCT mention=prior event_type=CT event_date=2021-01-05";
    let transplant = "trump/1 infusion infusion_kind=HCT date=2019-04-05";
    check(
        &format!("{transplant}\n formsnet3/1 {form} occurred=yes count=2 date=2019-04-05"),
        &["C-012"],
    );
    check(
        &format!("{transplant}\n formsnet3/1 {form} occurred=yes count=1 date=2019-04-05"),
        &[],
    );
    check(
        &format!("{transplant}\n formsnet3/1 {form} occurred=no"),
        &["C-018"],
    );
    check(
        &format!("formsnet3/1 {form} occurred=yes date=2019-04-05"),
        &["C-021"],
    );
}

#[test]
fn what_cannot_be_is_found() {
    check(
        "trump/1 infusion infusion_kind=HCT date=2019-04-05 donor_type=allogeneic; outcome outcome=relapse date=2019-03-01",
        &["C-013"],
    );
    check(
        "trump/1 infusion infusion_kind=HCT date=2019-04-05 donor_type=allogeneic; outcome outcome=neutrophil_engraftment date=2019-03-01",
        &["C-022"],
    );
    check(
        "trump/1 infusion infusion_kind=HCT date=2019-04-05 donor_type=autologous; outcome outcome=acute_gvhd grade=2 date=2019-05-01",
        &["C-014"],
    );
}

#[test]
fn diagnoses_are_told_differently() {
    check(
        "trump/1 diagnosis disease=AML date=2019-01-01\n formsnet3/1 diagnosis disease=ALL date=2019-01-01",
        &["C-015"],
    );
    check(
        "trump/1 diagnosis disease=MDS date=2019-01-01\n formsnet3/1 diagnosis disease=AML date=2019-01-01",
        &[],
    );
    check(
        "trump/1 diagnosis disease=AML date=2019-01-01\n formsnet3/1 diagnosis disease=AML date=2017-01-01",
        &["C-024"],
    );
    check(
        "trump/1 diagnosis disease=AML date=2019-05-01; infusion infusion_kind=HCT date=2019-04-05",
        &["C-019"],
    );
}
