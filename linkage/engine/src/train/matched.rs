//! How comparisons hang together among pairs of one person: told, not modelled.

use super::dependence::{Among, Association, LEVELS};
use super::patterns::RulePatterns;
use crate::Model;

/// Ties among pairs of one person, from the patterns that look like theirs; told, not modelled.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
pub(crate) fn among_matches(
    model: &Model,
    rules: &[RulePatterns],
    posteriors: &[Vec<f64>],
) -> Vec<Association> {
    let places = model.comparisons.len();
    let mut ties = Vec::new();
    for one in 0..places {
        for other in one + 1..places {
            let mut seen = [[0.0; LEVELS]; LEVELS];
            for (rule, posteriors) in rules
                .iter()
                .zip(posteriors)
                .filter(|(rule, _)| !rule.fixed[one] && !rule.fixed[other])
            {
                for (&(pattern, count), posterior) in rule.patterns.iter().zip(posteriors) {
                    let at = |place| usize::from(pattern.level(place).packed());
                    seen[at(one)][at(other)] += count as f64 * posterior;
                }
            }
            let (mutual_bits, agreement_bits, pairs) = mutual(&seen);
            // Twice the pairs times the information, in nats, is a chi-square of as many degrees as free cells.
            let free = (model.comparisons[one].levels.len() - 1)
                * (model.comparisons[other].levels.len() - 1);
            if 2.0 * pairs * mutual_bits * std::f64::consts::LN_2 > 4.0 * free as f64 + 10.0
                && mutual_bits > 0.002
            {
                let name = |place: usize| model.comparisons[place].name.clone();
                ties.push(Association {
                    one: name(one),
                    other: name(other),
                    among: Among::Matches,
                    mutual_bits,
                    agreement_bits,
                    modelled: false,
                });
            }
        }
    }
    ties.sort_by(|left, right| right.mutual_bits.total_cmp(&left.mutual_bits));
    ties
}

/// Mutual information of a table of pairs in bits, the bits of its best levels together, and its pairs.
fn mutual(seen: &[[f64; LEVELS]; LEVELS]) -> (f64, f64, f64) {
    let row = |at: usize| seen[at][1..].iter().sum::<f64>();
    let column = |at: usize| seen[1..].iter().map(|row| row[at]).sum::<f64>();
    let pairs = (1..LEVELS).map(row).sum::<f64>();
    let mut sum = 0.0;
    for (at_row, seen) in seen.iter().enumerate().skip(1) {
        for (at_column, &here) in seen.iter().enumerate().skip(1) {
            if here > 0.0 {
                sum += here / pairs * (here * pairs / (row(at_row) * column(at_column))).log2();
            }
        }
    }
    let best = (seen[1][1] * pairs / (row(1) * column(1)).max(f64::MIN_POSITIVE))
        .max(1e-9)
        .log2();
    (sum.max(0.0), best, pairs)
}
