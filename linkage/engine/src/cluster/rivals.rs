//! Partitions that are too close to call: what a partition about as good would put elsewhere is left to a person.
//!
//! Each pair that lies across two clusters is taken for one person, for the sake of argument, and the two clusters'
//! records are partitioned anew around it. When that comes to nearly the worth of the partition as it stands (the
//! margin of the model), the records that the two partitions tie differently are in doubt: a twin that fits about as
//! well, a household's record that two members claim, three records of which two contradict each other. What both
//! partitions tie stays tied.

use std::cmp::Ordering;

use rayon::prelude::*;

use super::dense::{DENSE_RECORDS_MAX, Dense, PlacedLink, Set, rows_of};
use super::exact::{self, EXACT_NODES_MAX};
use super::ground::{Grains, Ground};
use super::partition::Clusters;
use crate::Row;
use crate::decide::Decision;
use crate::weigh::ScoredPair;

/// Most pairs tried for each cluster, the heaviest first: a lighter one is less of a rival.
const RIVALS_PER_CLUSTER_MAX: usize = 32;

/// Parts what is contested: changes `labels`, and gives the contested pairs, ascending.
pub(super) fn part_contested(
    ground: &Ground<'_>,
    pairs: &[ScoredPair],
    decisions: &[Decision],
    best: &Clusters,
    labels: &mut [Row],
) -> Vec<usize> {
    if ground.margin <= 0 {
        return Vec::new();
    }
    let rivals = rivals(ground, pairs, decisions, labels);
    if rivals.is_empty() {
        return Vec::new();
    }
    let court = Court {
        ground,
        pairs,
        decisions,
        best,
        cluster_of: best.by_row(),
    };
    let rivals = court.bounded(rivals);
    let verdicts = rivals
        .par_iter()
        .filter_map(|&rival| court.contested(rival))
        .collect::<Vec<_>>();
    if verdicts.is_empty() {
        return Vec::new();
    }
    let mut contested = court.part(&verdicts, labels);
    contested.extend(verdicts.iter().map(|verdict| verdict.rival));
    contested.sort_unstable();
    contested.dedup();
    contested
}

/// Pairs across two clusters that could rival one of their links: no partition with such a pair comes to more than the
/// present one and the pair's own gain.
fn rivals(
    ground: &Ground<'_>,
    pairs: &[ScoredPair],
    decisions: &[Decision],
    labels: &[Row],
) -> Vec<usize> {
    let rivals = |&place: &usize| {
        let pair = &pairs[place];
        labels[pair.left as usize] != labels[pair.right as usize]
            && !matches!(decisions[place], Decision::Vetoed(_))
            && ground.gain_if_linked(pair.weight) > -ground.margin
    };
    (0..pairs.len()).filter(rivals).collect()
}

/// A pair that makes another partition about as good.
struct Verdict {
    rival: usize,
    /// The records of the two clusters, by rank.
    rows: Vec<Row>,
    /// How the other partition puts them.
    parts: Vec<Set>,
}

struct Court<'a> {
    ground: &'a Ground<'a>,
    pairs: &'a [ScoredPair],
    decisions: &'a [Decision],
    best: &'a Clusters,
    cluster_of: Vec<u32>,
}

impl Court<'_> {
    fn members(&self, row: Row) -> &[Row] {
        self.best.members(self.cluster_of[row as usize] as usize)
    }

    /// The heaviest rivals of each cluster, ties by rank.
    fn bounded(&self, mut rivals: Vec<usize>) -> Vec<usize> {
        rivals.sort_unstable_by(|&one, &other| self.heavier_first(one, other));
        let mut counts = rustc_hash::FxHashMap::<u32, usize>::default();
        rivals.retain(|&rival| {
            let pair = &self.pairs[rival];
            [pair.left, pair.right].into_iter().all(|row| {
                let count = counts.entry(self.cluster_of[row as usize]).or_default();
                *count += 1;
                *count <= RIVALS_PER_CLUSTER_MAX
            })
        });
        rivals
    }

    fn heavier_first(&self, one: usize, other: usize) -> Ordering {
        let sources = self.ground.table.source_names();
        let ends = |place: usize| {
            let mut rows = [self.pairs[place].left, self.pairs[place].right];
            self.ground.sort_by_rank(&mut rows);
            rows.map(|row| {
                let source = usize::from(self.ground.table.source(row));
                (&sources[source], self.ground.table.id(row))
            })
        };
        self.pairs[other]
            .weight
            .total_cmp(&self.pairs[one].weight)
            .then_with(|| ends(one).cmp(&ends(other)))
    }

    /// Whether taking the pair for one person makes a partition about as good that ties other records.
    fn contested(&self, rival: usize) -> Option<Verdict> {
        let pair = &self.pairs[rival];
        let (left, right) = (self.members(pair.left), self.members(pair.right));
        let count = left.len() + right.len();
        // Two single records have nothing to lose to each other.
        if !(3..=DENSE_RECORDS_MAX).contains(&count) || self.ground.barred(pair.left, pair.right) {
            return None;
        }
        let mut rows = [left, right].concat();
        self.ground.sort_by_rank(&mut rows);
        let mut dense = Dense::new(self.ground, &rows, &self.links_within(&rows));
        let place = |row: Row| rows.iter().position(|&other| other == row);
        let set_of = |members: &[Row]| -> Set {
            let places = members.iter().filter_map(|&row| place(row));
            places.fold(0, |set, place| set | 1 << place)
        };
        let now = [set_of(left), set_of(right)];
        let worth = dense.total(&now)?;
        let gain = self.ground.gain_if_linked(pair.weight);
        let (one, other) = (place(pair.left)?, place(pair.right)?);
        let (other_worth, parts) = if dense.nodes.len() <= EXACT_NODES_MAX {
            dense.force(one, other, gain);
            exact::best(&dense)?
        } else {
            moved(&mut dense, now, (one, other), gain)?
        };
        let close = worth - other_worth < self.ground.margin;
        let alike = [(one, other), (other, one)]
            .into_iter()
            .any(|(mover, host)| self.alike(&rows, &now, &parts, mover, host));
        let cuts = now
            .iter()
            .any(|&cluster| parts.iter().all(|&part| cluster & !part != 0));
        (close && cuts && !alike).then_some(Verdict { rival, rows, parts })
    }

    /// Whether a record that the mover would leave links to the one that it would join: then both may be the mover's, a
    /// person whom a source holds twice, and no other person competes.
    fn alike(&self, rows: &[Row], now: &[Set], parts: &[Set], mover: usize, host: usize) -> bool {
        let with = |sets: &[Set]| sets.iter().copied().find(|set| set & (1 << mover) != 0);
        let left = with(now).unwrap_or(0) & !with(parts).unwrap_or(0);
        rows_of(left).any(|place| self.link(rows[place], rows[host]).is_some())
    }

    /// The link between two records, kept or not.
    fn link(&self, left: Row, right: Row) -> Option<usize> {
        let key = (left.min(right), left.max(right));
        let place = self
            .pairs
            .binary_search_by_key(&key, |pair| (pair.left, pair.right))
            .ok()?;
        (self.decisions[place] == Decision::Link).then_some(place)
    }

    /// Links between the rows, by their places.
    fn links_within(&self, rows: &[Row]) -> Vec<PlacedLink> {
        let mut links = Vec::new();
        for (left, &one) in rows.iter().enumerate() {
            for (right, &other) in rows.iter().enumerate().skip(left + 1) {
                if let Some(place) = self.link(one, other) {
                    links.push((left, right, self.ground.gain(self.pairs[place].weight)));
                }
            }
        }
        links
    }

    /// Parts what any verdict ties differently; gives the links that this parts.
    fn part(&self, verdicts: &[Verdict], labels: &mut [Row]) -> Vec<usize> {
        // A row's signature: how each verdict on its cluster puts it.
        let mut signatures = rustc_hash::FxHashMap::<Row, Vec<(usize, usize)>>::default();
        for (number, verdict) in verdicts.iter().enumerate() {
            for (part, &set) in verdict.parts.iter().enumerate() {
                for place in rows_of(set) {
                    signatures
                        .entry(verdict.rows[place])
                        .or_default()
                        .push((number, part));
                }
            }
        }
        let mut clusters = signatures
            .keys()
            .map(|&row| self.cluster_of[row as usize])
            .collect::<Vec<_>>();
        clusters.sort_unstable();
        clusters.dedup();
        let mut parted = Vec::new();
        for cluster in clusters {
            let members = self.best.members(cluster as usize);
            self.part_cluster(members, &signatures, labels, &mut parted);
        }
        parted
    }

    /// Parts one cluster by its rows' signatures, and then by what links tie.
    fn part_cluster(
        &self,
        members: &[Row],
        signatures: &rustc_hash::FxHashMap<Row, Vec<(usize, usize)>>,
        labels: &mut [Row],
        parted: &mut Vec<usize>,
    ) {
        let mut rows = members.to_vec();
        self.ground.sort_by_rank(&mut rows);
        let dense = Dense::new(self.ground, &rows, &self.links_within(&rows));
        let mut groups = Vec::<(&[(usize, usize)], Set)>::new();
        for (place, row) in rows.iter().enumerate() {
            let signature = signatures.get(row).map_or(&[][..], Vec::as_slice);
            match groups.iter_mut().find(|group| group.0 == signature) {
                Some(group) => group.1 |= 1 << place,
                None => groups.push((signature, 1 << place)),
            }
        }
        for piece in groups.iter().flat_map(|group| dense.connected(group.1)) {
            let first = rows_of(piece).map(|place| rows[place]).min();
            for place in rows_of(piece) {
                labels[rows[place] as usize] = first.unwrap_or(rows[place]);
            }
        }
        for (left, right, _) in self.links_within(&rows) {
            if labels[rows[left] as usize] != labels[rows[right] as usize] {
                parted.extend(self.link(rows[left], rows[right]));
            }
        }
    }
}

/// Where there are too many records for all partitions: one end alone moves over to the other's cluster.
fn moved(
    dense: &mut Dense,
    now: [Set; 2],
    (one, other): (usize, usize),
    gain: Grains,
) -> Option<(Grains, Vec<Set>)> {
    let node = |row: usize| {
        dense
            .nodes
            .iter()
            .copied()
            .find(|node| node & (1 << row) != 0)
    };
    let (one_node, other_node) = (node(one)?, node(other)?);
    dense.force(one, other, gain);
    let over = |node: Set| {
        now.map(|part| {
            if part & node == 0 {
                part | node
            } else {
                part & !node
            }
        })
    };
    [over(one_node), over(other_node)]
        .into_iter()
        .filter_map(|parts| {
            let pieces = parts
                .into_iter()
                .filter(|&part| part != 0)
                .flat_map(|part| dense.connected(part))
                .collect::<Vec<_>>();
            Some((dense.total(&pieces)?, pieces))
        })
        .max_by_key(|known| known.0)
}
