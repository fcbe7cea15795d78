//! What linking misses: pairs that a number ties are looked for again without any numbers. Whoever is found only by his number
//! would have been missed without one; records without a number are missed as often (capture and recapture, with numbers and all
//! other evidence as the two captures).

use std::collections::BTreeMap;

use linkage::Level;
use schema::Phi;

use super::draw::Draws;
use super::{Places, Stratum, clusters_of, count};
use crate::LinkError;
use crate::compare::IdFit;
use crate::link::{Linked, link};
use crate::subject::Subject;

/// What a number ties.
const TIES: [IdFit; 2] = [IdFit::BirthDateAgrees, IdFit::SexAgrees];
/// Fewer tied pairs hardly tell a stratum's own part ...
const TIED_MIN: u64 = 30;
/// ... which leans on that of its kind as on so many pairs.
const PAIRS_OF_KIND: f64 = 100.0;
/// Records without a number may be poorer, or richer, in all else: the missed may be more or fewer by this factor, as a standard deviation
/// of its logarithm.
const SELECTION: f64 = 0.4;
/// The same for strata that have hardly any part of their own.
const BORROWED: f64 = 1.0;

/// Two sources' pairs.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct HeldOut {
    /// Pairs that share a cluster.
    pub(super) links: u64,
    /// Of them, those that a number ties.
    pub(super) tied: u64,
    /// Of the tied, those that are found without numbers.
    pub(super) found: u64,
    /// What tells the part that is missed: tied and missed, with those borrowed from other strata.
    told_by: (f64, f64),
}

impl HeldOut {
    /// Pairs of one person that do not share a cluster, as expected.
    pub(super) fn expected_lost(&self) -> f64 {
        let (tied, missed) = self.told_by;
        self.lost(missed / tied.max(f64::MIN_POSITIVE))
    }

    /// The same under figures that may be.
    pub(super) fn drawn_lost(&self, draws: &mut Draws) -> f64 {
        let (tied, missed) = self.told_by;
        let own = self.tied >= TIED_MIN;
        let doubt = if own { SELECTION } else { BORROWED };
        let share = draws.beta(missed, tied - missed) * (doubt * draws.normal()).exp();
        // The missed are counts of their own.
        draws.gamma(self.lost(share.min(0.9)) + 0.5) - 0.25
    }

    /// How many are lost of those without a number, when `share` of all are.
    fn lost(&self, share: f64) -> f64 {
        count(self.links - self.tied) * share / (1.0 - share)
    }
}

/// By stratum, what is found without numbers.
///
/// # Errors
/// As [`link`].
pub(super) fn held_out<'a>(
    places: &Places<'a>,
    linked: &Linked,
) -> Result<BTreeMap<Stratum<'a>, HeldOut>, LinkError> {
    let mut strata = links(places, linked);
    let Some(ids) = linked
        .model
        .comparisons
        .iter()
        .position(|of| of.name == "ids")
    else {
        borrow(&mut strata);
        return Ok(strata);
    };
    let again = clusters_of(
        places.subjects.len(),
        &link(&unnumbered(places.subjects), &linked.model, &|_, _, _| {})?,
    );
    for (pair, parts) in linked.pairs.iter().zip(&linked.parts) {
        let (left, right) = (pair.left as usize, pair.right as usize);
        let is_tied = TIES
            .map(|fit| Level::At(fit as u8))
            .contains(&parts[ids].level);
        if is_tied && places.are_together(left, right) {
            let stratum = strata.entry(places.stratum(left, right)).or_default();
            stratum.tied += 1;
            stratum.found += u64::from(again[left] == again[right]);
        }
    }
    borrow(&mut strata);
    Ok(strata)
}

/// The subjects without the numbers of the same person elsewhere. Numbers that a record was retired into stay: they are a registry's own
/// word, and what was retired is poor in all else, so that it would not stand for others.
fn unnumbered(subjects: &[Subject]) -> Vec<Subject> {
    let mut subjects = subjects.to_vec();
    for subject in &mut subjects {
        let retired = subject
            .identifiers
            .expose()
            .iter()
            .filter(|id| id.merged_into);
        subject.identifiers = Phi::new(retired.cloned().collect());
    }
    subjects
}

/// Pairs that share a cluster.
fn links<'a>(places: &Places<'a>, linked: &Linked) -> BTreeMap<Stratum<'a>, HeldOut> {
    let mut strata = BTreeMap::<_, HeldOut>::new();
    for members in &linked.clusters {
        for (place, &left) in members.iter().enumerate() {
            for &right in &members[place + 1..] {
                strata.entry(places.stratum(left, right)).or_default().links += 1;
            }
        }
    }
    strata
}

/// Lets every stratum lean on all strata of its kind, across sources or within one, or on all where no number ties such pairs.
fn borrow(strata: &mut BTreeMap<Stratum<'_>, HeldOut>) {
    let all_of = |of: &dyn Fn(&Stratum<'_>) -> bool| {
        let some = strata.iter().filter(|(stratum, _)| of(stratum));
        some.fold((0, 0), |(tied, missed), (_, told)| {
            (tied + told.tied, missed + told.tied - told.found)
        })
    };
    let kinds = [
        all_of(&|(one, other)| one == other),
        all_of(&|(one, other)| one != other),
    ];
    let all = all_of(&|_| true);
    for ((one, other), told) in strata {
        let kind = kinds[usize::from(one != other)];
        let (tied, missed) = if kind.0 >= TIED_MIN { kind } else { all };
        // Jeffreys' half a pair comes in once, with the kind.
        let (of_kind, pairs) = (count(tied) + 1.0, PAIRS_OF_KIND.min(count(tied) + 1.0));
        let borrowed = pairs * (count(missed) + 0.5) / of_kind;
        let own_missed = count(told.tied - told.found);
        told.told_by = (count(told.tied) + pairs, own_missed + borrowed);
    }
}
