//! What a run is worth, without a label: calibrated probabilities, the threshold, precision and recall with intervals.

mod calibrate;
mod choose;
mod columns;
mod decoys;
mod recall;

pub use calibrate::Calibration;
pub use choose::{Choice, CurvePoint, Estimated};
pub use recall::BlockingRecall;

use crate::train::Pairing;
use crate::weigh::{ScoreCounts, ScoredPair};
use crate::{LinkageError, Model, Row, Table};

/// Rounds of finding the prior; it settles far earlier.
const PRIOR_ROUNDS: usize = 200;
/// The estimated prior never falls below one true pair in so many records: a file without matches would otherwise make
/// the first true pair hard to believe.
const MATCHES_PER_RECORD_MIN: f64 = 0.002;

/// Calibrates, chooses the threshold and says what it gives, where the model has a `[decision]`. `scores` counts all candidate pairs by weight, `pairs` holds
/// those at or above the review threshold, sorted by rows.
///
/// # Errors
/// As blocking and scoring of the decoys.
pub(crate) fn decide_without_labels(
    model: &Model,
    table: &Table,
    scores: &ScoreCounts,
    pairs: &[ScoredPair],
) -> Result<Option<Choice>, LinkageError> {
    let Some(settings) = &model.decision else {
        return Ok(None);
    };
    let prior_bits = prior_bits(scores, &Pairing::new(model, table), table.len());
    let plain = Calibration::plain(prior_bits);
    let decoys = decoys::score_decoys(
        model,
        table,
        &likely_persons(table.len(), pairs, &plain),
        settings.decoys,
    )?;
    let told = decoys.as_ref().map(|decoys| (&decoys.counts, decoys.scale));
    let fit = calibrate::fit(scores, told, prior_bits, !model.dependences.is_empty());
    let calibration = fit.calibration();
    let likely = pairs
        .iter()
        .filter(|pair| calibration.probability(f64::from(pair.weight)) >= 0.5);
    let blocking = BlockingRecall::new(model, table, likely)?;
    let mut choice = choose::choose(scores, &fit, settings, blocking, model);
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
