//! Numbers of one registry that the other writes down. An id alone is never enough: it is checked against birth date and sex.

use linkage::{Comparison, Memo, Outcome, Row};

use super::birth::{BirthFit, births_fit};
use crate::facts::{Facts, IdFact};
use crate::subject::Registry;

pub(super) const LEVELS: &[&str] = &[
    "merged",
    "birth date agrees",
    "sex agrees",
    "almost",
    "unchecked",
    "another number",
];

/// What the numbers say, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum IdFit {
    /// One record was retired into the other, by the registry itself.
    Merged,
    /// The number names the other record, and the birth date agrees.
    BirthDateAgrees,
    /// The number names the other record and the sex agrees; a birth date is missing.
    SexAgrees,
    /// The number is a slip of the pen away from the other record's, and the birth date agrees.
    Almost,
    /// The number names the other record, but nothing else of the person agrees: another patient's, most likely.
    Unchecked,
    /// A number of that registry is known, and it is another's.
    AnotherNumber,
}

/// Numbers checked against demographics.
pub(super) struct Ids<'a>(pub(super) &'a Facts<'a>);

impl Comparison for Ids<'_> {
    fn compare(&self, left: Row, right: Row, _: &mut Memo) -> Outcome {
        ids_fit(self.0, left, right).map_or(Outcome::MISSING, |fit| Outcome::at(fit as u8))
    }
}

/// What the numbers of two records say (a FHIR id only within its own server); `None` when neither knows a number of the other's registry.
pub(crate) fn ids_fit(facts: &Facts<'_>, left: Row, right: Row) -> Option<IdFit> {
    let (ours, theirs) = (facts.ids.at(left), facts.ids.at(right));
    if ours.is_empty() && theirs.is_empty() {
        return None;
    }
    let reach = |id: &IdFact| id.registry != Registry::Fhir || facts.same_source(left, right);
    let find = |ids: &[IdFact], row: Row| {
        let own = facts.own_ids[row as usize];
        ids.iter().find(|id| id.code == own && reach(id)).copied()
    };
    let named = find(ours, right).or_else(|| find(theirs, left));
    let birth = births_fit(facts.births.at(left), facts.births.at(right));
    if named.is_some_and(|id| id.merged_into) {
        return Some(if birth == Some(BirthFit::Differs) {
            IdFit::SexAgrees
        } else {
            IdFit::Merged
        });
    }
    let common = || {
        ours.iter()
            .any(|id| reach(id) && theirs.iter().any(|other| id.code == other.code))
    };
    if named.is_some() || common() {
        return Some(checked(facts, left, right, birth));
    }
    if birth == Some(BirthFit::Same) && (almost(facts, ours, right) || almost(facts, theirs, left))
    {
        return Some(IdFit::Almost);
    }
    (speaks_against(facts, ours, left, right) || speaks_against(facts, theirs, right, left))
        .then_some(IdFit::AnotherNumber)
}

fn checked(facts: &Facts<'_>, left: Row, right: Row, birth: Option<BirthFit>) -> IdFit {
    let (left, right) = (facts.sexes[left as usize], facts.sexes[right as usize]);
    match birth {
        Some(birth) if birth.agrees() => IdFit::BirthDateAgrees,
        Some(BirthFit::YearOnly | BirthFit::OnePartOff) | None
            if left.is_some() && left == right =>
        {
            IdFit::SexAgrees
        }
        _ => IdFit::Unchecked,
    }
}

/// Whether some number names the row but for one digit, or two neighbours exchanged.
fn almost(facts: &Facts<'_>, ids: &[IdFact], row: Row) -> bool {
    let own = facts.own_ids[row as usize];
    let registry = facts.registry(row);
    ids.iter().any(|id| {
        id.registry == registry
            && is_slip(
                facts.id_names.name(id.code).as_bytes(),
                facts.id_names.name(own).as_bytes(),
            )
    })
}

fn is_slip(left: &[u8], right: &[u8]) -> bool {
    if left.len() != right.len() {
        return false;
    }
    let differing = left
        .iter()
        .zip(right)
        .enumerate()
        .filter(|(_, (one, other))| one != other)
        .map(|(place, _)| place)
        .collect::<Vec<_>>();
    match differing[..] {
        [_] => true,
        [one, other] => other == one + 1 && left[one] == right[other] && left[other] == right[one],
        _ => false,
    }
}

/// Whether `ids` of the row `knower` hold a number of the other row's registry, of a record that exists or not.
fn speaks_against(facts: &Facts<'_>, ids: &[IdFact], knower: Row, other: Row) -> bool {
    let registry = facts.registry(other);
    registry != facts.registry(knower)
        && ids
            .iter()
            .any(|id| id.registry == registry && !id.merged_into)
}

#[cfg(test)]
mod tests {
    use super::is_slip;

    #[test]
    fn a_slip_is_one_digit_or_two_neighbours() {
        let check = |left: &str, right: &str, expected| {
            assert_eq!(
                is_slip(left.as_bytes(), right.as_bytes()),
                expected,
                "{left} {right}"
            );
        };
        check("trump:000123456789", "trump:000123456798", true);
        check("trump:000123456789", "trump:000123456780", true);
        check("trump:000123456789", "trump:000123465780", false);
        check("trump:000123456789", "trump:00123456789", false);
    }
}
