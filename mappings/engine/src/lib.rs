//! Loads mapping files and applies them: the door, normalisers, issues with their place.
//!
//! A [`MappingSet`] is read once from TOML ([`shipped`] or the operator's own), says which layout a header is
//! ([`MappingSet::fit`]), lets in what mappings name ([`MappingSet::admit`]) and makes typed items of it
//! ([`MappingSet::map`]). Headings, paths, codes and spellings stand only in the files; the language is described in
//! `docs/mapping.md`.
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test panics on purpose"))]

mod admit;
mod condition;
mod door;
mod error;
mod evaluate;
mod fit;
mod json;
mod language;
mod layout;
mod normalise;
mod read;
mod recent;
mod set;
mod shipped;
mod tables;
mod testing;
mod view;

pub use admit::Admission;
pub use error::MappingError;
pub use evaluate::Mapped;
pub use fit::{Fit, Renamed};
pub use language::mapping::Mapping;
pub use set::MappingSet;
pub use shipped::{ShippedMapping, shipped};
pub use tables::Tables;
pub use testing::TestReport;
