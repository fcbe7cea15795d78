//! Subjects to clusters, with the shipped model or another.

use std::collections::BTreeSet;

use linkage::{
    BlockingReport, Decision, Explanation, Job, Model, NoRules, Reason, Rules, ScoredPair,
    TrainingReport, Weighed,
};

use crate::LinkError;
use crate::facts::Facts;
use crate::rules::LifeLine;
use crate::subject::Subject;
use crate::{columns, compare};

/// The shipped model's text.
pub const MODEL: &str = include_str!("../../models/transplant.toml");

/// What a run over subjects gives; all numbers are places in the slice of subjects.
#[derive(Debug)]
pub struct Linked {
    /// Pairs at or above the review threshold, by left and right, with the sum of the weights.
    pub pairs: Vec<ScoredPair>,
    /// Each pair's comparisons, in the model's order.
    pub parts: Vec<Vec<Weighed>>,
    /// What became of each pair.
    pub decisions: Vec<Decision>,
    /// All subjects, each in one cluster, singles included; members ascend, clusters by their first.
    pub clusters: Vec<Vec<usize>>,
    /// Pairs that a person must settle, the likeliest first.
    pub review: Vec<ForReview>,
    /// Pairs that looked alike and can never be one person.
    pub vetoed: Vec<Vetoed>,
    /// What blocking cost and left out.
    pub blocking: BlockingReport,
    /// How training went.
    pub training: TrainingReport,
    /// The model with the probabilities used.
    pub model: Model,
}

/// A pair for clerical review.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ForReview {
    /// Its place in [`Linked::pairs`].
    pub pair: usize,
    /// Why.
    pub reason: Reason,
}

/// A pair under a veto.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vetoed {
    /// Its place in [`Linked::pairs`].
    pub pair: usize,
    /// The veto.
    pub veto: &'static str,
}

/// The shipped model.
///
/// # Errors
/// Only if the shipped file were broken, which a test rules out.
pub fn default_model() -> Result<Model, LinkError> {
    Ok(Model::parse(MODEL)?)
}

/// Links subjects: which of them are one person, which must be settled by a person.
///
/// # Errors
/// When the model does not fit, a level stays untrained, or blocking would give more pairs than the model allows.
pub fn link(
    subjects: &[Subject],
    model: &Model,
    progress: &dyn Fn(&'static str, u64, u64),
) -> Result<Linked, LinkError> {
    let facts = Facts::new(subjects);
    let model = for_sources(model, subjects);
    link_under(
        &LifeLine::new(&facts, &model),
        &facts,
        model.clone(),
        progress,
    )
}

/// As [`link`], with no veto and no doubt of this crate's: what they are worth is seen by the difference.
///
/// # Errors
/// As [`link`].
pub fn link_without_rules(
    subjects: &[Subject],
    model: &Model,
    progress: &dyn Fn(&'static str, u64, u64),
) -> Result<Linked, LinkError> {
    let model = for_sources(model, subjects);
    link_under(&NoRules, &Facts::new(subjects), model, progress)
}

fn link_under(
    rules: &dyn Rules,
    facts: &Facts<'_>,
    model: Model,
    progress: &dyn Fn(&'static str, u64, u64),
) -> Result<Linked, LinkError> {
    let table = columns::table(facts)?;
    let mut job = Job::prepare(model, &table, compare::all(facts), rules, progress)?;
    let linkage = job.link(progress)?;
    let mut review = Vec::new();
    let mut vetoed = Vec::new();
    for (pair, decision) in linkage.decisions.iter().enumerate() {
        match *decision {
            Decision::Link => {}
            Decision::Review(reason) => review.push(ForReview { pair, reason }),
            Decision::Vetoed(veto) => vetoed.push(Vetoed { pair, veto }),
        }
    }
    review.sort_by(|one, other| {
        linkage.pairs[other.pair]
            .weight
            .total_cmp(&linkage.pairs[one.pair].weight)
    });
    let members = |cluster: Vec<u32>| cluster.into_iter().map(|row| row as usize).collect();
    Ok(Linked {
        clusters: linkage.clusters.into_iter().map(members).collect(),
        parts: job.parts(&linkage.pairs)?,
        pairs: linkage.pairs.to_vec(),
        decisions: linkage.decisions,
        review,
        vetoed,
        blocking: linkage.blocking,
        training: linkage.training,
        model: linkage.model,
    })
}

/// Why two subjects are, or are not, one person, each taken alone. Frequencies and training come from all subjects, so
/// that the weights are those of [`link`]; with the trained model of a run, nothing is trained again.
///
/// # Errors
/// As [`link`]; and when a place is none of the subjects'.
pub fn explain(
    subjects: &[Subject],
    left: usize,
    right: usize,
    model: &Model,
) -> Result<Explanation, LinkError> {
    let row = |place: usize| {
        u32::try_from(place)
            .ok()
            .filter(|_| place < subjects.len() && left != right)
            .ok_or(LinkError::NoSuchPair { left, right })
    };
    let (left, right) = (row(left)?, row(right)?);
    let facts = Facts::new(subjects);
    let table = columns::table(&facts)?;
    let model = for_sources(model, subjects);
    let rules = LifeLine::new(&facts, &model);
    let job = Job::prepare(model, &table, compare::all(&facts), &rules, &|_, _, _| {})?;
    Ok(job.explain(left, right)?)
}

/// The model's `[[source]]` tables name registries; this gives each configured source its registry's settings.
fn for_sources(model: &Model, subjects: &[Subject]) -> Model {
    let mut model = model.clone();
    let sources = subjects
        .iter()
        .map(|subject| (subject.source.as_str(), subject.registry))
        .collect::<BTreeSet<_>>();
    for (name, registry) in sources {
        let known = model.source(name).is_some();
        if let Some(settings) = model.source(registry.as_str()).filter(|_| !known) {
            let settings = linkage::SourceSettings {
                name: name.to_owned(),
                ..settings.clone()
            };
            model.sources.push(settings);
        }
    }
    model
}
