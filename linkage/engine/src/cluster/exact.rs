//! The best partition of a few records, by dynamic programming over their subsets.

use super::dense::{Dense, Set};
use super::ground::Grains;

/// Most nodes solved exactly: the work is half of 3 to that power, a third of a millisecond at 12.
pub(super) const EXACT_NODES_MAX: usize = 12;

/// What a set that cannot be a cluster is worth.
const NEVER: Grains = Grains::MIN;

/// The best partition and its worth; `None` if a node can be no cluster. Of partitions of equal worth, the first by rank.
///
/// The best partition of a set is the best choice of the part that holds its first node, with the best partition of
/// what that leaves: each of the sets is solved once, from small to large.
pub(super) fn best(dense: &Dense) -> Option<(Grains, Vec<Set>)> {
    let subsets = 1_usize << dense.nodes.len();
    let rows = rows_by_nodes(&dense.nodes);
    let worth = rows
        .iter()
        .map(|&set| {
            if set == 0 {
                0
            } else {
                dense.worth(set).unwrap_or(NEVER)
            }
        })
        .collect::<Vec<_>>();
    let mut totals = vec![NEVER; subsets];
    let mut parts = vec![0_usize; subsets];
    totals[0] = 0;
    for set in 1..subsets {
        let low = set & set.wrapping_neg();
        let others = set ^ low;
        let mut chosen = others;
        loop {
            let part = chosen | low;
            if worth[part] != NEVER && totals[set ^ part] != NEVER {
                let total = worth[part] + totals[set ^ part];
                if total > totals[set] {
                    (totals[set], parts[set]) = (total, part);
                }
            }
            if chosen == 0 {
                break;
            }
            chosen = (chosen - 1) & others;
        }
    }
    if totals[subsets - 1] == NEVER {
        return None;
    }
    let mut left = subsets - 1;
    let mut clusters = Vec::new();
    while left != 0 {
        clusters.push(rows[parts[left]]);
        left ^= parts[left];
    }
    Some((totals[subsets - 1], clusters))
}

/// How many steps [`best`] takes for so many nodes.
pub(super) fn steps(nodes: usize) -> u64 {
    3_u64.saturating_pow(u32::try_from(nodes).unwrap_or(u32::MAX)) / 2 + 1
}

/// The records of each set of nodes.
fn rows_by_nodes(nodes: &[Set]) -> Vec<Set> {
    let mut rows = vec![0; 1 << nodes.len()];
    for set in 1..rows.len() {
        rows[set] = rows[set & (set - 1)] | nodes[set.trailing_zeros() as usize];
    }
    rows
}
