//! What a partition is worth, in fixed-point bits: gains of links, evidence against, repeated sources, and what can never be.

use rustc_hash::FxHashMap;

use super::PairWeights;
use crate::decide::{Reason, Rules};
use crate::model::{ClusterSettings, OnePerCluster};
use crate::review::Constraints;
use crate::{Model, Row, Table};

/// Bits in fixed point: sums of them are the same in any order.
pub(super) type Grains = i64;

/// Pairs looked at for the reason why two clusters are two.
const CROSSING_MAX: usize = 65_536;
/// Grains of one bit.
const GRAINS_PER_BIT: f64 = 65_536.0;
/// No weight counts for more bits, so that no sum of them overflows.
const BITS_MAX: f64 = 65_536.0;
/// What ties records that a person declared one: more than any weight, so that the tree takes it first.
pub(super) const TIE: Grains = 1 << 36;
/// The gain of a pair that is no link.
pub(super) const NO_LINK: Grains = Grains::MIN;

/// Bits as grains.
#[expect(
    clippy::cast_possible_truncation,
    reason = "clamped far below the bounds of 64 bits"
)]
pub(super) fn grains(bits: f32) -> Grains {
    let bits = f64::from(bits);
    let bits = if bits.is_nan() { 0.0 } else { bits };
    (bits.clamp(-BITS_MAX, BITS_MAX) * GRAINS_PER_BIT).round() as Grains
}

/// What a second record of a source costs a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repeat {
    Free,
    Costs(Grains),
    Never,
}

/// What every component is solved on.
pub(super) struct Ground<'a> {
    pub(super) settings: ClusterSettings,
    pub(super) table: &'a Table,
    pub(super) constraints: &'a Constraints,
    /// Evidence within which two partitions are too close to call.
    pub(super) margin: Grains,
    rules: &'a dyn Rules,
    weights: &'a dyn PairWeights,
    repeats: Vec<Repeat>,
    /// The log-odds that a link must reach.
    cut: f32,
    /// The log-odds below which a pair stands against a cluster.
    neutral: f32,
}

impl<'a> Ground<'a> {
    pub(super) fn new(
        model: &Model,
        table: &'a Table,
        rules: &'a dyn Rules,
        weights: &'a dyn PairWeights,
        constraints: &'a Constraints,
    ) -> Self {
        Self {
            settings: model.clusters,
            table,
            constraints,
            margin: grains(model.thresholds.competitor_margin_bits),
            rules,
            weights,
            repeats: repeats(model, table),
            cut: cut_bits(model),
            neutral: weights.log_odds(0.0) * (1.0 - model.clusters.silence_share),
        }
    }

    /// What a link of that weight adds to a cluster's tree, never less than nothing.
    pub(super) fn gain(&self, weight: f32) -> Grains {
        self.gain_if_linked(weight).max(0)
    }

    /// What a pair of that weight would add, were it a link; it may be negative.
    pub(super) fn gain_if_linked(&self, weight: f32) -> Grains {
        grains(self.weights.log_odds(weight) - self.cut)
    }

    /// The part of a pair's evidence against that counts when others tie the two; not positive.
    pub(super) fn against(&self, left: Row, right: Row) -> Grains {
        let weight = self.weights.between(left.min(right), left.max(right));
        let evidence = self.weights.log_odds(weight) - self.neutral;
        grains(evidence.min(0.0) * self.settings.contradiction_share)
    }

    pub(super) fn repeat(&self, source: u16) -> Repeat {
        self.repeats[usize::from(source)]
    }

    /// What holding both records of a pair costs by their sources.
    pub(super) fn repeat_of(&self, left: Row, right: Row) -> Repeat {
        let source = self.table.source(left);
        if source == self.table.source(right) {
            self.repeat(source)
        } else {
            Repeat::Free
        }
    }

    /// Whether two records can never share a cluster.
    pub(super) fn barred(&self, left: Row, right: Row) -> bool {
        self.repeat_of(left, right) == Repeat::Never || self.veto(left, right).is_some()
    }

    /// The veto on a pair, a person's decision first.
    pub(super) fn veto(&self, left: Row, right: Row) -> Option<&'static str> {
        self.constraints
            .veto(left, right)
            .or_else(|| self.rules.veto(left.min(right), left.max(right)))
    }

    /// Sorts by source name and record id: what breaks ties, whatever the rows' order.
    pub(super) fn sort_by_rank(&self, rows: &mut [Row]) {
        let names = self.table.source_names();
        rows.sort_unstable_by_key(|&row| {
            let source = usize::from(self.table.source(row));
            (names[source].as_str(), self.table.id(row), row)
        });
    }

    /// Why two clusters that a link joins are nevertheless two.
    pub(super) fn refusal(&self, left: &[Row], right: &[Row], weight: f32) -> Reason {
        if left.len() + right.len() > self.settings.size_max {
            return Reason::ClusterSize;
        }
        let crossing = left
            .iter()
            .flat_map(|&one| right.iter().map(move |&other| (one, other)))
            .take(CROSSING_MAX);
        // Large components have many refused links: nothing is looked for that cannot be found.
        let may_veto = !self.rules.are_none() || !self.constraints.is_empty();
        let mut pairs = crossing.clone();
        if may_veto && let Some(veto) = pairs.find_map(|(one, other)| self.veto(one, other)) {
            return Reason::ClusterVeto(veto);
        }
        let mut pairs = crossing.clone();
        if self.repeats.contains(&Repeat::Never)
            && pairs.any(|(one, other)| self.repeat_of(one, other) == Repeat::Never)
        {
            return Reason::OnePerSource;
        }
        if self.repeated(left, right) > 0 {
            let against = crossing.map(|(one, other)| self.against(one, other));
            if self.gain(weight) + against.sum::<Grains>() >= 0 {
                return Reason::OnePerSource;
            }
        }
        Reason::Contradiction
    }

    /// What it costs by their sources that two clusters become one, apart from what can never be.
    pub(super) fn repeated(&self, left: &[Row], right: &[Row]) -> Grains {
        if self
            .repeats
            .iter()
            .all(|repeat| !matches!(repeat, Repeat::Costs(_)))
        {
            return 0;
        }
        let mut counts = FxHashMap::<u16, (i64, i64)>::default();
        for &row in left {
            counts.entry(self.table.source(row)).or_default().0 += 1;
        }
        for &row in right {
            counts.entry(self.table.source(row)).or_default().1 += 1;
        }
        // k records of a source cost k - 1 times: joining two clusters that both hold it costs once more.
        counts
            .into_iter()
            .filter(|(_, (left, right))| *left > 0 && *right > 0)
            .map(|(source, _)| match self.repeat(source) {
                Repeat::Costs(cost) => cost,
                Repeat::Free | Repeat::Never => 0,
            })
            .sum()
    }
}

/// By source: what a second record costs.
fn repeats(model: &Model, table: &Table) -> Vec<Repeat> {
    let of = |name: &String| match model.source(name) {
        _ if model.clusters.one_to_one => Repeat::Never,
        None => Repeat::Free,
        Some(source) => match source.one_per_cluster {
            OnePerCluster::Free => Repeat::Free,
            OnePerCluster::Soft => Repeat::Costs(grains(source.penalty_bits)),
            OnePerCluster::Hard => Repeat::Never,
        },
    };
    table.source_names().iter().map(of).collect()
}

/// The log-odds of the link threshold.
#[expect(
    clippy::cast_possible_truncation,
    reason = "weights are read to a tenth of a bit"
)]
fn cut_bits(model: &Model) -> f32 {
    let link = model.thresholds.link;
    (link / (1.0 - link)).log2() as f32
}
