//! m by expectation maximisation over counts of comparison patterns (Winkler 1988; Enamorado et al. 2019 for the counts;
//! Jaro 1989 for u that stays). u is known from frequencies; m is shared by all rules, each rule has its share of matches.
//!
//! Where the model says what tells kin apart, pairs of two who are kin are a third class (Winkler 1993): in those comparisons
//! they are as two strangers, in all others as the data say. Else members of one household, often more than the matches, would
//! be learnt from as if they were one person's records. The mirror image is a fourth class, of matches who moved: in those
//! comparisons they are as one person, in all others as the data say. Else whoever moved, and lost several things at once that
//! training takes for independent, would weigh far too little.

use super::corrections::{Corrections, Sums};
use super::dependence::chances_of_two;
use super::patterns::RulePatterns;
use crate::{Level, Model, Pattern};

/// A level that no matched pair showed counts as half a pair (Jeffreys' prior): rare, not impossible.
const UNSEEN: f64 = 0.5;
/// A person's records disagree in no more than this share of them, unless the file says otherwise: without such a bound,
/// people of one household, who agree in half of the fields, would pass for one person (Winkler 1993).
const DISAGREE_MAX: f64 = 0.5;
/// The same of what tells kin apart: it hardly changes.
const DISAGREE_APART_MAX: f64 = 0.25;
/// No more than this many moved for each match who did not, in any rule's pairs.
const MOVED_PER_MATCH_MAX: f64 = 0.3;
/// Shares of matches to start from; the start that ends with the best likelihood wins.
const STARTS: [f64; 3] = [0.01, 0.1, 0.5];

/// Rounds after which the starts are compared.
const TRIAL_ROUNDS: usize = 15;

/// Kin are looked for in a rule that leaves open what two strangers share no more often than this.
const KIN_SHARE_MAX: f64 = 0.1;
/// Kin, and matches who moved, for each match, to start from.
const KIN_PER_MATCH: f64 = 0.5;
const MOVED_PER_MATCH: f64 = 0.1;
/// Kin agree in given name and surname both no more often.
const BOTH_NAMES_MAX: f64 = 0.02;

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
    /// The chance of each level for kin; of no use in comparisons that tell kin apart.
    pub(crate) kin: Table2,
    /// The same for matches who moved.
    pub(crate) moved: Table2,
    /// By rule.
    pub(crate) shares: Vec<Shares>,
    pub(crate) rounds: usize,
    pub(crate) converged: bool,
    likelihood: f64,
}

/// The parts of a rule's pairs that are no strangers'.
#[derive(Clone, Copy)]
pub(crate) struct Shares {
    pub(crate) matches: f64,
    pub(crate) moved: f64,
    pub(crate) kin: f64,
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
            Fit {
                rounds: 0,
                ..start.clone()
            },
            rounds_max,
        );
    }
    let starts = STARTS.map(|share| {
        let start = Fit::start(problem, &ready, share);
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
    let chance = |pattern: &ReadyPattern| {
        let parts = pattern.parts(fit, fit.shares[rule], ready.has_kin);
        (parts.matches + parts.moved) / parts.all()
    };
    ready.patterns.iter().map(chance).collect()
}

/// A rule's patterns as the E step reads them.
struct Ready {
    patterns: Vec<ReadyPattern>,
    /// Whether kin, and matches who moved, are looked for among them.
    has_kin: bool,
}

struct ReadyPattern {
    count: f64,
    /// The chance of the levels that the rule leaves open, given those that it fixes, for two persons.
    if_not: f64,
    /// The same of the comparisons that tell kin apart alone.
    apart_if_not: f64,
    /// Comparisons and levels that the rule leaves open.
    levels: Vec<(u8, u8)>,
    /// Those of them that tell kin apart, and those that do not.
    apart: Vec<(u8, u8)>,
    shared: Vec<(u8, u8)>,
}

/// What each class gives of a pattern.
struct Parts {
    matches: f64,
    moved: f64,
    kin: f64,
    strangers: f64,
}

impl Parts {
    fn all(&self) -> f64 {
        (self.matches + self.moved + self.kin + self.strangers).max(f64::MIN_POSITIVE)
    }
}

impl ReadyPattern {
    fn parts(&self, fit: &Fit, shares: Shares, has_kin: bool) -> Parts {
        let product = |levels: &[(u8, u8)], table: &Table2| {
            let chances = levels
                .iter()
                .map(|&(place, level)| table[usize::from(place)][usize::from(level)]);
            chances.product::<f64>()
        };
        if !has_kin {
            return Parts {
                matches: shares.matches * product(&self.levels, &fit.m),
                moved: 0.0,
                kin: 0.0,
                strangers: (1.0 - shares.matches) * self.if_not,
            };
        }
        let one = product(&self.apart, &fit.m);
        Parts {
            matches: shares.matches * one * product(&self.shared, &fit.m),
            moved: shares.moved * one * product(&self.shared, &fit.moved),
            kin: shares.kin * self.apart_if_not * product(&self.shared, &fit.kin),
            strangers: (1.0 - shares.matches - shares.moved - shares.kin) * self.if_not,
        }
    }
}

impl Ready {
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    fn new(problem: &Problem<'_>, rule: &RulePatterns) -> Self {
        let u = chances_of_two(problem.model);
        let apart = problem.apart();
        let alike = |wanted: bool| {
            let open = (0..u.len()).filter(|&place| !rule.fixed[place] && apart[place] == wanted);
            open.map(|place| u[place][0]).product::<f64>()
        };
        let has_kin = alike(true) <= KIN_SHARE_MAX && alike(false) <= KIN_SHARE_MAX;
        let (mut sums, mut apart_sums) = (Sums::default(), Sums::default());
        let ready = |&(pattern, count): &(Pattern, u64)| {
            let open = (0_u8..).zip(&rule.fixed).filter(|(_, fixed)| !**fixed);
            let levels = open.filter_map(|(place, _)| match pattern.level(usize::from(place)) {
                Level::At(level) => Some((place, level)),
                Level::Missing => None,
            });
            let levels = levels.collect::<Vec<_>>();
            let (of_apart, shared) = levels
                .iter()
                .partition(|(place, _)| apart[usize::from(*place)]);
            let apart_alone = || {
                let mut alone = Pattern::default();
                for place in (0..apart.len()).filter(|&place| apart[place] || rule.fixed[place]) {
                    alone.set(place, pattern.level(place));
                }
                alone
            };
            ReadyPattern {
                count: count as f64,
                if_not: problem
                    .corrections
                    .chance_given(pattern, &rule.fixed, &u, &mut sums),
                apart_if_not: if has_kin {
                    problem.corrections.chance_given(
                        apart_alone(),
                        &rule.fixed,
                        &u,
                        &mut apart_sums,
                    )
                } else {
                    0.0
                },
                apart: of_apart,
                shared,
                levels,
            }
        };
        Self {
            patterns: rule.patterns.iter().map(ready).collect(),
            has_kin,
        }
    }
}

impl Problem<'_> {
    /// By comparison, whether kin differ in it altogether.
    fn apart(&self) -> Vec<bool> {
        let comparisons = self.model.comparisons.iter();
        comparisons
            .map(crate::ComparisonSettings::is_of_strangers)
            .collect()
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
    /// Kin and matches who moved start half as persons, half as strangers.
    fn start(problem: &Problem<'_>, ready: &[Ready], share: f64) -> Self {
        let m = starting_m(problem);
        let half = |(m, u): (&Vec<f64>, &Vec<f64>)| {
            m.iter()
                .zip(u)
                .map(|(m, u)| f64::midpoint(*m, *u))
                .collect()
        };
        let shares = |rule: &Ready| {
            let there = f64::from(u8::from(rule.has_kin));
            Shares {
                matches: share,
                moved: MOVED_PER_MATCH * share * there,
                kin: KIN_PER_MATCH * share * there,
            }
        };
        let halves = m
            .iter()
            .zip(&chances_of_two(problem.model))
            .map(half)
            .collect::<Table2>();
        Self {
            kin: halves.clone(),
            moved: halves,
            m,
            shares: ready.iter().map(shares).collect(),
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
        let moved = maximise(problem, &expected.matches, &mut fit.m);
        let moved = moved.max(maximise_freely(&expected.kin, &mut fit.kin));
        bound_kin(problem, &mut fit.kin);
        let moved = moved.max(maximise_freely(&expected.moved, &mut fit.moved));
        fit.rounds += 1;
        fit.converged = moved <= problem.model.training.tolerance;
    }
    fit
}

/// Expected pairs by comparison and level.
struct Expected {
    matches: Table2,
    moved: Table2,
    kin: Table2,
}

/// The E step; renews each rule's shares and the likelihood.
fn expect(ready: &[Ready], fit: &mut Fit) -> Expected {
    let none = || {
        let levels = fit.m.iter().map(|levels| vec![0.0; levels.len()]);
        levels.collect::<Table2>()
    };
    let mut expected = Expected {
        matches: none(),
        moved: none(),
        kin: none(),
    };
    let mut likelihood = 0.0;
    let mut shares = Vec::with_capacity(ready.len());
    for (rule, &before) in ready.iter().zip(&fit.shares) {
        let (mut matched, mut moved, mut akin, mut all) = (0.0, 0.0, 0.0, 0.0);
        for pattern in &rule.patterns {
            let parts = pattern.parts(fit, before, rule.has_kin);
            let either = parts.all();
            let of = |part: f64| pattern.count * part / either;
            likelihood += pattern.count * either.ln();
            all += pattern.count;
            matched += of(parts.matches);
            if !rule.has_kin {
                add(&mut expected.matches, &pattern.levels, of(parts.matches));
                continue;
            }
            moved += of(parts.moved);
            akin += of(parts.kin);
            let one = of(parts.matches) + of(parts.moved);
            add(&mut expected.matches, &pattern.apart, one);
            add(&mut expected.matches, &pattern.shared, of(parts.matches));
            add(&mut expected.moved, &pattern.shared, of(parts.moved));
            add(&mut expected.kin, &pattern.shared, of(parts.kin));
        }
        let share = |pairs: f64| (pairs / f64::max(all, 1.0)).clamp(1e-6, 1.0 - 1e-6);
        let matches = share(matched);
        let left = |so_far: f64| (1.0 - 1e-6 - so_far).max(0.0);
        let moved = share(moved)
            .min(left(matches))
            .min(MOVED_PER_MATCH_MAX * matches);
        shares.push(Shares {
            matches,
            moved,
            kin: share(akin).min(left(matches + moved)),
        });
    }
    (fit.shares, fit.likelihood) = (shares, likelihood);
    expected
}

/// Kin who have one name in common have the other by chance alone.
fn bound_kin(problem: &Problem<'_>, kin: &mut Table2) {
    for (comparison, chances) in problem.model.comparisons.iter().zip(kin) {
        let too_much = |place: usize| comparison.is_too_much_for_kin(place);
        let whole = (0..chances.len())
            .filter(|&place| too_much(place))
            .map(|place| chances[place])
            .sum::<f64>();
        if whole > BOTH_NAMES_MAX {
            for (place, chance) in chances.iter_mut().enumerate() {
                *chance *= if too_much(place) {
                    BOTH_NAMES_MAX / whole
                } else {
                    (1.0 - BOTH_NAMES_MAX) / (1.0 - whole).max(f64::MIN_POSITIVE)
                };
            }
        }
    }
}

/// Adds so many pairs to the levels.
fn add(expected: &mut Table2, levels: &[(u8, u8)], pairs: f64) {
    for &(place, level) in levels {
        expected[usize::from(place)][usize::from(level)] += pairs;
    }
}

/// The M step of a class that nothing is known of; gives the largest change.
fn maximise_freely(expected: &Table2, chances: &mut Table2) -> f64 {
    let mut moved = 0.0_f64;
    for (counts, chances) in expected.iter().zip(chances) {
        if counts.iter().sum::<f64>() == 0.0 {
            continue;
        }
        let whole = counts.iter().map(|count| count + UNSEEN).sum::<f64>();
        for (count, chance) in counts.iter().zip(chances) {
            let next = (count + UNSEEN) / whole;
            moved = moved.max((next - *chance).abs());
            *chance = next;
        }
    }
    moved
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
        let most = if comparison.is_of_strangers() {
            DISAGREE_APART_MAX.max(known[last].unwrap_or(0.0))
        } else {
            known[last].map_or(DISAGREE_MAX, |_| 1.0)
        };
        let bounded = !comparison.levels[last].fixed && share(last) > most;
        for (index, level) in comparison.levels.iter().enumerate() {
            if !level.fixed {
                let next = match (bounded, index == last) {
                    (false, _) => share(index),
                    (true, true) => most,
                    (true, false) => share(index) * (1.0 - most) / (1.0 - share(last)),
                };
                moved = moved.max((next - m[place][index]).abs());
                m[place][index] = next;
            }
        }
    }
    moved
}
