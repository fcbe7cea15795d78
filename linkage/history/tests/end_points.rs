//! Survival by the rules of the registries: last contact over all of them, next infusions only on the way.
#![allow(clippy::unwrap_used, reason = "a test panics on purpose")]

mod told;

use history::Rules;
use schema::{History, Identity};

/// `KIND date end-point days status by KIND` for each outcome.
fn summary(history: &History) -> Vec<String> {
    let lines = history.outcomes.iter().map(|outcome| {
        let from = &history.events[outcome.from_event];
        let days = outcome
            .days
            .map_or_else(|| "?".to_owned(), |days| days.to_string());
        let by: Vec<_> = outcome
            .decided_by
            .iter()
            .map(|place| history.events[*place].kind.as_str())
            .collect();
        let short: String = outcome
            .kind
            .as_str()
            .split('_')
            .filter_map(|word| word.chars().next())
            .collect();
        format!(
            "{} {short} {days} {} {}",
            from.kind.as_str(),
            outcome.status,
            by.join("+")
        )
    });
    lines.collect()
}

fn check(text: &str, expected: &[&str]) {
    assert_eq!(summary(&told::history(text)), expected, "{text}");
}

#[test]
fn survival_is_censored_at_the_last_contact_over_all_registries() {
    check(
        "trump/1 infusion infusion_kind=HCT date=2020-01-01 donor_type=autologous; contact date=2020-06-01 survival=alive
         formsnet3/1 contact date=2020-12-31 survival=alive",
        &["HCT os 365 0 LAST_CONTACT", "HCT rfs 365 0 LAST_CONTACT", "HCT nrm 365 0 LAST_CONTACT"],
    );
}

#[test]
fn a_next_infusion_is_on_the_way_and_not_the_end() {
    check(
        "formsnet3/1 infusion infusion_kind=HCT date=2020-01-01 donor_type=autologous
         formsnet3/2 contact date=2020-03-01 survival=alive follow_up=before_next_infusion
         formsnet3/3 infusion infusion_kind=CT date=2020-03-08
         formsnet3/4 death date=2020-07-19",
        &[
            "HCT os 200 1 DEATH",
            "HCT rfs 200 1 DEATH",
            "HCT nrm 200 1 DEATH",
            "CT os 133 1 DEATH",
            "CT rfs 133 1 DEATH",
            "CT nrm 133 1 DEATH",
        ],
    );
}

#[test]
fn relapse_competes_with_death_without_relapse() {
    check(
        "trump/1 infusion infusion_kind=HCT date=2020-01-01 donor_type=autologous; outcome outcome=relapse date=2020-01-31; death date=2020-03-01",
        &[
            "HCT os 60 1 DEATH",
            "HCT rfs 30 1 RELAPSE",
            "HCT nrm 30 2 RELAPSE",
        ],
    );
}

#[test]
fn severe_gvhd_ends_grfs_and_mild_gvhd_does_not() {
    let text = |first: &str, second: &str| {
        format!(
            "trump/1 infusion infusion_kind=HCT date=2020-01-01 donor_type=allogeneic; outcome outcome=acute_gvhd {first} date=2020-01-31; outcome outcome=chronic_gvhd {second} date=2020-05-30; contact date=2021-01-01 survival=alive"
        )
    };
    let grfs = |text: &str| summary(&told::history(text)).pop().unwrap();
    assert_eq!(
        grfs(&text("grade=3", "systemic=yes")),
        "HCT gfrfs 30 1 ACUTE_GVHD"
    );
    assert_eq!(
        grfs(&text("grade=2", "systemic=yes")),
        "HCT gfrfs 150 1 CHRONIC_GVHD"
    );
    assert_eq!(
        grfs(&text("grade=2", "systemic=no")),
        "HCT gfrfs 366 0 LAST_CONTACT"
    );
}

#[test]
fn days_are_told_only_between_ends_that_are_known_to_the_day() {
    check(
        "trump/1 infusion infusion_kind=HCT date=2020-01 donor_type=autologous; death date=2020-03-01",
        &["HCT os ? 1 DEATH", "HCT rfs ? 1 DEATH", "HCT nrm ? 1 DEATH"],
    );
    check(
        "trump/1 infusion infusion_kind=HCT date=2020-01-01 donor_type=autologous; outcome outcome=relapse occurred=yes; death date=2020-03-01",
        &[
            "HCT os 60 1 DEATH",
            "HCT rfs ? 1 RELAPSE",
            "HCT nrm ? 2 RELAPSE",
        ],
    );
    check(
        "trump/1 infusion infusion_kind=HCT date=2020-01-01 donor_type=autologous; outcome outcome=relapse date=2020-05; death date=2020-03-01",
        &[
            "HCT os 60 1 DEATH",
            "HCT rfs 60 1 DEATH",
            "HCT nrm 60 1 DEATH",
        ],
    );
}

#[test]
fn infusions_known_by_mentions_only_have_no_end_points() {
    check(
        "formsnet3/1 mention infusion_kind=HCT mention=prior occurred=yes date=2019-01-01; contact date=2021-01-01 survival=alive",
        &[],
    );
}

#[test]
fn the_latest_contact_wins_over_a_death_until_a_review_confirms_it() {
    let text = "trump/1 infusion infusion_kind=HCT date=2020-01-01 donor_type=autologous; death date=2020-03-01
         formsnet3/1 contact date=2020-12-31 survival=alive";
    check(
        text,
        &[
            "HCT os 365 0 LAST_CONTACT",
            "HCT rfs 365 0 LAST_CONTACT",
            "HCT nrm 365 0 LAST_CONTACT",
        ],
    );
    assert!(
        told::history(text)
            .conflicts
            .iter()
            .any(|conflict| &*conflict.check == "C-007")
    );
    let identity = Identity::from_number(1);
    let rules = Rules {
        death_confirmed: [identity].into(),
        ..Rules::default()
    };
    let reviewed = history::assemble(identity, &told::records(text), None, &rules);
    assert_eq!(summary(&reviewed)[0], "HCT os 60 1 DEATH");
    assert!(
        reviewed
            .conflicts
            .iter()
            .any(|conflict| &*conflict.check == "C-007")
    );
}

#[test]
fn a_contact_on_the_day_after_a_death_does_not_shake_it() {
    let text = "trump/1 infusion infusion_kind=HCT date=2020-01-01 donor_type=autologous; death date=2020-03-01
         formsnet3/1 contact date=2020-03-02 survival=alive";
    check(
        text,
        &[
            "HCT os 60 1 DEATH",
            "HCT rfs 60 1 DEATH",
            "HCT nrm 60 1 DEATH",
        ],
    );
}
