//! `clusters.csv`.

use std::io::{self, Write};

use linkage::{Row, Table};
use rayon::slice::ParallelSliceMut as _;

/// Bytes that are made at a time.
const PIECE_BYTES: usize = 1 << 16;

/// Writes `file,record,cluster` for every record, in the order of the files' rows. Clusters are numbered from 1 by their
/// first record in the order of file and id, so that numbers do not depend on the order of rows.
pub(crate) fn write_clusters(
    output: &mut impl Write,
    table: &Table,
    clusters: &[Vec<Row>],
) -> io::Result<()> {
    let numbers = numbers(table, clusters);
    let names = table.source_names().iter().map(|name| {
        let mut field = Vec::new();
        push_field(&mut field, name);
        field.push(b',');
        field
    });
    let names = names.collect::<Vec<_>>();
    let mut piece = b"file,record,cluster\n".to_vec();
    for (row, number) in (0..).zip(numbers) {
        piece.extend_from_slice(&names[usize::from(table.source(row))]);
        push_field(&mut piece, table.id(row));
        piece.push(b',');
        push_number(&mut piece, number);
        piece.push(b'\n');
        if piece.len() >= PIECE_BYTES {
            output.write_all(&piece)?;
            piece.clear();
        }
    }
    output.write_all(&piece)
}

/// The number of each row's cluster.
fn numbers(table: &Table, clusters: &[Vec<Row>]) -> Vec<u32> {
    let order = Order::new(table);
    let first = |cluster: &Vec<Row>| cluster.iter().map(|&row| order.key(row)).min();
    let mut numbers = vec![0; table.len()];
    let mut number_all = |places: &mut dyn Iterator<Item = usize>| {
        for (number, place) in (1..).zip(places) {
            for &row in &clusters[place] {
                numbers[row as usize] = number;
            }
        }
    };
    // Clusters come by their first row: where ids ascend in the files there is nothing to sort.
    if clusters.iter().map(first).is_sorted() {
        number_all(&mut (0..clusters.len()));
        return numbers;
    }
    let mut firsts = clusters.iter().map(first).zip(0..).collect::<Vec<_>>();
    firsts.par_sort_unstable();
    number_all(&mut firsts.into_iter().map(|(_, place)| place));
    numbers
}

/// The order of records that does not depend on rows: by source name, then by id, shorter ids first, as numbers go.
struct Order<'a> {
    table: &'a Table,
    /// By source: its place in the order of names.
    sources: Vec<u16>,
}

/// A record's place in the order: source, length of the id, its first bytes, the whole of it.
type Key<'a> = (u16, u32, u64, &'a str);

impl<'a> Order<'a> {
    fn new(table: &'a Table) -> Self {
        let names = table.source_names();
        let before = |name: &String| names.iter().filter(|other| *other < name).count();
        let place = |name| u16::try_from(before(name)).unwrap_or(u16::MAX);
        Self {
            table,
            sources: names.iter().map(place).collect(),
        }
    }

    fn key(&self, row: Row) -> Key<'a> {
        let id = self.table.id(row);
        let mut head = [0; 8];
        let bytes = id.len().min(head.len());
        head[..bytes].copy_from_slice(&id.as_bytes()[..bytes]);
        let source = self.sources[usize::from(self.table.source(row))];
        let length = u32::try_from(id.len()).unwrap_or(u32::MAX);
        (source, length, u64::from_be_bytes(head), id)
    }
}

/// A cell, quoted where it must be.
pub(crate) fn push_field(line: &mut Vec<u8>, value: &str) {
    let bytes = value.as_bytes();
    let special = |byte: &u8| matches!(byte, b',' | b'"' | b'\n' | b'\r');
    if !bytes.iter().any(special) {
        line.extend_from_slice(bytes);
        return;
    }
    line.push(b'"');
    for &byte in bytes {
        if byte == b'"' {
            line.push(b'"');
        }
        line.push(byte);
    }
    line.push(b'"');
}

fn push_number(line: &mut Vec<u8>, number: u32) {
    let mut digits = [0; 10];
    let (mut rest, mut at) = (number, digits.len());
    loop {
        at -= 1;
        digits[at] = b'0' + u8::try_from(rest % 10).unwrap_or(0);
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    line.extend_from_slice(&digits[at..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(ids: &[(&str, &str)], clusters: &[Vec<Row>]) -> String {
        let table = Table::new(ids.iter().copied());
        let mut output = Vec::new();
        write_clusters(&mut output, &table, clusters).unwrap();
        String::from_utf8(output).unwrap()
    }

    #[test]
    fn clusters_are_numbered_by_their_records_and_not_by_rows() {
        let straight = written(
            &[("a", "1"), ("a", "2"), ("b", "1")],
            &[vec![0, 2], vec![1]],
        );
        assert_eq!(straight, "file,record,cluster\na,1,1\na,2,2\nb,1,1\n");
        let turned = written(
            &[("b", "1"), ("a", "2"), ("a", "1")],
            &[vec![0, 2], vec![1]],
        );
        assert_eq!(turned, "file,record,cluster\nb,1,1\na,2,2\na,1,1\n");
    }

    #[test]
    fn ids_that_are_numbers_go_as_numbers() {
        let ids = ["10", "9", "100000000000", "100000000001"].map(|id| ("a", id));
        let text = written(&ids, &[vec![0], vec![1], vec![3], vec![2]]);
        assert_eq!(
            text,
            "file,record,cluster\na,10,2\na,9,1\na,100000000000,3\na,100000000001,4\n"
        );
    }

    #[test]
    fn ids_with_commas_and_quotes_are_quoted() {
        let text = written(&[("a,b", "x\"y"), ("c", "plain")], &[vec![0], vec![1]]);
        assert_eq!(
            text,
            "file,record,cluster\n\"a,b\",\"x\"\"y\",1\nc,plain,2\n"
        );
    }
}
