use schema::{Issue, Origin, SourceName};
use serde::Serialize;

use crate::database::{Transaction, binds};
use crate::statement::Batch;
use crate::{Store, StoreError};

/// What is wrong with one value of a current record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StoredIssue {
    /// The source.
    pub source: String,
    /// File and line, or resource.
    pub origin: Origin,
    /// The heading or path.
    pub column: String,
    /// What is wrong, as [`schema::IssueKind::as_str`].
    pub kind: String,
    /// A sentence for a person.
    pub message: String,
}

/// How many values of a source's current records have an issue of a kind in a column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct IssueCount {
    /// The source.
    pub source: String,
    /// What is wrong, as [`schema::IssueKind::as_str`].
    pub kind: String,
    /// The heading or path.
    pub column: String,
    /// How many.
    pub values: u64,
}

impl Store {
    /// Issues of current records, of one source or of all, by source, place and line.
    ///
    /// # Errors
    /// [`StoreError::TryLater`] when the database is busy or away.
    pub async fn issues(
        &self,
        source: Option<&SourceName>,
        issues_max: u32,
    ) -> Result<Vec<StoredIssue>, StoreError> {
        let rows = self
            .database
            .fetch(
                "SELECT source, place, line, column_name, kind, message FROM issue WHERE ($1 = '' OR source = $1)
                 ORDER BY source, place, line, column_name, ordinal LIMIT $2",
                binds![
                    source.map_or("", |source| source.as_str()),
                    i64::from(issues_max)
                ],
            )
            .await?;
        rows.iter()
            .map(|row| {
                Ok(StoredIssue {
                    source: row.text(0)?,
                    origin: Origin {
                        place: row.text(1)?.into(),
                        line: row.count(2)?,
                    },
                    column: row.text(3)?,
                    kind: row.text(4)?,
                    message: row.text(5)?,
                })
            })
            .collect()
    }

    /// Issues of current records, counted by source, kind and column.
    ///
    /// # Errors
    /// [`StoreError::TryLater`] when the database is busy or away.
    pub async fn issue_counts(&self) -> Result<Vec<IssueCount>, StoreError> {
        let rows = self
            .database
            .fetch(
                "SELECT source, kind, column_name, count(*) FROM issue
                 GROUP BY source, kind, column_name ORDER BY source, kind, column_name",
                binds![],
            )
            .await?;
        rows.iter()
            .map(|row| {
                Ok(IssueCount {
                    source: row.text(0)?,
                    kind: row.text(1)?,
                    column: row.text(2)?,
                    values: row.count(3)?,
                })
            })
            .collect()
    }
}

/// A batch for [`push_issues`].
pub(crate) const fn issue_batch() -> Batch {
    Batch::new(
        "INSERT INTO issue (raw_id, ordinal, source, place, line, column_name, kind, message)",
        8,
        "",
    )
}

/// The issues of one record.
pub(crate) fn push_issues(batch: &mut Batch, source: &SourceName, raw_id: i64, issues: &[Issue]) {
    for (ordinal, issue) in (0_i64..).zip(issues) {
        batch.push(binds![
            raw_id,
            ordinal,
            source.as_str(),
            &*issue.origin.place,
            issue.origin.line.cast_signed(),
            &*issue.column,
            issue.kind.as_str(),
            &*issue.message
        ]);
    }
}

impl Transaction {
    /// Takes records out of the current ones, with their issues.
    pub(crate) async fn retire_records(&mut self, raw_ids: &[i64]) -> Result<(), StoreError> {
        for table in [
            "DELETE FROM current_record WHERE raw_id",
            "DELETE FROM issue WHERE raw_id",
        ] {
            let keys = raw_ids.iter().map(|id| (*id).into()).collect();
            crate::statement::execute_in(self, table, &[], keys, "").await?;
        }
        Ok(())
    }
}
