//! Delimited files.

use std::fs::File;
use std::ops::Range;

use linkage::{CodesBuilder, MISSING};

use super::sinks::{Cells, Sinks};
use super::sniff::form;
use super::split::{Check, Jump, Place, ROW_BYTES_MAX, Span, Split, Splitter};
use super::text::{Encoding, TextFault, TextReader};
use super::{FileFormat, FileReport, Reading, SET_ASIDE_TOLD_MAX, SourceFile, Wanted, resolve};
use crate::LinkFilesError;

/// A delimited file behind its headings.
struct Opened {
    text: TextReader<File>,
    splitter: Splitter,
    headings: Vec<String>,
    /// For each wanted place, where the splitter puts its cells: one heading may be wanted twice.
    slots: Vec<Option<usize>>,
}

/// A piece of rows.
struct Piece {
    slots: Vec<Option<usize>>,
    text: Text,
    undone: Text,
    split: Split,
}

/// A piece of text: checked as a whole, or row by row because some row is not text.
enum Text {
    Whole(String),
    ByRow(Vec<u8>),
}

/// Reads a file into the sinks; `progress` is told the bytes read.
pub(super) fn read(
    file: &SourceFile,
    wanted: &Wanted,
    reading: Reading,
    sinks: &mut Sinks,
    progress: &dyn Fn(u64),
) -> Result<FileReport, LinkFilesError> {
    let mut opened = open(file, reading)?;
    let places = resolve(file, wanted, &opened.headings)?;
    opened.want(&places);
    let mut set_aside = SetAsides::default();
    let mut piece = opened.next(file, None)?;
    let (mut spare, mut read) = (None, 0);
    while let Some(taken) = piece {
        if read == 0 {
            sinks.expect(rows_to_come(file, &taken));
        }
        read += taken.text.len() as u64;
        progress(read);
        set_aside.take(&taken.split);
        // One thread cuts the next piece while the others intern this one.
        let (next, ()) = rayon::join(|| opened.next(file, spare.take()), || sinks.take(&taken));
        piece = next?;
        spare = Some(taken);
    }
    Ok(opened.report(file, set_aside))
}

/// About how many rows a file has, by those of its first piece.
fn rows_to_come(file: &SourceFile, first: &Piece) -> usize {
    let bytes = std::fs::metadata(&file.path).map_or(0, |facts| facts.len());
    let rows = bytes.saturating_mul(first.split.rows as u64) / first.text.len().max(1) as u64;
    usize::try_from(rows + rows / 64).unwrap_or(0)
}

/// A file's headings.
pub(super) fn headings(file: &SourceFile, reading: Reading) -> Result<Vec<String>, LinkFilesError> {
    Ok(open(file, reading)?.headings)
}

fn open(file: &SourceFile, reading: Reading) -> Result<Opened, LinkFilesError> {
    let path = &file.path;
    let input = File::open(path).map_err(|cause| LinkFilesError::read(path, cause))?;
    let mut text = TextReader::open(input, reading.encoding).map_err(|fault| told(file, fault))?;
    let form = form(text.text(), text.last(), reading.delimiter);
    let mut splitter = Splitter::new(form.delimiter, form.terminator);
    let Some((cells, used)) = splitter.first_row(text.text(), text.last()) else {
        let path = path.display();
        let why = if text.text().is_empty() {
            "it is empty"
        } else {
            "its first row cannot be read"
        };
        return Err(LinkFilesError::input(format!(
            "`{path}` has no headings: {why}"
        )));
    };
    let headings = cells
        .iter()
        .map(|cell| String::from_utf8_lossy(cell).into_owned())
        .collect();
    text.take(used, Vec::new());
    Ok(Opened {
        text,
        splitter,
        headings,
        slots: Vec::new(),
    })
}

fn told(file: &SourceFile, fault: TextFault) -> LinkFilesError {
    match fault {
        TextFault::Io(cause) => LinkFilesError::read(&file.path, cause),
        TextFault::Encoding => LinkFilesError::input(format!(
            "`{}` is neither UTF-8 nor CP932; declare what it is with `--encoding`, one of {}",
            file.path.display(),
            Encoding::DECLARABLE
                .map(|encoding| format!("`{}`", encoding.as_str()))
                .join(", ")
        )),
    }
}

impl Opened {
    /// Sets which fields are wanted.
    fn want(&mut self, fields: &[Option<usize>]) {
        let mut distinct = Vec::<usize>::new();
        for field in fields {
            let slot = field.map(|field| {
                let known = distinct.iter().position(|known| *known == field);
                known.unwrap_or_else(|| {
                    distinct.push(field);
                    distinct.len() - 1
                })
            });
            self.slots.push(slot);
        }
        self.splitter.fields = self.headings.len();
        self.splitter.places = vec![None; self.headings.len()];
        for (slot, field) in (0_u16..).zip(distinct) {
            self.splitter.places[field] = Some(slot);
        }
    }

    /// The next rows; `None` at the end of the file. The memory of `spare` is used again.
    fn next(
        &mut self,
        file: &SourceFile,
        spare: Option<Piece>,
    ) -> Result<Option<Piece>, LinkFilesError> {
        let (buffer, mut split) = spare.map(Piece::emptied).unwrap_or_default();
        let wanted = self.slots.iter().flatten().max().map_or(0, |slot| slot + 1);
        loop {
            let more = self.text.fill().map_err(|fault| told(file, fault))?;
            if self.text.text().is_empty() && !more {
                return Ok(None);
            }
            let check = if self.text.replaced() {
                Check::Replaced
            } else {
                Check::Nothing
            };
            let before = self.splitter.clone();
            let text = self.text.text();
            let (cut, used) = self.splitter.split(text, !more, check, wanted, split);
            split = cut;
            if used > 0 {
                let text = self.text.take(used, buffer);
                return Ok(Some(self.piece(text, split, before, !more)));
            }
            if self.text.text().len() > ROW_BYTES_MAX {
                return Err(LinkFilesError::input(format!(
                    "`{}`, line {}: longer than {ROW_BYTES_MAX} bytes; is it a delimited file?",
                    file.path.display(),
                    self.splitter.line
                )));
            }
            if !more {
                return Ok(None);
            }
        }
    }

    fn piece(&mut self, text: Vec<u8>, split: Split, before: Splitter, last: bool) -> Piece {
        let wanted = split.columns.len();
        let mut split = split;
        let text = match String::from_utf8(text) {
            Ok(text) => Text::Whole(text),
            Err(error) => {
                let bytes = error.into_bytes();
                self.splitter = before;
                split = self
                    .splitter
                    .split(&bytes, last, Check::Utf8, wanted, split)
                    .0;
                Text::ByRow(bytes)
            }
        };
        let undone = std::mem::take(&mut split.undone);
        let undone = String::from_utf8(undone)
            .map_or_else(|error| Text::ByRow(error.into_bytes()), Text::Whole);
        Piece {
            slots: self.slots.clone(),
            text,
            undone,
            split,
        }
    }

    fn report(self, file: &SourceFile, set_aside: SetAsides) -> FileReport {
        FileReport {
            name: file.name.clone(),
            path: file.path.clone(),
            format: FileFormat::Csv {
                encoding: self.text.encoding(),
                delimiter: char::from(self.splitter.delimiter),
            },
            rows: set_aside.records + set_aside.count,
            records: set_aside.records,
            set_aside: set_aside.count,
            set_aside_told: set_aside.told,
        }
    }
}

/// The rows of a file by how they ended.
#[derive(Default)]
struct SetAsides {
    records: u64,
    count: u64,
    told: Vec<super::SetAside>,
}

impl SetAsides {
    fn take(&mut self, split: &Split) {
        self.records += split.rows as u64;
        self.count += split.set_aside.len() as u64;
        let room = SET_ASIDE_TOLD_MAX.saturating_sub(self.told.len());
        self.told.extend(split.set_aside.iter().take(room).copied());
    }
}

impl Text {
    fn len(&self) -> usize {
        match self {
            Self::Whole(text) => text.len(),
            Self::ByRow(bytes) => bytes.len(),
        }
    }

    fn into_bytes(self) -> Vec<u8> {
        match self {
            Self::Whole(text) => text.into_bytes(),
            Self::ByRow(bytes) => bytes,
        }
    }

    fn get(&self, place: Range<usize>) -> Option<&str> {
        match self {
            Self::Whole(text) => text.get(place),
            Self::ByRow(bytes) => std::str::from_utf8(bytes.get(place)?).ok(),
        }
    }
}

impl Piece {
    /// Its memory.
    fn emptied(mut self) -> (Vec<u8>, Split) {
        self.split.undone = self.undone.into_bytes();
        (self.text.into_bytes(), self.split)
    }

    /// The values at a wanted place; nothing where the file has no such heading.
    fn values(&self, place: usize) -> impl Iterator<Item = &str> {
        let spans = self.slots[place].map_or(&[][..], |slot| &self.split.columns[slot]);
        spans.iter().map(|span| self.value(*span))
    }

    fn value(&self, span: Span) -> &str {
        let found = match span.place() {
            Place::Text(place) => self.text.get(place),
            Place::Undone(place) => self.undone.get(place),
        };
        found.unwrap_or_default()
    }
}

impl Cells for Piece {
    fn rows(&self) -> usize {
        self.split.rows
    }

    fn jumps(&self) -> &[Jump] {
        &self.split.jumps
    }

    fn each(&self, place: usize, take: &mut dyn FnMut(&str)) {
        for value in self.values(place) {
            take(value);
        }
    }

    fn intern(&self, place: usize, values: &mut CodesBuilder) {
        if self.slots[place].is_none() {
            (0..self.split.rows).for_each(|_| values.push_code(MISSING));
        }
        values.push_all(self.values(place));
    }
}
