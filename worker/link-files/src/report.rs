//! What a run found and what it cost, as `report.json` tells it.

use std::collections::BTreeMap;
use std::time::Instant;

use linkage::{BlockingReport, Decision, Linkage, Thresholds, TrainingReport};
use serde::Serialize;

use crate::columns::UnreadableColumn;
use crate::{FileAccuracy, FileReport};

/// The word by which a folder is known to hold an output of this program.
pub(crate) const MADE_BY: &str = "musubi link-files";

/// `report.json`.
#[derive(Clone, Debug, Serialize)]
pub struct FilesReport {
    /// Always `musubi link-files`.
    pub made_by: &'static str,
    /// The model's name.
    pub model: String,
    /// Its version.
    pub model_version: u32,
    /// Which pairs could be linked.
    pub mode: &'static str,
    /// The files and how each of their rows ended.
    pub files: Vec<FileReport>,
    /// Columns with values that could not be read.
    pub unreadable: Vec<UnreadableColumn>,
    /// What was counted.
    pub counts: Counts,
    /// The thresholds used.
    pub thresholds: Thresholds,
    /// What blocking cost and left out.
    pub blocking: BlockingReport,
    /// How training went.
    pub training: TrainingReport,
    /// How right the clusters are; only with `--truth-column`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accuracy: Option<FileAccuracy>,
    /// What it took.
    pub timing: Timing,
}

/// What was counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Rows read.
    pub rows: u64,
    /// Rows that became records.
    pub records: u64,
    /// Rows set aside.
    pub set_aside: u64,
    /// Pairs that blocking gave, a pair counted in each rule that gives it.
    pub candidate_pairs: u64,
    /// Pairs at or above the review threshold.
    pub pairs: u64,
    /// Of these, linked.
    pub links: u64,
    /// Of these, for a person to settle.
    pub review: u64,
    /// Of these, forbidden by a veto.
    pub vetoed: u64,
    /// Clusters, records that are alone among them.
    pub clusters: u64,
    /// Clusters of two records or more.
    pub clusters_of_several: u64,
    /// Records in them.
    pub records_linked: u64,
    /// Clusters by their number of records.
    pub clusters_by_size: BTreeMap<u64, u64>,
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
}

impl Counts {
    pub(crate) fn new(files: &[FileReport], linkage: &Linkage) -> Self {
        let mut counts = Self {
            rows: files.iter().map(|file| file.rows).sum(),
            records: files.iter().map(|file| file.records).sum(),
            set_aside: files.iter().map(|file| file.set_aside).sum(),
            candidate_pairs: linkage.blocking.pairs,
            pairs: linkage.pairs.len() as u64,
            clusters: linkage.clusters.len() as u64,
            ..Self::default()
        };
        for decision in &linkage.decisions {
            *match decision {
                Decision::Link => &mut counts.links,
                Decision::Review(_) => &mut counts.review,
                Decision::Vetoed(_) => &mut counts.vetoed,
            } += 1;
        }
        for cluster in &linkage.clusters {
            let size = cluster.len() as u64;
            *counts.clusters_by_size.entry(size).or_default() += 1;
            if size > 1 {
                counts.clusters_of_several += 1;
                counts.records_linked += size;
            }
        }
        counts
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
    pub(crate) fn timing(&self, pairs: u64) -> Timing {
        let total = self.begun.elapsed().as_secs_f64();
        Timing {
            seconds: self.seconds.clone(),
            total_seconds: rounded(total),
            pairs_per_second: (pairs as f64 / total.max(1e-9)).round(),
            threads: rayon::current_num_threads(),
        }
    }
}

/// To the millisecond.
fn rounded(seconds: f64) -> f64 {
    (seconds * 1e3).round() / 1e3
}
