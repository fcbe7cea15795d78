//! Links to clusters: the best partition that the weights support, under vetoes, one-per-source constraints and a size.
//!
//! Greedy, the highest weight first; each union is checked over all records of both sides. Then single records move
//! where the partition gains. Ties go by source name and record id, so the rows' order does not matter.

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::decide::{Decision, Reason, Rules};
use crate::model::OnePerCluster;
use crate::scorer::Scorer;
use crate::weigh::ScoredPair;
use crate::{Model, Row, Table};

/// A component with more records keeps its greedy partition: moving records costs the cube of its size.
const IMPROVED_COMPONENT_MAX: usize = 400;
/// A move must gain so many bits, so that rounding never moves a record to and fro.
const GAIN_BITS_MIN: f32 = 0.01;

/// Partitions all records; a link that the partition does not keep turns into a review with its reason.
///
/// Clusters are sorted by their first row, singletons included.
#[must_use]
pub(crate) fn cluster(
    model: &Model,
    table: &Table,
    rules: &dyn Rules,
    scorer: &Scorer<'_, '_>,
    pairs: &[ScoredPair],
    decisions: &mut [Decision],
) -> Vec<Vec<Row>> {
    let ground = Ground::new(model, table, rules, scorer);
    let components = components(table.len(), pairs, decisions);
    let solved = components
        .par_iter()
        .map(|edges| ground.solve(pairs, edges))
        .collect::<Vec<_>>();
    let mut cluster_of = vec![None; table.len()];
    let mut clusters = Vec::new();
    for solution in solved {
        for (edge, reason) in solution.refused {
            decisions[edge] = Decision::Review(reason);
        }
        for members in solution.clusters {
            for &row in &members {
                cluster_of[row as usize] = Some(clusters.len());
            }
            clusters.push(members);
        }
    }
    clusters.extend(
        (0..)
            .zip(&cluster_of)
            .filter(|(_, cluster)| cluster.is_none())
            .map(|(row, _)| vec![row]),
    );
    settle(pairs, decisions, &cluster_of);
    clusters.sort_unstable();
    clusters
}

/// Links whose ends lie apart become reviews, reviews whose ends lie together become links.
fn settle(pairs: &[ScoredPair], decisions: &mut [Decision], cluster_of: &[Option<usize>]) {
    for (pair, decision) in pairs.iter().zip(decisions) {
        let (left, right) = (
            cluster_of[pair.left as usize],
            cluster_of[pair.right as usize],
        );
        let together = left.is_some() && left == right;
        *decision = match *decision {
            Decision::Review(_) if together => Decision::Link,
            Decision::Link if !together => Decision::Review(Reason::Contradiction),
            kept => kept,
        };
    }
}

/// Link edges by connected component, components in the order of their first edge.
fn components(records: usize, pairs: &[ScoredPair], decisions: &[Decision]) -> Vec<Vec<usize>> {
    let mut parents = (0..records).collect::<Vec<_>>();
    let links = || (0..pairs.len()).filter(|&edge| decisions[edge] == Decision::Link);
    for edge in links() {
        let (left, right) = (
            root(&mut parents, pairs[edge].left as usize),
            root(&mut parents, pairs[edge].right as usize),
        );
        parents[left.max(right)] = left.min(right);
    }
    let mut places = FxHashMap::default();
    let mut components = Vec::<Vec<usize>>::new();
    for edge in links() {
        let root = root(&mut parents, pairs[edge].left as usize);
        let place = *places.entry(root).or_insert(components.len());
        if place == components.len() {
            components.push(Vec::new());
        }
        components[place].push(edge);
    }
    components
}

fn root(parents: &mut [usize], mut node: usize) -> usize {
    while parents[node] != node {
        parents[node] = parents[parents[node]];
        node = parents[node];
    }
    node
}

/// What every component is solved on.
struct Ground<'a> {
    model: &'a Model,
    table: &'a Table,
    rules: &'a dyn Rules,
    scorer: &'a Scorer<'a, 'a>,
    ranks: Vec<u32>,
    /// By source: what a second record costs, `None` where it costs nothing.
    costs: Vec<Option<f32>>,
}

/// One component's partition.
struct Solution {
    clusters: Vec<Vec<Row>>,
    refused: Vec<(usize, Reason)>,
}

/// The weights of all pairs within a component, filled as they are asked for.
struct Weights<'a> {
    scorer: &'a Scorer<'a, 'a>,
    /// The component's links.
    links: FxHashSet<(Row, Row)>,
    known: FxHashMap<(Row, Row), f32>,
}

impl Weights<'_> {
    /// Whether a link ties the row to one of the members, or there is none to tie it to.
    fn ties(&self, row: Row, members: &[Row]) -> bool {
        let linked = |&other: &Row| self.links.contains(&(row.min(other), row.max(other)));
        members.is_empty() || members.iter().any(linked)
    }

    fn between(&mut self, left: Row, right: Row) -> f32 {
        let key = (left.min(right), left.max(right));
        if let Some(&known) = self.known.get(&key) {
            return known;
        }
        let weight = self.scorer.weight(key.0, key.1);
        self.known.insert(key, weight);
        weight
    }
}

impl<'a> Ground<'a> {
    fn new(
        model: &'a Model,
        table: &'a Table,
        rules: &'a dyn Rules,
        scorer: &'a Scorer<'a, 'a>,
    ) -> Self {
        let cost = |name: &String| {
            let source = model.source(name)?;
            match source.one_per_cluster {
                OnePerCluster::Free => None,
                OnePerCluster::Soft => Some(source.penalty_bits),
                OnePerCluster::Hard => Some(f32::INFINITY),
            }
        };
        let costs = table.source_names().iter().map(cost).collect();
        Self {
            model,
            table,
            rules,
            scorer,
            ranks: table.ranks(),
            costs,
        }
    }

    fn solve(&self, pairs: &[ScoredPair], edges: &[usize]) -> Solution {
        let known = edges
            .iter()
            .map(|&edge| ((pairs[edge].left, pairs[edge].right), pairs[edge].weight))
            .collect();
        let mut weights = Weights {
            scorer: self.scorer,
            links: edges
                .iter()
                .map(|&edge| (pairs[edge].left, pairs[edge].right))
                .collect(),
            known,
        };
        let (mut clusters, refused) = self.greedy(pairs, edges, &mut weights);
        if clusters.iter().map(Vec::len).sum::<usize>() <= IMPROVED_COMPONENT_MAX
            && !refused.is_empty()
        {
            self.improve(&mut clusters, &mut weights);
        }
        for members in &mut clusters {
            members.sort_unstable();
        }
        clusters.retain(|members| !members.is_empty());
        Solution { clusters, refused }
    }

    /// Unions along the edges, the heaviest first.
    fn greedy(
        &self,
        pairs: &[ScoredPair],
        edges: &[usize],
        weights: &mut Weights<'_>,
    ) -> (Vec<Vec<Row>>, Vec<(usize, Reason)>) {
        let rank = |row: Row| self.ranks[row as usize];
        let name = |edge: usize| {
            let (left, right) = (rank(pairs[edge].left), rank(pairs[edge].right));
            (left.min(right), left.max(right))
        };
        let mut edges = edges.to_vec();
        edges.sort_unstable_by(|&left, &right| {
            pairs[right]
                .weight
                .total_cmp(&pairs[left].weight)
                .then_with(|| name(left).cmp(&name(right)))
        });
        let mut rows = edges
            .iter()
            .flat_map(|&edge| [pairs[edge].left, pairs[edge].right])
            .collect::<Vec<_>>();
        rows.sort_unstable_by_key(|&row| rank(row));
        rows.dedup();
        let mut place_of = rows
            .iter()
            .enumerate()
            .map(|(place, &row)| (row, place))
            .collect::<FxHashMap<_, _>>();
        let mut clusters = rows.into_iter().map(|row| vec![row]).collect::<Vec<_>>();
        let mut refused = Vec::new();
        for edge in edges {
            let (left, right) = (place_of[&pairs[edge].left], place_of[&pairs[edge].right]);
            if left == right {
                continue;
            }
            if let Some(reason) = self.refusal(&clusters[left], &clusters[right], weights) {
                refused.push((edge, reason));
                continue;
            }
            let moved = std::mem::take(&mut clusters[right]);
            for &row in &moved {
                place_of.insert(row, left);
            }
            clusters[left].extend(moved);
        }
        (clusters, refused)
    }

    /// Why two clusters may not become one.
    fn refusal(&self, left: &[Row], right: &[Row], weights: &mut Weights<'_>) -> Option<Reason> {
        if left.len() + right.len() > self.model.clusters.size_max {
            return Some(Reason::ClusterSize);
        }
        let crossing = left
            .iter()
            .flat_map(|&one| right.iter().map(move |&other| (one, other)));
        if let Some(veto) = crossing
            .clone()
            .find_map(|(one, other)| self.rules.veto(one, other))
        {
            return Some(Reason::ClusterVeto(veto));
        }
        let (mut best, mut against) = (f32::NEG_INFINITY, 0.0);
        for (one, other) in crossing {
            let weight = weights.between(one, other);
            best = best.max(weight);
            against += weight.min(0.0);
        }
        let support =
            best + self.scorer.prior_bits() + self.model.clusters.contradiction_share * against;
        let cost = self.repeats(&[left, right].concat()) - self.repeats(left) - self.repeats(right);
        match (support < 0.0, support - cost < 0.0) {
            (true, _) => Some(Reason::Contradiction),
            (false, true) => Some(Reason::OnePerSource),
            (false, false) => None,
        }
    }

    /// What the second and further records of one-per-person sources cost a cluster.
    fn repeats(&self, members: &[Row]) -> f32 {
        let mut sources = members
            .iter()
            .map(|&row| self.table.source(row))
            .collect::<Vec<_>>();
        sources.sort_unstable();
        sources
            .windows(2)
            .filter(|two| two[0] == two[1])
            .filter_map(|two| self.costs[usize::from(two[0])])
            .sum()
    }

    /// Moves single records between the component's clusters while the whole gains.
    fn improve(&self, clusters: &mut Vec<Vec<Row>>, weights: &mut Weights<'_>) {
        clusters.push(Vec::new());
        for _ in 0..self.model.clusters.rounds_max {
            let mut rows = clusters
                .iter()
                .enumerate()
                .flat_map(|(place, members)| members.iter().map(move |&row| (row, place)))
                .collect::<Vec<_>>();
            rows.sort_unstable_by_key(|&(row, _)| self.ranks[row as usize]);
            let moved = rows
                .into_iter()
                .filter(|&(row, home)| self.move_row(row, home, clusters, weights))
                .count();
            if moved == 0 {
                break;
            }
            if clusters.last().is_some_and(|last| !last.is_empty()) {
                clusters.push(Vec::new());
            }
        }
    }

    /// Moves the row to the cluster where the partition gains most, if it gains and a link ties it there.
    fn move_row(
        &self,
        row: Row,
        home: usize,
        clusters: &mut [Vec<Row>],
        weights: &mut Weights<'_>,
    ) -> bool {
        if !clusters[home].contains(&row) {
            return false;
        }
        let without = clusters[home]
            .iter()
            .copied()
            .filter(|&member| member != row)
            .collect::<Vec<_>>();
        let stays = self.worth(&clusters[home], weights) - self.worth(&without, weights);
        let mut best = (GAIN_BITS_MIN, home);
        for place in (0..clusters.len()).filter(|&place| place != home) {
            let with = [clusters[place].as_slice(), &[row]].concat();
            let barred = with.len() > self.model.clusters.size_max
                || !weights.ties(row, &clusters[place])
                || clusters[place]
                    .iter()
                    .any(|&other| self.rules.veto(row, other).is_some());
            if !barred {
                let gain =
                    self.worth(&with, weights) - self.worth(&clusters[place], weights) - stays;
                if gain > best.0 {
                    best = (gain, place);
                }
            }
        }
        if best.1 == home {
            return false;
        }
        clusters[home] = without;
        clusters[best.1].push(row);
        true
    }

    /// What a cluster is worth in bits: the heaviest tree that ties it, each edge with the prior, less contradictions
    /// between the others and repeated sources.
    fn worth(&self, members: &[Row], weights: &mut Weights<'_>) -> f32 {
        if members.len() < 2 {
            return 0.0;
        }
        let mut total = -self.repeats(members);
        let mut against = 0.0;
        for (place, &one) in members.iter().enumerate() {
            against += members[place + 1..]
                .iter()
                .map(|&other| weights.between(one, other).min(0.0))
                .sum::<f32>();
        }
        let mut outside = members[1..]
            .iter()
            .map(|&row| (row, weights.between(members[0], row)))
            .collect::<Vec<_>>();
        while let Some(nearest) =
            (0..outside.len()).max_by(|&one, &other| outside[one].1.total_cmp(&outside[other].1))
        {
            let (row, weight) = outside.swap_remove(nearest);
            total += weight + self.scorer.prior_bits();
            against -= weight.min(0.0);
            for other in &mut outside {
                other.1 = other.1.max(weights.between(row, other.0));
            }
        }
        total + self.model.clusters.contradiction_share * against
    }
}
