//! What counts as evidence: not what numbers the records, and not what another column already says.

use super::candidates::{Extent, mixed};
use super::field::{Field, Nature};
use super::headings::Role;
use super::look::{Chances, Look, bits};
use super::sight::{ABSENT, Sight};
use crate::{MISSING, Row};

/// Pairs of one value that are asked whether they agree on another column.
const PAIRS_OF_VALUE_MAX: usize = 4_000;
/// Fewer tell nothing.
const PAIRS_MIN: f64 = 40.0;
/// Values of a column that settles another are shared by different records, not by matches alone.
const MATCHES_SHARE_MAX: f64 = 0.3;
/// From here on the one column settles the other.
const SETTLED: f64 = 0.9;
/// A column that different records share more often than this is weak: settled by another, it can go.
const WEAK: f64 = 0.03;
/// Records that share a rare value of evidence are this likely one, at least, by all else.
const LIFT_MIN: f64 = 0.02;
/// Or so many times likelier than records at random: many records share a year, yet it is evidence.
const LIFT_TIMES_MIN: f64 = 20.0;

/// Why the raw column can be no evidence, by itself.
pub(super) fn refused(field: &Field, source_count: usize) -> Option<String> {
    let profile = &field.profile;
    if profile.distinct < 2 {
        return Some("it holds one value or none".into());
    }
    if field.role == Role::Truth {
        return Some("its heading says that it tells which records belong together".into());
    }
    if source_count > 1 && profile.sources() < 2 {
        return Some("only one file has it".into());
    }
    let numbers_records = profile.unique_by_source
        && matches!(
            field.nature,
            Nature::Code | Nature::Number | Nature::Name | Nature::Words
        );
    if numbers_records && (profile.sequence || field.role == Role::RecordId) {
        return Some("it numbers the records of a file".into());
    }
    if source_count > 1 && field.nature == Nature::Category && profile.across == 0 {
        return Some("the files have no value of it in common".into());
    }
    if numbers_records && profile.repeated == 0 && field.nature == Nature::Code {
        return Some("no two records share a value".into());
    }
    None
}

/// Whether records that share the column's value have nothing else in common: a number that means another thing in each file.
pub(super) fn is_chance(
    place: usize,
    field: &Field,
    looks: &[Look],
    sights: &[Sight<'_>],
    chances: &Chances,
) -> bool {
    if field.profile.chance_same > 0.01 || !matches!(field.nature, Nature::Code | Nature::Number) {
        return false;
    }
    let (mut pairs, mut likely) = (0.0, 0.0);
    for look in looks.iter().filter(|look| look.levels[place] == 0) {
        pairs += look.weight;
        likely += look.weight * chance_without(look, &[place], sights, chances);
    }
    let least = LIFT_MIN.min(LIFT_TIMES_MIN * chances.prior.exp());
    pairs >= PAIRS_MIN && likely / pairs < least
}

/// Columns that another settles, as `(settled, settling)`.
pub(super) fn settled(
    fields: &[Field],
    sights: &[Sight<'_>],
    used: &[bool],
    chances: &Chances,
    shared: &[Vec<Look>],
) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    for by in (0..fields.len()).filter(|&by| used[by]) {
        let looks = &shared[by];
        if mostly_matches(looks, sights, chances) {
            continue;
        }
        for place in (0..fields.len()).filter(|&place| place != by && used[place]) {
            let u = fields[place].profile.chance_same;
            let finer = fields[by].profile.chance_same < u;
            let weak = u > WEAK;
            if finer
                && weak
                && agreement(looks, place, by, sights, chances)
                    >= f64::max(SETTLED, 1.0 - (1.0 - u) / 4.0)
                && fields[by].profile.fill() >= fields[place].profile.fill() - 0.1
            {
                found.push((place, by));
            }
        }
    }
    found
}

/// Columns whose text stands in another's, or that others make up, as `(redundant, why)`: a whole name beside its parts goes,
/// a part of an address beside the address.
pub(super) fn repeated(fields: &[Field]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    for whole in 0..fields.len() {
        let is_text = |place: &usize| {
            !matches!(
                fields[*place].nature,
                Nature::Category | Nature::Number | Nature::Date | Nature::Codes
            )
        };
        if !is_text(&whole) {
            continue;
        }
        let parts = (0..fields.len())
            .filter(is_text)
            .filter(|&part| part != whole && contains(&fields[whole], &fields[part]))
            .collect::<Vec<_>>();
        match parts.as_slice() {
            [] => {}
            [part] => found.push((*part, whole)),
            [first, ..] => found.push((whole, *first)),
        }
    }
    found
}

/// Whether the one's words are found in the other's, record by record.
fn contains(whole: &Field, part: &Field) -> bool {
    let (mut asked, mut found) = (0_u32, 0_u32);
    for (&whole_code, &part_code) in whole.texts.rows().iter().zip(part.texts.rows()).take(5_000) {
        if whole_code == MISSING || part_code == MISSING {
            continue;
        }
        asked += 1;
        let (text, part) = (whole.texts.name(whole_code), part.texts.name(part_code));
        found += u32::from(text.len() > part.len() && part.len() > 1 && text.contains(part));
    }
    asked >= 20 && f64::from(found) >= 0.8 * f64::from(asked)
}

/// Pairs of records, otherwise drawn blindly, that share the field's value.
pub(super) fn pairs_of_one_value(
    fields: &[Field],
    by: usize,
    sights: &[Sight<'_>],
    extent: Extent<'_>,
) -> Vec<Look> {
    let mut rows = (0..)
        .zip(fields[by].texts.rows())
        .filter(|(_, code)| **code != MISSING)
        .collect::<Vec<(Row, &u32)>>();
    rows.sort_unstable_by_key(|&(row, &code)| (code, mixed(u64::from(code), u64::from(row))));
    let mut neighbours = rows
        .windows(2)
        .filter(|pair| pair[0].1 == pair[1].1 && extent.holds(pair[0].0, pair[1].0))
        .map(|pair| (pair[0].0.min(pair[1].0), pair[0].0.max(pair[1].0)))
        .collect::<Vec<_>>();
    neighbours.sort_unstable_by_key(|&(left, right)| mixed(u64::from(left), u64::from(right)));
    neighbours.truncate(PAIRS_OF_VALUE_MAX);
    let look = |(left, right)| Look {
        left,
        right,
        weight: 1.0,
        rules: Vec::new(),
        levels: sights
            .iter()
            .map(|sight| sight.level(left, right))
            .collect(),
        chance: 0.0,
    };
    neighbours.into_iter().map(look).collect()
}

/// Whether records that share the value are one more often than not: then the value settles a record, not a column.
fn mostly_matches(looks: &[Look], sights: &[Sight<'_>], chances: &Chances) -> bool {
    let likely = looks
        .iter()
        .map(|look| chance_without(look, &[], sights, chances))
        .sum::<f64>();
    likely > MATCHES_SHARE_MAX * super::profile::to_f64(looks.len())
}

/// How often different records that share the one column's value share the other's.
fn agreement(
    looks: &[Look],
    place: usize,
    by: usize,
    sights: &[Sight<'_>],
    chances: &Chances,
) -> f64 {
    let (mut asked, mut agree) = (0.0, 0.0);
    for look in looks.iter().filter(|look| look.levels[place] != ABSENT) {
        let different = 1.0 - chance_without(look, &[place, by], sights, chances);
        asked += different;
        agree += if look.levels[place] == 0 {
            different
        } else {
            0.0
        };
    }
    if asked < PAIRS_MIN {
        0.0
    } else {
        agree / asked
    }
}

/// The chance that two records are one by all columns but some.
fn chance_without(look: &Look, without: &[usize], sights: &[Sight<'_>], chances: &Chances) -> f64 {
    let others = (0..sights.len()).filter(|place| !without.contains(place));
    let odds = chances.prior
        + others
            .map(|place| bits(look, place, sights, chances))
            .sum::<f64>();
    1.0 / (1.0 + (-odds).exp())
}
