//! Intervals that cover the doubt in the calibration, the chance of the pairs in hand, matches of correlated errors that the
//! model's low weights hide, and what blocking missed: worlds are drawn that may be, and in each everything is counted.

use serde::Serialize;

use super::calibrate::{Belief, Fit};
use super::recall::BlockingRecall;
use crate::train::uniform;
use crate::weigh::ScoreCounts;

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

/// What is expected when everything at or above a weight links.
#[derive(Clone, Copy)]
pub(super) struct Accuracy {
    pub(super) precision: Estimated,
    pub(super) recall: Estimated,
    pub(super) f1: Estimated,
    pub(super) matches: Estimated,
}

/// The candidates at or above each bin's lower edge, summed.
pub(super) struct Sums {
    /// For each bin: pairs and expected matches at or above its lower edge.
    pub(super) above: Vec<(f64, f64)>,
    pub(super) matches: f64,
    variance: Vec<f64>,
}

impl Sums {
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    pub(super) fn new(scores: &ScoreCounts, belief: &Belief) -> Self {
        let bins = &scores.bins;
        let (mut above, mut variance) = (vec![(0.0, 0.0); bins.len()], vec![0.0; bins.len()]);
        let (mut pairs, mut matches, mut spread) = (0.0, 0.0, 0.0);
        for (bin, (&count, probability)) in bins.iter().zip(&belief.chances).enumerate().rev() {
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

/// What intervals rest on.
pub(super) struct Worlds {
    drawn: Vec<World>,
}

/// One draw of what may be.
struct World {
    sums: Sums,
    normals: [f64; 4],
    /// Factors of the false links and of the matches below the threshold.
    unseen: f64,
    hidden: f64,
    /// The part of all matches that blocking lets through.
    blocking: f64,
}

/// Figures of one world.
struct Drawn {
    precision: f64,
    recall: f64,
    matches: f64,
}

impl Worlds {
    pub(super) fn new(
        scores: &ScoreCounts,
        fit: &Fit,
        blocking: &BlockingRecall,
        seed: u64,
    ) -> Self {
        let (unseen, hidden) = if fit.tied {
            (UNSEEN_TIED, HIDDEN_TIED)
        } else {
            (UNSEEN, HIDDEN)
        };
        let world = |draw: usize| {
            let normal = |index: u64| normal(seed, draw as u64 * 16 + index);
            let belief = fit.drawn([normal(0), normal(1), normal(2)]);
            World {
                sums: Sums::new(scores, &belief),
                normals: [normal(4), normal(6), normal(8), normal(9).max(0.0)],
                unseen: (unseen * normal(3)).exp(),
                hidden: (hidden * normal(5)).exp(),
                blocking: blocking.drawn(normal(7)),
            }
        };
        Self {
            drawn: (0..DRAWS).map(world).collect(),
        }
    }

    /// The figures when everything from a bin up links; `value` are those of the most plausible world.
    pub(super) fn accuracy(&self, bin: usize, (links, found, all): (f64, f64, f64)) -> Accuracy {
        let drawn = self.drawn.iter().map(|world| world.from(bin));
        let drawn = drawn.collect::<Vec<_>>();
        let (precision, recall) = (part(found, links), part(found, all));
        let interval = |figure: fn(&Drawn) -> f64, value: f64| {
            let mut figures = drawn.iter().map(figure).collect::<Vec<_>>();
            let high = *figures
                .select_nth_unstable_by(quantile(1.0 - TAIL), f64::total_cmp)
                .1;
            let low = *figures
                .select_nth_unstable_by(quantile(TAIL), f64::total_cmp)
                .1;
            Estimated {
                value,
                low: low.min(value),
                high: high.max(value),
            }
        };
        Accuracy {
            precision: interval(|drawn| drawn.precision, precision),
            recall: interval(|drawn| drawn.recall, recall),
            f1: interval(
                |drawn| harmonic(drawn.precision, drawn.recall),
                harmonic(precision, recall),
            ),
            matches: interval(|drawn| drawn.matches, all),
        }
    }
}

impl World {
    fn from(&self, bin: usize) -> Drawn {
        let (sums, [errors, deep, lost, unmodelled]) = (&self.sums, self.normals);
        let (links, found) = sums.above[bin];
        let wrong = (links - found) * self.unseen
            + sums.variance[bin].sqrt() * errors
            + (1.0 + UNMODELLED * links) * unmodelled;
        // Pairs come whole: less than half a wrong one is none.
        let found = links - wrong.clamp(0.0, links).round();
        let hidden = (sums.matches - sums.above[bin].1) * self.hidden
            + (sums.variance[0] - sums.variance[bin]).max(0.0).sqrt() * deep;
        let candidates = found + hidden.max(0.0);
        let missed = candidates * (1.0 / self.blocking - 1.0);
        let missed = hidden.max(0.0) + (missed + missed.sqrt() * lost).max(0.0);
        let matches = found + missed.round();
        Drawn {
            precision: part(found, links),
            recall: part(found, matches),
            matches,
        }
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

pub(super) fn part(of: f64, whole: f64) -> f64 {
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
