//! What a run is worth, without a label: precision and recall of its clusters, with intervals.
//!
//! False links are counted on people who do not exist (`decoys`); missed ones on pairs that a number ties and that are
//! looked for again without it (`held_out`).

mod decoys;
mod draw;
mod held_out;

use std::collections::BTreeMap;

use linkage::Estimated;
use serde::Serialize;

use self::decoys::FalseLinks;
use self::draw::Draws;
use self::held_out::HeldOut;
use crate::link::Linked;
use crate::{LinkError, Subject};

/// Draws from what the figures may be.
const DRAWS: usize = 2_000;
/// The part of the draws outside an interval, on each side.
const TAIL: f64 = 0.025;

/// Precision and recall of a run's clusters, as far as they can be told without the truth.
#[derive(Clone, Debug, Serialize)]
pub struct Estimate {
    /// Pairs of records of two sources.
    pub across: EstimatedAccuracy,
    /// Pairs of records of one source.
    pub within: EstimatedAccuracy,
    /// What numbers told, for each pair of sources.
    pub held_out: Vec<NumbersHeldOut>,
}

/// Pairs that share a cluster, of two sources.
#[derive(Clone, Debug, Serialize)]
pub struct NumbersHeldOut {
    /// The sources; twice the same for pairs within one.
    pub sources: (String, String),
    /// All pairs.
    pub links: u64,
    /// Of them, those that a number ties.
    pub tied: u64,
    /// Of the tied, those that are found without any numbers.
    pub found: u64,
}

/// Figures over pairs of records that share a cluster; intervals hold the truth 95 times of 100.
#[derive(Clone, Debug, Serialize)]
pub struct EstimatedAccuracy {
    /// Pairs that share a cluster.
    pub links: u64,
    /// Of them, those of one person.
    pub precision: Estimated,
    /// Of all pairs of one person, those that share a cluster.
    pub recall: Estimated,
    /// The harmonic mean of the two.
    pub f1: Estimated,
    /// Made-up strangers that were tried, and pairs in which one was taken for a real person.
    pub strangers: (u64, u64),
    /// Pairs of a made-up twin with its other's records, and those taken for one person.
    pub twins: (u64, u64),
    /// Pairs that a number ties, and those that are found without it.
    pub held_out: (u64, u64),
}

/// Two records' sources, the lesser first.
type Stratum<'a> = (&'a str, &'a str);

/// Estimates what `linked`, the result of [`crate::link`] for `subjects`, is worth. It costs about two more runs. The same
/// `seed` gives the same figures.
///
/// # Errors
/// As [`crate::link`].
pub fn estimate(subjects: &[Subject], linked: &Linked, seed: u64) -> Result<Estimate, LinkError> {
    let places = Places::new(subjects, linked);
    let wrong = decoys::false_links(&places, linked, seed)?;
    let held_out = held_out::held_out(&places, linked)?;
    Ok(Estimate {
        across: accuracy(&wrong.across, &held_out, |(one, other)| one != other, seed),
        within: accuracy(&wrong.within, &held_out, |(one, other)| one == other, seed),
        held_out: held_out.iter().map(numbers_held_out).collect(),
    })
}

fn numbers_held_out((&(one, other), told): (&Stratum<'_>, &HeldOut)) -> NumbersHeldOut {
    NumbersHeldOut {
        sources: (one.to_owned(), other.to_owned()),
        links: told.links,
        tied: told.tied,
        found: told.found,
    }
}

/// Subjects with their clusters.
struct Places<'a> {
    subjects: &'a [Subject],
    /// By subject, its cluster's place.
    cluster_of: Vec<usize>,
}

impl<'a> Places<'a> {
    fn new(subjects: &'a [Subject], linked: &Linked) -> Self {
        Self {
            subjects,
            cluster_of: clusters_of(subjects.len(), linked),
        }
    }

    fn stratum(&self, left: usize, right: usize) -> Stratum<'a> {
        let source = |place: usize| self.subjects[place].source.as_str();
        let (one, other) = (source(left), source(right));
        (one.min(other), one.max(other))
    }

    fn are_together(&self, left: usize, right: usize) -> bool {
        self.cluster_of[left] == self.cluster_of[right]
    }
}

fn clusters_of(subjects: usize, linked: &Linked) -> Vec<usize> {
    let mut cluster_of = vec![0; subjects];
    for (cluster, members) in linked.clusters.iter().enumerate() {
        for &member in members {
            cluster_of[member] = cluster;
        }
    }
    cluster_of
}

fn accuracy(
    wrong: &FalseLinks,
    held_out: &BTreeMap<Stratum<'_>, HeldOut>,
    of: impl Fn(&Stratum<'_>) -> bool,
    seed: u64,
) -> EstimatedAccuracy {
    let strata: Vec<&HeldOut> = held_out
        .iter()
        .filter(|(stratum, _)| of(stratum))
        .map(|(_, told)| told)
        .collect();
    let sum = |figure: fn(&HeldOut) -> u64| strata.iter().map(|told| figure(told)).sum::<u64>();
    let links = sum(|told| told.links);
    let draws: Vec<[f64; 3]> = (0..DRAWS as u64)
        .map(|draw| drawn(wrong, &strata, links, &mut Draws::new(seed, draw)))
        .collect();
    let (found, lost) = (
        count(links) - wrong.expected(),
        strata.iter().map(|told| told.expected_lost()).sum::<f64>(),
    );
    let (precision, recall) = (part(found, count(links)), part(found, found + lost));
    EstimatedAccuracy {
        links,
        precision: interval(&draws, 0, precision),
        recall: interval(&draws, 1, recall),
        f1: interval(&draws, 2, harmonic(precision, recall)),
        strangers: (wrong.strangers, wrong.stranger_links),
        twins: (wrong.twin_pairs, wrong.twin_links),
        held_out: (sum(|told| told.tied), sum(|told| told.found)),
    }
}

/// Precision, recall and F1 under figures that may be. Pairs come whole.
fn drawn(wrong: &FalseLinks, strata: &[&HeldOut], links: u64, draws: &mut Draws) -> [f64; 3] {
    let links = count(links);
    let found = links - wrong.drawn(links, draws).round().min(links);
    let lost = strata
        .iter()
        .map(|told| told.drawn_lost(draws))
        .sum::<f64>();
    let (precision, recall) = (part(found, links), part(found, found + lost.round()));
    [precision, recall, harmonic(precision, recall)]
}

fn interval(draws: &[[f64; 3]], figure: usize, value: f64) -> Estimated {
    let mut sorted: Vec<f64> = draws.iter().map(|draw| draw[figure]).collect();
    sorted.sort_by(f64::total_cmp);
    Estimated {
        value,
        low: sorted[outside(TAIL)].min(value),
        high: sorted[DRAWS - 1 - outside(TAIL)].max(value),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a place among the draws"
)]
fn outside(share: f64) -> usize {
    (share * DRAWS as f64) as usize
}

fn part(of: f64, whole: f64) -> f64 {
    if whole > 0.0 {
        (of / whole).clamp(0.0, 1.0)
    } else {
        1.0
    }
}

fn harmonic(precision: f64, recall: f64) -> f64 {
    2.0 * precision * recall / (precision + recall).max(f64::MIN_POSITIVE)
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn count(pairs: u64) -> f64 {
    pairs as f64
}
