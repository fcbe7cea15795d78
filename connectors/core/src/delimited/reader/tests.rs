use encoding_rs::SHIFT_JIS;
use proptest::prelude::*;

use super::*;

const START: Place = Place { offset: 0, line: 1 };

/// Gives one byte more at each read, so that every row is torn somewhere.
struct Trickle<'a>(&'a [u8], usize);

impl Read for Trickle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.1 += 1;
        let length = self.1.min(self.0.len()).min(buffer.len());
        buffer[..length].copy_from_slice(&self.0[..length]);
        self.0 = &self.0[length..];
        Ok(length)
    }
}

/// Rows as `line: cells` and rows set aside as `line! kind`.
fn read(bytes: &[u8], encoding: TextEncoding, row_bytes_max: usize) -> Vec<String> {
    let mut reader = RowReader::new(Trickle(bytes, 0), encoding, row_bytes_max, START);
    let header = Arc::new(reader.header().unwrap().unwrap().unwrap());
    let mut found = Vec::new();
    loop {
        match reader.next_row(&header).unwrap() {
            Cut::End => return found,
            Cut::Row(place, row) => {
                let cells: Vec<_> = row.cells().collect();
                found.push(format!("{}: {}", place.line, cells.join("|")));
            }
            Cut::SetAside {
                place,
                kind,
                column,
                ..
            } => {
                let column = column.map(|name| format!(" in {name}")).unwrap_or_default();
                found.push(format!("{}! {}{column}", place.line, kind.as_str()));
            }
        }
    }
}

fn check(text: &str, expected: &[&str]) {
    assert_eq!(
        read(text.as_bytes(), TextEncoding::Utf8, 1000),
        expected,
        "{text:?}"
    );
    let bytes = SHIFT_JIS.encode(text).0;
    assert_eq!(
        read(&bytes, TextEncoding::Cp932, 1000),
        expected,
        "{text:?} in cp932"
    );
}

#[test]
fn rows_come_with_their_first_physical_line() {
    check(
        "a,b\r\n1,髙﨑㈱\n2,\"x\r\ny\"\r3,4",
        &["2: 1|髙﨑㈱", "3: 2|x\r\ny", "5: 3|4"],
    );
    check("a,b\n\n1,2\r\n\r\n3,4\n", &["3: 1|2", "5: 3|4"]);
    check("a,b\n", &[]);
    check("a,b\n1,2\n\x1A", &["2: 1|2"]);
}

#[test]
fn a_row_with_another_number_of_cells_is_passed_on() {
    check("a,b\n1\n1,2,3\n", &["2: 1", "3: 1|2|3"]);
}

#[test]
fn an_open_quote_takes_down_its_own_line_only() {
    check(
        "a,b\n1,\"x\n2,y\n3,\"z\n4,w\n",
        &["2! malformed", "3: 2|y", "4! malformed", "5: 4|w"],
    );
    check(
        "a,b\n1,\"x\n2,y\n3,\"z\"\n4,w\n",
        &["2! malformed", "3: 2|y", "4: 3|z", "5: 4|w"],
    );
    check("a,b\n1,\"x\n2,y\"\n3,z\n", &["2: 1|x\n2,y", "4: 3|z"]);
    let long = format!("a,b\n1,\"x\n{}3,4\n", "2,y\n".repeat(400));
    let found = read(long.as_bytes(), TextEncoding::Utf8, 1000);
    assert_eq!(
        (found.len(), &*found[0], &*found[401]),
        (402, "2! malformed", "403: 3|4")
    );
}

#[test]
fn a_row_beyond_the_bound_is_set_aside_and_the_next_is_read() {
    let long = format!("a,b\n1,{}\r\n3,4\n", "x".repeat(2000));
    assert_eq!(
        read(long.as_bytes(), TextEncoding::Utf8, 1000),
        ["2! too_long", "3: 3|4"]
    );
    let quoted = format!("a,b\n1,\"{}\"\n3,4\n", "x".repeat(2000));
    assert_eq!(
        read(quoted.as_bytes(), TextEncoding::Utf8, 1000),
        ["2! malformed", "3: 3|4"]
    );
    let last = format!("a,b\n1,{}", "x".repeat(2000));
    assert_eq!(
        read(last.as_bytes(), TextEncoding::Utf8, 1000),
        ["2! too_long"]
    );
}

#[test]
fn broken_characters_spoil_their_own_row_and_name_their_column() {
    let cp932 = b"a,b\n1,\x8D\n2,\x8D\x82\n3,\xFF\xFF\n";
    assert_eq!(
        read(cp932, TextEncoding::Cp932, 1000),
        ["2! broken_text in b", "3: 2|高", "4! broken_text in b"]
    );
    let utf8 = b"a,b\n\xE3,\x81\x82\n2,\xE3\x81\x82\n";
    assert_eq!(
        read(utf8, TextEncoding::Utf8, 1000),
        ["2! broken_text in a", "3: 2|あ"]
    );
    check("a,b\n1,x\0y\n2,z\n", &["2! broken_text in b", "3: 2|z"]);
    let mixed = "a,b\n1,東京都\n".as_bytes();
    assert_eq!(read(mixed, TextEncoding::Cp932, 1000), ["2! broken_text"]);
}

proptest! {
    #[test]
    fn rows_read_back_as_they_were_written(rows in rows(), crlf: bool) {
        let mut bytes = b"a,b,c".to_vec();
        bytes.extend_from_slice(if crlf { b"\r\n" } else { b"\n" });
        for row in &rows {
            let cells: Vec<_> = row.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect();
            bytes.extend_from_slice(cells.join(",").as_bytes());
            bytes.extend_from_slice(if crlf { b"\r\n" } else { b"\n" });
        }
        let found = read(&bytes, TextEncoding::Utf8, 100_000);
        let cells: Vec<_> = found.iter().map(|row| row.split_once(": ").unwrap().1.to_owned()).collect();
        let expected: Vec<_> = rows.iter().map(|row| row.join("|")).collect();
        prop_assert_eq!(cells, expected);
    }

    #[test]
    fn any_bytes_end_and_every_line_is_told_of_at_most_once(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let bytes = [b"a,b\n".as_slice(), &bytes].concat();
        let whole = read(&bytes, TextEncoding::Cp932, 40);
        let lines: Vec<u64> = whole.iter().map(|row| row.split([':', '!']).next().unwrap().parse().unwrap()).collect();
        prop_assert!(lines.is_sorted_by(|one, other| one < other));
    }
}

fn rows() -> impl Strategy<Value = Vec<Vec<String>>> {
    proptest::collection::vec(proptest::collection::vec("[a-c,\"\r\n東]{0,4}", 3), 0..8)
}
