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
            .position(|group| is_one(&statement, group, rules));
        match place {
            Some(place) => groups[place].push(statement),
            None => groups.push(vec![statement]),
        }
    }
    let groups = one_under_two_names(groups, rules);
    groups
        .into_iter()
        .map(|tellings| Draft::new(EventKind::Diagnosis, tellings))
        .collect()
}

/// Whether a statement is of the group's diagnosis: the same disease, or none named, at about the same time.
fn is_one(statement: &Statement<'_>, group: &[Statement<'_>], rules: &Rules) -> bool {
    let disease = statement.code(Attribute::Disease);
    let known = disease_of(group);
    let same = disease.is_none() || known.is_none() || disease == known;
    let near = |told: &Statement<'_>| is_near(statement, told, rules.diagnosis_days_max);
    same && (statement.date.is_none() || group.iter().any(near))
}

fn disease_of<'a>(group: &[Statement<'a>]) -> Option<&'a str> {
    group.iter().find_map(|told| told.code(Attribute::Disease))
}

/// Joins diagnoses that two sources name differently: the same day, and no disease that becomes the other.
fn one_under_two_names<'a>(
    groups: Vec<Vec<Statement<'a>>>,
    rules: &Rules,
) -> Vec<Vec<Statement<'a>>> {
    let mut joined: Vec<Vec<Statement<'a>>> = Vec::new();
    for group in groups {
        let known = joined
            .iter_mut()
            .find(|known| is_other_name(&group, known, rules));
        match known {
            Some(known) => known.extend(group),
            None => joined.push(group),
        }
    }
    joined
}

fn is_other_name(group: &[Statement<'_>], known: &[Statement<'_>], rules: &Rules) -> bool {
    let (Some(left), Some(right)) = (disease_of(group), disease_of(known)) else {
        return false;
    };
    let one_day = |told: &Statement<'_>, other: &Statement<'_>| {
        told.source() != other.source()
            && told.date.is_some()
            && other.date.is_some()
            && is_near(told, other, rules.midnight_days_max)
    };
    left != right
        && !becomes(left, right)
        && group
            .iter()
            .any(|told| known.iter().any(|other| one_day(told, other)))
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
