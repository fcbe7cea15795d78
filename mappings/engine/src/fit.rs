use std::sync::Arc;

use schema::Header;
use serde::Serialize;

use crate::MappingSet;
use crate::language::heading_key;
use crate::language::mapping::Mapping;
use crate::layout::{Bound, Layout};

/// How a header and the mappings go together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Fit {
    /// The mapping that takes it, as `name@version`; none when each lacks a required column.
    pub mapping: Option<Arc<str>>,
    /// The mapping that comes nearest, which the rest speaks of: `mapping` where there is one.
    pub nearest: Option<Arc<str>>,
    /// Required columns that are not there.
    pub missing: Vec<Arc<str>>,
    /// New columns: no mapping names them, so that they are not stored.
    pub unknown: Vec<Box<str>>,
    /// Columns that may not enter by their meaning.
    pub refused: Vec<Box<str>>,
    /// Columns that are not there while a new one has a similar heading.
    pub renamed: Vec<Renamed>,
}

/// A heading that looks like another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Renamed {
    /// The heading in the file.
    pub found: Box<str>,
    /// The mapping's heading, for which it may stand: add it under `[aliases]`.
    pub expected: Arc<str>,
}

/// Similarity from which a heading is suggested as a renamed one; 1 is the same.
const SIMILARITY_MIN: f64 = 0.6;

impl Fit {
    pub(crate) fn of(set: &MappingSet, header: &Header) -> Self {
        let layout = Layout::new(&set.mappings, header, set.door);
        let score = |bound: &&Bound| {
            (
                bound.missing.is_empty(),
                bound.known,
                std::cmp::Reverse(bound.unknown.len()),
                set.mappings[bound.mapping].version,
            )
        };
        let Some(bound) = layout.candidates.iter().max_by_key(score) else {
            return Self {
                unknown: header.names().to_vec(),
                ..Self::default()
            };
        };
        let mapping = &set.mappings[bound.mapping];
        let refused = header
            .names()
            .iter()
            .filter(|heading| set.door.refuses_heading(heading).is_some());
        Self {
            mapping: bound.missing.is_empty().then(|| mapping.id().clone()),
            nearest: Some(mapping.id().clone()),
            missing: bound.missing.clone(),
            unknown: bound.unknown.clone(),
            refused: refused.cloned().collect(),
            renamed: renamed(bound, mapping),
        }
    }
}

/// For each column that is not there, the new heading that is most like it.
fn renamed(bound: &Bound, mapping: &Mapping) -> Vec<Renamed> {
    let absent = mapping
        .columns
        .iter()
        .zip(&bound.positions)
        .filter(|(_, position)| position.is_none());
    let mut pairs: Vec<(f64, Renamed)> = absent
        .flat_map(|(column, _)| bound.unknown.iter().map(move |found| (column, found)))
        .map(|(column, found)| {
            (
                similarity(&heading_key(found), &heading_key(&column.name)),
                Renamed {
                    found: found.clone(),
                    expected: column.name.clone(),
                },
            )
        })
        .filter(|(similarity, _)| *similarity >= SIMILARITY_MIN)
        .collect();
    pairs.sort_by(|(one, first), (other, second)| {
        other.total_cmp(one).then_with(|| first.cmp(second))
    });
    let mut chosen: Vec<Renamed> = Vec::new();
    for (_, pair) in pairs {
        if chosen
            .iter()
            .all(|known| known.found != pair.found && known.expected != pair.expected)
        {
            chosen.push(pair);
        }
    }
    chosen.sort();
    chosen
}

fn similarity(one: &str, other: &str) -> f64 {
    strsim::normalized_damerau_levenshtein(one, other)
}
