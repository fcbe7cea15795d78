//! The threshold, and what it gives: links at or above a weight are chosen by what errors cost, and precision and recall are
//! told with intervals that cover the doubt in the calibration, the chance of the pairs in hand, matches of correlated errors
//! that the model's low weights hide, and what blocking missed.

use serde::Serialize;

use super::calibrate::{Calibration, Fit};
use super::recall::BlockingRecall;
use crate::train::uniform;
use crate::weigh::ScoreCounts;
use crate::{DecisionSettings, Model};

/// Draws from what the figures may be.
const DRAWS: usize = 400;
/// Matches below the threshold may be fewer or more by this factor, as a standard deviation of its logarithm.
const HIDDEN: f64 = 0.7;
/// The same where comparisons hang together: people who moved look like namesakes.
const HIDDEN_TIED: f64 = 1.2;
/// Decoys tell nothing of households and namesakes that the table's columns do not show: precision may be off by this part of
/// the false links, as a standard deviation of its logarithm.
const UNSEEN: f64 = 0.4;
/// The same where comparisons hang together among two persons: there are households, and more to them than decoys know.
const UNSEEN_TIED: f64 = 0.75;
/// Twins, namesakes and slips of the truth itself make some false links that no model knows: one, and this part of the links.
const UNMODELLED: f64 = 0.001;
/// The part of the draws outside an interval, on each side.
const TAIL: f64 = 0.025;
/// Points of the curve, from the highest weight down to odds of one in a thousand.
const CURVE_POINTS_MAX: usize = 120;

/// A figure with the interval that holds it 95 times of 100.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimated {
    /// The most plausible value.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

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
    pub precision: f64,
    /// Expected recall, what blocking missed included.
    pub recall: f64,
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

/// The candidates above one bin's lower edge, summed.
struct Sums {
    /// For each bin: pairs and expected matches at or above its lower edge.
    above: Vec<(f64, f64)>,
    matches: f64,
    variance: Vec<f64>,
}

impl Sums {
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    fn new(scores: &ScoreCounts, calibration: &Calibration) -> Self {
        let bins = &scores.bins;
        let (mut above, mut variance) = (vec![(0.0, 0.0); bins.len()], vec![0.0; bins.len()]);
        let (mut pairs, mut matches, mut spread) = (0.0, 0.0, 0.0);
        for (bin, &count) in bins.iter().enumerate().rev() {
            let probability = calibration.probability(f64::from(ScoreCounts::middle(bin)));
            pairs += count as f64;
            matches += count as f64 * probability;
            spread += count as f64 * probability * (1.0 - probability);
            above[bin] = (pairs, matches);
            variance[bin] = spread;
        }
        Self {
            above,
            matches,
            variance,
        }
    }
}

/// Chooses the threshold for the stated costs and says what it gives.
pub(crate) fn choose(
    scores: &ScoreCounts,
    fit: &Fit,
    settings: &DecisionSettings,
    blocking: BlockingRecall,
    model: &Model,
) -> Choice {
    let doubt = Doubt::of(model);
    let calibration = fit.calibration();
    let sums = Sums::new(scores, &calibration);
    let all = (sums.matches / blocking.recall.value.max(0.01)).max(1e-9);
    let bin = threshold_bin(&sums, &calibration, all, settings);
    let (links, found) = sums.above[bin];
    let mut drawn = (0..DRAWS)
        .map(|draw| drawn_accuracy(scores, fit, &blocking, bin, doubt, draw))
        .collect::<Vec<_>>();
    let mut interval = |figure: fn(&Drawn) -> f64, value: f64| {
        drawn.sort_by(|left, right| figure(left).total_cmp(&figure(right)));
        Estimated {
            value,
            low: figure(&drawn[quantile(TAIL)]).min(value),
            high: figure(&drawn[quantile(1.0 - TAIL)]).max(value),
        }
    };
    let (precision, recall) = (part(found, links), part(found, all));
    Choice {
        weight: edge_of(bin),
        probability: calibration.probability(edge_of(bin)),
        links: scores.bins[bin..].iter().sum(),
        precision: interval(|drawn| drawn.precision, precision),
        recall: interval(|drawn| drawn.recall, recall),
        f1: interval(
            |drawn| harmonic(drawn.precision, drawn.recall),
            harmonic(precision, recall),
        ),
        matches: interval(|drawn| drawn.matches, all),
        calibration,
        blocking,
        decoys: 0,
        decoy_links: 0,
        decoy_scale: 0.0,
        curve: curve(scores, &sums, &calibration, all),
    }
}

/// Equal costs: the threshold of the highest expected F1. Others: the probability where a link costs what it saves.
fn threshold_bin(
    sums: &Sums,
    calibration: &Calibration,
    all: f64,
    settings: &DecisionSettings,
) -> usize {
    let bins = sums.above.len();
    let (false_link, missed) = (settings.cost_false_link, settings.cost_missed_link);
    if (false_link - missed).abs() > 1e-9 {
        let least =
            calibration.weight((false_link / (false_link + missed)).clamp(1e-6, 1.0 - 1e-6));
        return (0..bins)
            .find(|&bin| edge_of(bin) >= least)
            .unwrap_or(bins - 1);
    }
    let expected_f1 = |bin: usize| {
        let (links, found) = sums.above[bin];
        2.0 * found / (links + all)
    };
    // Down to odds of one in twenty: below, no expected F1 is worth the pairs.
    let floor = calibration.weight(0.05);
    let mut best = (0..bins)
        .rev()
        .find(|&bin| edge_of(bin) <= calibration.weight(0.5))
        .unwrap_or(0);
    for bin in (0..bins).rev().take_while(|&bin| edge_of(bin) >= floor) {
        if expected_f1(bin) > expected_f1(best) + 1e-12 {
            best = bin;
        }
    }
    best
}

/// What the draws rest on beside the fit.
#[derive(Clone, Copy)]
struct Doubt {
    unseen: f64,
    hidden: f64,
    seed: u64,
}

impl Doubt {
    fn of(model: &Model) -> Self {
        let tied = !model.dependences.is_empty();
        Self {
            unseen: if tied { UNSEEN_TIED } else { UNSEEN },
            hidden: if tied { HIDDEN_TIED } else { HIDDEN },
            seed: model.training.seed,
        }
    }
}

struct Drawn {
    precision: f64,
    recall: f64,
    matches: f64,
}

/// Precision and recall under figures that may be.
fn drawn_accuracy(
    scores: &ScoreCounts,
    fit: &Fit,
    blocking: &BlockingRecall,
    bin: usize,
    doubt: Doubt,
    draw: usize,
) -> Drawn {
    let normal = |index: u64| normal(doubt.seed, draw as u64 * 16 + index);
    let calibration = fit.drawn([normal(0), normal(1), normal(2)]);
    let sums = Sums::new(scores, &calibration);
    let (links, found) = sums.above[bin];
    let wrong = (links - found) * (doubt.unseen * normal(3)).exp()
        + sums.variance[bin].sqrt() * normal(4)
        + (1.0 + UNMODELLED * links) * normal(9).max(0.0);
    // Pairs come whole: less than half a wrong one is none.
    let found = links - wrong.clamp(0.0, links).round();
    let hidden = (sums.matches - sums.above[bin].1) * (doubt.hidden * normal(5)).exp()
        + (sums.variance[0] - sums.variance[bin]).max(0.0).sqrt() * normal(6);
    let candidates = found + hidden.max(0.0);
    let missed = candidates * (1.0 / blocking.drawn(normal(7)) - 1.0);
    let lost = hidden.max(0.0) + (missed + missed.sqrt() * normal(8)).max(0.0);
    let matches = found + lost.round();
    Drawn {
        precision: part(found, links),
        recall: part(found, matches),
        matches,
    }
}

/// A standard normal number (Box and Muller).
pub(super) fn normal(seed: u64, index: u64) -> f64 {
    let radius = (-2.0 * (1.0 - uniform(seed, 2 * index)).ln()).sqrt();
    radius * (std::f64::consts::TAU * uniform(seed, 2 * index + 1)).cos()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a place among some hundred draws"
)]
fn quantile(share: f64) -> usize {
    ((share * DRAWS as f64) as usize).min(DRAWS - 1)
}

fn part(of: f64, whole: f64) -> f64 {
    if whole > 0.0 {
        (of / whole).clamp(0.0, 1.0)
    } else {
        1.0
    }
}

fn harmonic(precision: f64, recall: f64) -> f64 {
    if precision + recall > 0.0 {
        2.0 * precision * recall / (precision + recall)
    } else {
        0.0
    }
}

fn curve(
    scores: &ScoreCounts,
    sums: &Sums,
    calibration: &Calibration,
    all: f64,
) -> Vec<CurvePoint> {
    let counts = &scores.bins;
    let least = calibration.weight(0.001);
    let used = (0..counts.len())
        .rev()
        .filter(|&bin| counts[bin] > 0)
        .take_while(|&bin| edge_of(bin) >= least);
    let used = used.collect::<Vec<_>>();
    let step = used.len().div_ceil(CURVE_POINTS_MAX).max(1);
    let point = |&bin: &usize| {
        let (links, found) = sums.above[bin];
        CurvePoint {
            weight: edge_of(bin),
            probability: calibration.probability(edge_of(bin)),
            links: counts[bin..].iter().sum(),
            precision: part(found, links),
            recall: part(found, all),
        }
    };
    used.iter().step_by(step).map(point).collect()
}

/// The weight where a bin begins.
fn edge_of(bin: usize) -> f64 {
    f64::from(ScoreCounts::middle(bin)) - 0.5 / f64::from(ScoreCounts::BINS_PER_BIT)
}
