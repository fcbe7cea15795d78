//! Ties between comparisons as the weights and EM read them.

use rustc_hash::FxHashMap;

use super::dependence::LEVELS;
use crate::model::Dependence;
use crate::{LinkageError, Model, Pattern};

/// Marks a comparison whose level is summed over.
const OPEN: usize = LEVELS;

/// Sums over open levels that were found already, by what is fixed and what is missing.
#[derive(Default)]
pub(crate) struct Sums(FxHashMap<Vec<usize>, f64>);

/// What the modelled ties change: bits by which the levels of two comparisons come together more often, among two
/// persons' pairs, than if they were independent. They are subtracted from the match weight.
#[derive(Clone, Debug, Default)]
pub(crate) struct Corrections {
    pub(super) edges: Vec<Edge>,
}

/// The child's chance depends on the parent's level.
#[derive(Clone, Debug)]
pub(crate) struct Edge {
    pub(crate) parent: usize,
    pub(crate) child: usize,
    /// By the packed levels of parent and child.
    pub(crate) bits: [[f32; LEVELS]; LEVELS],
}

impl Corrections {
    /// Those that stand in the model.
    ///
    /// # Errors
    /// [`LinkageError::Model`] when one names an unknown comparison.
    pub(crate) fn of(model: &Model) -> Result<Self, LinkageError> {
        let place = |name: &String| {
            model
                .comparisons
                .iter()
                .position(|comparison| comparison.name == *name)
                .ok_or_else(|| {
                    LinkageError::model(format!(
                        "a dependence names comparison `{name}`, which the model lacks"
                    ))
                })
        };
        let edge = |tie: &Dependence| -> Result<Edge, LinkageError> {
            let mut bits = [[0.0; LEVELS]; LEVELS];
            for (row, given) in bits[1..].iter_mut().zip(&tie.bits) {
                row[1..]
                    .iter_mut()
                    .zip(given)
                    .for_each(|(bits, &given)| *bits = given);
            }
            Ok(Edge {
                parent: place(&tie.given)?,
                child: place(&tie.comparison)?,
                bits,
            })
        };
        Ok(Self {
            edges: model
                .dependences
                .iter()
                .map(edge)
                .collect::<Result<_, _>>()?,
        })
    }

    /// The ties, in the order in which their bits are added up.
    #[inline]
    pub(crate) fn edges(&self) -> &[Edge] {
        &self.edges
    }

    /// For each tie the child's place and the bits that it repeats.
    #[inline]
    pub(crate) fn bits(&self, pattern: Pattern) -> impl Iterator<Item = (usize, f32)> {
        let at = move |place| usize::from(pattern.level(place).packed());
        self.edges
            .iter()
            .map(move |edge| (edge.child, edge.bits[at(edge.parent)][at(edge.child)]))
    }

    /// The chance, for two persons, of the levels that a rule leaves open, given those that it fixes; `u` is by comparison
    /// and level. What is missing has no part in it.
    pub(crate) fn chance_given(
        &self,
        pattern: Pattern,
        fixed: &[bool],
        u: &[Vec<f64>],
        sums: &mut Sums,
    ) -> f64 {
        let at = |place: usize| usize::from(pattern.level(place).packed());
        let open = (0..u.len()).filter(|&place| !fixed[place] && at(place) > 0);
        let alone = open.map(|place| u[place][at(place) - 1]).product::<f64>();
        if self.edges.is_empty() {
            return alone;
        }
        let tied = self
            .bits(pattern)
            .map(|(_, bits)| f64::from(bits))
            .sum::<f64>();
        let key = (0..u.len())
            .map(|place| {
                if fixed[place] {
                    at(place)
                } else {
                    at(place).min(1) * OPEN
                }
            })
            .collect::<Vec<_>>();
        let whole = *sums
            .0
            .entry(key)
            .or_insert_with_key(|key| self.sum_over_open(key, u));
        alone * tied.exp2() / whole.max(f64::MIN_POSITIVE)
    }

    /// The sum over all open levels, children before parents.
    fn sum_over_open(&self, key: &[usize], u: &[Vec<f64>]) -> f64 {
        let states = |place: usize| {
            let levels = if key[place] == OPEN {
                1..=u[place].len()
            } else {
                key[place]..=key[place]
            };
            levels.map(move |level| {
                (
                    level,
                    if key[place] == OPEN {
                        u[place][level - 1]
                    } else {
                        1.0
                    },
                )
            })
        };
        let mut below = vec![[1.0; LEVELS]; key.len()];
        for edge in self.edges.iter().rev() {
            for (at_parent, _) in states(edge.parent) {
                let of_child = |(at_child, chance): (usize, f64)| {
                    chance
                        * below[edge.child][at_child]
                        * f64::from(edge.bits[at_parent][at_child]).exp2()
                };
                let message = states(edge.child).map(of_child).sum::<f64>();
                below[edge.parent][at_parent] *= message;
            }
        }
        let roots =
            (0..key.len()).filter(|&place| self.edges.iter().all(|edge| edge.child != place));
        roots
            .map(|root| {
                states(root)
                    .map(|(level, chance)| chance * below[root][level])
                    .sum::<f64>()
            })
            .product()
    }

    pub(super) fn settings(&self, model: &Model) -> Vec<Dependence> {
        let name = |place: usize| model.comparisons[place].name.clone();
        let levels = |place: usize| model.comparisons[place].levels.len();
        let tie = |edge: &Edge| Dependence {
            comparison: name(edge.child),
            given: name(edge.parent),
            bits: edge.bits[1..=levels(edge.parent)]
                .iter()
                .map(|row| row[1..=levels(edge.child)].to_vec())
                .collect(),
        };
        self.edges.iter().map(tie).collect()
    }
}
