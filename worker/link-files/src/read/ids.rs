//! The records' ids: from a column, or their numbers; none empty, none twice in a file.

use std::hash::BuildHasher as _;

use linkage::{Row, Table, TableIds};
use rayon::slice::ParallelSliceMut as _;
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

use super::split::Jump;
use super::{FileFormat, FileReport};
use crate::LinkFilesError;

/// Collects the ids of all files.
#[derive(Default)]
pub(super) struct Ids {
    table: TableIds,
    files: Vec<FileIds>,
    last: String,
}

/// What is remembered of a file, to find ids that stand twice and to tell where.
struct FileIds {
    source: String,
    first: usize,
    jumps: Vec<Jump>,
    /// Whether each id so far was longer than the one before it, or as long and greater: then none stands twice.
    ascending: bool,
    hashes: Vec<u64>,
    /// The first row without an id.
    empty: Option<usize>,
}

impl Ids {
    pub(super) fn begin(&mut self, source: &str) {
        if let Some(ended) = self.files.last_mut().filter(|ended| ended.ascending) {
            ended.hashes = Vec::new();
        }
        self.last.clear();
        self.files.push(FileIds {
            source: source.to_owned(),
            first: self.table.len(),
            jumps: Vec::new(),
            ascending: true,
            hashes: Vec::new(),
            empty: None,
        });
    }

    /// The next piece's rows: where they stand in the file.
    pub(super) fn place(&mut self, jumps: &[Jump]) {
        if let Some(file) = self.files.last_mut() {
            let before = self.table.len() - file.first;
            file.jumps.extend(jumps.iter().map(|jump| Jump {
                row: before + jump.row,
                ..*jump
            }));
        }
    }

    /// The next row's id.
    pub(super) fn push(&mut self, id: &str) {
        let Some(file) = self.files.last_mut() else {
            return;
        };
        if id.is_empty() && file.empty.is_none() {
            file.empty = Some(self.table.len() - file.first);
        }
        if file.ascending {
            file.ascending = (self.last.len(), self.last.as_str()) < (id.len(), id);
            self.last.clear();
            self.last.push_str(id);
        }
        file.hashes.push(FxBuildHasher.hash_one(id));
        self.table.push(&file.source, id);
    }

    /// As many rows more, whose ids are their numbers.
    pub(super) fn push_numbers(&mut self, rows: usize, jumps: &[Jump]) {
        let Some(file) = self.files.last() else {
            return;
        };
        let mut jumps = jumps.iter().peekable();
        let (mut number, mut text) = (1, String::new());
        for row in 0..rows {
            if let Some(jump) = jumps.next_if(|jump| jump.row == row) {
                number = jump.number;
            }
            text.clear();
            push_number(&mut text, number);
            self.table.push(&file.source, &text);
            number += 1;
        }
    }

    /// All ids as a table.
    ///
    /// # Errors
    /// [`LinkFilesError::Input`] for an id that is empty or stands twice in its file.
    pub(super) fn finish(self, reports: &[FileReport]) -> Result<Table, LinkFilesError> {
        let table = Table::of(self.table);
        for (file, report) in self.files.into_iter().zip(reports) {
            file.check(&table, report)?;
        }
        Ok(table)
    }
}

impl FileIds {
    fn check(self, table: &Table, report: &FileReport) -> Result<(), LinkFilesError> {
        let path = report.path.display();
        if let Some(empty) = self.empty {
            return Err(LinkFilesError::input(format!(
                "`{path}`, {}: the record has no id",
                self.told(empty, report.format)
            )));
        }
        if self.ascending {
            return Ok(());
        }
        let Some((first, again, times)) = self.first_twice(table) else {
            return Ok(());
        };
        Err(LinkFilesError::input(format!(
            "`{path}`: {} has the id of {}; {times} records have an id that stood before. Ids must differ within a file; \
             without `--id-column` a record's number is its id",
            self.told(again, report.format),
            self.told(first, report.format),
        )))
    }

    /// The first record whose id stood before: where that was, where it is, and how many such records there are.
    fn first_twice(&self, table: &Table) -> Option<(usize, usize, usize)> {
        let mut sorted = self.hashes.clone();
        sorted.par_sort_unstable();
        let twice = sorted
            .windows(2)
            .filter(|pair| pair[0] == pair[1])
            .map(|pair| pair[0])
            .collect::<FxHashSet<_>>();
        let mut seen = FxHashMap::<&str, usize>::default();
        let (mut found, mut times) = (None, 0);
        let suspects = self
            .hashes
            .iter()
            .enumerate()
            .filter(|(_, hash)| twice.contains(hash));
        for (row, _) in suspects {
            let id = table.id(Row::try_from(self.first + row).unwrap_or(Row::MAX));
            if let Some(&first) = seen.get(id) {
                times += 1;
                found = found.or(Some((first, row)));
            } else {
                seen.insert(id, row);
            }
        }
        found.map(|(first, again)| (first, again, times))
    }

    /// Where a row stands, as a person looks for it.
    fn told(&self, row: usize, format: FileFormat) -> String {
        let place = self.jumps.partition_point(|jump| jump.row <= row);
        let Some(jump) = place.checked_sub(1).map(|place| self.jumps[place]) else {
            return format!("row {}", row + 1);
        };
        let beyond = row - jump.row;
        match format {
            FileFormat::Csv { .. } => format!("line {}", jump.line + beyond as u64),
            FileFormat::Parquet => format!("row {}", jump.number as usize + beyond),
        }
    }
}

fn push_number(text: &mut String, number: u32) {
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
    text.extend(digits[at..].iter().map(|&digit| char::from(digit)));
}
