//! Training without labels: u from value frequencies, m by expectation maximisation over counts of comparison patterns,
//! and how comparisons hang together. With labels, m from them.

mod chance;
mod corrections;
mod dependence;
mod draws;
mod em;
mod kin;
mod labels;
mod matched;
mod patterns;
mod whole;

pub use dependence::{Among, Association};

pub(crate) use chance::Pairing;
pub(crate) use corrections::{Corrections, Edge};
pub(crate) use draws::{Sample, drawn, row_hashes, uniform};

use serde::Serialize;

use crate::blocking::Blocks;
use crate::comparison::Bound;
use crate::kernel::Kernel;
use crate::model::{ComparisonSettings, LevelSettings, TrainM, TrainU};
use crate::{Level, LinkageError, Model, Table};
use chance::{LevelCounts, VALUE_PAIRS_MAX, level_counts};
use dependence::EqualDraw;
use draws::equal_pairs;
use em::{Fit, Problem};
use patterns::{Counted, RulePatterns, training_patterns};

/// No trained probability goes below this, so that no weight is infinite.
const CHANCE_MIN: f64 = 1e-9;
/// One pair of the file's prior knowledge of u counts as so many random pairs.
const RANDOM_PAIRS_PER_PRIOR_PAIR: f64 = 100.0;
/// Rounds of u without the matches, dependence, and m: each needs the others.
const ROUNDS: usize = 3;
/// Pairs that agree in one comparison are one person's that often, before anything is known.
const UNKNOWN_MATCH_SHARE: f64 = 0.3;
/// A level that no labelled pair shows counts as half a pair.
const UNSEEN: f64 = 0.5;

/// How training went.
#[derive(Clone, Debug, Serialize)]
pub struct TrainingReport {
    /// Candidate pairs that m was learnt from.
    pub pairs: u64,
    /// Distinct comparison patterns among them.
    pub patterns: usize,
    /// Rounds of EM.
    pub rounds: usize,
    /// Whether the last round moved no probability by more than the tolerance.
    pub converged: bool,
    /// Pairs of one person that training believes in; 0 when m was not trained.
    pub matches: f64,
    /// By comparison, the part of all pairs whose level u knows exactly; the rest is drawn.
    pub exact: Vec<ExactShare>,
    /// Comparisons that hang together, the strongest first, and whether the weights take it into account.
    pub dependence: Vec<Association>,
    /// Levels that speak more for one person than the level before them, which is better by the model's order.
    pub unordered: Vec<UnorderedLevel>,
}

/// How exactly a comparison's u is known.
#[derive(Clone, Debug, Serialize)]
pub struct ExactShare {
    /// The comparison.
    pub comparison: String,
    /// The part of all pairs.
    pub share: f64,
}

/// A level out of order.
#[derive(Clone, Debug, Serialize)]
pub struct UnorderedLevel {
    /// The comparison.
    pub comparison: String,
    /// The level.
    pub level: String,
}

/// Gives the model its missing probabilities, and new ones where its training settings say so.
///
/// # Errors
/// [`LinkageError::UntrainedLevel`] when a level is without m or u in the end; [`LinkageError::Unfit`] for labels that the
/// table lacks.
pub(crate) fn train(
    model: &mut Model,
    table: &Table,
    kernel: &Kernel<'_>,
    blocks: &Blocks,
) -> Result<TrainingReport, LinkageError> {
    let mut report = TrainingReport {
        pairs: 0,
        patterns: 0,
        rounds: 0,
        converged: true,
        matches: 0.0,
        exact: Vec::new(),
        dependence: Vec::new(),
        unordered: Vec::new(),
    };
    if (model.training.m, model.training.u) != (TrainM::File, TrainU::File) {
        let ground = Ground::new(model, table, kernel);
        let evidence = match model.training.m {
            TrainM::File => Evidence::None,
            TrainM::Em => Evidence::Rules(training_patterns(model, kernel, blocks)),
            TrainM::Labels => Evidence::Pairs(labels::labelled_patterns(
                table,
                &model.training.label,
                kernel,
                &ground.pairing,
                &ground.row_hashes,
            )?),
        };
        ground.learn(model, &evidence, &mut report)?;
    }
    report.unordered = unordered(model);
    untrained(model).map_or(Ok(report), Err)
}

/// What m is learnt from.
enum Evidence {
    None,
    Rules(Vec<RulePatterns>),
    Pairs(Counted),
}

/// What the table tells before anything is learnt.
struct Ground {
    pairing: Pairing,
    row_hashes: Vec<u64>,
    /// The share of the records that pairs were drawn from.
    sample_share: f64,
    random: Counted,
    /// By comparison over a dictionary: patterns of pairs that agree in it, and how many such pairs there are.
    equal: Vec<(usize, Counted, u64)>,
    /// By comparison; nothing where u stays as in the file.
    counts: Vec<Option<LevelCounts>>,
    known_u: Vec<Vec<Option<f64>>>,
    /// All pairs that may be one person's.
    pairs: f64,
}

impl Ground {
    fn new(model: &Model, table: &Table, kernel: &Kernel<'_>) -> Self {
        let (pairing, row_hashes) = (Pairing::new(model, table), row_hashes(table));
        let sample = Sample::new(table, &row_hashes);
        let random = sample.random_patterns(
            kernel,
            &pairing,
            model.training.random_pairs,
            model.training.seed,
        );
        let equal = equal_pairs(model, kernel, &sample, &pairing);
        let pairs = pairing.pairs();
        let counts = kernel
            .comparisons()
            .iter()
            .zip(&model.comparisons)
            .enumerate()
            .map(|(place, (bound, settings))| {
                (model.training.u == TrainU::Data).then(|| match bound {
                    Bound::Coded(coded) => level_counts(
                        coded,
                        settings.levels.len(),
                        &pairing,
                        &row_hashes,
                        VALUE_PAIRS_MAX,
                    ),
                    Bound::Rows(_) => bound.chances().map_or_else(
                        || sampled_counts(&random, place, settings.levels.len()),
                        |chances| LevelCounts {
                            mean_share: vec![0.0; chances.len()],
                            pairs: chances.into_iter().map(|chance| chance * pairs).collect(),
                            exact_share: 1.0,
                        },
                    ),
                })
            });
        let counts = counts.collect();
        let known_u = model
            .comparisons
            .iter()
            .map(|comparison| comparison.levels.iter().map(|level| level.u).collect())
            .collect();
        Self {
            pairing,
            row_hashes,
            sample_share: sample.share,
            random,
            equal,
            counts,
            known_u,
            pairs,
        }
    }

    fn learn(
        &self,
        model: &mut Model,
        evidence: &Evidence,
        report: &mut TrainingReport,
    ) -> Result<(), LinkageError> {
        let known = model
            .comparisons
            .iter()
            .map(|comparison| comparison.levels.iter().map(|level| level.m).collect())
            .collect::<Vec<Vec<_>>>();
        let records = self.row_hashes.len();
        report.exact = self.exact_shares(model);
        let mut matches = 0.0;
        let mut fit = None;
        for _ in 0..ROUNDS {
            self.set_u(model, matches);
            if model.training.u == TrainU::Data {
                report.dependence =
                    dependence::learn(model, &self.equal_draws(model, matches), &self.random);
            }
            match evidence {
                Evidence::None => matches = model.prior.matches_per_record * count(records),
                Evidence::Pairs(patterns) => {
                    set_m_from_labels(model, &known, patterns);
                    matches = patterns.iter().map(|entry| count64(entry.1)).sum();
                }
                Evidence::Rules(rules) => {
                    let found = self.learn_by_rules(model, &known, rules, fit.as_ref())?;
                    report.rounds += found.0.rounds;
                    report.converged = found.0.converged;
                    matches = found.1;
                    fit = Some(found.0);
                }
            }
        }
        if let (Evidence::Rules(rules), Some(fit)) = (evidence, &fit) {
            report.pairs = rules
                .iter()
                .flat_map(|rule| rule.patterns.iter().map(|entry| entry.1))
                .sum();
            report.patterns = rules.iter().map(|rule| rule.patterns.len()).sum();
            let corrections = Corrections::of(model)?;
            let problem = Problem {
                model,
                known: &known,
                rules,
                corrections: &corrections,
            };
            let posteriors = (0..rules.len())
                .map(|rule| em::posteriors(&problem, rule, fit))
                .collect::<Vec<_>>();
            report
                .dependence
                .extend(matched::among_matches(model, rules, &posteriors));
        }
        if model.prior.estimate && !matches!(evidence, Evidence::None) {
            model.prior.matches_per_record = (matches / count(records).max(1.0)).clamp(1e-4, 20.0);
        }
        report.matches = matches;
        Ok(())
    }

    /// One round of EM: m, kin and who moved; gives where it ended, and the matches in the whole table.
    fn learn_by_rules(
        &self,
        model: &mut Model,
        known: &[Vec<Option<f64>>],
        rules: &[RulePatterns],
        before: Option<&Fit>,
    ) -> Result<(Fit, f64), LinkageError> {
        let corrections = Corrections::of(model)?;
        let problem = Problem {
            model,
            known,
            rules,
            corrections: &corrections,
        };
        let found = em::fit(&problem, before);
        set_m(model, rules, &found);
        let matches = self.matches(model, rules, &found);
        let (kin, moved) = (
            self.kin(model, rules, &found),
            self.moved(model, rules, &found),
        );
        model.kin = kin::found(model, &found, kin, self.pairs);
        model.moved = kin::moved(model, &found, moved, matches);
        Ok((found, matches + moved))
    }

    fn exact_shares(&self, model: &Model) -> Vec<ExactShare> {
        let told = model.comparisons.iter().zip(&self.counts);
        told.filter_map(|(comparison, counts)| {
            let share = counts.as_ref()?.exact_share;
            Some(ExactShare {
                comparison: comparison.name.clone(),
                share,
            })
        })
        .collect()
    }

    /// u of every level that is not fixed, from its pairs less those of one person and of kin who share the value.
    fn set_u(&self, model: &mut Model, matches: f64) {
        let prior_pairs = model.training.prior_pairs * RANDOM_PAIRS_PER_PRIOR_PAIR;
        let kin = model.kin.clone();
        for ((comparison, counts), known) in model
            .comparisons
            .iter_mut()
            .zip(&self.counts)
            .zip(&self.known_u)
        {
            let Some(counts) = counts else { continue };
            let compared = counts.pairs.iter().sum::<f64>();
            let akin = kin
                .as_ref()
                .map_or(0.0, |kin| kin.sharing(&comparison.name));
            let expected = (matches / self.pairs.max(1.0) + akin) * compared;
            let sampled = counts.exact_share == 0.0;
            for ((level, &pairs), &known) in comparison
                .levels
                .iter_mut()
                .zip(&counts.pairs)
                .zip(known)
                .filter(|((level, _), _)| !level.fixed)
            {
                let with_it = expected * level.m.unwrap_or(0.0);
                let left = (pairs - with_it)
                    .max((0.5 + 0.5 * pairs.sqrt() + 0.02 * with_it).min(pairs.max(0.5)));
                let whole = (compared - expected).max(1.0);
                level.u = match known {
                    Some(known) if sampled => {
                        Some((left + prior_pairs * known) / (whole + prior_pairs))
                    }
                    None if compared == 0.0 => None,
                    Some(known) if compared == 0.0 => Some(known),
                    _ => Some(left / whole),
                }
                .map(|u| u.clamp(CHANCE_MIN, 1.0 - CHANCE_MIN));
            }
            for (level, &share) in comparison.levels.iter_mut().zip(&counts.mean_share) {
                level.mean_share = (share > 0.0).then_some(share);
            }
        }
    }

    /// The pairs drawn for each comparison over a dictionary, with the share of matches to expect among them.
    fn equal_draws(&self, model: &Model, matches: f64) -> Vec<EqualDraw<'_>> {
        let draw = |(place, _, pairs): &'_ (usize, Counted, u64)| {
            let best = model.comparisons[*place].levels[0].m.unwrap_or(0.9);
            let expected = matches * self.sample_share.powi(2) * best / count64(*pairs).max(1.0);
            (
                *place,
                if matches > 0.0 {
                    expected
                } else {
                    UNKNOWN_MATCH_SHARE
                },
            )
        };
        self.equal
            .iter()
            .map(|equal| {
                let (place, match_share) = draw(equal);
                EqualDraw {
                    place,
                    patterns: &equal.1,
                    match_share,
                }
            })
            .collect()
    }
}

/// Random pairs by level.
fn sampled_counts(random: &Counted, place: usize, levels: usize) -> LevelCounts {
    let mut pairs = vec![0.0; levels];
    for (pattern, count) in random {
        if let Level::At(level) = pattern.level(place) {
            pairs[usize::from(level)] += count64(*count);
        }
    }
    LevelCounts {
        pairs,
        mean_share: vec![0.0; levels],
        exact_share: 0.0,
    }
}

fn set_m(model: &mut Model, rules: &[RulePatterns], fit: &Fit) {
    for (place, comparison) in model.comparisons.iter_mut().enumerate() {
        let seen = rules.iter().any(|rule| !rule.fixed[place]);
        for (level, &m) in comparison
            .levels
            .iter_mut()
            .zip(&fit.m[place])
            .filter(|(level, _)| !level.fixed)
        {
            if seen && (level.m.is_some() || m > 0.0) {
                level.m = Some(m.clamp(CHANCE_MIN, 1.0 - CHANCE_MIN));
            }
        }
    }
}

fn set_m_from_labels(model: &mut Model, known: &[Vec<Option<f64>>], patterns: &Counted) {
    let prior = model.training.prior_pairs;
    for ((place, comparison), known) in model.comparisons.iter_mut().enumerate().zip(known) {
        let counts = sampled_counts(patterns, place, comparison.levels.len()).pairs;
        let seen = |index: usize| counts[index] + known[index].unwrap_or(0.0) * prior + UNSEEN;
        let whole = (0..counts.len()).map(seen).sum::<f64>();
        if counts.iter().sum::<f64>() > 0.0 {
            for (index, level) in comparison
                .levels
                .iter_mut()
                .enumerate()
                .filter(|(_, level)| !level.fixed)
            {
                level.m = Some((seen(index) / whole).clamp(CHANCE_MIN, 1.0 - CHANCE_MIN));
            }
        }
    }
}

/// Each level with its comparison.
fn levels(model: &Model) -> impl Iterator<Item = (&ComparisonSettings, &LevelSettings)> {
    model.comparisons.iter().flat_map(|comparison| {
        comparison
            .levels
            .iter()
            .map(move |level| (comparison, level))
    })
}

/// The first level without m or u.
fn untrained(model: &Model) -> Option<LinkageError> {
    let mut lacking = levels(model).filter(|(_, level)| level.m.is_none() || level.u.is_none());
    lacking
        .next()
        .map(|(comparison, level)| LinkageError::UntrainedLevel {
            comparison: comparison.name.clone(),
            level: level.name.clone(),
        })
}

/// Levels whose weight is above that of the level before them.
fn unordered(model: &Model) -> Vec<UnorderedLevel> {
    let ratio = |level: &LevelSettings| Some(level.m? / level.u?);
    let of_comparison = |comparison: &ComparisonSettings| {
        let wrong = comparison
            .levels
            .windows(2)
            .filter(|two| ratio(&two[1]) > ratio(&two[0]));
        let tell = |two: &[LevelSettings]| UnorderedLevel {
            comparison: comparison.name.clone(),
            level: two[1].name.clone(),
        };
        wrong.map(tell).collect::<Vec<_>>()
    };
    model.comparisons.iter().flat_map(of_comparison).collect()
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a count of records is below 2^32"
)]
fn count(records: usize) -> f64 {
    records as f64
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn count64(pairs: u64) -> f64 {
    pairs as f64
}

#[cfg(test)]
mod tests;
