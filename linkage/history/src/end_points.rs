//! End points of each recorded transplant and cell therapy.
//!
//! Observation ends at the last contact over all registries; a next infusion does not end it. Days are counted only
//! between two ends that are known to the day. Overall survival: 1 dead. Relapse-free survival: 1 relapse or death.
//! Non-relapse mortality: 1 death without relapse, 2 relapse. GRFS, after allogeneic transplants: 1 the first of
//! acute GVHD of grade 3 or 4, chronic GVHD with systemic treatment, relapse, death.

use jiff::civil::Date;
use schema::{Attribute, EventKind, Identity, Outcome, OutcomeKind};

use crate::Rules;
use crate::complications::starts_observation;
use crate::conflicts::alive_after_death;
use crate::days::{days_between, firm_day};
use crate::draft::Draft;

/// Least grade of acute GVHD that ends GVHD-free survival.
const SEVERE_ACUTE_GRADE_MIN: i64 = 3;

/// What ends the observation of a person.
struct Observed {
    /// The death, where it stands.
    death: Option<usize>,
    last_contact: Option<usize>,
}

/// The end points of every transplant and cell therapy that a source itself records.
pub(crate) fn outcomes(identity: Identity, drafts: &[Draft<'_>], rules: &Rules) -> Vec<Outcome> {
    let of_kind = |kind| drafts.iter().position(|draft| draft.kind == kind);
    let doubted =
        alive_after_death(drafts, rules).is_some() && !rules.death_confirmed.contains(&identity);
    let observed = Observed {
        death: of_kind(EventKind::Death).filter(|_| !doubted),
        last_contact: of_kind(EventKind::LastContact),
    };
    let mut outcomes = Vec::new();
    for (place, draft) in drafts.iter().enumerate() {
        if starts_observation(draft.kind) && !draft.mentioned_only() && draft.date.is_some() {
            outcomes.extend(of_infusion(place, drafts, &observed));
        }
    }
    outcomes
}

fn of_infusion(from: usize, drafts: &[Draft<'_>], observed: &Observed) -> Vec<Outcome> {
    let death: Vec<usize> = observed.death.into_iter().collect();
    let relapses: Vec<usize> = (0..drafts.len())
        .filter(|place| drafts[*place].kind == EventKind::Relapse && is_after(*place, from, drafts))
        .collect();
    let failures = [&relapses[..], &death[..]].concat();
    let end_point = |kind, ends: &[usize], competing: &[usize]| {
        decide(kind, from, ends, competing, drafts, observed)
    };
    let mut outcomes = vec![
        end_point(OutcomeKind::OverallSurvival, &death, &[]),
        end_point(OutcomeKind::RelapseFreeSurvival, &failures, &[]),
        end_point(OutcomeKind::NonRelapseMortality, &death, &relapses),
    ];
    let donor = drafts[from].code(Attribute::DonorType);
    if drafts[from].kind == EventKind::Hct && donor == Some("allogeneic") {
        let mut ends = failures;
        ends.extend((0..drafts.len()).filter(|place| {
            drafts[*place].infusion == Some(from) && is_severe_gvhd(&drafts[*place])
        }));
        outcomes.push(end_point(
            OutcomeKind::GvhdFreeRelapseFreeSurvival,
            &ends,
            &[],
        ));
    }
    outcomes
}

/// The first of the events that end observation, or the last contact.
fn decide(
    kind: OutcomeKind,
    from: usize,
    ends: &[usize],
    competing: &[usize],
    drafts: &[Draft<'_>],
    observed: &Observed,
) -> Outcome {
    let first = ends
        .iter()
        .chain(competing)
        .min_by_key(|place| order(**place, from, drafts));
    let (status, decider) = match first {
        Some(place) if competing.contains(place) => (2, Some(*place)),
        Some(place) => (1, Some(*place)),
        None => (0, observed.last_contact),
    };
    Outcome {
        kind,
        from_event: from,
        days: decider.and_then(|place| days(from, place, drafts)),
        status,
        decided_by: decider.into_iter().collect(),
    }
}

/// The first day that an event may mean, exact days first, then relapse before death; what has no date may have come
/// first of all.
fn order(place: usize, from: usize, drafts: &[Draft<'_>]) -> (Date, bool, EventKind, usize) {
    let draft = &drafts[place];
    let earliest = draft
        .date
        .or(drafts[from].date)
        .map_or(Date::MAX, |date| date.date.earliest());
    let vague = draft.date.and_then(firm_day).is_none();
    (earliest, vague, draft.kind, place)
}

/// Days from an infusion to an event, when both are known to the day and stand in this order.
fn days(from: usize, to: usize, drafts: &[Draft<'_>]) -> Option<i64> {
    let from = drafts[from].date.and_then(firm_day)?;
    let to = drafts[to].date.and_then(firm_day)?;
    Some(days_between(from, to)).filter(|days| *days >= 0)
}

/// Whether an event may lie after an infusion; without a date, whether it follows that infusion or a later one.
fn is_after(place: usize, from: usize, drafts: &[Draft<'_>]) -> bool {
    match (drafts[place].date, drafts[from].date) {
        (Some(date), Some(given)) => match (firm_day(given), firm_day(date)) {
            (Some(given), Some(day)) => day >= given,
            _ => drafts[place]
                .infusion
                .is_some_and(|infusion| infusion >= from),
        },
        _ => drafts[place]
            .infusion
            .is_some_and(|infusion| infusion >= from),
    }
}

fn is_severe_gvhd(draft: &Draft<'_>) -> bool {
    match draft.kind {
        EventKind::AcuteGvhd => draft.tellings.iter().any(|telling| {
            telling
                .number(Attribute::Grade)
                .is_some_and(|grade| grade >= SEVERE_ACUTE_GRADE_MIN)
        }),
        EventKind::ChronicGvhd => draft
            .tellings
            .iter()
            .any(|telling| telling.code(Attribute::Systemic) == Some("yes")),
        _ => false,
    }
}
