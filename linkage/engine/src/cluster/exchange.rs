//! A better partition of a few dozen records: whole, parted along its tree, and by moving nodes one after the other even
//! where a single move does not gain (Kernighan and Lin 1970; Fiduccia and Mattheyses 1982).

use super::dense::{Dense, Set};
use super::ground::Grains;

/// Most moves of one pass; what gains is found among the first.
const MOVES_MAX: usize = 16;
/// Most passes; each but the last gains.
const PASSES_MAX: usize = 4;

/// The best partition found from `now`, and its worth; never worse than `now`.
pub(super) fn improved(dense: &Dense, now: &[Set]) -> (Grains, Vec<Set>) {
    let mut best = Best {
        worth: dense.total(now).unwrap_or(Grains::MIN),
        parts: now.to_vec(),
    };
    let whole = dense.connected(dense.all());
    best.consider(dense, whole.clone());
    for (place, &piece) in whole.iter().enumerate() {
        for (one, other) in parted(dense, piece) {
            let mut parts = whole.clone();
            parts[place] = one;
            parts.push(other);
            best.consider(dense, parts);
        }
    }
    for _ in 0..PASSES_MAX {
        if !pass(dense, &mut best) {
            break;
        }
    }
    best.parts.retain(|&part| part != 0);
    (best.worth, best.parts)
}

/// About how many steps [`improved`] takes for so many records.
pub(super) fn steps(records: usize) -> u64 {
    let records = records as u64;
    records.pow(3) * (2 * MOVES_MAX * PASSES_MAX) as u64
}

struct Best {
    worth: Grains,
    parts: Vec<Set>,
}

impl Best {
    fn consider(&mut self, dense: &Dense, parts: Vec<Set>) {
        if let Some(worth) = dense.total(&parts)
            && worth > self.worth
        {
            *self = Self { worth, parts };
        }
    }
}

/// The two sides of each edge of the set's tree.
fn parted(dense: &Dense, set: Set) -> Vec<(Set, Set)> {
    let edges = dense.tree_edges(set);
    let side = |without: usize| {
        // Edges come in the order of growth: the first end is inside before the second is.
        let mut beyond: Set = 1 << edges[without].1;
        for &(from, to) in &edges[without + 1..] {
            if beyond & (1 << from) != 0 {
                beyond |= 1 << to;
            }
        }
        beyond
    };
    let splits_a_node = |beyond: Set| {
        dense
            .nodes
            .iter()
            .any(|&node| node & beyond != 0 && node & !beyond != 0)
    };
    (0..edges.len())
        .map(side)
        .filter(|&beyond| !splits_a_node(beyond))
        .map(|beyond| (set & !beyond, beyond))
        .collect()
}

/// A chain of best moves, each node at most once, kept up to where it gained most; tells whether it gained.
fn pass(dense: &Dense, best: &mut Best) -> bool {
    let mut parts = best.parts.clone();
    parts.retain(|&part| part != 0);
    parts.push(0);
    let mut worths = parts
        .iter()
        .map(|&part| worth(dense, part).unwrap_or(0))
        .collect::<Vec<_>>();
    let mut moved: Set = 0;
    let before = best.worth;
    for _ in 0..MOVES_MAX {
        let Some(step) = best_move(dense, &parts, &worths, moved) else {
            break;
        };
        let node = dense.nodes[step.node];
        moved |= node;
        parts[step.from] &= !node;
        parts[step.to] |= node;
        (worths[step.from], worths[step.to]) = step.worths;
        if parts.last().is_some_and(|&last| last != 0) {
            parts.push(0);
            worths.push(0);
        }
        if worths.iter().sum::<Grains>() > best.worth {
            best.consider(
                dense,
                parts.iter().copied().filter(|&part| part != 0).collect(),
            );
        }
    }
    best.worth > before
}

struct Move {
    node: usize,
    from: usize,
    to: usize,
    gain: Grains,
    /// What the two parts are worth after it.
    worths: (Grains, Grains),
}

/// The move that gains most, or loses least, among nodes not moved yet.
fn best_move(dense: &Dense, parts: &[Set], worths: &[Grains], moved: Set) -> Option<Move> {
    let mut best = None::<Move>;
    for (number, &node) in dense.nodes.iter().enumerate() {
        if node & moved != 0 {
            continue;
        }
        let from = parts.iter().position(|part| part & node != 0)?;
        let Some(without) = worth(dense, parts[from] & !node) else {
            continue;
        };
        for to in (0..parts.len()).filter(|&to| to != from) {
            let alone_already = parts[to] == 0 && parts[from] == node;
            let Some(with) = worth(dense, parts[to] | node).filter(|_| !alone_already) else {
                continue;
            };
            let gain = without + with - worths[from] - worths[to];
            if best.as_ref().is_none_or(|known| gain > known.gain) {
                best = Some(Move {
                    node: number,
                    from,
                    to,
                    gain,
                    worths: (without, with),
                });
            }
        }
    }
    best
}

/// What a part is worth, an empty one nothing.
fn worth(dense: &Dense, part: Set) -> Option<Grains> {
    if part == 0 {
        Some(0)
    } else {
        dense.worth(part)
    }
}
