//! Releases: histories as NDJSON, events and outcomes as Parquet, with a manifest of versions, counts and hashes.
//!
//! A [`Release`] is written as a stream, one history after the other in the order of their identities, into a folder
//! beside its place, and moved there when it is complete. The same histories and [`Options`] give the same bytes.
//! A [`Profile`] says what is told; persons whose consent it does not accept are left out and counted.
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test panics on purpose"))]

mod error;
mod hashing;
mod manifest;
mod profile;
mod published;
mod release;
mod tables;

pub use error::PublicationError;
pub use manifest::{Counts, FileEntry, Manifest, Versions, read_manifest};
pub use profile::{Precision, Profile};
pub use published::{
    PublishedConflict, PublishedEvent, PublishedHistory, PublishedLine, PublishedOutcome,
    PublishedTelling, PublishedValue,
};
pub use release::{Options, Release, publish};
