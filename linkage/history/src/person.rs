//! Who the person is, and the consent as it stands.

use std::collections::BTreeMap;

use schema::{Attribute, ItemKind, MappedRecord, Person, SourcedValue, Value};

use crate::Rules;
use crate::choose;
use crate::draft::Draft;
use crate::statement::{Statement, statements};

/// What a history tells of a person.
const TOLD: [Attribute; 9] = [
    Attribute::BirthDate,
    Attribute::Sex,
    Attribute::Initials,
    Attribute::Prefecture,
    Attribute::Country,
    Attribute::Abo,
    Attribute::Rh,
    Attribute::Facility,
    Attribute::Department,
];

/// Each value of the person with every telling, the chosen one first.
pub(crate) fn person(records: &[&MappedRecord], infusions: &[Draft<'_>], rules: &Rules) -> Person {
    let own = statements(records, &[ItemKind::Person, ItemKind::Facility]);
    let mut values: BTreeMap<_, _> = TOLD
        .into_iter()
        .map(|attribute| (attribute, told(attribute, &own, rules)))
        .filter(|(_, values)| !values.is_empty())
        .collect();
    let typings = own_typings(records, infusions);
    for attribute in Attribute::HLA {
        let values_told = told(attribute, &typings, rules);
        if !values_told.is_empty() {
            values.insert(attribute, values_told);
        }
    }
    Person { values }
}

fn told(attribute: Attribute, by: &[Statement<'_>], rules: &Rules) -> Vec<SourcedValue> {
    let mut told = Vec::new();
    for statement in by {
        let fields = statement.item.fields.iter();
        let fitting =
            fields.filter(|(name, value)| *name == attribute && !matches!(value, Value::Absent(_)));
        told.extend(fitting.map(|(_, value)| (value, *statement)));
    }
    if told.is_empty() {
        return Vec::new();
    }
    choose::ranked(attribute, &told, rules)
}

/// Typings of the recipient's own blood: after an allogeneic transplant the blood is the donor's.
fn own_typings<'a>(records: &[&'a MappedRecord], infusions: &[Draft<'_>]) -> Vec<Statement<'a>> {
    let first_foreign = infusions
        .iter()
        .filter(|infusion| infusion.code(Attribute::DonorType) == Some("allogeneic"))
        .filter_map(|infusion| infusion.date)
        .map(|date| date.date.earliest())
        .min();
    let mut typings = statements(records, &[ItemKind::Typing]);
    typings.retain(|typing| {
        let recipient = typing
            .code(Attribute::TypedPerson)
            .is_none_or(|person| person == "recipient");
        let typed = typing.item.date(Attribute::TypedOn);
        let before = match (first_foreign, typed) {
            (Some(foreign), Some(typed)) => typed.date.earliest() <= foreign,
            _ => true,
        };
        recipient && before
    });
    typings
}

/// Consent to research: withdrawal anywhere, then refusal anywhere, wins over what was given elsewhere.
pub(crate) fn consent(records: &[&MappedRecord]) -> &'static str {
    let told: Vec<_> = statements(records, &[ItemKind::Consent])
        .into_iter()
        .filter(|statement| {
            statement
                .code(Attribute::Purpose)
                .is_none_or(|purpose| purpose == "research")
        })
        .filter_map(|statement| statement.code(Attribute::Consent))
        .collect();
    ["withdrawn", "refused", "given"]
        .into_iter()
        .find(|state| told.contains(state))
        .unwrap_or("unknown")
}
