//! Files in, clusters out: reads CSV and Parquet into the linkage engine's columns, links, and writes what was found.
//!
//! [`link`] is the whole way of `musubi link-files`; [`read`] is its first half, [`Job`](linkage::Job) the engine's.
//! Only the columns that the model names are kept of a file, each distinct value once. Every row read ends in one
//! counted state: a record, or set aside with file and line. What may identify a person stands in no error.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test panics on purpose"))]

mod accuracy;
mod columns;
mod encode;
mod error;
mod explain;
mod options;
mod output;
mod propose;
mod read;
mod report;
mod run;

pub use accuracy::{FileAccuracy, PairCounts};
pub use columns::UnreadableColumn;
pub use encode::{Encode, Encoded, encode, read_key};
pub use error::LinkFilesError;
pub use explain::{Explained, RecordAddress, explain};
pub use options::{Options, PAIRS_FILE, REPORT_FILE};
pub use propose::{Asked, propose};
pub use read::{
    Encoding, FileFormat, FileReport, Reading, Records, SetAside, SourceFile, Wanted, WantedColumn,
    Why, headings, read, source_files,
};
pub use report::{FilesReport, Rows, Timing};
pub use run::link;
