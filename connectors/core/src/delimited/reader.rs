use std::io::{self, Read};
use std::sync::Arc;

use memchr::{memchr, memchr2};
use schema::{Header, Row, SetAsideKind};

use super::TextEncoding;
use super::encoding::{Decoded, is_utf8_japanese};
use super::split::{Ahead, Cells, line_break, split};

/// How many bytes are asked for at once.
const READ_BYTES: usize = 256 << 10;

/// Where in a file a row begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Bytes before it.
    pub offset: u64,
    /// Its first physical line, from 1.
    pub line: u64,
}

/// What the next row of a file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cut {
    /// A row, with as many cells as it has.
    Row(Place, Row),
    /// A row that cannot be read, and why.
    SetAside {
        /// Where it begins.
        place: Place,
        /// Why.
        kind: SetAsideKind,
        /// The heading of the cell that is to blame, where one is.
        column: Option<Arc<str>>,
        /// A sentence for a person.
        message: Box<str>,
    },
    /// The file ends.
    End,
}

/// Rows of a delimited file, one after the other, in bounded memory.
///
/// Quotes may hold line breaks. A quote that is not closed takes down its own line only: reading goes on at the next.
/// Lines without a character are passed over.
pub struct RowReader<R> {
    input: R,
    encoding: TextEncoding,
    row_bytes_max: usize,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    last: bool,
    place: Place,
    cells: Cells,
    decoded: Decoded,
}

impl<R: Read> RowReader<R> {
    /// A reader that stands at a place; `row_bytes_max` bounds the length of a row and the memory.
    pub fn new(input: R, encoding: TextEncoding, row_bytes_max: usize, place: Place) -> Self {
        Self {
            input,
            encoding,
            row_bytes_max: row_bytes_max.max(1),
            buffer: vec![0; READ_BYTES],
            start: 0,
            end: 0,
            last: false,
            place,
            cells: Cells::default(),
            decoded: Decoded::default(),
        }
    }

    /// Where the next row begins.
    pub const fn place(&self) -> Place {
        self.place
    }

    /// The headings, when they are the next row; `None` when the file ends before any.
    ///
    /// # Errors
    /// What the input gives. The inner error is a sentence for a person: the headings cannot be read.
    pub fn header(&mut self) -> io::Result<Result<Option<Header>, String>> {
        self.pass_mark()?;
        let none = Arc::new(Header::new(Vec::<Box<str>>::new()));
        Ok(match self.next_row(&none)? {
            Cut::End => Ok(None),
            Cut::Row(_, row) => Ok(Some(Header::new(row.cells()))),
            Cut::SetAside { message, .. } => Err(format!("its headings cannot be read: {message}")),
        })
    }

    /// The next row.
    ///
    /// # Errors
    /// What the input gives.
    pub fn next_row(&mut self, header: &Arc<Header>) -> io::Result<Cut> {
        loop {
            if self.start == self.end && !self.fill()? {
                return Ok(Cut::End);
            }
            let place = self.place;
            let window = &self.buffer[self.start..self.end];
            match split(window, self.last, &mut self.cells) {
                Ahead::Unfinished { in_quotes } if window.len() >= self.row_bytes_max => {
                    self.skip_line()?;
                    return Ok(self.too_long(place, in_quotes));
                }
                Ahead::Unfinished { .. } => {
                    self.fill()?;
                }
                Ahead::BadQuote => {
                    self.skip_line()?;
                    return Ok(bad_quote(place));
                }
                Ahead::Row { used, .. } if used > self.row_bytes_max => {
                    self.skip_line()?;
                    return Ok(self.too_long(place, false));
                }
                Ahead::Row { lines, .. } if lines > 1 && !self.fits(header) => {
                    self.skip_line()?;
                    return Ok(bad_quote(place));
                }
                Ahead::Row { used, lines } => {
                    let blank = self.is_blank(used);
                    self.advance(used, lines);
                    if !blank {
                        return Ok(self.decode(place, header));
                    }
                }
            }
        }
    }

    /// A row over several lines is believed only when it has as many cells as headings: more likely a quote was left
    /// open and the next lines are rows of their own.
    fn fits(&self, header: &Header) -> bool {
        header.names().is_empty() || header.names().len() == self.cells.ends.len()
    }

    /// A line without a character, or the end-of-file character of DOS on a line of its own.
    fn is_blank(&self, used: usize) -> bool {
        let line = &self.buffer[self.start..self.start + used];
        matches!(line.first(), Some(b'\n' | b'\r')) || (self.last && line == b"\x1A")
    }

    fn decode(&mut self, place: Place, header: &Arc<Header>) -> Cut {
        let broken = |column: Option<usize>, message: &str| Cut::SetAside {
            place,
            kind: SetAsideKind::BrokenText,
            column: column
                .and_then(|cell| header.names().get(cell))
                .map(|name| name.as_ref().into()),
            message: message.into(),
        };
        if let Some(at) = memchr(0, &self.cells.text) {
            let cell = self.cells.ends.partition_point(|end| *end <= at);
            return broken(
                Some(cell),
                "the row holds a NUL character; mend it in the source",
            );
        }
        if self.encoding == TextEncoding::Cp932 && is_utf8_japanese(&self.cells.text) {
            return broken(None, "the row is UTF-8 in a file declared `cp932`");
        }
        match self.decoded.decode(&self.cells, self.encoding) {
            Ok(()) => Cut::Row(place, Row::new(header.clone(), self.decoded.cells())),
            Err(cell) => {
                let name = self.encoding.as_str();
                broken(
                    Some(cell),
                    &format!("the cell holds bytes that are not `{name}`; mend it in the source"),
                )
            }
        }
    }

    fn too_long(&self, place: Place, in_quotes: bool) -> Cut {
        if in_quotes {
            return bad_quote(place);
        }
        Cut::SetAside {
            place,
            kind: SetAsideKind::TooLong,
            column: None,
            message: format!(
                "the row is longer than `row_bytes_max`, {} bytes; reading goes on at the next line",
                self.row_bytes_max
            )
            .into(),
        }
    }

    fn pass_mark(&mut self) -> io::Result<()> {
        while self.end - self.start < 3 && self.fill()? {}
        if self.buffer[self.start..self.end].starts_with(b"\xEF\xBB\xBF") {
            self.advance(3, 0);
        }
        Ok(())
    }

    fn advance(&mut self, bytes: usize, lines: u64) {
        self.start += bytes;
        self.place.offset += bytes as u64;
        self.place.line += lines;
    }

    /// Passes over the rest of the physical line.
    fn skip_line(&mut self) -> io::Result<()> {
        loop {
            let window = &self.buffer[self.start..self.end];
            match memchr2(b'\n', b'\r', window) {
                // A CR that ends the window may be the first half of a CRLF.
                Some(at) if at + 1 == window.len() && window[at] == b'\r' && !self.last => {
                    self.advance(at, 0);
                }
                Some(at) => {
                    let used = at + line_break(&window[at..]);
                    self.advance(used, 1);
                    return Ok(());
                }
                None => {
                    let rest = window.len();
                    self.advance(rest, 0);
                }
            }
            if !self.fill()? && self.last && self.start == self.end {
                self.place.line += 1;
                return Ok(());
            }
        }
    }

    /// Reads more behind what is there; false when there is no more.
    fn fill(&mut self) -> io::Result<bool> {
        if self.last {
            return Ok(false);
        }
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        if self.end == self.buffer.len() {
            // At most twice the longest row: `next_row` gives up on a longer one.
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        let read = loop {
            match self.input.read(&mut self.buffer[self.end..]) {
                Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
                result => break result?,
            }
        };
        self.end += read;
        self.last = read == 0;
        Ok(read > 0)
    }
}

fn bad_quote(place: Place) -> Cut {
    Cut::SetAside {
        place,
        kind: SetAsideKind::Malformed,
        column: None,
        message: "a quote in this line is not closed, or closed in the middle of a cell; reading goes on at the next line"
            .into(),
    }
}

#[cfg(test)]
mod tests;
