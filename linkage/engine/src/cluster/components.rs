//! What links tie together: pairs that stand alone are told at once, the rest by components.

use rustc_hash::FxHashMap;

use super::ground::{Grains, Ground, TIE};
use crate::Row;
use crate::decide::Decision;
use crate::weigh::ScoredPair;

/// Records that links tie together.
pub(super) struct Component {
    /// Sorted by rank.
    pub(super) rows: Vec<Row>,
    /// The heaviest first, ties by rank. Places are those of `rows`, the lower first.
    pub(super) links: Vec<Link>,
}

/// A link within a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) left: usize,
    pub(super) right: usize,
    pub(super) gain: Grains,
}

/// The links of a run by what they need.
pub(super) struct Sorted {
    /// Links whose two records have no other link.
    pub(super) alone: Vec<usize>,
    /// The other links by component, components in the order of their first link.
    links: Vec<usize>,
    /// Where each component's links begin.
    starts: Vec<usize>,
}

impl Sorted {
    /// Sorts the links. A record that a person declared one with another is never alone.
    pub(super) fn new(ground: &Ground<'_>, pairs: &[ScoredPair], decisions: &[Decision]) -> Self {
        let mut degrees = vec![0_u8; ground.table.len()];
        let mut count = |row: Row| {
            let degree = &mut degrees[row as usize];
            *degree = degree.saturating_add(1);
        };
        let mut links = Vec::new();
        for (place, pair) in pairs.iter().enumerate() {
            if decisions[place] == Decision::Link {
                links.push(place);
                count(pair.left);
                count(pair.right);
            }
        }
        for (left, right) in ground.constraints.ties() {
            count(left);
            count(right);
        }
        let degree = |row: Row| degrees[row as usize];
        let (alone, rest) = links.into_iter().partition::<Vec<_>, _>(|&link| {
            degree(pairs[link].left) == 1 && degree(pairs[link].right) == 1
        });
        let (links, starts) = grouped(ground, pairs, &rest);
        Self {
            alone,
            links,
            starts,
        }
    }

    /// The links of each component that is more than a pair.
    pub(super) fn components(&self) -> impl Iterator<Item = &[usize]> {
        self.starts
            .windows(2)
            .map(|bounds| &self.links[bounds[0]..bounds[1]])
    }
}

/// The links by connected component, and where each component begins.
fn grouped(ground: &Ground<'_>, pairs: &[ScoredPair], links: &[usize]) -> (Vec<usize>, Vec<usize>) {
    if links.is_empty() {
        return (Vec::new(), Vec::new());
    }
    let mut forest = Forest::new(ground.table.len());
    for &link in links {
        forest.join(pairs[link].left, pairs[link].right);
    }
    for (left, right) in ground.constraints.ties() {
        forest.join(left, right);
    }
    let mut numbers = vec![usize::MAX; ground.table.len()];
    let mut starts = vec![0];
    let mut component_of = Vec::with_capacity(links.len());
    for &link in links {
        let number = &mut numbers[forest.root(pairs[link].left) as usize];
        if *number == usize::MAX {
            *number = starts.len() - 1;
            starts.push(0);
        }
        starts[*number + 1] += 1;
        component_of.push(*number);
    }
    for place in 1..starts.len() {
        starts[place] += starts[place - 1];
    }
    let (mut next, mut sorted) = (starts.clone(), vec![0; links.len()]);
    for (&link, component) in links.iter().zip(component_of) {
        sorted[next[component]] = link;
        next[component] += 1;
    }
    (sorted, starts)
}

/// Disjoint sets of rows, each under its lowest.
struct Forest(Vec<Row>);

impl Forest {
    fn new(rows: usize) -> Self {
        Self((0..).take(rows).collect())
    }

    fn root(&mut self, row: Row) -> Row {
        let mut row = row as usize;
        while self.0[row] as usize != row {
            self.0[row] = self.0[self.0[row] as usize];
            row = self.0[row] as usize;
        }
        self.0[row]
    }

    fn join(&mut self, left: Row, right: Row) {
        let (left, right) = (self.root(left), self.root(right));
        self.0[left.max(right) as usize] = left.min(right);
    }
}

impl Component {
    /// The component of these links, with the ties that people's decisions add to its records.
    pub(super) fn new(ground: &Ground<'_>, pairs: &[ScoredPair], links: &[usize]) -> Self {
        let mut rows = rows_of_links(pairs, links);
        let ties = ground.constraints.ties_of(&rows);
        rows.extend(ties.iter().flat_map(|&(left, right)| [left, right]));
        rows.sort_unstable();
        rows.dedup();
        ground.sort_by_rank(&mut rows);
        let places = rows
            .iter()
            .enumerate()
            .map(|(place, &row)| (row, place))
            .collect::<FxHashMap<_, _>>();
        let link = |left: Row, right: Row, gain: Grains| {
            let (left, right) = (places[&left], places[&right]);
            Link {
                left: left.min(right),
                right: left.max(right),
                gain,
            }
        };
        let weighed = links.iter().map(|&place| {
            let pair = &pairs[place];
            link(pair.left, pair.right, ground.gain(pair.weight))
        });
        let declared = ties.iter().map(|&(left, right)| link(left, right, TIE));
        let mut links = weighed.chain(declared).collect::<Vec<_>>();
        links.sort_unstable_by_key(|link| (std::cmp::Reverse(link.gain), link.left, link.right));
        Self { rows, links }
    }
}

/// The records of these links.
pub(super) fn rows_of_links(pairs: &[ScoredPair], links: &[usize]) -> Vec<Row> {
    let mut rows = Vec::with_capacity(2 * links.len());
    for &link in links {
        rows.extend([pairs[link].left, pairs[link].right]);
    }
    rows.sort_unstable();
    rows.dedup();
    rows
}
