//! The whole way: read, link, write.

use linkage::{Job, Linkage, Model, NoRules, Progress, Scope};
use linkage_report::{Report, ThresholdOrigin};

use crate::accuracy::accuracy;
use crate::output::{Folder, PairTable, write_clusters, write_pairs, write_set_aside};
use crate::report::{Clock, MADE_BY};
use crate::{
    FileAccuracy, FilesReport, LinkFilesError, Options, PAIRS_FILE, REPORT_FILE, Records, Rows,
    Timing, Wanted, columns, read, source_files,
};

const CLUSTERS_FILE: &str = "clusters.csv";
const MODEL_FILE: &str = "model.trained.toml";
const PAGE_FILE: &str = "report.html";
const SET_ASIDE_FILE: &str = "set_aside.csv";

/// Reads the files, links their records, and writes clusters, pairs, the settled model and the report, which it gives.
///
/// # Errors
/// [`LinkFilesError`]; what stood in the output folder stands there still.
pub fn link(options: &Options, progress: Progress<'_>) -> Result<FilesReport, LinkFilesError> {
    check(options)?;
    let mut clock = Clock::start();
    let mut folder = Folder::open(&options.out, options.force)?;
    let prepared = Prepared::new(options, progress)?;
    clock.ended("read");
    let table = &prepared.records.table;
    let model = prepared.model.clone();
    let mut job = Job::prepare(model, table, Vec::new(), &NoRules, progress)?;
    clock.ended("block and train");
    let linkage = job.link(progress)?;
    clock.ended("compare and cluster");
    progress("write", 0, 3);
    folder.write(CLUSTERS_FILE, |output| {
        write_clusters(output, table, &linkage.clusters)
    })?;
    clock.ended("write clusters");
    progress("write", 1, 3);
    let pairs = PairTable {
        table,
        job: &job,
        linkage: &linkage,
        from: options
            .pairs_from
            .unwrap_or(linkage.model.thresholds.review),
    };
    folder.write(PAIRS_FILE, |output| write_pairs(output, &pairs))?;
    clock.ended("write pairs");
    progress("write", 2, 3);
    let report = found(options, &prepared, &job, &linkage)?;
    folder.write_bytes(MODEL_FILE, linkage.model.to_toml()?.as_bytes())?;
    folder.write_bytes(PAGE_FILE, linkage_report::html(&report).as_bytes())?;
    clock.ended("report");
    let report = prepared.told(report, &linkage, clock.timing(linkage.blocking.pairs));
    write_report(&mut folder, &report)?;
    folder.settle()?;
    progress("write", 3, 3);
    Ok(report)
}

/// What the engine found, with the accuracy where the truth is known.
fn found(
    options: &Options,
    prepared: &Prepared,
    job: &Job<'_>,
    linkage: &Linkage,
) -> Result<Report, LinkFilesError> {
    let table = &prepared.records.table;
    let mut report = Report::of(linkage, table, &prepared.model).with_job(job, linkage, table)?;
    if options.threshold.is_some() {
        report.threshold.origin = ThresholdOrigin::Given;
    }
    if let Some(accuracy) = prepared.accuracy(linkage) {
        let across = linkage.model.scope == Scope::AcrossSources;
        report.accuracy = Some(accuracy.counted(across).into());
    }
    Ok(report)
}

fn write_report(folder: &mut Folder, report: &FilesReport) -> Result<(), LinkFilesError> {
    let set_aside = report
        .files
        .iter()
        .filter(|file| file.set_aside > 0)
        .map(|file| (file.name.as_str(), file.set_aside_told.as_slice()))
        .collect::<Vec<_>>();
    if set_aside.is_empty() {
        folder.forget(SET_ASIDE_FILE);
    } else {
        folder.write(SET_ASIDE_FILE, |output| write_set_aside(output, &set_aside))?;
    }
    folder.write(REPORT_FILE, |output| {
        serde_json::to_writer_pretty(output, report).map_err(std::io::Error::other)
    })
}

/// Files read and typed, with the model for them.
pub(crate) struct Prepared {
    pub(crate) model: Model,
    pub(crate) records: Records,
    pub(crate) unreadable: Vec<columns::UnreadableColumn>,
}

impl Prepared {
    pub(crate) fn new(options: &Options, progress: Progress<'_>) -> Result<Self, LinkFilesError> {
        let files = source_files(&options.files)?;
        let (needed, wanted) = columns::needed(&options.model);
        let wanted = Wanted {
            id: options.id_column.clone(),
            truth: options.truth_column.clone(),
            columns: wanted,
        };
        let mut records = read(&files, &wanted, options.reading, progress)?;
        let raw = std::mem::take(&mut records.columns);
        let unreadable = columns::add(&mut records.table, needed, raw)?;
        let names = files.into_iter().map(|file| file.name).collect::<Vec<_>>();
        Ok(Self {
            model: options.model_for(&names),
            records,
            unreadable,
        })
    }

    fn accuracy(&self, linkage: &Linkage) -> Option<FileAccuracy> {
        let truth = self.records.truth.as_ref()?;
        Some(accuracy(&self.records.table, &linkage.clusters, truth))
    }

    fn told(&self, report: Report, linkage: &Linkage, timing: Timing) -> FilesReport {
        let files = self.records.files.clone();
        FilesReport {
            made_by: MADE_BY,
            rows: Rows::of(&files),
            files,
            unreadable: self.unreadable.clone(),
            accuracy_by_scope: self.accuracy(linkage),
            timing,
            report,
        }
    }
}

fn check(options: &Options) -> Result<(), LinkFilesError> {
    let wrong = |message: &str| Err(LinkFilesError::options(message));
    if options.files.is_empty() {
        return wrong("there is no file to link");
    }
    if options.link_only && options.files.len() < 2 {
        return wrong("`--link-only` needs two files or more");
    }
    let within = |chance: Option<f64>| chance.is_none_or(|chance| chance > 0.0 && chance < 1.0);
    if !within(options.threshold) || !within(options.pairs_from) {
        return wrong("`--threshold` and `--pairs-from` lie between 0 and 1, neither included");
    }
    Ok(())
}
