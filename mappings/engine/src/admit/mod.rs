//! Past the door, or set aside.

mod keys;
mod resource;
mod row;

use std::sync::{Arc, LazyLock};

use schema::{AdmittedBody, AdmittedRecord, Origin, RawKey, Refusal, SetAside, SetAsideKind};

use crate::{MappingSet, Tables};

/// What the door made of a row or resource.
#[derive(Debug)]
pub enum Admission {
    /// It may be stored.
    Admitted {
        /// What was let through.
        record: AdmittedRecord,
        /// What was kept out, each field once an occurrence; never a value.
        refusals: Vec<Refusal>,
    },
    /// It could not be used.
    SetAside(SetAside),
}

/// The version of a deletion: it sorts after every version that is a date.
const DELETION_VERSION: &str = "~deleted";

/// Keys are read without side tables: a new line in one must not make a row another row.
static NO_TABLES: LazyLock<Tables> = LazyLock::new(Tables::default);

/// What got past the door, and what of it did not.
type Passed = (AdmittedRecord, Vec<Refusal>);

/// Why something is set aside.
struct Aside {
    kind: SetAsideKind,
    column: Option<Arc<str>>,
    message: String,
}

impl Aside {
    fn new(kind: SetAsideKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            column: None,
            message: message.into(),
        }
    }

    fn in_column(self, column: Arc<str>) -> Self {
        Self {
            column: Some(column),
            ..self
        }
    }

    fn no_key(column: Arc<str>) -> Self {
        let message = "without it the row belongs to nobody: it is blank or cannot be read";
        Self::new(SetAsideKind::NoKey, message).in_column(column)
    }
}

impl Admission {
    fn of(origin: &Origin, outcome: Result<Passed, Aside>) -> Self {
        match outcome {
            Ok((record, refusals)) => Self::Admitted { record, refusals },
            Err(aside) => Self::SetAside(SetAside {
                origin: origin.clone(),
                kind: aside.kind,
                column: aside.column,
                message: aside.message.into(),
            }),
        }
    }
}

impl MappingSet {
    /// A deletion keeps the key alone.
    pub(crate) fn admit_deletion(&self, origin: &Origin, key: &RawKey) -> Admission {
        let kind = key.expose().split('/').next().unwrap_or_default();
        let of_kind = self
            .mappings
            .iter()
            .find(|mapping| mapping.resource().is_none_or(|resource| resource == kind));
        let outcome = match of_kind {
            Some(mapping) => {
                let body = AdmittedBody::Deleted;
                let record = AdmittedRecord {
                    key: key.clone(),
                    subject: None,
                    version: DELETION_VERSION.into(),
                    mapping: mapping.id().clone(),
                    origin: origin.clone(),
                    hash: body.hash(),
                    body,
                };
                Ok((record, Vec::new()))
            }
            None => Err(Aside::new(
                SetAsideKind::NoMapping,
                "a deletion of a kind that no mapping takes",
            )),
        };
        Admission::of(origin, outcome)
    }
}
