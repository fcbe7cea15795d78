//! A genotype: the two copies of each locus typed, several readings of one copy side by side.

use std::collections::BTreeMap;

use super::allele::{Allele, locus_of};

/// The loci of one person, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Genotype {
    loci: Vec<(String, [Copy; 2])>,
}

/// The readings of one copy, ascending; none when it is untyped.
pub(super) type Copy = Vec<Allele>;

impl std::fmt::Debug for Allele {
    /// A typing may tell who somebody is.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("[phi]")
    }
}

/// What two genotypes are to each other at one locus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LocusFit {
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

impl Genotype {
    /// Reads a genotype list (R. P. Milius et al., "Genotype List String", Tissue Antigens 82, 2013) and looser forms:
    /// `^`, `,`, `;` or blanks between loci, `+` between copies, `/` between readings of one copy, `~` within a haplotype; of
    /// alternatives with `|`, all readings count. Serology (`A24`) and group suffixes (`G`, `P`) are understood; what is no
    /// typing is left out. `None` when nothing is typed.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.to_uppercase();
        let mut loci = BTreeMap::<String, Vec<Copy>>::new();
        for block in text.split(|mark: char| mark.is_whitespace() || "^,;".contains(mark)) {
            let mut alternatives = block.split('|').map(typed_copies);
            let Some(mut copies) = alternatives.next() else {
                continue;
            };
            alternatives.for_each(|other| merge(&mut copies, other));
            for (locus, typed) in copies {
                let known = loci.entry(locus).or_default();
                known.extend(typed);
                known.truncate(2);
            }
        }
        let loci = loci
            .into_iter()
            .map(|(locus, copies)| {
                let mut copies = copies.into_iter();
                let copies = [0, 1].map(|_| copies.next().unwrap_or_default());
                (locus, copies)
            })
            .collect::<Vec<_>>();
        (!loci.is_empty()).then_some(Self { loci })
    }

    /// The loci typed, ascending by name, with their copies.
    pub(super) fn loci(&self) -> impl Iterator<Item = (&str, &[Copy; 2])> {
        self.loci
            .iter()
            .map(|(name, copies)| (name.as_str(), copies))
    }

    /// What the two are to each other at each locus that both have typed, by the best assignment of the copies.
    pub fn fits<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = (&'a str, LocusFit)> {
        self.both(other)
            .map(|(locus, ours, theirs)| (locus, compare_locus(ours, theirs, locus)))
    }

    /// The loci that both have typed, with both sides' copies.
    pub(super) fn both<'a>(
        &'a self,
        other: &'a Self,
    ) -> impl Iterator<Item = (&'a str, &'a [Copy; 2], &'a [Copy; 2])> {
        self.loci().filter_map(|(locus, ours)| {
            let place = other
                .loci
                .binary_search_by(|(theirs, _)| theirs.as_str().cmp(locus));
            Some((locus, ours, &other.loci[place.ok()?].1))
        })
    }
}

/// The copies of each locus in one alternative.
fn typed_copies(text: &str) -> BTreeMap<String, Vec<Copy>> {
    let mut loci = BTreeMap::<String, Vec<Copy>>::new();
    for copy in text.split('+').flat_map(|copy| copy.split('~')) {
        if let Some((locus, readings)) = readings(copy) {
            loci.entry(locus).or_default().push(readings);
        }
    }
    loci
}

/// Adds another alternative's readings, copy by copy.
fn merge(copies: &mut BTreeMap<String, Vec<Copy>>, other: BTreeMap<String, Vec<Copy>>) {
    for (locus, other) in other {
        let known = copies.entry(locus).or_default();
        known.resize(known.len().max(other.len()), Copy::new());
        for (known, other) in known.iter_mut().zip(other) {
            known.extend(other);
            known.sort_unstable();
            known.dedup();
        }
    }
}

/// The readings of one copy and their locus; `A*24:02/20` writes what is common once.
fn readings(text: &str) -> Option<(String, Copy)> {
    let mut parts = text.split('/');
    let first = parts.next()?;
    let locus = locus_of(first)?;
    let leader = Allele::parse(first)?;
    let mut readings = vec![leader];
    for part in parts {
        let Some(allele) = Allele::parse(part) else {
            continue;
        };
        let is_short = leader.is_molecular() && !part.contains(':') && !part.contains('*');
        readings.push(if is_short {
            allele.after(leader)
        } else {
            allele
        });
    }
    readings.sort_unstable();
    readings.dedup();
    Some((locus, readings))
}

/// Compares two genotypes at a locus by the best assignment of the copies; a blank copy is homozygous or untyped and
/// takes any place.
pub(super) fn compare_locus(left: &[Copy; 2], right: &[Copy; 2], locus: &str) -> LocusFit {
    let straight = assigned([&left[0], &right[0]], [&left[1], &right[1]], locus);
    let crossed = assigned([&left[0], &right[1]], [&left[1], &right[0]], locus);
    let (misfits, coarse) = straight.min(crossed);
    match misfits {
        0 => LocusFit::Fits { resolved: !coarse },
        1 => LocusFit::OneCopyOff,
        _ => LocusFit::Excluded,
    }
}

/// Misfits of an assignment, and whether some pair is resolved less than to two fields. An untyped copy may be the
/// typed one again: where one side has a single copy, it must be one of the other's.
fn assigned(one: [&Copy; 2], two: [&Copy; 2], locus: &str) -> (u8, bool) {
    let pairs = [copy_fits(one, locus), copy_fits(two, locus)];
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

fn copy_fits([left, right]: [&Copy; 2], locus: &str) -> CopyFit {
    if left.is_empty() || right.is_empty() {
        return CopyFit::Blank;
    }
    let fits = left
        .iter()
        .flat_map(|one| right.iter().filter_map(|other| one.fits(*other, locus)));
    fits.max()
        .map_or(CopyFit::Misfit, |resolved| CopyFit::Fits { resolved })
}
