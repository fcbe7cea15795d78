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
        let places = Places::of(transaction);
        let full = values(self.head, self.width, ROWS_MAX, self.tail, places);
        while left.len() > 0 {
            let chunk: Vec<Bind> = left.by_ref().take(ROWS_MAX * self.width).collect();
            let rows = chunk.len() / self.width;
            let text = if rows == ROWS_MAX {
                full.clone()
            } else {
                values(self.head, self.width, rows, self.tail, places)
            };
            // The text is made of constants and numbered places only.
            touched += transaction.execute(AssertSqlSafe(text), chunk).await?;
        }
        Ok(touched)
    }
}

/// How the places of a long statement are written. SQLite looks a named place up by walking all names before it, so that thousands of
/// them take a time that grows with their square; nameless ones cost nothing.
#[derive(Clone, Copy)]
enum Places {
    Nameless,
    Numbered,
}

impl Places {
    const fn of(transaction: &Transaction) -> Self {
        match transaction {
            Transaction::Sqlite(_) => Self::Nameless,
            Transaction::Postgres(_) => Self::Numbered,
        }
    }

    fn push(self, text: &mut String, first: usize, count: usize) {
        for place in first..first + count {
            if place > first {
                text.push_str(", ");
            }
            match self {
                Self::Nameless => text.push('?'),
                // Writing to a String cannot fail.
                Self::Numbered => drop(write!(text, "${place}")),
            }
        }
    }

    /// A head whose fixed places stand once each, in their order.
    fn head(self, head: &str, fixed: usize) -> String {
        match self {
            Self::Numbered => head.to_owned(),
            Self::Nameless => (1..=fixed).fold(head.to_owned(), |text, place| {
                text.replacen(&format!("${place}"), "?", 1)
            }),
        }
    }
}

fn values(head: &str, width: usize, rows: usize, tail: &str, places: Places) -> String {
    let mut text = format!("{head} VALUES ");
    for row in 0..rows {
        text.push_str(if row == 0 { "(" } else { ", (" });
        places.push(&mut text, row * width + 1, width);
        text.push(')');
    }
    text.push(' ');
    text.push_str(tail);
    text
}

/// Runs `head ... IN (list) tail` once for each chunk of keys; `fixed` are the values of `$1`, `$2` ...,
/// which stand once each and in this order in `head`.
pub(crate) async fn fetch_in(
    transaction: &mut Transaction,
    head: &str,
    fixed: &[Bind],
    keys: Vec<Bind>,
    tail: &str,
) -> Result<Vec<Row>, StoreError> {
    let mut rows = Vec::new();
    for (text, binds) in lists(Places::of(transaction), (head, tail), fixed, keys) {
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
    for (text, binds) in lists(Places::of(transaction), (head, tail), fixed, keys) {
        touched += transaction.execute(AssertSqlSafe(text), binds).await?;
    }
    Ok(touched)
}

fn lists(
    places: Places,
    (head, tail): (&str, &str),
    fixed: &[Bind],
    keys: Vec<Bind>,
) -> Vec<(String, Vec<Bind>)> {
    let head = places.head(head, fixed.len());
    let mut left = keys.into_iter();
    let mut statements = Vec::new();
    while left.len() > 0 {
        let mut binds = fixed.to_vec();
        binds.extend(left.by_ref().take(KEYS_MAX));
        let mut text = format!("{head} IN (");
        places.push(&mut text, fixed.len() + 1, binds.len() - fixed.len());
        text.push_str(") ");
        text.push_str(tail);
        statements.push((text, binds));
    }
    statements
}
