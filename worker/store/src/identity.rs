use jiff::Timestamp;
use schema::{Identity, RecordRef};
use serde::Serialize;

use crate::database::{Row, binds};
use crate::words::words;
use crate::{RunId, Store, StoreError, body, time};

/// Survivors of survivors: a chain longer than this is a fault of the stored data.
const SURVIVORS_MAX: u32 = 1_000;

words! {
    /// What became of an identity.
    ChangeKind {
        /// It was given to records that had none, or had another.
        Created = "created",
        /// Records that had no identity joined it.
        Joined = "joined",
        /// Records that were gone are back.
        Returned = "returned",
        /// Records are gone from their source.
        Left = "left",
        /// It is retired: most of its records went to the other identity, which stands for it.
        MergedInto = "merged_into",
        /// Records of it went to the other identity.
        SplitInto = "split_into",
    }
}

/// One line of an identity's own history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct IdentityChange {
    /// Whose line.
    pub identity: Identity,
    /// What happened.
    pub kind: ChangeKind,
    /// The other identity, of a merge or split.
    pub other: Option<Identity>,
    /// How many records it concerned.
    pub records: u64,
    /// By which run.
    pub run: RunId,
    /// When.
    pub changed_at: Timestamp,
}

/// Reads which identity each present record has, in the order of source and key, in batches.
pub struct MembershipPages<'a> {
    store: &'a Store,
    after: (String, String),
}

impl Store {
    /// The identity of a record, if it was linked and is still there.
    ///
    /// # Errors
    /// [`StoreError::TryLater`] when the database is busy or away.
    pub async fn identity_of(&self, record: &RecordRef) -> Result<Option<Identity>, StoreError> {
        let rows = self
            .database
            .fetch(
                "SELECT identity FROM membership WHERE source = $1 AND record_key = $2 AND is_present = 1",
                binds![record.source.as_str(), record.key.expose()],
            )
            .await?;
        rows.first().map(|row| read_identity(row, 0)).transpose()
    }

    /// The identity that stands for this one now: itself, or the last survivor of its merges; none for a number never given.
    ///
    /// # Errors
    /// [`StoreError::TryLater`] when the database is busy or away.
    pub async fn living_identity(
        &self,
        identity: Identity,
    ) -> Result<Option<Identity>, StoreError> {
        let mut number = identity.number().cast_signed();
        for _ in 0..SURVIVORS_MAX {
            let sql = "SELECT survivor FROM identity WHERE number = $1";
            let rows = self.database.fetch(sql, binds![number]).await?;
            match rows.first().map(|row| row.integer_or_none(0)).transpose()? {
                None => return Ok(None),
                Some(None) => return Ok(Some(Identity::from_number(number.cast_unsigned()))),
                Some(Some(survivor)) => number = survivor,
            }
        }
        Err(StoreError::broken("identity", "its survivors form a loop"))
    }

    /// The present records of an identity, by source and key.
    ///
    /// # Errors
    /// [`StoreError::TryLater`] when the database is busy or away.
    pub async fn members(&self, identity: Identity) -> Result<Vec<RecordRef>, StoreError> {
        let rows = self
            .database
            .fetch(
                "SELECT source, record_key FROM membership WHERE identity = $1 AND is_present = 1 ORDER BY source, record_key",
                binds![identity.number().cast_signed()],
            )
            .await?;
        rows.iter().map(|row| body::read_ref(row, 0)).collect()
    }

    /// What became of an identity, oldest first: its own lines and those that name it as the other.
    ///
    /// # Errors
    /// [`StoreError::TryLater`] when the database is busy or away.
    pub async fn identity_changes(
        &self,
        identity: Identity,
    ) -> Result<Vec<IdentityChange>, StoreError> {
        let rows = self
            .database
            .fetch(
                "SELECT identity, change, other, records, run, changed_at FROM identity_change
                 WHERE identity = $1 OR other = $1 ORDER BY id",
                binds![identity.number().cast_signed()],
            )
            .await?;
        rows.iter()
            .map(|row| {
                let other = row.integer_or_none(2)?;
                Ok(IdentityChange {
                    identity: read_identity(row, 0)?,
                    kind: ChangeKind::read(&row.text(1)?)?,
                    other: other.map(|number| Identity::from_number(number.cast_unsigned())),
                    records: row.count(3)?,
                    run: RunId(row.integer(4)?),
                    changed_at: time::read(&row.text(5)?)?,
                })
            })
            .collect()
    }

    /// Every present record with its identity.
    #[must_use]
    pub fn memberships(&self) -> MembershipPages<'_> {
        MembershipPages {
            store: self,
            after: (String::new(), String::new()),
        }
    }
}

impl MembershipPages<'_> {
    /// The next records, at most so many; empty at the end.
    ///
    /// # Errors
    /// [`StoreError::TryLater`] when the database is busy or away.
    pub async fn next(
        &mut self,
        records_max: u32,
    ) -> Result<Vec<(RecordRef, Identity)>, StoreError> {
        let rows = self
            .store
            .database
            .fetch(
                "SELECT source, record_key, identity FROM membership
                 WHERE (source, record_key) > ($1, $2) AND is_present = 1 ORDER BY source, record_key LIMIT $3",
                binds![&*self.after.0, &*self.after.1, i64::from(records_max)],
            )
            .await?;
        if let Some(last) = rows.last() {
            self.after = (last.text(0)?, last.text(1)?);
        }
        rows.iter()
            .map(|row| Ok((body::read_ref(row, 0)?, read_identity(row, 2)?)))
            .collect()
    }
}

pub(crate) fn read_identity(row: &Row, place: usize) -> Result<Identity, StoreError> {
    row.count(place).map(Identity::from_number)
}
