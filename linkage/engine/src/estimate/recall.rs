//! What blocking misses, from which keys likely matches share. Rules that share columns catch the same pairs, so their
//! overlap alone tells little (Lincoln-Petersen presumes that they are independent); instead each key has its chance to
//! agree in a match, learnt from the matches that rules without its column caught, and pairs differ in quality, as in the
//! capture-recapture models of heterogeneous catchability (A. Chao 1987). How much they differ is learnt from how many of
//! the likely matches are caught by one rule, by two, and so on.

use rustc_hash::FxHashMap;
use serde::Serialize;

use super::interval::{Estimated, normal};
use crate::blocking::{Key, KeyCodes};
use crate::train::uniform;
use crate::weigh::ScoredPair;
use crate::{LinkageError, Model, Row, Table};

/// Matches made up for each of the worlds that may be.
const MADE_UP: usize = 4_000;
/// Shifts of all keys' log-odds to disagree, and how far pairs differ in quality.
const SHIFTS: [f64; 9] = [-1.0, -0.75, -0.5, -0.25, 0.0, 0.25, 0.5, 0.75, 1.0];
/// Below 0: the part of the pairs that err in one column at most, as where each copy was spoilt once.
const SPREADS: [f64; 10] = [-1.0, -0.8, -0.5, 0.0, 0.25, 0.5, 0.75, 1.0, 1.4, 1.8];
/// How far shift and spread are likely to lie from 0.
const SHIFT: f64 = 0.5;
const SPREAD: f64 = 0.8;
/// More likely matches than so many say no more: the model's misfit bounds what can be known.
const PAIRS_TRUSTED: f64 = 1_000.0;
/// Fewer matches caught without a key's column do not tell its chance.
const PAIRS_MIN: u64 = 20;
/// What the worlds do not cover, as a standard deviation of the logarithm of the pairs missed.
const DOUBT: f64 = 0.35;

/// How many of all matches are candidates at all.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BlockingRecall {
    /// Matches that are candidates, of all matches.
    pub recall: Estimated,
    /// Likely matches caught by exactly one rule, by two, and so on.
    pub caught: Vec<u64>,
    missed_log_sd: f64,
}

/// An element of the rules' `on`.
struct Element<'a> {
    columns: Vec<String>,
    codes: KeyCodes<'a>,
    /// Of matches that rules without its columns caught: all, and those that agree; and the same of all likely matches.
    elsewhere: (u64, u64),
    anywhere: (u64, u64),
}

impl Element<'_> {
    fn agrees(&self, left: Row, right: Row) -> bool {
        let (left, right) = (self.codes.at(left), self.codes.at(right));
        left.iter().any(|code| right.contains(code))
    }

    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    fn chance(&self) -> f64 {
        let (all, agree) = if self.elsewhere.0 >= PAIRS_MIN {
            self.elsewhere
        } else {
            self.anywhere
        };
        (agree as f64 + 0.5) / (all as f64 + 1.0)
    }
}

impl BlockingRecall {
    /// `likely` are the pairs that are more likely matches than not.
    ///
    /// # Errors
    /// As [`Key::codes`], which blocking rules out.
    pub(crate) fn new<'a>(
        model: &Model,
        table: &Table,
        likely: impl Iterator<Item = &'a ScoredPair>,
    ) -> Result<Self, LinkageError> {
        let (mut elements, rules) = elements(model, table)?;
        let mut caught = vec![0; rules.len()];
        let mut agree = vec![false; elements.len()];
        for pair in likely {
            agree
                .iter_mut()
                .zip(&elements)
                .for_each(|(agree, element)| *agree = element.agrees(pair.left, pair.right));
            let by = rules
                .iter()
                .filter(|rule| rule.iter().all(|&element| agree[element]))
                .collect::<Vec<_>>();
            if by.is_empty() {
                continue;
            }
            caught[by.len() - 1] += 1;
            let elsewhere = elements.iter().map(|element| {
                by.iter().any(|rule| {
                    rule.iter().all(|&other| {
                        elements[other]
                            .columns
                            .iter()
                            .all(|column| !element.columns.contains(column))
                    })
                })
            });
            let elsewhere = elsewhere.collect::<Vec<_>>();
            for ((element, elsewhere), agree) in elements.iter_mut().zip(elsewhere).zip(&agree) {
                let count = |counts: &mut (u64, u64)| {
                    *counts = (counts.0 + 1, counts.1 + u64::from(*agree));
                };
                count(&mut element.anywhere);
                if elsewhere {
                    count(&mut element.elsewhere);
                }
            }
        }
        Ok(Self::of(&elements, &rules, caught, model.training.seed))
    }

    fn of(elements: &[Element<'_>], rules: &[Vec<usize>], caught: Vec<u64>, seed: u64) -> Self {
        let made_up = MadeUp::new(elements, rules, seed);
        let mut worlds = Vec::new();
        for shift in SHIFTS {
            for spread in SPREADS {
                let shares = made_up.caught(shift, spread);
                let prior = -0.5 * ((shift / SHIFT).powi(2) + (spread / SPREAD).powi(2));
                worlds.push((
                    likelihood(&caught, &shares) + prior,
                    shares[0].max(0.2 / count(MADE_UP)),
                ));
            }
        }
        let best = worlds.iter().map(|world| world.0).fold(f64::MIN, f64::max);
        let weights = worlds
            .iter()
            .map(|world| (world.0 - best).exp())
            .collect::<Vec<_>>();
        let whole = weights.iter().sum::<f64>();
        let mean_of = |figure: &dyn Fn(f64) -> f64| {
            worlds
                .iter()
                .zip(&weights)
                .map(|(world, weight)| weight * figure(world.1))
                .sum::<f64>()
                / whole
        };
        let mean = mean_of(&f64::ln);
        let deviation = (mean_of(&|missed| (missed.ln() - mean).powi(2)) + DOUBT * DOUBT).sqrt();
        let at = |normal: f64| (1.0 - (mean + deviation * normal).exp()).clamp(0.05, 1.0);
        let recall = Estimated {
            value: at(0.0),
            low: at(1.96),
            high: at(-1.96),
        };
        Self {
            recall,
            caught,
            missed_log_sd: deviation,
        }
    }

    /// A recall that may be, given a standard normal number.
    pub(crate) fn drawn(&self, normal: f64) -> f64 {
        let missed = (1.0 - self.recall.value).max(1e-6);
        (1.0 - missed * (self.missed_log_sd * normal).exp()).clamp(0.05, 1.0)
    }
}

/// The distinct elements of all rules, and each rule's.
fn elements<'a>(
    model: &Model,
    table: &'a Table,
) -> Result<(Vec<Element<'a>>, Vec<Vec<usize>>), LinkageError> {
    let mut places = FxHashMap::<&str, usize>::default();
    let (mut elements, mut rules) = (Vec::new(), Vec::new());
    for block in &model.blocks {
        let mut rule = Vec::new();
        for text in &block.on {
            if let Some(&place) = places.get(text.as_str()) {
                rule.push(place);
                continue;
            }
            let key = Key::parse(text).map_err(LinkageError::model)?;
            places.insert(text, elements.len());
            rule.push(elements.len());
            elements.push(Element {
                columns: key.columns().to_vec(),
                codes: key.codes(table, "recall of blocking")?,
                elsewhere: (0, 0),
                anywhere: (0, 0),
            });
        }
        rules.push(rule);
    }
    Ok((elements, rules))
}

/// The logarithm of how likely the counts are, where a pair that no rule caught cannot be seen.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn likelihood(caught: &[u64], seen: &[f64]) -> f64 {
    let all = caught.iter().sum::<u64>() as f64;
    let trusted = (PAIRS_TRUSTED / all.max(1.0)).min(1.0);
    let visible = 1.0 - seen[0];
    let of_count = |(&caught, seen): (&u64, &f64)| {
        caught as f64 * (seen.max(0.2 / count(MADE_UP)) / visible.max(1e-9)).ln()
    };
    trusted * caught.iter().zip(&seen[1..]).map(of_count).sum::<f64>()
}

/// Matches whose fields err: the draws stay, the worlds change.
struct MadeUp<'a> {
    rules: &'a [Vec<usize>],
    /// Each element's log-odds to disagree, and the column whose draw decides.
    elements: Vec<(f64, usize)>,
    quality: Vec<f64>,
    /// For each match a draw a column.
    draws: Vec<f64>,
    columns: usize,
}

impl<'a> MadeUp<'a> {
    fn new(elements: &[Element<'_>], rules: &'a [Vec<usize>], seed: u64) -> Self {
        let mut columns = Vec::<&[String]>::new();
        let mut placed = Vec::new();
        for element in elements {
            let place = columns
                .iter()
                .position(|known| *known == element.columns)
                .unwrap_or_else(|| {
                    columns.push(&element.columns);
                    columns.len() - 1
                });
            let chance = element.chance();
            placed.push((((1.0 - chance) / chance).ln(), place));
        }
        let columns = columns.len();
        Self {
            rules,
            elements: placed,
            quality: (0..MADE_UP as u64)
                .map(|place| normal(seed ^ 0x0BAD, place))
                .collect(),
            draws: (0..(MADE_UP * columns) as u64)
                .map(|place| uniform(seed ^ 0xD1CE, place))
                .collect(),
            columns,
        }
    }

    /// The share of matches that no rule catches, that one does, and so on.
    fn caught(&self, shift: f64, spread: f64) -> Vec<f64> {
        let mut counts = vec![0_usize; self.rules.len() + 1];
        let mut agree = vec![false; self.elements.len()];
        for (place, (quality, draws)) in self
            .quality
            .iter()
            .zip(self.draws.chunks(self.columns.max(1)))
            .enumerate()
        {
            let disagree =
                |odds: f64| 1.0 / (1.0 + (-(odds + shift + spread.max(0.0) * quality)).exp());
            let once = count(place) < -spread * count(MADE_UP);
            // Of a pair that errs once, the column that is nearest to erring may.
            let ratio = |&(odds, column): &(f64, usize)| draws[column] / disagree(odds);
            let worst = self
                .elements
                .iter()
                .min_by(|left, right| ratio(left).total_cmp(&ratio(right)));
            for (agree, &(odds, column)) in agree.iter_mut().zip(&self.elements) {
                let spared = once && worst.is_some_and(|worst| worst.1 != column);
                *agree = spared || draws[column] >= disagree(odds);
            }
            counts[self
                .rules
                .iter()
                .filter(|rule| rule.iter().all(|&element| agree[element]))
                .count()] += 1;
        }
        counts
            .into_iter()
            .map(|pairs| count(pairs) / count(MADE_UP))
            .collect()
    }
}

#[expect(clippy::cast_precision_loss, reason = "some thousand pairs")]
fn count(pairs: usize) -> f64 {
    pairs as f64
}
