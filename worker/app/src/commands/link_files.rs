//! `musubi link-files`

use std::fmt::Write as _;
use std::path::PathBuf;

use link_files::{FilesReport, link};
use serde::Serialize;

use super::Session;
use super::files::{options, with_bars};
use crate::cli::LinkFilesArgs;
use crate::output::{Show, print, thousands};
use crate::{Exit, Failure};

/// A report with the folder that holds it.
#[derive(Debug, Serialize)]
struct Shown {
    #[serde(flatten)]
    report: FilesReport,
    out: PathBuf,
}

/// Links files; exit code 3 says that rows were set aside.
pub(super) fn link_files(session: &Session, args: &LinkFilesArgs) -> Result<Exit, Failure> {
    let mut options = options(&args.what, args.out.clone())?;
    options.truth_column.clone_from(&args.truth_column);
    options.pairs_from = args.pairs_from;
    options.memory = args.memory;
    options.force = args.force;
    let report = with_bars(|progress| link(&options, progress))?;
    let set_aside = report.rows.set_aside > 0;
    let shown = Shown {
        report,
        out: options.out,
    };
    print(session.format, &shown)?;
    Ok(if set_aside {
        Exit::SetAside
    } else {
        Exit::Done
    })
}

impl Show for Shown {
    fn text(&self) -> String {
        let FilesReport { files, report, .. } = &self.report;
        let mut text = String::new();
        for file in files {
            let _ = write!(text, "{}: {} records", file.name, thousands(file.records));
            if file.set_aside > 0 {
                let _ = write!(text, ", {} rows set aside", thousands(file.set_aside));
            }
            text.push('\n');
        }
        for column in &self.report.unreadable {
            let _ = writeln!(
                text,
                "column {}: {} values could not be read, {} dates could be read in two orders",
                column.column,
                thousands(column.rows),
                thousands(column.ambiguous_order)
            );
        }
        if let Some(settled) = &self.report.settled {
            let _ = writeln!(
                text,
                "decisions of people: {} hold, {} replaced by later ones, {} contradict others, {} name no record",
                settled.applied,
                settled.superseded.len(),
                settled.conflicts.len(),
                settled.unknown.len()
            );
        }
        text.push_str(&linkage_report::text(report));
        let _ = writeln!(
            text,
            "{:.1} s; wrote clusters.csv, pairs.parquet, report.html, report.json and model.trained.toml to {}",
            self.report.timing.total_seconds,
            self.out.display()
        );
        text
    }
}
