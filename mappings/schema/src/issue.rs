use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::Origin;

/// What is wrong with one value; the rest of its row survives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IssueKind {
    /// A code that the mapping does not list.
    UnlistedCode,
    /// A date that is in no calendar, such as 30 February.
    ImpossibleDate,
    /// A text that could not be read as what the mapping says it is (date, number, HLA allele, id).
    Unreadable,
    /// A number outside its bounds.
    OutOfRange,
    /// A required value is absent.
    MissingValue,
    /// A facility or product code that the side table does not list for that date.
    UnknownReference,
    /// Two values of the same row contradict each other.
    Contradiction,
    /// The row waits: it is saved and not yet complete.
    Incomplete,
    /// Characters were lost before or at decoding (U+FFFD and the like).
    BrokenText,
}

impl IssueKind {
    /// The word as it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnlistedCode => "unlisted_code",
            Self::ImpossibleDate => "impossible_date",
            Self::Unreadable => "unreadable",
            Self::OutOfRange => "out_of_range",
            Self::MissingValue => "missing_value",
            Self::UnknownReference => "unknown_reference",
            Self::Contradiction => "contradiction",
            Self::Incomplete => "incomplete",
            Self::BrokenText => "broken_text",
        }
    }
}

/// One finding on one value: where, what, and what to do. It holds a value only where the field cannot identify anybody.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Issue {
    /// File and line, or resource.
    pub origin: Origin,
    /// The heading or path.
    pub column: Arc<str>,
    /// What is wrong.
    pub kind: IssueKind,
    /// A sentence for a person: what was expected and what to do.
    pub message: Box<str>,
}

impl fmt::Display for Issue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}: column `{}`: {}",
            self.origin, self.column, self.message
        )
    }
}

/// Why a whole row was set aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SetAsideKind {
    /// The text is not of its format: wrong number of cells, an open quote, broken JSON.
    Malformed,
    /// Bytes that are not of the declared encoding.
    BrokenText,
    /// No key or no patient's id could be read.
    NoKey,
    /// No mapping takes such a row (form, revision, resource type).
    NoMapping,
    /// A required element is missing, or the resource does not fit its type.
    Unfit,
    /// Longer than the named maximum.
    TooLong,
    /// Everything else about the row's values that leaves nothing usable.
    Poisoned,
}

impl SetAsideKind {
    /// The word as it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::BrokenText => "broken_text",
            Self::NoKey => "no_key",
            Self::NoMapping => "no_mapping",
            Self::Unfit => "unfit",
            Self::TooLong => "too_long",
            Self::Poisoned => "poisoned",
        }
    }
}

/// A row or resource that could not be used: a dead letter in the making.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SetAside {
    /// File and line, or resource.
    pub origin: Origin,
    /// Why.
    pub kind: SetAsideKind,
    /// The heading or path, where one is to blame.
    pub column: Option<Arc<str>>,
    /// A sentence for a person: what was expected and what to do; never an identifying value.
    pub message: Box<str>,
}

impl fmt::Display for SetAside {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.column {
            Some(column) => write!(
                formatter,
                "{}: column `{column}`: {}",
                self.origin, self.message
            ),
            None => write!(formatter, "{}: {}", self.origin, self.message),
        }
    }
}
