//! The person and the consent.

use schema::{Attribute, Conflict, EventKind, ItemKind, SourcedValue, Value};

use super::{Case, conflict, dates_differ, differ};
use crate::checks;
use crate::statement::statements;

pub(super) fn about_person(case: &Case<'_, '_>, found: &mut Vec<Conflict>) {
    let values = |attribute| case.person.values.get(&attribute);
    if let Some(sexes) = values(Attribute::Sex).filter(|told| differ(told)) {
        found.push(conflict(checks::SEX_DIFFERS, "", sexes.clone()));
    }
    if let Some(births) = values(Attribute::BirthDate).filter(|told| dates_differ(told)) {
        found.push(conflict(checks::BIRTH_DATE_DIFFERS, "", births.clone()));
    }
    let foreign = case.drafts.iter().any(|draft| {
        draft.kind == EventKind::Hct && draft.code(Attribute::DonorType) != Some("autologous")
    });
    if let Some(groups) = values(Attribute::Abo).filter(|told| differ(told) && !foreign) {
        found.push(conflict(checks::ABO_DIFFERS, "", groups.clone()));
    }
    let consents: Vec<_> = statements(case.records, &[ItemKind::Consent])
        .iter()
        .filter_map(|told| {
            let value = told.item.get(Attribute::Consent)?;
            matches!(value, Value::Code(_)).then(|| told.sourced(value))
        })
        .collect();
    let given =
        |told: &SourcedValue| matches!(&told.value, Value::Code(code) if **code == *"given");
    if consents.iter().any(given) && !consents.iter().all(given) {
        let (given, against): (Vec<_>, Vec<_>) = consents.into_iter().partition(given);
        found.push(conflict(
            checks::CONSENT_DIFFERS,
            "",
            [against, given].concat(),
        ));
    }
}
