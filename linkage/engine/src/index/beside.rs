//! What stands beside the weights for records that come and go: the caller's rules, the caller's comparisons, and people's
//! decisions.

use crate::review::Settled;
use crate::weigh::{ScoredPair, Weighed};
use crate::{Outcome, Row, Table};

/// A record where it stands: in the table of the run, or in a table of its own.
#[derive(Clone, Copy)]
pub struct RecordAt<'t> {
    /// The table. Of a record that came after the run it holds this one alone, with the columns that the model and the
    /// register's [`Beside`] read.
    pub table: &'t Table,
    /// Its row there.
    pub row: Row,
}

impl<'t> RecordAt<'t> {
    /// The record's source.
    #[must_use]
    pub fn source(self) -> &'t str {
        &self.table.source_names()[usize::from(self.table.source(self.row))]
    }

    /// The record's id in its source.
    #[must_use]
    pub fn id(self) -> &'t str {
        self.table.id(self.row)
    }
}

/// [`crate::Rules`] for records that come and go. What they say of two records depends on these two alone, and is the same in
/// either order.
pub trait RecordRules: Sync {
    /// Why the two can never be one person, whatever their weight; as [`crate::Rules::veto`].
    fn veto(&self, _left: RecordAt<'_>, _right: RecordAt<'_>) -> Option<&'static str> {
        None
    }

    /// Why a pair that would link must be settled by a person instead; as [`crate::Rules::doubt`]. The rows in `pair` mean nothing.
    fn doubt(
        &self,
        _left: RecordAt<'_>,
        _right: RecordAt<'_>,
        _pair: &ScoredPair,
        _parts: &dyn Fn() -> Vec<Weighed>,
    ) -> Option<&'static str> {
        None
    }
}

/// A comparison of the caller's own for records that come and go. What it says of two records depends on these two alone,
/// is the same in either order, and is what the run's own comparison says of two of its records.
pub trait RecordComparison: Sync {
    /// The outcome for two records.
    fn compare(&self, left: RecordAt<'_>, right: RecordAt<'_>) -> Outcome;
}

/// What a register goes by beside the weights; by default nothing.
#[derive(Default)]
pub struct Beside<'b> {
    /// The caller's rules.
    pub rules: Option<&'b dyn RecordRules>,
    /// The caller's comparisons, by their names in the model.
    pub comparisons: Vec<(&'static str, &'b dyn RecordComparison)>,
    /// What people decided.
    pub settled: Vec<Settled>,
    /// Columns that rules and comparisons read: a record that comes must have them, beside those of the model.
    pub columns: Vec<String>,
}
