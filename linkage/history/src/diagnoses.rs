//! Diagnoses: one disease told twice is one; MDS that became AML and CLL that became a lymphoma stay two.

use schema::{Attribute, EventKind, ItemKind, MappedRecord};

use crate::Rules;
use crate::days::{days_between, firm_day};
use crate::draft::Draft;
use crate::statement::{Statement, statements};
use crate::statuses::is_status_only;

/// Diseases that become another, which is then a diagnosis of its own.
const TRANSFORMATIONS: [(&str, &str); 6] = [
    ("MDS", "AML"),
    ("MPN", "AML"),
    ("CML", "AML"),
    ("CML", "ALL"),
    ("CLL", "NHL"),
    ("SAA", "MDS"),
];

/// The diagnoses that the records tell of.
pub(crate) fn diagnoses<'a>(records: &[&'a MappedRecord], rules: &Rules) -> Vec<Draft<'a>> {
    let mut told = statements(records, &[ItemKind::Diagnosis]);
    told.retain(|statement| {
        !is_status_only(statement)
            && (statement.date.is_some() || statement.code(Attribute::Disease).is_some())
    });
    told.sort_by_key(|statement| (statement.date.is_none(), statement.date));
    let mut groups: Vec<Vec<Statement<'a>>> = Vec::new();
    for statement in told {
        let place = groups
            .iter()
            .position(|group| one_diagnosis(&statement, group, rules));
        match place {
            Some(place) => groups[place].push(statement),
            None => groups.push(vec![statement]),
        }
    }
    groups
        .into_iter()
        .map(|tellings| Draft::new(EventKind::Diagnosis, tellings))
        .collect()
}

fn one_diagnosis(statement: &Statement<'_>, group: &[Statement<'_>], rules: &Rules) -> bool {
    let disease = statement.code(Attribute::Disease);
    let known = group.iter().find_map(|told| told.code(Attribute::Disease));
    let near = |days_max| group.iter().any(|told| is_near(statement, told, days_max));
    match (disease, known) {
        (Some(disease), Some(known)) if disease == known => {
            statement.date.is_none() || near(rules.diagnosis_days_max)
        }
        // Two sources that name one diagnosis differently: the same day, and no disease that becomes the other.
        (Some(disease), Some(known)) => {
            statement.date.is_some()
                && !becomes(disease, known)
                && near(rules.midnight_days_max)
                && group.iter().all(|told| told.source() != statement.source())
        }
        _ => statement.date.is_none() || near(rules.diagnosis_days_max),
    }
}

fn is_near(left: &Statement<'_>, right: &Statement<'_>, days_max: i64) -> bool {
    let (Some(left), Some(right)) = (left.date, right.date) else {
        return true;
    };
    match (firm_day(left), firm_day(right)) {
        (Some(left), Some(right)) => days_between(left, right).abs() <= days_max,
        _ => {
            left.date.may_equal(right.date)
                || days_between(left.date.earliest(), right.date.earliest()).abs() <= days_max
        }
    }
}

/// Whether one of the diseases becomes the other.
pub(crate) fn becomes(left: &str, right: &str) -> bool {
    TRANSFORMATIONS.contains(&(left, right)) || TRANSFORMATIONS.contains(&(right, left))
}
