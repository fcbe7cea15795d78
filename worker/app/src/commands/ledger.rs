//! `musubi ledger`

use std::collections::BTreeMap;
use std::fmt::Write as _;

use schema::RowCounts;
use serde::Serialize;
use store::{LedgerRow, RunId};

use super::Session;
use super::runs::existing;
use crate::cli::LedgerArgs;
use crate::output::{Show, Table, print, thousands};
use crate::{Exit, Failure};

#[derive(Debug, Serialize)]
struct Ledger {
    /// Rows read that ended nowhere, or twice: always 0.
    unexplained: i64,
    total: RowCounts,
    rows: Vec<Line>,
}

#[derive(Debug, Serialize)]
struct Line {
    source: String,
    place: String,
    #[serde(flatten)]
    counts: RowCounts,
    unexplained: i64,
}

pub(super) async fn ledger(session: &Session, args: &LedgerArgs) -> Result<Exit, Failure> {
    let store = session.project().await?.store;
    let run = args.run.map(RunId);
    if let Some(id) = run {
        existing(&store, id).await?;
    }
    let rows = store.ledger(run).await?;
    let ledger = add_up(&rows);
    print(session.format, &ledger)?;
    // A place that does not add up would be a fault of the program, and is told as one.
    Ok(if ledger.rows.iter().any(|line| line.unexplained != 0) {
        Exit::Failed
    } else {
        Exit::Done
    })
}

fn add_up(rows: &[LedgerRow]) -> Ledger {
    let mut places: BTreeMap<(&str, &str), RowCounts> = BTreeMap::new();
    let mut total = RowCounts::default();
    for row in rows {
        *places.entry((&row.source, &row.place)).or_default() += row.counts;
        total += row.counts;
    }
    Ledger {
        unexplained: total.unexplained(),
        total,
        rows: places
            .into_iter()
            .map(|((source, place), counts)| Line {
                source: source.to_owned(),
                place: place.to_owned(),
                counts,
                unexplained: counts.unexplained(),
            })
            .collect(),
    }
}

/// The lines of a ledger, by source and place.
pub(super) fn table(rows: &[LedgerRow]) -> String {
    add_up(rows).text()
}

impl Show for Ledger {
    fn text(&self) -> String {
        let headings = [
            "source",
            "place",
            "read",
            "new",
            "changed",
            "unchanged",
            "set aside",
            "unexplained",
        ];
        let mut table = Table::new(headings);
        for line in &self.rows {
            let counts = &line.counts;
            let numbers = [
                counts.read,
                counts.new,
                counts.changed,
                counts.unchanged,
                counts.set_aside,
            ];
            let mut cells = vec![line.source.clone(), line.place.clone()];
            cells.extend(numbers.map(thousands));
            cells.push(line.unexplained.to_string());
            table.row(cells);
        }
        let mut text = table.render();
        let _ = writeln!(
            text,
            "read {} = new {} + changed {} + unchanged {} + set aside {}; unexplained {}",
            thousands(self.total.read),
            thousands(self.total.new),
            thousands(self.total.changed),
            thousands(self.total.unchanged),
            thousands(self.total.set_aside),
            self.unexplained
        );
        text
    }
}
