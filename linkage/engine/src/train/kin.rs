//! What training found of kin, as the weights read it: how many there are, and what they share.

use crate::Model;
use crate::model::{Kin, SharedByKin};

use super::em::Fit;

/// Fewer kin than this are not told from chance.
const PAIRS_MIN: f64 = 30.0;
/// What is shared less often is not shared.
const SHARE_MIN: f64 = 0.02;
/// Kin share something at least so often, or they are no kin.
const SHARE_OF_SOME_MIN: f64 = 0.5;
/// Rounds of finding a share; it settles far earlier.
const ROUNDS: usize = 100;

/// Kin, where enough of them show and they share something; `pairs` of them among `all`.
pub(super) fn found(model: &Model, fit: &Fit, pairs: f64, all: f64) -> Option<Kin> {
    if pairs < PAIRS_MIN {
        return None;
    }
    let comparisons = model.comparisons.iter().zip(&fit.kin);
    let shared = comparisons
        .filter(|(comparison, _)| !comparison.tells_kin_apart)
        .map(|(comparison, kin)| {
            let chances = comparison.levels.iter().zip(kin);
            let chances = chances.filter_map(|(level, &kin)| Some((level.m?, level.u?, kin)));
            SharedByKin {
                comparison: comparison.name.clone(),
                share: share(&chances.collect::<Vec<_>>()),
            }
        })
        .filter(|shared| shared.share >= SHARE_MIN)
        .collect::<Vec<_>>();
    let some = shared
        .iter()
        .any(|shared| shared.share >= SHARE_OF_SOME_MIN);
    some.then(|| Kin {
        per_pair: (pairs / all.max(1.0)).clamp(f64::MIN_POSITIVE, 0.5),
        shared,
    })
}

/// How often kin share a thing: the part of m in a mixture of m and u that comes nearest to theirs, given `(m, u, kin)` by level.
fn share(levels: &[(f64, f64, f64)]) -> f64 {
    let mut share = 0.5;
    for _ in 0..ROUNDS {
        let with_it = |&(m, u, kin): &(f64, f64, f64)| {
            let shared = share * m;
            kin * shared / (shared + (1.0 - share) * u).max(f64::MIN_POSITIVE)
        };
        share = levels.iter().map(with_it).sum::<f64>().clamp(0.0, 0.9999);
    }
    share
}

#[cfg(test)]
mod tests {
    use super::share;

    #[test]
    fn a_share_is_found_again() {
        let (m, u) = ([0.9, 0.08, 0.02], [0.01, 0.02, 0.97]);
        for expected in [0.0, 0.1, 0.6, 0.99] {
            let kin = |level: usize| expected * m[level] + (1.0 - expected) * u[level];
            let levels = (0..3).map(|level| (m[level], u[level], kin(level)));
            let found = share(&levels.collect::<Vec<_>>());
            assert!((found - expected).abs() < 0.01, "{expected}: {found}");
        }
    }
}
