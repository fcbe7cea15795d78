use super::Key;
use crate::{Arrays, Codes, Column, PackedDate, Table};

fn table() -> Table {
    let mut table = Table::new([("s", "1"), ("s", "2"), ("s", "3"), ("s", "4")]);
    let codes = |values: [&str; 4]| Column::Codes(Codes::from_values(values.map(Some)));
    table
        .add("given", codes(["anna", "lee", "", "catherine"]))
        .unwrap();
    table
        .add("surname", codes(["lee", "anna", "meyer", "katharine"]))
        .unwrap();
    table
        .add("phone", codes(["555-1234", "5551234", "5551243", ""]))
        .unwrap();
    table
        .add(
            "title",
            codes([
                "red canon x100 camera",
                "camera canon x100",
                "canon bag",
                "bag red",
            ]),
        )
        .unwrap();
    let date = |year, month, day| PackedDate::new(year, month, day);
    let dates = vec![
        date(1970, 3, 4),
        date(1970, 4, 3),
        date(1970, 3, 0),
        date(1970, 3, 6),
    ];
    table.add("born", Column::Dates(dates)).unwrap();
    table
        .add("price", Column::Numbers(vec![10.0, 10.4, f32::NAN, 19.0]))
        .unwrap();
    table
        .add(
            "genres",
            Column::Arrays(Arrays::from_strings([
                vec!["a", "b"],
                vec!["b"],
                vec![],
                vec!["c"],
            ])),
        )
        .unwrap();
    table
}

/// The pairs of rows that share a key.
#[track_caller]
fn check(text: &str, expected: &[(u32, u32)]) {
    let table = table();
    let codes = Key::parse(text).unwrap().codes(&table, "a test").unwrap();
    let shares = |left: u32, right: u32| {
        codes
            .at(left)
            .iter()
            .any(|code| codes.at(right).contains(code))
    };
    let mut found = Vec::new();
    for left in 0..4 {
        found.extend(
            (left + 1..4)
                .filter(|&right| shares(left, right))
                .map(|right| (left, right)),
        );
    }
    assert_eq!(found, expected, "{text}");
}

#[test]
fn texts_share_keys_by_what_the_function_keeps() {
    check("surname", &[]);
    check(" prefix( given , 1 ) ", &[]);
    check("suffix(surname, 1)", &[(0, 3)]);
    check("nysiis(surname)", &[]);
    check("any_of(given, surname)", &[(0, 1)]);
    check("digits(phone)", &[(0, 1)]);
    check("typos(phone)", &[(0, 1), (1, 2)]);
    check("grams(phone, 4)", &[(0, 1), (1, 2)]);
    check("first_token(title)", &[]);
    check("last_token(title)", &[]);
    check("tokens(title)", &[(0, 1), (0, 2), (0, 3), (1, 2), (2, 3)]);
    check("sorted_tokens(title)", &[]);
    check("rare_tokens(title, 2)", &[(0, 1), (0, 3), (2, 3)]);
    check("token_pairs(title, 4)", &[(0, 1)]);
    check("soundex(surname)", &[]);
}

#[test]
fn dates_share_keys_by_their_parts() {
    check("born", &[]);
    check(
        "year(born)",
        &[(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)],
    );
    check("month(born)", &[(0, 2), (0, 3), (2, 3)]);
    check("day(born)", &[]);
    check("year_month(born)", &[(0, 2), (0, 3), (2, 3)]);
    check("swapped_day_month(born)", &[(0, 1)]);
    check("within(born, 2)", &[(0, 3)]);
    check("typos(born)", &[(0, 2), (0, 3), (2, 3)]);
}

#[test]
fn numbers_and_arrays_share_keys_by_nearness_and_by_element() {
    check("price", &[]);
    check("within(price, 1)", &[(0, 1)]);
    check("rounded(price, 1)", &[(0, 1)]);
    check("rounded(price, 10)", &[(0, 1)]);
    check("genres", &[(0, 1)]);
}

#[test]
fn what_is_no_function_or_no_column_of_its_kind_is_refused() {
    for (text, expected) in [
        (
            "prefix(surname)",
            "`prefix(surname)` needs a column and a figure above 0",
        ),
        (
            "prefix(surname, 1.5)",
            "`prefix(surname, 1.5)` needs a whole number",
        ),
        (
            "any_of(surname)",
            "`any_of(surname)` does not have the columns that `any_of` needs",
        ),
    ] {
        assert_eq!(Key::parse(text), Err(expected.to_owned()));
    }
    assert!(
        Key::parse("sondex(surname)")
            .unwrap_err()
            .contains("`soundex(column)`")
    );
    for text in [
        "year(surname)",
        "soundex(born)",
        "prefix(price, 1)",
        "tokens(genres)",
        "any_of(given, born)",
        "absent",
    ] {
        assert!(
            Key::parse(text).unwrap().codes(&table(), "a test").is_err(),
            "{text}"
        );
    }
}

#[test]
fn one_typing_error_still_shares_a_key() {
    let typos = |text: &str| {
        let mut keys = Vec::new();
        super::Spelling::Typos.keys(text, &mut keys);
        keys
    };
    for other in ["12345", "1234", "123456", "12435", "12395", "02345"] {
        assert!(
            typos(other).iter().any(|key| typos("12345").contains(key)),
            "{other}"
        );
    }
}
