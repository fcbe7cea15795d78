use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{ContentHash, Origin, RawKey, RecordKey, Row};

/// Why the door kept a field out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalReason {
    /// No mapping names the field.
    Unmapped,
    /// The field holds what may not enter by its meaning: a name, chart number, phone or address.
    IdentifyingField,
    /// The value looks like a name, chart number, phone, e-mail or address, wherever it stood.
    IdentifyingPattern,
}

/// A field that the door kept out: which, and why; never its value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Refusal {
    /// The heading or path.
    pub field: Arc<str>,
    /// Why.
    pub reason: RefusalReason,
}

/// What the door let through of one row or resource.
#[derive(Clone, PartialEq, Eq)]
pub enum AdmittedBody {
    /// The named columns of a row, under a header of just those.
    Row(Row),
    /// The named elements of a resource, as compact JSON with members in their source's order.
    Json(Box<str>),
    /// The row or resource is no more.
    Deleted,
}

impl AdmittedBody {
    /// The hash by which a later reading is told to be the same or changed.
    #[must_use]
    pub fn hash(&self) -> ContentHash {
        match self {
            Self::Row(row) => {
                let mut text = row.header().hash().to_hex();
                for cell in row.cells() {
                    text.push('\u{1f}');
                    text.push_str(cell);
                }
                ContentHash::of(text.as_bytes())
            }
            Self::Json(text) => ContentHash::of(text.as_bytes()),
            Self::Deleted => ContentHash::of(b"deleted"),
        }
    }
}

impl fmt::Debug for AdmittedBody {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Row(row) => row.fmt(formatter),
            Self::Json(text) => write!(formatter, "Json({} bytes, [phi])", text.len()),
            Self::Deleted => formatter.write_str("Deleted"),
        }
    }
}

/// A row or resource past the door: the form in which it is stored, append-only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdmittedRecord {
    /// Its natural key: a later version of the same row has the same.
    pub key: RawKey,
    /// The patient it tells of; none for an organisation and the like.
    pub subject: Option<RecordKey>,
    /// Sorts the versions of one key: of two, the greater `(version, hash)` counts. From the row's own
    /// "last changed" or "received" value, so that the order of arrival does not matter.
    pub version: Box<str>,
    /// The mapping that admitted it, as `name@version`.
    pub mapping: Arc<str>,
    /// Where it was read.
    pub origin: Origin,
    /// What was let through.
    pub body: AdmittedBody,
    /// The hash of `body`.
    pub hash: ContentHash,
}
