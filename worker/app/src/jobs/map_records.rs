//! What a source's mappings make of its rows: of the rows of a page as they come, and of the stored ones when the mappings changed.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use mapping::{Admission, MappingSet, Tables};
use rayon::prelude::*;
use schema::{AdmittedRecord, Body, Issue, RawRecord, Refusal, SetAside, SourceName};
use store::{CurrentRecord, PageRecord, Remapped};

use crate::Failure;
use crate::config::SourceConfig;
use crate::jobs::pull_source::blocking;
use crate::progress::{Progress, Unit};
use crate::project::Project;
use crate::runs::Attempt;

/// Stored records that are mapped anew at a time: some MiB.
const REMAPPED_AT_ONCE: u32 = 5_000;

/// A source's mappings with what they look things up in.
#[derive(Clone)]
pub struct Mapper {
    /// The source.
    pub source: SourceName,
    /// Its mappings.
    pub mappings: Arc<MappingSet>,
    /// Facilities and products, and the organisations that the source itself tells of.
    pub tables: Arc<RwLock<Tables>>,
}

/// What the door and the mappings made of a page's rows, in their order.
#[derive(Debug, Default)]
pub struct MappedPage {
    /// What passed.
    pub records: Vec<PageRecord>,
    /// What did not.
    pub set_aside: Vec<SetAside>,
    /// How often the door kept which field out.
    pub refusals: BTreeMap<Refusal, u64>,
    /// An organisation was new: what was mapped before this page may refer to it.
    pub learnt: bool,
}

impl Mapper {
    /// The mapper of a configured source.
    ///
    /// # Errors
    /// When a mapping file or side table cannot be used.
    pub fn of(project: &Project, source: &SourceConfig) -> Result<Self, Failure> {
        Ok(Self {
            source: source.name.clone(),
            mappings: project.mappings(source)?,
            tables: Arc::new(RwLock::new(project.tables()?)),
        })
    }

    /// Takes rows through the door, learns from the organisations among them, and maps them, on all cores, their order kept.
    #[must_use]
    pub fn map_rows(&self, rows: &[RawRecord]) -> MappedPage {
        let mut page = MappedPage::default();
        let mut admitted = Vec::with_capacity(rows.len());
        let mut admitted_rows = Vec::with_capacity(rows.len());
        for (row, admission) in rows.iter().zip(self.admit_rows(rows)) {
            match admission {
                Admission::SetAside(letter) => page.set_aside.push(letter),
                Admission::Admitted { record, refusals } => {
                    admitted.push(record);
                    admitted_rows.push(row);
                    for refusal in refusals {
                        *page.refusals.entry(refusal).or_default() += 1;
                    }
                }
            }
        }
        page.learnt = self.learn(&admitted);
        page.records = self.map_admitted(admitted);
        for (record, row) in page.records.iter_mut().zip(admitted_rows) {
            name_lines(&mut record.issues, row);
        }
        page
    }

    fn admit_rows(&self, rows: &[RawRecord]) -> Vec<Admission> {
        let tables = self.tables.read().unwrap_or_else(PoisonError::into_inner);
        rows.par_iter()
            .map(|row| self.mappings.admit(row, &tables))
            .collect()
    }

    fn learn(&self, admitted: &[AdmittedRecord]) -> bool {
        let mut tables = self.tables.write().unwrap_or_else(PoisonError::into_inner);
        // Each is taken over, so no `any`, which would stop at the first.
        admitted
            .iter()
            .filter(|record| tables.learn(record))
            .count()
            > 0
    }

    fn map_admitted(&self, admitted: Vec<AdmittedRecord>) -> Vec<PageRecord> {
        let tables = self.tables.read().unwrap_or_else(PoisonError::into_inner);
        admitted
            .into_par_iter()
            .map(|record| {
                let mapped = self.mappings.map(&self.source, &record, &tables);
                PageRecord {
                    record,
                    mapped: mapped.record,
                    issues: mapped.issues,
                }
            })
            .collect()
    }
}

/// Names the line of the cell itself where a row was put together from several lines.
fn name_lines(issues: &mut [Issue], read: &RawRecord) {
    let Body::Row(row) = &read.body else { return };
    for issue in issues {
        if let Some(line) = row.line_of(&issue.column) {
            issue.origin.line = line;
        }
    }
}

/// Maps the stored records of a source anew when its mappings or the side tables changed since they were mapped. Gives how many
/// records differ now; none when nothing had changed.
///
/// When the mappings themselves changed, the source's cursor is forgotten too: the door kept only what mappings named then, so
/// that what they name now must be read again.
///
/// # Errors
/// When the lease is lost or the database away.
pub async fn remap_if_changed(
    project: &Project,
    attempt: &Attempt,
    mapper: &Mapper,
) -> Result<Option<u64>, Failure> {
    let source = &mapper.source;
    let mappings = mapper.mappings.fingerprint().to_hex();
    if is_other(project, &mappings_fact(source), &mappings).await? == Some(true) {
        project.store.reset_cursor(attempt.lease(), source).await?;
    }
    let fingerprint = project.fingerprint(&mapper.mappings)?;
    let differ = match is_other(project, &mapped_fact(source), &fingerprint).await? {
        Some(true) => Some(remap(project, attempt, mapper).await?),
        _ => None,
    };
    let facts = [
        (mappings_fact(source), mappings),
        (mapped_fact(source), fingerprint),
    ];
    for (name, value) in facts {
        project
            .store
            .keep_fact(attempt.lease(), &name, &value)
            .await?;
    }
    Ok(differ)
}

/// Whether a fact was kept with another value; none when it was not kept.
async fn is_other(project: &Project, name: &str, value: &str) -> Result<Option<bool>, Failure> {
    Ok(project.store.fact(name).await?.map(|known| known != value))
}

/// By which mappings a source was read.
fn mappings_fact(source: &SourceName) -> String {
    format!("read:{source}")
}

/// By which mappings and side tables a source's records were mapped.
fn mapped_fact(source: &SourceName) -> String {
    format!("mapped:{source}")
}

/// Maps every stored record of a source anew; gives how many differ from before.
pub(super) async fn remap(
    project: &Project,
    attempt: &Attempt,
    mapper: &Mapper,
) -> Result<u64, Failure> {
    let progress = Progress::stage(&format!("map {}", mapper.source), Unit::Things);
    let mut pages = project.store.current_records(Some(&mapper.source));
    let (mut done, mut differ) = (0, 0);
    loop {
        let records = pages.next(REMAPPED_AT_ONCE).await?;
        if records.is_empty() {
            progress.finish();
            return Ok(differ);
        }
        done += records.len() as u64;
        let mapper = mapper.clone();
        let remapped = blocking(move || remap_all(&mapper, &records)).await?;
        differ += project.store.remap(attempt.lease(), remapped).await?;
        progress.at(done, None, Unit::Things);
    }
}

fn remap_all(mapper: &Mapper, records: &[CurrentRecord]) -> Vec<Remapped> {
    let tables = mapper.tables.read().unwrap_or_else(PoisonError::into_inner);
    records
        .par_iter()
        .map(|stored| {
            let again = mapper.mappings.map(&mapper.source, &stored.record, &tables);
            Remapped {
                id: stored.id,
                source: stored.source.clone(),
                mapped: again.record,
                issues: again.issues,
            }
        })
        .collect()
}
