//! What clustering makes of the links: it adds the pairs that others imply and takes away those that the rest of a cluster
//! contradicts. A cluster is put together again from its likeliest pair down. Where two parts of it meet, either both are one
//! person, and then every pair across is right, or every one is wrong: how likely that is, the pairs across tell together, by
//! the mean of their log-odds. A sum would count what they repeat: two records of one person look alike to a third.

use serde::Serialize;

use super::choose::Choice;
use super::interval::{Estimated, part};
use crate::Row;

/// Pairs within clusters that are looked at, about; of more, those of a share of the clusters.
const PAIRS_MAX: f64 = 20_000.0;

/// Of the matches that pairs alone miss, clustering still misses this part at least.
const MISSED_STILL: f64 = 0.25;
/// How far the mean across parts may be wrong: the logarithm of a factor of the errors.
const DOUBT: f64 = 1.0;

/// What is expected of all pairs of records within clusters.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Clustered {
    /// Pairs of records within clusters.
    pub pairs: u64,
    /// Pairs of one person among them.
    pub precision: Estimated,
    /// Those of all pairs of one person that there are.
    pub recall: Estimated,
    /// Their harmonic mean.
    pub f1: Estimated,
}

/// What a cluster is looked at with.
pub(crate) struct Looks<'a> {
    /// A hash of each record.
    pub(crate) hashes: &'a [u64],
    /// The log-odds of two records, in bits.
    pub(crate) odds: &'a dyn Fn(Row, Row) -> f64,
    /// Whether the two may be one person's at all.
    pub(crate) allows: &'a dyn Fn(Row, Row) -> bool,
}

/// Estimates from `choice`, whose figures are of pairs, those of the clusters.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
pub(crate) fn clustered(choice: &Choice, clusters: &[Vec<Row>], looks: &Looks<'_>) -> Clustered {
    let pairs_of = |cluster: &[Row]| {
        let pairs = cluster.iter().enumerate().flat_map(|(place, &left)| {
            let later = cluster[place + 1..].iter();
            later.filter(move |&&right| (looks.allows)(left, right))
        });
        pairs.count() as u64
    };
    let several = || clusters.iter().filter(|cluster| cluster.len() > 1);
    let pairs = several().map(|cluster| pairs_of(cluster)).sum::<u64>();
    let share = PAIRS_MAX / (pairs as f64).max(1.0);
    let hash = |row: &Row| looks.hashes[*row as usize];
    let mut chosen = several()
        .filter_map(|cluster| Some((cluster.iter().map(hash).min()?, cluster)))
        .filter(|(least, _)| share >= 1.0 || *least as f64 <= share * 2.0_f64.powi(64))
        .collect::<Vec<_>>();
    chosen.sort_unstable();
    let (mut looked, mut right) = (0.0, 0.0);
    for (_, cluster) in chosen {
        let mut members = cluster.clone();
        members.sort_unstable_by_key(|row| (hash(row), *row));
        let (of_one, among) = right_pairs(&members, looks);
        right += of_one;
        looked += among;
    }
    let precision = if looked > 0.0 { right / looked } else { 1.0 };
    told(choice, pairs, precision)
}

/// Expected pairs of one person within a cluster, and all its pairs that may be.
#[expect(clippy::cast_precision_loss, reason = "a cluster has few members")]
fn right_pairs(members: &[Row], looks: &Looks<'_>) -> (f64, f64) {
    let size = members.len();
    let mut odds = vec![0.0; size * size];
    let mut order = Vec::with_capacity(size * (size - 1) / 2);
    for left in 0..size {
        for right in left + 1..size {
            let bits = (looks.odds)(members[left], members[right]);
            (odds[left * size + right], odds[right * size + left]) = (bits, bits);
            order.push((left, right));
        }
    }
    let bits_of = |pair: &(usize, usize)| odds[pair.0 * size + pair.1];
    order.sort_by(|one, other| bits_of(other).total_cmp(&bits_of(one)).then(one.cmp(other)));
    // By pair the chance that the two are one person, of those that met already.
    let mut chances = vec![1.0; size * size];
    let mut parts = (0..size).map(|place| vec![place]).collect::<Vec<_>>();
    let mut part_of = (0..size).collect::<Vec<_>>();
    let (mut right, mut among) = (0.0, 0.0);
    for (one, other) in order {
        let (keep, join) = (part_of[one], part_of[other]);
        if keep == join {
            continue;
        }
        let joined = std::mem::take(&mut parts[join]);
        let across = parts[keep]
            .iter()
            .flat_map(|&left| joined.iter().map(move |&right| (left, right)));
        let across = across.collect::<Vec<_>>();
        let mean = across.iter().map(bits_of).sum::<f64>() / across.len() as f64;
        let meeting = 1.0 / (1.0 + (-mean).exp2());
        for (left, far) in across {
            let chance = chances[left * size + one] * meeting * chances[other * size + far];
            (chances[left * size + far], chances[far * size + left]) = (chance, chance);
            if (looks.allows)(members[left], members[far]) {
                right += chance;
                among += 1.0;
            }
        }
        for &place in &joined {
            part_of[place] = keep;
        }
        parts[keep].extend(joined);
    }
    (right, among)
}

/// The figures with intervals around them like those of the pairs.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn told(choice: &Choice, pairs: u64, precision: f64) -> Clustered {
    let (pairs_found, matches) = (pairs as f64, choice.matches.value);
    let found = pairs_found * precision;
    // What blocking and weights miss is not all found again by clustering.
    let missed = MISSED_STILL * matches * (1.0 - choice.recall.value);
    let all = matches.max(found + missed);
    let precision = like(choice.precision, precision, pairs_found);
    let recall = like(choice.recall, part(found, all), all);
    let both = |precision: f64, recall: f64| part(2.0 * precision * recall, precision + recall);
    Clustered {
        pairs,
        precision,
        recall,
        f1: Estimated {
            value: both(precision.value, recall.value),
            low: both(precision.low, recall.low),
            high: both(precision.high, recall.high),
        },
    }
}

/// An interval around `value`: its errors, of so many pairs, may be as many times more or fewer as those of `known`, and beyond
/// that by what the mean across parts may be wrong, and by chance.
fn like(known: Estimated, value: f64, pairs: f64) -> Estimated {
    let errors = |figure: f64| (1.0 - figure).max(0.5 / pairs.max(1.0));
    let chance = 2.0 * (errors(value) / pairs.max(1.0)).sqrt();
    let times = |end: f64| {
        let factor = (errors(end) / errors(known.value)).ln();
        factor.hypot(DOUBT).exp()
    };
    Estimated {
        value,
        low: (1.0 - errors(value) * times(known.low) - chance).clamp(0.0, value),
        high: (1.0 - errors(value) / times(known.high) + chance).clamp(value, 1.0),
    }
}

#[cfg(test)]
mod tests {
    use super::{Looks, right_pairs};
    use crate::Row;

    fn looked(members: &[Row], odds: &dyn Fn(Row, Row) -> f64) -> (f64, f64) {
        let looks = Looks {
            hashes: &[],
            odds,
            allows: &|_, _| true,
        };
        right_pairs(members, &looks)
    }

    #[test]
    fn two_records_are_right_as_often_as_their_odds_say() {
        let (right, among) = looked(&[4, 7], &|_, _| 2.0);
        assert!((right - 0.8).abs() < 1e-12 && (among - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_pair_that_hardly_agrees_is_right_where_a_third_record_ties_both() {
        let (right, among) = looked(&[0, 1, 2], &|left, right| {
            if (left, right) == (0, 2) { -3.0 } else { 20.0 }
        });
        assert!(among > 2.9 && right > 2.99, "{right} of {among}");
    }

    #[test]
    fn one_weak_bond_between_two_persons_spoils_every_pair_across() {
        let person = |row: Row| row / 3;
        let (right, among) = looked(&[0, 1, 2, 3, 4, 5], &|left, right| {
            if person(left) == person(right) {
                20.0
            } else {
                0.0
            }
        });
        assert!(
            (right - 10.5).abs() < 0.01 && among > 14.9,
            "{right} of {among}"
        );
    }
}
