//! Layouts: which mapping takes a header, what is told of one that does not fit, and what a slip in a file is told as.
#![allow(clippy::unwrap_used, reason = "a test panics on purpose")]

use std::sync::Arc;

use mapping::{Admission, Fit, MappingError, MappingSet, Tables, shipped};
use schema::{AdmittedRecord, Body, Header, Item, Origin, RawRecord, Row, SourceName};

/// A small layout of transplants.
const TRANSPLANTS: &str = r#"
name = "transplants"
version = 1
source = "trump"
description = "One row a transplant"

[record]
key = [{ column = "TRUMP番号", as = "trump_id" }, { column = "移植回数", as = "integer", optional = true }]
subject = { column = "TRUMP番号", as = "trump_id" }
version = [{ column = "最終更新日", as = "date" }]
requires = ["移植日"]

[absent]
"" = "blank"
"不明" = "unknown"

[codes.graft]
"骨髄" = "bone_marrow"
"臍帯血" = "cord_blood"

[[item]]
kind = "infusion"
infusion_kind = { value = "HCT" }
date = { column = "移植日", as = "date" }
graft = { column = "移植ソース", codes = "graft" }
"#;

/// A form as its sixth revision asks it.
const FORM: &str = r#"
name = "form-2450"
version = 6
source = "formsnet3"
description = "Follow-up"

[applies]
when = [{ column = "form", in = ["2450"] }]

[record]
key = [{ column = "sequence_number", as = "integer" }]
subject = { column = "crid", as = "crid" }

[[item]]
kind = "contact"
date = { column = "contact_date", as = "date" }
survival = { column = "alive", codes = { "1" = "alive", "2" = "dead" } }
"#;

fn load(files: &[&str]) -> Result<MappingSet, MappingError> {
    let named = files.iter().enumerate();
    let named = named.map(|(number, text)| (format!("{number}.toml"), (*text).to_owned()));
    MappingSet::load(&named.collect::<Vec<_>>())
}

fn fit(headings: &[&str]) -> Fit {
    let set = load(&[TRANSPLANTS]).unwrap();
    set.fit(&Header::new(headings.iter().copied()))
}

fn admit(set: &MappingSet, cells: &[(&str, &str)]) -> AdmittedRecord {
    let header = Arc::new(Header::new(cells.iter().map(|(heading, _)| *heading)));
    let raw = RawRecord {
        origin: Origin {
            place: "a.csv".into(),
            line: 2,
        },
        body: Body::Row(Row::new(header, cells.iter().map(|(_, cell)| *cell))),
    };
    match set.admit(&raw, &Tables::default()) {
        Admission::Admitted { record, .. } => record,
        Admission::SetAside(aside) => panic!("set aside: {aside}"),
    }
}

fn items(set: &MappingSet, record: &AdmittedRecord) -> Vec<Item> {
    let source = SourceName::new("test").unwrap();
    let mapped = set.map(&source, record, &Tables::default());
    mapped.record.unwrap().items
}

#[test]
fn a_header_that_fits_is_told_with_its_mapping_whatever_the_order() {
    let mut headings = [
        "TRUMP番号",
        "移植回数",
        "最終更新日",
        "移植日",
        "移植ソース",
    ];
    for _ in 0..headings.len() {
        headings.rotate_left(1);
        let fit = fit(&headings);
        assert_eq!(fit.mapping.as_deref(), Some("transplants@1"));
        assert!(fit.missing.is_empty() && fit.unknown.is_empty() && fit.renamed.is_empty());
    }
}

#[test]
fn width_case_and_spaces_of_a_heading_do_not_matter() {
    let fit = fit(&["ｔｒｕｍｐ番号", " 移植日 ", "移植 ソース"]);
    assert_eq!(fit.mapping.as_deref(), Some("transplants@1"));
    assert!(fit.unknown.is_empty());
}

#[test]
fn a_missing_required_column_is_named_before_anything_is_stored() {
    let fit = fit(&["TRUMP番号", "移植ソース"]);
    assert_eq!(fit.mapping, None);
    assert_eq!(fit.nearest.as_deref(), Some("transplants@1"));
    assert_eq!(fit.missing, ["移植日".into()]);
}

#[test]
fn a_new_column_is_reported_and_one_that_names_a_person_is_refused() {
    let fit = fit(&["TRUMP番号", "移植日", "担当コーディネーター", "患者氏名"]);
    assert_eq!(fit.mapping.as_deref(), Some("transplants@1"));
    assert_eq!(fit.unknown, ["担当コーディネーター".into()]);
    assert_eq!(fit.refused, ["患者氏名".into()]);
}

#[test]
fn a_new_heading_that_looks_like_a_missing_one_is_suggested() {
    let fit = fit(&["TRUMP番号", "移植日", "移植ソース名", "最終の更新日", "x"]);
    let pairs: Vec<(&str, &str)> = fit
        .renamed
        .iter()
        .map(|renamed| (&*renamed.found, &*renamed.expected))
        .collect();
    assert_eq!(
        pairs,
        [
            ("最終の更新日", "最終更新日"),
            ("移植ソース名", "移植ソース")
        ]
    );
    assert_eq!(fit.unknown.len(), 3);
}

#[test]
fn a_row_is_the_same_row_in_another_order_of_columns() {
    let set = load(&[TRANSPLANTS]).unwrap();
    let mut cells = [
        ("TRUMP番号", "123456789"),
        ("移植回数", "1"),
        ("最終更新日", "R2.1.5"),
        ("移植日", "2019/4/5"),
        ("移植ソース", "骨髄"),
        ("メモ", "x"),
    ];
    let first = admit(&set, &cells);
    for _ in 0..cells.len() {
        cells.rotate_left(1);
        let record = admit(&set, &cells);
        assert!(record.hash == first.hash && record.body == first.body);
        assert_eq!(record.key.expose(), "000123456789/1");
        assert_eq!(&*record.version, "2020-01-05");
        assert_eq!(items(&set, &record), items(&set, &first));
    }
}

#[test]
fn a_renamed_layout_is_a_file_and_no_build() {
    let renamed = [
        ("TRUMP番号", "登録番号"),
        ("移植回数", "回"),
        ("最終更新日", "更新"),
        ("移植日", "輸注日"),
        ("移植ソース", "幹細胞源"),
    ];
    let mut file = TRANSPLANTS.replace("version = 1", "version = 2");
    for (old, new) in renamed {
        file = file.replace(old, new);
    }
    // Side by side with the old one: each takes its own.
    let set = load(&[TRANSPLANTS, &file]).unwrap();
    let values = ["123456789", "1", "2020/1/5", "2019/4/5", "臍帯血"];
    let old: Vec<(&str, &str)> = renamed.iter().map(|(old, _)| *old).zip(values).collect();
    let new: Vec<(&str, &str)> = renamed.iter().map(|(_, new)| *new).zip(values).collect();
    let (old, new) = (admit(&set, &old), admit(&set, &new));
    assert_eq!(
        (&*old.mapping, &*new.mapping),
        ("transplants@1", "transplants@2")
    );
    assert_eq!(
        (old.key, old.version),
        (new.key.clone(), new.version.clone())
    );
    assert_eq!(items(&set, &new).len(), 1);
}

#[test]
fn an_alias_is_enough_where_only_a_heading_changed() {
    let file = TRANSPLANTS.replace(
        "[absent]",
        "[aliases]\n\"移植日\" = [\"移植実施日\"]\n\n[absent]",
    );
    let set = load(&[&file]).unwrap();
    let row = |heading| {
        [
            ("TRUMP番号", "1"),
            (heading, "2019/4/5"),
            ("移植ソース", "骨髄"),
        ]
    };
    let (old, new) = (admit(&set, &row("移植日")), admit(&set, &row("移植実施日")));
    assert!(old.hash == new.hash && old.body == new.body);
}

#[test]
fn revisions_of_a_form_stand_side_by_side_and_each_row_goes_to_its_own() {
    let seventh = FORM
        .replace("version = 6", "version = 7")
        .replace(
            "when = [{ column = \"form\", in = [\"2450\"] }]",
            "when = [{ column = \"form\", in = [\"2450\"] }, { column = \"revision\", in = [\"7\"] }]",
        )
        .replace("\"1\" = \"alive\", \"2\" = \"dead\"", "\"A\" = \"alive\", \"D\" = \"dead\"");
    for files in [[FORM, &seventh], [&seventh, FORM]] {
        let set = load(&files).unwrap();
        let check = |revision: &str, alive: &str, expected: &str| {
            let record = admit(
                &set,
                &[
                    ("form", "2450"),
                    ("revision", revision),
                    ("sequence_number", "12"),
                    ("crid", "0000000077"),
                    ("contact_date", "2020-01-02"),
                    ("alive", alive),
                ],
            );
            assert_eq!(&*record.mapping, expected, "revision {revision}");
            let items = items(&set, &record);
            assert_eq!(items[0].text(schema::Attribute::Survival), Some("alive"));
        };
        check("5", "1", "form-2450@6");
        check("6", "1", "form-2450@6");
        check("7", "A", "form-2450@7");
    }
}

#[test]
fn a_row_of_a_form_that_no_file_is_for_is_set_aside() {
    let set = load(&[FORM]).unwrap();
    let header = Arc::new(Header::new([
        "form",
        "sequence_number",
        "crid",
        "contact_date",
        "alive",
    ]));
    let raw = RawRecord {
        origin: Origin {
            place: "a.csv".into(),
            line: 2,
        },
        body: Body::Row(Row::new(header, ["9999", "1", "1", "", ""])),
    };
    let Admission::SetAside(aside) = set.admit(&raw, &Tables::default()) else {
        panic!("it was admitted");
    };
    assert_eq!(aside.kind.as_str(), "no_mapping");
    assert!(aside.message.contains("a mapping file for it is needed"));
}

/// What loading the layout says when `old` is written as `new`.
fn check_slip(old: &str, new: &str, line: &str, parts: &[&str]) {
    assert!(TRANSPLANTS.contains(old), "{old}");
    let message = load(&[FORM, &TRANSPLANTS.replace(old, new)])
        .unwrap_err()
        .to_string();
    let at = TRANSPLANTS
        .lines()
        .position(|known| known.starts_with(line))
        .unwrap_or_else(|| panic!("{line}"));
    let place = format!("1.toml:{}", at + 1);
    for part in parts.iter().chain([&place.as_str()]) {
        assert!(message.contains(part), "`{part}` is not in: {message}");
    }
}

#[test]
fn a_slip_is_told_with_its_file_its_line_and_what_is_allowed() {
    check_slip(
        "as = \"date\" }\ngraft",
        "as = \"day\" }\ngraft",
        "date = ",
        &["`as = \"day\"` is not known", "`date`", "`trump_id`"],
    );
    check_slip(
        "\"infusion\"",
        "\"infusions\"",
        "kind = ",
        &["did you mean `infusion`?", "`contact`"],
    );
    check_slip(
        "graft = {",
        "grafts = {",
        "graft = ",
        &["`grafts` is no attribute", "did you mean `graft`?"],
    );
    check_slip(
        "\"cord_blood\"",
        "\"cordblood\"",
        "graft = ",
        &["`cordblood` is no value of `graft`", "`bone_marrow`"],
    );
    check_slip(
        "codes = \"graft\"",
        "codes = \"grafts\"",
        "graft = ",
        &["there is no [codes.grafts]", "did you mean `graft`?"],
    );
    check_slip(
        "\"unknown\"",
        "\"unknwon\"",
        "\"不明\"",
        &["`unknwon` is no kind of absence", "`withheld`"],
    );
    check_slip(
        "requires = [\"移植日\"]",
        "require = [\"移植日\"]",
        "requires",
        &["unknown field `require`", "`requires`"],
    );
    check_slip(
        "column = \"移植ソース\"",
        "column = \"患者氏名\"",
        "graft = ",
        &["`患者氏名` may not be mapped", "door.toml"],
    );
    check_slip(
        "column = \"移植ソース\"",
        "path = \"a.b\"",
        "graft = ",
        &["a table has no paths"],
    );
    check_slip(
        "as = \"date\" }\ngraft",
        "as = \"text\" }\ngraft",
        "date = ",
        &["`date` takes a date"],
    );
}

#[test]
fn two_files_of_one_name_and_version_are_told_apart_or_not_at_all() {
    let message = load(&[TRANSPLANTS, TRANSPLANTS]).unwrap_err().to_string();
    assert!(message.contains("1.toml") && message.contains("`transplants@1` is already loaded"));
}

#[test]
fn the_shipped_files_are_told_apart_by_kind_and_their_order_does_not_matter() {
    for kind in ["trump", "formsnet3", "fhir"] {
        let files = shipped(kind).iter();
        let mut files: Vec<(String, String)> = files
            .map(|file| (file.name.to_owned(), file.text.to_owned()))
            .collect();
        let set = MappingSet::load(&files).unwrap();
        assert!(set.mappings().all(|mapping| mapping.source() == kind));
        files.reverse();
        assert_eq!(
            MappingSet::load(&files).unwrap().fingerprint(),
            set.fingerprint()
        );
    }
    assert!(shipped("other").is_empty());
}
