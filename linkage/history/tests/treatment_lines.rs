//! Lines of treatment over all registries.
#![allow(clippy::unwrap_used, reason = "a test panics on purpose")]

mod told;

fn check(text: &str, expected: &[&str]) {
    let history = told::history(text);
    let lines: Vec<_> = history
        .lines
        .iter()
        .map(|line| {
            format!(
                "{} {} {}",
                line.number,
                line.begins.unwrap().date,
                line.label
            )
        })
        .collect();
    assert_eq!(lines, expected, "{text}");
}

#[test]
fn chemotherapy_transplants_and_cell_therapies_begin_lines() {
    check(
        "fhir/1 therapy therapy=chemotherapy agent=R-CHOP date=2017-03-01
         fhir/2 therapy therapy=chemotherapy agent=R-CHOP date=2017-04-01
         trump/1 infusion infusion_kind=HCT date=2018-05-01 donor_type=autologous; infusion infusion_kind=DLI date=2018-09-01; outcome outcome=relapse date=2019-01-01
         formsnet3/1 infusion infusion_kind=CT date=2020-05-01 product=kymriah",
        &["1 2017-03-01 chemotherapy", "2 2018-05-01 autologous HCT", "3 2020-05-01 cell therapy (kymriah)"],
    );
}

#[test]
fn a_gap_or_a_relapse_begins_another_line_of_chemotherapy() {
    let second = "fhir/2 therapy therapy=chemotherapy agent=b date=2017-04-01";
    let first = "fhir/1 therapy therapy=chemotherapy agent=a date=2017-03-01";
    check(
        &format!("{first}\n{second}"),
        &["1 2017-03-01 chemotherapy"],
    );
    check(
        &format!("{first}\n{second}\nfhir/3 outcome outcome=relapse date=2017-03-20"),
        &["1 2017-03-01 chemotherapy", "2 2017-04-01 chemotherapy"],
    );
    check(
        &format!("{first}\nfhir/4 therapy therapy=chemotherapy agent=a date=2017-12-01"),
        &["1 2017-03-01 chemotherapy", "2 2017-12-01 chemotherapy"],
    );
}

#[test]
fn conditioning_bridging_and_lymphodepletion_belong_to_their_infusion() {
    check(
        "fhir/1 therapy therapy=chemotherapy agent=BU date=2018-04-24
         trump/1 infusion infusion_kind=HCT date=2018-05-01 donor_type=allogeneic
         fhir/2 therapy therapy=apheresis date=2020-01-10
         fhir/3 therapy therapy=chemotherapy agent=Pola-BR date=2020-02-01
         fhir/4 therapy therapy=chemotherapy agent=Flu/Cy date=2020-04-26
         formsnet3/1 infusion infusion_kind=CT date=2020-05-01 product=kymriah",
        &[
            "1 2018-05-01 allogeneic HCT",
            "2 2020-05-01 cell therapy (kymriah)",
        ],
    );
}

#[test]
fn a_planned_tandem_is_one_line() {
    let second = |date: &str, donor: &str| {
        format!(
            "trump/1 infusion infusion_kind=HCT date=2018-01-10 donor_type=autologous ordinal=1
             trump/2 infusion infusion_kind=HCT date={date} donor_type={donor} ordinal=2"
        )
    };
    check(
        &second("2018-05-10", "autologous"),
        &["1 2018-01-10 tandem autologous HCT"],
    );
    check(
        &second("2018-05-10", "allogeneic"),
        &["1 2018-01-10 tandem autologous HCT, allogeneic HCT"],
    );
    check(
        &second("2019-05-10", "autologous"),
        &["1 2018-01-10 autologous HCT", "2 2019-05-10 autologous HCT"],
    );
}
