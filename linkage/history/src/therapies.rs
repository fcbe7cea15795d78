//! Chemotherapy, apheresis and other treatment that is no infusion of cells.

use schema::{Attribute, EventKind, ItemKind, MappedRecord};

use crate::Rules;
use crate::days::distance;
use crate::draft::Draft;
use crate::statement::{Statement, statements};

/// The therapies that the records tell of; the same agent on the same day is one.
pub(crate) fn therapies<'a>(records: &[&'a MappedRecord], rules: &Rules) -> Vec<Draft<'a>> {
    let mut told = statements(records, &[ItemKind::Therapy]);
    told.retain(|statement| statement.code(Attribute::Occurred) != Some("no"));
    told.sort_by_key(|statement| (statement.date.is_none(), statement.date));
    let mut drafts: Vec<Draft<'a>> = Vec::new();
    for statement in told {
        let kind = kind_of(&statement);
        let known = drafts
            .iter_mut()
            .rev()
            .find(|draft| draft.kind == kind && is_same(&statement, &draft.tellings[0], rules));
        match known {
            Some(draft) => draft.tellings.push(statement),
            None => drafts.push(Draft::new(kind, vec![statement])),
        }
    }
    drafts
}

fn kind_of(statement: &Statement<'_>) -> EventKind {
    match statement.code(Attribute::Therapy) {
        Some("chemotherapy") => EventKind::Chemotherapy,
        Some("apheresis") => EventKind::Apheresis,
        _ => EventKind::Therapy,
    }
}

fn is_same(left: &Statement<'_>, right: &Statement<'_>, rules: &Rules) -> bool {
    let agents = (left.code(Attribute::Agent), right.code(Attribute::Agent));
    let agree = matches!(agents, (Some(left), Some(right)) if left == right)
        || agents.0.is_none()
        || agents.1.is_none();
    let near = match (left.date, right.date) {
        (Some(left), Some(right)) => {
            distance(left, right, rules.midnight_days_max, rules).is_some()
        }
        (None, None) => true,
        _ => false,
    };
    agree && near
}
