//! The status of the disease at an infusion, which forms tell beside the diagnosis: a value of the infusion.

use schema::{Attribute, ItemKind, MappedRecord, Value};

use crate::Rules;
use crate::complications::of_form;
use crate::days::{days_between, firm_day};
use crate::draft::Draft;
use crate::statement::{Statement, statements};

/// A status that was taken this long before an infusion is still its status.
const BEFORE_DAYS_MAX: i64 = 60;

/// Gives each infusion the status of the disease that is told of it.
pub(crate) fn attach<'a>(records: &[&'a MappedRecord], infusions: &mut [Draft<'a>], rules: &Rules) {
    for statement in statements(records, &[ItemKind::Diagnosis]) {
        let Some(value) = statement.item.get(Attribute::DiseaseStatus) else {
            continue;
        };
        if matches!(value, Value::Absent(_)) {
            continue;
        }
        if let Some(place) = infusion_of(&statement, infusions, rules) {
            infusions[place]
                .beside
                .push((Attribute::DiseaseStatus, value, statement));
        }
    }
}

/// Whether an item tells a status only, so that its date is not that of a diagnosis.
pub(crate) fn is_status_only(statement: &Statement<'_>) -> bool {
    statement.code(Attribute::Disease).is_none()
        && statement.code(Attribute::DiseaseDetail).is_none()
        && statement.code(Attribute::DiseaseStatus).is_some()
}

fn infusion_of(statement: &Statement<'_>, infusions: &[Draft<'_>], rules: &Rules) -> Option<usize> {
    let by_row = || {
        infusions
            .iter()
            .position(|infusion| infusion.own().any(|own| own.same_row(statement)))
    };
    let by_date = || {
        let taken = statement
            .date
            .and_then(firm_day)
            .filter(|_| is_status_only(statement))?;
        let days_until = |infusion: &Draft<'_>| {
            let given = infusion.date.and_then(firm_day)?;
            Some(days_between(taken, given))
                .filter(|days| (-rules.midnight_days_max..=BEFORE_DAYS_MAX).contains(days))
        };
        (0..infusions.len())
            .filter_map(|place| days_until(&infusions[place]).map(|days| (days, place)))
            .min()
            .map(|(_, place)| place)
    };
    of_form(statement, infusions, rules)
        .or_else(by_row)
        .or_else(by_date)
}
