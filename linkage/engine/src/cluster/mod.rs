//! Links to clusters: the best partition of each component by its pairs' weights, under vetoes, one-per-source
//! constraints, people's decisions and a size.
//!
//! A cluster is worth the heaviest tree of links that ties it (each link's log-odds above the link threshold), less a
//! share of the evidence against between records that only others tie together, less what its sources' repeated records
//! cost. The tree is the best approximation of joint evidence by pairs (Chow and Liu 1968): the prior counts once for
//! each record that joins, and nothing is counted twice. The evidence between records that blocking never compared is
//! asked for ([`PairWeights`]), and what they lack weighs nothing. Small components are solved over all their
//! partitions, two sources that hold a person once by the best assignment, the rest by search. Sums are of integers and
//! ties go by source name and record id, so neither threads nor the rows' order matter.

mod assign;
mod components;
mod dense;
mod exact;
mod exchange;
mod ground;
mod partition;
mod rivals;
mod search;
mod solve;
#[cfg(test)]
mod tests;

use rayon::prelude::*;

use components::Sorted;
use ground::{Ground, Repeat};
use solve::{Method, Solution};

pub use partition::{Bound, BoundedComponent, ClusterReport, Clusters};

use crate::decide::{Decision, Reason, Rules};
use crate::review::Constraints;
use crate::weigh::ScoredPair;
use crate::{Model, Row, Table};

/// What is known between any two records, compared before or not.
pub trait PairWeights: Sync {
    /// The pair's weight in bits, without the prior. The same both ways.
    fn between(&self, left: Row, right: Row) -> f32;

    /// The log-odds, in bits, that two records drawn at random are one person's; what a weight must outweigh.
    fn prior_bits(&self) -> f32;

    /// The log-odds, in bits, that a pair of that weight is one person's: weight and prior, unless it is calibrated.
    fn log_odds(&self, weight: f32) -> f32 {
        weight + self.prior_bits()
    }
}

/// Partitions all records into lists of rows; see [`partition`].
#[must_use]
pub fn cluster(
    model: &Model,
    table: &Table,
    rules: &dyn Rules,
    weights: &dyn PairWeights,
    pairs: &[ScoredPair],
    decisions: &mut [Decision],
    constraints: &Constraints,
) -> Vec<Vec<Row>> {
    partition(model, table, rules, weights, pairs, decisions, constraints)
        .0
        .into_lists()
}

/// Partitions all records; a link that the partition does not keep turns into a review with its reason, and a review
/// whose records others tie together into a link.
///
/// Clusters are sorted by their first row, singles included. `decisions` are those of [`crate::decide`], one a pair.
#[must_use]
pub fn partition(
    model: &Model,
    table: &Table,
    rules: &dyn Rules,
    weights: &dyn PairWeights,
    pairs: &[ScoredPair],
    decisions: &mut [Decision],
    constraints: &Constraints,
) -> (Clusters, ClusterReport) {
    let ground = Ground::new(model, table, rules, weights, constraints);
    let mut report = ClusterReport::default();
    let mut labels = best_labels(&ground, pairs, decisions, &mut report);
    let best = Clusters::from_labels(&labels);
    let contested = rivals::part_contested(&ground, pairs, decisions, &best, &mut labels);
    report.contested = contested.len();
    settle(&ground, pairs, decisions, &best, &labels, &contested);
    let clusters = if contested.is_empty() {
        best
    } else {
        Clusters::from_labels(&labels)
    };
    report.largest_cluster = clusters.iter().map(<[Row]>::len).max().unwrap_or(0);
    (clusters, report)
}

/// The best partition of every component, as the lowest row of each row's cluster.
fn best_labels(
    ground: &Ground<'_>,
    pairs: &[ScoredPair],
    decisions: &[Decision],
    report: &mut ClusterReport,
) -> Vec<Row> {
    let mut labels = (0..).take(ground.table.len()).collect::<Vec<Row>>();
    let sorted = Sorted::new(ground, pairs, decisions);
    for &link in &sorted.alone {
        let pair = &pairs[link];
        if stands_alone(ground, pair) {
            labels[pair.left.max(pair.right) as usize] = pair.left.min(pair.right);
        }
    }
    report.components = sorted.alone.len();
    report.plain = sorted.alone.len();
    report.largest_component = 2 * usize::from(!sorted.alone.is_empty());
    let components = sorted.components().collect::<Vec<_>>();
    let solved = components
        .par_iter()
        .map(|links| solve::solve(ground, pairs, links))
        .collect::<Vec<_>>();
    for solution in solved {
        report.count(&solution);
        for members in &solution.clusters {
            label(&mut labels, members);
        }
    }
    for group in ground.constraints.groups() {
        let first = labels[group[0] as usize];
        if group.iter().any(|&row| labels[row as usize] != first) {
            label(&mut labels, group);
        }
    }
    report.bounded.sort_unstable();
    labels
}

/// Gives the members their lowest row as label.
fn label(labels: &mut [Row], members: &[Row]) {
    let Some(&first) = members.iter().min() else {
        return;
    };
    for &row in members {
        labels[row as usize] = first;
    }
}

/// Whether a link that touches no other becomes a cluster.
fn stands_alone(ground: &Ground<'_>, pair: &ScoredPair) -> bool {
    let sources_allow = match ground.repeat_of(pair.left, pair.right) {
        Repeat::Free => true,
        Repeat::Costs(cost) => ground.gain(pair.weight) >= cost,
        Repeat::Never => false,
    };
    sources_allow && ground.settings.size_max >= 2
}

/// Links whose ends lie apart become reviews, reviews whose ends lie together become links.
fn settle(
    ground: &Ground<'_>,
    pairs: &[ScoredPair],
    decisions: &mut [Decision],
    best: &Clusters,
    labels: &[Row],
    contested: &[usize],
) {
    let mut numbers = None;
    for (place, pair) in pairs.iter().enumerate() {
        let together = labels[pair.left as usize] == labels[pair.right as usize];
        match decisions[place] {
            Decision::Review(_) if together => decisions[place] = Decision::Link,
            Decision::Link if !together => {
                let numbers = numbers.get_or_insert_with(|| best.by_row());
                let side = |row: Row| best.members(numbers[row as usize] as usize);
                decisions[place] = Decision::Review(if contested.binary_search(&place).is_ok() {
                    Reason::Competitor
                } else {
                    ground.refusal(side(pair.left), side(pair.right), pair.weight)
                });
            }
            _ => {}
        }
    }
}

impl ClusterReport {
    fn count(&mut self, solution: &Solution) {
        self.components += 1;
        self.largest_component = self.largest_component.max(solution.records);
        let bounded = match solution.method {
            Method::Plain => {
                self.plain += 1;
                None
            }
            Method::Exact => {
                self.exact += 1;
                None
            }
            Method::Assigned { greedily } => {
                self.assigned += 1;
                greedily.then_some(Bound::Assignment)
            }
            Method::Searched { cut_short } => {
                self.searched += 1;
                cut_short.then_some(Bound::Search)
            }
        };
        self.bounded.extend(bounded.map(|bound| BoundedComponent {
            records: solution.records,
            links: solution.links,
            bound,
        }));
    }
}
