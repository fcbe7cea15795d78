//! Files as people have them: odd delimiters and encodings, quotes, broken rows.
#![allow(clippy::unwrap_used, reason = "a test panics on purpose")]

use std::fs;
use std::path::PathBuf;

use link_files::{
    Encoding, FileFormat, Reading, Records, SourceFile, Wanted, WantedColumn, read, source_files,
};
use linkage::Row;
use tempfile::TempDir;

fn wanted(id: Option<&str>, columns: &[&str]) -> Wanted {
    Wanted {
        id: id.map(str::to_owned),
        truth: None,
        columns: columns
            .iter()
            .map(|name| WantedColumn {
                name: (*name).to_owned(),
                headings: vec![(*name).to_owned()],
                optional: false,
            })
            .collect(),
    }
}

fn file(folder: &TempDir, bytes: &[u8]) -> Vec<SourceFile> {
    let path = folder.path().join("people.csv");
    fs::write(&path, bytes).unwrap();
    source_files(&[path]).unwrap()
}

fn read_bytes(bytes: &[u8], wanted: &Wanted) -> Result<Records, String> {
    let folder = tempfile::tempdir().unwrap();
    let read = read(
        &file(&folder, bytes),
        wanted,
        Reading::default(),
        &|_, _, _| {},
    );
    let place = folder.path().display().to_string();
    read.map_err(|error| error.to_string().replace(&place, "DIR"))
}

/// Each record as `id:value|value`.
fn shown(records: &Records) -> Vec<String> {
    let row = |row: Row| {
        let values = records
            .columns
            .iter()
            .map(|(_, codes)| match codes.at(row) {
                0 => "-",
                code => codes.name(code),
            });
        let values = values.collect::<Vec<_>>().join("|");
        format!("{}:{values}", records.table.id(row))
    };
    (0..Row::try_from(records.table.len()).unwrap())
        .map(row)
        .collect()
}

/// What is read of a file with the columns `a` and `c`, ids being numbers, and the lines set aside.
fn check(bytes: &[u8], expected: &[&str], set_aside: &[u64]) {
    let records = read_bytes(bytes, &wanted(None, &["a", "c"])).unwrap();
    assert_eq!(
        shown(&records),
        expected,
        "{}",
        String::from_utf8_lossy(bytes)
    );
    let report = &records.files[0];
    let lines = report
        .set_aside_told
        .iter()
        .map(|row| row.line)
        .collect::<Vec<_>>();
    assert_eq!(lines, set_aside, "{}", String::from_utf8_lossy(bytes));
    assert_eq!(report.rows, report.records + report.set_aside);
    assert_eq!(report.records, expected.len() as u64);
}

fn check_error(bytes: &[u8], wanted: &Wanted, expected: &str) {
    let error = read_bytes(bytes, wanted).err().unwrap();
    assert!(error.contains(expected), "{error}");
}

#[test]
fn cells_are_read_whatever_stands_between_rows_and_cells() {
    for text in [
        "a,b,c\n1,2,3\n4,5,6\n",
        "a,b,c\r\n1,2,3\r\n4,5,6",
        "a,b,c\r1,2,3\r4,5,6\r",
        "\u{feff}a;b;c\n1;2;3\n4;5;6\n",
        "a\tb\tc\n1\t2\t3\n4\t5\t6\n\n",
        "c|b|a\n3|2|1\n6|5|4\n",
        "\"a\",\"b\",\"c\"\n\"1\",\"2\",\"3\"\n\"4\",5,\"6\"\n",
        " a , b , c \n 1 , 2 , 3 \n\n4,5,\" 6 \"\n\x1a",
    ] {
        check(text.as_bytes(), &["1:1|3", "2:4|6"], &[]);
    }
}

#[test]
fn empty_cells_are_missing() {
    check(b"a,b,c\n,2,\n\"\",2, \n", &["1:-|-", "2:-|-"], &[]);
}

#[test]
fn quotes_hold_delimiters_line_breaks_and_quotes() {
    check(
        b"a,b,c\n\"x, y\",2,\"say \"\"hello\"\"\"\n\"1\r\n2\",,\"\"\"\"\n7,8,9\n",
        &["1:x, y|say \"hello\"", "2:1\r\n2|\"", "3:7|9"],
        &[],
    );
}

#[test]
fn rows_that_are_no_records_are_set_aside_and_keep_their_number() {
    check(b"a,b,c\n1,2,3\n4,5\n7,8,9\n", &["1:1|3", "3:7|9"], &[3]);
    check(b"a,b,c\n1,2,3,\n4,5,6\n", &["2:4|6"], &[2]);
    check(b"a,b,c\n\"1,2,3\n4,5,6\n", &["2:4|6"], &[2]);
    check(b"a,b,c\n\"1\"x,2,3\n4,5,6\n", &["2:4|6"], &[2]);
    check("a,b,c\nä,2,3\n".as_bytes(), &["1:ä|3"], &[]);
    let mut long = String::from("a,b,c\n");
    for _ in 0..60 {
        long.push_str("髙田 貴子,2,3\n");
    }
    let mut bytes = long.into_bytes();
    bytes.extend_from_slice(b"\xFF,2,3\n4,5,6\n");
    let records = read_bytes(&bytes, &wanted(None, &["a", "c"])).unwrap();
    assert_eq!(
        (records.files[0].records, records.files[0].set_aside),
        (61, 1)
    );
    assert_eq!(records.files[0].set_aside_told[0].line, 62);
}

#[test]
fn encodings_are_found_out() {
    let text = "a,b,c\n山田,2,髙﨑\n佐藤,2,鈴木\n";
    let (cp932, _, _) = encoding_rs::SHIFT_JIS.encode(text);
    let utf16 = [0xFF, 0xFE]
        .into_iter()
        .chain(text.encode_utf16().flat_map(u16::to_le_bytes))
        .collect::<Vec<_>>();
    let cases: [(&[u8], Encoding); 3] = [
        (text.as_bytes(), Encoding::Utf8),
        (&cp932, Encoding::Cp932),
        (&utf16, Encoding::Utf16),
    ];
    for (bytes, encoding) in cases {
        check(bytes, &["1:山田|髙﨑", "2:佐藤|鈴木"], &[]);
        let records = read_bytes(bytes, &wanted(None, &["a"])).unwrap();
        let delimiter = ',';
        assert_eq!(
            records.files[0].format,
            FileFormat::Csv {
                encoding,
                delimiter
            }
        );
    }
    check_error(
        b"a,b,c\nAndr\xe9,2,3\nZo\xeb,\xfc,3\n",
        &wanted(None, &["a"]),
        "declare what it is with `--encoding`",
    );
}

#[test]
fn a_file_without_rows_gives_no_record_and_one_without_headings_an_error() {
    check(b"a,b,c\n", &[], &[]);
    check(b"a,b,c", &[], &[]);
    check_error(
        b"",
        &wanted(None, &["a"]),
        "`DIR/people.csv` has no headings: it is empty",
    );
}

#[test]
fn a_missing_or_doubled_heading_is_told_with_those_that_exist() {
    check_error(
        b"a,b\n1,2\n",
        &wanted(Some("id"), &["a"]),
        "`DIR/people.csv` has no heading `id`, which `--id-column` names; its headings are `a`, `b`",
    );
    check_error(
        b"a,b\n1,2\n",
        &wanted(None, &["surname"]),
        "no heading `surname`, which the model's column `surname` names",
    );
    check_error(
        b"a,a\n1,2\n",
        &wanted(None, &["a"]),
        "has the heading `a` twice",
    );
}

#[test]
fn ids_that_stand_twice_or_not_at_all_are_told_by_line_alone() {
    let by_id = wanted(Some("id"), &["a"]);
    check_error(
        b"id,a\nx7,1\n\"x\n8\",2\nx1,3\nx7,4\nx7,5\n",
        &by_id,
        "line 6 has the id of line 2; 2 records have an id that stood before",
    );
    check_error(b"id,a\nx,1\n,2\n", &by_id, "line 3: the record has no id");
    let records = read_bytes(b"id,a\n10,1\n9,2\n", &by_id).unwrap();
    assert_eq!(shown(&records), ["10:1", "9:2"]);
}

#[test]
fn files_of_one_name_are_numbered() {
    let paths = ["x/people.csv", "y/people.parquet", "people-2.csv"].map(PathBuf::from);
    let names = source_files(&paths)
        .unwrap()
        .into_iter()
        .map(|file| file.name);
    assert_eq!(
        names.collect::<Vec<_>>(),
        ["people", "people-2", "people-2-2"]
    );
    assert!(source_files(&[paths[0].clone(), paths[0].clone()]).is_err());
}

#[test]
fn pieces_make_no_difference() {
    // Several pieces, quotes with line breaks across their borders.
    let mut text = String::from("id,a,b\n");
    for number in 0..120_000 {
        use std::fmt::Write as _;
        let _ = match number % 4 {
            0 => writeln!(text, "{number},\"line\none {}\",\"x\"\"y\"", number % 977),
            1 => writeln!(text, "{number},plain {},", number % 977),
            2 => writeln!(text, "{number},貴子 {},山", number % 977),
            _ => writeln!(text, "{number},too,many,fields"),
        };
    }
    assert!(text.len() > 2 << 20);
    let records = read_bytes(text.as_bytes(), &wanted(Some("id"), &["a", "b"])).unwrap();
    assert_eq!(records.files[0].set_aside, 30_000);
    assert_eq!(records.files[0].records, 90_000);
    let rows = shown(&records);
    for (row, text) in rows.iter().enumerate().step_by(3) {
        let number = row / 3 * 4;
        assert_eq!(*text, format!("{number}:line\none {}|x\"y", number % 977));
    }
    assert_eq!(rows[89_999], "119998:貴子 804|山");
    let last = records.files[0].set_aside_told.last().unwrap();
    assert_eq!(last.line, 1 + 120_000 + 30_000);
}
