use schema::Identity;
use serde::Serialize;

use crate::database::binds;
use crate::identity::read_identity;
use crate::{Store, StoreError};

/// One event of a history, as it stands in exports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EventRow {
    /// Whose.
    pub identity: Identity,
    /// As [`schema::EventKind::as_str`].
    pub kind: String,
    /// As precise as its best telling.
    pub date: Option<String>,
    /// The chosen product.
    pub product: Option<String>,
    /// The sources that tell of it, sorted, between `;`.
    pub sources: String,
    /// It is known by mentions only.
    pub mentioned_only: bool,
}

/// Reads events in the order of identity and of the history, in batches.
pub struct EventPages<'a> {
    store: &'a Store,
    after: (i64, i64),
}

impl Store {
    /// Every event of every history.
    #[must_use]
    pub const fn events(&self) -> EventPages<'_> {
        EventPages {
            store: self,
            after: (0, 0),
        }
    }
}

impl EventPages<'_> {
    /// The next events, at most so many; empty at the end.
    ///
    /// # Errors
    /// [`StoreError::TryLater`] when the database is busy or away.
    pub async fn next(&mut self, events_max: u32) -> Result<Vec<EventRow>, StoreError> {
        let rows = self
            .store
            .database
            .fetch(
                "SELECT identity, ordinal, kind, event_date, product, sources, mentioned_only FROM event
                 WHERE (identity, ordinal) > ($1, $2) ORDER BY identity, ordinal LIMIT $3",
                binds![self.after.0, self.after.1, i64::from(events_max)],
            )
            .await?;
        if let Some(last) = rows.last() {
            self.after = (last.integer(0)?, last.integer(1)?);
        }
        rows.iter()
            .map(|row| {
                Ok(EventRow {
                    identity: read_identity(row, 0)?,
                    kind: row.text(2)?,
                    date: row.text_or_none(3)?,
                    product: row.text_or_none(4)?,
                    sources: row.text(5)?,
                    mentioned_only: row.integer(6)? == 1,
                })
            })
            .collect()
    }
}
