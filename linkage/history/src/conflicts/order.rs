//! Events in an order that cannot be, and complications that do not fit their infusion.

use schema::{Attribute, Conflict, EventKind, ItemKind, Value};

use super::{Case, conflict, named, own_dates};
use crate::checks;
use crate::complications::{kind_of, of_form};
use crate::days::{days_between, firm_day, window};
use crate::draft::Draft;
use crate::statement::{Statement, statements};

pub(super) fn about_order(case: &Case<'_, '_>, found: &mut Vec<Conflict>) {
    born_after(case, found);
    for statement in statements(case.records, &[ItemKind::Outcome]) {
        let Some((kind, place)) = kind_of(&statement).zip(infusion_of_row(&statement, case)) else {
            continue;
        };
        let infusion = &case.drafts[place];
        let check = match kind {
            EventKind::Relapse => checks::RELAPSE_BEFORE_INFUSION,
            EventKind::NeutrophilEngraftment | EventKind::PlateletEngraftment => {
                checks::ENGRAFTED_BEFORE_INFUSION
            }
            _ => continue,
        };
        let days = statement
            .date
            .zip(infusion.date)
            .and_then(|(date, given)| Some(days_between(firm_day(given)?, firm_day(date)?)));
        if let Some(date) = statement.date.filter(|_| days.is_some_and(|days| days < 0)) {
            let mut values = vec![statement.sourced(&Value::Date(date))];
            values.extend(own_dates(infusion));
            found.push(conflict(check, &named(infusion), values));
        }
    }
    for draft in case.drafts {
        let Some(infusion) = draft.infusion.map(|place| &case.drafts[place]) else {
            continue;
        };
        let gvhd = matches!(draft.kind, EventKind::AcuteGvhd | EventKind::ChronicGvhd);
        if gvhd && infusion.code(Attribute::DonorType) == Some("autologous") {
            let mut values = infusion.told(Attribute::DonorType, case.rules);
            values.extend(own_dates(draft));
            found.push(conflict(
                checks::GVHD_AFTER_AUTOLOGOUS,
                &named(infusion),
                values,
            ));
        }
    }
}

/// The infusion that a row itself is about.
fn infusion_of_row(statement: &Statement<'_>, case: &Case<'_, '_>) -> Option<usize> {
    of_form(statement, case.drafts, case.rules).or_else(|| {
        case.drafts.iter().position(|draft| {
            draft.kind.is_infusion() && draft.own().any(|own| own.same_row(statement))
        })
    })
}

fn born_after(case: &Case<'_, '_>, found: &mut Vec<Conflict>) {
    let Some(births) = case.person.values.get(&Attribute::BirthDate) else {
        return;
    };
    let Some(Value::Date(born)) = births.first().map(|first| &first.value) else {
        return;
    };
    let happened = |draft: &&Draft<'_>| draft.kind != EventKind::LastContact;
    for draft in case.drafts.iter().filter(happened) {
        let before = draft
            .date
            .is_some_and(|date| window(date, case.rules).1 < born.date.earliest());
        if before && !draft.mentioned_only() {
            let values = [&births[..1], &own_dates(draft)].concat();
            found.push(conflict(checks::BORN_AFTER, &named(draft), values));
        }
    }
}
