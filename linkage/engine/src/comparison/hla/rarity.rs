//! The chance that another person's genotype fits as well.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::allele::Allele;
use super::genotype::{Copy, Genotype, LocusFit, compare_locus};

/// Records of one genotype that may be one person's; only more show that the genotype is common.
const RECORDS_OF_ONE_PERSON: f64 = 4.0;
/// No allele is taken as rarer than this.
const ALLELE_MIN: f64 = 1e-5;
/// No homozygous genotype at a locus is taken as rarer than this: a second allele may have been missed.
const HOMOZYGOUS_MIN: f64 = 1e-4;

/// How much of its own a locus tells: C goes with B, and DQB1 and DRB3 to 5 with DRB1, in most haplotypes (linkage
/// disequilibrium).
fn independence(locus: &str) -> f64 {
    match locus {
        "A" => 1.0,
        "B" => 0.95,
        "DRB1" => 0.85,
        "DPB1" => 0.8,
        "C" => 0.3,
        _ => 0.2,
    }
}

/// Frequencies from all genotypes at hand.
pub(super) struct Rarity {
    /// By locus: its alleles.
    loci: BTreeMap<String, Frequencies>,
    /// Records by the genotype's first fields.
    genotypes: FxHashMap<Vec<u16>, f64>,
    records: f64,
}

/// Records with each allele at a locus, at one field and at two.
#[derive(Default)]
struct Frequencies {
    groups: FxHashMap<u16, f64>,
    groups_total: f64,
    resolved: FxHashMap<u32, f64>,
    resolved_total: f64,
}

impl Rarity {
    /// Counts genotypes, each with its number of records.
    pub(super) fn of(genotypes: &[Genotype], records: &[u32]) -> Self {
        let mut rarity = Self {
            loci: BTreeMap::new(),
            genotypes: FxHashMap::default(),
            records: 0.0,
        };
        for (genotype, &count) in genotypes.iter().zip(records) {
            let count = f64::from(count);
            rarity.records += count;
            *rarity.genotypes.entry(first_fields(genotype)).or_default() += count;
            for (locus, copies) in genotype.loci() {
                let known = rarity.loci.entry(locus.to_owned()).or_default();
                for allele in copies.iter().flatten() {
                    known.add(*allele, locus, count);
                }
            }
        }
        rarity
    }

    /// The chance that a random genotype fits both at the loci where they fit: a product over the loci, but no rarer than
    /// the genotype is seen to be.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a share needs no more than 24 bits"
    )]
    pub(super) fn share(&self, left: &Genotype, right: &Genotype) -> f32 {
        let mut share = 1.0;
        for (locus, ours, theirs) in left.both(right) {
            if let LocusFit::Fits { resolved } = compare_locus(ours, theirs, locus) {
                share *= self
                    .locus_share(locus, ours, theirs, resolved)
                    .powf(independence(locus));
            }
        }
        let seen = |genotype| {
            let key = first_fields(genotype);
            self.genotypes.get(&key).copied().unwrap_or(0.0)
        };
        let more = (seen(left).max(seen(right)) - RECORDS_OF_ONE_PERSON).max(0.0);
        share.max(more / self.records.max(1.0)) as f32
    }

    /// The chance that a random genotype fits at one locus (Hardy and Weinberg), by the side with fewer copies typed, and
    /// of two equals by the commoner.
    fn locus_share(
        &self,
        locus: &str,
        ours: &[Copy; 2],
        theirs: &[Copy; 2],
        resolved: bool,
    ) -> f64 {
        let typed = |copies: &[Copy; 2]| copies.iter().filter(|copy| !copy.is_empty()).count();
        let by = |copies| self.copies_share(locus, copies, resolved);
        match typed(ours).cmp(&typed(theirs)) {
            std::cmp::Ordering::Less => by(ours),
            std::cmp::Ordering::Greater => by(theirs),
            std::cmp::Ordering::Equal => by(ours).max(by(theirs)),
        }
    }

    fn copies_share(&self, locus: &str, copies: &[Copy; 2], resolved: bool) -> f64 {
        let chance = |copy: &Copy| self.copy_share(locus, copy, resolved);
        match copies {
            [one, other] if one.is_empty() || other.is_empty() => {
                let chance = chance(if one.is_empty() { other } else { one });
                chance * (2.0 - chance)
            }
            [one, other] if one == other => chance(one).powi(2).max(HOMOZYGOUS_MIN),
            [one, other] => 2.0 * chance(one).min(chance(other)) * chance(one).max(chance(other)),
        }
    }

    /// The share of one copy's readings, the commonest counting.
    fn copy_share(&self, locus: &str, copy: &Copy, resolved: bool) -> f64 {
        let Some(known) = self.loci.get(locus) else {
            return 1.0;
        };
        let shares = copy
            .iter()
            .map(|allele| known.share(*allele, locus, resolved));
        shares.fold(ALLELE_MIN, f64::max)
    }
}

impl Frequencies {
    fn add(&mut self, allele: Allele, locus: &str, count: f64) {
        *self.groups.entry(allele.group(locus)).or_default() += count;
        self.groups_total += count;
        if allele.resolved() != 0 {
            *self.resolved.entry(allele.resolved()).or_default() += count;
            self.resolved_total += count;
        }
    }

    fn share(&self, allele: Allele, locus: &str, resolved: bool) -> f64 {
        let (count, total) = if resolved && allele.resolved() != 0 {
            (self.resolved.get(&allele.resolved()), self.resolved_total)
        } else {
            (self.groups.get(&allele.group(locus)), self.groups_total)
        };
        count.copied().unwrap_or(0.0) / total.max(1.0)
    }
}

/// A, B and DRB1 at their first fields, each copy's first reading, in ascending order; 0 where untyped.
fn first_fields(genotype: &Genotype) -> Vec<u16> {
    let mut fields = Vec::with_capacity(6);
    for wanted in ["A", "B", "DRB1"] {
        let copies = genotype.loci().find(|(locus, _)| *locus == wanted);
        let mut pair = copies.map_or([0, 0], |(locus, copies)| {
            [0, 1].map(|copy| {
                copies[copy]
                    .first()
                    .map_or(0, |allele: &Allele| allele.group(locus))
            })
        });
        pair.sort_unstable();
        if pair[0] == 0 {
            pair[0] = pair[1];
        }
        fields.extend(pair);
    }
    fields
}
