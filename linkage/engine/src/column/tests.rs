use super::typed;
use crate::model::{Clean, ColumnKind, ColumnSettings, Combine, DateOrder, Headings};
use crate::{Codes, Column};

fn settings(kind: ColumnKind) -> ColumnSettings {
    ColumnSettings {
        name: "a".into(),
        kind,
        ..ColumnSettings::default()
    }
}

fn codes(values: &[&str]) -> Codes {
    Codes::from_values(values.iter().map(|value| Some(*value)))
}

/// Each row's value as text, and the unreadable rows.
fn check(
    settings: &ColumnSettings,
    raw: &[&[&str]],
    sources: &[u16],
    expected: &[&str],
    unreadable: &[u32],
) {
    let raw = raw.iter().map(|values| codes(values)).collect::<Vec<_>>();
    let typed = typed(settings, &raw.iter().collect::<Vec<_>>(), sources).unwrap();
    let shown = match &typed.column {
        Column::Codes(codes) => codes
            .rows()
            .iter()
            .map(|&code| {
                if code == 0 {
                    String::new()
                } else {
                    codes.name(code).to_owned()
                }
            })
            .collect::<Vec<_>>(),
        Column::Dates(dates) => dates
            .iter()
            .map(|date| format!("{}-{}-{}", date.year(), date.month(), date.day()))
            .collect(),
        Column::Numbers(numbers) => numbers.iter().map(f32::to_string).collect(),
        Column::Arrays(arrays) => (0..)
            .zip(sources)
            .map(|(row, _)| format!("{:?}", arrays.at(row)))
            .collect(),
        Column::Opaque(_) => Vec::new(),
    };
    assert_eq!(shown, expected);
    assert_eq!(typed.unreadable.first, unreadable);
}

#[test]
fn text_is_cleaned_and_spellings_of_nothing_are_missing() {
    let settings = ColumnSettings {
        clean: vec![Clean::Lower, Clean::Letters],
        missing: vec!["Unknown".into(), "-".into()],
        ..settings(ColumnKind::Text)
    };
    let raw = ["O'Neil", "oneil ", "UNKNOWN", "-", "", "12"];
    check(
        &settings,
        &[&raw],
        &[0; 6],
        &["oneil", "oneil", "", "", "", ""],
        &[],
    );
}

#[test]
fn each_source_has_its_own_order_of_day_and_month() {
    let raw = [
        "4/3/1970",
        "31/12/1970",
        "4/3/1970",
        "12/31/1970",
        "nonsense",
        "2/31/1970",
    ];
    let expected = [
        "1970-3-4",
        "1970-12-31",
        "1970-4-3",
        "1970-12-31",
        "0-0-0",
        "1970-2-0",
    ];
    check(
        &settings(ColumnKind::Date),
        &[&raw],
        &[0, 0, 1, 1, 1, 1],
        &expected,
        &[4, 5],
    );
}

#[test]
fn an_order_that_nothing_shows_is_assumed_and_told() {
    let raw = codes(&["4/3/1970", "1970-01-02"]);
    let found = typed(&settings(ColumnKind::Date), &[&raw], &[0, 0]).unwrap();
    assert_eq!(found.unreadable.ambiguous_order, 1);
    let given = ColumnSettings {
        order: Some(DateOrder::MonthDayYear),
        ..settings(ColumnKind::Date)
    };
    assert_eq!(
        typed(&given, &[&raw], &[0, 0])
            .unwrap()
            .unreadable
            .ambiguous_order,
        0
    );
}

#[test]
fn parts_of_a_date_and_parts_of_a_name_are_combined() {
    let parts = ColumnSettings {
        from: Headings::Several(vec!["y".into(), "m".into(), "d".into()]),
        combine: Combine::DateParts,
        ..settings(ColumnKind::Date)
    };
    check(
        &parts,
        &[&["1970", "1980", ""], &["3", "13", "1"], &["4", "5", "1"]],
        &[0; 3],
        &["1970-3-4", "1980-0-0", "0-0-0"],
        &[1],
    );
    let joined = ColumnSettings {
        from: Headings::Several(vec!["given".into(), "surname".into()]),
        combine: Combine::Join,
        ..settings(ColumnKind::Text)
    };
    check(
        &joined,
        &[&["ann", "", ""], &["berg", "lee", ""]],
        &[0; 3],
        &["ann berg", "lee", ""],
        &[],
    );
}

#[test]
fn numbers_and_arrays_are_read() {
    check(
        &settings(ColumnKind::Number),
        &[&["$1,200", "x", ""]],
        &[0; 3],
        &["1200", "NaN", "NaN"],
        &[1],
    );
    let array = ColumnSettings {
        separator: Some("|".into()),
        ..settings(ColumnKind::Array)
    };
    check(
        &array,
        &[&["a|b", "b | a", "", "c"]],
        &[0; 4],
        &["[1, 2]", "[1, 2]", "[]", "[3]"],
        &[],
    );
}

#[test]
fn too_few_raw_columns_are_refused() {
    assert!(typed(&settings(ColumnKind::Text), &[], &[]).is_err());
}
