//! Worlds of a few records with a weight for every pair.

mod examples;
mod laws;

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::{PairWeights, partition};
use crate::decide::{Decision, Rules, decide};
use crate::model::{OnePerCluster, SourceSettings};
use crate::review::Constraints;
use crate::weigh::ScoredPair;
use crate::{Model, Row, Table};

const PRIOR_BITS: f32 = -10.0;

const MODEL: &str = r#"
name = "test"
thresholds = { link = 0.9, review = 0.1, competitor_margin_bits = 0.0 }
clusters = { size_max = 10, contradiction_share = 0.5, rounds_max = 5 }
[[comparison]]
name = "none"
kind = "exact"
column = "none"
level = [{ name = "same", when = "same" }, { name = "other", when = "otherwise" }]
[[block]]
name = "none"
on = ["none"]
size_max = 10
"#;

/// A few records and the weight of every pair of them.
#[derive(Clone, Debug)]
struct World {
    /// Each record's source.
    sources: Vec<u8>,
    /// Weights in quarter bits, by left and then right.
    weights: BTreeMap<(Row, Row), i16>,
    /// Pairs under a veto.
    vetoes: BTreeSet<(Row, Row)>,
}

impl PairWeights for World {
    fn between(&self, left: Row, right: Row) -> f32 {
        f32::from(self.weights[&(left.min(right), left.max(right))]) / 4.0
    }

    fn prior_bits(&self) -> f32 {
        PRIOR_BITS
    }
}

impl Rules for World {
    fn veto(&self, left: Row, right: Row) -> Option<&'static str> {
        self.vetoes
            .contains(&(left.min(right), left.max(right)))
            .then_some("vetoed")
    }
}

/// What a run over a world gives.
#[derive(Debug)]
struct Run {
    clusters: Vec<Vec<Row>>,
    decisions: Vec<Decision>,
    pairs: Vec<ScoredPair>,
}

impl World {
    fn table(&self) -> Table {
        let ids = (0..self.sources.len())
            .map(|row| (self.sources[row].to_string(), format!("{row:03}")))
            .collect::<Vec<_>>();
        Table::new(
            ids.iter()
                .map(|(source, id)| (source.as_str(), id.as_str())),
        )
    }

    fn pairs(&self) -> Vec<ScoredPair> {
        let pair = |&(left, right): &(Row, Row)| {
            ScoredPair::of_weight(left, right, self.between(left, right), PRIOR_BITS)
        };
        let pairs = self.weights.keys().map(pair);
        pairs.filter(|pair| pair.probability >= 0.1).collect()
    }

    fn run(&self, model: &Model, constraints: &Constraints) -> Run {
        let (table, pairs) = (self.table(), self.pairs());
        let mut decisions = decide(model, self, constraints, &pairs, &|_| Vec::new());
        let (clusters, _) = partition(
            model,
            &table,
            self,
            self,
            &pairs,
            &mut decisions,
            constraints,
        );
        Run {
            clusters: clusters.into_lists(),
            decisions,
            pairs,
        }
    }

    /// The same records in another order of rows: `order[new] = old`.
    fn reordered(&self, order: &[usize]) -> (Table, Reordered<'_>, Vec<ScoredPair>) {
        let ids = order
            .iter()
            .map(|&row| (self.sources[row].to_string(), format!("{row:03}")))
            .collect::<Vec<_>>();
        let table = Table::new(
            ids.iter()
                .map(|(source, id)| (source.as_str(), id.as_str())),
        );
        let world = Reordered {
            world: self,
            order: order.to_vec(),
        };
        let count = Row::try_from(order.len()).unwrap();
        let all = (0..count).flat_map(|left| (left + 1..count).map(move |right| (left, right)));
        let pairs = all
            .map(|(left, right)| {
                ScoredPair::of_weight(left, right, world.between(left, right), PRIOR_BITS)
            })
            .filter(|pair| pair.probability >= 0.1)
            .collect();
        (table, world, pairs)
    }
}

struct Reordered<'a> {
    world: &'a World,
    order: Vec<usize>,
}

impl Reordered<'_> {
    fn old(&self, row: Row) -> Row {
        Row::try_from(self.order[row as usize]).unwrap()
    }
}

impl PairWeights for Reordered<'_> {
    fn between(&self, left: Row, right: Row) -> f32 {
        self.world.between(self.old(left), self.old(right))
    }

    fn prior_bits(&self) -> f32 {
        PRIOR_BITS
    }
}

impl Rules for Reordered<'_> {
    fn veto(&self, left: Row, right: Row) -> Option<&'static str> {
        self.world.veto(self.old(left), self.old(right))
    }
}

/// Worlds of so many records in so many sources.
fn worlds(records: std::ops::Range<usize>, sources: u8) -> impl Strategy<Value = World> {
    records.prop_flat_map(move |count| {
        let pairs = count * (count - 1) / 2;
        (
            prop::collection::vec(0..sources, count),
            prop::collection::vec(prop_oneof![3 => 30_i16..120, 4 => -80_i16..50], pairs),
            prop::collection::vec(0_u8..20, pairs),
        )
            .prop_map(move |(sources, weights, vetoes)| {
                let count = Row::try_from(count).unwrap();
                let keys = (0..count)
                    .flat_map(|left| (left + 1..count).map(move |right| (left, right)))
                    .collect::<Vec<_>>();
                let vetoed = keys.iter().zip(&vetoes).filter(|(_, veto)| **veto == 0);
                World {
                    sources,
                    vetoes: vetoed.map(|(key, _)| *key).collect(),
                    weights: keys.into_iter().zip(weights).collect(),
                }
            })
    })
}

fn model() -> Model {
    Model::parse(MODEL).unwrap()
}

/// Source 0 may hold a person twice at a cost, source 1 never, the others as often as they like.
fn model_with_sources() -> Model {
    let source = |name: &str, one_per_cluster, penalty_bits| SourceSettings {
        name: name.to_owned(),
        one_per_cluster,
        penalty_bits,
    };
    let mut model = model();
    model.sources = vec![
        source("0", OnePerCluster::Soft, 4.0),
        source("1", OnePerCluster::Hard, 0.0),
    ];
    model
}
