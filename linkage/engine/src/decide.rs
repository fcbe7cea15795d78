//! What becomes of a scored pair: link, clerical review, or nothing; and what may stand against it.

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use serde::Serialize;

use crate::model::{OnePerCluster, Thresholds};
use crate::review::Constraints;
use crate::weigh::{Pattern, ScoredPair, Weighed};
use crate::{Model, Row, Table};

/// Knowledge about pairs that no weight outvotes; the caller's.
pub trait Rules: Sync {
    /// Why the two can never be one person, whatever their weight. It holds over whole clusters.
    fn veto(&self, _left: Row, _right: Row) -> Option<&'static str> {
        None
    }

    /// Why a pair that would link must be settled by a person instead.
    ///
    /// `parts` gives each comparison's part, in the model's order; it is computed when asked for.
    fn doubt(&self, _pair: &ScoredPair, _parts: &dyn Fn() -> Vec<Weighed>) -> Option<&'static str> {
        None
    }
}

impl ScoredPair {
    /// A pair by its weight alone, for those who have weights from elsewhere: no rule, no levels.
    #[must_use]
    pub fn of_weight(left: Row, right: Row, weight: f32, prior_bits: f32) -> Self {
        Self {
            left: left.min(right),
            right: left.max(right),
            rule: 0,
            weight,
            probability: 1.0 / (1.0 + (-(weight + prior_bits)).exp2()),
            pattern: Pattern::default(),
        }
    }
}

/// No knowledge beside the weights.
pub struct NoRules;

impl Rules for NoRules {}

/// What becomes of a pair at or above the review threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// One person.
    Link,
    /// A person must settle it.
    Review(Reason),
    /// Two persons, by a veto.
    Vetoed(&'static str),
}

/// Why a pair is for review.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Its probability lies between the thresholds.
    Probability,
    /// The caller's rules doubt it.
    Doubt(&'static str),
    /// Another record of a one-per-person source claims the same record about as well.
    Competitor,
    /// Some records of the two clusters can never be one person.
    ClusterVeto(&'static str),
    /// A source that holds one record a person would hold two.
    OnePerSource,
    /// The cluster would be larger than the model allows.
    ClusterSize,
    /// The pair's clusters contradict each other more than the pair supports them.
    Contradiction,
}

impl std::fmt::Display for Reason {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Probability => {
                formatter.write_str("the probability lies between review and link")
            }
            Self::Doubt(doubt) => formatter.write_str(doubt),
            Self::Competitor => {
                formatter.write_str("another record of the same source fits about as well")
            }
            Self::ClusterVeto(veto) => write!(formatter, "within the cluster: {veto}"),
            Self::OnePerSource => formatter.write_str("the source would hold this person twice"),
            Self::ClusterSize => formatter.write_str("the cluster would be too large"),
            Self::Contradiction => {
                formatter.write_str("the other records of the clusters contradict it")
            }
        }
    }
}

/// A first decision for each pair, taken alone or with its competitors; clustering may still refuse a link.
#[must_use]
pub(crate) fn decide(
    model: &Model,
    table: &Table,
    rules: &dyn Rules,
    constraints: &Constraints,
    pairs: &[ScoredPair],
    parts: &(dyn Fn(&ScoredPair) -> Vec<Weighed> + Sync),
) -> Vec<Decision> {
    let mut decisions = pairs
        .par_iter()
        .map(|pair| decide_alone(model.thresholds, rules, pair, &|| parts(pair)))
        .collect::<Vec<_>>();
    constraints.apply(pairs, &mut decisions);
    for contested in competitors(model, table, constraints, pairs, &decisions) {
        if decisions[contested] == Decision::Link {
            decisions[contested] = Decision::Review(Reason::Competitor);
        }
    }
    decisions
}

fn decide_alone(
    thresholds: Thresholds,
    rules: &dyn Rules,
    pair: &ScoredPair,
    parts: &dyn Fn() -> Vec<Weighed>,
) -> Decision {
    if let Some(veto) = rules.veto(pair.left, pair.right) {
        return Decision::Vetoed(veto);
    }
    if f64::from(pair.probability) < thresholds.link {
        return Decision::Review(Reason::Probability);
    }
    rules.doubt(pair, parts).map_or(Decision::Link, |doubt| {
        Decision::Review(Reason::Doubt(doubt))
    })
}

/// A claim of a record of a one-per-person source on another record.
struct Claim {
    claimant: Row,
    weight: f32,
    pair: usize,
}

/// Pairs that lose or tie against another record of the same one-per-person source, by less than the margin.
fn competitors(
    model: &Model,
    table: &Table,
    constraints: &Constraints,
    pairs: &[ScoredPair],
    decisions: &[Decision],
) -> Vec<usize> {
    let single = table
        .source_names()
        .iter()
        .map(|name| {
            model
                .source(name)
                .is_some_and(|source| source.one_per_cluster != OnePerCluster::Free)
        })
        .collect::<Vec<_>>();
    let mut claims = FxHashMap::<(Row, u16), Vec<Claim>>::default();
    for (place, pair) in pairs
        .iter()
        .enumerate()
        .filter(|(place, _)| !matches!(decisions[*place], Decision::Vetoed(_)))
        .filter(|(_, pair)| !constraints.together(pair.left, pair.right))
    {
        for (claimed, claimant) in [(pair.left, pair.right), (pair.right, pair.left)] {
            let source = table.source(claimant);
            if single[usize::from(source)] && source != table.source(claimed) {
                claims.entry((claimed, source)).or_default().push(Claim {
                    claimant,
                    weight: pair.weight,
                    pair: place,
                });
            }
        }
    }
    // Two records that would link by weight may both be the claimed one's: a registry that holds a person twice.
    let alike = |left: Row, right: Row| {
        let key = (left.min(right), left.max(right));
        let place = pairs.binary_search_by_key(&key, |pair| (pair.left, pair.right));
        place.is_ok_and(|place| {
            let likely = f64::from(pairs[place].probability) >= model.thresholds.link;
            likely && !matches!(decisions[place], Decision::Vetoed(_))
        })
    };
    let margin = model.thresholds.competitor_margin_bits;
    let mut contested = claims
        .into_values()
        .flat_map(|claims| contested_of(claims, margin, &alike))
        .collect::<Vec<_>>();
    contested.sort_unstable();
    contested.dedup();
    contested
}

/// The pairs of one record's claims that are too close to call.
fn contested_of(
    mut claims: Vec<Claim>,
    margin: f32,
    alike: &impl Fn(Row, Row) -> bool,
) -> Vec<usize> {
    claims.sort_unstable_by(|left, right| {
        right
            .weight
            .total_cmp(&left.weight)
            .then(left.claimant.cmp(&right.claimant))
    });
    let mut contested = Vec::new();
    for (place, rival) in claims.iter().enumerate().skip(1) {
        let close = |better: &&Claim| {
            better.weight - rival.weight < margin && !alike(better.claimant, rival.claimant)
        };
        for better in claims[..place].iter().filter(close) {
            contested.extend([better.pair, rival.pair]);
        }
    }
    contested
}
