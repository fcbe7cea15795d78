//! `musubi explain-files`

use std::path::PathBuf;

use link_files::{Explained, RecordAddress, explain};
use serde::Serialize;

use super::Session;
use super::files::{options, with_bars};
use crate::cli::ExplainFilesArgs;
use crate::output::{Show, print};
use crate::{Exit, Failure};

#[derive(Debug, Serialize)]
#[serde(transparent)]
struct Shown(Explained);

/// Links in memory and accounts for one pair or one record's cluster; nothing is written.
pub(super) fn explain_files(session: &Session, args: &ExplainFilesArgs) -> Result<Exit, Failure> {
    let options = options(&args.what, PathBuf::new())?;
    let records = args.record.iter().cloned().map(RecordAddress);
    let records = records.collect::<Vec<_>>();
    let explained = with_bars(|progress| explain(&options, &records, progress))?;
    print(session.format, &Shown(explained))?;
    Ok(Exit::Done)
}

impl Show for Shown {
    fn text(&self) -> String {
        self.0.to_string()
    }
}
