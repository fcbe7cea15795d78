use std::path::PathBuf;

use linkage::{Memory, Model, OnePerCluster, Scope, SourceSettings};

use crate::Reading;

/// The file of scored pairs.
pub const PAIRS_FILE: &str = "pairs.parquet";
/// The file that says what was found and what it cost; its presence says that the output is complete.
pub const REPORT_FILE: &str = "report.json";

/// What a run takes whatever the files are: the program, training, pieces of text.
const PROCESS_BYTES: u64 = 64 << 20;
/// What a record takes beside the arrays that can be put on the disk: while blocks are made, while it is clustered.
pub(crate) const RECORD_BYTES: u64 = 100;

/// What is to be linked, how, and where to.
#[derive(Clone, Debug)]
pub struct Options {
    /// The model.
    pub model: Model,
    /// The files, in this order.
    pub files: Vec<PathBuf>,
    /// The folder to write to.
    pub out: PathBuf,
    /// The heading of the records' ids; without one, a record's number in its file is its id.
    pub id_column: Option<String>,
    /// The heading of the true persons' ids; the report then says how right the clusters are.
    pub truth_column: Option<String>,
    /// Every file holds a person once.
    pub one_to_one: bool,
    /// Links from this probability on, whatever the model says.
    pub threshold: Option<f64>,
    /// What people decided about pairs, as [`linkage::parse_settled`] reads it.
    pub decisions: Option<PathBuf>,
    /// Pairs from this probability on are written; the model's review threshold when not given.
    pub pairs_from: Option<f64>,
    /// Only records of two files may be one person's, whatever the model says.
    pub link_only: bool,
    /// About how many bytes the run may take; what does not fit is put into files beside the output.
    pub memory: Option<u64>,
    /// How delimited files are read.
    pub reading: Reading,
    /// Write over whatever the folder holds.
    pub force: bool,
}

impl Options {
    /// The bound on large arrays.
    pub(crate) fn memory(&self) -> Memory {
        self.memory.map_or_else(Memory::unbounded, |bytes| {
            Memory::bounded(bytes.saturating_sub(PROCESS_BYTES), &self.out)
        })
    }

    /// The model with what was asked for on top of it.
    pub(crate) fn model_for(&self, sources: &[String]) -> Model {
        let mut model = self.model.clone();
        if let Some(threshold) = self.threshold {
            model.thresholds.link = threshold;
            model.thresholds.review = model.thresholds.review.min(threshold);
            model.decision = None;
        }
        if self.link_only {
            model.scope = Scope::AcrossSources;
        }
        if self.one_to_one {
            model.sources = sources
                .iter()
                .map(|name| SourceSettings {
                    name: name.clone(),
                    one_per_cluster: OnePerCluster::Hard,
                    penalty_bits: 0.0,
                })
                .collect();
        }
        model
    }
}
