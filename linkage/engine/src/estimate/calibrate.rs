//! From weight to probability. The posterior of a Fellegi-Sunter model is too sure of itself, because its comparisons hang
//! together in ways that the model ignores. Decoys are known to be non-matches, so the real candidates, set against them
//! weight by weight, are a mixture with one known part, and the odds of a match rise with the weight:
//!
//! real(w) ~ Poisson(c s f(w) (1 + r(w))), decoys(w) ~ Poisson(f(w)), r(w) = 2^(a + b w).
//!
//! f is free in every bin and drops out: given both counts, that of the decoys is binomial (case-control reasoning, Prentice
//! and Pyke 1979; target and decoy as in Elias and Gygi 2007). s scales decoys to the table; c tells how far decoys miss
//! the real non-matches; a and b lean on the model's own figures, the more so the less the counts say.

use serde::{Deserialize, Serialize};

use super::odds::Odds;
use crate::weigh::ScoreCounts;

/// How far the log of c may stray, as a standard deviation.
const DECOY_FIT: f64 = 0.3;
/// What is presumed of decoys and weights where comparisons are independent among two persons.
const PLAIN: Presumed = Presumed {
    shift: 1.5,
    slope: 0.2,
    misfit: 0.15,
};
/// The same where they hang together: real pairs of two persons, such as those of one household, then outweigh decoys by more
/// than decoys know, and that must not pass for matches.
const TIED: Presumed = Presumed {
    shift: 0.4,
    slope: 0.03,
    misfit: 1.5,
};
/// Least slope: the higher weight is always the likelier match.
const SLOPE_MIN: f64 = 0.2;
/// Most steps of Fisher scoring.
const STEPS_MAX: usize = 100;
/// Bits below even odds from where pairs are looked at.
const BITS_BELOW: f64 = 30.0;
/// Odds, in bits, up to which two straight lines tell what is believed: nine to one.
const LIKELY_BITS: f64 = 3.17;

/// Turns a weight into a probability.
#[derive(Clone, Copy, Debug, Deserialize, schemars::JsonSchema, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// The weight, without the prior, at which match and non-match are equally likely.
    pub even: f64,
    /// Bits of log-odds that a bit of weight is worth above it.
    pub slope_above: f64,
    /// The same below it.
    pub slope_below: f64,
}

impl Calibration {
    /// Fellegi and Sunter's own: a bit is a bit.
    #[must_use]
    pub fn plain(prior_bits: f64) -> Self {
        Self {
            even: -prior_bits,
            slope_above: 1.0,
            slope_below: 1.0,
        }
    }

    /// The log-odds, in bits, of a pair that weighs nothing.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "weights are read to a tenth of a bit"
    )]
    pub(crate) fn prior_bits(&self) -> f32 {
        -self.even as f32
    }

    /// The log-odds, in bits, of a pair's weight.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "weights are read to a tenth of a bit"
    )]
    pub(crate) fn log_odds(&self, weight: f32) -> f32 {
        let over = f64::from(weight) - self.even;
        let slope = if over > 0.0 {
            self.slope_above
        } else {
            self.slope_below
        };
        (slope * over) as f32
    }

    /// [`Self::probability`] of a pair's weight.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a probability needs no more than 24 bits"
    )]
    pub(crate) fn of(&self, weight: f32) -> f32 {
        self.probability(f64::from(weight)) as f32
    }

    /// The match probability of a weight.
    #[must_use]
    pub fn probability(&self, weight: f64) -> f64 {
        let over = weight - self.even;
        let slope = if over > 0.0 {
            self.slope_above
        } else {
            self.slope_below
        };
        1.0 / (1.0 + (-slope * over).exp2())
    }

    /// The weight at which a probability is reached.
    #[must_use]
    pub fn weight(&self, probability: f64) -> f64 {
        let odds = (probability / (1.0 - probability)).log2();
        let slope = if odds > 0.0 {
            self.slope_above
        } else {
            self.slope_below
        };
        self.even + odds / slope
    }
}

/// The fitted figures (ln c, a, b) and what is not known of them.
#[derive(Clone, Debug)]
pub(crate) struct Fit {
    point: [f64; 3],
    /// Lower triangle of the root of their covariance.
    root: [[f64; 3]; 3],
    odds: Odds,
    /// Whether comparisons hang together among pairs of two persons.
    pub(crate) tied: bool,
}

/// The chance of a match, weight by weight.
pub(crate) struct Belief {
    /// By the bins of [`ScoreCounts`], in their middle.
    pub(crate) chances: Vec<f64>,
    /// Two straight lines that say nearly the same.
    pub(crate) calibration: Calibration,
}

impl Fit {
    /// What is believed at the best figures.
    pub(crate) fn belief(&self) -> Belief {
        self.at(self.point)
    }

    /// The same at figures that fit as well as can be told; `normals` are three standard normal numbers.
    pub(crate) fn drawn(&self, normals: [f64; 3]) -> Belief {
        let mut point = self.point;
        for (row, figure) in point.iter_mut().enumerate() {
            *figure += (0..=row)
                .map(|column| self.root[row][column] * normals[column])
                .sum::<f64>();
        }
        self.at(point)
    }

    fn at(&self, [_, shift, slope]: [f64; 3]) -> Belief {
        let slope = slope.max(SLOPE_MIN);
        // What a low weight says against a match is not weakened: far below, tempered odds would sum to any number.
        let below = slope.max(1.0);
        let even = -shift / std::f64::consts::LN_2 / slope;
        let chance = |bin| {
            let over = self.odds.of(bin) - even;
            1.0 / (1.0 + (-over * if over > 0.0 { slope } else { below }).exp2())
        };
        let weight = |bits: f64| {
            self.odds
                .weight(even + bits / if bits > 0.0 { slope } else { below })
        };
        let (low, middle, high) = (weight(-LIKELY_BITS), weight(0.0), weight(LIKELY_BITS));
        Belief {
            chances: (0..ScoreCounts::BINS).map(chance).collect(),
            calibration: Calibration {
                even: middle,
                slope_above: LIKELY_BITS / (high - middle).max(0.1),
                slope_below: LIKELY_BITS / (middle - low).max(0.1),
            },
        }
    }
}

/// How much the counts are believed against the model's own figures.
#[derive(Clone, Copy)]
struct Presumed {
    /// How far the log-odds may be shifted, in nats.
    shift: f64,
    /// How far the slope may stray from 1.
    slope: f64,
    /// Decoys resemble real non-matches no better than by this part, in any bin.
    misfit: f64,
}

/// A bin as the fit sees it: pairs real and decoy, and the model's log-odds in nats.
struct Bin {
    real: f64,
    decoys: f64,
    odds: f64,
}

/// Fits the calibration; `scale` is the number of real pairs for each pair of a decoy. Without decoys the model's own
/// figures stand, with all their doubt. `tied` says that comparisons hang together among pairs of two persons.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
pub(crate) fn fit(
    real: &ScoreCounts,
    decoys: Option<(&ScoreCounts, f64)>,
    odds: Odds,
    tied: bool,
) -> Fit {
    let scale = decoys.map_or(1.0, |(_, scale)| scale);
    let mut bins = Vec::new();
    if let Some((decoys, _)) = decoys {
        for (bin, (&real, &decoy)) in real.bins.iter().zip(&decoys.bins).enumerate() {
            let odds = odds.of(bin) * std::f64::consts::LN_2;
            if real + decoy > 0 && odds > -BITS_BELOW * std::f64::consts::LN_2 {
                bins.push(Bin {
                    real: real as f64,
                    decoys: decoy as f64,
                    odds,
                });
            }
        }
    }
    let presumed = if tied { TIED } else { PLAIN };
    let evidence = Evidence {
        bins,
        scale,
        presumed,
    };
    let mut point = [0.0, 0.0, 1.0];
    let mut value = evidence.objective(point);
    for _ in 0..STEPS_MAX {
        let (gradient, information) = evidence.derivatives(point);
        let step = solved(information, gradient);
        let mut length = 1.0;
        let mut next = point;
        let mut better = false;
        for _ in 0..30 {
            next = [0, 1, 2].map(|place| point[place] + length * step[place]);
            next[2] = next[2].max(SLOPE_MIN);
            if evidence.objective(next) > value {
                better = true;
                break;
            }
            length *= 0.5;
        }
        if !better {
            break;
        }
        let gained = evidence.objective(next) - value;
        (point, value) = (next, value + gained);
        if gained < 1e-9 {
            break;
        }
    }
    let (_, information) = evidence.derivatives(point);
    Fit {
        point,
        root: cholesky(inverse(information)),
        odds,
        tied,
    }
}

/// ln(1 + e^x) and so on, without overflow.
fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// The log of the ratio of real to decoy pairs that is expected, and the match probability.
fn expected(bin: &Bin, scale: f64, [fit, shift, slope]: [f64; 3]) -> (f64, f64) {
    let odds = shift + slope * bin.odds;
    let log_ratio = scale.ln() + fit + softplus(odds);
    (log_ratio, 1.0 / (1.0 + (-odds).exp()))
}

/// What the figures are fitted to.
struct Evidence {
    bins: Vec<Bin>,
    scale: f64,
    presumed: Presumed,
}

impl Evidence {
    /// A bin's weight in the fit: with ever more pairs the decoys' misfit, not chance, bounds what it says. It is taken at
    /// the starting figures, so that it does not move with them.
    fn trust(&self, bin: &Bin) -> f64 {
        let (log_ratio, _) = expected(bin, self.scale, [0.0, 0.0, 1.0]);
        let chance = logistic(log_ratio);
        let certain = (bin.real + bin.decoys) * chance * (1.0 - chance);
        1.0 / (1.0 + certain * self.presumed.misfit * self.presumed.misfit)
    }

    fn deviations(&self) -> [f64; 3] {
        [DECOY_FIT, self.presumed.shift, self.presumed.slope]
    }

    fn objective(&self, point: [f64; 3]) -> f64 {
        let of_bin = |bin: &Bin| {
            let (log_ratio, _) = expected(bin, self.scale, point);
            let likelihood = -bin.real * softplus(-log_ratio) - bin.decoys * softplus(log_ratio);
            self.trust(bin) * likelihood
        };
        let strayed = [point[0], point[1], point[2] - 1.0];
        let penalties = strayed
            .iter()
            .zip(self.deviations())
            .map(|(by, deviation)| (by / deviation).powi(2));
        self.bins.iter().map(of_bin).sum::<f64>() - 0.5 * penalties.sum::<f64>()
    }

    fn derivatives(&self, point: [f64; 3]) -> ([f64; 3], [[f64; 3]; 3]) {
        let strayed = [point[0], point[1], point[2] - 1.0];
        let mut gradient = [0.0; 3];
        let mut information = [[0.0; 3]; 3];
        for (place, deviation) in self.deviations().into_iter().enumerate() {
            gradient[place] = -strayed[place] / (deviation * deviation);
            information[place][place] = 1.0 / (deviation * deviation);
        }
        for bin in &self.bins {
            let (log_ratio, match_chance) = expected(bin, self.scale, point);
            let (real, trust) = (logistic(log_ratio), self.trust(bin));
            let slopes = [1.0, match_chance, match_chance * bin.odds];
            let both = bin.real + bin.decoys;
            let residual = bin.real - both * real;
            for row in 0..3 {
                gradient[row] += trust * residual * slopes[row];
                for column in 0..3 {
                    information[row][column] +=
                        trust * both * real * (1.0 - real) * slopes[row] * slopes[column];
                }
            }
        }
        (gradient, information)
    }
}

fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

fn solved(matrix: [[f64; 3]; 3], right: [f64; 3]) -> [f64; 3] {
    let inverse = inverse(matrix);
    [0, 1, 2].map(|row: usize| {
        (0..3)
            .map(|column| inverse[row][column] * right[column])
            .sum()
    })
}

/// The inverse of a symmetric positive matrix, by cofactors.
fn inverse(matrix: [[f64; 3]; 3]) -> [[f64; 3]; 3] {
    let minor = |row: usize, column: usize| {
        let at = |down: usize, right: usize| matrix[(row + down) % 3][(column + right) % 3];
        at(1, 1) * at(2, 2) - at(1, 2) * at(2, 1)
    };
    let determinant = (0..3)
        .map(|column| matrix[0][column] * minor(0, column))
        .sum::<f64>();
    [0, 1, 2].map(|row| [0, 1, 2].map(|column| minor(column, row) / determinant))
}

/// The lower triangle whose square is the matrix.
fn cholesky(matrix: [[f64; 3]; 3]) -> [[f64; 3]; 3] {
    let mut root = [[0.0_f64; 3]; 3];
    for row in 0..3 {
        for column in 0..=row {
            let rest = matrix[row][column]
                - (0..column)
                    .map(|place| root[row][place] * root[column][place])
                    .sum::<f64>();
            root[row][column] = if row == column {
                rest.max(0.0).sqrt()
            } else {
                rest / root[column][column].max(1e-300)
            };
        }
    }
    root
}

#[cfg(test)]
mod tests {
    use super::{Calibration, fit};
    use crate::estimate::odds::Odds;
    use crate::weigh::ScoreCounts;

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "counts of a test"
    )]
    fn whole(pairs: f64) -> u64 {
        pairs.round() as u64
    }

    /// Real pairs and decoys whose odds of a match rise by `slope` bits a bit of weight from even odds at `even`.
    fn counts(even: f64, slope: f64, non_matches: f64) -> (ScoreCounts, ScoreCounts) {
        let (mut real, mut decoys) = (ScoreCounts::new(), ScoreCounts::new());
        for bin in 0..ScoreCounts::BINS {
            let weight = f64::from(ScoreCounts::middle(bin));
            if weight.abs() < 30.0 {
                let two = non_matches * (-0.5 * weight).exp2();
                let one = two * (slope * (weight - even)).exp2();
                (real.bins[bin], decoys.bins[bin]) = (whole(two + one), whole(two));
            }
        }
        (real, decoys)
    }

    fn check(even: f64, slope: f64) {
        let (real, decoys) = counts(even, slope, 3_000.0);
        let found = fit(&real, Some((&decoys, 1.0)), Odds::plain(-10.0), false)
            .belief()
            .calibration;
        assert!(
            (found.even - even).abs() < 0.7 && (found.slope_above - slope).abs() < 0.15,
            "{even} {slope}: {found:?}"
        );
    }

    #[test]
    fn decoys_show_where_the_odds_are_even() {
        check(10.0, 1.0);
        check(12.0, 1.0);
        check(9.0, 0.8);
    }

    #[test]
    fn without_decoys_the_model_stands() {
        let (real, _) = counts(10.0, 1.0, 3_000.0);
        let found = fit(&real, None, Odds::plain(-10.0), true)
            .belief()
            .calibration;
        assert!((found.even - 10.0).abs() < 1e-9 && (found.slope_above - 1.0).abs() < 1e-9);
    }

    #[test]
    fn weight_and_probability_are_each_others_inverse() {
        let calibration = Calibration {
            even: 7.5,
            slope_above: 0.6,
            slope_below: 1.2,
        };
        for probability in [1e-6, 0.01, 0.5, 0.6, 0.99, 1.0 - 1e-6] {
            let back = calibration.probability(calibration.weight(probability));
            assert!(
                (back / probability - 1.0).abs() < 1e-9,
                "{probability} {back}"
            );
        }
    }
}
