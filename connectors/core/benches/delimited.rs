//! How fast rows are cut and decoded: `cargo bench -p connector`.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement for people"
)]

use std::sync::Arc;
use std::time::Instant;

use connector::delimited::{Cut, Place, ROW_BYTES_MAX, RowReader, TextEncoding};

const ROWS: usize = 100_000;

fn main() {
    let header = (0..78)
        .map(|column| format!("列{column}"))
        .collect::<Vec<_>>()
        .join(",");
    let cells = [
        "000123456789",
        "急性骨髄性白血病",
        "",
        "2019/04/05",
        "24:02",
        "男",
    ];
    let row = (0..78)
        .map(|column| cells[column % cells.len()])
        .collect::<Vec<_>>()
        .join(",");
    let text = format!("{header}\r\n{}", format!("{row}\r\n").repeat(ROWS));
    let cp932 = encoding_rs::SHIFT_JIS.encode(&text).0.into_owned();
    for (encoding, bytes) in [
        (TextEncoding::Cp932, &*cp932),
        (TextEncoding::Utf8, text.as_bytes()),
    ] {
        let begun = Instant::now();
        let rows = read(bytes, encoding);
        let seconds = begun.elapsed().as_secs_f64();
        let megabytes = f64::from(u32::try_from(bytes.len()).unwrap()) / 1e6;
        println!(
            "{}: {:.0} MB/s, {:.0} rows/s",
            encoding.as_str(),
            megabytes / seconds,
            f64::from(u32::try_from(rows).unwrap()) / seconds
        );
    }
}

fn read(bytes: &[u8], encoding: TextEncoding) -> usize {
    let mut reader = RowReader::new(bytes, encoding, ROW_BYTES_MAX, Place { offset: 0, line: 1 });
    let header = Arc::new(reader.header().unwrap().unwrap().unwrap());
    let mut rows = 0;
    while let Cut::Row(_, row) = reader.next_row(&header).unwrap() {
        rows += std::hint::black_box(row).len() / 78;
    }
    assert_eq!(rows, ROWS);
    rows
}
