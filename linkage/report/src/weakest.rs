//! Which clusters to draw: those that hang by the weakest tie.

use linkage::{ClusterGraph, Decision, Linkage, Table};

use crate::of::GRAPHS_MAX;

/// The clusters whose weakest tie is lightest. No cluster's weakest tie is lighter than its lightest link, so that only
/// the clusters that come first by their lightest link are drawn.
pub(crate) fn graphs(linkage: &Linkage, table: &Table) -> Vec<ClusterGraph> {
    let mut graphs = Vec::<(f32, ClusterGraph)>::new();
    for (lightest, cluster) in by_lightest_link(linkage, table) {
        let full = graphs.len() == GRAPHS_MAX;
        if full && graphs.last().is_some_and(|last| last.0 < lightest) {
            break;
        }
        let graph = linkage.graph(table, &linkage.clusters[cluster]);
        let Some(edge) = graph.weakest.and_then(|place| graph.edges.get(place)) else {
            continue;
        };
        graphs.push((edge.weight, graph));
        graphs.sort_by(|one, other| {
            one.0
                .total_cmp(&other.0)
                .then_with(|| one.1.records.cmp(&other.1.records))
        });
        graphs.truncate(GRAPHS_MAX);
    }
    graphs.into_iter().map(|(_, graph)| graph).collect()
}

/// Clusters of more than two records with the weight of their lightest link, the lightest first.
fn by_lightest_link(linkage: &Linkage, table: &Table) -> Vec<(f32, usize)> {
    let mut cluster_of = vec![usize::MAX; table.len()];
    for (number, cluster) in linkage.clusters.iter().enumerate() {
        for &row in cluster.iter().filter(|_| cluster.len() > 2) {
            cluster_of[row as usize] = number;
        }
    }
    let mut lightest = vec![f32::INFINITY; linkage.clusters.len()];
    for (pair, decision) in linkage.pairs.iter().zip(&linkage.decisions) {
        let cluster = cluster_of[pair.left as usize];
        if *decision == Decision::Link && cluster != usize::MAX {
            lightest[cluster] = lightest[cluster].min(pair.weight);
        }
    }
    let mut found = lightest
        .into_iter()
        .zip(0..)
        .filter(|(weight, _)| weight.is_finite())
        .collect::<Vec<_>>();
    found.sort_unstable_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
    found
}
