//! Laws that hold for any records.
#![allow(clippy::unwrap_used, reason = "a test panics on purpose")]

mod told;

use proptest::prelude::*;
use schema::EventKind;

/// A row with one or two statements, of any of three sources.
fn row() -> impl Strategy<Value = String> {
    let date =
        (2015..2018_i32, 1..4_u8, 1..6_u8, 0..4_u8).prop_map(
            |(year, month, day, form)| match form {
                0 => format!("{year}-{month:02}"),
                1 => format!("{year}-{month:02}-{day:02}~"),
                _ => format!("{year}-{month:02}-{day:02}"),
            },
        );
    let statement = prop_oneof![
        date.clone().prop_map(|date| format!(
            "infusion infusion_kind=HCT donor_type=allogeneic date={date}"
        )),
        date.clone()
            .prop_map(|date| format!("infusion infusion_kind=CT product=a date={date}")),
        date.clone().prop_map(|date| format!(
            "infusion infusion_kind=CT product=b date={date} event_type=CT event_date=2016-01-02"
        )),
        date.clone()
            .prop_map(|date| format!("mention infusion_kind=HCT mention=prior date={date}")),
        date.clone()
            .prop_map(|date| format!("outcome outcome=relapse date={date}")),
        date.clone()
            .prop_map(|date| format!("outcome outcome=acute_gvhd grade=3 date={date}")),
        date.clone()
            .prop_map(|date| format!("diagnosis disease=AML date={date}")),
        date.clone()
            .prop_map(|date| format!("therapy therapy=chemotherapy agent=x date={date}")),
        date.clone()
            .prop_map(|date| format!("contact survival=alive date={date}")),
        date.clone().prop_map(|date| format!("death date={date}")),
        date.prop_map(|date| format!("person sex=male birth_date={date}")),
        Just("mention infusion_kind=HCT mention=prior occurred=yes count=1".to_owned()),
        Just("consent consent=refused".to_owned()),
        Just("infusion infusion_kind=HCT ordinal=2".to_owned()),
    ];
    (
        "trump|formsnet3|fhir",
        0..30_u8,
        prop::collection::vec(statement, 1..3),
    )
        .prop_map(|(source, row, statements)| format!("{source}/{row} {}", statements.join("; ")))
}

proptest! {
    #[test]
    fn the_order_of_the_records_is_irrelevant(rows in prop::collection::vec(row(), 0..14), turn in 0..14_usize) {
        let expected = told::history(&rows.join("\n"));
        let mut turned = rows;
        turned.reverse();
        let turn = turn % turned.len().max(1);
        turned.rotate_left(turn);
        prop_assert_eq!(told::history(&turned.join("\n")), expected);
    }

    #[test]
    fn every_statement_of_an_infusion_stands_in_exactly_one_event(rows in prop::collection::vec(row(), 0..14)) {
        let text = rows.join("\n");
        let history = told::history(&text);
        let own = history.events.iter().filter(|event| event.kind.is_infusion())
            .flat_map(|event| &event.tellings).filter(|telling| !telling.mention).count();
        prop_assert_eq!(own, text.matches("infusion infusion_kind").count());
    }

    #[test]
    fn places_in_a_history_are_places_of_what_they_should_be(rows in prop::collection::vec(row(), 0..14)) {
        let history = told::history(&rows.join("\n"));
        for event in &history.events {
            prop_assert!(event.infusion.is_none_or(|place| history.events[place].kind.is_infusion()));
            prop_assert!(!event.tellings.is_empty());
        }
        for outcome in &history.outcomes {
            prop_assert!(matches!(history.events[outcome.from_event].kind, EventKind::Hct | EventKind::Ct));
            prop_assert!(outcome.decided_by.iter().all(|place| *place < history.events.len()));
            prop_assert!(outcome.days.is_none_or(|days| days >= 0));
        }
        let begins: Vec<_> = history.lines.iter().map(|line| line.number).collect();
        prop_assert_eq!(begins, (1..=u32::try_from(history.lines.len()).unwrap()).collect::<Vec<_>>());
    }
}
