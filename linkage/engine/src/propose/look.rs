//! The first look: pairs that possible rules give, compared in four levels, with chances learnt from them alone
//! (Fellegi and Sunter 1969; Winkler 1988). Pairs that no rule gives count as different records.

use rayon::prelude::*;

use super::candidates::{Candidate, CandidateKey, Extent, blocks, mixed, sizes};
use super::profile::to_f64;
use super::sight::{ABSENT, LEVELS, Sight};
use crate::Row;
use crate::blocking::KeyCodes;

/// Pairs that are looked at, of each rule and in all.
const PAIRS_PER_RULE_MAX: u64 = 40_000;
const PAIRS_MAX: u64 = 500_000;
/// Random pairs that show how often different records agree.
const RANDOM_PAIRS: u64 = 150_000;
const ROUNDS: usize = 25;
/// What tells persons of one household apart differs between records of one person this often, at most.
const DIFFERENT_MAX: f64 = 0.2;
/// Levels of one person's values, as is usual.
const USUAL: [f64; LEVELS] = [0.75, 0.12, 0.05, 0.08];
/// What is usual counts as so many pairs; of what tells persons of one household apart, as so many for each record.
const USUAL_PAIRS: f64 = 10.0;
const USUAL_IDENTITY: f64 = 0.3;
/// Pairs that share one value and not another, taken for granted.
const GIVEN_PAIRS: f64 = 20.0;
/// True pairs for each record, at first.
const MATCHES_PER_RECORD: f64 = 0.2;

/// A pair looked at.
#[derive(Clone)]
pub(super) struct Look {
    pub(super) left: Row,
    pub(super) right: Row,
    /// Of how many such pairs it tells: sampling's other side.
    pub(super) weight: f64,
    /// The rules that give it, a bit each.
    pub(super) rules: Vec<u64>,
    pub(super) levels: Vec<u8>,
    /// The chance that the two are one.
    pub(super) chance: f64,
}

/// Chances of the levels by field.
pub(super) struct Chances {
    pub(super) m: Vec<[f64; LEVELS]>,
    pub(super) u: Vec<[f64; LEVELS]>,
    /// Log-odds, base e, of two records at random.
    pub(super) prior: f64,
    /// By field and by another: how often different records that share the other's value share this one's.
    pub(super) given: Vec<Vec<f64>>,
}

impl Look {
    pub(super) fn is_given_by(&self, rule: usize) -> bool {
        self.rules[rule / 64] >> (rule % 64) & 1 == 1
    }

    /// The pair once more, to be weighed otherwise.
    pub(super) fn again(&self) -> Self {
        Self {
            rules: Vec::new(),
            levels: self.levels.clone(),
            ..*self
        }
    }

    /// Pairs like it that are matches.
    pub(super) fn matches(&self) -> f64 {
        self.weight * self.chance
    }
}

/// Pairs of the candidates' blocks, those of dear rules by a sample of the blocks.
pub(super) fn looks(
    keys: &[CandidateKey<'_>],
    candidates: &[Candidate],
    sights: &[Sight<'_>],
    extent: Extent<'_>,
    names: Option<(usize, usize)>,
) -> Vec<Look> {
    let per_rule = (PAIRS_MAX / candidates.len().max(1) as u64).clamp(2_000, PAIRS_PER_RULE_MAX);
    let steps = candidates
        .iter()
        .map(|candidate| candidate.cost.div_ceil(per_rule).max(1))
        .collect::<Vec<_>>();
    let mut pairs = candidates
        .par_iter()
        .zip(&steps)
        .flat_map_iter(|(candidate, &step)| pairs_of(keys, candidate, step, extent))
        .collect::<Vec<_>>();
    pairs.par_sort_unstable();
    pairs.dedup();
    let block_sizes = keys.iter().map(|key| sizes(&key.codes)).collect::<Vec<_>>();
    pairs
        .into_par_iter()
        .map(|(left, right)| {
            let mut rules = vec![0_u64; candidates.len().div_ceil(64)];
            let shared = keys
                .iter()
                .zip(&block_sizes)
                .map(|(key, sizes)| smallest_shared(&key.codes, sizes, left, right));
            let shared = shared.collect::<Vec<_>>();
            let mut missed = 1.0;
            for (place, candidate) in candidates.iter().enumerate() {
                if gives(candidate, &shared) {
                    rules[place / 64] |= 1 << (place % 64);
                    missed *= 1.0 - super::profile::ratio(1, steps[place]);
                }
            }
            let mut levels = sights
                .iter()
                .map(|sight| sight.level(left, right))
                .collect::<Vec<_>>();
            if let Some((given, surname)) = names
                && levels[given] != 0
                && exchanged((&sights[given], &sights[surname]), left, right)
            {
                (levels[given], levels[surname]) = (1, 1);
            }
            Look {
                left,
                right,
                weight: 1.0 / f64::max(1.0 - missed, 1e-6),
                rules,
                levels,
                chance: 0.0,
            }
        })
        .collect()
}

/// Whether given name and surname stand in each other's place.
pub(super) fn exchanged((given, surname): (&Sight<'_>, &Sight<'_>), left: Row, right: Row) -> bool {
    given.same_as(left, surname, right) && surname.same_as(left, given, right)
}

/// Whether the rule gives a pair that shares keys of these block sizes. A block of two keys is bounded by the smaller.
fn gives(candidate: &Candidate, shared: &[Option<u32>]) -> bool {
    match candidate.keys.as_slice() {
        [only] => shared[*only].is_some_and(|size| size as usize <= candidate.size_max),
        several => several.iter().all(|&key| shared[key].is_some()),
    }
}

/// Records of the smallest block of the key that holds both.
fn smallest_shared(codes: &KeyCodes<'_>, sizes: &[u32], left: Row, right: Row) -> Option<u32> {
    let (left, right) = (codes.at(left), codes.at(right));
    let shared = left
        .iter()
        .filter(|code| right.contains(code))
        .map(|&code| sizes[code as usize]);
    shared.min()
}

fn pairs_of(
    keys: &[CandidateKey<'_>],
    candidate: &Candidate,
    step: u64,
    extent: Extent<'_>,
) -> Vec<(Row, Row)> {
    let entries = blocks(keys, &candidate.keys, step);
    let mut pairs = Vec::new();
    for block in entries
        .chunk_by(|one, other| one.0 == other.0)
        .filter(|block| block.len() <= candidate.size_max)
    {
        for (place, &(_, left)) in block.iter().enumerate() {
            let rights = block[place + 1..].iter().map(|&(_, right)| right);
            pairs.extend(
                rights
                    .filter(|&right| extent.holds(left, right))
                    .map(|right| (left, right)),
            );
        }
    }
    pairs
}

/// Levels of random pairs, by field: how often records that have nothing to do with each other agree.
fn chances_of_different(sights: &[Sight<'_>], extent: Extent<'_>) -> Vec<[f64; LEVELS]> {
    let records = extent.sources.len() as u64;
    let draws = (0..RANDOM_PAIRS).into_par_iter().filter_map(|draw| {
        let row = |number: u64| Row::try_from(number % records.max(1)).unwrap_or(0);
        let (left, right) = (row(mixed(1, 2 * draw)), row(mixed(2, 2 * draw + 1)));
        (left != right && extent.holds(left, right)).then_some((left.min(right), left.max(right)))
    });
    let mut draws = draws.collect::<Vec<_>>();
    draws.par_sort_unstable();
    draws.dedup();
    let of_field = |sight: &Sight<'_>| {
        let mut counts = [0.5; LEVELS];
        for &(left, right) in &draws {
            let level = sight.level(left, right);
            if level != ABSENT {
                counts[usize::from(level)] += 1.0;
            }
        }
        let sum = counts.iter().sum::<f64>();
        counts.map(|count| count / sum)
    };
    sights.par_iter().map(of_field).collect()
}

/// Learns the chances by expectation and maximisation, and gives each pair its own.
pub(super) fn learn(
    looks: &mut [Look],
    sights: &[Sight<'_>],
    used: &[bool],
    extent: Extent<'_>,
    shared: &[Vec<Look>],
) -> Chances {
    let records = to_f64(extent.sources.len()).max(2.0);
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    let pairs = extent.all_pairs().max(1) as f64;
    let mut chances = Chances {
        m: vec![USUAL; sights.len()],
        u: chances_of_different(sights, extent),
        prior: (MATCHES_PER_RECORD * records / pairs).min(0.5).ln(),
        given: vec![vec![0.0; sights.len()]; sights.len()],
    };
    for round in 0..ROUNDS {
        if round % 5 == 0 {
            chances.given = given(sights, used, &chances, shared, extent);
        }
        weigh(looks, sights, used, &chances);
        let matches = maximise(looks, sights, &mut chances, records);
        let share = (matches.clamp(0.005 * records, 5.0 * records) / pairs).min(0.5);
        chances.prior = (share / (1.0 - share)).ln();
    }
    weigh(looks, sights, used, &chances);
    chances
}

/// Renews m; gives the likely matches. What tells persons of one household apart keeps near to what is usual, so that
/// households are not taken for persons.
fn maximise(looks: &[Look], sights: &[Sight<'_>], chances: &mut Chances, records: f64) -> f64 {
    let mut expected = vec![[0.0; LEVELS]; sights.len()];
    let mut matches = 0.0;
    for look in looks {
        matches += look.matches();
        let levels = expected.iter_mut().zip(&look.levels);
        for (counts, &level) in levels.filter(|(_, level)| **level != ABSENT) {
            counts[usize::from(level)] += look.matches();
        }
    }
    for ((m, counts), sight) in chances.m.iter_mut().zip(&expected).zip(sights) {
        let strength = if sight.identity {
            USUAL_IDENTITY * records
        } else {
            USUAL_PAIRS
        };
        let sum = counts.iter().sum::<f64>() + strength;
        for level in 0..LEVELS {
            m[level] = (counts[level] + strength * USUAL[level]) / sum;
        }
        let last = LEVELS - 1;
        if sight.identity && m[last] > DIFFERENT_MAX {
            let rest = (1.0 - DIFFERENT_MAX) / (1.0 - m[last]);
            m[..last].iter_mut().for_each(|m| *m *= rest);
            m[last] = DIFFERENT_MAX;
        }
    }
    matches
}

/// How often different records that share one field's value share another's.
fn given(
    sights: &[Sight<'_>],
    used: &[bool],
    chances: &Chances,
    shared: &[Vec<Look>],
    extent: Extent<'_>,
) -> Vec<Vec<f64>> {
    let mut given = vec![vec![0.0; sights.len()]; sights.len()];
    for (by, looks) in shared.iter().enumerate().filter(|(by, _)| used[*by]) {
        let (mut asked, mut agree) = (vec![GIVEN_PAIRS; sights.len()], vec![0.0; sights.len()]);
        for look in looks {
            let odds = chances.prior
                + (0..sights.len())
                    .filter(|&place| used[place])
                    .map(|place| bits(look, place, sights, chances))
                    .sum::<f64>();
            let apart =
                |place: usize| sights[place].identity && used[place] && look.levels[place] == 3;
            // Where no file holds anything twice, its households show how different records agree.
            let in_one_file = !extent.holds(look.left, look.right);
            let different = if in_one_file || (0..sights.len()).any(apart) {
                1.0
            } else {
                1.0 / (1.0 + odds.exp())
            };
            for place in (0..sights.len()).filter(|&place| look.levels[place] != ABSENT) {
                asked[place] += different;
                agree[place] += if look.levels[place] == 0 {
                    different
                } else {
                    0.0
                };
            }
        }
        for place in (0..sights.len()).filter(|&place| place != by) {
            given[place][by] = agree[place] / asked[place];
        }
    }
    given
}

/// Gives each pair its chance.
pub(super) fn weigh(looks: &mut [Look], sights: &[Sight<'_>], used: &[bool], chances: &Chances) {
    looks.par_iter_mut().for_each(|look| {
        let evidence = (0..sights.len())
            .filter(|&place| used[place])
            .map(|place| bits(look, place, sights, chances));
        let odds = chances.prior + evidence.sum::<f64>();
        look.chance = 1.0 / (1.0 + (-odds).exp());
    });
}

/// What a field says of a pair, in units of e. The same value says less where another that is the same brings it along.
pub(super) fn bits(look: &Look, place: usize, sights: &[Sight<'_>], chances: &Chances) -> f64 {
    let level = look.levels[place];
    if level == ABSENT {
        return 0.0;
    }
    let m = chances.m[place][usize::from(level)];
    if level != 0 {
        return (m / chances.u[place][usize::from(level)]).ln();
    }
    let finer = |by: &usize| {
        look.levels[*by] == 0 && (sights[*by].chance_same, *by) < (sights[place].chance_same, place)
    };
    let brought = (0..sights.len())
        .filter(finer)
        .map(|by| chances.given[place][by]);
    let u = brought.fold(sights[place].share(look.left), f64::max);
    (m / u.max(1e-6)).ln()
}
