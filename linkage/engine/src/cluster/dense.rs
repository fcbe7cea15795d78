//! A few records with all that is known between them, so that the worth of any set of them is a walk over bits.

use super::ground::{Grains, Ground, NO_LINK, Repeat, TIE};
use crate::Row;

/// Most records of a dense problem: a set of them is one word.
pub(super) const DENSE_RECORDS_MAX: usize = 64;

/// A set of a dense problem's records.
pub(super) type Set = u64;

/// A link between two of the records, by their places.
pub(super) type PlacedLink = (usize, usize, Grains);

/// All that is known between at most [`DENSE_RECORDS_MAX`] records.
pub(super) struct Dense {
    count: usize,
    /// Sets of records that stay together: one record each, or those that a person declared one.
    pub(super) nodes: Vec<Set>,
    gain: Vec<Grains>,
    against: Vec<Grains>,
    linked: Vec<Set>,
    barred: Vec<Set>,
    /// Records of a source that counts repeats, and what each repeat costs.
    soft: Vec<(Set, Grains)>,
    size_max: usize,
}

impl Dense {
    /// The problem over `rows`, which are sorted by rank; links are between places in `rows`.
    pub(super) fn new(ground: &Ground<'_>, rows: &[Row], links: &[PlacedLink]) -> Self {
        let count = rows.len();
        let mut dense = Self {
            count,
            nodes: Vec::new(),
            gain: vec![NO_LINK; count * count],
            against: vec![0; count * count],
            linked: vec![0; count],
            barred: vec![0; count],
            soft: soft(ground, rows),
            size_max: ground.settings.size_max,
        };
        for &(left, right, gain) in links {
            dense.link(left, right, gain);
        }
        for left in 0..count {
            for right in left + 1..count {
                dense.know(ground, rows, left, right);
            }
        }
        dense.nodes = dense.tied(ground, rows);
        dense
    }

    /// All records.
    pub(super) fn all(&self) -> Set {
        self.nodes.iter().fold(0, |all, node| all | node)
    }

    /// What a set is worth as one cluster; `None` when it cannot be one.
    pub(super) fn worth(&self, set: Set) -> Option<Grains> {
        if set.count_ones() as usize > self.size_max {
            return None;
        }
        let mut against = 0;
        for row in rows_of(set) {
            if self.barred[row] & set != 0 {
                return None;
            }
            let later = set & !((2 << row) - 1);
            against += rows_of(later)
                .map(|other| self.against[row * self.count + other])
                .sum::<Grains>();
        }
        Some(self.tree(set)? + against - self.repeats(set))
    }

    /// The sum over clusters.
    pub(super) fn total(&self, parts: &[Set]) -> Option<Grains> {
        parts.iter().map(|&part| self.worth(part)).sum()
    }

    /// The heaviest spanning tree of links, by growing it from the first record (Prim 1957); `None` when links do not
    /// tie the set.
    fn tree(&self, set: Set) -> Option<Grains> {
        let mut best = [NO_LINK; DENSE_RECORDS_MAX];
        let (mut added, mut total) = (first(set), 0);
        let mut outside = set & !(1 << added);
        while outside != 0 {
            let (mut heaviest, mut next) = (NO_LINK, added);
            for row in rows_of(outside) {
                best[row] = best[row].max(self.gain[added * self.count + row]);
                if best[row] > heaviest {
                    (heaviest, next) = (best[row], row);
                }
            }
            if heaviest == NO_LINK {
                return None;
            }
            total += heaviest;
            outside &= !(1 << next);
            added = next;
        }
        Some(total)
    }

    /// The edges of the heaviest spanning tree, in the order in which it grows.
    pub(super) fn tree_edges(&self, set: Set) -> Vec<(usize, usize)> {
        let mut inside: Set = 1 << first(set);
        let mut edges = Vec::new();
        while inside != set {
            let reaching = rows_of(inside).flat_map(|one| {
                rows_of(set & !inside & self.linked[one])
                    .map(move |other| (self.gain[one * self.count + other], one, other))
            });
            let Some((_, one, other)) = reaching.max_by_key(|&(gain, one, other)| {
                (gain, std::cmp::Reverse(other), std::cmp::Reverse(one))
            }) else {
                break;
            };
            edges.push((one, other));
            inside |= 1 << other;
        }
        edges
    }

    /// The sets into which links tie the set.
    pub(super) fn connected(&self, set: Set) -> Vec<Set> {
        let (mut left, mut parts) = (set, Vec::new());
        while left != 0 {
            let (mut part, mut edge): (Set, Set) = (0, 1 << first(left));
            while edge != 0 {
                part |= edge;
                edge = rows_of(edge).fold(0, |reached, row| reached | self.linked[row]);
                edge &= left & !part;
            }
            parts.push(part);
            left &= !part;
        }
        parts
    }

    /// Makes two records a link that must be, for the sake of argument.
    pub(super) fn force(&mut self, left: usize, right: usize, gain: Grains) {
        self.link(left, right, gain);
        let joined = |node: &Set| node & (1 << left | 1 << right) != 0;
        let node = self
            .nodes
            .iter()
            .filter(|node| joined(node))
            .fold(0, |all, node| all | node);
        self.nodes.retain(|other| !joined(other));
        self.nodes.push(node);
        self.nodes.sort_unstable_by_key(|node| first(*node));
    }

    fn link(&mut self, left: usize, right: usize, gain: Grains) {
        for (one, other) in [(left, right), (right, left)] {
            let place = one * self.count + other;
            self.gain[place] = self.gain[place].max(gain);
            self.linked[one] |= 1 << other;
        }
    }

    /// What stands for and against two records in one cluster.
    fn know(&mut self, ground: &Ground<'_>, rows: &[Row], left: usize, right: usize) {
        if ground.constraints.together(rows[left], rows[right]) {
            self.link(left, right, TIE);
            return;
        }
        if ground.barred(rows[left], rows[right]) {
            self.barred[left] |= 1 << right;
            self.barred[right] |= 1 << left;
            return;
        }
        if self.linked[left] & (1 << right) == 0 {
            let against = ground.against(rows[left], rows[right]);
            self.against[left * self.count + right] = against;
            self.against[right * self.count + left] = against;
        }
    }

    fn tied(&self, ground: &Ground<'_>, rows: &[Row]) -> Vec<Set> {
        let mut nodes = Vec::<Set>::new();
        for place in 0..self.count {
            let mate = nodes.iter_mut().find(|node| {
                ground
                    .constraints
                    .together(rows[first(**node)], rows[place])
            });
            match mate {
                Some(node) => *node |= 1 << place,
                None => nodes.push(1 << place),
            }
        }
        nodes
    }

    fn repeats(&self, set: Set) -> Grains {
        self.soft
            .iter()
            .map(|&(records, cost)| {
                Grains::from((records & set).count_ones().saturating_sub(1)) * cost
            })
            .sum()
    }
}

/// The records of a set, ascending.
pub(super) fn rows_of(set: Set) -> impl Iterator<Item = usize> {
    let mut left = set;
    std::iter::from_fn(move || {
        (left != 0).then(|| {
            let row = first(left);
            left &= left - 1;
            row
        })
    })
}

fn first(set: Set) -> usize {
    set.trailing_zeros() as usize
}

/// The sets of records of each source that counts its repeats.
fn soft(ground: &Ground<'_>, rows: &[Row]) -> Vec<(Set, Grains)> {
    let mut found = Vec::<(u16, Set, Grains)>::new();
    for (place, &row) in rows.iter().enumerate() {
        let source = ground.table.source(row);
        let Repeat::Costs(cost) = ground.repeat(source) else {
            continue;
        };
        match found.iter_mut().find(|known| known.0 == source) {
            Some(known) => known.1 |= 1 << place,
            None => found.push((source, 1 << place, cost)),
        }
    }
    found
        .into_iter()
        .filter(|(_, records, _)| records.count_ones() > 1)
        .map(|(_, records, cost)| (records, cost))
        .collect()
}
