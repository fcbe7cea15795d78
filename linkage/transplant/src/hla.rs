//! HLA typings of unequal resolution: can two be one person's?

use schema::PartialDate;

/// Loci compared, in the schema's order.
pub(crate) const LOCI: usize = 6;
/// HLA-A, and so on, as places in the schema's order.
pub(crate) const LOCUS_A: u8 = 0;
pub(crate) const LOCUS_B: u8 = 1;
pub(crate) const LOCUS_C: u8 = 2;
pub(crate) const LOCUS_DRB1: u8 = 3;
pub(crate) const LOCUS_DQB1: u8 = 4;

/// One reading of one copy at one locus.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Allele {
    /// Twice the locus, plus one for the second copy.
    slot: u8,
    /// Typed on DNA; otherwise an antigen of serology.
    molecular: bool,
    /// First field, or the antigen's number.
    first: u16,
    /// Second field, 0 when not resolved.
    second: u16,
}

/// One typing of one person: alleles by slot, several readings of one copy side by side.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Typing {
    /// When the blood was typed.
    pub typed_on: Option<PartialDate>,
    alleles: Box<[Allele]>,
}

impl std::fmt::Debug for Typing {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("[phi]")
    }
}

impl Allele {
    /// The locus, 0 to 5.
    pub(crate) fn locus(self) -> u8 {
        self.slot / 2
    }

    /// Reads `A*24:02`, `A*24`, `DRB1*15:01:01`, or serology as `A24`; `None` for anything else.
    fn parse(slot: u8, text: &str) -> Option<Self> {
        let text = text.trim().trim_start_matches("HLA-");
        let (molecular, digits) = match text.split_once('*') {
            Some((_, fields)) => (true, fields),
            None if text.contains(':') => (true, text),
            None => (
                false,
                text.trim_start_matches(|letter: char| letter.is_ascii_alphabetic()),
            ),
        };
        let mut fields = digits
            .split(':')
            .map(|field| field.trim_end_matches(|letter: char| letter.is_ascii_alphabetic()));
        let first = fields.next()?.parse().ok()?;
        let second = fields
            .next()
            .and_then(|field| field.parse().ok())
            .unwrap_or(0);
        Some(Self {
            slot,
            molecular,
            first,
            second,
        })
    }

    /// The first field that it has, or that its antigen belongs to: the common coin of all resolutions.
    pub(crate) fn group(self) -> u16 {
        if self.molecular {
            self.first
        } else {
            first_fields(self.locus(), self.first)[0]
        }
    }

    /// The full two-field name as a number, 0 when it is not resolved that far.
    pub(crate) fn resolved(self) -> u32 {
        if self.molecular && self.second != 0 {
            (u32::from(self.first) << 16) | u32::from(self.second)
        } else {
            0
        }
    }

    /// Whether both may be one allele, at the coarser side's resolution; `Some(true)` when at two fields.
    fn fits(self, other: Self) -> Option<bool> {
        match (self.molecular, other.molecular) {
            (true, true) => {
                let resolved = self.second != 0 && other.second != 0;
                (self.first == other.first && (!resolved || self.second == other.second))
                    .then_some(resolved)
            }
            (false, false) => antigens_fit(self.locus(), self.first, other.first).then_some(false),
            (true, false) => first_fields(self.locus(), other.first)
                .contains(&self.first)
                .then_some(false),
            (false, true) => first_fields(self.locus(), self.first)
                .contains(&other.first)
                .then_some(false),
        }
    }
}

/// The first fields whose alleles carry the antigen, the commonest in Japan first. Broad antigens hold several;
/// some splits share a field: B62, B75, B71 and their kin are all B*15, B60 and B61 both B*40.
fn first_fields(locus: u8, antigen: u16) -> &'static [u16] {
    const IDENTITY: [[u16; 1]; 104] = {
        let mut table = [[0]; 104];
        let mut number = 0_u16;
        while (number as usize) < table.len() {
            table[number as usize] = [number];
            number += 1;
        }
        table
    };
    match (locus, antigen) {
        (LOCUS_A, 9) => &[24, 23],
        (LOCUS_A, 10) => &[26, 25, 34, 66],
        (LOCUS_A, 19) => &[33, 31, 30, 29, 32, 74],
        (LOCUS_A, 28) => &[68, 69],
        (LOCUS_A, 203 | 210) => &[2],
        (LOCUS_A, 2403) => &[24],
        (LOCUS_B, 5) => &[52, 51],
        (LOCUS_B, 12) => &[44, 45],
        (LOCUS_B, 14 | 64 | 65) | (LOCUS_DRB1, 1403 | 1404) => &[14],
        (LOCUS_B, 15 | 62 | 63 | 70 | 71 | 72 | 75 | 76 | 77) => &[15],
        (LOCUS_B, 16) => &[39, 38],
        (LOCUS_B, 17) => &[58, 57],
        (LOCUS_B, 21) => &[50, 49],
        (LOCUS_B, 22) => &[54, 55, 56],
        (LOCUS_B, 40 | 60 | 61) => &[40],
        (LOCUS_B, 3901 | 3902) => &[39],
        (LOCUS_B, 5102 | 5103) => &[51],
        (LOCUS_C, 3 | 9 | 10) | (LOCUS_DRB1, 3 | 17 | 18) | (LOCUS_DQB1, 3 | 7 | 8 | 9) => &[3],
        (LOCUS_DRB1, 2) => &[15, 16],
        (LOCUS_DRB1, 5) => &[12, 11],
        (LOCUS_DRB1, 6) => &[14, 13],
        (LOCUS_DRB1, 103) => &[1],
        (LOCUS_DQB1, 1) => &[6, 5],
        (_, number) => IDENTITY
            .get(usize::from(number))
            .map_or(&[0], |field| field),
    }
}

/// Equal antigens, or a broad one and its split; two splits of one broad antigen exclude each other.
fn antigens_fit(locus: u8, left: u16, right: u16) -> bool {
    let broad = |antigen: u16| {
        first_fields(locus, antigen).len() > 1
            || matches!(
                (locus, antigen),
                (LOCUS_B, 15 | 40 | 70) | (LOCUS_C | LOCUS_DQB1, 3)
            )
    };
    let share = || {
        first_fields(locus, left)
            .iter()
            .any(|field| first_fields(locus, right).contains(field))
    };
    left == right || ((broad(left) || broad(right)) && share())
}

impl Typing {
    /// Reads the twelve columns; `None` when none holds a typing. `A*24:02/A*24:20` is one copy with two readings.
    pub(crate) fn parse<'a>(
        typed_on: Option<PartialDate>,
        copies: impl Iterator<Item = Option<&'a str>>,
    ) -> Option<Self> {
        let mut alleles = Vec::new();
        for (slot, copy) in (0_u8..).zip(copies) {
            let readings = copy
                .unwrap_or_default()
                .split('/')
                .filter_map(|reading| Allele::parse(slot, reading));
            let from = alleles.len();
            alleles.extend(readings);
            inherit_first_field(&mut alleles[from..], copy.unwrap_or_default());
        }
        alleles.sort_unstable();
        alleles.dedup();
        (!alleles.is_empty()).then(|| Self {
            typed_on,
            alleles: alleles.into(),
        })
    }

    /// All readings, by slot.
    pub(crate) fn alleles(&self) -> &[Allele] {
        &self.alleles
    }
}

/// `24:02/20` writes the first field once.
fn inherit_first_field(readings: &mut [Allele], text: &str) {
    let Some(leader) = readings.first().copied().filter(|leader| leader.molecular) else {
        return;
    };
    for (reading, part) in readings.iter_mut().zip(text.split('/')).skip(1) {
        if !part.contains(':') && !part.contains('*') {
            *reading = Allele {
                second: reading.first,
                ..leader
            };
        }
    }
}

/// What two genotypes are to each other at one locus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LocusFit {
    /// One of them is not typed there.
    NotCompared,
    /// Both copies fit, as far as they are typed; `resolved` when all at two fields.
    Fits {
        /// At two fields.
        resolved: bool,
    },
    /// One copy fits, the other does not.
    OneCopyOff,
    /// No assignment of the copies fits.
    Excluded,
}

/// The two copies of a locus among alleles sorted by slot.
pub(crate) fn copies(alleles: &[Allele], locus: u8) -> [&[Allele]; 2] {
    let from = |slot: u8| alleles.partition_point(|allele| allele.slot < slot);
    let (first, second, end) = (from(2 * locus), from(2 * locus + 1), from(2 * locus + 2));
    [&alleles[first..second], &alleles[second..end]]
}

/// Compares two genotypes at a locus by the best assignment of the copies; a blank copy is homozygous or untyped and
/// takes any place.
pub(crate) fn compare_locus(left: &[Allele], right: &[Allele], locus: u8) -> LocusFit {
    let (left, right) = (copies(left, locus), copies(right, locus));
    if left.iter().all(|copy| copy.is_empty()) || right.iter().all(|copy| copy.is_empty()) {
        return LocusFit::NotCompared;
    }
    let straight = assigned(left[0], right[0], left[1], right[1]);
    let crossed = assigned(left[0], right[1], left[1], right[0]);
    let (misfits, resolved) = straight.min(crossed);
    match misfits {
        0 => LocusFit::Fits {
            resolved: !resolved,
        },
        1 => LocusFit::OneCopyOff,
        _ => LocusFit::Excluded,
    }
}

/// Misfits of an assignment, and whether some pair is resolved less than to two fields. An untyped copy may be the
/// typed one again: where one side has a single copy, it must be one of the other's.
fn assigned(
    one: &[Allele],
    one_with: &[Allele],
    two: &[Allele],
    two_with: &[Allele],
) -> (u8, bool) {
    let pairs = [copy_fits(one, one_with), copy_fits(two, two_with)];
    let fitting = pairs
        .iter()
        .any(|pair| matches!(pair, CopyFit::Fits { .. }));
    let misfit = pairs.iter().any(|pair| matches!(pair, CopyFit::Misfit));
    let coarse = pairs
        .iter()
        .any(|pair| !matches!(pair, CopyFit::Fits { resolved: true }));
    if fitting {
        (u8::from(misfit), coarse)
    } else {
        (2, true)
    }
}

enum CopyFit {
    Blank,
    Fits { resolved: bool },
    Misfit,
}

fn copy_fits(left: &[Allele], right: &[Allele]) -> CopyFit {
    if left.is_empty() || right.is_empty() {
        return CopyFit::Blank;
    }
    let fits = left
        .iter()
        .flat_map(|one| right.iter().filter_map(|other| one.fits(*other)));
    fits.max()
        .map_or(CopyFit::Misfit, |resolved| CopyFit::Fits { resolved })
}

#[cfg(test)]
mod tests {
    use super::{LocusFit, Typing, compare_locus};

    fn typing(locus: usize, first: &str, second: &str) -> Typing {
        let mut copies = [None; 12];
        copies[2 * locus] = Some(first);
        copies[2 * locus + 1] = Some(second);
        Typing::parse(None, copies.into_iter()).unwrap()
    }

    fn check(locus: u8, left: (&str, &str), right: (&str, &str), expected: LocusFit) {
        let (left, right) = (
            typing(locus.into(), left.0, left.1),
            typing(locus.into(), right.0, right.1),
        );
        assert_eq!(
            compare_locus(left.alleles(), right.alleles(), locus),
            expected,
            "{left:?}"
        );
        assert_eq!(
            compare_locus(right.alleles(), left.alleles(), locus),
            expected
        );
    }

    const FINE: LocusFit = LocusFit::Fits { resolved: true };
    const COARSE: LocusFit = LocusFit::Fits { resolved: false };

    #[test]
    fn copies_are_assigned_the_best_way() {
        check(0, ("A*24:02", "A*26:01"), ("A*26:01", "A*24:02"), FINE);
        check(
            0,
            ("A*24:02", "A*26:01"),
            ("A*24:02", "A*02:01"),
            LocusFit::OneCopyOff,
        );
        check(
            0,
            ("A*24:02", "A*26:01"),
            ("A*11:01", "A*02:01"),
            LocusFit::Excluded,
        );
    }

    #[test]
    fn the_coarser_side_sets_the_resolution() {
        check(0, ("A*24:02", "A*26:01"), ("A24", "A26"), COARSE);
        check(0, ("A*24:02", "A*26:01"), ("A9", "A10"), COARSE);
        check(0, ("A*24", "A*26"), ("A*26:03", "A*24:20"), COARSE);
        check(
            0,
            ("A*24:02/A*24:20", "A*26:01"),
            ("A*24:20", "A*26:01"),
            FINE,
        );
        check(
            0,
            ("A*24:02", "A*26:01"),
            ("A*24:20", "A*26:01"),
            LocusFit::OneCopyOff,
        );
    }

    #[test]
    fn a_prefix_is_not_serology_where_splits_share_a_field() {
        check(1, ("B*15:01", "B*52:01"), ("B62", "B52"), COARSE);
        check(1, ("B*15:11", "B*40:02"), ("B75", "B61"), COARSE);
        check(1, ("B62", "B52"), ("B75", "B52"), LocusFit::OneCopyOff);
        check(1, ("B*40:01", "B*52:01"), ("B40", "B5"), COARSE);
    }

    #[test]
    fn a_blank_second_copy_is_homozygous_or_untyped() {
        check(0, ("A*24:02", ""), ("A*24:02", "A*26:01"), COARSE);
        check(
            0,
            ("A*24:02", ""),
            ("A*02:01", "A*26:01"),
            LocusFit::Excluded,
        );
        check(0, ("A*24:02", ""), ("A*24:02", ""), COARSE);
        let (left, right) = (typing(0, "A*24:02", ""), typing(1, "B*52:01", ""));
        assert_eq!(
            compare_locus(left.alleles(), right.alleles(), 0),
            LocusFit::NotCompared
        );
    }
}
