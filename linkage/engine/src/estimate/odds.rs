//! The log-odds of a match at each weight. Fellegi and Sunter's are weight and prior; where kin show among the candidates,
//! many pairs of a weight are theirs, and the odds are what the mixture believes of the pairs that weigh so much.

use super::kin::Mixture;
use super::sample::Together;
use crate::weigh::ScoreCounts;

/// Pairs that a window of weights holds at least, as long as it is not wider than [`WINDOW_MAX`] bins on either side.
const PAIRS_MIN: f64 = 40.0;
/// Bins on either side of a weight that are looked at in any case.
const WINDOW: usize = 2;
/// Most bins on either side.
const WINDOW_MAX: usize = 16;
/// Certainty beyond so many bits is not told apart.
const BITS_MAX: f64 = 40.0;

/// Log-odds in bits, by the bins of [`ScoreCounts`], rising.
#[derive(Clone, Debug)]
pub(crate) struct Odds(Vec<f64>);

impl Odds {
    /// A bit is a bit.
    pub(crate) fn plain(prior_bits: f64) -> Self {
        let of_bin = |bin| f64::from(ScoreCounts::middle(bin)) + prior_bits;
        Self((0..ScoreCounts::BINS).map(of_bin).collect())
    }

    /// By the bin.
    pub(crate) fn of(&self, bin: usize) -> f64 {
        self.0[bin]
    }

    /// What the mixture believes of a sample of the pairs around even odds, against what the weights alone say of them.
    pub(crate) fn by_mixture(prior_bits: f64, near: &Together, mixture: &Mixture) -> Self {
        let plain = Self::plain(prior_bits);
        let mut bins = vec![(0.0, 0.0, 0.0); ScoreCounts::BINS];
        for (pair, &weight) in near.pairs().zip(near.weights()) {
            let bin = ScoreCounts::bin(weight);
            let alone = chance(f64::from(weight) + prior_bits);
            let sums = &mut bins[bin];
            *sums = (
                sums.0 + 1.0,
                sums.1 + alone,
                sums.2 + mixture.chances(pair).0,
            );
        }
        let mut less = None;
        let known = (0..ScoreCounts::BINS).map(|bin| correction(&bins, bin));
        let known = known.collect::<Vec<_>>();
        let first = known.iter().flatten().next().copied().unwrap_or(0.0);
        let corrected = known.iter().enumerate().map(|(bin, known)| {
            less = known.or(less);
            plain.of(bin) + less.unwrap_or(first)
        });
        let counts = bins.iter().map(|sums| sums.0 + 1e-3).collect::<Vec<_>>();
        Self(rising(&corrected.collect::<Vec<_>>(), &counts))
    }

    /// The weight where the odds reach so many bits.
    pub(crate) fn weight(&self, bits: f64) -> f64 {
        let middle = |bin: usize| f64::from(ScoreCounts::middle(bin));
        let last = self.0.len() - 1;
        let bin = self.0.partition_point(|&odds| odds < bits);
        if bin == 0 {
            return middle(0) + bits - self.0[0];
        }
        if bin > last {
            return middle(last) + bits - self.0[last];
        }
        let (below, above) = (self.0[bin - 1], self.0[bin]);
        middle(bin - 1)
            + (bits - below) / (above - below).max(1e-9) * (middle(bin) - middle(bin - 1))
    }
}

/// A probability from log-odds in bits.
fn chance(bits: f64) -> f64 {
    1.0 / (1.0 + (-bits).exp2())
}

fn bits_of(sum: f64, whole: f64) -> f64 {
    let share = (sum / whole).clamp((-BITS_MAX).exp2(), 1.0 - (-BITS_MAX).exp2());
    (share / (1.0 - share)).log2()
}

/// Bits by which the mixture's odds differ from the plain ones around a bin, if enough pairs lie there.
fn correction(bins: &[(f64, f64, f64)], bin: usize) -> Option<f64> {
    for window in WINDOW..=WINDOW_MAX {
        let around = &bins[bin.saturating_sub(window)..(bin + window + 1).min(bins.len())];
        let sum = |of: fn(&(f64, f64, f64)) -> f64| around.iter().map(of).sum::<f64>();
        let pairs = sum(|sums| sums.0);
        if pairs >= PAIRS_MIN {
            return Some(bits_of(sum(|sums| sums.2), pairs) - bits_of(sum(|sums| sums.1), pairs));
        }
    }
    None
}

/// The rising sequence that is nearest, neighbours pooled that do not rise, each counting for so much (pool adjacent violators).
fn rising(values: &[f64], counts: &[f64]) -> Vec<f64> {
    let mut pools: Vec<(f64, f64, usize)> = Vec::new();
    for (&value, &count) in values.iter().zip(counts) {
        pools.push((value, count, 1));
        while let [.., one, other] = pools.as_slice() {
            if one.0 <= other.0 {
                break;
            }
            let whole = one.1 + other.1;
            let pool = (
                (one.0 * one.1 + other.0 * other.1) / whole,
                whole,
                one.2 + other.2,
            );
            pools.truncate(pools.len() - 2);
            pools.push(pool);
        }
    }
    pools
        .into_iter()
        .flat_map(|(value, _, length)| std::iter::repeat_n(value, length))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Odds, rising};

    #[test]
    fn neighbours_that_fall_are_pooled() {
        let found = rising(&[1.0, 3.0, 2.0, 5.0], &[1.0, 1.0, 3.0, 1.0]);
        assert_eq!(found, [1.0, 2.25, 2.25, 5.0]);
    }

    #[test]
    fn plain_odds_are_even_where_weight_and_prior_cancel() {
        let odds = Odds::plain(-12.5);
        assert!((odds.weight(0.0) - 12.5).abs() < 1e-9);
        assert!((odds.weight(3.0) - 15.5).abs() < 1e-9);
    }
}
