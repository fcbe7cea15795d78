//! How comparisons hang together among pairs of two persons: a postcode says little once the town agrees, a surname little
//! once the address does. Pairs are drawn that agree in one comparison, and the levels of all others among them are set
//! against what independence expects. The strongest ties that form a forest are modelled (C. K. Chow and C. N. Liu,
//! "Approximating discrete probability distributions with dependence trees", IEEE Transactions on Information Theory 14,
//! 1968; for linkage, W. E. Winkler 1993 and H. Xu, X. Li, C. Shen and S. Grannis 2019 on interactions), so that nothing
//! is counted twice; the others are told.

use serde::Serialize;

use super::corrections::{Corrections, Edge};
use super::em::guess;
use super::patterns::Counted;
use crate::model::LEVELS_MAX;
use crate::weigh::Moved;
use crate::{Level, Model, Pattern};

/// Packed levels: missing and the others.
pub(super) const LEVELS: usize = LEVELS_MAX + 1;
/// Pairs added to what is seen and to what is expected, so that few pairs change little.
const SHRINK: f64 = 4.0;
/// A weaker tie than this, in bits of a pair that agrees in both, is not modelled.
const BITS_MIN: f64 = 0.5;
/// A weaker tie is not told. Ties below 0 are never: where the pairs of one person are taken off, chance agreement in two
/// things goes with them.
const BITS_TOLD: f64 = 0.1;
/// A tie must stand so many standard errors from none.
const STANDARD_ERRORS_MIN: f64 = 5.0;
/// Fewer pairs agreeing in both, seen or expected, tell nothing.
const PAIRS_MIN: f64 = 20.0;
/// Rounds of telling drawn pairs of one person from those of two.
const ROUNDS: usize = 20;
/// Pairs of two persons that agree in one thing agree in most others no oftener than by chance: by no more than this part of
/// the way to a match.
const LIKENESS_MAX: f64 = 0.15;
/// Where more of the pairs are one person's, what is left of them after the likely ones would pass for a tie.
const MATCHES_MAX: f64 = 0.3;
/// The others must carry so many bits. Without them, what looks like pairs of two persons may be a person's worst records.
const CHANCE_BITS_MIN: f64 = 8.0;

/// Two comparisons and how much they hang together.
#[derive(Clone, Debug, Serialize)]
pub struct Association {
    /// One comparison.
    pub one: String,
    /// The other.
    pub other: String,
    /// Whether among pairs of one person or of two.
    pub among: Among,
    /// Mutual information of their levels, in bits.
    pub mutual_bits: f64,
    /// Bits by which the sum of the two weights is too high for a pair that agrees in both.
    pub agreement_bits: f64,
    /// Whether the weights take it into account.
    pub modelled: bool,
}

/// Which pairs hang together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Among {
    /// Pairs of one person.
    Matches,
    /// Pairs of two persons.
    NonMatches,
}

/// Pairs drawn from those that have equal values in one comparison.
pub(crate) struct EqualDraw<'a> {
    /// The comparison.
    pub(crate) place: usize,
    /// Their patterns.
    pub(crate) patterns: &'a Counted,
    /// The chance, before comparing, that such a pair is one person's.
    pub(crate) match_share: f64,
}

/// Finds the ties among pairs of two persons, writes those worth modelling into the model, and tells all that matter.
pub(crate) fn learn(
    model: &mut Model,
    draws: &[EqualDraw<'_>],
    random: &Counted,
) -> Vec<Association> {
    let tables = Tables::new(model, draws, random);
    let places = model.comparisons.len();
    let mut ties = Vec::new();
    for one in 0..places {
        for other in one + 1..places {
            if let Some(strength) = tables.strength(one, other) {
                ties.push((one, other, strength));
            }
        }
    }
    ties.sort_by(|left, right| {
        right
            .2
            .abs()
            .total_cmp(&left.2.abs())
            .then((left.0, left.1).cmp(&(right.0, right.1)))
    });
    let chosen = forest(places, &ties);
    let corrections = Corrections {
        edges: oriented(places, &chosen, &tables),
    };
    model.dependences = corrections.settings(model);
    let tell = |&(one, other, strength): &(usize, usize, f64)| Association {
        one: model.comparisons[one].name.clone(),
        other: model.comparisons[other].name.clone(),
        among: Among::NonMatches,
        mutual_bits: tables.mutual_bits(model, one, other),
        agreement_bits: strength,
        modelled: chosen.contains(&(one, other)),
    };
    ties.iter().map(tell).collect()
}

/// Seen and expected pairs of two persons, by comparison pair and levels.
struct Tables {
    /// By places (low, high): by packed levels, seen and expected.
    cells: Vec<Vec<Cells>>,
    /// The level of equal values, packed, by comparison.
    agreed: Vec<Option<usize>>,
}

type Cells = Box<[[(f64, f64); LEVELS]; LEVELS]>;

impl Tables {
    fn new(model: &Model, draws: &[EqualDraw<'_>], random: &Counted) -> Self {
        let places = model.comparisons.len();
        let empty = || Box::new([[(0.0, 0.0); LEVELS]; LEVELS]);
        let mut tables = Self {
            cells: (0..places)
                .map(|_| (0..places).map(|_| empty()).collect())
                .collect(),
            agreed: vec![None; places],
        };
        for draw in draws {
            tables.agreed[draw.place] = agreed_level(draw);
        }
        for draw in draws {
            tables.add(model, draw.place, &non_matches(model, draw));
        }
        tables.add_random(model, random);
        tables
    }

    /// Adds pairs that agree at `given`, each with its chance to be of two persons.
    fn add(&mut self, model: &Model, given: usize, pairs: &[(Pattern, f64)]) {
        let Some(agreed) = self.agreed[given] else {
            return;
        };
        for (place, comparison) in model
            .comparisons
            .iter()
            .enumerate()
            .filter(|(place, _)| *place != given)
        {
            let mut seen = [0.0; LEVELS];
            for &(pattern, count) in pairs {
                if usize::from(pattern.level(given).packed()) == agreed {
                    seen[usize::from(pattern.level(place).packed())] += count;
                }
            }
            let compared = seen[1..].iter().sum::<f64>();
            for (level, settings) in (1..).zip(&comparison.levels) {
                self.put(
                    (given, agreed),
                    (place, level),
                    (seen[level], compared * settings.u.unwrap_or(0.0)),
                );
            }
        }
    }

    /// Adds random pairs to the cells that no draw of agreeing pairs covers.
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    fn add_random(&mut self, model: &Model, random: &Counted) {
        let u = |place: usize, level: usize| {
            model.comparisons[place].levels[level - 1].u.unwrap_or(0.0)
        };
        for one in 0..self.agreed.len() {
            for other in one + 1..self.agreed.len() {
                let mut seen = [[0.0; LEVELS]; LEVELS];
                let mut compared = 0.0;
                for &(pattern, count) in random {
                    let at = |place| usize::from(pattern.level(place).packed());
                    if at(one) > 0 && at(other) > 0 {
                        seen[at(one)][at(other)] += count as f64;
                        compared += count as f64;
                    }
                }
                let levels_of = |place: usize| 1..=model.comparisons[place].levels.len();
                for (at_one, seen) in levels_of(one).zip(&seen[1..]) {
                    for (at_other, &seen) in levels_of(other).zip(&seen[1..]) {
                        let covered = self.agreed[one] == Some(at_one)
                            || self.agreed[other] == Some(at_other);
                        if !covered {
                            let expected = compared * u(one, at_one) * u(other, at_other);
                            self.put((one, at_one), (other, at_other), (seen, expected));
                        }
                    }
                }
            }
        }
    }

    fn put(&mut self, one: (usize, usize), other: (usize, usize), (seen, expected): (f64, f64)) {
        let (low, high) = (one.min(other), one.max(other));
        let cell = &mut self.cells[low.0][high.0][low.1][high.1];
        cell.0 += seen;
        cell.1 += expected;
    }

    fn bits(&self, one: usize, other: usize, at_one: usize, at_other: usize) -> f64 {
        let (seen, expected) = self.cells[one][other][at_one][at_other];
        ((seen + SHRINK) / (expected + SHRINK)).log2()
    }

    /// Bits of agreement in both, if they are certain enough.
    fn strength(&self, one: usize, other: usize) -> Option<f64> {
        let (at_one, at_other) = (self.agreed[one]?, self.agreed[other]?);
        let (seen, expected) = self.cells[one][other][at_one][at_other];
        let certain =
            (seen - expected).abs() / (seen + expected).sqrt().max(1.0) >= STANDARD_ERRORS_MIN;
        let bits = self.bits(one, other, at_one, at_other);
        (certain && seen.max(expected) >= PAIRS_MIN && bits >= BITS_TOLD).then_some(bits)
    }

    fn mutual_bits(&self, model: &Model, one: usize, other: usize) -> f64 {
        let u = |place: usize, level: usize| {
            model.comparisons[place].levels[level - 1].u.unwrap_or(0.0)
        };
        let mut sum = 0.0;
        for at_one in 1..=model.comparisons[one].levels.len() {
            for at_other in 1..=model.comparisons[other].levels.len() {
                let bits = self.bits(one, other, at_one, at_other);
                sum += u(one, at_one) * u(other, at_other) * bits.exp2() * bits;
            }
        }
        sum.max(0.0)
    }
}

/// The level that most of a draw's pairs have in the comparison that they agree in.
fn agreed_level(draw: &EqualDraw<'_>) -> Option<usize> {
    let mut counts = [0_u64; LEVELS];
    for &(pattern, count) in draw.patterns {
        counts[usize::from(pattern.level(draw.place).packed())] += count;
    }
    (1..LEVELS)
        .filter(|&level| counts[level] > 0)
        .max_by_key(|&level| (counts[level], LEVELS - level))
}

/// The draw's patterns with how many of their pairs are two persons': m is known, the chances among two persons that agree
/// here are learnt along with the share of matches.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn non_matches(model: &Model, draw: &EqualDraw<'_>) -> Vec<(Pattern, f64)> {
    let guessed =
        |(index, level): (usize, &crate::LevelSettings)| level.m.unwrap_or_else(|| guess(index));
    let m = model.comparisons.iter().map(|comparison| {
        comparison
            .levels
            .iter()
            .enumerate()
            .map(guessed)
            .collect::<Vec<_>>()
    });
    let (m, known_u) = (m.collect::<Vec<_>>(), chances_of_two(model));
    let moved = Moved::of(model).ok().flatten();
    let (mut u, mut share) = (known_u.clone(), draw.match_share.clamp(1e-6, 0.999));
    let mut pairs = draw
        .patterns
        .iter()
        .map(|&(pattern, count)| (pattern, count as f64))
        .collect::<Vec<_>>();
    for _ in 0..ROUNDS {
        let mut seen = known_u
            .iter()
            .map(|levels| levels.iter().map(|u| u * SHRINK * 5.0).collect())
            .collect::<Vec<Vec<f64>>>();
        let (mut matched, mut all) = (0.0, 0.0);
        for ((pattern, not), &(_, count)) in pairs.iter_mut().zip(draw.patterns) {
            let (mut if_match, mut if_not) = (share, 1.0 - share);
            let open = || (0..m.len()).filter(|&place| place != draw.place);
            for place in open() {
                if let Level::At(level) = pattern.level(place) {
                    if_match *= m[place][usize::from(level)];
                    if_not *= u[place][usize::from(level)];
                }
            }
            // Who moved is no pair of two persons who happen to have one name and one birthday.
            if let Some(moved) = &moved {
                if_match *= f64::from(moved.bits(*pattern)).exp2();
            }
            *not = count as f64 * if_not / (if_match + if_not).max(f64::MIN_POSITIVE);
            matched += count as f64 - *not;
            all += count as f64;
            for place in open() {
                if let Level::At(level) = pattern.level(place) {
                    seen[place][usize::from(level)] += *not;
                }
            }
        }
        share = (matched / f64::max(all, 1.0)).clamp(1e-6, 1.0 - 1e-6);
        for (u, seen) in u.iter_mut().zip(seen) {
            let whole = seen.iter().sum::<f64>().max(f64::MIN_POSITIVE);
            *u = seen
                .into_iter()
                .map(|seen| (seen / whole).max(1e-9))
                .collect();
        }
    }
    if share > MATCHES_MAX || !credible(&m, &known_u, &u, draw.place) {
        for (_, not) in &mut pairs {
            *not = 0.0;
        }
    }
    pairs
}

/// u by comparison and level.
pub(super) fn chances_of_two(model: &Model) -> Vec<Vec<f64>> {
    let levels = |comparison: &crate::ComparisonSettings| {
        let chances = comparison
            .levels
            .iter()
            .map(|level| level.u.unwrap_or(1e-7));
        chances.collect::<Vec<_>>()
    };
    model.comparisons.iter().map(levels).collect()
}

/// Whether what was learnt is of two persons: enough of the other comparisons agree by chance alone.
fn credible(m: &[Vec<f64>], known_u: &[Vec<f64>], u: &[Vec<f64>], given: usize) -> bool {
    let bits = (0..m.len()).filter(|&place| place != given).map(|place| {
        let (match_best, known, seen) = (m[place][0], known_u[place][0], u[place][0]);
        let likeness = (seen - known) / (match_best - known).max(1e-6);
        let telling = (match_best / known).log2().max(0.0);
        if likeness < LIKENESS_MAX {
            telling
        } else {
            0.0
        }
    });
    bits.sum::<f64>() >= CHANCE_BITS_MIN
}

/// The strongest ties that close no circle (Kruskal).
fn forest(places: usize, ties: &[(usize, usize, f64)]) -> Vec<(usize, usize)> {
    let mut trees = (0..places).collect::<Vec<_>>();
    let mut chosen = Vec::new();
    for &(one, other, strength) in ties {
        let (left, right) = (trees[one], trees[other]);
        if strength.abs() >= BITS_MIN && left != right {
            trees
                .iter_mut()
                .filter(|tree| **tree == right)
                .for_each(|tree| *tree = left);
            chosen.push((one, other));
        }
    }
    chosen
}

/// The ties directed away from the first comparison of each tree, parents before children.
fn oriented(places: usize, chosen: &[(usize, usize)], tables: &Tables) -> Vec<Edge> {
    let mut reached = vec![false; places];
    let mut edges = Vec::new();
    for root in 0..places {
        let mut next = vec![root];
        while let Some(parent) = next.pop() {
            reached[parent] = true;
            for &(one, other) in chosen
                .iter()
                .filter(|(one, other)| *one == parent || *other == parent)
            {
                let child = if one == parent { other } else { one };
                if !reached[child] {
                    reached[child] = true;
                    edges.push(Edge {
                        parent,
                        child,
                        bits: table_of(tables, parent, child),
                    });
                    next.push(child);
                }
            }
        }
    }
    edges
}

#[expect(clippy::cast_possible_truncation, reason = "bits are read to a tenth")]
fn table_of(tables: &Tables, parent: usize, child: usize) -> [[f32; LEVELS]; LEVELS] {
    let mut bits = [[0.0; LEVELS]; LEVELS];
    for (at_parent, row) in bits.iter_mut().enumerate().skip(1) {
        for (at_child, bits) in row.iter_mut().enumerate().skip(1) {
            *bits = if parent < child {
                tables.bits(parent, child, at_parent, at_child)
            } else {
                tables.bits(child, parent, at_child, at_parent)
            } as f32;
        }
    }
    bits
}
