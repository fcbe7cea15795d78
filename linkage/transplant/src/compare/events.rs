//! Infusions: a day that one registry records and the other records or tells of is, after an id, the best there is.

use linkage::{Comparison, Memo, Outcome, PackedDate, Row};

use crate::facts::{EventFact, Facts};
use crate::subject::{InfusionKind, Registry};

pub(super) const LEVELS: &[&str] = &[
    "several days",
    "same day",
    "a day off",
    "estimated",
    "clash",
    "differ",
];

/// Days that an estimated date may be off.
const ESTIMATE_DAYS: u32 = 45;

/// What two records' infusions are to each other, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum EventFit {
    /// Two or more exact days in common.
    SeveralDays,
    /// One exact day in common.
    SameDay,
    /// A day off.
    DayOff,
    /// An estimated or partial date that fits.
    Estimated,
    /// One excludes the other: two first transplants, or one before the first.
    Clash,
    /// Both tell of the same kind, and no date fits.
    Differ,
}

/// Infusions by their best fit; the share is that of the common days.
pub(super) struct Events<'a>(pub(super) &'a Facts<'a>);

impl Comparison for Events<'_> {
    fn compare(&self, left: Row, right: Row, _: &mut Memo) -> Outcome {
        match events_fit(self.0, left, right) {
            None => Outcome::MISSING,
            Some((fit, share)) => Outcome::shared(fit as u8, share),
        }
    }
}

/// The best fit and, for common days and estimates that fit, the chance that two persons share them; `None` when nothing can be compared.
pub(crate) fn events_fit(facts: &Facts<'_>, left: Row, right: Row) -> Option<(EventFit, f32)> {
    let (ours, theirs) = (facts.events.at(left), facts.events.at(right));
    if ours.is_empty() || theirs.is_empty() {
        return clashes(facts, left, right).then_some((EventFit::Clash, 0.0));
    }
    let (mut best, mut days, mut vague) = (None::<EventFit>, Vec::new(), Vec::new());
    for one in ours {
        for other in theirs.iter().filter(|other| other.kind == one.kind) {
            match day_fit(one, other) {
                Some(EventFit::SameDay) => days.push((one.kind, one.date)),
                fit => {
                    if fit == Some(EventFit::Estimated) {
                        vague.push((one.kind, vague_share(facts, one, other)));
                    }
                    best = best.into_iter().chain(fit).min();
                }
            }
        }
    }
    days.sort_unstable();
    days.dedup();
    let share = days
        .iter()
        .map(|&(kind, day)| facts.event_share(kind, day))
        .product();
    match (days.len(), best) {
        (0, Some(EventFit::Estimated)) => Some((EventFit::Estimated, rarest_of_each(vague))),
        (0, Some(fit)) => Some((fit, 0.0)),
        (0, None) => differing(facts, left, right).map(|fit| (fit, 0.0)),
        (1, _) => Some((EventFit::SameDay, share)),
        _ => Some((EventFit::SeveralDays, share)),
    }
}

/// How two infusions of one kind fit; `None` when they are two.
fn day_fit(one: &EventFact, other: &EventFact) -> Option<EventFit> {
    let vague = one.estimated || other.estimated;
    match (one.date.days(), other.date.days()) {
        (Some(first), Some(second)) if first == second => Some(if vague {
            EventFit::DayOff
        } else {
            EventFit::SameDay
        }),
        (Some(first), Some(second)) if first.abs_diff(second) == 1 && !vague => {
            Some(EventFit::DayOff)
        }
        (Some(first), Some(second)) if vague && first.abs_diff(second) <= ESTIMATE_DAYS => {
            Some(EventFit::Estimated)
        }
        (Some(_), Some(_)) => (one.date.year_month() == other.date.year_month()
            && (may_be_a_month(one) || may_be_a_month(other)))
        .then_some(EventFit::Estimated),
        _ => one
            .date
            .compatible(other.date)
            .then_some(EventFit::Estimated),
    }
}

/// The chance that all kinds of infusion that fit loosely do so in two persons.
fn rarest_of_each(mut vague: Vec<(InfusionKind, f32)>) -> f32 {
    vague.sort_by(|one, other| (one.0.cmp(&other.0)).then(one.1.total_cmp(&other.1)));
    vague.dedup_by_key(|fit| fit.0);
    vague.iter().map(|fit| fit.1).product()
}

/// The chance that two persons' infusions of that kind fit so loosely: one of them in the other's month, year, or weeks around.
fn vague_share(facts: &Facts<'_>, one: &EventFact, other: &EventFact) -> f32 {
    let date = one.date.max(other.date);
    let month_alone = |event: &EventFact| event.date.day() == 0 || may_be_a_month(event);
    let one_month = one.date.year_month() == other.date.year_month();
    let around = match one.date.month().min(other.date.month()) {
        0 => 6,
        _ if one_month && (month_alone(one) || month_alone(other)) => 0,
        _ => 1,
    };
    facts.months_share(one.kind, date, around)
}

/// A day that is not known is told as the first of its month: with a mark, or in passing by forms that have no place for one.
fn may_be_a_month(event: &EventFact) -> bool {
    event.date.day() == 1 && (event.estimated || !event.own)
}

/// No date fits: whether that speaks against one person.
fn differing(facts: &Facts<'_>, left: Row, right: Row) -> Option<EventFit> {
    if clashes(facts, left, right) {
        return Some(EventFit::Clash);
    }
    let (ours, theirs) = (facts.events.at(left), facts.events.at(right));
    let comparable = |one: &EventFact, other: &EventFact| {
        one.kind == other.kind
            && matches!(one.kind, InfusionKind::Hct | InfusionKind::Ct)
            && (one.own || other.own)
    };
    let both = ours
        .iter()
        .any(|one| theirs.iter().any(|other| comparable(one, other)));
    (both && !facts.same_source(left, right) && !is_elsewhere(facts, left, right))
        .then_some(EventFit::Differ)
}

/// Whether one is a hospital's own record of a person whom the other knows from other hospitals alone: a hospital tells what it
/// did itself, and that none of it was done elsewhere says nothing.
fn is_elsewhere(facts: &Facts<'_>, left: Row, right: Row) -> bool {
    let of_a_hospital = |row| facts.registry(row) == Registry::Fhir;
    (of_a_hospital(left) || of_a_hospital(right)) && are_apart(facts, left, right)
}

/// Whether both name hospitals, and none in common.
fn are_apart(facts: &Facts<'_>, left: Row, right: Row) -> bool {
    let places = |row: Row| &facts.subjects[row as usize].facilities;
    let (ours, theirs) = (places(left), places(right));
    !ours.is_empty() && !theirs.is_empty() && !ours.iter().any(|place| theirs.contains(place))
}

/// Two transplants that each are told to be the same how-manieth, or one before a day up to which there was none, or within weeks
/// in two hospitals.
fn clashes(facts: &Facts<'_>, left: Row, right: Row) -> bool {
    let own = |row| {
        facts.events.at(row).iter().filter(|event| {
            event.own && event.kind == InfusionKind::Hct && event.date.is_full() && !event.estimated
        })
    };
    let apart = |one: PackedDate, other: PackedDate| {
        one.days()
            .zip(other.days())
            .is_some_and(|(one, other)| one.abs_diff(other) > ESTIMATE_DAYS)
    };
    let ordinals = own(left).any(|one| {
        own(right).any(|other| {
            one.ordinal != 0 && one.ordinal == other.ordinal && apart(one.date, other.date)
        })
    });
    let before = |claims, events| {
        let none_before = facts.no_transplant_before.at(claims);
        none_before
            .iter()
            .any(|&day| own(events).any(|event| event.date < day && apart(event.date, day)))
    };
    let twice = || {
        let near = |one: &EventFact, other: &EventFact| {
            let days = one.date.days().zip(other.date.days());
            days.is_some_and(|(one, other)| (2..=ESTIMATE_DAYS).contains(&one.abs_diff(other)))
        };
        are_apart(facts, left, right)
            && own(left).any(|one| own(right).any(|other| near(one, other)))
    };
    ordinals || before(left, right) || before(right, left) || twice()
}
