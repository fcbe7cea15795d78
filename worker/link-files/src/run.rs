//! The whole way: read, link, write.

use linkage::{Job, Model, NoRules, Progress, Scope as ModelScope};

use crate::accuracy::{Scope, accuracy};
use crate::output::{Folder, PairTable, write_clusters, write_pairs, write_set_aside};
use crate::report::{Clock, MADE_BY};
use crate::{
    Counts, FilesReport, LinkFilesError, Mode, Options, PAIRS_FILE, REPORT_FILE, Records, Wanted,
    columns, read, source_files,
};

const CLUSTERS_FILE: &str = "clusters.csv";
const MODEL_FILE: &str = "model.trained.toml";
const SET_ASIDE_FILE: &str = "set_aside.csv";

/// What a run leaves behind besides its files.
#[derive(Debug)]
pub struct Linked {
    /// What was found and what it cost, as `report.json` holds it.
    pub report: FilesReport,
}

/// Reads the files, links their records, and writes clusters, pairs, the settled model and the report.
///
/// # Errors
/// [`LinkFilesError`]; the output folder is then as it was.
pub fn link(options: &Options, progress: Progress<'_>) -> Result<Linked, LinkFilesError> {
    let mut clock = Clock::start();
    check(options)?;
    let mut folder = Folder::open(&options.out, options.force)?;
    let prepared = Prepared::new(options, progress)?;
    clock.ended("read");
    let Prepared {
        model,
        records,
        unreadable,
    } = prepared;
    let Records {
        files,
        table,
        truth,
        ..
    } = records;
    let name = (model.name.clone(), model.version);
    let mut job = Job::prepare(model, &table, Vec::new(), &NoRules, progress)?;
    clock.ended("block and train");
    let linkage = job.link(progress)?;
    clock.ended("compare and cluster");
    let scope = match options.mode {
        Mode::LinkAndDedupe => Scope::All,
        Mode::LinkOnly => Scope::AcrossFiles,
        Mode::DedupeOnly => Scope::WithinFiles,
    };
    let accuracy = truth.map(|truth| accuracy(&table, &linkage.clusters, &truth, scope));
    progress("write", 0, 3);
    folder.write(CLUSTERS_FILE, |output| {
        write_clusters(output, &table, &linkage.clusters)
    })?;
    clock.ended("write clusters");
    progress("write", 1, 3);
    let from = options
        .pairs_from
        .unwrap_or(linkage.model.thresholds.review);
    let pairs = PairTable {
        table: &table,
        job: &job,
        linkage: &linkage,
        from,
    };
    folder.write(PAIRS_FILE, |output| write_pairs(output, &pairs))?;
    clock.ended("write pairs");
    progress("write", 2, 3);
    write_model(&mut folder, &linkage.model)?;
    let set_aside = files
        .iter()
        .filter(|file| file.set_aside > 0)
        .map(|file| (file.name.as_str(), file.set_aside_told.as_slice()))
        .collect::<Vec<_>>();
    if set_aside.is_empty() {
        folder.remove(SET_ASIDE_FILE)?;
    } else {
        folder.write(SET_ASIDE_FILE, |output| write_set_aside(output, &set_aside))?;
    }
    let counts = Counts::new(&files, &linkage);
    let report = FilesReport {
        made_by: MADE_BY,
        model: name.0,
        model_version: name.1,
        mode: options.mode.as_str(),
        files,
        unreadable,
        thresholds: linkage.model.thresholds,
        timing: clock.timing(counts.candidate_pairs),
        counts,
        blocking: linkage.blocking,
        training: linkage.training,
        accuracy,
    };
    folder.write(REPORT_FILE, |output| {
        serde_json::to_writer_pretty(output, &report).map_err(std::io::Error::other)
    })?;
    folder.settle()?;
    progress("write", 3, 3);
    Ok(Linked { report })
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
        let mut model = options.model_for(&names);
        if options.mode == Mode::LinkOnly {
            model.scope = ModelScope::AcrossSources;
        }
        Ok(Self {
            model,
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
    if options.mode == Mode::LinkOnly && options.files.len() < 2 {
        return wrong("`--link-only` needs two files or more");
    }
    let within = |chance: Option<f64>| chance.is_none_or(|chance| chance > 0.0 && chance < 1.0);
    if !within(options.threshold) || !within(options.pairs_from) {
        return wrong("`--threshold` and `--pairs-from` lie between 0 and 1, neither included");
    }
    Ok(())
}

fn write_model(folder: &mut Folder, model: &Model) -> Result<(), LinkFilesError> {
    let text = model.to_toml()?;
    folder.write(MODEL_FILE, |output| {
        std::io::Write::write_all(output, text.as_bytes())
    })
}
