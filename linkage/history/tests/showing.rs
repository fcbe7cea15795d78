//! A history as people see it.
#![allow(clippy::unwrap_used, reason = "a test panics on purpose")]

mod told;

use std::path::Path;

use history::Language;

/// An invented person: chemotherapy, a transplant, a relapse and CAR-T, told by three sources.
const SAMPLE: &str = include_str!("told/sample.txt");

#[test]
fn a_timeline_is_a_table_in_either_language() {
    let history = told::history(SAMPLE);
    insta::assert_snapshot!("japanese", history::timeline(&history, Language::Ja));
    insta::assert_snapshot!("english", history::timeline(&history, Language::En));
}

#[test]
fn columns_stay_aligned_where_characters_are_wide() {
    use unicode_width::UnicodeWidthStr;
    let text = history::timeline(&told::history(SAMPLE), Language::Ja);
    let rows = text
        .lines()
        .skip_while(|line| *line != "経過")
        .skip(1)
        .take_while(|line| !line.is_empty());
    let mut starts: Vec<_> = rows
        .filter_map(|row| {
            let source = ["出典", "trump ", "formsnet3 ", "fhir ", "(trump"]
                .into_iter()
                .filter_map(|name| row.find(name))
                .min()?;
            Some(row[..source].width())
        })
        .collect();
    starts.dedup();
    assert_eq!(starts.len(), 1, "{text}");
}

#[test]
fn the_picture_in_the_documents_is_the_one_that_is_drawn() {
    let drawn = history::picture(&told::history(SAMPLE));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/history.svg");
    if std::env::var_os("UPDATE_PICTURE").is_some() {
        std::fs::write(&path, &drawn).unwrap();
    }
    assert_eq!(
        std::fs::read_to_string(&path).unwrap(),
        drawn,
        "draw it again with UPDATE_PICTURE=1"
    );
}

#[test]
fn a_picture_is_self_contained_and_escapes_what_it_shows() {
    let drawn = history::picture(&told::history(
        "trump/1 therapy therapy=chemotherapy agent=<a&b> date=2020",
    ));
    assert!(drawn.contains("&lt;a&amp;b&gt;") && !drawn.contains("<a&b>"));
    assert!(!drawn.contains("href") && !drawn.contains("url("));
    assert!(history::picture(&told::history("")).ends_with("</svg>\n"));
}
