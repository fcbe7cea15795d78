//! Pairs of two persons who share things: one household, one family, twins. They agree in what they share as the records of
//! one person do, however rare the value, and in all else as two strangers do. The candidates are a mixture of three kinds:
//!
//! matches : kin : strangers = p 2^w : h `2^-t` Π (1 - s + s `2^w_k`) : 1
//!
//! where `w_k` is a comparison's weight, t what the weights say twice, w = Σ `w_k` - t, and s how often kin share what the
//! comparison looks at. p, h and every s are learnt from the candidates by expectation maximisation, m and u stay as they
//! were trained (three classes as in W. E. Winkler, "Improved decision rules in the Fellegi-Sunter model of record linkage",
//! 1993; what is shared as a mixture of the two known distributions is ours).

use super::sample::{Apart, Together};

/// Rounds of the search among pairs that are not likely matches, and of the search among all.
const ROUNDS: (usize, usize) = (25, 60);
/// A round that moves nothing by more ends the search.
const TOLERANCE: f64 = 1e-4;
/// What is presumed of a share, as so many pairs at one half.
const SHRINK: f64 = 1.0;
/// Fewer kin than this in the sample are not told from chance.
const PAIRS_MIN: f64 = 30.0;
/// Kin differ in comparisons that, among matches and as far as they differ in them, speak so many bits against one person.
/// People who moved differ as well, but in what changes.
const BITS_AGAINST_MIN: f64 = 4.0;
/// Kin share what they share at least so often, and what they do not at most so often.
const SHARES: (f64, f64) = (0.6, 0.2);
/// Comparisons that are neither weaken the case: at most this part of the known bits may be theirs.
const UNCLEAR_MAX: f64 = 0.34;

/// What the candidates are a mixture of.
#[derive(Clone, Debug)]
pub(crate) struct Mixture {
    /// Matches and kin for each pair of strangers.
    matches: f64,
    kin: f64,
    /// By comparison, how often kin share what it looks at.
    shared: Vec<f64>,
}

impl Mixture {
    /// No kin: Fellegi and Sunter's own two kinds.
    fn plain(matches: f64, comparisons: usize) -> Self {
        Self {
            matches,
            kin: 0.0,
            shared: vec![0.0; comparisons],
        }
    }

    /// The chances that the pair is one person's, and that it is kin's.
    pub(crate) fn chances(&self, pair: Apart<'_>) -> (f64, f64) {
        let (mut one, mut kin) = (self.matches, self.kin);
        for (&ratio, &shared) in pair.ratios.iter().zip(&self.shared) {
            let ratio = ratio.unwrap_or(1.0);
            one *= ratio;
            kin *= 1.0 - shared + shared * ratio;
        }
        let all = one + kin + pair.repeated;
        (one / all, kin / all)
    }
}

/// Learns the mixture from a sample of the candidates, out of `all` pairs of which those that are no candidates are
/// strangers. `matches` is the share of matches as it was known before. Nothing when no kin show.
pub(crate) fn learn(sample: &Together, all: f64, matches: f64) -> Option<Mixture> {
    let places = sample.comparisons();
    let plain = Mixture::plain(matches, places);
    let strange = sample
        .pairs()
        .map(|pair| 1.0 - plain.chances(pair).0)
        .collect::<Vec<_>>();
    let mut found = plain.clone();
    found.shared = vec![0.5; places];
    found.kin = 0.1 * strange.iter().sum::<f64>() / all.max(1.0);
    // First among those that are not likely matches, so that people who moved are not taken for kin.
    for _ in 0..ROUNDS.0 {
        if found.round(sample, all, Some(&strange)) < TOLERANCE {
            break;
        }
    }
    let first = found.clone();
    for _ in 0..ROUNDS.1 {
        if found.round(sample, all, None) < TOLERANCE {
            break;
        }
    }
    [found, first]
        .into_iter()
        .find(|found| found.credible(sample, &plain))
}

impl Mixture {
    /// One round of expectation maximisation; gives the largest change. With `only`, each pair counts for so much and the
    /// share of matches stays.
    fn round(&mut self, sample: &Together, all: f64, only: Option<&[f64]>) -> f64 {
        let mut sums = vec![(SHRINK / 2.0, SHRINK); self.shared.len()];
        let (mut matches, mut kin) = (0.0, 0.0);
        for (place, pair) in sample.pairs().enumerate() {
            let (one, mut akin) = self.chances(pair);
            matches += one;
            if let Some(counts) = only {
                akin = counts[place] * akin / (1.0 - one).max(f64::MIN_POSITIVE);
            }
            kin += akin;
            if akin < 1e-6 {
                continue;
            }
            for ((sum, &ratio), &shared) in sums.iter_mut().zip(pair.ratios).zip(&self.shared) {
                let Some(ratio) = ratio else { continue };
                let with_it = shared * ratio;
                sum.0 += akin * with_it / (1.0 - shared + with_it);
                sum.1 += akin;
            }
        }
        let mut moved = 0.0_f64;
        for (shared, (with_it, whole)) in self.shared.iter_mut().zip(sums) {
            let next = (with_it / whole).clamp(1e-4, 1.0 - 1e-4);
            moved = moved.max((next - *shared).abs());
            *shared = next;
        }
        let next = kin / all.max(1.0);
        moved = moved.max((next / self.kin.max(f64::MIN_POSITIVE) - 1.0).abs());
        self.kin = next;
        if only.is_none() {
            self.matches = matches / all.max(1.0);
        }
        moved
    }

    /// Whether what was found are two persons' pairs: enough of them, told clearly, and held for two persons by the weights
    /// themselves on the whole, since they differ in what a person's records agree in.
    fn credible(&self, sample: &Together, plain: &Self) -> bool {
        let places = self.shared.len();
        let (mut kin, mut against) = (0.0, 0.0);
        let mut telling = vec![0.0; places];
        for pair in sample.pairs() {
            let akin = self.chances(pair).1;
            let one = plain.chances(pair).0.clamp(1e-15, 1.0 - 1e-15);
            kin += akin;
            against -= akin * (one / (1.0 - one)).log2();
            for (telling, ratio) in telling.iter_mut().zip(pair.ratios) {
                *telling += akin * ratio.map_or(0.0, |ratio| ratio.log2().abs());
            }
        }
        let whole = telling.iter().sum::<f64>();
        let unclear = telling.iter().zip(&self.shared);
        let unclear = unclear
            .filter(|(_, shared)| **shared > SHARES.1 && **shared < SHARES.0)
            .map(|(telling, _)| telling)
            .sum::<f64>();
        let differing = telling.iter().zip(&self.shared);
        let differing = differing
            .filter(|(_, shared)| **shared <= SHARES.1)
            .map(|(telling, _)| telling)
            .sum::<f64>();
        kin >= PAIRS_MIN
            && self.shared.iter().any(|&shared| shared >= SHARES.0)
            && against > 0.0
            && unclear <= UNCLEAR_MAX * whole
            && differing >= BITS_AGAINST_MIN * kin
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::Together;
    use super::{Mixture, learn};
    use crate::Level;
    use crate::train::uniform;
    use crate::weigh::Weighed;

    /// Pairs that may be compared at all.
    const ALL: f64 = 200_000.0;

    fn part(agrees: bool) -> Weighed {
        let weight = if agrees { 6.57 } else { -4.31 };
        Weighed {
            level: Level::At(u8::from(!agrees)),
            weight,
            rarity: 0.0,
        }
    }

    /// Pairs that agree in each of four things so often.
    fn add(sample: &mut Together, pairs: u64, seed: u64, chances: [f64; 4]) {
        for pair in 0..pairs {
            let parts = (0..)
                .zip(chances)
                .map(|(place, chance)| part(uniform(seed, 4 * pair + place) < chance));
            sample.add(&(parts.collect(), 0.0));
        }
    }

    /// 300 matches, 2,000 strangers that agree in the third thing, and so many of one household, who share the last two.
    fn learnt(kin: u64) -> Option<Mixture> {
        let mut sample = Together::new(4);
        add(&mut sample, 300, 1, [0.95; 4]);
        add(&mut sample, 2_000, 2, [0.01, 0.01, 1.0, 0.01]);
        add(&mut sample, kin, 3, [0.01, 0.01, 0.95, 0.95]);
        learn(&sample, ALL, 300.0 / ALL)
    }

    #[test]
    fn people_of_one_household_are_not_taken_for_one() {
        let mixture = learnt(800).expect("there are kin");
        let mut sample = Together::new(4);
        sample.add(&([false, false, true, true].map(part).to_vec(), 0.0));
        sample.add(&([true, false, true, true].map(part).to_vec(), 0.0));
        sample.add(&([true; 4].map(part).to_vec(), 0.0));
        let chances = sample.pairs().map(|pair| mixture.chances(pair));
        let chances = chances.collect::<Vec<_>>();
        assert!(chances[0].0 < 0.01 && chances[0].1 > 0.8, "{chances:?}");
        assert!(
            chances[1].0 > chances[0].0 && chances[2].0 > 0.99,
            "{chances:?}"
        );
    }

    #[test]
    fn where_nobody_shares_anything_no_kin_are_found() {
        assert!(learnt(0).is_none());
    }
}
