//! HLA at unequal resolution, by how rare the shared typing is; what was typed after foreign cells came in may agree, but never speaks against.

use linkage::{Comparison, Memo, Outcome, PackedDate, Row};
use rustc_hash::FxHashMap;

use crate::facts::{Facts, TypingFact};
use crate::hla::{
    Allele, LOCI, LOCUS_A, LOCUS_B, LOCUS_C, LOCUS_DQB1, LOCUS_DRB1, LocusFit, compare_locus,
    copies,
};

pub(super) const LEVELS: &[&str] = &["compatible", "one copy off", "differs", "excluded"];

/// How much of its own a locus tells: C goes with B and DQB1 with DRB1 in most haplotypes (linkage disequilibrium).
const INDEPENDENCE: [f32; LOCI] = [1.0, 0.95, 0.3, 0.85, 0.2, 0.8];
/// Records of one genotype that may be one person's; only more show that the genotype is common.
const RECORDS_OF_ONE_PERSON: u32 = 4;

/// What two typings are to each other, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum HlaFit {
    /// All loci fit.
    Compatible,
    /// One copy at one locus does not: a typing error.
    OneCopyOff,
    /// Not one person's, if no slip.
    Differs,
    /// Two loci exclude each other.
    Excluded,
}

/// Fit of two rows by their best typings, with the loci that fit; `None` when nothing can be compared or only typings
/// after foreign cells differ.
pub(crate) fn hla_fit(
    facts: &Facts<'_>,
    left: Row,
    right: Row,
) -> Option<(HlaFit, TypingFact, TypingFact)> {
    let foreign = facts.first_allogeneic_of(left, right);
    let theirs = facts.typings.at(right);
    let pairs = facts
        .typings
        .at(left)
        .iter()
        .flat_map(|one| theirs.iter().map(move |other| (*one, *other)));
    let fits = pairs.filter_map(|(one, other)| {
        let own_cells = is_before(one, foreign) && is_before(other, foreign);
        typing_fit(facts.alleles(one), facts.alleles(other), own_cells).map(|fit| (fit, one, other))
    });
    fits.min_by_key(|fit| fit.0)
}

/// Typed from the patient's own cells for certain.
fn is_before(typing: TypingFact, foreign: PackedDate) -> bool {
    foreign.is_missing() || (!typing.typed_on.is_missing() && typing.typed_on < foreign)
}

fn typing_fit(left: &[Allele], right: &[Allele], own_cells: bool) -> Option<HlaFit> {
    let (mut compared, mut off, mut excluded) = (0, 0, 0);
    for locus in 0..6 {
        match compare_locus(left, right, locus) {
            LocusFit::NotCompared => continue,
            LocusFit::Fits { .. } => {}
            LocusFit::OneCopyOff => off += 1,
            LocusFit::Excluded => excluded += 1,
        }
        compared += 1;
    }
    match (compared, off, excluded) {
        (0, _, _) => None,
        (_, 0, 0) => Some(HlaFit::Compatible),
        (3.., 1, 0) => Some(HlaFit::OneCopyOff),
        _ if !own_cells => None,
        (_, _, 0 | 1) => Some(HlaFit::Differs),
        _ => Some(HlaFit::Excluded),
    }
}

/// Typings by their best fit, with frequencies from all typings at hand.
pub(super) struct Hla<'a> {
    facts: &'a Facts<'a>,
    groups: FxHashMap<(u8, u16), f32>,
    resolved: FxHashMap<(u8, u32), f32>,
    genotypes: FxHashMap<u64, u32>,
    typed: f32,
}

impl<'a> Hla<'a> {
    #[expect(
        clippy::cast_precision_loss,
        reason = "a share needs no more than 24 bits"
    )]
    pub(super) fn new(facts: &'a Facts<'a>) -> Self {
        let mut hla = Self {
            facts,
            groups: FxHashMap::default(),
            resolved: FxHashMap::default(),
            genotypes: FxHashMap::default(),
            typed: 1.0,
        };
        let (mut group_totals, mut resolved_totals) = ([0.0_f32; LOCI], [0.0_f32; LOCI]);
        for typing in facts.typings.all() {
            let alleles = facts.alleles(*typing);
            for allele in alleles {
                let locus = allele.locus();
                *hla.groups.entry((locus, allele.group())).or_default() += 1.0;
                group_totals[usize::from(locus)] += 1.0;
                if allele.resolved() != 0 {
                    *hla.resolved.entry((locus, allele.resolved())).or_default() += 1.0;
                    resolved_totals[usize::from(locus)] += 1.0;
                }
            }
            if let Some(key) = genotype_key(alleles) {
                *hla.genotypes.entry(key).or_default() += 1;
            }
        }
        hla.groups
            .iter_mut()
            .for_each(|((locus, _), count)| *count /= group_totals[usize::from(*locus)]);
        hla.resolved
            .iter_mut()
            .for_each(|((locus, _), count)| *count /= resolved_totals[usize::from(*locus)]);
        hla.typed = hla
            .genotypes
            .values()
            .map(|&count| count as f32)
            .sum::<f32>()
            .max(1.0);
        hla
    }

    /// The chance that another person's typing fits as well: product over the loci, but no rarer than the genotype is
    /// seen to be.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a share needs no more than 24 bits"
    )]
    fn share(&self, left: &[Allele], right: &[Allele]) -> f32 {
        let mut share = 1.0;
        for (locus, independence) in (0_u8..).zip(INDEPENDENCE) {
            if let LocusFit::Fits { resolved } = compare_locus(left, right, locus) {
                share *= self
                    .locus_share(copies(left, locus), copies(right, locus), resolved)
                    .powf(independence);
            }
        }
        let seen = |alleles| {
            genotype_key(alleles)
                .and_then(|key| self.genotypes.get(&key))
                .copied()
                .unwrap_or(0)
        };
        let common = seen(left)
            .max(seen(right))
            .saturating_sub(RECORDS_OF_ONE_PERSON) as f32
            / self.typed;
        share.max(common)
    }

    /// The chance that a random genotype fits at one locus.
    fn locus_share(&self, left: [&[Allele]; 2], right: [&[Allele]; 2], resolved: bool) -> f32 {
        let typed =
            |copies: [&[Allele]; 2]| copies.into_iter().filter(|copy| !copy.is_empty()).count();
        let scarcer = if typed(left) <= typed(right) {
            left
        } else {
            right
        };
        let chances = scarcer
            .into_iter()
            .filter(|copy| !copy.is_empty())
            .map(|copy| self.copy_share(copy, resolved))
            .collect::<Vec<_>>();
        match chances[..] {
            [one, other]
                if scarcer[0]
                    .iter()
                    .map(|allele| allele.group())
                    .eq(scarcer[1].iter().map(|allele| allele.group())) =>
            {
                one.max(other).powi(2).max(1e-4)
            }
            [one, other] => 2.0 * one * other,
            [one] => one * (2.0 - one),
            _ => 1.0,
        }
    }

    /// The share of one copy's readings, the commonest counting.
    fn copy_share(&self, copy: &[Allele], resolved: bool) -> f32 {
        let share = |allele: &Allele| {
            let known = if resolved {
                self.resolved.get(&(allele.locus(), allele.resolved()))
            } else {
                self.groups.get(&(allele.locus(), allele.group()))
            };
            known.copied().unwrap_or(0.0)
        };
        copy.iter().map(share).fold(1e-5, f32::max)
    }
}

/// A, B and DRB1 at their first fields, as one number; `None` when one of them is untyped.
pub(crate) fn genotype_key(alleles: &[Allele]) -> Option<u64> {
    let mut key = 0_u64;
    for locus in [LOCUS_A, LOCUS_B, LOCUS_DRB1] {
        let groups = copies(alleles, locus)
            .map(|copy| copy.first().map(|allele| u64::from(allele.group()) & 0x3FF));
        let (low, high) = match groups {
            [Some(one), Some(other)] => (one.min(other), one.max(other)),
            [Some(one), None] | [None, Some(one)] => (one, one),
            [None, None] => return None,
        };
        key = (key << 20) | (low << 10) | high;
    }
    Some(key)
}

impl Comparison for Hla<'_> {
    fn compare(&self, left: Row, right: Row, _: &mut Memo) -> Outcome {
        match hla_fit(self.facts, left, right) {
            None => Outcome::MISSING,
            Some((fit @ (HlaFit::Compatible | HlaFit::OneCopyOff), one, other)) => Outcome::shared(
                fit as u8,
                self.share(self.facts.alleles(one), self.facts.alleles(other)),
            ),
            Some((fit, _, _)) => Outcome::at(fit as u8),
        }
    }
}

const _: () = assert!(
    LOCUS_C == 2 && LOCUS_DQB1 == 4,
    "the loci's order is that of `INDEPENDENCE`"
);
