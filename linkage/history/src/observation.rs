//! The end of observation: the last contact over all registries, and death.

use schema::{Attribute, EventDate, EventKind, ItemKind, MappedRecord};

use crate::Rules;
use crate::days::firm_day;
use crate::draft::Draft;
use crate::statement::{Statement, statements};

/// Death, told by any number of records; a person dies once.
pub(crate) fn death<'a>(records: &[&'a MappedRecord]) -> Option<Draft<'a>> {
    let mut told = statements(records, &[ItemKind::Death]);
    told.retain(|statement| statement.code(Attribute::Occurred) != Some("no"));
    let dated = told.iter().any(|statement| statement.date.is_some());
    for mut contact in statements(records, &[ItemKind::Contact]) {
        if contact.code(Attribute::Survival) != Some("dead") {
            continue;
        }
        // The day of a contact with the dead is no better than an estimate of the death.
        contact.date = contact.date.filter(|_| !dated).map(|date| EventDate {
            date: date.date,
            estimated: true,
        });
        contact.mention = true;
        if !told.iter().any(|known| known.same_row(&contact)) {
            told.push(contact);
        }
    }
    (!told.is_empty()).then(|| {
        if told.iter().all(|statement| statement.mention) {
            for statement in &mut told {
                statement.mention = false;
            }
        }
        Draft::new(EventKind::Death, told)
    })
}

/// The latest contact over all registries. An event that a source records is a contact too, so that observation never
/// ends before what is known to have happened; the day before a next infusion is a contact like any other, and no end.
pub(crate) fn last_contact<'a>(
    records: &[&'a MappedRecord],
    events: &[Draft<'a>],
    rules: &Rules,
) -> Option<Draft<'a>> {
    let contacts = statements(records, &[ItemKind::Contact]);
    let seen = events
        .iter()
        .flat_map(|draft| draft.own().copied())
        .chain(contacts.iter().copied());
    let latest = seen
        .filter_map(|statement| statement.date)
        .max_by_key(|date| (date.date.earliest(), firm_day(*date).is_some(), *date))?;
    let told_then = |statement: &&Statement<'a>| statement.date == Some(latest);
    let mut tellings: Vec<_> = contacts.iter().filter(told_then).copied().collect();
    if tellings.is_empty() {
        tellings.extend(
            events
                .iter()
                .flat_map(Draft::own)
                .filter(told_then)
                .copied(),
        );
    }
    let mut draft = Draft::new(EventKind::LastContact, tellings);
    draft.settle(rules);
    Some(draft)
}
