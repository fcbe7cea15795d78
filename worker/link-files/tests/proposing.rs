//! From two files to clusters without a word of settings.
#![allow(clippy::unwrap_used, reason = "a test panics on purpose")]

mod people;

use link_files::{Asked, Options, Reading, link, propose};
use people::{options, rows, write};

#[test]
fn a_newcomer_links_two_files_without_a_label() {
    let folder = tempfile::tempdir().unwrap();
    let files =
        ['a', 'b'].map(|file| write(folder.path(), &format!("{file}.csv"), &rows(1_500, file)));
    let asked = Asked {
        files: files.to_vec(),
        id_column: Some("id".into()),
        truth_column: Some("person".into()),
        name: "people".into(),
        reading: Reading::default(),
    };
    let proposal = propose(&asked, &|_, _, _| {}).unwrap();
    assert!(!proposal.rules.is_empty());
    assert!(
        !proposal.text.contains("name = \"person\""),
        "{}",
        proposal.text
    );
    let options = Options {
        model: linkage::Model::parse(&proposal.text).unwrap(),
        ..options(folder.path(), files.to_vec())
    };
    let report =
        link(&options, &|_, _, _| {}).unwrap_or_else(|error| panic!("{error}\n{}", proposal.text));
    let accuracy = report.report.accuracy.unwrap();
    assert!(accuracy.f1 > 0.97, "{accuracy:?}");
}
