//! Rows cut out of delimited text: where each wanted cell begins and ends, quotes undone.

use std::ops::Range;

use memchr::{memchr, memchr2, memchr2_iter};

use super::{SetAside, Why};

/// Longest row, in bytes: a hundred times what a table of people needs, and small enough that an open quote costs one
/// buffer and not the memory.
pub(super) const ROW_BYTES_MAX: usize = 1 << 20;

/// Where a cell lies: in the text, or, where its quotes had to be undone, in [`Split::undone`].
#[derive(Clone, Copy)]
pub(super) struct Span {
    /// With [`UNDONE`] where the bytes are there.
    start: u32,
    end: u32,
}

/// Marks a span of [`Split::undone`]; a piece of text is far below 2 GB.
const UNDONE: u32 = 1 << 31;
/// Bytes of a cell that are looked at one by one.
const NEAR_BYTES: usize = 32;

/// Which bytes a span means.
pub(super) enum Place {
    Text(Range<usize>),
    Undone(Range<usize>),
}

/// What was cut out of a piece of text.
#[derive(Default)]
pub(super) struct Split {
    /// For each wanted place, one span a row.
    pub(super) columns: Vec<Vec<Span>>,
    /// Cells in which a doubled quote became one.
    pub(super) undone: Vec<u8>,
    /// Rows kept.
    pub(super) rows: usize,
    /// Where rows begin whose number or line does not follow from the row before.
    pub(super) jumps: Vec<Jump>,
    /// Rows that are no records.
    pub(super) set_aside: Vec<SetAside>,
}

/// From this row on, number and line count up by one a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Jump {
    /// The row's place among the kept ones.
    pub(super) row: usize,
    /// Its number among all rows of the file, from 1.
    pub(super) number: u32,
    /// Its first physical line, from 1.
    pub(super) line: u64,
}

/// Which rows are not text of the encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Check {
    /// None: the whole was checked.
    Nothing,
    /// Those that are not UTF-8.
    Utf8,
    /// Those in which a character was replaced when they were decoded.
    Replaced,
}

/// Cuts rows, and knows how far it has come in the file.
#[derive(Clone)]
pub(super) struct Splitter {
    pub(super) delimiter: u8,
    pub(super) terminator: u8,
    /// Fields of a row; 0 while that is not known: any number is right then.
    pub(super) fields: usize,
    /// For each field its place among the wanted, if it is wanted.
    pub(super) places: Vec<Option<u16>>,
    /// The line that comes next, from 1.
    pub(super) line: u64,
    /// The number that the next row gets, from 1.
    pub(super) number: u32,
    /// What the next kept row's number and line will be if nothing comes between.
    expected: (u32, u64),
}

/// A row seen ahead.
enum Ahead {
    Row {
        end: usize,
        next: usize,
        lines: u64,
        fields: usize,
    },
    BadQuote,
    Unfinished,
}

impl Splitter {
    pub(super) fn new(delimiter: u8, terminator: u8) -> Self {
        Self {
            delimiter,
            terminator,
            fields: 0,
            places: Vec::new(),
            line: 1,
            number: 1,
            expected: (0, 0),
        }
    }

    /// Cuts all whole rows of `text`; gives how many bytes they take. `last` says that the file ends with this text, and
    /// `spare` is memory to use again.
    pub(super) fn split(
        &mut self,
        text: &[u8],
        last: bool,
        check: Check,
        wanted: usize,
        spare: Split,
    ) -> (Split, usize) {
        let mut split = spare.emptied(wanted);
        // A jump of its own for every piece, so that pieces stand for themselves.
        self.expected = (0, 0);
        let used = if check == Check::Nothing && memchr(b'"', text).is_none() {
            self.split_plain(text, last, &mut split)
        } else {
            self.split_quoted(text, last, check, &mut split)
        };
        (split, used)
    }

    /// The cells of the first row that is not blank, and the bytes up to its end; `None` when the text ends before.
    pub(super) fn first_row(&mut self, text: &[u8], last: bool) -> Option<(Vec<Vec<u8>>, usize)> {
        let mut at = 0;
        while at < text.len() {
            self.places.clear();
            let Ahead::Row { fields, .. } = self.row(text, at, last, &mut Split::default()) else {
                return None;
            };
            self.places = (0..u16::MAX).take(fields).map(Some).collect();
            let mut split = Split {
                columns: vec![Vec::new(); self.places.len()],
                ..Split::default()
            };
            let Ahead::Row { next, lines, .. } = self.row(text, at, last, &mut split) else {
                return None;
            };
            self.places.clear();
            self.line += lines;
            let cells = split
                .columns
                .iter()
                .map(|spans| split.bytes(text, spans[0]).to_vec());
            let cells = cells.collect::<Vec<_>>();
            if cells.iter().any(|cell| !cell.is_empty()) {
                return Some((cells, next));
            }
            at = next;
        }
        None
    }

    /// Text without a quote: every delimiter and terminator is one.
    fn split_plain(&mut self, text: &[u8], last: bool, split: &mut Split) -> usize {
        let (mut begin, mut cell, mut field) = (0, 0, 0);
        for hit in memchr2_iter(self.delimiter, self.terminator, text) {
            if text[hit] == self.delimiter {
                self.push(split, field, trimmed(text, cell, hit));
                field += 1;
            } else {
                if is_blank(&text[begin..hit]) {
                    self.blank(split, 1);
                } else {
                    self.push(split, field, trimmed(text, cell, hit));
                    self.end_row(split, field + 1, 1, true);
                }
                field = 0;
                begin = hit + 1;
            }
            cell = hit + 1;
        }
        if last && begin < text.len() && !is_blank(&text[begin..]) {
            self.push(split, field, trimmed(text, cell, text.len()));
            self.end_row(split, field + 1, 1, true);
            begin = text.len();
        } else {
            withdraw(split);
            begin = if last { text.len() } else { begin };
        }
        begin
    }

    fn split_quoted(&mut self, text: &[u8], last: bool, check: Check, split: &mut Split) -> usize {
        let mut at = 0;
        while at < text.len() {
            match self.row(text, at, last, split) {
                Ahead::Row {
                    end,
                    next,
                    lines,
                    fields,
                } => {
                    // A row over several lines is believed only when it has as many cells as headings: more likely a
                    // quote was left open and the next lines are rows of their own.
                    if lines > 1 && self.fields != 0 && fields != self.fields {
                        at = self.set_line_aside(text, at, split);
                        continue;
                    }
                    let row = &text[at..end];
                    if fields == 1 && is_blank(row) {
                        self.blank(split, lines);
                    } else {
                        self.end_row(split, fields, lines, is_text(row, check));
                    }
                    at = next;
                }
                ahead => {
                    let rest = &text[at..];
                    let ends = last || memchr(self.terminator, rest).is_some();
                    let bad =
                        matches!(ahead, Ahead::BadQuote) || last || rest.len() > ROW_BYTES_MAX;
                    if !(ends && bad) {
                        withdraw(split);
                        break;
                    }
                    at = self.set_line_aside(text, at, split);
                }
            }
        }
        at
    }

    /// Cuts the row at `at` into cells, which are pushed.
    fn row(&self, text: &[u8], at: usize, last: bool, split: &mut Split) -> Ahead {
        let (mut cell, mut field, mut lines) = (at, 0, 1);
        loop {
            let end = if text.get(cell) == Some(&b'"') {
                match quoted(text, cell + 1, self.terminator, split) {
                    Some((span, end, breaks)) => {
                        self.push(split, field, span);
                        lines += breaks;
                        end
                    }
                    None => return Ahead::Unfinished,
                }
            } else {
                let ahead = next_end(&text[cell..], self.delimiter, self.terminator);
                let end = match ahead {
                    Some(length) => cell + length,
                    None if last => text.len(),
                    None => return Ahead::Unfinished,
                };
                self.push(split, field, trimmed(text, cell, end));
                end
            };
            field += 1;
            let rest = &text[end..];
            match rest.first() {
                Some(byte) if *byte == self.delimiter => cell = end + 1,
                Some(byte) if *byte == self.terminator => {
                    return ended(end, end + 1, lines, field);
                }
                Some(b'\r') if rest.get(1) == Some(&self.terminator) => {
                    return ended(end, end + 2, lines, field);
                }
                None | Some(b'\r') if rest.len() < 2 && !last => return Ahead::Unfinished,
                None => return ended(end, end, lines, field),
                Some(b'\r') if rest.len() == 1 => return ended(end, end + 1, lines, field),
                Some(_) => return Ahead::BadQuote,
            }
        }
    }

    fn push(&self, split: &mut Split, field: usize, span: Span) {
        if let Some(Some(place)) = self.places.get(field) {
            split.columns[usize::from(*place)].push(span);
        }
    }

    fn blank(&mut self, split: &mut Split, lines: u64) {
        withdraw(split);
        self.line += lines;
    }

    fn end_row(&mut self, split: &mut Split, fields: usize, lines: u64, is_text: bool) {
        if self.fields != 0 && fields != self.fields {
            let wanted = self.fields;
            self.set_aside(split, Why::Fields(fields, wanted));
        } else if is_text {
            if self.expected != (self.number, self.line) {
                split.jumps.push(Jump {
                    row: split.rows,
                    number: self.number,
                    line: self.line,
                });
            }
            split.rows += 1;
            self.expected = (self.number + 1, self.line + 1);
            self.number += 1;
        } else {
            self.set_aside(split, Why::NoText);
        }
        self.line += lines;
    }

    fn set_aside(&mut self, split: &mut Split, why: Why) {
        withdraw(split);
        split.set_aside.push(SetAside {
            line: self.line,
            why,
        });
        self.number += 1;
    }

    /// Sets the physical line at `at` aside, for its quotes; gives where the next begins.
    fn set_line_aside(&mut self, text: &[u8], at: usize, split: &mut Split) -> usize {
        self.set_aside(split, Why::Quote);
        self.line += 1;
        memchr(self.terminator, &text[at..]).map_or(text.len(), |length| at + length + 1)
    }
}

impl Split {
    fn emptied(mut self, wanted: usize) -> Self {
        self.columns.resize_with(wanted, Vec::new);
        for column in &mut self.columns {
            column.clear();
        }
        self.undone.clear();
        self.rows = 0;
        self.jumps.clear();
        self.set_aside.clear();
        self
    }

    /// Makes doubled quotes single.
    fn undo(&mut self, text: &[u8], cell: Span) -> Span {
        let begin = self.undone.len();
        let mut rest = &text[cell.start as usize..cell.end as usize];
        while let Some(at) = memchr(b'"', rest) {
            self.undone.extend_from_slice(&rest[..=at]);
            rest = rest.get(at + 2..).unwrap_or_default();
        }
        self.undone.extend_from_slice(rest);
        let undone = span(begin, self.undone.len());
        Span {
            start: undone.start | UNDONE,
            ..undone
        }
    }

    /// A cell's bytes.
    pub(super) fn bytes<'a>(&'a self, text: &'a [u8], span: Span) -> &'a [u8] {
        let found = match span.place() {
            Place::Text(place) => text.get(place),
            Place::Undone(place) => self.undone.get(place),
        };
        found.unwrap_or_default()
    }
}

impl Span {
    /// Where the cell's bytes are.
    pub(super) fn place(self) -> Place {
        let range = |start: u32| start as usize..self.end as usize;
        if self.start & UNDONE == 0 {
            Place::Text(range(self.start))
        } else {
            Place::Undone(range(self.start & !UNDONE))
        }
    }
}

fn ended(end: usize, next: usize, lines: u64, fields: usize) -> Ahead {
    Ahead::Row {
        end,
        next,
        lines,
        fields,
    }
}

/// Where the next quote stands. Most cells are so short that a search of its own costs more than looking at their bytes.
#[inline]
fn next_quote(text: &[u8]) -> Option<usize> {
    let near = &text[..text.len().min(NEAR_BYTES)];
    near.iter().position(|byte| *byte == b'"').or_else(|| {
        let beyond = memchr(b'"', &text[near.len()..])?;
        Some(near.len() + beyond)
    })
}

/// Where a cell without quotes ends.
#[inline]
fn next_end(text: &[u8], delimiter: u8, terminator: u8) -> Option<usize> {
    let near = &text[..text.len().min(NEAR_BYTES)];
    let ends = |byte: &u8| *byte == delimiter || *byte == terminator;
    near.iter().position(ends).or_else(|| {
        let beyond = memchr2(delimiter, terminator, &text[near.len()..])?;
        Some(near.len() + beyond)
    })
}

/// The cell that begins behind an opening quote: its span, the place behind its closing quote, and the line breaks within.
fn quoted(
    text: &[u8],
    from: usize,
    terminator: u8,
    split: &mut Split,
) -> Option<(Span, usize, u64)> {
    let (mut at, mut doubled) = (from, false);
    loop {
        at += next_quote(&text[at..])?;
        if text.get(at + 1) != Some(&b'"') {
            break;
        }
        doubled = true;
        at += 2;
    }
    let breaks = text[from..at]
        .iter()
        .map(|byte| u64::from(*byte == terminator))
        .sum();
    let span = trimmed(text, from, at);
    let span = if doubled {
        split.undo(text, span)
    } else {
        span
    };
    Some((span, at + 1, breaks))
}

/// A cell without the blanks, tabs and line breaks around it.
fn trimmed(text: &[u8], mut start: usize, mut end: usize) -> Span {
    let is_space = |byte: u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
    while start < end && is_space(text[start]) {
        start += 1;
    }
    while start < end && is_space(text[end - 1]) {
        end -= 1;
    }
    span(start, end)
}

fn span(start: usize, end: usize) -> Span {
    let short = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
    Span {
        start: short(start),
        end: short(end),
    }
}

/// A line without a character, or with the end-of-file character of DOS alone.
fn is_blank(row: &[u8]) -> bool {
    row.iter()
        .all(|byte| matches!(byte, b'\r' | b'\n' | b' ' | 0x1A))
}

fn is_text(row: &[u8], check: Check) -> bool {
    match check {
        Check::Nothing => true,
        Check::Utf8 => std::str::from_utf8(row).is_ok(),
        Check::Replaced => memchr::memmem::find(row, "\u{FFFD}".as_bytes()).is_none(),
    }
}

/// Takes back the cells of a row that is not kept.
fn withdraw(split: &mut Split) {
    for column in &mut split.columns {
        column.truncate(split.rows);
    }
}
