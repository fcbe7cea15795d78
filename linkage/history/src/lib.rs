//! A person's records to one history: each thing that happened stands once, with every record that tells of it.
//!
//! [`assemble`] is a function from values to values: the same records in any order give the same [`schema::History`].
//! What the sources disagree on is kept, and shown by a check with a stable id ([`checks::CATALOGUE`]); how a value is
//! chosen among differing tellings is said in [`Rules`]. [`timeline`] and [`picture`] show a history to people.
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test panics on purpose"))]

mod assemble;
pub mod checks;
mod choose;
mod complications;
mod conflicts;
mod days;
mod diagnoses;
mod draft;
mod end_points;
mod infusions;
mod lines;
mod mentions;
mod observation;
mod person;
mod picture;
mod rules;
mod statement;
mod statuses;
mod therapies;
mod timeline;
mod words;

pub use assemble::assemble;
pub use picture::picture;
pub use rules::Rules;
pub use timeline::timeline;
pub use words::Language;
