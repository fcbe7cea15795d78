//! HLA genotypes of unequal resolution: can two be one person's?
//!
//! Both are reduced to the coarser side's resolution (two fields, one field, serology), and the two copies of a locus are
//! assigned the best way; a blank second copy is homozygous or untyped. Levels: `compatible` (every locus typed in both fits),
//! `compatible_loci = 3` (the same, at so many loci or more), `one_copy_off` (a typing error: one copy of one locus, of three
//! or more), `excluded = 2` (so many loci exclude each other), `otherwise`; without a common locus nothing is said. The rarity
//! is the chance that another genotype fits as well: by Hardy and Weinberg at each locus, less for loci in linkage
//! disequilibrium, and no rarer than the genotype is seen to be.

mod allele;
mod genotype;
mod rarity;

pub use genotype::{Genotype, LocusFit};

use rarity::Rarity;

use super::{Coded, Level, Outcome, Test, Values, dictionary, first, records_by_code};
use crate::{Codes, MISSING};

/// What two genotypes are to each other over all their loci.
///
/// ```
/// use linkage::hla::{Genotype, Fit};
/// let typed = |text| Genotype::parse(text).unwrap();
/// let fine = typed("A*24:02+A*33:03^B*44:03+B*52:01^DRB1*13:02+DRB1*15:02");
/// let fit = Fit::of(&fine, &typed("A24 A33 B44 B52 DR13 DR15"));
/// assert_eq!((fit.compared, fit.one_copy_off, fit.excluded), (3, 0, 0));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fit {
    /// Loci that both have typed.
    pub compared: usize,
    /// Loci of which one copy does not fit.
    pub one_copy_off: usize,
    /// Loci of which no copy fits.
    pub excluded: usize,
}

/// Loci that must be compared before a single misfit counts as a slip.
const LOCI_FOR_A_SLIP: usize = 3;

impl Fit {
    /// The fit of two genotypes; the same in either order.
    #[must_use]
    pub fn of(left: &Genotype, right: &Genotype) -> Self {
        let mut all = Self::default();
        for (_, fit) in left.fits(right) {
            all.compared += 1;
            match fit {
                LocusFit::Fits { .. } => {}
                LocusFit::OneCopyOff => all.one_copy_off += 1,
                LocusFit::Excluded => all.excluded += 1,
            }
        }
        all
    }

    fn holds(self, test: &Test) -> bool {
        let misfits = self.one_copy_off + self.excluded;
        match test {
            Test::Compatible => misfits == 0,
            Test::CompatibleLoci(least) => misfits == 0 && self.compared >= *least,
            Test::OneCopyOff => {
                self.compared >= LOCI_FOR_A_SLIP && self.one_copy_off == 1 && self.excluded == 0
            }
            Test::Excluded(least) => self.excluded >= *least,
            _ => true,
        }
    }
}

struct Typings {
    genotypes: Vec<Genotype>,
    rarity: Rarity,
    tests: Vec<Test>,
}

pub(super) fn coded<'a>(codes: &'a Codes, times: Option<&[u32]>, tests: Vec<Test>) -> Coded<'a> {
    let typed = super::names_of(codes)
        .map(Genotype::parse)
        .collect::<Vec<_>>();
    let row = |&code: &u32| match code {
        MISSING => None,
        code => typed[code as usize - 1].as_ref(),
    };
    let (rows, genotypes) = dictionary(codes.rows().iter().map(row));
    let genotypes = genotypes.into_iter().cloned().collect::<Vec<_>>();
    let records = records_by_code(&rows, genotypes.len(), times);
    let values = Typings {
        rarity: Rarity::of(&genotypes, &records[1..]),
        genotypes,
        tests,
    };
    Coded::new(rows, Box::new(values))
}

impl Values for Typings {
    fn outcome(&self, left: u32, right: u32) -> Outcome {
        let (left, right) = (
            &self.genotypes[left as usize - 1],
            &self.genotypes[right as usize - 1],
        );
        let fit = Fit::of(left, right);
        if fit.compared == 0 {
            return Outcome::MISSING;
        }
        let outcome = first(&self.tests, |test| fit.holds(test));
        let Level::At(place) = outcome.level else {
            return outcome;
        };
        let by_value = matches!(
            self.tests[usize::from(place)],
            Test::Compatible | Test::CompatibleLoci(_) | Test::OneCopyOff
        );
        let share = if by_value {
            self.rarity.share(left, right)
        } else {
            0.0
        };
        Outcome { share, ..outcome }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Fit, Genotype, LocusFit, Test, coded};
    use crate::{Codes, Level};

    const FINE: LocusFit = LocusFit::Fits { resolved: true };
    const COARSE: LocusFit = LocusFit::Fits { resolved: false };

    fn check(left: &str, right: &str, expected: LocusFit) {
        let (left, right) = (
            Genotype::parse(left).unwrap(),
            Genotype::parse(right).unwrap(),
        );
        let fit = |one: &Genotype, other: &Genotype| {
            one.fits(other).map(|(_, fit)| fit).collect::<Vec<_>>()
        };
        assert_eq!(fit(&left, &right), [expected]);
        assert_eq!(fit(&right, &left), [expected]);
    }

    #[test]
    fn copies_are_assigned_the_best_way() {
        check("A*24:02+A*26:01", "A*26:01+A*24:02", FINE);
        check("A*24:02+A*26:01", "A*24:02+A*02:01", LocusFit::OneCopyOff);
        check("A*24:02+A*26:01", "A*11:01+A*02:01", LocusFit::Excluded);
    }

    #[test]
    fn the_coarser_side_sets_the_resolution() {
        check("A*24:02+A*26:01", "A24+A26", COARSE);
        check("A*24:02+A*26:01", "A9 A10", COARSE);
        check("A*24+A*26", "A*26:03+A*24:20", COARSE);
        check("A*24:02/A*24:20+A*26:01", "A*24:20+A*26:01", FINE);
        check(
            "A*24:02/20+A*26:01",
            "HLA-A*24:20:01G+HLA-A*26:01:01:01",
            FINE,
        );
        check("A*24:02+A*26:01", "A*24:20+A*26:01", LocusFit::OneCopyOff);
        check("A*24:02+A*26:01|A*24:20+A*26:02", "A*24:20,A*26:01", FINE);
    }

    #[test]
    fn a_prefix_is_not_serology_where_splits_share_a_field() {
        check("B*15:01+B*52:01", "B62+B52", COARSE);
        check("B*15:11+B*40:02", "B75+B61", COARSE);
        check("B62+B52", "B75+B52", LocusFit::OneCopyOff);
        check("B*40:01+B*52:01", "B40+B5", COARSE);
        check("C*03:04+C*07:02", "Cw10 Cw7", COARSE);
        check("DRB1*15:02+DRB1*13:02", "DR2 DR6", COARSE);
    }

    #[test]
    fn a_blank_second_copy_is_homozygous_or_untyped() {
        check("A*24:02", "A*24:02+A*26:01", COARSE);
        check("A*24:02", "A*02:01+A*26:01", LocusFit::Excluded);
        check("A*24:02", "A*24:02", COARSE);
    }

    #[test]
    fn haplotypes_and_loose_lists_are_read() {
        let list = Genotype::parse("A*24:02+A*33:03^B*44:03+B*52:01");
        assert_eq!(list, Genotype::parse("A*24:02~B*44:03+A*33:03~B*52:01"));
        assert_eq!(list, Genotype::parse("a*24:02; a*33:03; b*44:03; b*52:01"));
        assert_eq!(Genotype::parse("unknown"), None);
        assert_eq!(Genotype::parse(""), None);
    }

    #[test]
    fn levels_and_rarity_follow_the_loci() {
        let common = "A*24:02+A*24:02^B*52:01+B*52:01^DRB1*15:02+DRB1*15:02";
        let rare = "A*26:05+A*31:01^B*39:04+B*67:01^DRB1*16:02+DRB1*10:01";
        let slip = "A*26:05+A*31:01^B*39:04+B*67:01^DRB1*16:02+DRB1*11:01";
        let typings = [
            rare,
            slip,
            common,
            "A*24:02+A*24:02",
            "DPB1*02:01",
            common,
            common,
            common,
            common,
            common,
            common,
        ];
        let codes = Codes::from_values(typings.map(Some));
        let tests = vec![
            Test::CompatibleLoci(3),
            Test::Compatible,
            Test::OneCopyOff,
            Test::Excluded(2),
            Test::Otherwise,
        ];
        let bound = coded(&codes, None, tests);
        let level = |left, right| bound.compare(left, right).level;
        assert_eq!(level(0, 0), Level::At(0));
        assert_eq!(level(2, 3), Level::At(1));
        assert_eq!(level(0, 1), Level::At(2));
        assert_eq!(level(0, 2), Level::At(3));
        assert_eq!(level(0, 3), Level::At(4));
        assert_eq!(level(0, 4), Level::Missing);
        let (rare, common) = (bound.compare(0, 0).share, bound.compare(2, 2).share);
        assert!(rare > 0.0 && rare < common / 10.0, "{rare} {common}");
    }

    fn genotype() -> impl Strategy<Value = String> {
        "A\\*(24|26):0[12]\\+A\\*(24|26)(:0[12])?(\\^B\\*(15|52)\\+B(62|75|52))?"
    }

    proptest! {
        #[test]
        fn the_fit_is_symmetric_and_a_genotype_fits_itself(left in genotype(), right in genotype()) {
            let (left, right) = (Genotype::parse(&left).unwrap(), Genotype::parse(&right).unwrap());
            prop_assert_eq!(Fit::of(&left, &right), Fit::of(&right, &left));
            let own = Fit::of(&left, &left);
            prop_assert_eq!((own.one_copy_off, own.excluded), (0, 0));
        }
    }
}
