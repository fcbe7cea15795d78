//! Training without labels: u from value frequencies and random pairs, m by expectation maximisation over counts of
//! comparison patterns (Winkler 1988; Enamorado et al. 2019 for the counts).

use std::collections::BTreeMap;

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use serde::Serialize;

use crate::blocking::Blocks;
use crate::kernel::{Kernel, Worker};
use crate::model::{TrainM, TrainU};
use crate::scorer::patterns_of;
use crate::weigh::Pattern;
use crate::{Level, LinkageError, Model, Row, Table};

/// Random pairs of one unit of work.
const RANDOM_CHUNK: u64 = 1 << 14;
/// No trained probability goes below this, so that no weight is infinite.
const CHANCE_MIN: f64 = 1e-7;
/// A level that no matched pair showed counts as half a pair (Jeffreys' prior): rare, not impossible.
const UNSEEN: f64 = 0.5;
/// One pair of the file's prior knowledge of u counts as so many random pairs.
const RANDOM_PAIRS_PER_PRIOR_PAIR: f64 = 100.0;

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
}

/// Gives the model its missing probabilities, and new ones where its training settings say so.
///
/// # Errors
/// [`LinkageError::UntrainedLevel`] when a level is without m or u in the end.
pub(crate) fn train(
    model: &mut Model,
    table: &Table,
    kernel: &Kernel<'_>,
    blocks: &Blocks,
) -> Result<TrainingReport, LinkageError> {
    if model.training.u == TrainU::Data {
        estimate_u(model, table, kernel);
    }
    let mut report = TrainingReport {
        pairs: 0,
        patterns: 0,
        rounds: 0,
        converged: true,
    };
    if model.training.m == TrainM::Em {
        let rules = training_patterns(model, kernel, blocks);
        report.pairs = rules
            .iter()
            .flat_map(|rule| rule.patterns.iter().map(|entry| entry.1))
            .sum();
        report.patterns = rules.iter().map(|rule| rule.patterns.len()).sum();
        expectation_maximisation(model, &rules, &mut report);
    }
    untrained(model).map_or(Ok(report), Err)
}

/// The first level without m or u.
fn untrained(model: &Model) -> Option<LinkageError> {
    let levels = model.comparisons.iter().flat_map(|comparison| {
        comparison
            .levels
            .iter()
            .map(move |level| (comparison, level))
    });
    let mut lacking = levels.filter(|(_, level)| level.m.is_none() || level.u.is_none());
    lacking
        .next()
        .map(|(comparison, level)| LinkageError::UntrainedLevel {
            comparison: comparison.name.clone(),
            level: level.name.clone(),
        })
}

/// u of every level that is not fixed: exact where frequencies tell it, else from random pairs.
fn estimate_u(model: &mut Model, table: &Table, kernel: &Kernel<'_>) {
    let patterns = random_patterns(model, table, kernel);
    let prior = model.training.prior_pairs * RANDOM_PAIRS_PER_PRIOR_PAIR;
    let match_chance = f64::from(crate::weigh::prior_bits(model, table.len())).exp2();
    for (place, comparison) in model.comparisons.iter_mut().enumerate() {
        let counts = counts_at(&patterns, place, comparison.levels.len());
        let compared = counts.iter().sum::<f64>();
        let exact = kernel.comparisons()[place].chances();
        for (index, level) in comparison
            .levels
            .iter_mut()
            .enumerate()
            .filter(|(_, level)| !level.fixed)
        {
            let matched = compared * match_chance * level.m.unwrap_or(0.0);
            let unmatched = (counts[index] - matched).max(0.0);
            level.u = match (&exact, level.u) {
                (Some(exact), _) => Some(exact[index].clamp(CHANCE_MIN, 1.0 - CHANCE_MIN)),
                (None, Some(known)) => Some((unmatched + prior * known) / (compared + prior)),
                (None, None) if compared > 0.0 => Some((unmatched + 0.5) / (compared + 1.0)),
                (None, None) => None,
            }
            .map(|chance| chance.clamp(CHANCE_MIN, 1.0 - CHANCE_MIN));
        }
    }
}

/// Patterns of random pairs of records; the draw depends on the seed alone.
fn random_patterns(model: &Model, table: &Table, kernel: &Kernel<'_>) -> Vec<(Pattern, u64)> {
    let records = table.len() as u64;
    if records < 2 {
        return Vec::new();
    }
    let wanted = model.training.random_pairs.min(records * (records - 1) / 2);
    let seed = model.training.seed;
    let rows = rows_by_rank(table);
    let chunks = (0..wanted.div_ceil(RANDOM_CHUNK)).collect::<Vec<_>>();
    let count_chunk = |worker: &mut Worker, chunk: &u64| {
        let mut counts = FxHashMap::default();
        for draw in chunk * RANDOM_CHUNK..((chunk + 1) * RANDOM_CHUNK).min(wanted) {
            let left = drawn(seed, 2 * draw) % records;
            let right = (left + 1 + drawn(seed, 2 * draw + 1) % (records - 1)) % records;
            let row = |rank: u64| usize::try_from(rank).map_or(0, |rank| rows[rank]);
            *counts
                .entry(kernel.pattern((row(left), row(right)), worker))
                .or_insert(0) += 1;
        }
        counts
    };
    merged(
        chunks
            .par_iter()
            .map_init(|| kernel.worker(), count_chunk)
            .collect(),
    )
}

/// Rows in the order of source and id, so that the draw does not depend on the rows' order.
fn rows_by_rank(table: &Table) -> Vec<Row> {
    let ranks = table.ranks();
    let mut rows = vec![0; ranks.len()];
    for (row, rank) in (0..).zip(ranks) {
        rows[rank as usize] = row;
    }
    rows
}

/// The draw's `index`-th number (`SplitMix64`).
fn drawn(seed: u64, index: u64) -> u64 {
    let mut value = seed.wrapping_add(index.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

fn merged(parts: Vec<FxHashMap<Pattern, u64>>) -> Vec<(Pattern, u64)> {
    let mut all = BTreeMap::<Pattern, u64>::new();
    for (pattern, count) in parts.into_iter().flatten() {
        *all.entry(pattern).or_default() += count;
    }
    all.into_iter().collect()
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn counts_at(patterns: &[(Pattern, u64)], place: usize, levels: usize) -> Vec<f64> {
    let mut counts = vec![0_u64; levels];
    for (pattern, count) in patterns {
        if let Level::At(level) = pattern.level(place) {
            counts[usize::from(level)] += count;
        }
    }
    counts.into_iter().map(|count| count as f64).collect()
}

/// The patterns of one rule's pairs, and which comparisons it decides beforehand.
struct RulePatterns {
    fixed: Vec<bool>,
    patterns: Vec<(Pattern, u64)>,
}

fn training_patterns(model: &Model, kernel: &Kernel<'_>, blocks: &Blocks) -> Vec<RulePatterns> {
    let mut rules = Vec::new();
    for (number, settings) in model
        .blocks
        .iter()
        .enumerate()
        .filter(|(_, settings)| settings.train)
    {
        let limits = (model.training.pairs_per_rule_max, model.training.seed);
        let patterns = patterns_of(kernel, blocks, number, limits);
        let fixed = model
            .comparisons
            .iter()
            .map(|comparison| settings.fixes.contains(&comparison.name))
            .collect();
        rules.push(RulePatterns { fixed, patterns });
    }
    rules
}

/// EM with m shared by all rules and a share of matches for each; u stays. Sums run in the patterns' order.
fn expectation_maximisation(
    model: &mut Model,
    rules: &[RulePatterns],
    report: &mut TrainingReport,
) {
    let known = model
        .comparisons
        .iter()
        .map(|comparison| comparison.levels.iter().map(|level| level.m).collect())
        .collect::<Vec<Vec<_>>>();
    let mut chances = starting_chances(model);
    let mut match_shares = vec![0.2; rules.len()];
    report.converged = rules.is_empty();
    while report.rounds < model.training.rounds_max && !report.converged {
        let expected = expected_counts(rules, &chances, &mut match_shares);
        let moved = maximise(model, &known, &expected, &mut chances);
        report.rounds += 1;
        report.converged = moved <= model.training.tolerance;
    }
    for (place, comparison) in model.comparisons.iter_mut().enumerate() {
        let seen = rules.iter().any(|rule| !rule.fixed[place]);
        for (index, level) in comparison
            .levels
            .iter_mut()
            .enumerate()
            .filter(|(_, level)| !level.fixed)
        {
            if seen && (level.m.is_some() || chances[place][index].0 > 0.0) {
                level.m = Some(chances[place][index].0.clamp(CHANCE_MIN, 1.0 - CHANCE_MIN));
            }
        }
    }
}

/// `(m, u)` by comparison and level; an unknown m starts by rank, the best level first.
fn starting_chances(model: &Model) -> Vec<Vec<(f64, f64)>> {
    let of_comparison = |comparison: &crate::model::ComparisonSettings| {
        let guess = |index: usize| 0.9 * 0.1_f64.powi(i32::try_from(index).unwrap_or(9));
        let level = |(index, level): (usize, &crate::model::LevelSettings)| {
            (
                level.m.unwrap_or_else(|| guess(index)),
                level.u.unwrap_or(CHANCE_MIN),
            )
        };
        comparison.levels.iter().enumerate().map(level).collect()
    };
    model.comparisons.iter().map(of_comparison).collect()
}

/// The E step: expected matched pairs by comparison and level; renews each rule's share of matches.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn expected_counts(
    rules: &[RulePatterns],
    chances: &[Vec<(f64, f64)>],
    match_shares: &mut [f64],
) -> Vec<Vec<f64>> {
    let mut expected = chances
        .iter()
        .map(|levels| vec![0.0; levels.len()])
        .collect::<Vec<_>>();
    for (rule, share) in rules.iter().zip(match_shares) {
        let (mut matched, mut all) = (0.0, 0.0);
        for &(pattern, count) in &rule.patterns {
            let (mut if_match, mut if_not) = (*share, 1.0 - *share);
            for (place, levels) in chances
                .iter()
                .enumerate()
                .filter(|(place, _)| !rule.fixed[*place])
            {
                if let Level::At(level) = pattern.level(place) {
                    let (m, u) = levels[usize::from(level)];
                    if_match *= m;
                    if_not *= u;
                }
            }
            let here = count as f64 * if_match / (if_match + if_not).max(f64::MIN_POSITIVE);
            matched += here;
            all += count as f64;
            for (place, counts) in expected
                .iter_mut()
                .enumerate()
                .filter(|(place, _)| !rule.fixed[*place])
            {
                if let Level::At(level) = pattern.level(place) {
                    counts[usize::from(level)] += here;
                }
            }
        }
        *share = (matched / f64::max(all, 1.0)).clamp(1e-6, 1.0 - 1e-6);
    }
    expected
}

/// The M step, with the file's m as so many pairs seen before; gives the largest change.
fn maximise(
    model: &Model,
    known: &[Vec<Option<f64>>],
    expected: &[Vec<f64>],
    chances: &mut [Vec<(f64, f64)>],
) -> f64 {
    let mut moved = 0.0_f64;
    for (place, comparison) in model.comparisons.iter().enumerate() {
        let prior = model.training.prior_pairs;
        let total = expected[place].iter().sum::<f64>();
        let prior_total = known[place].iter().flatten().sum::<f64>() * prior;
        if total + prior_total == 0.0 {
            continue;
        }
        #[expect(
            clippy::cast_precision_loss,
            reason = "a comparison has at most 15 levels"
        )]
        let whole = total + prior_total + UNSEEN * comparison.levels.len() as f64;
        for (index, _) in comparison
            .levels
            .iter()
            .enumerate()
            .filter(|(_, level)| !level.fixed)
        {
            let m = (expected[place][index] + known[place][index].unwrap_or(0.0) * prior + UNSEEN)
                / whole;
            moved = moved.max((m - chances[place][index].0).abs());
            chances[place][index].0 = m;
        }
    }
    moved
}
