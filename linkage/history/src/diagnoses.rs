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
        let same =
            |group: &Vec<_>| tells_disease(&statement, group) && is_one(&statement, group, rules);
        let place = groups.iter().position(same).or_else(|| {
            groups
                .iter()
                .position(|group| is_one(&statement, group, rules))
        });
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

/// Whether the group tells the disease of the statement.
fn tells_disease(statement: &Statement<'_>, group: &[Statement<'_>]) -> bool {
    let disease = statement.code(Attribute::Disease);
    disease.is_some()
        && group
            .iter()
            .any(|told| told.code(Attribute::Disease) == disease)
}

fn is_one(statement: &Statement<'_>, group: &[Statement<'_>], rules: &Rules) -> bool {
    let near = |days_max| group.iter().any(|told| is_near(statement, told, days_max));
    let mut others = group
        .iter()
        .filter_map(|told| told.code(Attribute::Disease));
    match statement.code(Attribute::Disease) {
        Some(_) if tells_disease(statement, group) => {
            statement.date.is_none() || near(rules.diagnosis_days_max)
        }
        // Two sources that name one diagnosis differently: the same day, and no disease that becomes the other.
        Some(disease)
            if group
                .iter()
                .any(|told| told.code(Attribute::Disease).is_some()) =>
        {
            statement.date.is_some()
                && !others.any(|known| becomes(disease, known))
                && group.iter().any(|told| {
                    told.source() != statement.source()
                        && is_near(statement, told, rules.midnight_days_max)
                })
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
