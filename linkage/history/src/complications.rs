//! What follows an infusion: engraftment, GVHD, CRS, relapse, a second malignancy, adverse events.

use schema::{Attribute, EventKind, ItemKind, MappedRecord};

use crate::Rules;
use crate::days::{days_between, distance, firm_day};
use crate::draft::Draft;
use crate::statement::{Statement, statements};

/// The codes of `outcome` and the events that they are.
const KINDS: [(&str, EventKind); 11] = [
    ("neutrophil_engraftment", EventKind::NeutrophilEngraftment),
    ("platelet_engraftment", EventKind::PlateletEngraftment),
    ("acute_gvhd", EventKind::AcuteGvhd),
    ("chronic_gvhd", EventKind::ChronicGvhd),
    ("sos_vod", EventKind::SosVod),
    ("crs", EventKind::Crs),
    ("icans", EventKind::Icans),
    ("best_response", EventKind::BestResponse),
    ("relapse", EventKind::Relapse),
    ("second_malignancy", EventKind::SecondMalignancy),
    ("adverse_event", EventKind::AdverseEvent),
];

/// The complications that the records tell of. `infusions` are settled; a draft's infusion is a place among them.
pub(crate) fn complications<'a>(
    records: &[&'a MappedRecord],
    infusions: &[Draft<'a>],
    rules: &Rules,
) -> Vec<Draft<'a>> {
    let mut told = statements(records, &[ItemKind::Outcome]);
    told.retain(happened);
    told.sort_by_key(|statement| (statement.date.is_none(), statement.date));
    let mut drafts: Vec<Draft<'a>> = Vec::new();
    for statement in told {
        let Some(kind) = kind_of(&statement) else {
            continue;
        };
        let infusion = infusion_of(kind, &statement, infusions, rules);
        let known = drafts
            .iter_mut()
            .find(|draft| draft.kind == kind && is_same(kind, &statement, infusion, draft, rules));
        if let Some(draft) = known {
            draft.tellings.push(statement);
        } else {
            let mut draft = Draft::new(kind, vec![statement]);
            draft.infusion = infusion;
            drafts.push(draft);
        }
    }
    drafts
}

/// Which event a statement tells of.
pub(crate) fn kind_of(statement: &Statement<'_>) -> Option<EventKind> {
    let code = statement.code(Attribute::Outcome)?;
    KINDS
        .iter()
        .find(|(name, _)| *name == code)
        .map(|(_, kind)| *kind)
}

/// Whether the statement says that it happened: an answer `no` and a grade 0 are none.
fn happened(statement: &Statement<'_>) -> bool {
    let grade = statement.number(Attribute::Grade);
    match statement.code(Attribute::Occurred) {
        Some("no") => false,
        _ if grade == Some(0) => false,
        Some("yes") => true,
        _ => {
            let telling = [
                Attribute::Response,
                Attribute::Term,
                Attribute::Extent,
                Attribute::MalignancyClass,
            ];
            statement.date.is_some()
                || grade.is_some()
                || telling.iter().any(|name| statement.code(*name).is_some())
        }
    }
}

/// Told of once for each infusion, with the worst grade; the others may come again.
const fn once_per_infusion(kind: EventKind) -> bool {
    !matches!(
        kind,
        EventKind::Relapse | EventKind::SecondMalignancy | EventKind::AdverseEvent
    )
}

fn is_same(
    kind: EventKind,
    statement: &Statement<'_>,
    infusion: Option<usize>,
    draft: &Draft<'_>,
    rules: &Rules,
) -> bool {
    if once_per_infusion(kind) {
        return draft.infusion == infusion;
    }
    let days_max = match kind {
        EventKind::Relapse => rules.relapse_days_max,
        EventKind::SecondMalignancy => rules.malignancy_days_max,
        _ => rules.adverse_event_days_max,
    };
    let differs = |attribute| {
        draft.tellings.iter().any(|told| {
            matches!((told.code(attribute), statement.code(attribute)), (Some(left), Some(right)) if left != right)
        })
    };
    if differs(Attribute::Term) || differs(Attribute::MalignancyClass) {
        return false;
    }
    let dates = draft.tellings.iter().filter_map(|told| told.date);
    match statement.date {
        Some(date) => dates
            .filter_map(|told| distance(told, date, days_max, rules))
            .min()
            .is_some(),
        None => kind != EventKind::AdverseEvent || draft.infusion == infusion,
    }
}

/// The infusion that a complication follows: the one that the form is about, that the row records, or the last before it.
/// A relapse, a second malignancy follow the last infusion before their date, whichever form tells of them.
fn infusion_of(
    kind: EventKind,
    statement: &Statement<'_>,
    infusions: &[Draft<'_>],
    rules: &Rules,
) -> Option<usize> {
    let by_date = || last_before(kind, statement, infusions, rules);
    let by_form = || {
        of_form(statement, infusions, rules).or_else(|| {
            infusions.iter().position(|infusion| {
                starts_observation(infusion.kind)
                    && infusion.own().any(|own| own.same_row(statement))
            })
        })
    };
    let only = || {
        let mut fitting =
            (0..infusions.len()).filter(|place| follows(kind, infusions[*place].kind));
        let first = fitting.next();
        if fitting.next().is_none() {
            first
        } else {
            None
        }
    };
    if once_per_infusion(kind) || kind == EventKind::AdverseEvent {
        by_form().or_else(by_date).or_else(only)
    } else {
        by_date().or_else(by_form).or_else(only)
    }
}

/// The infusion whose date the form repeats.
pub(crate) fn of_form(
    statement: &Statement<'_>,
    infusions: &[Draft<'_>],
    rules: &Rules,
) -> Option<usize> {
    let form = statement.form_date()?;
    let kind = statement.code(Attribute::EventType);
    let away = |infusion: &Draft<'_>| {
        let dates = infusion.tellings.iter().filter_map(|told| told.date);
        dates
            .filter_map(|date| distance(date, form, rules.midnight_days_max, rules))
            .min()
    };
    infusions
        .iter()
        .enumerate()
        .filter(|(_, infusion)| kind.is_none_or(|kind| kind == infusion.kind.as_str()))
        .filter_map(|(place, infusion)| away(infusion).map(|days| (days, place)))
        .min()
        .map(|(_, place)| place)
}

/// Observation is counted from transplants and cell therapies.
pub(crate) const fn starts_observation(kind: EventKind) -> bool {
    matches!(kind, EventKind::Hct | EventKind::Ct)
}

/// Which infusions a complication may follow.
const fn follows(complication: EventKind, infusion: EventKind) -> bool {
    match complication {
        EventKind::Crs | EventKind::Icans => matches!(infusion, EventKind::Ct),
        EventKind::NeutrophilEngraftment
        | EventKind::PlateletEngraftment
        | EventKind::AcuteGvhd
        | EventKind::ChronicGvhd
        | EventKind::SosVod => matches!(infusion, EventKind::Hct),
        _ => starts_observation(infusion),
    }
}

fn last_before(
    kind: EventKind,
    statement: &Statement<'_>,
    infusions: &[Draft<'_>],
    rules: &Rules,
) -> Option<usize> {
    let date = statement.date?;
    let before = |infusion: &Draft<'_>| {
        infusion
            .date
            .is_some_and(|given| match (firm_day(given), firm_day(date)) {
                (Some(given), Some(day)) => days_between(given, day) >= -rules.midnight_days_max,
                _ => given.date.earliest() <= date.date.latest(),
            })
    };
    (0..infusions.len())
        .filter(|place| follows(kind, infusions[*place].kind) && before(&infusions[*place]))
        .max_by_key(|place| (infusions[*place].date, *place))
}
