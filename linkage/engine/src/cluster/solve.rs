//! One component: which way it is solved, and its partition.

use super::assign::Gains;
use super::components::{Component, rows_of_links};
use super::dense::{DENSE_RECORDS_MAX, Dense, Set, rows_of};
use super::exact::{self, EXACT_NODES_MAX};
use super::ground::{Ground, Repeat, TIE};
use super::search;
use crate::Row;
use crate::weigh::ScoredPair;

/// A component's partition; records in none of its clusters are single.
pub(super) struct Solution {
    pub(super) records: usize,
    pub(super) links: usize,
    pub(super) method: Method,
    pub(super) clusters: Vec<Vec<Row>>,
}

/// How a component was solved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Plain,
    Exact,
    Assigned { greedily: bool },
    Searched { cut_short: bool },
}

/// Solves the component of these links, none of which is alone.
pub(super) fn solve(ground: &Ground<'_>, pairs: &[ScoredPair], links: &[usize]) -> Solution {
    let rows = rows_of_links(pairs, links);
    if is_plain(ground, pairs, links, &rows) {
        return Solution {
            records: rows.len(),
            links: links.len(),
            method: Method::Plain,
            clusters: vec![rows],
        };
    }
    let component = Component::new(ground, pairs, links);
    let (method, clusters) = if let Some(sources) = two_sources(ground, &component) {
        assigned(ground, &component, sources)
    } else if component.rows.len() <= EXACT_NODES_MAX {
        (Method::Exact, exactly(ground, &component))
    } else {
        let found = search::search(ground, &component);
        let cut_short = found.cut_short;
        (Method::Searched { cut_short }, found.clusters)
    };
    let row = |place: usize| component.rows[place];
    Solution {
        records: component.rows.len(),
        links: links.len(),
        method,
        clusters: clusters
            .into_iter()
            .map(|places| places.into_iter().map(row).collect())
            .collect(),
    }
}

/// Whether the component is one cluster without a question: no source counts repeats, no person decided anything about
/// its records, and nothing stands against any pair.
fn is_plain(ground: &Ground<'_>, pairs: &[ScoredPair], links: &[usize], rows: &[Row]) -> bool {
    rows.len() <= DENSE_RECORDS_MAX.min(ground.settings.size_max)
        && !ground.constraints.touch(rows)
        && no_source_repeats(ground, rows)
        && links
            .iter()
            .all(|&link| ground.gain_if_linked(pairs[link].weight) >= 0)
        && nothing_against(ground, pairs, links, rows)
}

fn no_source_repeats(ground: &Ground<'_>, rows: &[Row]) -> bool {
    let mut sources = [u16::MAX; DENSE_RECORDS_MAX];
    let counted = rows
        .iter()
        .map(|&row| ground.table.source(row))
        .filter(|&source| ground.repeat(source) != Repeat::Free);
    for (seen, source) in counted.enumerate() {
        if sources[..seen].contains(&source) {
            return false;
        }
        sources[seen] = source;
    }
    true
}

/// Whether every pair of the rows is a link or has nothing that stands against it.
fn nothing_against(
    ground: &Ground<'_>,
    pairs: &[ScoredPair],
    links: &[usize],
    rows: &[Row],
) -> bool {
    if links.len() == rows.len() * (rows.len() - 1) / 2 {
        return true;
    }
    let mut linked: [Set; DENSE_RECORDS_MAX] = [0; DENSE_RECORDS_MAX];
    for &link in links {
        let ends = [pairs[link].left, pairs[link].right].map(|row| rows.binary_search(&row));
        if let [Ok(left), Ok(right)] = ends {
            linked[left.min(right)] |= 1 << left.max(right);
        }
    }
    rows.iter().enumerate().all(|(left, &one)| {
        rows.iter()
            .enumerate()
            .skip(left + 1)
            .all(|(right, &other)| {
                linked[left] & (1 << right) != 0
                    || (ground.against(one, other) == 0 && !ground.barred(one, other))
            })
    })
}

/// The best of all partitions.
fn exactly(ground: &Ground<'_>, component: &Component) -> Vec<Vec<usize>> {
    let links = component
        .links
        .iter()
        .map(|link| (link.left, link.right, link.gain))
        .collect::<Vec<_>>();
    let dense = Dense::new(ground, &component.rows, &links);
    exact::best(&dense)
        .map_or_else(Vec::new, |best| best.1)
        .into_iter()
        .map(|set| rows_of(set).collect())
        .collect()
}

/// The two sources of the component's records, if there are two and neither may hold a person twice.
fn two_sources(ground: &Ground<'_>, component: &Component) -> Option<(u16, u16)> {
    let source = |row: &Row| ground.table.source(*row);
    let first = source(component.rows.first()?);
    let second = component
        .rows
        .iter()
        .map(source)
        .find(|&other| other != first)?;
    let single = [first, second]
        .iter()
        .all(|&source| ground.repeat(source) == Repeat::Never);
    let only = component
        .rows
        .iter()
        .all(|row| [first, second].contains(&source(row)));
    (single && only && ground.settings.size_max >= 2).then_some((first, second))
}

/// The best assignment between two sources.
fn assigned(
    ground: &Ground<'_>,
    component: &Component,
    (first, _): (u16, u16),
) -> (Method, Vec<Vec<usize>>) {
    // The records of each source, by rank, and the place of each record among those of its source.
    let mut sides = [Vec::new(), Vec::new()];
    let mut places = Vec::with_capacity(component.rows.len());
    for (place, &row) in component.rows.iter().enumerate() {
        let side = &mut sides[usize::from(ground.table.source(row) != first)];
        places.push(side.len());
        side.push(place);
    }
    let [lefts, rights] = sides;
    let mut gains = Gains {
        by_left: vec![Vec::new(); lefts.len()],
        rights: rights.len(),
    };
    // What a person declared one gains so much that it is always kept; nobody declares two such pairs of one record.
    for link in &component.links {
        let row = |place: usize| component.rows[place];
        let kept =
            link.gain == TIE || !ground.constraints.together(row(link.left), row(link.right));
        let crossing = ground.table.source(row(link.left)) != ground.table.source(row(link.right));
        if kept && crossing {
            let (mut left, mut right) = (link.left, link.right);
            if ground.table.source(row(left)) != first {
                (left, right) = (right, left);
            }
            gains.by_left[places[left]].push((places[right], link.gain));
        }
    }
    let greedily = !gains.solvable();
    let right_of = if greedily {
        gains.greedy()
    } else {
        gains.best()
    };
    let clusters = lefts
        .into_iter()
        .zip(right_of)
        .filter_map(|(left, right)| Some(vec![left, rights[right?]]))
        .collect();
    (Method::Assigned { greedily }, clusters)
}
