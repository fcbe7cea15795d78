//! The nouns of the pipeline: what a source gives, what a mapping makes of it, what a history tells.
//!
//! A [`RawRecord`] comes from a connector, passes the door as an [`AdmittedRecord`] (what no mapping names is gone),
//! becomes a [`MappedRecord`] of typed [`Item`]s, is linked with others under one [`Identity`], and ends in a
//! [`History`]. Every value keeps the [`Origin`] it came from; what may identify a person is [`Phi`].
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test panics on purpose"))]

mod absent;
mod admitted;
mod counts;
mod date;
mod history;
mod ids;
mod issue;
mod mapped;
mod phi;
mod raw;
mod side;
mod vocabulary;

pub use absent::Absent;
pub use admitted::{AdmittedBody, AdmittedRecord, Refusal, RefusalReason};
pub use counts::{RowCounts, RowState};
pub use date::{DateError, EventDate, PartialDate};
pub use history::{
    Conflict, Event, EventKind, History, LineOfTreatment, Outcome, OutcomeKind, Person,
    SourcedValue, Telling,
};
pub use ids::{ContentHash, IdError, Identity, RawKey, RecordKey, RecordRef, SourceName};
pub use issue::{Issue, IssueKind, SetAside, SetAsideKind};
pub use mapped::{Item, ItemKind, MappedRecord, Value};
pub use phi::Phi;
pub use raw::{Body, Header, Origin, RawRecord, Row};
pub use side::{FACILITY_SYSTEMS, Facilities, Facility, Product, Products};
pub use vocabulary::Attribute;
