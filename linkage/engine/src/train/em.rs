//! m by expectation maximisation over counts of comparison patterns (Winkler 1988; Enamorado et al. 2019 for the counts;
//! Jaro 1989 for u that stays). u is known from frequencies; m is shared by all rules, each rule has its share of matches.

use super::corrections::{Corrections, Sums};
use super::patterns::RulePatterns;
use crate::{Level, Model};

/// A level that no matched pair showed counts as half a pair (Jeffreys' prior): rare, not impossible.
const UNSEEN: f64 = 0.5;
/// A person's records disagree in no more than this share of them, unless the file says otherwise: without such a bound,
/// people of one household, who agree in half of the fields, would pass for one person (Winkler 1993).
const DISAGREE_MAX: f64 = 0.5;
/// Shares of matches to start from; the start that ends with the best likelihood wins.
const STARTS: [f64; 3] = [0.01, 0.1, 0.5];

/// Rounds after which the starts are compared.
const TRIAL_ROUNDS: usize = 15;

/// By comparison and level.
pub(crate) type Table2 = Vec<Vec<f64>>;

/// What is known before the first round.
pub(crate) struct Problem<'a> {
    /// The model: its settings, fixed levels, and the u of every level.
    pub(crate) model: &'a Model,
    /// Prior knowledge of m.
    pub(crate) known: &'a [Vec<Option<f64>>],
    /// The training rules' patterns.
    pub(crate) rules: &'a [RulePatterns],
    /// How comparisons hang together among pairs of two persons.
    pub(crate) corrections: &'a Corrections,
}

/// Where EM ended.
#[derive(Clone)]
pub(crate) struct Fit {
    pub(crate) m: Table2,
    /// Each rule's share of matches.
    pub(crate) shares: Vec<f64>,
    pub(crate) rounds: usize,
    pub(crate) converged: bool,
    likelihood: f64,
}

/// Runs EM from several starts.
pub(crate) fn fit(problem: &Problem<'_>, start: Option<&Fit>) -> Fit {
    let ready = problem
        .rules
        .iter()
        .map(|rule| Ready::new(problem, rule))
        .collect::<Vec<_>>();
    let rounds_max = problem.model.training.rounds_max;
    if let Some(start) = start {
        return run(
            problem,
            &ready,
            Fit::start(start.m.clone(), start.shares.clone()),
            rounds_max,
        );
    }
    let starts = STARTS.map(|share| {
        let start = Fit::start(starting_m(problem), vec![share; problem.rules.len()]);
        run(problem, &ready, start, TRIAL_ROUNDS.min(rounds_max))
    });
    let [first, rest @ ..] = starts;
    let best = rest.into_iter().fold(first, |best, next| {
        let better = next.likelihood > best.likelihood + 1e-9 * best.likelihood.abs();
        if better { next } else { best }
    });
    run(problem, &ready, best, rounds_max)
}

/// Each pattern's chance to be a match's, in the rule's order.
pub(crate) fn posteriors(problem: &Problem<'_>, rule: usize, fit: &Fit) -> Vec<f64> {
    let ready = Ready::new(problem, &problem.rules[rule]);
    let share = fit.shares[rule];
    ready
        .patterns
        .iter()
        .map(|pattern| {
            let if_match = share * pattern.if_match(&fit.m);
            if_match / (if_match + (1.0 - share) * pattern.if_not).max(f64::MIN_POSITIVE)
        })
        .collect()
}

/// A rule's patterns as the E step reads them.
struct Ready {
    patterns: Vec<ReadyPattern>,
}

struct ReadyPattern {
    count: f64,
    /// The chance of the levels that the rule leaves open, given those that it fixes, for two persons.
    if_not: f64,
    /// Comparisons and levels that the rule leaves open.
    levels: Vec<(u8, u8)>,
}

impl ReadyPattern {
    fn if_match(&self, m: &Table2) -> f64 {
        self.levels
            .iter()
            .map(|&(place, level)| m[usize::from(place)][usize::from(level)])
            .product()
    }
}

impl Ready {
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    fn new(problem: &Problem<'_>, rule: &RulePatterns) -> Self {
        let levels = |comparison: &crate::ComparisonSettings| {
            let chances = comparison
                .levels
                .iter()
                .map(|level| level.u.unwrap_or(1e-7));
            chances.collect::<Vec<_>>()
        };
        let u = problem
            .model
            .comparisons
            .iter()
            .map(levels)
            .collect::<Vec<_>>();
        let mut sums = Sums::default();
        let ready = |&(pattern, count): &(crate::Pattern, u64)| {
            let open = (0_u8..).zip(&rule.fixed).filter(|(_, fixed)| !**fixed);
            let levels = open.filter_map(|(place, _)| match pattern.level(usize::from(place)) {
                Level::At(level) => Some((place, level)),
                Level::Missing => None,
            });
            ReadyPattern {
                count: count as f64,
                if_not: problem
                    .corrections
                    .chance_given(pattern, &rule.fixed, &u, &mut sums),
                levels: levels.collect(),
            }
        };
        Self {
            patterns: rule.patterns.iter().map(ready).collect(),
        }
    }
}

/// m before anything is known, for telling a person's pairs from those of a household at first: strict, by rank.
pub(crate) fn guess(index: usize) -> f64 {
    0.9 * 0.1_f64.powi(i32::try_from(index).unwrap_or(9))
}

fn start(index: usize, levels: usize) -> f64 {
    match index {
        0 => 0.85,
        _ if index + 1 == levels => 0.1,
        _ => 0.05 / f64::from(u8::try_from(levels.max(3) - 2).unwrap_or(1)),
    }
}

/// An unknown m starts where one in ten disagrees, so that people who moved are not lost from the beginning.
fn starting_m(problem: &Problem<'_>) -> Table2 {
    let levels = |known: &Vec<Option<f64>>| {
        known
            .iter()
            .enumerate()
            .map(|(index, value)| value.unwrap_or_else(|| start(index, known.len())))
            .collect()
    };
    problem.known.iter().map(levels).collect()
}

impl Fit {
    fn start(m: Table2, shares: Vec<f64>) -> Self {
        Self {
            m,
            shares,
            rounds: 0,
            converged: false,
            likelihood: f64::MIN,
        }
    }
}

/// Goes on until nothing moves or so many rounds are done in all.
fn run(problem: &Problem<'_>, ready: &[Ready], start: Fit, rounds_max: usize) -> Fit {
    let mut fit = start;
    fit.converged = ready.is_empty();
    while fit.rounds < rounds_max && !fit.converged {
        let expected = expect(ready, &mut fit);
        let moved = maximise(problem, &expected, &mut fit.m);
        fit.rounds += 1;
        fit.converged = moved <= problem.model.training.tolerance;
    }
    fit
}

/// Expected matched pairs by comparison and level; renews each rule's share of matches and the likelihood.
fn expect(ready: &[Ready], fit: &mut Fit) -> Table2 {
    let mut expected = fit
        .m
        .iter()
        .map(|levels| vec![0.0; levels.len()])
        .collect::<Vec<_>>();
    fit.likelihood = 0.0;
    for (rule, share) in ready.iter().zip(&mut fit.shares) {
        let (mut matched, mut all) = (0.0, 0.0);
        for pattern in &rule.patterns {
            let if_match = *share * pattern.if_match(&fit.m);
            let either = (if_match + (1.0 - *share) * pattern.if_not).max(f64::MIN_POSITIVE);
            let here = pattern.count * if_match / either;
            fit.likelihood += pattern.count * either.ln();
            matched += here;
            all += pattern.count;
            for &(place, level) in &pattern.levels {
                expected[usize::from(place)][usize::from(level)] += here;
            }
        }
        *share = (matched / f64::max(all, 1.0)).clamp(1e-6, 1.0 - 1e-6);
    }
    expected
}

/// The M step, with the file's m as so many pairs seen before; gives the largest change.
fn maximise(problem: &Problem<'_>, expected: &Table2, m: &mut Table2) -> f64 {
    let mut moved = 0.0_f64;
    let prior = problem.model.training.prior_pairs;
    for (place, comparison) in problem.model.comparisons.iter().enumerate() {
        let known = &problem.known[place];
        let total = expected[place].iter().sum::<f64>();
        let prior_total = known.iter().flatten().sum::<f64>() * prior;
        if total + prior_total == 0.0 {
            continue;
        }
        #[expect(
            clippy::cast_precision_loss,
            reason = "a comparison has at most 15 levels"
        )]
        let whole = total + prior_total + UNSEEN * comparison.levels.len() as f64;
        let last = comparison.levels.len() - 1;
        let share = |index: usize| {
            (expected[place][index] + known[index].unwrap_or(0.0) * prior + UNSEEN) / whole
        };
        let bounded =
            known[last].is_none() && !comparison.levels[last].fixed && share(last) > DISAGREE_MAX;
        for (index, level) in comparison.levels.iter().enumerate() {
            if !level.fixed {
                let next = match (bounded, index == last) {
                    (false, _) => share(index),
                    (true, true) => DISAGREE_MAX,
                    (true, false) => share(index) * (1.0 - DISAGREE_MAX) / (1.0 - share(last)),
                };
                moved = moved.max((next - m[place][index]).abs());
                m[place][index] = next;
            }
        }
    }
    moved
}
