//! What training found of kin and of matches who moved, as the weights read it: how many there are, what the ones share and the
//! others changed.

use crate::Model;
use crate::model::{ChangedByMoving, Kin, Moved, SharedByKin};

use super::em::Fit;

/// Fewer kin than this are not told from chance.
const PAIRS_MIN: f64 = 30.0;
/// What is shared less often is not shared.
const SHARE_MIN: f64 = 0.02;
/// Kin share something at least so often, or they are no kin.
const SHARE_OF_SOME_MIN: f64 = 0.5;
/// Something is nothing alike in at least so many of those who moved, and not more moved for each who did not.
const CHANGED_MIN: f64 = 0.5;
const MOVED_MAX: f64 = 1.0;
/// Those who share something come to its levels at most by so many bits more or less often than one person's records.
const BITS_MAX: f64 = 12.0;

/// Kin, where enough of them show and they share something; `pairs` of them among `all`.
pub(super) fn found(model: &Model, fit: &Fit, pairs: f64, all: f64) -> Option<Kin> {
    if pairs < PAIRS_MIN {
        return None;
    }
    let comparisons = model.comparisons.iter().zip(&fit.kin);
    let shared = comparisons
        .filter(|(comparison, _)| !comparison.is_of_strangers())
        .map(|(comparison, kin)| {
            let chances = comparison.levels.iter().zip(kin);
            let chances = chances.filter_map(|(level, &kin)| Some((level.m?, level.u?, kin)));
            let (share, bits) = sharing(&chances.collect::<Vec<_>>());
            SharedByKin {
                comparison: comparison.name.clone(),
                share,
                bits,
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

/// Matches who moved, where enough of them show and something changed; `pairs` of them beside so many who did not.
pub(super) fn moved(model: &Model, fit: &Fit, pairs: f64, others: f64) -> Option<Moved> {
    let comparisons = model.comparisons.iter().zip(&fit.moved);
    let comparisons = comparisons.filter(|(comparison, _)| !comparison.is_of_strangers());
    let mut some = false;
    let mut changed = Vec::new();
    for (comparison, moved) in comparisons {
        let levels = comparison.levels.iter().zip(moved);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "weights are read to a tenth of a bit"
        )]
        let bits = levels.map(|(level, moved)| {
            let bits = (moved / level.m.unwrap_or(*moved)).log2();
            bits.clamp(-BITS_MAX, BITS_MAX) as f32
        });
        some |= moved.last().is_some_and(|&last| last >= CHANGED_MIN);
        changed.push(ChangedByMoving {
            comparison: comparison.name.clone(),
            bits: bits.collect(),
        });
    }
    (some && pairs >= PAIRS_MIN).then(|| Moved {
        per_match: (pairs / others.max(1.0)).clamp(f64::MIN_POSITIVE, MOVED_MAX),
        changed,
    })
}

/// How often kin share a thing, and by level the bits by which those who share it come to the level more often than one person's
/// records do, given `(m, u, kin)` by level. In the last level, where nothing is alike, all kin are those who do not share it.
#[expect(
    clippy::cast_possible_truncation,
    reason = "weights are read to a tenth of a bit"
)]
fn sharing(levels: &[(f64, f64, f64)]) -> (f64, Vec<f32>) {
    let Some(&(_, u, kin)) = levels.last() else {
        return (0.0, Vec::new());
    };
    let share = (1.0 - kin / u.max(f64::MIN_POSITIVE)).clamp(0.0, 0.9999);
    let bits = |&(m, u, kin): &(f64, f64, f64)| {
        let sharing = ((kin - (1.0 - share) * u) / share.max(f64::MIN_POSITIVE)).max(0.0);
        (sharing / m).log2().clamp(-BITS_MAX, BITS_MAX) as f32
    };
    (share, levels.iter().map(bits).collect())
}

#[cfg(test)]
mod tests {
    use super::sharing;

    #[test]
    fn a_share_is_found_again() {
        let (m, u) = ([0.9, 0.08, 0.02], [0.01, 0.02, 0.97]);
        for expected in [0.1, 0.6, 0.98] {
            let with_it = [0.95, 0.05, 0.0];
            let kin = |level: usize| expected * with_it[level] + (1.0 - expected) * u[level];
            let levels = (0..3).map(|level| (m[level], u[level], kin(level)));
            let (found, bits) = sharing(&levels.collect::<Vec<_>>());
            assert!((found - expected).abs() < 1e-9, "{expected}: {found}");
            assert!((f64::from(bits[0]) - (0.95_f64 / 0.9).log2()).abs() < 1e-6);
        }
    }

    #[test]
    fn what_kin_do_not_share_has_no_share() {
        assert!(sharing(&[(0.9, 0.01, 0.01), (0.1, 0.99, 0.99)]).0 < 1e-9);
    }
}
