//! Death, and what lies after it.

use schema::{Attribute, Conflict, EventKind};

use super::{Case, conflict, dates_differ, named, own_dates};
use crate::Rules;
use crate::checks;
use crate::days::{days_between, firm_day, window};
use crate::draft::Draft;

/// The last contact, when it tells of the person alive after the day of death.
pub(crate) fn alive_after_death(drafts: &[Draft<'_>], rules: &Rules) -> Option<usize> {
    let death = drafts.iter().find(|draft| draft.kind == EventKind::Death)?;
    let (_, died) = window(death.date?, rules);
    drafts.iter().position(|draft| {
        let seen = draft.date.and_then(firm_day);
        draft.kind == EventKind::LastContact
            && draft
                .tellings
                .iter()
                .any(|told| told.code(Attribute::Survival) == Some("alive"))
            && seen.is_some_and(|seen| days_between(died, seen) > rules.midnight_days_max)
    })
}

pub(super) fn about_death(case: &Case<'_, '_>, found: &mut Vec<Conflict>) {
    let Some(death) = case
        .drafts
        .iter()
        .find(|draft| draft.kind == EventKind::Death)
    else {
        return;
    };
    let told = own_dates(death);
    if told.is_empty() && death.date.is_none() {
        found.push(conflict(checks::DEATH_UNDATED, "", Vec::new()));
    }
    if dates_differ(&told) {
        found.push(conflict(checks::DEATH_DATE_DIFFERS, "", told.clone()));
    }
    if let Some(contact) = alive_after_death(case.drafts, case.rules) {
        let alive = own_dates(&case.drafts[contact]);
        let values = if case.rules.death_confirmed.contains(&case.identity) {
            [told.clone(), alive].concat()
        } else {
            [alive, told.clone()].concat()
        };
        found.push(conflict(checks::ALIVE_AFTER_DEATH, "", values));
    }
    let Some(died) = death.date.map(|date| window(date, case.rules).1) else {
        return;
    };
    for draft in case.drafts.iter().filter(|draft| {
        let treatment = draft.kind.is_infusion()
            || matches!(
                draft.kind,
                EventKind::Chemotherapy | EventKind::Apheresis | EventKind::Therapy
            );
        treatment && !draft.mentioned_only()
    }) {
        let given = draft.date.map(|date| window(date, case.rules).0);
        if given.is_some_and(|given| days_between(died, given) > 0) {
            let values = [told.clone(), own_dates(draft)].concat();
            found.push(conflict(checks::TREATED_AFTER_DEATH, &named(draft), values));
        }
    }
}
