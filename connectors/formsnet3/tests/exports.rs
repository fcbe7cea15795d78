//! Exports by form and in long form, and the promises that every connector keeps.
#![allow(clippy::unwrap_used, reason = "a test panics on purpose")]

use std::fs;
use std::path::Path;

use connector::conformance::{self, Read};
use connector::{Connector, FindingKind};
use connector_formsnet3::{ExportForm, Formsnet3Connector, Formsnet3Settings};
use schema::Body;

const LEADING: &str =
    "form,revision,sequence_number,status,received_date,ccn,crid,event_type,event_date,visit";

fn make(path: &Path, form: ExportForm, page_records_max: usize) -> impl Fn() -> Formsnet3Connector {
    let mut settings = Formsnet3Settings::new(path);
    settings.form = form;
    settings.page_records_max = page_records_max;
    move || Formsnet3Connector::new(settings.clone())
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(place.path().join(name), text).unwrap();
    }
    place
}

async fn check(files: &[(&str, &str)], form: ExportForm) -> Read {
    let place = folder(files);
    let whole = conformance::check(make(place.path(), form, 100), &[])
        .await
        .unwrap();
    for page_records_max in [1, 2] {
        let paged = conformance::check(make(place.path(), form, page_records_max), &[])
            .await
            .unwrap();
        assert_eq!(
            (&whole.records, &whole.set_aside),
            (&paged.records, &paged.set_aside)
        );
    }
    whole
}

/// Each record as `place:line heading=cell heading=cell`, the leading columns but the number left out.
fn told(read: &Read) -> Vec<String> {
    let tell = |record: &schema::RawRecord| {
        let Body::Row(row) = &record.body else {
            panic!("not a row")
        };
        let cells: Vec<_> = row
            .header()
            .names()
            .iter()
            .zip(row.cells())
            .filter(|(name, _)| {
                ***name == *"sequence_number"
                    || !LEADING.split(',').any(|leading| leading == &***name)
            })
            .map(|(name, cell)| format!("{name}={cell}"))
            .collect();
        format!("{} {}", record.origin.line, cells.join(" "))
    };
    read.records.iter().map(tell).collect()
}

fn long(rows: &[&str]) -> String {
    format!("{LEADING},question,value\n{}\n", rows.join("\n"))
}

const HCT: &str = "2450,7,11,CMP,2024-05-01,10123,12345678,HCT,2024-01-10,100d";

#[tokio::test]
async fn answers_of_one_submission_become_one_row_and_what_was_not_asked_has_no_column() {
    let text = long(&[
        &format!("{HCT},survival,Alive"),
        &format!("{HCT},relapse,"),
        &format!("{HCT},contact_date,2024-04-20"),
        "2804,3,2,CMP,2024-01-01,10123,12345678,,,,sex,M",
        "2804,3,3,CMP,2024-01-01,10123,12345679,,,,sex,F",
        "2804,3,3,CMP,2024-01-01,10123,12345679,,,,sex,M",
    ]);
    let read = check(&[("formsnet3_long.csv", &text)], ExportForm::Auto).await;
    let expected = [
        "2 sequence_number=11 contact_date=2024-04-20 relapse= survival=Alive",
        "5 sequence_number=2 sex=M",
        "6 sequence_number=3 sex=M",
    ];
    assert_eq!(told(&read), expected);
    let Body::Row(row) = &read.records[1].body else {
        panic!("not a row")
    };
    assert_eq!(
        row.header().position("event_date"),
        None,
        "form 2804 has no such column"
    );
}

#[tokio::test]
async fn strewn_answers_are_gathered_to_the_same_rows() {
    let text = long(&[
        &format!("{HCT},survival,Alive"),
        "2804,3,2,CMP,2024-01-01,10123,12345678,,,,sex,M",
        &format!("{HCT},contact_date,2024-04-20"),
        "broken",
        "2804,3,2,CMP,2024-01-01,10123,12345678,,,,country,JP",
    ]);
    let read = check(&[("formsnet3_long.csv", &text)], ExportForm::Auto).await;
    let expected = [
        "2 sequence_number=11 contact_date=2024-04-20 survival=Alive",
        "3 sequence_number=2 country=JP sex=M",
    ];
    assert_eq!(told(&read), expected);
    assert_eq!(read.set_aside[0].origin.line, 5);
    let Body::Row(row) = &read.records[1].body else {
        panic!("not a row")
    };
    let lines = ["crid", "sex", "country"].map(|column| row.line_of(column));
    assert_eq!(lines, [Some(3), Some(3), Some(6)]);
}

#[tokio::test]
async fn a_broken_line_between_answers_does_not_tear_the_submission() {
    let text = long(&[
        &format!("{HCT},survival,Alive"),
        "2450,7,11,CMP",
        &format!("{HCT},relapse,N\u{0}"),
        &format!("{HCT},vod,N"),
        "2804,3,2,CMP,2024-01-01,10123,12345678,,,,sex,M",
    ]);
    let read = check(&[("formsnet3_long.csv", &text)], ExportForm::Auto).await;
    let expected = [
        "2 sequence_number=11 survival=Alive vod=N",
        "6 sequence_number=2 sex=M",
    ];
    assert_eq!(told(&read), expected);
    assert_eq!(read.set_aside.len(), 2);
}

#[tokio::test]
async fn a_later_submission_of_a_form_is_a_row_of_its_own() {
    let text = long(&[
        &format!("{HCT},survival,Alive"),
        "2450,7,11,CMP,2024-06-01,10123,12345678,HCT,2024-01-10,100d,survival,Dead",
    ]);
    let read = check(&[("formsnet3_long.csv", &text)], ExportForm::Auto).await;
    assert_eq!(
        told(&read),
        [
            "2 sequence_number=11 survival=Alive",
            "3 sequence_number=11 survival=Dead"
        ]
    );
}

#[tokio::test]
async fn files_by_form_go_before_the_long_form_unless_a_setting_says_otherwise() {
    let wide = format!("{LEADING},survival\n{HCT},Alive\n");
    let text = long(&[&format!("{HCT},survival,Dead")]);
    let files = [
        ("formsnet3_2450.csv", &*wide),
        ("formsnet3_long.csv", &*text),
    ];
    assert_eq!(
        told(&check(&files, ExportForm::Auto).await),
        ["2 sequence_number=11 survival=Alive"]
    );
    assert_eq!(
        told(&check(&files, ExportForm::Wide).await),
        ["2 sequence_number=11 survival=Alive"]
    );
    assert_eq!(
        told(&check(&files, ExportForm::Long).await),
        ["2 sequence_number=11 survival=Dead"]
    );
    let place = folder(&files);
    let report = make(place.path(), ExportForm::Auto, 10)()
        .check()
        .await
        .unwrap();
    assert_eq!(report.findings[0].kind, FindingKind::Note);
    assert_eq!(&*report.findings[0].place, "formsnet3_long.csv");
    assert_eq!(report.headers.len(), 1);
    let report = make(place.path(), ExportForm::Long, 10)()
        .check()
        .await
        .unwrap();
    let names = report.headers["formsnet3_long.csv"].names().join(",");
    assert_eq!(
        names, LEADING,
        "the layout's own columns are not asked about"
    );
}
