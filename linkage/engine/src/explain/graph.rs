//! A cluster as a graph: its scored pairs, the tie by which it hangs together most weakly, and where it would fall apart.

use serde::{Deserialize, Serialize};

use super::RecordName;
use crate::decide::Decision;
use crate::{Linkage, Row, Table};

/// A cluster's records and the scored pairs among them.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct ClusterGraph {
    /// The records, by source and id.
    pub records: Vec<RecordName>,
    /// The scored pairs among them at or above the review threshold, by left and right.
    pub edges: Vec<GraphEdge>,
    /// The lightest edge of the heaviest tree of links that ties the cluster: its place in `edges`. Lighter links that
    /// are not in that tree hold nothing together.
    pub weakest: Option<usize>,
    /// Where the cluster falls apart if one link goes: at its lightest bridge. None when every link is backed by another
    /// way.
    pub split: Option<ClusterSplit>,
}

/// A scored pair of a cluster.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct GraphEdge {
    /// One record's place in the graph, the lower.
    pub left: usize,
    /// The other's.
    pub right: usize,
    /// Match weight in bits, without the prior.
    pub weight: f32,
    /// The match probability.
    pub probability: f32,
    /// What became of the pair.
    pub tie: Tie,
    /// A link whose removal would split the cluster.
    pub bridge: bool,
}

/// What became of a cluster's pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Tie {
    /// A link.
    Link,
    /// Unsettled.
    Review,
    /// Vetoed, which no cluster should hold.
    Vetoed,
}

/// The two parts of a cluster without its lightest bridge.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct ClusterSplit {
    /// The bridge, as a place in the edges.
    pub edge: usize,
    /// The records of the smaller part (of the first record's, when they are equal).
    pub side: Vec<usize>,
}

impl Linkage {
    /// The graph of a cluster, given by its rows in ascending order; the same for any order of the table's rows.
    #[must_use]
    pub fn graph(&self, table: &Table, cluster: &[Row]) -> ClusterGraph {
        let mut named = cluster
            .iter()
            .map(|&row| (RecordName::of(table, row), row))
            .collect::<Vec<_>>();
        named.sort_unstable();
        let place = |row: Row| named.iter().position(|&(_, named)| named == row);
        let mut edges = Vec::new();
        for &row in cluster {
            let first = self.pairs.partition_point(|pair| pair.left < row);
            let of_row = (first..self.pairs.len()).take_while(|&at| self.pairs[at].left == row);
            for at in of_row {
                let pair = &self.pairs[at];
                let (Some(left), Some(right)) = (place(pair.left), place(pair.right)) else {
                    continue;
                };
                edges.push(GraphEdge {
                    left: left.min(right),
                    right: left.max(right),
                    weight: pair.weight,
                    probability: pair.probability,
                    tie: match self.decisions[at] {
                        Decision::Link => Tie::Link,
                        Decision::Review(_) => Tie::Review,
                        Decision::Vetoed(_) => Tie::Vetoed,
                    },
                    bridge: false,
                });
            }
        }
        ClusterGraph::new(named.into_iter().map(|(name, _)| name).collect(), edges)
    }
}

impl ClusterGraph {
    /// A graph of records and scored pairs; finds its weakest tie, its bridges and its split.
    #[must_use]
    pub fn new(records: Vec<RecordName>, mut edges: Vec<GraphEdge>) -> Self {
        edges.sort_by_key(|edge| (edge.left, edge.right));
        let tree = heaviest_tree(records.len(), &edges);
        let links = links_by_record(records.len(), &edges);
        let mut split = None;
        for &edge in &tree {
            if let Some(side) = side_without(&links, &edges, edge) {
                edges[edge].bridge = true;
                split = Some(ClusterSplit { edge, side });
            }
        }
        Self {
            weakest: tree.last().copied(),
            split,
            records,
            edges,
        }
    }

    /// How many pairs its records have.
    #[must_use]
    pub fn pairs_possible(&self) -> usize {
        self.records.len() * self.records.len().saturating_sub(1) / 2
    }
}

/// The links of the heaviest forest (Kruskal 1956), the lightest last.
fn heaviest_tree(records: usize, edges: &[GraphEdge]) -> Vec<usize> {
    let mut links = (0..edges.len())
        .filter(|&edge| edges[edge].tie == Tie::Link)
        .collect::<Vec<_>>();
    links.sort_by(|&one, &other| edges[other].weight.total_cmp(&edges[one].weight));
    let mut part = (0..records).collect::<Vec<_>>();
    links.retain(|&edge| {
        let (left, right) = (part[edges[edge].left], part[edges[edge].right]);
        if left != right {
            for of_record in part.iter_mut().filter(|of_record| **of_record == right) {
                *of_record = left;
            }
        }
        left != right
    });
    links
}

/// By record, the links at it: the edge and the record at its other end.
fn links_by_record(records: usize, edges: &[GraphEdge]) -> Vec<Vec<(usize, usize)>> {
    let mut links = vec![Vec::new(); records];
    for (place, edge) in edges.iter().enumerate() {
        if edge.tie == Tie::Link {
            links[edge.left].push((place, edge.right));
            links[edge.right].push((place, edge.left));
        }
    }
    links
}

/// The smaller part into which the removal of a link cuts the records that it ties; `None` when another way ties them.
fn side_without(
    links: &[Vec<(usize, usize)>],
    edges: &[GraphEdge],
    without: usize,
) -> Option<Vec<usize>> {
    let from_left = reached(links, without, edges[without].left);
    if from_left.binary_search(&edges[without].right).is_ok() {
        return None;
    }
    let from_right = reached(links, without, edges[without].right);
    let smaller = from_right.len() < from_left.len();
    Some(if smaller { from_right } else { from_left })
}

/// The records that links reach from one, ascending.
fn reached(links: &[Vec<(usize, usize)>], without: usize, start: usize) -> Vec<usize> {
    let mut seen = vec![false; links.len()];
    let mut next = vec![start];
    while let Some(record) = next.pop() {
        if !std::mem::replace(&mut seen[record], true) {
            let onward = links[record].iter().filter(|(edge, _)| *edge != without);
            next.extend(onward.map(|(_, other)| other));
        }
    }
    (0..links.len()).filter(|&record| seen[record]).collect()
}

#[cfg(test)]
mod tests {
    use super::{ClusterGraph, GraphEdge, RecordName, Tie};

    fn graph(records: usize, links: &[(usize, usize, f32)]) -> ClusterGraph {
        let names = (0..records).map(|place| RecordName {
            source: "a".to_owned(),
            id: place.to_string(),
        });
        let edges = links.iter().map(|&(left, right, weight)| GraphEdge {
            left,
            right,
            weight,
            probability: 0.99,
            tie: Tie::Link,
            bridge: false,
        });
        ClusterGraph::new(names.collect(), edges.collect())
    }

    /// Checks the weakest tie and the split, both as pairs of places, and the split's side.
    fn check(
        records: usize,
        links: &[(usize, usize, f32)],
        weakest: Option<(usize, usize)>,
        split: Option<((usize, usize), &[usize])>,
    ) {
        let graph = graph(records, links);
        let ends = |edge: usize| (graph.edges[edge].left, graph.edges[edge].right);
        assert_eq!(graph.weakest.map(ends), weakest);
        let found = graph.split.as_ref();
        assert_eq!(
            found.map(|split| (ends(split.edge), &*split.side)),
            split,
            "{graph}"
        );
    }

    #[test]
    fn a_single_record_has_no_weakest_tie() {
        check(1, &[], None, None);
    }

    #[test]
    fn a_pair_hangs_by_its_only_link() {
        check(2, &[(0, 1, 9.0)], Some((0, 1)), Some(((0, 1), &[0])));
    }

    #[test]
    fn a_light_link_that_closes_a_triangle_holds_nothing_together() {
        let triangle = &[(0, 1, 20.0), (1, 2, 15.0), (0, 2, 1.0)];
        check(3, triangle, Some((1, 2)), None);
    }

    #[test]
    fn two_groups_fall_apart_at_their_bridge() {
        let links = &[
            (0, 1, 20.0),
            (0, 2, 20.0),
            (1, 2, 20.0),
            (2, 3, 4.0),
            (3, 4, 18.0),
        ];
        check(5, links, Some((2, 3)), Some(((2, 3), &[3, 4])));
    }
}
