//! How results are printed: tables for people, JSON for programs.

use std::io::Write as _;

use clap::ValueEnum;
use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use crate::Failure;

/// What stands between two columns.
const GAP: &str = "  ";

/// How results are printed on stdout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Table,
    /// One JSON document.
    Json,
}

/// A result that can be shown to people; as JSON it is what serde makes of it.
pub trait Show: Serialize {
    /// The result as text, ending in a line feed unless empty.
    fn text(&self) -> String;
}

/// Prints a result on stdout in the format asked for.
///
/// # Errors
/// When stdout cannot be written to; a reader that has gone away (`| head`) is no error.
pub fn print<T: Show + ?Sized>(format: Format, result: &T) -> Result<(), Failure> {
    let text = match format {
        Format::Table => result.text(),
        Format::Json => {
            let mut json = serde_json::to_string_pretty(result)
                .map_err(|cause| Failure::because("the result has no JSON form", cause))?;
            json.push('\n');
            json
        }
    };
    emit(&text)
}

/// Writes text to stdout.
///
/// # Errors
/// When stdout cannot be written to; a reader that has gone away is no error.
pub fn emit(text: &str) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    match stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
    {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::because("stdout cannot be written to", error))
        }
        _ => Ok(()),
    }
}

/// Columns of text under headings, padded by the width that a terminal gives them.
#[derive(Clone, Debug)]
pub struct Table {
    headings: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// An empty table with headings.
    pub fn new<S: Into<String>>(headings: impl IntoIterator<Item = S>) -> Self {
        Self {
            headings: headings.into_iter().map(Into::into).collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row.
    pub fn row<S: Into<String>>(&mut self, cells: impl IntoIterator<Item = S>) -> &mut Self {
        self.rows.push(cells.into_iter().map(Into::into).collect());
        self
    }

    /// Whether there are no rows.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The table as lines: numbers to the right, all else to the left.
    #[must_use]
    pub fn render(&self) -> String {
        let mut text = String::new();
        for row in std::iter::once(&self.headings).chain(&self.rows) {
            let cells: Vec<String> = (0..self.headings.len())
                .map(|column| self.pad(column, row.get(column).map_or("", String::as_str)))
                .collect();
            text.push_str(cells.join(GAP).trim_end());
            text.push('\n');
        }
        text
    }

    fn pad(&self, column: usize, cell: &str) -> String {
        let padding = " ".repeat(self.width(column).saturating_sub(cell.width()));
        if self.is_numeric(column) {
            padding + cell
        } else {
            cell.to_owned() + &padding
        }
    }

    fn width(&self, column: usize) -> usize {
        std::iter::once(&self.headings)
            .chain(&self.rows)
            .filter_map(|row| row.get(column))
            .map(|cell| cell.width())
            .max()
            .unwrap_or(0)
    }

    fn is_numeric(&self, column: usize) -> bool {
        let number = |cell: &String| {
            !cell.is_empty() && cell.bytes().all(|byte| b"0123456789.,-+%".contains(&byte))
        };
        !self.rows.is_empty()
            && self
                .rows
                .iter()
                .filter_map(|row| row.get(column))
                .all(number)
    }
}

/// A number with its thousands apart: `1,234,567`.
#[must_use]
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_whatever_the_script() {
        let mut table = Table::new(["file", "rows", "why"]);
        table
            .row(["移植.csv", "12", "欄がない"])
            .row(["a", "1,200", "x"]);
        assert_eq!(
            table.render(),
            "file       rows  why\n移植.csv     12  欄がない\na         1,200  x\n"
        );
    }

    #[test]
    fn thousands_stand_apart() {
        for (number, expected) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(thousands(number), expected);
        }
    }
}
