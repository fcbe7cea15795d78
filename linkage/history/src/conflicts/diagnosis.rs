//! Diagnoses, told differently or too late.

use schema::{Attribute, Conflict, EventKind};

use super::{Case, conflict, differ, named, own_dates};
use crate::checks;
use crate::days::window;

pub(super) fn about_diagnoses(case: &Case<'_, '_>, found: &mut Vec<Conflict>) {
    let diagnoses: Vec<_> = case
        .drafts
        .iter()
        .filter(|draft| draft.kind == EventKind::Diagnosis)
        .collect();
    for (place, diagnosis) in diagnoses.iter().enumerate() {
        let told = diagnosis.told(Attribute::Disease, case.rules);
        if differ(&told) {
            found.push(conflict(
                checks::DISEASE_DIFFERS,
                &named(diagnosis),
                told.clone(),
            ));
        }
        let same = diagnoses[..place].iter().find(|earlier| {
            earlier.code(Attribute::Disease).is_some()
                && earlier.code(Attribute::Disease) == diagnosis.code(Attribute::Disease)
        });
        if let Some(earlier) = same {
            let values = [own_dates(earlier), own_dates(diagnosis)].concat();
            found.push(conflict(checks::DIAGNOSED_TWICE, &named(diagnosis), values));
        }
    }
    let first = diagnoses.first().filter(|first| first.date.is_some());
    let treated = case
        .drafts
        .iter()
        .find(|draft| draft.kind.is_infusion() && !draft.mentioned_only());
    if let Some((first, treated)) = first.copied().zip(treated) {
        let late = first
            .date
            .zip(treated.date)
            .is_some_and(|(diagnosed, given)| {
                window(diagnosed, case.rules).0 > window(given, case.rules).1
            });
        if late {
            let values = [own_dates(first), own_dates(treated)].concat();
            found.push(conflict(
                checks::DIAGNOSED_AFTER_TREATMENT,
                &named(treated),
                values,
            ));
        }
    }
}
