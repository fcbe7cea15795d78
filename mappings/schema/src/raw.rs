use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{ContentHash, RawKey};

/// Where a row or resource was read: a file and line, or a resource of a server.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Origin {
    /// The file's path relative to its source, or a server's path without host, query and credentials.
    pub place: Arc<str>,
    /// The first physical line of the row in the file, from 1; for a resource of a page, its number in the page.
    pub line: u64,
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.place, self.line)
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// The headings of a table, in their order.
#[derive(PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Header {
    names: Vec<Box<str>>,
}

impl Header {
    /// The header with these headings.
    pub fn new<S: Into<Box<str>>>(names: impl IntoIterator<Item = S>) -> Self {
        Self {
            names: names.into_iter().map(Into::into).collect(),
        }
    }

    /// The headings in their order.
    #[must_use]
    pub fn names(&self) -> &[Box<str>] {
        &self.names
    }

    /// The place of a heading, from 0.
    #[must_use]
    pub fn position(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|heading| **heading == *name)
    }

    /// Equal for equal headings in equal order.
    #[must_use]
    pub fn hash(&self) -> ContentHash {
        ContentHash::of(self.names.join("\u{1f}").as_bytes())
    }
}

impl fmt::Debug for Header {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Header({} columns)", self.names.len())
    }
}

/// Bytes of a cell for which room is made at first: half of the cells of a registry's row are empty, dates have ten.
const CELL_BYTES: usize = 8;

/// The cells of one row of a table: one text with the end of each cell, so that a row is two allocations.
#[derive(Clone, PartialEq, Eq)]
pub struct Row {
    header: Arc<Header>,
    text: Box<str>,
    ends: Box<[u32]>,
    lines: Option<Box<[u64]>>,
}

impl Row {
    /// A row under a header. It may hold fewer or more cells than the header has headings; the mapping says what then.
    pub fn new<S: AsRef<str>>(header: Arc<Header>, cells: impl IntoIterator<Item = S>) -> Self {
        let mut text = String::with_capacity(header.names.len() * CELL_BYTES);
        let mut ends = Vec::with_capacity(header.names.len());
        for cell in cells {
            text.push_str(cell.as_ref());
            // A row is bounded by the connectors' row_bytes_max, far below 4 GiB.
            ends.push(u32::try_from(text.len()).unwrap_or(u32::MAX));
        }
        Self {
            header,
            text: text.into(),
            ends: ends.into(),
            lines: None,
        }
    }

    /// The row, with the physical line of each cell, for a row that was put together from several lines of a file.
    #[must_use]
    pub fn on_lines(self, lines: impl Into<Box<[u64]>>) -> Self {
        Self {
            lines: Some(lines.into()),
            ..self
        }
    }

    /// The physical line on which a column's cell stands; none where that is the line of the whole row.
    #[must_use]
    pub fn line_of(&self, column: &str) -> Option<u64> {
        let lines = self.lines.as_ref()?;
        lines.get(self.header.position(column)?).copied()
    }

    /// The headings.
    #[inline]
    #[must_use]
    pub const fn header(&self) -> &Arc<Header> {
        &self.header
    }

    /// How many cells the row has.
    #[inline]
    #[must_use]
    pub const fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether the row has no cell at all.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The cell at a place from 0.
    #[inline]
    #[must_use]
    pub fn cell(&self, place: usize) -> Option<&str> {
        let end = *self.ends.get(place)? as usize;
        let start = if place == 0 {
            0
        } else {
            self.ends[place - 1] as usize
        };
        self.text.get(start..end)
    }

    /// The text of all cells, one after the other.
    #[inline]
    #[must_use]
    pub const fn text(&self) -> &str {
        &self.text
    }

    /// All cells in their order.
    #[inline]
    #[must_use]
    pub fn cells(&self) -> impl ExactSizeIterator<Item = &str> {
        (0..self.len()).map(|place| self.cell(place).unwrap_or_default())
    }
}

impl fmt::Debug for Row {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Row({} cells, [phi])", self.len())
    }
}

/// What was read, as the source wrote it.
#[derive(Clone, PartialEq, Eq)]
pub enum Body {
    /// A row of a table.
    Row(Row),
    /// A FHIR resource (or another document) as JSON text.
    Json(Box<str>),
    /// The source says that the row or resource with this key is no more.
    Deleted(RawKey),
}

impl fmt::Debug for Body {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Row(row) => row.fmt(formatter),
            Self::Json(text) => write!(formatter, "Json({} bytes, [phi])", text.len()),
            Self::Deleted(_) => formatter.write_str("Deleted"),
        }
    }
}

/// One row or resource as a connector read it. It is never stored: only what the door admits of it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawRecord {
    /// Where it was read.
    pub origin: Origin,
    /// What was read.
    pub body: Body,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_gives_back_its_cells_and_prints_none_of_them() {
        let header = Arc::new(Header::new(["a", "b", "c"]));
        let row = Row::new(header, ["山", "", "x"]);
        assert_eq!(row.cells().collect::<Vec<_>>(), ["山", "", "x"]);
        assert_eq!((row.cell(0), row.cell(3)), (Some("山"), None));
        assert_eq!(row.line_of("a"), None);
        assert_eq!(format!("{row:?}"), "Row(3 cells, [phi])");
        let row = row.on_lines([7, 9, 8]);
        assert_eq!((row.line_of("b"), row.line_of("d")), (Some(9), None));
    }
}
