//! The threshold, and what it gives: links at or above a weight are chosen by what errors cost, and precision and recall are
//! told with intervals.

use serde::Serialize;

use super::calibrate::{Belief, Calibration, Fit};
use super::clustered::Clustered;
use super::interval::{Estimated, Sums, Worlds};
use super::recall::BlockingRecall;
use crate::weigh::ScoreCounts;
use crate::{DecisionSettings, Model};

/// Points of the curve, from the highest weight down to odds of one in a thousand.
const CURVE_POINTS_MAX: usize = 120;

/// Precision and recall when everything at or above a weight links.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct CurvePoint {
    /// The weight in bits, without the prior.
    pub weight: f64,
    /// The probability at it.
    pub probability: f64,
    /// Candidate pairs at or above it.
    pub links: u64,
    /// Expected precision.
    pub precision: Estimated,
    /// Expected recall, what blocking missed included.
    pub recall: Estimated,
    /// Their harmonic mean.
    pub f1: Estimated,
}

/// The chosen threshold and what is expected of it.
#[derive(Clone, Debug, Serialize)]
pub struct Choice {
    /// Pairs of at least this weight link, in bits without the prior.
    pub weight: f64,
    /// The match probability there.
    pub probability: f64,
    /// Candidate pairs at or above it.
    pub links: u64,
    /// True links of all links.
    pub precision: Estimated,
    /// True links of all that there are to find, those that blocking missed included.
    pub recall: Estimated,
    /// Their harmonic mean.
    pub f1: Estimated,
    /// Pairs of one person in the whole table.
    pub matches: Estimated,
    /// From weight to probability.
    pub calibration: Calibration,
    /// What blocking lets through.
    pub blocking: BlockingRecall,
    /// Synthetic records that took part; 0 when none could.
    pub decoys: u64,
    /// Their links at the threshold, each a false one.
    pub decoy_links: u64,
    /// Real pairs for each pair of a decoy.
    pub decoy_scale: f64,
    /// The same of all pairs within clusters, once records are clustered on one machine.
    pub clusters: Option<Clustered>,
    /// The whole threshold curve, from high to low.
    pub curve: Vec<CurvePoint>,
}

impl Choice {
    /// Writes calibration, prior and threshold into the model, for good.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a count of records is below 2^32"
    )]
    pub(crate) fn settle(&self, model: &mut Model, records: usize) {
        model.calibration = Some(self.calibration);
        model.prior.matches_per_record = self.matches.value / records.max(1) as f64;
        model.prior.estimate = false;
        // A pair on the threshold itself must not be lost to rounding.
        model.thresholds.link = (self.probability * (1.0 - 1e-6)).clamp(1e-9, 1.0 - 1e-9);
        model.thresholds.review = model.thresholds.review.min(model.thresholds.link);
    }
}

/// Chooses the threshold for the stated costs and says what it gives.
pub(crate) fn choose(
    scores: &ScoreCounts,
    fit: &Fit,
    settings: &DecisionSettings,
    blocking: BlockingRecall,
    seed: u64,
) -> Choice {
    let belief = fit.belief();
    let calibration = belief.calibration;
    let sums = Sums::new(scores, &belief);
    let all = (sums.matches / blocking.recall.value.max(0.01)).max(1e-9);
    let bin = threshold_bin(&sums, &belief, all, settings);
    let worlds = Worlds::new(scores, fit, &blocking, seed);
    let accuracy = |bin: usize| worlds.accuracy(bin, (sums.above[bin].0, sums.above[bin].1, all));
    let chosen = accuracy(bin);
    let point = |bin: usize| {
        let accuracy = accuracy(bin);
        CurvePoint {
            weight: edge_of(bin),
            probability: belief.chances[bin],
            links: scores.bins[bin..].iter().sum(),
            precision: accuracy.precision,
            recall: accuracy.recall,
            f1: accuracy.f1,
        }
    };
    Choice {
        weight: edge_of(bin),
        probability: calibration.probability(edge_of(bin)),
        links: scores.bins[bin..].iter().sum(),
        precision: chosen.precision,
        recall: chosen.recall,
        f1: chosen.f1,
        matches: chosen.matches,
        calibration,
        decoys: 0,
        decoy_links: 0,
        decoy_scale: 0.0,
        clusters: None,
        curve: curve_bins(scores, &belief).into_iter().map(point).collect(),
        blocking,
    }
}

/// Equal costs: the threshold of the highest expected F1. Others: the probability where a link costs what it saves.
fn threshold_bin(sums: &Sums, belief: &Belief, all: f64, settings: &DecisionSettings) -> usize {
    let bins = sums.above.len();
    let (false_link, missed) = (settings.cost_false_link, settings.cost_missed_link);
    let reaches = |least: f64| {
        let bin = belief.chances.partition_point(|&chance| chance < least);
        bin.min(bins - 1)
    };
    if (false_link - missed).abs() > 1e-9 {
        return reaches((false_link / (false_link + missed)).clamp(1e-6, 1.0 - 1e-6));
    }
    let expected_f1 = |bin: usize| {
        let (links, found) = sums.above[bin];
        2.0 * found / (links + all)
    };
    let mut best = reaches(0.5);
    // Down to odds of one in twenty: below, no expected F1 is worth the pairs.
    for bin in (reaches(0.05)..bins).rev() {
        if expected_f1(bin) > expected_f1(best) + 1e-12 {
            best = bin;
        }
    }
    best
}

/// Bins where the curve has points, from high to low.
fn curve_bins(scores: &ScoreCounts, belief: &Belief) -> Vec<usize> {
    let counts = &scores.bins;
    let used = (0..counts.len())
        .rev()
        .filter(|&bin| counts[bin] > 0)
        .take_while(|&bin| belief.chances[bin] >= 0.001);
    let used = used.collect::<Vec<_>>();
    let step = used.len().div_ceil(CURVE_POINTS_MAX).max(1);
    used.into_iter().step_by(step).collect()
}

/// The weight where a bin begins.
fn edge_of(bin: usize) -> f64 {
    f64::from(ScoreCounts::middle(bin)) - 0.5 / f64::from(ScoreCounts::BINS_PER_BIT)
}
