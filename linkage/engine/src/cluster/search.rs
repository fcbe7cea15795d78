//! Components too large to solve over all their partitions: the heaviest link first, then neighbouring clusters are
//! partitioned anew, each time the best way, while the whole gains.
//!
//! Taking two clusters apart and putting them together the best way moves, swaps, merges and splits at once. The work
//! is bounded by the component's records.

use std::cell::RefCell;

use rustc_hash::{FxHashMap, FxHashSet};

use super::components::{Component, Link};
use super::dense::{DENSE_RECORDS_MAX, Dense, Set, rows_of};
use super::exact::{self, EXACT_NODES_MAX};
use super::exchange;
use super::ground::{Grains, Ground};
use crate::Row;

/// Steps that the improvement of a component may take beside those for its records.
const STEPS_MIN: u64 = 10_000_000;
/// Steps for each of its records.
const STEPS_PER_RECORD: u64 = 20_000;

/// Records of a component up to which what stands against each two is remembered, 8 bytes a pair.
const TRIANGLE_RECORDS_MAX: usize = 6_000;
/// What has not been asked for.
const UNKNOWN: Grains = Grains::MAX;

/// A partition of a component, by places in its rows; sorted by first place.
pub(super) struct Found {
    pub(super) clusters: Vec<Vec<usize>>,
    /// Whether the bound on the work ended the search.
    pub(super) cut_short: bool,
}

/// A good partition of the component.
pub(super) fn search(ground: &Ground<'_>, component: &Component) -> Found {
    let mut search = Search::new(ground, component);
    search.join_heaviest_first();
    search.improve();
    search.finish()
}

/// The partition that the heaviest link first gives, to compare with.
#[cfg(test)]
pub(super) fn greedy(ground: &Ground<'_>, component: &Component) -> Found {
    let mut search = Search::new(ground, component);
    search.join_heaviest_first();
    search.finish()
}

struct Search<'a> {
    ground: &'a Ground<'a>,
    component: &'a Component,
    /// By places, the lower first: what each link gains.
    gains: FxHashMap<(usize, usize), Grains>,
    /// A cluster is never changed after the joining: those that replace it get new numbers, and it is left empty.
    clusters: Vec<Vec<usize>>,
    cluster_of: Vec<usize>,
    steps_left: u64,
    cut_short: bool,
    /// What stands against two records, once it was asked for; by the pair's place in a triangle. Empty where it would be too
    /// large.
    against: RefCell<Vec<Grains>>,
}

impl<'a> Search<'a> {
    fn new(ground: &'a Ground<'a>, component: &'a Component) -> Self {
        let count = component.rows.len();
        Self {
            ground,
            component,
            gains: component
                .links
                .iter()
                .rev()
                .map(|link| ((link.left, link.right), link.gain))
                .collect(),
            clusters: (0..count).map(|place| vec![place]).collect(),
            cluster_of: (0..count).collect(),
            steps_left: STEPS_MIN + STEPS_PER_RECORD.saturating_mul(count as u64),
            cut_short: false,
            against: RefCell::new(if count <= TRIANGLE_RECORDS_MAX {
                vec![UNKNOWN; count * count.saturating_sub(1) / 2]
            } else {
                Vec::new()
            }),
        }
    }

    /// What stands against two places' records, each pair of which is compared once.
    fn against(&self, left: usize, right: usize) -> Grains {
        let (left, right) = (left.min(right), left.max(right));
        let row = |place: usize| self.component.rows[place];
        let mut known = self.against.borrow_mut();
        let Some(known) = known.get_mut(right * right.saturating_sub(1) / 2 + left) else {
            return self.ground.against(row(left), row(right));
        };
        if *known == UNKNOWN {
            *known = self.ground.against(row(left), row(right));
        }
        *known
    }

    /// Joins clusters along the links, unless more stands against than for.
    fn join_heaviest_first(&mut self) {
        let mut refused = FxHashSet::default();
        for link in &self.component.links {
            let (left, right) = self.ends(link);
            let lengths = (self.clusters[left].len(), self.clusters[right].len());
            if left == right || refused.contains(&(left, right, lengths)) {
                continue;
            }
            if self.joins(link, left, right) {
                let (kept, moved) = if lengths.0 < lengths.1 {
                    (right, left)
                } else {
                    (left, right)
                };
                let moved = std::mem::take(&mut self.clusters[moved]);
                for &place in &moved {
                    self.cluster_of[place] = kept;
                }
                self.clusters[kept].extend(moved);
            } else {
                refused.insert((left, right, lengths));
            }
        }
    }

    /// The clusters of a link's ends, the lower number first.
    fn ends(&self, link: &Link) -> (usize, usize) {
        let (left, right) = (self.cluster_of[link.left], self.cluster_of[link.right]);
        (left.min(right), left.max(right))
    }

    /// Whether two clusters gain by becoming one. What a person declared one is joined before anything else.
    fn joins(&self, link: &Link, left: usize, right: usize) -> bool {
        let (left, right) = (&self.clusters[left], &self.clusters[right]);
        if left.len() + right.len() > self.ground.settings.size_max {
            return false;
        }
        let row = |&place: &usize| self.component.rows[place];
        let rows = |places: &[usize]| places.iter().map(row).collect::<Vec<_>>();
        let (lefts, rights) = (rows(left), rows(right));
        let mut rest = link.gain - self.ground.repeated(&lefts, &rights);
        for (&place, &one) in left.iter().zip(&lefts) {
            for (&other_place, &other) in right.iter().zip(&rights) {
                if self.ground.constraints.together(one, other) {
                    continue;
                }
                if rest < 0 || self.ground.barred(one, other) {
                    return false;
                }
                if !self.is_link(place, other_place) {
                    rest += self.against(place, other_place);
                }
            }
        }
        rest >= 0
    }

    fn is_link(&self, place: usize, other: usize) -> bool {
        self.gains
            .contains_key(&(place.min(other), place.max(other)))
    }

    /// Partitions clusters anew, alone and with each cluster that a link ties them to, while the whole gains.
    fn improve(&mut self) {
        for cluster in 0..self.clusters.len() {
            if self.clusters[cluster].len() > 2 {
                self.partition_anew(&[cluster]);
            }
        }
        let mut tried = FxHashSet::default();
        for _ in 0..self.ground.settings.rounds_max {
            let mut improved = false;
            for link in &self.component.links {
                let (left, right) = self.ends(link);
                if left != right && tried.insert((left, right)) {
                    improved |= self.partition_anew(&[left, right]);
                }
            }
            if !improved {
                return;
            }
        }
    }

    /// Puts the records of some clusters together the best way found; tells whether that gains.
    fn partition_anew(&mut self, numbers: &[usize]) -> bool {
        let mut places = numbers
            .iter()
            .flat_map(|&number| self.clusters[number].iter().copied())
            .collect::<Vec<_>>();
        if places.len() > DENSE_RECORDS_MAX {
            return false;
        }
        places.sort_unstable();
        let steps = if places.len() <= EXACT_NODES_MAX {
            exact::steps(places.len())
        } else {
            exchange::steps(places.len())
        };
        if steps > self.steps_left {
            self.cut_short = true;
            return false;
        }
        self.steps_left -= steps;
        let dense = self.dense(&places);
        let now = numbers
            .iter()
            .map(|&number| set_of(&places, &self.clusters[number]))
            .collect::<Vec<_>>();
        let before = dense.total(&now);
        let found = if dense.nodes.len() <= EXACT_NODES_MAX {
            exact::best(&dense)
        } else {
            Some(exchange::improved(&dense, &now))
        };
        let Some((_, parts)) = found.filter(|found| Some(found.0) > before) else {
            return false;
        };
        for &number in numbers {
            self.clusters[number] = Vec::new();
        }
        for part in parts {
            for place in rows_of(part) {
                self.cluster_of[places[place]] = self.clusters.len();
            }
            self.clusters
                .push(rows_of(part).map(|place| places[place]).collect());
        }
        true
    }

    fn dense(&self, places: &[usize]) -> Dense {
        let rows = places
            .iter()
            .map(|&place| self.component.rows[place])
            .collect::<Vec<Row>>();
        let mut links = Vec::new();
        for (left, &place) in places.iter().enumerate() {
            for (right, &other) in places.iter().enumerate().skip(left + 1) {
                if let Some(&gain) = self.gains.get(&(place, other)) {
                    links.push((left, right, gain));
                }
            }
        }
        Dense::new(self.ground, &rows, &links)
    }

    fn finish(mut self) -> Found {
        for cluster in &mut self.clusters {
            cluster.sort_unstable();
        }
        self.clusters.retain(|cluster| !cluster.is_empty());
        self.clusters.sort_unstable();
        Found {
            clusters: self.clusters,
            cut_short: self.cut_short,
        }
    }
}

/// The set of `members` among sorted `places`.
fn set_of(places: &[usize], members: &[usize]) -> Set {
    members
        .iter()
        .filter_map(|member| places.binary_search(member).ok())
        .fold(0, |set, place| set | 1 << place)
}
