//! The whole way: read, link, write.

use linkage::{
    Job, Linkage, Memory, Model, NoRules, Progress, Scope, SettledReport, parse_settled,
};
use linkage_report::{Report, ThresholdOrigin};

use crate::accuracy::accuracy;
use crate::options::RECORD_BYTES;
use crate::output::{Folder, PairTable, write_clusters, write_pairs, write_set_aside};
use crate::report::{Clock, MADE_BY};
use crate::{
    FileAccuracy, FilesReport, LinkFilesError, Options, PAIRS_FILE, REPORT_FILE, Records, Rows,
    Wanted, columns, read, source_files,
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
    let memory = options.memory();
    let prepared = Prepared::new(options, &memory, progress)?;
    clock.ended("read");
    let table = &prepared.records.table;
    let model = prepared.model.clone();
    let mut job = Job::prepare(model, table, Vec::new(), &NoRules, progress)?;
    let settled = settle(options, &mut job)?;
    clock.ended("block and train");
    let linkage = job.link(progress)?;
    let on_disk = memory.on_disk();
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
    let truth = prepared.records.truth.as_ref();
    let accuracy = truth.map(|truth| accuracy(table, &linkage.clusters, truth));
    let report = found(options, &prepared, &job, &linkage, accuracy)?;
    folder.write_bytes(MODEL_FILE, linkage.model.to_toml()?.as_bytes())?;
    folder.write_bytes(PAGE_FILE, linkage_report::html(&report).as_bytes())?;
    clock.ended("report");
    let files = &prepared.records.files;
    let report = FilesReport {
        made_by: MADE_BY,
        rows: Rows::of(files),
        files: files.clone(),
        unreadable: prepared.unreadable.clone(),
        accuracy_by_scope: accuracy,
        settled,
        timing: clock.timing(linkage.blocking.pairs, on_disk),
        report,
    };
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
    accuracy: Option<FileAccuracy>,
) -> Result<Report, LinkFilesError> {
    let table = &prepared.records.table;
    let mut report = Report::of(linkage, table, &prepared.model).with_job(job, linkage, table)?;
    if options.threshold.is_some() {
        report.threshold.origin = ThresholdOrigin::Given;
    }
    if let Some(accuracy) = accuracy {
        let across = linkage.model.scope == Scope::AcrossSources;
        report.accuracy = Some(accuracy.counted(across).into());
    }
    Ok(report)
}

/// Binds people's decisions, if there are any.
pub(crate) fn settle(
    options: &Options,
    job: &mut Job<'_>,
) -> Result<Option<SettledReport>, LinkFilesError> {
    let Some(path) = &options.decisions else {
        return Ok(None);
    };
    let text = std::fs::read_to_string(path).map_err(|cause| LinkFilesError::read(path, cause))?;
    let settled = parse_settled(text.trim_start_matches('\u{feff}'))
        .map_err(|fault| LinkFilesError::input(format!("`{}`: {fault}", path.display())))?;
    Ok(Some(job.settle(&settled)))
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
    pub(crate) fn new(
        options: &Options,
        memory: &Memory,
        progress: Progress<'_>,
    ) -> Result<Self, LinkFilesError> {
        let files = source_files(&options.files)?;
        let (needed, wanted) = columns::needed(&options.model);
        let wanted = Wanted {
            id: options.id_column.clone(),
            truth: options.truth_column.clone(),
            columns: wanted,
        };
        let mut records = read(&files, &wanted, options.reading, progress)?;
        let raw = std::mem::take(&mut records.columns);
        memory.set_aside(RECORD_BYTES * records.table.len() as u64);
        records.table = records.table.within(memory)?;
        let unreadable = columns::add(&mut records.table, needed, raw)?;
        let names = files.into_iter().map(|file| file.name).collect::<Vec<_>>();
        Ok(Self {
            model: options.model_for(&names),
            records,
            unreadable,
        })
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
