//! What no weight outvotes: vetoes by the line of a life, and doubts that a person must settle.

use linkage::{Level, Model, PackedDate, Row, Rules, ScoredPair, Weighed};

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
pub const MAY_BE_RELATIVE: &str =
    "may be a twin or relative: too little in common that a relative would not share";
/// Neither birth date nor HLA tells.
pub const SINGLE_WITNESS: &str = "neither birth date nor HLA supports it";
/// A number names the record, but the person does not fit it.
pub const ID_UNCHECKED: &str =
    "a number names the record, but neither birth date nor treatment agree";

/// What twins, siblings and donors do not share with the patient.
const OWN_TRAITS: &[&str] = &[
    "ids",
    "events",
    "initials",
    "death_date",
    "diagnosis_date",
    "lot",
];
/// What they share.
const INBORN_TRAITS: &[&str] = &["birth_date", "hla"];
/// The own traits together must say so much, or a relative may be meant.
const OWN_TRAITS_BITS_MIN: f32 = 5.0;
/// Birth date and HLA together must say so much, or another patient treated on that day in that hospital may be meant ...
const INBORN_BITS_MIN: f32 = 3.0;
/// ... unless the own traits say so much: two of them agree to the day.
const OWN_TRAITS_ALONE_BITS_MIN: f32 = 16.0;
/// From this level of diagnosis dates on they agree too loosely: twins have been diagnosed within weeks, not within a week.
const DIAGNOSED_WITHIN_WEEKS: u8 = 2;
/// The level of initials that tells the family name alone.
const FIRST_KANA: Level = Level::At(2);
/// Relatives share the family's initial, so of equal initials only the given name's tells them apart: one letter of about eleven that are common.
const GIVEN_NAME_BITS: f32 = 3.5;

/// Days that a death may be told too early.
const DEATH_SLACK_DAYS: i32 = 3;

/// The rules over the facts.
pub(crate) struct LifeLine<'a> {
    facts: &'a Facts<'a>,
    own_traits: Vec<usize>,
    inborn_traits: Vec<usize>,
    diagnosis: Option<usize>,
    initials: Option<usize>,
    disease: Option<usize>,
}

impl<'a> LifeLine<'a> {
    pub(crate) fn new(facts: &'a Facts<'a>, model: &Model) -> Self {
        let places = |names: &[&str]| -> Vec<usize> {
            let named = |comparison: &linkage::ComparisonSettings| {
                names.contains(&comparison.name.as_str())
            };
            (0..model.comparisons.len())
                .filter(|&place| named(&model.comparisons[place]))
                .collect()
        };
        Self {
            facts,
            own_traits: places(OWN_TRAITS),
            inborn_traits: places(INBORN_TRAITS),
            diagnosis: places(&["diagnosis_date"]).pop(),
            initials: places(&["initials"]).pop(),
            disease: places(&["disease"]).pop(),
        }
    }

    fn own(&self, row: Row) -> impl Iterator<Item = &EventFact> + Clone {
        self.facts.events.at(row).iter().filter(|event| event.own)
    }

    fn treated_after_death(&self, dead: Row, treated: Row) -> bool {
        let Some(death) = self.facts.deaths[dead as usize].filter(|death| !death.estimated) else {
            return false;
        };
        let Some(died) = crate::subject::packed(death.date).days() else {
            return false;
        };
        self.own(treated).any(|event| {
            !event.estimated
                && event
                    .date
                    .days()
                    .is_some_and(|day| day > died + DEATH_SLACK_DAYS)
        })
    }

    fn two_grafts(&self, left: Row, right: Row) -> bool {
        let grafts = |row| {
            self.own(row).filter(|event| {
                event.kind == InfusionKind::Hct && event.date.is_full() && !event.estimated
            })
        };
        let is_own = |donor: DonorType| donor == DonorType::Autologous;
        let differ = |one: &EventFact, other: &EventFact| {
            one.donor
                .zip(other.donor)
                .is_some_and(|(one, other)| is_own(one) != is_own(other))
        };
        grafts(left)
            .any(|one| grafts(right).any(|other| one.date == other.date && differ(one, other)))
    }

    /// All birth dates told lie after some treatment of the other, and are no slip of the other's.
    fn born_after(&self, born: Row, treated: Row) -> bool {
        let births = self.facts.births.at(born);
        let after = |birth: PackedDate, event: &EventFact| {
            !event.date.is_missing() && birth.year() > event.date.year()
        };
        let all_after = !births.is_empty()
            && self
                .own(treated)
                .any(|event| births.iter().all(|&birth| after(birth, event)));
        all_after
            && births_fit(births, self.facts.births.at(treated)).is_none_or(|fit| !fit.agrees())
    }

    fn sex_and_birth_differ(&self, left: Row, right: Row) -> bool {
        let (one, other) = (
            self.facts.sexes[left as usize],
            self.facts.sexes[right as usize],
        );
        let births = births_fit(self.facts.births.at(left), self.facts.births.at(right));
        one.is_some()
            && other.is_some()
            && one != other
            && births == Some(BirthFit::Differs)
            && !self.is_decided(left, right)
    }

    /// A checked number, or a day of infusion in common.
    fn is_decided(&self, left: Row, right: Row) -> bool {
        ids_fit(self.facts, left, right).is_some_and(|fit| fit <= IdFit::Almost)
            || events_fit(self.facts, left, right).is_some_and(|(fit, _)| fit <= EventFit::DayOff)
    }

    /// The part of the own traits' weight that a twin would have as well: half of a diagnosis within weeks, and the family name. Relatives
    /// may share the disease, so that it says nothing for one person; another disease does speak against one.
    fn shared_by_relatives(&self, parts: &[Weighed]) -> f32 {
        let part = |place: Option<usize>| place.map(|place| parts[place]);
        let weeks = part(self.diagnosis).filter(
            |part| matches!(part.level, Level::At(level) if level >= DIAGNOSED_WITHIN_WEEKS),
        );
        let for_it = |part: Option<Weighed>| part.map_or(0.0, |part| part.weight.max(0.0));
        let given = |part: Weighed| match part.level {
            FIRST_KANA => 0.0,
            _ => GIVEN_NAME_BITS,
        };
        let family = part(self.initials).map_or(0.0, |part| (part.weight - given(part)).max(0.0));
        let other_disease = part(self.disease).map_or(0.0, |part| part.weight.min(0.0));
        for_it(weeks) / 2.0 + family - other_disease
    }
}

impl Rules for LifeLine<'_> {
    fn veto(&self, left: Row, right: Row) -> Option<&'static str> {
        let checks: [(&'static str, bool); 5] = [
            (
                AFTER_DEATH,
                self.treated_after_death(left, right) || self.treated_after_death(right, left),
            ),
            (TWO_GRAFTS, self.two_grafts(left, right)),
            (
                BORN_AFTER,
                self.born_after(left, right) || self.born_after(right, left),
            ),
            (SEX_AND_BIRTH, self.sex_and_birth_differ(left, right)),
            (
                HLA_EXCLUDES,
                hla_fit(self.facts, left, right).is_some_and(|fit| fit.0 == HlaFit::Excluded),
            ),
        ];
        checks
            .into_iter()
            .find(|check| check.1)
            .map(|check| check.0)
    }

    fn doubt(&self, pair: &ScoredPair, parts: &dyn Fn() -> Vec<Weighed>) -> Option<&'static str> {
        let parts = parts();
        let own = sum(&parts, &self.own_traits);
        let inborn = sum(&parts, &self.inborn_traits);
        let treated_alike = events_fit(self.facts, pair.left, pair.right)
            .is_some_and(|(fit, _)| fit <= EventFit::DayOff);
        if ids_fit(self.facts, pair.left, pair.right) == Some(IdFit::Unchecked) && !treated_alike {
            return Some(ID_UNCHECKED);
        }
        if inborn < INBORN_BITS_MIN && own < OWN_TRAITS_ALONE_BITS_MIN {
            return Some(SINGLE_WITNESS);
        }
        let other_hla =
            hla_fit(self.facts, pair.left, pair.right).is_some_and(|fit| fit.0 >= HlaFit::Differs);
        let relative = own - self.shared_by_relatives(&parts) < OWN_TRAITS_BITS_MIN
            || (other_hla && !self.is_decided(pair.left, pair.right));
        relative.then_some(MAY_BE_RELATIVE)
    }
}

/// Weight of the comparisons at these places.
fn sum(parts: &[Weighed], places: &[usize]) -> f32 {
    places.iter().map(|&place| parts[place].weight).sum()
}
