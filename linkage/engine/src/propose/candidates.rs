//! Blocking rules that could be, their keys and what each would cost.

use rayon::prelude::*;

use super::field::{Field, Nature};
use super::headings::Role;
use crate::blocking::{Key, KeyCodes};
use crate::{LinkageError, MISSING, Row, Table};

/// Most keys: a pair's shared keys are the bits of a number.
pub(super) const KEYS_MAX: usize = 128;
/// Most combinations of keys of one record in one rule.
const COMBINATIONS_MAX: usize = 64;
/// A key that gives at most so many pairs for each record is a rule on its own.
const CHEAP_PER_RECORD: u64 = 2;
/// A rule's cost is counted from one record key in this many, once there are so many records.
const SAMPLED_FROM: usize = 200_000;

/// A function of a column that rules may use.
pub(super) struct CandidateKey<'a> {
    /// As it stands in `on`.
    pub(super) text: String,
    /// The fields that it reads.
    pub(super) fields: Vec<usize>,
    pub(super) codes: KeyCodes<'a>,
    /// Whether it gives so many codes a record that joined to another key it would cost too much.
    pub(super) alone: bool,
}

/// A rule that could be: keys that must all be shared.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    /// Places of its keys.
    pub(super) keys: Vec<usize>,
    /// Most records of one block.
    pub(super) size_max: usize,
    /// Pairs that it gives.
    pub(super) cost: u64,
    /// Pairs that blocks above `size_max` would have given.
    pub(super) left_out: u64,
    /// Records of its largest block.
    pub(super) largest: usize,
}

/// Which pairs count.
#[derive(Clone, Copy)]
pub(super) struct Extent<'a> {
    pub(super) sources: &'a [u16],
    pub(super) across_alone: bool,
}

impl Extent<'_> {
    pub(super) fn holds(self, left: Row, right: Row) -> bool {
        !self.across_alone || self.sources[left as usize] != self.sources[right as usize]
    }

    /// Pairs among the records of a block.
    fn pairs(self, rows: &[(u64, Row)]) -> u64 {
        let among = |records: u64| records * records.saturating_sub(1) / 2;
        let all = among(rows.len() as u64);
        if !self.across_alone {
            return all;
        }
        let mut counts = std::collections::BTreeMap::<u16, u64>::new();
        for (_, row) in rows {
            *counts.entry(self.sources[*row as usize]).or_default() += 1;
        }
        all - counts.into_values().map(among).sum::<u64>()
    }

    /// All pairs there are.
    pub(super) fn all_pairs(self) -> u64 {
        let rows = (0..)
            .take(self.sources.len())
            .map(|row| (0, row))
            .collect::<Vec<_>>();
        self.pairs(&rows)
    }
}

/// The keys that a field's nature suggests.
fn texts_of(field: &Field) -> Vec<String> {
    let name = field.name();
    let mut texts = vec![name.to_owned()];
    let functions: &[&str] = match field.nature {
        Nature::Name => &[
            "nysiis(@)",
            "soundex(@)",
            "prefix(@, 3)",
            "prefix(@, 1)",
            "suffix(@, 3)",
            "typos(@)",
        ],
        Nature::FullName => &[
            "sorted_tokens(@)",
            "first_token(@)",
            "last_token(@)",
            "tokens(@)",
            "prefix(@, 4)",
        ],
        Nature::Words => &[
            "first_token(@)",
            "rare_tokens(@, 1)",
            "rare_tokens(@, 2)",
            "tokens(@)",
            "prefix(@, 5)",
        ],
        Nature::LongText => &[
            "rare_tokens(@, 2)",
            "rare_tokens(@, 5)",
            "tokens(@)",
            "token_pairs(@, 6)",
            "prefix(@, 8)",
            "token_pairs(@, 12)",
        ],
        Nature::Code if field.profile.letters >= 5.5 => {
            &["typos(@)", "prefix(@, 4)", "suffix(@, 4)"]
        }
        Nature::Code => &["prefix(@, 3)"],
        Nature::Codes => &["rare_tokens(@, 1)", "rare_tokens(@, 2)", "tokens(@)"],
        Nature::Date => &[
            "year(@)",
            "year_month(@)",
            "month(@)",
            "day(@)",
            "swapped_day_month(@)",
            "typos(@)",
        ],
        Nature::Number if field.role == Role::Year => &["within(@, 1)"],
        Nature::Number if field.role == Role::Length => &["within(@, 2)"],
        Nature::Number if matches!(field.role, Role::Latitude | Role::Longitude) => {
            &["within(@, 0.02)", "within(@, 0.2)"]
        }
        Nature::Category | Nature::Number => &[],
    };
    texts.extend(functions.iter().map(|function| function.replace('@', name)));
    texts
}

/// All keys over the table, but for those that say nothing.
pub(super) fn keys<'a>(
    fields: &[Field],
    table: &'a Table,
) -> Result<Vec<CandidateKey<'a>>, LinkageError> {
    let mut wanted = Vec::new();
    for (place, field) in fields.iter().enumerate() {
        wanted.extend(texts_of(field).into_iter().map(|text| (text, vec![place])));
    }
    for (left, right) in name_pairs(fields) {
        let text = format!("any_of({}, {})", fields[left].name(), fields[right].name());
        wanted.push((text, vec![left, right]));
    }
    wanted.truncate(KEYS_MAX);
    wanted
        .into_par_iter()
        .map(|(text, of)| {
            let key = Key::parse(&text).map_err(LinkageError::model)?;
            let alone = ["tokens(", "token_pairs(", "typos("]
                .iter()
                .any(|function| text.starts_with(function));
            let codes = key.codes(table, "the proposal")?;
            Ok(CandidateKey {
                codes,
                fields: of,
                alone,
                text,
            })
        })
        .collect()
}

/// Fields that are parts of a name, given names before surnames.
pub(super) fn name_pairs(fields: &[Field]) -> Vec<(usize, usize)> {
    let of = |role: Role| {
        fields
            .iter()
            .position(|field| field.role == role && field.nature == Nature::Name)
    };
    of(Role::GivenName)
        .zip(of(Role::Surname))
        .into_iter()
        .collect()
}

/// All rules of one key or two whose cost is bearable, the cheapest first. A key that is cheap alone is not joined to others.
pub(super) fn candidates(
    keys: &[CandidateKey<'_>],
    extent: Extent<'_>,
    cost_max: u64,
) -> Vec<Candidate> {
    let cheap_max = CHEAP_PER_RECORD * extent.sources.len() as u64;
    let single = (0..keys.len())
        .into_par_iter()
        .map(|key| costed(keys, &[key], extent, cost_max))
        .collect::<Vec<_>>();
    let cheap = |key: usize| {
        single[key]
            .last()
            .is_some_and(|rule| rule.cost <= cheap_max && rule.left_out == 0)
    };
    let mut sets = Vec::new();
    for left in 0..keys.len() {
        for right in left + 1..keys.len() {
            let apart = keys[left]
                .fields
                .iter()
                .all(|field| !keys[right].fields.contains(field));
            let joinable = |key: usize| !cheap(key) && !keys[key].alone;
            if apart && joinable(left) && joinable(right) {
                sets.push([left, right]);
            }
        }
    }
    let pairs = sets
        .into_par_iter()
        .flat_map_iter(|set| costed(keys, &set, extent, cost_max))
        .collect::<Vec<_>>();
    let mut found = single
        .into_iter()
        .flatten()
        .chain(pairs)
        .collect::<Vec<_>>();
    found.sort_by(|one, other| {
        one.cost
            .cmp(&other.cost)
            .then_with(|| one.keys.cmp(&other.keys))
    });
    found
}

/// The rule with its cost: as it is, and of a key of many words also with smaller blocks alone.
fn costed(
    keys: &[CandidateKey<'_>],
    set: &[usize],
    extent: Extent<'_>,
    cost_max: u64,
) -> Vec<Candidate> {
    let sizes: &[usize] = match set {
        [only] if matches!(keys[*only].codes, KeyCodes::Many { .. }) => &[20, 100, 1000],
        _ => &[1000],
    };
    let step = if extent.sources.len() >= SAMPLED_FROM {
        16
    } else {
        1
    };
    let blocks = blocks(keys, set, step);
    let mut found = Vec::<Candidate>::new();
    for &size_max in sizes {
        let mut candidate = Candidate {
            keys: set.to_vec(),
            size_max,
            cost: 0,
            left_out: 0,
            largest: 0,
        };
        for block in blocks.chunk_by(|one, other| one.0 == other.0) {
            let pairs = extent.pairs(block) * step;
            candidate.largest = candidate.largest.max(block.len());
            if block.len() <= size_max {
                candidate.cost += pairs;
            } else {
                candidate.left_out += pairs;
            }
        }
        let new = found
            .last()
            .is_none_or(|before| before.cost < candidate.cost);
        if candidate.cost > 0 && candidate.cost <= cost_max && new {
            found.push(candidate);
        }
    }
    found
}

/// `(key, row)` sorted, of one key in `step`.
pub(super) fn blocks(keys: &[CandidateKey<'_>], set: &[usize], step: u64) -> Vec<(u64, Row)> {
    let rows = match &keys[set[0]].codes {
        KeyCodes::One(codes) => codes.len(),
        KeyCodes::Many { starts, .. } => starts.len() - 1,
    };
    let mut entries = Vec::new();
    let mut so_far = Vec::new();
    for row in (0..).take(rows) {
        combined(keys, set, row, &mut so_far);
        entries.extend(
            so_far
                .iter()
                .filter(|key| *key % step == 0)
                .map(|&key| (key, row)),
        );
    }
    entries.sort_unstable();
    entries
}

/// The row's combined keys, each once.
fn combined(keys: &[CandidateKey<'_>], set: &[usize], row: Row, so_far: &mut Vec<u64>) {
    so_far.clear();
    so_far.push(0);
    for &key in set {
        let codes = keys[key].codes.at(row);
        *so_far = so_far
            .iter()
            .flat_map(|&so_far| {
                codes
                    .iter()
                    .map(move |&code| mixed(so_far, u64::from(code)))
            })
            .take(COMBINATIONS_MAX)
            .collect();
    }
    so_far.sort_unstable();
    so_far.dedup();
}

/// Joins a code to those before it (the finaliser of `SplitMix64`).
pub(super) fn mixed(so_far: u64, code: u64) -> u64 {
    let mut value = (so_far.rotate_left(29) ^ code).wrapping_add(0x9E37_79B9_7F4A_7C15);
    value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

/// How many records hold each code of a key.
pub(super) fn sizes(codes: &KeyCodes<'_>) -> Vec<u32> {
    let values: &[u32] = match codes {
        KeyCodes::One(codes) => codes,
        KeyCodes::Many { values, .. } => values,
    };
    let mut sizes = vec![0; values.iter().max().map_or(0, |&last| last as usize + 1)];
    for &code in values.iter().filter(|code| **code != MISSING) {
        sizes[code as usize] += 1;
    }
    sizes
}

/// Counts the rule's cost anew, for another extent.
pub(super) fn recount(candidate: &mut Candidate, keys: &[CandidateKey<'_>], extent: Extent<'_>) {
    let step = if extent.sources.len() >= SAMPLED_FROM {
        16
    } else {
        1
    };
    (candidate.cost, candidate.left_out) = (0, 0);
    for block in blocks(keys, &candidate.keys, step).chunk_by(|one, other| one.0 == other.0) {
        let pairs = extent.pairs(block) * step;
        if block.len() <= candidate.size_max {
            candidate.cost += pairs;
        } else {
            candidate.left_out += pairs;
        }
    }
}
