//! What no weight outvotes: vetoes by the line of a life, and doubts that a person must settle.

use linkage::{Model, PackedDate, Row, Rules, ScoredPair};

use crate::compare::{BirthFit, EventFit, HlaFit, IdFit, births_fit, events_fit, hla_fit, ids_fit};
use crate::facts::{EventFact, Facts};
use crate::subject::{DonorType, InfusionKind};

/// Treated after a recorded death.
pub const AFTER_DEATH: &str = "treated after a recorded death";
/// An autologous and an allogeneic transplant on one day.
pub const TWO_GRAFTS: &str = "two different grafts on one day";
/// Born after a treatment.
pub const BORN_AFTER: &str = "born after a treatment";
/// Sex and birth year both differ, and nothing else decides.
pub const SEX_AND_BIRTH: &str = "sex and birth year both differ";
/// Typings before any foreign cells exclude each other.
pub const HLA_EXCLUDES: &str = "HLA before transplant excludes itself at two loci";
/// A twin, sibling or donor would look the same.
pub const MAY_BE_RELATIVE: &str = "may be a twin or relative: no number, infusion or diagnosis day in common";
/// A number names the record, but the person does not fit it.
pub const ID_UNCHECKED: &str = "a number names the record, but neither birth date nor treatment agree";

/// Days that a death may be told too early.
const DEATH_SLACK_DAYS: i32 = 3;

/// The rules over the facts.
pub(crate) struct LifeLine<'a> {
    facts: &'a Facts<'a>,
    initials: Option<usize>,
    diagnosis: Option<usize>,
}

impl<'a> LifeLine<'a> {
    pub(crate) fn new(facts: &'a Facts<'a>, model: &Model) -> Self {
        let place = |name: &str| model.comparisons.iter().position(|comparison| comparison.name == name);
        Self { facts, initials: place("initials"), diagnosis: place("diagnosis_date") }
    }

    fn own(&self, row: Row) -> impl Iterator<Item = &EventFact> + Clone {
        self.facts.events.at(row).iter().filter(|event| event.own)
    }

    fn treated_after_death(&self, dead: Row, treated: Row) -> bool {
        let Some(death) = self.facts.deaths[dead as usize].filter(|death| !death.estimated) else { return false };
        let Some(died) = crate::subject::packed(death.date).days() else { return false };
        self.own(treated).any(|event| !event.estimated && event.date.days().is_some_and(|day| day > died + DEATH_SLACK_DAYS))
    }

    fn two_grafts(&self, left: Row, right: Row) -> bool {
        let grafts = |row| self.own(row).filter(|event| event.kind == InfusionKind::Hct && event.date.is_full() && !event.estimated);
        let is_own = |donor: DonorType| donor == DonorType::Autologous;
        let differ = |one: &EventFact, other: &EventFact| one.donor.zip(other.donor).is_some_and(|(one, other)| is_own(one) != is_own(other));
        grafts(left).any(|one| grafts(right).any(|other| one.date == other.date && differ(one, other)))
    }

    /// All birth dates told lie after some treatment of the other, and are no slip of the other's.
    fn born_after(&self, born: Row, treated: Row) -> bool {
        let births = self.facts.births.at(born);
        let after = |birth: PackedDate, event: &EventFact| !event.date.is_missing() && birth.year() > event.date.year();
        let all_after = !births.is_empty() && self.own(treated).any(|event| births.iter().all(|&birth| after(birth, event)));
        all_after && births_fit(births, self.facts.births.at(treated)).is_none_or(|fit| !fit.agrees())
    }

    fn sex_and_birth_differ(&self, left: Row, right: Row) -> bool {
        let (one, other) = (self.facts.sexes[left as usize], self.facts.sexes[right as usize]);
        let births = births_fit(self.facts.births.at(left), self.facts.births.at(right));
        one.is_some() && other.is_some() && one != other && births == Some(BirthFit::Differs) && !self.is_decided(left, right)
    }

    /// A checked number, or a day of infusion in common.
    fn is_decided(&self, left: Row, right: Row) -> bool {
        ids_fit(self.facts, left, right).is_some_and(|fit| fit <= IdFit::Almost)
            || events_fit(self.facts, left, right).is_some_and(|(fit, _)| fit <= EventFit::DayOff)
    }
}

impl Rules for LifeLine<'_> {
    fn veto(&self, left: Row, right: Row) -> Option<&'static str> {
        let checks: [(&'static str, bool); 5] = [
            (AFTER_DEATH, self.treated_after_death(left, right) || self.treated_after_death(right, left)),
            (TWO_GRAFTS, self.two_grafts(left, right)),
            (BORN_AFTER, self.born_after(left, right) || self.born_after(right, left)),
            (SEX_AND_BIRTH, self.sex_and_birth_differ(left, right)),
            (HLA_EXCLUDES, hla_fit(self.facts, left, right).is_some_and(|fit| fit.0 == HlaFit::Excluded)),
        ];
        checks.into_iter().find(|check| check.1).map(|check| check.0)
    }

    fn doubt(&self, pair: &ScoredPair) -> Option<&'static str> {
        let (left, right) = (pair.left, pair.right);
        if self.is_decided(left, right) {
            return None;
        }
        let place = |index: Option<usize>| index.map_or(0, |index| pair.comparisons[index].level.packed());
        if ids_fit(self.facts, left, right) == Some(IdFit::Unchecked) {
            return Some(ID_UNCHECKED);
        }
        let no_event_fits = events_fit(self.facts, left, right).is_some_and(|(fit, _)| fit >= EventFit::Clash);
        let (diagnosis, initials) = (place(self.diagnosis), place(self.initials));
        let own_traits = diagnosis == 1 || (1..=3).contains(&initials);
        (no_event_fits || !own_traits || (initials >= 4 && diagnosis != 1)).then_some(MAY_BE_RELATIVE)
    }
}
