//! What a run is worth, without a label: calibrated probabilities, the threshold, precision and recall with intervals.

mod calibrate;
mod choose;
mod clustered;
mod columns;
mod decoys;
mod interval;
mod kin;
mod odds;
mod recall;
mod sample;

pub use calibrate::Calibration;
pub use choose::{Choice, CurvePoint};
pub use clustered::Clustered;
pub use interval::Estimated;
pub use recall::BlockingRecall;

pub(crate) use clustered::{Looks, clustered};

use self::odds::Odds;
use self::sample::Together;
use crate::train::{Pairing, Sample, drawn, row_hashes};
use crate::weigh::{ScoreCounts, ScoredPair, Weighed};
use crate::{LinkageError, Model, Row, Table};

/// Rounds of finding the prior; it settles far earlier.
const PRIOR_ROUNDS: usize = 200;
/// The estimated prior never falls below one true pair in so many records: a file without matches would otherwise make
/// the first true pair hard to believe.
const MATCHES_PER_RECORD_MIN: f64 = 0.002;

/// Most pairs near even odds that are taken apart, and how many bits they lie below and above.
const NEAR_MAX: f64 = 12_000.0;
const NEAR_BITS: (f64, f64) = (8.0, 14.0);

/// Gives each comparison's part in one of the pairs as if it stood alone, and the bits that they say twice.
pub(crate) type TakeApart<'a> = &'a dyn Fn(usize) -> (Vec<Weighed>, f32);

/// Calibrates, chooses the threshold and says what it gives, where the model has a `[decision]`. `scores` counts all candidate pairs by weight, `pairs` holds
/// those at or above the review threshold, sorted by rows, and `apart` tells of each of them what its comparisons say.
///
/// # Errors
/// As blocking and scoring of the decoys.
pub(crate) fn decide_without_labels(
    model: &Model,
    table: &Table,
    scores: &ScoreCounts,
    pairs: &[ScoredPair],
    apart: TakeApart<'_>,
) -> Result<Option<Choice>, LinkageError> {
    let Some(settings) = &model.decision else {
        return Ok(None);
    };
    let pairing = Pairing::new(model, table);
    let prior_bits = prior_bits(scores, &pairing, table.len());
    let plain = Calibration::plain(prior_bits);
    let cluster_of = likely_persons(table.len(), pairs, &plain);
    let hashes = row_hashes(table);
    let trial = decoys::Trial {
        model,
        table,
        cluster_of: &cluster_of,
        candidates: scores.pairs(),
    };
    let tried = trial.run(&Sample::new(table, &hashes), settings.decoys)?;
    // Weights that know of kin need no second look for them.
    let mixture = tried
        .as_ref()
        .filter(|_| model.kin.is_none())
        .and_then(|tried| kin::learn(&tried.sample, tried.pairs, prior_bits.exp2()));
    let odds = mixture.as_ref().map_or_else(
        || Odds::plain(prior_bits),
        |mixture| {
            let near = near_even(model, pairs, prior_bits, &hashes, apart);
            Odds::by_mixture(prior_bits, &near, mixture)
        },
    );
    let decoys = tried.and_then(|tried| tried.decoys);
    let told = decoys.as_ref().map(|decoys| (&decoys.counts, decoys.scale));
    let tied = mixture.is_some() || model.kin.is_some() || !model.dependences.is_empty();
    let fit = calibrate::fit(scores, told, odds, tied);
    let belief = fit.belief();
    let likely = pairs
        .iter()
        .filter(|pair| belief.chances[ScoreCounts::bin(pair.weight)] >= 0.5);
    let blocking = BlockingRecall::new(model, table, likely)?;
    let mut choice = choose::choose(scores, &fit, settings, blocking, model.training.seed);
    if let Some(decoys) = decoys {
        choice.decoys = decoys.decoys;
        choice.decoy_scale = decoys.scale;
        let above = decoys
            .counts
            .bins
            .iter()
            .enumerate()
            .filter(|(bin, _)| f64::from(ScoreCounts::middle(*bin)) >= choice.weight);
        choice.decoy_links = above.map(|(_, count)| count).sum();
    }
    Ok(Some(choice))
}

/// Pairs near even odds, or a share of them that their records' hashes choose, taken apart, in an order that is not the rows'.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn near_even(
    model: &Model,
    pairs: &[ScoredPair],
    prior_bits: f64,
    hashes: &[u64],
    apart: TakeApart<'_>,
) -> Together {
    let near = |pair: &ScoredPair| {
        let odds = f64::from(pair.weight) + prior_bits;
        odds >= -NEAR_BITS.0 && odds <= NEAR_BITS.1
    };
    let all = pairs.iter().filter(|pair| near(pair)).count();
    let share = NEAR_MAX / (all as f64).max(1.0);
    let hash = |pair: &ScoredPair| {
        let (left, right) = (hashes[pair.left as usize], hashes[pair.right as usize]);
        drawn(left ^ right, 0)
    };
    let mut chosen = pairs
        .iter()
        .enumerate()
        .filter(|(_, pair)| near(pair))
        .map(|(place, pair)| (hash(pair), place))
        .filter(|(hash, _)| share >= 1.0 || (*hash as f64) < share * 2.0_f64.powi(64))
        .collect::<Vec<_>>();
    chosen.sort_unstable();
    let mut together = Together::new(model.comparisons.len());
    for (_, place) in chosen {
        together.add(&apart(place));
    }
    together
}

/// The log-odds, in bits, that a pair is one person's before it is compared: the share of matches under which the candidates'
/// weights are likeliest. Pairs that no rule gives count as surely two persons'.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
pub(crate) fn prior_bits(scores: &ScoreCounts, pairing: &Pairing, records: usize) -> f64 {
    let all = pairing.pairs().max(1.0);
    let least = MATCHES_PER_RECORD_MIN * records as f64;
    let mut matches = least.max(0.1 * records as f64);
    for _ in 0..PRIOR_ROUNDS {
        let odds = (matches / all).min(0.5);
        let bits = (odds / (1.0 - odds)).log2();
        let chance =
            |bin: usize| 1.0 / (1.0 + (-(f64::from(ScoreCounts::middle(bin)) + bits)).exp2());
        let next = scores
            .bins
            .iter()
            .enumerate()
            .map(|(bin, &count)| count as f64 * chance(bin))
            .sum::<f64>()
            .max(least);
        let moved = (next - matches).abs();
        matches = next;
        if moved < 1e-9 * matches {
            break;
        }
    }
    let odds = (matches / all).min(0.5);
    (odds / (1.0 - odds)).log2()
}

fn root(parents: &mut [Row], row: Row) -> Row {
    let mut row = row;
    while parents[row as usize] != row {
        parents[row as usize] = parents[parents[row as usize] as usize];
        row = parents[row as usize];
    }
    row
}

/// For each record the lowest row that likely matches tie it to.
fn likely_persons(records: usize, pairs: &[ScoredPair], calibration: &Calibration) -> Vec<Row> {
    let mut parents = (0..).take(records).collect::<Vec<Row>>();
    for pair in pairs
        .iter()
        .filter(|pair| calibration.probability(f64::from(pair.weight)) >= 0.5)
    {
        let (left, right) = (
            root(&mut parents, pair.left),
            root(&mut parents, pair.right),
        );
        parents[left.max(right) as usize] = left.min(right);
    }
    (0..)
        .take(records)
        .map(|row| root(&mut parents, row))
        .collect()
}
