//! What a run found and what it cost, as `report.json` tells it.

use std::collections::BTreeMap;
use std::time::Instant;

use linkage::SettledReport;
use linkage_report::Report;
use serde::Serialize;

use crate::columns::UnreadableColumn;
use crate::{FileAccuracy, FileReport};

/// The word by which a folder is known to hold an output of this program.
pub(crate) const MADE_BY: &str = "musubi link-files";

/// `report.json`: what the engine found, with what became of the files.
#[derive(Clone, Debug, Serialize)]
pub struct FilesReport {
    /// Always `musubi link-files`.
    pub made_by: &'static str,
    /// The files and how each of their rows ended.
    pub files: Vec<FileReport>,
    /// The same in sum.
    pub rows: Rows,
    /// Columns with values that could not be read.
    pub unreadable: Vec<UnreadableColumn>,
    /// How right the clusters are, in all and across files; only with `--truth-column`. The figure for the pairs that the
    /// run could link is the report's own `accuracy`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accuracy_by_scope: Option<FileAccuracy>,
    /// What became of people's decisions; only with `--decisions`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settled: Option<SettledReport>,
    /// What it took.
    pub timing: Timing,
    /// What was found.
    #[serde(flatten)]
    pub report: Report,
}

/// Rows by how they ended: read is records and set aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Rows {
    /// Rows read.
    pub read: u64,
    /// Rows that became records.
    pub records: u64,
    /// Rows set aside.
    pub set_aside: u64,
}

/// Seconds by stage, and the rate.
#[derive(Clone, Debug, Serialize)]
pub struct Timing {
    /// Seconds of each stage.
    pub seconds: BTreeMap<&'static str, f64>,
    /// Seconds in all.
    pub total_seconds: f64,
    /// Candidate pairs a second, from the first to the last stage.
    pub pairs_per_second: f64,
    /// Threads.
    pub threads: usize,
    /// Bytes of arrays that lay on the disk when all was clustered.
    pub on_disk_bytes: u64,
}

impl Rows {
    pub(crate) fn of(files: &[FileReport]) -> Self {
        let sum = |count: fn(&FileReport) -> u64| files.iter().map(count).sum();
        Self {
            read: sum(|file| file.rows),
            records: sum(|file| file.records),
            set_aside: sum(|file| file.set_aside),
        }
    }
}

/// Takes the time of stages that follow each other.
pub(crate) struct Clock {
    begun: Instant,
    stage: Instant,
    seconds: BTreeMap<&'static str, f64>,
}

impl Clock {
    pub(crate) fn start() -> Self {
        let now = Instant::now();
        Self {
            begun: now,
            stage: now,
            seconds: BTreeMap::new(),
        }
    }

    /// A stage has ended.
    pub(crate) fn ended(&mut self, stage: &'static str) {
        let now = Instant::now();
        let seconds = (now - self.stage).as_secs_f64();
        self.seconds.insert(stage, rounded(seconds));
        self.stage = now;
    }

    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    pub(crate) fn timing(&self, pairs: u64, on_disk_bytes: u64) -> Timing {
        let total = self.begun.elapsed().as_secs_f64();
        Timing {
            seconds: self.seconds.clone(),
            total_seconds: rounded(total),
            pairs_per_second: (pairs as f64 / total.max(1e-9)).round(),
            threads: rayon::current_num_threads(),
            on_disk_bytes,
        }
    }
}

/// To the millisecond.
fn rounded(seconds: f64) -> f64 {
    (seconds * 1e3).round() / 1e3
}
