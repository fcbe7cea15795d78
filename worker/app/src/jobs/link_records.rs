//! Finds which records are one person, and keeps why.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schema::{ContentHash, RecordRef};
use serde::Serialize;
use store::{Cluster, ComparisonEvidence, LinkRunId, PairEvidence, SubjectRecords};
use transplant::{Decision, Level, Linked, Model, ScoredPair, Subject, Weighed};

use crate::Failure;
use crate::jobs::pull_source::blocking;
use crate::progress::{Progress, Unit};
use crate::project::Project;
use crate::runs::Attempt;

/// Subjects that are read at a time.
const SUBJECTS_AT_ONCE: usize = 1_000;

/// Pairs whose evidence is stored at a time: some MiB.
const PAIRS_AT_ONCE: usize = 2_000;

/// The name of the fact that keeps the model with the weights last used.
pub const TRAINED_MODEL: &str = "linkage:model";

/// What linking came to, in numbers.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct LinkCounts {
    /// Patients of single sources.
    pub records: usize,
    /// Pairs looked at closely.
    pub pairs: usize,
    /// Of them one person.
    pub links: usize,
    /// Of them for a person to settle.
    pub review: usize,
    /// Of them forbidden, whatever they share.
    pub vetoed: usize,
}

/// All records by person, and the evidence's number.
#[derive(Debug)]
pub struct Linking {
    /// The evidence, current once [`crate::jobs::resolve_identities`] has ended.
    pub link_run: LinkRunId,
    /// Every record, in one cluster each.
    pub clusters: Vec<Cluster>,
    /// In numbers.
    pub counts: LinkCounts,
}

/// Compares the records of all sources and stores the evidence.
///
/// # Errors
/// When the model does not fit, the lease is lost or the database away.
pub async fn link_records(project: &Project, attempt: &Attempt) -> Result<Linking, Failure> {
    let model = project.model()?;
    let progress = Progress::stage("link", Unit::Things);
    let subjects = read_subjects(project, &progress).await?;
    let bar = progress.clone();
    let linked = blocking(move || {
        let told = |stage: &'static str, done: u64, total: u64| {
            bar.note(stage);
            bar.at(done, Some(total), Unit::Things);
        };
        transplant::link(&subjects, &model, &told).map(|linked| (names(subjects), linked))
    })
    .await?;
    let (names, linked) = linked?;
    let trained = linked
        .model
        .to_toml()
        .map_err(|cause| Failure::because("the trained model has no TOML form", cause))?;
    let now = Timestamp::now();
    let hash = ContentHash::of(trained.as_bytes());
    let link_run = project
        .store
        .begin_link(
            attempt.lease(),
            attempt.run,
            (&linked.model.name, hash),
            now,
        )
        .await?;
    store_evidence(project, attempt, link_run, &names, &linked).await?;
    project
        .store
        .keep_fact(attempt.lease(), TRAINED_MODEL, &trained)
        .await?;
    progress.finish();
    Ok(Linking {
        link_run,
        counts: counts(&names, &linked),
        clusters: clusters(&names, &linked),
    })
}

/// Every patient of every source as linkage sees it, in the order of source and key.
///
/// # Errors
/// When the database is away.
pub async fn read_subjects(
    project: &Project,
    progress: &Progress,
) -> Result<Vec<Subject>, Failure> {
    let mut subjects = Vec::new();
    let mut pages = project.store.subjects();
    loop {
        let page = pages.next(SUBJECTS_AT_ONCE).await?;
        if page.is_empty() {
            return Ok(subjects);
        }
        subjects.extend(blocking(move || collect(&page)).await?);
        progress.note("read");
        progress.at(subjects.len() as u64, None, Unit::Things);
    }
}

fn collect(page: &[SubjectRecords]) -> Vec<Subject> {
    page.iter()
        .map(|subject| Subject::collect(&subject.source, &subject.key, &subject.records))
        .collect()
}

fn names(subjects: Vec<Subject>) -> Vec<RecordRef> {
    subjects
        .into_iter()
        .map(|subject| RecordRef {
            source: subject.source,
            key: subject.key,
        })
        .collect()
}

async fn store_evidence(
    project: &Project,
    attempt: &Attempt,
    link_run: LinkRunId,
    names: &[RecordRef],
    linked: &Linked,
) -> Result<(), Failure> {
    let pairs: Vec<_> = linked
        .pairs
        .iter()
        .zip(&linked.parts)
        .zip(&linked.decisions)
        .collect();
    for some in pairs.chunks(PAIRS_AT_ONCE) {
        let evidence: Vec<_> = some
            .iter()
            .map(|((pair, parts), decision)| {
                evidence(names, &linked.model, (pair, parts), **decision)
            })
            .collect();
        project
            .store
            .add_pairs(attempt.lease(), link_run, &evidence)
            .await?;
    }
    Ok(())
}

fn evidence(
    names: &[RecordRef],
    model: &Model,
    (pair, parts): (&ScoredPair, &[Weighed]),
    decision: Decision,
) -> PairEvidence {
    let comparisons = model.comparisons.iter().zip(parts);
    let (decision, vetoes) = match decision {
        Decision::Link => (store::Decision::Link, Vec::new()),
        Decision::Review(_) => (store::Decision::Review, Vec::new()),
        Decision::Vetoed(veto) => (store::Decision::NonLink, vec![veto.into()]),
    };
    PairEvidence {
        left: names[pair.left as usize].clone(),
        right: names[pair.right as usize].clone(),
        weight: f64::from(pair.weight),
        probability: f64::from(pair.probability),
        decision,
        comparisons: comparisons
            .map(|(settings, weighed)| ComparisonEvidence {
                comparison: settings.name.as_str().into(),
                level: match weighed.level {
                    Level::Missing => "missing".into(),
                    Level::At(place) => settings.levels[usize::from(place)].name.as_str().into(),
                },
                weight: f64::from(weighed.weight),
            })
            .collect(),
        vetoes,
    }
}

fn counts(names: &[RecordRef], linked: &Linked) -> LinkCounts {
    LinkCounts {
        records: names.len(),
        pairs: linked.pairs.len(),
        links: linked
            .decisions
            .iter()
            .filter(|decision| matches!(decision, Decision::Link))
            .count(),
        review: linked.review.len(),
        vetoed: linked.vetoed.len(),
    }
}

/// The clusters by record, each with the least probability among the links inside it.
fn clusters(names: &[RecordRef], linked: &Linked) -> Vec<Cluster> {
    let mut cluster_of = vec![0_usize; names.len()];
    for (place, members) in linked.clusters.iter().enumerate() {
        for member in members {
            cluster_of[*member] = place;
        }
    }
    let mut least: BTreeMap<usize, f64> = BTreeMap::new();
    for (pair, decision) in linked.pairs.iter().zip(&linked.decisions) {
        let cluster = cluster_of[pair.left as usize];
        if matches!(decision, Decision::Link) && cluster == cluster_of[pair.right as usize] {
            let known = least.entry(cluster).or_insert(1.0);
            *known = known.min(f64::from(pair.probability));
        }
    }
    linked
        .clusters
        .iter()
        .enumerate()
        .map(|(place, members)| Cluster {
            members: members
                .iter()
                .map(|member| names[*member].clone())
                .collect(),
            link_probability_min: least.get(&place).copied(),
        })
        .collect()
}
