//! Pairs taken apart: what each comparison says of them alone.

use crate::Level;
use crate::weigh::Weighed;

/// Pairs with the parts of their weights, comparison by comparison.
#[derive(Clone, Debug, Default)]
pub(crate) struct Together {
    comparisons: usize,
    /// For each pair and comparison how much likelier the outcome is for one person than for two; nothing when missing.
    ratios: Vec<Option<f64>>,
    /// For each pair how much likelier it is for two persons than if its comparisons were independent.
    repeated: Vec<f64>,
    weights: Vec<f32>,
}

/// One pair of [`Together`].
#[derive(Clone, Copy)]
pub(crate) struct Apart<'a> {
    /// By comparison, as there.
    pub(crate) ratios: &'a [Option<f64>],
    /// As there.
    pub(crate) repeated: f64,
}

impl Together {
    /// No pairs yet.
    pub(crate) fn new(comparisons: usize) -> Self {
        Self {
            comparisons,
            ..Self::default()
        }
    }

    /// Adds a pair: its parts without what they say twice, and that, in bits.
    pub(crate) fn add(&mut self, (parts, repeated): &(Vec<Weighed>, f32)) {
        let ratio = |part: &Weighed| match part.level {
            Level::Missing => None,
            Level::At(_) => Some(f64::from(part.weight).exp2()),
        };
        self.ratios.extend(parts.iter().map(ratio));
        self.repeated.push(f64::from(*repeated).exp2());
        let weight = parts.iter().map(|part| part.weight).sum::<f32>() - repeated;
        self.weights.push(weight);
    }

    pub(crate) fn comparisons(&self) -> usize {
        self.comparisons
    }

    pub(crate) fn pairs(&self) -> impl Iterator<Item = Apart<'_>> {
        let ratios = self.ratios.chunks(self.comparisons.max(1));
        ratios
            .zip(&self.repeated)
            .map(|(ratios, &repeated)| Apart { ratios, repeated })
    }

    /// The pairs' weights, in their order.
    pub(crate) fn weights(&self) -> &[f32] {
        &self.weights
    }
}
