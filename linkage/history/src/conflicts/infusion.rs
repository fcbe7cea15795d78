//! One infusion, told differently.

use schema::{Attribute, Conflict, EventDate, SourcedValue, Value};

use super::{Case, conflict, differ, named, own_dates};
use crate::Rules;
use crate::checks;
use crate::days::{days_between, firm_day, window};
use crate::draft::Draft;

pub(super) fn about_infusion(case: &Case<'_, '_>, draft: &Draft<'_>, found: &mut Vec<Conflict>) {
    let name = named(draft);
    if draft.mentioned_only() {
        let told = draft
            .tellings
            .iter()
            .filter_map(|telling| telling.date.map(|date| telling.sourced(&Value::Date(date))));
        found.push(conflict(checks::NOT_RECORDED, &name, told.collect()));
        return;
    }
    if some_source_tells_another_day(draft, case.rules) {
        found.push(conflict(
            checks::EVENT_DATE_DIFFERS,
            &name,
            own_dates(draft),
        ));
    }
    for (attribute, check) in [
        (Attribute::DonorType, checks::DONOR_TYPE_DIFFERS),
        (Attribute::Graft, checks::GRAFT_DIFFERS),
        (Attribute::Product, checks::PRODUCT_DIFFERS),
    ] {
        let told = draft.told(attribute, case.rules);
        if differ(&told) && !is_finer_word(&told) {
            found.push(conflict(check, &name, told));
        }
    }
    let Some(chosen) = draft.date else { return };
    for mention in draft.tellings.iter().filter(|telling| telling.mention) {
        let Some(date) = mention
            .date
            .filter(|date| off_by_days(*date, chosen, case.rules))
        else {
            continue;
        };
        let mut values = own_dates(draft);
        values.push(mention.sourced(&Value::Date(date)));
        found.push(conflict(checks::MENTION_DATE_DIFFERS, &name, values));
    }
}

/// Whether the tellings differ only because one source's list has a finer word: both grafts of one transplant, or a
/// twin's cells, which another list calls allogeneic.
fn is_finer_word(told: &[SourcedValue]) -> bool {
    let codes = || told.iter().filter_map(|told| told.value.to_text());
    let both_grafts = codes().any(|code| code == "bone_marrow_and_peripheral_blood")
        && codes().all(|code| code.contains("bone_marrow") || code.contains("peripheral_blood"));
    both_grafts || codes().all(|code| matches!(&*code, "syngeneic" | "allogeneic"))
}

/// Whether both are exact and more than a day at midnight apart.
fn off_by_days(left: EventDate, right: EventDate, rules: &Rules) -> bool {
    matches!((firm_day(left), firm_day(right)), (Some(left), Some(right))
        if days_between(left, right).abs() > rules.midnight_days_max
            && !(left.day() == 1 && right.first_of_month() == left))
}

/// Whether a source that records the infusion never tells the chosen day: several days of one source are no conflict.
fn some_source_tells_another_day(draft: &Draft<'_>, rules: &Rules) -> bool {
    let Some(chosen) = draft.date else {
        return false;
    };
    let mut sources: Vec<(&str, bool)> = Vec::new();
    for telling in draft.own() {
        let Some(date) = telling.date else { continue };
        let (from, to) = window(date, rules);
        let agrees = from <= chosen.date.latest() && chosen.date.earliest() <= to;
        match sources
            .iter_mut()
            .find(|(source, _)| *source == telling.source())
        {
            Some((_, told_so)) => *told_so |= agrees,
            None => sources.push((telling.source(), agrees)),
        }
    }
    sources.iter().any(|(_, agrees)| !agrees)
}
