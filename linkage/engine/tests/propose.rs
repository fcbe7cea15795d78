//! What is proposed for files of different kinds, none of them with a word on what they hold.

#![allow(clippy::unwrap_used, reason = "a test panics on purpose")]

use linkage::{Codes, Kind, Proposal, ProposalOptions, RawFiles, propose};

const GIVEN: [&str; 20] = [
    "anna", "bernd", "clara", "dieter", "emma", "frieda", "georg", "hanna", "ida", "jonas", "karl",
    "lena", "marie", "nora", "otto", "paula", "quirin", "rosa", "stefan", "thea",
];
const SURNAMES: [&str; 25] = [
    "altmann", "bergmann", "claussen", "dorn", "ebert", "fuchs", "gerber", "hartmann", "iversen",
    "jansen", "keller", "lorenz", "maurer", "neumann", "ostertag", "petersen", "quast", "richter",
    "sommer", "thiele", "ullrich", "vogel", "wagner", "ziegler", "zimmer",
];

/// A number that looks drawn, for a place and a purpose.
fn drawn(place: u64, purpose: u64, below: usize) -> usize {
    let mut value =
        place.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ purpose.wrapping_mul(0xD6E8_FEB8_6659_FD93);
    value = (value ^ (value >> 31)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    value ^= value >> 29;
    usize::try_from(value % below as u64).unwrap()
}

/// A person's values, one of them wrong in a second record.
fn person(number: u64, second: bool) -> [String; 5] {
    let mut person = [
        GIVEN[drawn(number, 1, GIVEN.len())].to_owned(),
        SURNAMES[drawn(number, 2, SURNAMES.len())].to_owned(),
        (1930 + drawn(number, 3, 70)).to_string(),
        (1 + drawn(number, 4, 12)).to_string(),
        (1 + drawn(number, 5, 28)).to_string(),
    ];
    if second {
        let wrong = drawn(number, 6, 5);
        person[wrong] = match wrong {
            0 | 1 => person[wrong][1..].to_owned(),
            _ => (1 + drawn(number, 7, 12)).to_string(),
        };
        if wrong == 2 {
            person[2] = (1930 + drawn(number, 8, 70)).to_string();
        }
    }
    person
}

/// Columns by heading, and each row's file.
fn proposed(
    files: &[&str],
    sources: &[u16],
    columns: &[(&str, Vec<String>)],
    ignore: &[&str],
) -> Proposal {
    let source_names = files
        .iter()
        .map(|&name| name.to_owned())
        .collect::<Vec<_>>();
    let columns = columns
        .iter()
        .map(|(heading, values)| {
            let values = values.iter().map(|value| Some(value.as_str()));
            ((*heading).to_owned(), Codes::from_values(values))
        })
        .collect::<Vec<_>>();
    let raw = RawFiles {
        source_names: &source_names,
        sources,
        columns: &columns,
    };
    let options = ProposalOptions {
        name: "proposed".into(),
        ignore: ignore.iter().map(|&heading| heading.to_owned()).collect(),
    };
    propose(&raw, &options).unwrap()
}

fn doubled_persons() -> (Vec<u16>, Vec<(&'static str, Vec<String>)>) {
    let people = (0..400).map(|number| person(number, false));
    let people = people
        .chain((0..100).map(|number| person(number, true)))
        .collect::<Vec<_>>();
    let column = |place: usize| {
        people
            .iter()
            .map(|person| person[place].clone())
            .collect::<Vec<_>>()
    };
    let headings = ["fname", "lname", "by", "bm", "bd"];
    let mut columns = headings
        .iter()
        .enumerate()
        .map(|(place, &heading)| (heading, column(place)))
        .collect::<Vec<_>>();
    columns.push((
        "rec_id",
        (0..people.len()).map(|row| format!("r{row}")).collect(),
    ));
    (vec![0; people.len()], columns)
}

#[test]
fn a_date_in_three_columns_is_one_date_and_the_records_number_is_no_evidence() {
    let (sources, columns) = doubled_persons();
    let proposal = proposed(&["people"], &sources, &columns, &[]);
    let born = proposal
        .model
        .columns
        .iter()
        .find(|column| column.name == "date_of_birth")
        .unwrap();
    assert_eq!(born.headings(), ["by", "bm", "bd"]);
    assert!(
        proposal
            .ignored
            .iter()
            .any(|ignored| ignored.heading == "rec_id"),
        "{:?}",
        proposal.ignored
    );
    assert!(
        proposal
            .model
            .comparisons
            .iter()
            .any(|comparison| comparison.kind == Kind::Date)
    );
    assert!(proposal.rules.iter().all(|rule| rule.pairs > 0) && proposal.recall > 0.9);
    assert!(proposal.text.contains("# Taken for a given name"));
}

#[test]
fn the_same_files_give_the_same_proposal() {
    let (sources, columns) = doubled_persons();
    let text = || proposed(&["people"], &sources, &columns, &[]).text;
    assert_eq!(text(), text());
}

#[test]
fn two_files_with_other_headings_and_no_doubles_are_linked_across_alone() {
    let people = (0..300)
        .map(|number| person(number, false))
        .chain((100..400).map(|number| person(number, true)));
    let people = people.collect::<Vec<_>>();
    let sources = (0..600)
        .map(|row| u16::from(row >= 300))
        .collect::<Vec<_>>();
    let column = |place: usize, file: u16| {
        let value = |(person, &source): (&[String; 5], &u16)| {
            if source == file {
                person[place].clone()
            } else {
                String::new()
            }
        };
        people.iter().zip(&sources).map(value).collect::<Vec<_>>()
    };
    let born = |person: &[String; 5]| format!("{}/{}/{}", person[4], person[3], person[2]);
    let columns = [
        ("given", column(0, 0)),
        ("vorname", column(0, 1)),
        ("family", column(1, 0)),
        ("nachname", column(1, 1)),
        ("born", people.iter().map(born).collect()),
        ("only here", column(2, 1)),
    ];
    let proposal = proposed(&["left", "right"], &sources, &columns, &[]);
    let given = proposal
        .model
        .columns
        .iter()
        .find(|column| column.name == "given")
        .unwrap();
    assert_eq!(given.headings(), ["given", "vorname"]);
    assert!(!proposal.model.scope.is_all(), "{}", proposal.text);
    assert!(
        proposal
            .ignored
            .iter()
            .any(|ignored| ignored.heading == "only here")
    );
}

#[test]
fn a_whole_name_beside_its_parts_does_not_count_twice() {
    let (sources, mut columns) = doubled_persons();
    let whole = columns[0]
        .1
        .iter()
        .zip(&columns[1].1)
        .map(|(given, family)| format!("{given} {family}"))
        .collect();
    columns.push(("full_name", whole));
    let proposal = proposed(&["people"], &sources, &columns, &["rec_id"]);
    assert!(
        proposal
            .ignored
            .iter()
            .any(|ignored| ignored.heading == "full_name"),
        "{:?}",
        proposal.ignored
    );
}

#[test]
fn files_without_evidence_are_refused() {
    let column = (
        "id".to_owned(),
        Codes::from_values((0..50).map(|_| Some("x"))),
    );
    let raw = RawFiles {
        source_names: &["a".to_owned()],
        sources: &[0; 50],
        columns: &[column],
    };
    assert!(propose(&raw, &ProposalOptions::default()).is_err());
}

/// Two files one after the other, each row a record of columns in the order of the headings.
fn two_files(headings: &[&'static str], files: &[Vec<Vec<String>>; 2]) -> Proposal {
    let sources = files
        .iter()
        .zip(0_u16..)
        .flat_map(|(rows, source)| rows.iter().map(move |_| source))
        .collect::<Vec<_>>();
    let rows = files.concat();
    let columns = headings
        .iter()
        .enumerate()
        .map(|(place, &heading)| (heading, rows.iter().map(|row| row[place].clone()).collect()))
        .collect::<Vec<_>>();
    proposed(&["left", "right"], &sources, &columns, &[])
}

#[test]
fn numbers_within_titles_are_evidence_of_their_own() {
    let title = |number: u64, second: bool| {
        let model = format!("KX{}", 1000 + 7 * number);
        let maker = SURNAMES[drawn(number, 1, SURNAMES.len())];
        let (kind, colour) = (GIVEN[drawn(number, 2, 20)], GIVEN[drawn(number, 3, 20)]);
        vec![if second {
            format!("{maker} {model} {kind}")
        } else {
            format!("{maker} {colour} {kind} - {model}")
        }]
    };
    let left = (0..300).map(|number| title(number, false)).collect();
    let right = (100..400).map(|number| title(number, true)).collect();
    let proposal = two_files(&["title"], &[left, right]);
    let cleaned = |name: &str| {
        let mut columns = proposal.model.columns.iter();
        let column = columns.find(|column| column.name == name);
        column.map(|column| column.clean.clone()).unwrap()
    };
    assert!(cleaned("title_codes").contains(&linkage::Clean::Codes));
    assert!(cleaned("title").contains(&linkage::Clean::NoCodes));
    assert_eq!(proposal.model.comparisons.len(), 2, "{}", proposal.text);
}

#[test]
fn ages_of_two_censuses_are_compared_by_the_years_between_and_households_are_no_doubles() {
    let census = |years: usize| {
        let member = |number: u64| {
            let household = number / 4;
            vec![
                GIVEN[drawn(number, 1, GIVEN.len())].to_owned(),
                format!(
                    "{}{}",
                    SURNAMES[drawn(household, 2, 25)],
                    drawn(household, 3, 40)
                ),
                (drawn(number, 4, 50) + years).to_string(),
                format!("place {}", drawn(household, 5, 60)),
            ]
        };
        (0..800).map(member).collect::<Vec<_>>()
    };
    let headings = ["forename", "surname", "age", "parish"];
    let proposal = two_files(&headings, &[census(0), census(10)]);
    assert!(
        proposal.text.contains("apart = [10, 10]"),
        "{}",
        proposal.text
    );
    assert!(!proposal.model.scope.is_all(), "{}", proposal.text);
}

#[test]
fn a_column_that_names_the_collection_is_evidence_against_those_of_one_collection() {
    let record = |number: u64, collection: usize| {
        let [given, surname, year, ..] = person(number, false);
        vec![
            format!("{given} {surname} {}", drawn(number, 9, 90)),
            year,
            ["north", "south", "east"][collection].to_owned(),
        ]
    };
    let rows = (0..600).flat_map(|number| {
        let first = drawn(number, 10, 3);
        [record(number, first), record(number, (first + 1) % 3)]
    });
    let rows = rows.collect::<Vec<_>>();
    let column = |place: usize| rows.iter().map(|row| row[place].clone()).collect();
    let columns = [
        ("title", column(0)),
        ("year", column(1)),
        ("source", column(2)),
    ];
    let proposal = proposed(&["songs"], &vec![0; rows.len()], &columns, &[]);
    let source = proposal
        .model
        .comparisons
        .iter()
        .find(|one| one.name == "source");
    let same = &source.unwrap().levels[0];
    assert!(same.fixed && same.m < Some(0.02), "{}", proposal.text);
}

#[test]
fn marks_of_nothing_are_no_values() {
    let (sources, mut columns) = doubled_persons();
    for (row, name) in columns[0]
        .1
        .iter_mut()
        .enumerate()
        .filter(|(row, _)| row % 9 == 0)
    {
        *name = ["NULL", "(unknown)", "?"][row % 3].to_owned();
    }
    let proposal = proposed(&["people"], &sources, &columns, &["rec_id"]);
    let column = proposal
        .model
        .columns
        .iter()
        .find(|one| one.name == "fname")
        .unwrap();
    assert_eq!(column.missing, ["null"], "{}", proposal.text);
}
