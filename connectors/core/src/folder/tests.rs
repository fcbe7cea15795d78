use std::fs;

use schema::Body;

use super::*;
use crate::Next;
use crate::delimited::TextEncoding;

struct World {
    place: tempfile::TempDir,
}

impl World {
    fn new(files: &[(&str, &str)]) -> Self {
        let world = Self {
            place: tempfile::tempdir().unwrap(),
        };
        for (name, text) in files {
            world.write(name, text);
        }
        world
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.place.path().join(name), text).unwrap();
    }

    fn folder(&self) -> Folder<EachRow> {
        let mut settings = FolderSettings::new(self.place.path(), "*.csv", TextEncoding::Utf8);
        settings.page_records_max = 2;
        Folder::new(settings, EachRow)
    }

    /// The first cells of the rows after a cursor, and the cursor caught up.
    fn read(&self, cursor: Option<Cursor>) -> (Vec<String>, Cursor) {
        let (folder, mut cursor, mut cells) = (self.folder(), cursor, Vec::new());
        loop {
            let page = folder.pull("test", cursor.as_ref()).unwrap();
            for record in page.records {
                let Body::Row(row) = record.body else {
                    panic!("not a row")
                };
                cells.push(row.cell(0).unwrap().to_owned());
            }
            match page.next {
                Next::More(next) => cursor = Some(next),
                Next::CaughtUp(next) => return (cells, next),
            }
        }
    }
}

#[test]
fn what_was_read_is_not_read_again_under_another_name() {
    let world = World::new(&[
        ("a.csv", "k\n1\n2\n3\n"),
        ("b.csv", "k\n4\n"),
        ("c.csv", "k\n4\n"),
    ]);
    let (cells, cursor) = world.read(None);
    assert_eq!(cells, ["1", "2", "3", "4"]);
    fs::rename(
        world.place.path().join("a.csv"),
        world.place.path().join("z.csv"),
    )
    .unwrap();
    fs::remove_file(world.place.path().join("b.csv")).unwrap();
    world.write("y.csv", "k\n4\n");
    assert_eq!(world.read(Some(cursor)).0, Vec::<String>::new());
}

#[test]
fn a_changed_file_is_read_again_in_full() {
    let world = World::new(&[("a.csv", "k\n1\n2\n3\n")]);
    let (_, cursor) = world.read(None);
    world.write("a.csv", "k\n1\n2\n5\n6\n");
    assert_eq!(world.read(Some(cursor)).0, ["1", "2", "5", "6"]);
}

#[test]
fn a_file_read_in_part_and_renamed_is_read_on_and_a_vanished_one_is_told_of() {
    let world = World::new(&[("a.csv", "k\n1\n2\n3\n"), ("b.csv", "k\n4\n")]);
    let page = world.folder().pull("test", None).unwrap();
    let cursor = page.next.cursor().clone();
    fs::rename(
        world.place.path().join("a.csv"),
        world.place.path().join("z.csv"),
    )
    .unwrap();
    assert_eq!(world.read(Some(cursor.clone())).0, ["3", "4"]);
    fs::remove_file(world.place.path().join("z.csv")).unwrap();
    let page = world.folder().pull("test", Some(&cursor)).unwrap();
    assert_eq!(page.findings[0].kind, FindingKind::Warning);
    assert_eq!(world.read(Some(cursor)).0, ["4"]);
}

#[test]
fn a_file_that_is_written_to_while_it_is_read_is_tried_again_later() {
    let world = World::new(&[("a.csv", "k\n1\n")]);
    let settings = FolderSettings::new(world.place.path(), "*.csv", TextEncoding::Utf8);
    let listed = listing::list(&settings).unwrap().files;
    world.write("a.csv", "k\n1\n2\n");
    let found = FileFacts::find(&listed[0], &settings);
    assert!(
        matches!(found, Err(ConnectorError::TryLater { .. })),
        "{found:?}"
    );
    fs::remove_file(world.place.path().join("a.csv")).unwrap();
    let found = FileFacts::find(&listed[0], &settings);
    assert!(
        matches!(found, Err(ConnectorError::TryLater { .. })),
        "{found:?}"
    );
}

#[test]
fn a_missing_folder_needs_a_person_and_an_empty_one_is_told_of() {
    let settings = FolderSettings::new("/nowhere/at/all", "*.csv", TextEncoding::Utf8);
    let pulled = Folder::new(settings, EachRow).pull("test", None);
    assert!(matches!(pulled, Err(ConnectorError::NeedsPerson { .. })));
    let world = World::new(&[("a.txt", "k\n1\n")]);
    let page = world.folder().pull("test", None).unwrap();
    assert!(
        page.findings[0]
            .message
            .contains("no file is named like `*.csv`")
    );
    assert!(matches!(page.next, Next::CaughtUp(_)));
}

#[test]
fn files_that_end_alike_and_are_passed_over_for_their_name_are_told_of() {
    let check = |names: &[&str], expected: Option<&str>| {
        let files: Vec<_> = names.iter().map(|name| (*name, "k\n1\n")).collect();
        let world = World::new(&files);
        let settings = FolderSettings::new(world.place.path(), "in_*.csv", TextEncoding::Utf8);
        let page = Folder::new(settings, EachRow).pull("test", None).unwrap();
        let told: Vec<_> = page
            .findings
            .iter()
            .filter(|finding| finding.message.starts_with("not read"))
            .collect();
        assert_eq!(told.len(), usize::from(expected.is_some()), "{told:?}");
        if let Some(expected) = expected {
            assert!(told[0].message.contains(expected), "{told:?}");
        }
    };
    check(&["in_1.csv", "read.me"], None);
    check(&["in_1.csv", "IN_2.CSV"], Some("`in_*.csv`: 1 with"));
    check(&["2024.csv", "2025.csv"], Some(": 2 with"));
}

#[test]
fn a_file_of_another_encoding_stops_the_source_before_anything_is_emitted() {
    let world = World::new(&[("a.csv", "k\n1\n")]);
    let path = world.place.path().join("b.csv");
    fs::write(path, encoding_rs::SHIFT_JIS.encode("施設コード\n0123\n").0).unwrap();
    let error = world.folder().pull("test", None).unwrap_err();
    assert!(
        error.to_string().contains("declare `encoding = \"cp932\"`"),
        "{error}"
    );
    let report = world.folder().check().unwrap();
    assert_eq!(report.headers.len(), 1);
    assert_eq!(report.findings[0].kind, FindingKind::Fault);
}

#[test]
fn empty_files_and_headings_that_repeat_are_told_of() {
    let world = World::new(&[
        ("a.csv", ""),
        ("b.csv", "k,v,k\n"),
        ("c.csv", "\u{FEFF}k\n1\n"),
    ]);
    let report = world.folder().check().unwrap();
    let messages: Vec<_> = report
        .findings
        .iter()
        .map(|finding| &*finding.message)
        .collect();
    assert_eq!(
        messages,
        [
            "the file is empty: it has no headings",
            "the heading `k` stands more than once"
        ]
    );
    assert_eq!(report.headers["c.csv"].names()[0].as_ref(), "k");
    assert_eq!(world.read(None).0, ["1"]);
}
