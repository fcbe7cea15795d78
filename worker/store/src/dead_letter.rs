use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use schema::{Origin, SetAside, SourceName};
use serde::Serialize;

use crate::database::{Bind, Transaction, binds};
use crate::statement::{Batch, fetch_in};
use crate::{RunId, Store, StoreError, time};

/// A row or resource that was set aside: where and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeadLetter {
    /// The source.
    pub source: String,
    /// File and line, or resource.
    pub origin: Origin,
    /// Why, as [`schema::SetAsideKind::as_str`].
    pub kind: String,
    /// The heading or path, where one is to blame.
    pub column: Option<String>,
    /// A sentence for a person.
    pub message: String,
    /// The run that met it last.
    pub run: RunId,
    /// When it was met first.
    pub first_seen: Timestamp,
    /// When the same place was read well, if it was.
    pub resolved_at: Option<Timestamp>,
}

impl Store {
    /// What was set aside, by source, place and line; of one source or of all; with `resolved`, also what reads well now.
    ///
    /// # Errors
    /// [`StoreError::TryLater`] when the database is busy or away.
    pub async fn dead_letters(
        &self,
        source: Option<&SourceName>,
        resolved: bool,
        letters_max: u32,
    ) -> Result<Vec<DeadLetter>, StoreError> {
        let rows = self
            .database
            .fetch(
                "SELECT source, place, line, kind, column_name, message, run, first_seen, resolved_at FROM dead_letter
                 WHERE ($1 = '' OR source = $1) AND ($2 = 1 OR resolved_at IS NULL)
                 ORDER BY source, place, line, kind, column_name LIMIT $3",
                binds![
                    source.map_or("", |source| source.as_str()),
                    resolved,
                    i64::from(letters_max)
                ],
            )
            .await?;
        rows.iter()
            .map(|row| {
                Ok(DeadLetter {
                    source: row.text(0)?,
                    origin: Origin {
                        place: row.text(1)?.into(),
                        line: row.count(2)?,
                    },
                    kind: row.text(3)?,
                    column: Some(row.text(4)?).filter(|column| !column.is_empty()),
                    message: row.text(5)?,
                    run: RunId(row.integer(6)?),
                    first_seen: time::read(&row.text(7)?)?,
                    resolved_at: time::read_maybe(row.text_or_none(8)?.as_deref())?,
                })
            })
            .collect()
    }
}

impl Transaction {
    /// Keeps what was set aside; met again at the same place it is the same letter, unresolved.
    pub(crate) async fn keep_dead_letters(
        &mut self,
        source: &SourceName,
        set_aside: &[SetAside],
        run: RunId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut batch = Batch::new(
            "INSERT INTO dead_letter (source, place, line, kind, column_name, message, run, first_seen)",
            8,
            "ON CONFLICT (source, place, line, kind, column_name) DO UPDATE SET message = excluded.message,
             run = excluded.run, resolved_at = NULL",
        );
        // One statement may not meet the same letter twice.
        let mut met = BTreeSet::new();
        for letter in set_aside {
            let column = letter.column.as_deref().unwrap_or_default();
            if met.insert((&letter.origin, letter.kind, column)) {
                batch.push(binds![
                    source.as_str(),
                    &*letter.origin.place,
                    letter.origin.line.cast_signed(),
                    letter.kind.as_str(),
                    column,
                    &*letter.message,
                    run.0,
                    time::text(now)
                ]);
            }
        }
        batch.write(self).await?;
        Ok(())
    }

    /// Resolves the open letters of places that are read well now.
    pub(crate) async fn resolve_dead_letters(
        &mut self,
        source: &SourceName,
        read_well: &BTreeSet<Origin>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let places: BTreeSet<&Arc<str>> = read_well.iter().map(|origin| &origin.place).collect();
        let lines = || read_well.iter().map(|origin| origin.line.cast_signed());
        let (Some(first), Some(last)) = (lines().min(), lines().max()) else {
            return Ok(());
        };
        let open = fetch_in(
            self,
            "SELECT place, line FROM dead_letter WHERE source = $1 AND resolved_at IS NULL
             AND line BETWEEN $2 AND $3 AND place",
            &[source.as_str().into(), first.into(), last.into()],
            places
                .into_iter()
                .map(|place| Bind::from(&**place))
                .collect(),
            "",
        )
        .await?;
        for row in open {
            let origin = Origin {
                place: row.text(0)?.into(),
                line: row.count(1)?,
            };
            if read_well.contains(&origin) {
                self.execute(
                    "UPDATE dead_letter SET resolved_at = $4
                     WHERE source = $1 AND place = $2 AND line = $3 AND resolved_at IS NULL",
                    binds![
                        source.as_str(),
                        &*origin.place,
                        origin.line.cast_signed(),
                        time::text(now)
                    ],
                )
                .await?;
            }
        }
        Ok(())
    }
}
