//! Counts of comparison patterns: all that training needs to know of candidate pairs (Enamorado et al. 2019).

use rustc_hash::FxHashMap;

use crate::Model;
use crate::blocking::Blocks;
use crate::kernel::Kernel;
use crate::scorer::patterns_of;
use crate::weigh::Pattern;

/// Patterns with how often each was seen, sorted.
pub(crate) type Counted = Vec<(Pattern, u64)>;

/// The patterns of one rule's pairs.
pub(crate) struct RulePatterns {
    /// Whether the rule decides each comparison beforehand.
    pub(crate) fixed: Vec<bool>,
    /// Patterns of the pairs that were looked at.
    pub(crate) patterns: Counted,
    /// All pairs of the rule for each that was looked at.
    pub(crate) thinned_by: f64,
}

/// The patterns of every rule that trains. A rule of very many pairs is thinned by the records' hashes, so that the choice
/// does not depend on the rows' order.
#[expect(
    clippy::cast_precision_loss,
    reason = "a thinning needs no more than 53 bits"
)]
pub(crate) fn training_patterns(
    model: &Model,
    kernel: &Kernel<'_>,
    blocks: &Blocks,
) -> Vec<RulePatterns> {
    let of_rule = |number: usize| {
        let settings = &model.blocks[number];
        let most = model.training.pairs_per_rule_max.max(1);
        let fixed =
            |comparison: &crate::ComparisonSettings| settings.fixes.contains(&comparison.name);
        RulePatterns {
            fixed: model.comparisons.iter().map(fixed).collect(),
            patterns: patterns_of(kernel, blocks, number, (most, model.training.seed)),
            thinned_by: (blocks.report().rules[number].pairs as f64 / most as f64).max(1.0),
        }
    };
    (0..model.blocks.len())
        .filter(|&number| model.blocks[number].train)
        .map(of_rule)
        .collect()
}

/// The sum of counts from several threads, sorted.
pub(super) fn counted(parts: Vec<FxHashMap<Pattern, u64>>) -> Counted {
    let mut all = FxHashMap::default();
    for (pattern, count) in parts.into_iter().flatten() {
        *all.entry(pattern).or_insert(0) += count;
    }
    let mut all = all.into_iter().collect::<Vec<_>>();
    all.sort_unstable();
    all
}
