//! All SQL: SQLite by default and PostgreSQL, one text of each query and one suite of tests over both.
//!
//! - A [`Lease`] with its epoch is shown to every call that has an effect and is checked inside its transaction, so that a
//!   worker that froze and thawed stores nothing.
//! - [`Store::commit_page`] stores a page's records, issues, dead letters, counts and cursor together or not at all.
//! - [`Store::resolve_identities`] gives clusters their lasting [`schema::Identity`].
//! - Long answers are read in batches by the `*Pages` readers, each batch its own short read.
//!
//! **Invariant:** no other crate holds SQL, and nothing stored is ever printed by this one.
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test panics on purpose"))]

mod assign;
mod body;
mod cursor;
mod database;
mod dead_letter;
mod decide;
mod error;
mod event;
mod fact;
mod history;
mod identity;
mod issue;
mod lease;
mod ledger;
mod link;
mod page;
mod person;
mod reaper;
mod record;
mod release;
mod resolve;
mod run;
mod search;
mod statement;
mod store;
mod summary;
mod time;
mod words;

pub use dead_letter::DeadLetter;
pub use error::StoreError;
pub use event::{EventPages, EventRow};
pub use history::{HistoryCounts, HistoryPages, StoredHistory};
pub use identity::{ChangeKind, IdentityChange, MembershipPages};
pub use issue::{IssueCount, StoredIssue};
pub use lease::Lease;
pub use ledger::{FindingKind, LedgerRow, RefusalCount, RunFinding, StageTime};
pub use link::{ComparisonEvidence, Decision, LinkRun, LinkRunId, PairEvidence};
pub use page::{PageCommit, PageOutcome, PageRecord};
pub use person::{PersonPages, PersonRecords};
pub use record::{CurrentPages, CurrentRecord, RawId, Remapped, SubjectPages, SubjectRecords};
pub use release::{NewRelease, Release};
pub use resolve::{Cluster, IdentityOutcome};
pub use run::{NewRun, Run, RunEnd, RunId, RunKind, RunState, Start};
pub use store::Store;
pub use summary::{EventCount, SourceSummary, Summary};
