//! TRUMP exports as they come: every kind of damage, and the promises that every connector keeps.
#![allow(clippy::unwrap_used, reason = "a test panics on purpose")]

use std::fs;
use std::path::Path;

use connector::conformance::{self, Read};
use connector::{Connector, ConnectorError};
use connector_trump::{TrumpConnector, TrumpSettings};
use encoding_rs::SHIFT_JIS;
use schema::Body;

const HEADINGS: &str = "TRUMP番号,施設コード,主疾患名";

fn cp932(text: &str) -> Vec<u8> {
    SHIFT_JIS.encode(text).0.into_owned()
}

fn make(path: &Path, page_records_max: usize) -> impl Fn() -> TrumpConnector {
    let mut settings = TrumpSettings::new(path);
    settings.page_records_max = page_records_max;
    move || TrumpConnector::new(settings.clone())
}

async fn check(files: &[(&str, Vec<u8>)], planted: &[&str]) -> Read {
    let place = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        fs::write(place.path().join(name), bytes).unwrap();
    }
    let whole = conformance::check(make(place.path(), 100), planted)
        .await
        .unwrap();
    for page_records_max in [1, 2, 3] {
        let paged = conformance::check(make(place.path(), page_records_max), planted)
            .await
            .unwrap();
        assert_eq!(
            (&whole.records, &whole.set_aside),
            (&paged.records, &paged.set_aside)
        );
    }
    whole
}

fn cells(read: &Read, column: usize) -> Vec<&str> {
    let rows = read.records.iter().map(|record| &record.body);
    rows.map(|body| match body {
        Body::Row(row) => row.cell(column).unwrap_or("none"),
        _ => "no row",
    })
    .collect()
}

#[tokio::test]
async fn files_with_every_kind_of_line_end_and_quote_are_read_alike() {
    let first = cp932(&format!(
        "{HEADINGS}\r\n000000000012,0123,髙﨑㈱\r\n000000000013,0123,\"悪性\r\nリンパ腫\"\r\n"
    ));
    let second = cp932(&format!(
        "{HEADINGS}\n000000000014,0123,白血病\n\n000000000015,0123\r000000000016,0123,骨髄腫,1"
    ));
    let read = check(
        &[("trump_1.csv", first), ("trump_2.csv", second)],
        &["000000000012", "髙﨑"],
    )
    .await;
    assert_eq!(
        cells(&read, 2),
        ["髙﨑㈱", "悪性\r\nリンパ腫", "白血病", "none", "骨髄腫"]
    );
    let lines: Vec<_> = read
        .records
        .iter()
        .map(|record| record.origin.to_string())
        .collect();
    let expected = [
        "trump_1.csv:2",
        "trump_1.csv:3",
        "trump_2.csv:2",
        "trump_2.csv:4",
        "trump_2.csv:5",
    ];
    assert_eq!(lines, expected);
}

#[tokio::test]
async fn broken_rows_are_set_aside_by_file_and_line_and_the_rest_is_read() {
    let mut bytes = cp932(&format!("{HEADINGS}\r\n1,0123,白血病\r\n2,0123,骨"));
    bytes.extend_from_slice(b"\x8D\r\n3,0123,\"open\r\n4,0123,x\0\r\n");
    bytes.extend_from_slice(format!("5,0123,{}\r\n", "y".repeat(2 << 20)).as_bytes());
    bytes.extend_from_slice(&cp932("6,0123,悪性リンパ腫\r\n"));
    let read = check(&[("trump_1.csv", bytes)], &["open", "yyyy", "白血病"]).await;
    assert_eq!(cells(&read, 0), ["1", "6"]);
    let told: Vec<_> = read
        .set_aside
        .iter()
        .map(|row| format!("{} {}", row.origin, row.kind.as_str()))
        .collect();
    let expected = [
        "trump_1.csv:3 broken_text",
        "trump_1.csv:4 malformed",
        "trump_1.csv:5 broken_text",
        "trump_1.csv:6 too_long",
    ];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn empty_files_are_no_reason_to_stop() {
    let files = [
        ("trump_1.csv", Vec::new()),
        ("trump_2.csv", cp932(HEADINGS)),
        (
            "trump_3.csv",
            cp932(&format!("{HEADINGS}\r\n1,0123,白血病\r\n")),
        ),
        ("trump_4.csv", b"\r\n\r\n".to_vec()),
    ];
    assert_eq!(cells(&check(&files, &[]).await, 0), ["1"]);
}

#[tokio::test]
async fn the_order_of_the_files_is_that_of_their_names_and_copies_are_read_once() {
    let text = cp932(&format!("{HEADINGS}\r\n1,0123,白血病\r\n"));
    let other = cp932(&format!("{HEADINGS}\r\n2,0123,白血病\r\n"));
    let files = [
        ("trump_b.csv", text.clone()),
        ("trump_a.csv", other),
        ("trump_c.csv", text),
    ];
    assert_eq!(cells(&check(&files, &[]).await, 0), ["2", "1"]);
}

#[tokio::test]
async fn a_wrong_declaration_is_caught_before_anything_is_emitted() {
    let place = tempfile::tempdir().unwrap();
    let text = format!("{HEADINGS}\r\n1,0123,白血病\r\n");
    for (bytes, declared, fits) in [
        (text.clone().into_bytes(), "cp932", "utf-8"),
        (format!("\u{FEFF}{text}").into_bytes(), "cp932", "utf-8"),
        (cp932(&text), "utf-8", "cp932"),
    ] {
        let path = place.path().join("export.csv");
        fs::write(&path, bytes).unwrap();
        let table = format!("path = {path:?}\nencoding = \"{declared}\"");
        let connector = TrumpConnector::new(toml::from_str(&table).unwrap());
        let error = connector.pull(None).await.unwrap_err();
        assert!(matches!(error, ConnectorError::NeedsPerson { .. }));
        assert!(
            error
                .to_string()
                .contains(&format!("declare `encoding = \"{fits}\"`")),
            "{error}"
        );
        conformance::check_error(&error, &["白血病", "0123"]).unwrap();
    }
}

#[tokio::test]
async fn files_of_a_folder_may_be_declared_one_by_one() {
    let place = tempfile::tempdir().unwrap();
    let text = format!("{HEADINGS}\r\n1,0123,㈱\r\n");
    fs::write(place.path().join("trump_2020.csv"), cp932(&text)).unwrap();
    fs::write(
        place.path().join("trump_2025.csv"),
        format!("\u{FEFF}{text}"),
    )
    .unwrap();
    let mut settings = TrumpSettings::new(place.path());
    let utf8 = serde_json::from_str("\"utf-8\"").unwrap();
    settings.encodings.insert("trump_2025*".to_owned(), utf8);
    let read = conformance::check(|| TrumpConnector::new(settings.clone()), &[])
        .await
        .unwrap();
    assert_eq!(cells(&read, 2), ["㈱", "㈱"]);
}

#[tokio::test]
async fn check_and_discover_tell_the_files_and_their_headings() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("trump_1.csv"), cp932(HEADINGS)).unwrap();
    let connector = make(place.path(), 10)();
    let report = connector.check().await.unwrap();
    assert_eq!(
        report.headers["trump_1.csv"].names()[1].as_ref(),
        "施設コード"
    );
    let discovery = connector.discover().await.unwrap();
    assert_eq!(discovery.offers[0].detail, "cp932, 3 columns");
}

#[test]
fn a_setting_that_is_not_known_is_named() {
    let error = toml::from_str::<TrumpSettings>("path = \"x\"\nencodng = \"utf-8\"").unwrap_err();
    assert!(error.to_string().contains("encodng"), "{error}");
}
