//! Statements over many rows at once.

use std::fmt::Write;

use sqlx::AssertSqlSafe;

use crate::StoreError;
use crate::database::{Bind, Row, Transaction};

/// Rows of one multi-row statement: the same text for every full chunk, so that it is prepared once.
const ROWS_MAX: usize = 200;
/// Keys of one `IN` list.
const KEYS_MAX: usize = 500;

/// Rows on their way into one table.
pub(crate) struct Batch {
    head: &'static str,
    tail: &'static str,
    width: usize,
    binds: Vec<Bind>,
}

impl Batch {
    /// `head` is `INSERT INTO table (columns)`, `tail` what follows the values.
    pub(crate) const fn new(head: &'static str, width: usize, tail: &'static str) -> Self {
        Self {
            head,
            tail,
            width,
            binds: Vec::new(),
        }
    }

    /// Adds one row of `width` values.
    pub(crate) fn push(&mut self, row: Vec<Bind>) {
        debug_assert_eq!(row.len(), self.width);
        self.binds.extend(row);
    }

    /// Writes all rows; tells how many were touched.
    pub(crate) async fn write(self, transaction: &mut Transaction) -> Result<u64, StoreError> {
        let mut left = self.binds.into_iter();
        let mut touched = 0;
        let full = values(self.head, self.width, ROWS_MAX, self.tail);
        while left.len() > 0 {
            let chunk: Vec<Bind> = left.by_ref().take(ROWS_MAX * self.width).collect();
            let rows = chunk.len() / self.width;
            let text = if rows == ROWS_MAX {
                full.clone()
            } else {
                values(self.head, self.width, rows, self.tail)
            };
            // The text is made of constants and numbered places only.
            touched += transaction.execute(AssertSqlSafe(text), chunk).await?;
        }
        Ok(touched)
    }
}

fn values(head: &str, width: usize, rows: usize, tail: &str) -> String {
    let mut text = format!("{head} VALUES ");
    for row in 0..rows {
        text.push_str(if row == 0 { "(" } else { ", (" });
        push_places(&mut text, row * width + 1, width);
        text.push(')');
    }
    text.push(' ');
    text.push_str(tail);
    text
}

fn push_places(text: &mut String, first: usize, count: usize) {
    for place in first..first + count {
        if place > first {
            text.push_str(", ");
        }
        // Writing to a String cannot fail.
        let _ = write!(text, "${place}");
    }
}

/// Runs `head ... IN (list) tail` once for each chunk of keys; `fixed` are the values of `$1`, `$2` ... in `head`.
pub(crate) async fn fetch_in(
    transaction: &mut Transaction,
    head: &str,
    fixed: &[Bind],
    keys: Vec<Bind>,
    tail: &str,
) -> Result<Vec<Row>, StoreError> {
    let mut rows = Vec::new();
    for (text, binds) in lists(head, fixed, keys, tail) {
        rows.extend(transaction.fetch(AssertSqlSafe(text), binds).await?);
    }
    Ok(rows)
}

/// As [`fetch_in`], for a statement without an answer; tells how many rows were touched.
pub(crate) async fn execute_in(
    transaction: &mut Transaction,
    head: &str,
    fixed: &[Bind],
    keys: Vec<Bind>,
    tail: &str,
) -> Result<u64, StoreError> {
    let mut touched = 0;
    for (text, binds) in lists(head, fixed, keys, tail) {
        touched += transaction.execute(AssertSqlSafe(text), binds).await?;
    }
    Ok(touched)
}

fn lists(head: &str, fixed: &[Bind], keys: Vec<Bind>, tail: &str) -> Vec<(String, Vec<Bind>)> {
    let mut left = keys.into_iter();
    let mut statements = Vec::new();
    while left.len() > 0 {
        let mut binds = fixed.to_vec();
        binds.extend(left.by_ref().take(KEYS_MAX));
        let mut text = format!("{head} IN (");
        push_places(&mut text, fixed.len() + 1, binds.len() - fixed.len());
        text.push_str(") ");
        text.push_str(tail);
        statements.push((text, binds));
    }
    statements
}
