//! Which rules to take: the fewest pairs for the most of the likely matches.

use super::candidates::{Candidate, CandidateKey, Extent};
use super::look::Look;
use super::profile::to_f64;

/// Looking at a rule at all costs as much as so many of its pairs for each record.
const PAIRS_PER_RECORD_FREE: f64 = 0.5;
/// In small files, at all costs as much as so many pairs.
const PAIRS_FREE: f64 = 2_000.0;
/// Rules must give so many pairs for each record, or so many in all and fewer for each, that different records too be seen; a
/// rule that is added for it at most so many.
const PAIRS_PER_RECORD_SEEN: u64 = 10;
const PAIRS_SEEN: u64 = 200_000;
const PAIRS_PER_RECORD_SEEN_MIN: u64 = 3;
const PAIRS_PER_RECORD_ADDED: u64 = 20;
/// Most rules added so.
const RULES_ADDED_MAX: usize = 4;
/// A rule of columns that no rule reads yet is worth so many times what it gives.
const OTHER_COLUMNS: f64 = 10.0;
/// A further rule must find this share of the likely matches, and so many of them.
const GAIN_MIN: f64 = 0.0005;
const MATCHES_MIN: f64 = 0.5;
/// Likely matches that a rule must give for a field to be learnt from it.
const LEARNT_FROM_MIN: f64 = 15.0;
/// Most rules.
const RULES_MAX: usize = 14;

/// The rules chosen, and what is known of their recall.
pub(super) struct Choice {
    /// Places among the candidates, the most useful first.
    pub(super) rules: Vec<usize>,
    /// Share of the likely matches that each rule gives, and that it adds.
    pub(super) found: Vec<(f64, f64)>,
    /// Estimate of the share of all matches that the chosen give, those counted in that no candidate gives.
    pub(super) recall: f64,
}

/// Takes rules one by one, each time the one with most new likely matches for its pairs.
pub(super) fn choose(
    (candidates, keys): (&[Candidate], &[CandidateKey<'_>]),
    looks: &[Look],
    extent: Extent<'_>,
    pairs_max: u64,
) -> Choice {
    let free = PAIRS_FREE.max(PAIRS_PER_RECORD_FREE * to_f64(extent.sources.len()));
    let here = looks
        .iter()
        .filter(|look| extent.holds(look.left, look.right) && look.chance > 0.01)
        .collect::<Vec<_>>();
    let all = here.iter().map(|look| look.matches()).sum::<f64>();
    let mut open = vec![true; here.len()];
    let (mut rules, mut spent) = (Vec::new(), 0);
    while rules.len() < RULES_MAX {
        let gains = gains(candidates.len(), &here, &open);
        let least = f64::max(GAIN_MIN * all, MATCHES_MIN);
        let worth = |place: usize| gains[place] / (cost(&candidates[place]) + free);
        let best = (0..candidates.len())
            .filter(|&place| gains[place] >= least && spent + candidates[place].cost <= pairs_max)
            .max_by(|&one, &other| worth(one).total_cmp(&worth(other)).then(other.cmp(&one)));
        let Some(best) = best else {
            break;
        };
        spent += candidates[best].cost;
        rules.push(best);
        for (open, look) in open.iter_mut().zip(&here) {
            *open = *open && !look.is_given_by(best);
        }
    }
    without_idle(&mut rules, &here);
    let records = extent.sources.len() as u64;
    with_different(&mut rules, (candidates, keys), &here, records);
    told(rules, &here, all)
}

/// Adds rules that give many of the likely matches again, by other columns if it can be, until the rules give enough pairs of
/// different records: of too few nobody can tell how different records look.
fn with_different(
    rules: &mut Vec<usize>,
    (candidates, keys): (&[Candidate], &[CandidateKey<'_>]),
    looks: &[&Look],
    records: u64,
) {
    let gains = gains(candidates.len(), looks, &vec![true; looks.len()]);
    let spent = |rules: &[usize]| rules.iter().map(|&rule| candidates[rule].cost).sum::<u64>();
    let seen = (PAIRS_PER_RECORD_SEEN * records)
        .min(PAIRS_SEEN)
        .max(PAIRS_PER_RECORD_SEEN_MIN * records);
    let fields = |rule: usize| {
        let keys = candidates[rule].keys.iter().map(|&key| &keys[key]);
        keys.flat_map(|key| key.fields.iter().copied())
    };
    let most = RULES_MAX.min(rules.len() + RULES_ADDED_MAX);
    while rules.len() < most && spent(rules) < seen {
        let read = rules
            .iter()
            .flat_map(|&rule| fields(rule))
            .collect::<Vec<_>>();
        let worth = |rule: usize| {
            let other = fields(rule).all(|field| !read.contains(&field));
            gains[rule] * if other { OTHER_COLUMNS } else { 1.0 }
        };
        let open = (0..candidates.len()).filter(|rule| {
            !rules.contains(rule) && candidates[*rule].cost <= PAIRS_PER_RECORD_ADDED * records
        });
        let best =
            open.max_by(|&one, &other| worth(one).total_cmp(&worth(other)).then(other.cmp(&one)));
        let Some(best) = best.filter(|&best| gains[best] > 0.0) else {
            return;
        };
        rules.push(best);
    }
}

fn cost(candidate: &Candidate) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    let cost = candidate.cost as f64;
    cost
}

fn gains(rules: usize, looks: &[&Look], open: &[bool]) -> Vec<f64> {
    let mut gains = vec![0.0; rules];
    for (look, _) in looks.iter().zip(open).filter(|(_, open)| **open) {
        for (word, &bits) in look.rules.iter().enumerate() {
            let mut bits = bits;
            while bits != 0 {
                gains[word * 64 + bits.trailing_zeros() as usize] += look.matches();
                bits &= bits - 1;
            }
        }
    }
    gains
}

/// Adds, for each field that every chosen rule decides beforehand, a rule from whose pairs it can be learnt: one without
/// the field that gives likely matches for few pairs.
pub(super) fn with_rules_to_learn_from(
    choice: &mut Choice,
    candidates: &[Candidate],
    keys: &[CandidateKey<'_>],
    (looks, used): (&[Look], &[bool]),
    tied: &[(usize, usize)],
) {
    let reads = |rule: usize, field: usize| {
        let together = |one: usize| {
            one == field || tied.contains(&(one, field)) || tied.contains(&(field, one))
        };
        candidates[rule]
            .keys
            .iter()
            .any(|&key| keys[key].fields.iter().any(|&one| together(one)))
    };
    for field in (0..used.len()).filter(|&field| used[field]) {
        if choice.rules.iter().any(|&rule| !reads(rule, field)) {
            continue;
        }
        let mut gains = vec![0.0; candidates.len()];
        for look in looks.iter().filter(|look| look.chance > 0.01) {
            for (rule, gain) in gains.iter_mut().enumerate() {
                *gain += if look.is_given_by(rule) {
                    look.matches()
                } else {
                    0.0
                };
            }
        }
        let all = gains.iter().copied().fold(0.0, f64::max);
        let worth = |rule: usize| gains[rule] * gains[rule] / cost(&candidates[rule]).max(1.0);
        let open = (0..candidates.len())
            .filter(|&rule| !reads(rule, field) && gains[rule] >= LEARNT_FROM_MIN);
        if let Some(best) =
            open.max_by(|&one, &other| worth(one).total_cmp(&worth(other)).then(other.cmp(&one)))
        {
            choice.rules.push(best);
            choice.found.push((gains[best] / all.max(1e-9), 0.0));
        }
    }
}

/// Drops rules whose pairs the others give by now.
fn without_idle(rules: &mut Vec<usize>, looks: &[&Look]) {
    let mut place = 0;
    while place < rules.len() && rules.len() > 2 {
        let rule = rules[place];
        let others = rules.iter().filter(|other| **other != rule);
        let others = others.copied().collect::<Vec<_>>();
        let alone = looks
            .iter()
            .filter(|look| {
                look.is_given_by(rule) && !others.iter().any(|&other| look.is_given_by(other))
            })
            .map(|look| look.matches())
            .sum::<f64>();
        if alone < MATCHES_MIN {
            rules.remove(place);
        } else {
            place += 1;
        }
    }
}

/// The estimate of recall is Chao's lower bound of the unseen (Chao 1987): likely matches that one candidate rule alone
/// gives, and those that two give, tell of those that none gives.
fn told(rules: Vec<usize>, looks: &[&Look], all: f64) -> Choice {
    let (mut once, mut twice, mut covered) = (0.0, 0.0, 0.0);
    let mut found = vec![(0.0, 0.0); rules.len()];
    for look in looks {
        match look.rules.iter().map(|word| word.count_ones()).sum::<u32>() {
            1 => once += look.matches(),
            2 => twice += look.matches(),
            _ => {}
        }
        let given = rules
            .iter()
            .enumerate()
            .filter(|(_, rule)| look.is_given_by(**rule));
        let given = given.map(|(place, _)| place).collect::<Vec<_>>();
        if let Some(&first) = given.first() {
            covered += look.matches();
            found[first].1 += look.matches();
        }
        for place in given {
            found[place].0 += look.matches();
        }
    }
    let unseen = once * once / (2.0 * f64::max(twice, 1.0));
    for share in &mut found {
        *share = (share.0 / all.max(1e-9), share.1 / all.max(1e-9));
    }
    Choice {
        rules,
        found,
        recall: covered / (all + unseen).max(1e-9),
    }
}

/// The rule's name for people.
pub(super) fn name_of(candidate: &Candidate, keys: &[CandidateKey<'_>]) -> String {
    let told = |text: &str| {
        let Some((function, arguments)) = text.trim_end_matches(')').split_once('(') else {
            return text.replace('_', " ");
        };
        let (columns, figure) =
            arguments
                .rsplit_once(", ")
                .map_or((arguments, ""), |(columns, figure)| {
                    if figure.parse::<f64>().is_ok() {
                        (columns, figure)
                    } else {
                        (arguments, "")
                    }
                });
        let columns = columns.replace('_', " ");
        match function {
            "prefix" => format!("first {figure} of {columns}"),
            "suffix" => format!("last {figure} of {columns}"),
            "nysiis" | "soundex" | "phonetic" | "cologne" => {
                format!("sound of {columns} ({function})")
            }
            "typos" => format!("{columns} but for one error"),
            "any_of" => format!("{} in either place", columns.replace(", ", " or ")),
            "rare_tokens" => format!("a rare word of {columns} (of {figure})"),
            "token_pairs" => format!("two rare words of {columns} (of {figure})"),
            "tokens" => format!("a word of {columns}"),
            "within" => format!("{columns} within {figure}"),
            other => format!("{} of {columns}", other.replace('_', " ")),
        }
    };
    candidate
        .keys
        .iter()
        .map(|&key| told(&keys[key].text))
        .collect::<Vec<_>>()
        .join(", ")
}
