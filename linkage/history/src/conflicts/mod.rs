//! What the sources disagree on, and what cannot be; each by a check of the catalogue.

mod counts;
mod death;
mod diagnosis;
mod infusion;
mod order;
mod person;

use schema::{Conflict, Identity, MappedRecord, Person, SourcedValue, Value};

use crate::Rules;
use crate::checks;
use crate::draft::Draft;

pub(crate) use death::alive_after_death;

/// Everything that a check looks at.
struct Case<'c, 'a> {
    identity: Identity,
    records: &'c [&'a MappedRecord],
    drafts: &'c [Draft<'a>],
    person: &'c Person,
    rules: &'c Rules,
}

/// What the checks find, by check id and then by date.
pub(crate) fn find(
    identity: Identity,
    records: &[&MappedRecord],
    drafts: &[Draft<'_>],
    person: &Person,
    rules: &Rules,
) -> Vec<Conflict> {
    let case = Case {
        identity,
        records,
        drafts,
        person,
        rules,
    };
    let mut found = Vec::new();
    person::about_person(&case, &mut found);
    death::about_death(&case, &mut found);
    for draft in drafts.iter().filter(|draft| draft.kind.is_infusion()) {
        infusion::about_infusion(&case, draft, &mut found);
    }
    order::about_order(&case, &mut found);
    counts::about_counts(&case, &mut found);
    diagnosis::about_diagnoses(&case, &mut found);
    found.sort_by(|left, right| left.check.cmp(&right.check));
    found
}

fn conflict(check: &'static str, about: &str, values: Vec<SourcedValue>) -> Conflict {
    let title = checks::check(check).map_or("", |check| check.title_en);
    let message = if about.is_empty() {
        title.to_owned()
    } else {
        format!("{about}: {title}")
    };
    Conflict {
        check: check.into(),
        message: message.into(),
        values,
    }
}

/// An event in a message: its kind and date.
fn named(draft: &Draft<'_>) -> String {
    match draft.date {
        Some(date) => format!("{} {}", draft.kind.as_str(), date.date),
        None => draft.kind.as_str().to_owned(),
    }
}

/// The dates that a draft's own tellings give, the chosen one first; one for each date and record.
fn own_dates(draft: &Draft<'_>) -> Vec<SourcedValue> {
    let mut dates = Vec::new();
    for chosen in [true, false] {
        for telling in draft.own() {
            let date = telling
                .date
                .filter(|date| (Some(*date) == draft.date) == chosen);
            let Some(sourced) = date.map(|date| telling.sourced(&Value::Date(date))) else {
                continue;
            };
            let known = |other: &SourcedValue| {
                other.value == sourced.value && other.record == sourced.record
            };
            if !dates.iter().any(known) {
                dates.push(sourced);
            }
        }
    }
    dates
}

fn differ(values: &[SourcedValue]) -> bool {
    values.iter().any(|other| other.value != values[0].value)
}

/// Whether any date cannot mean the same day as the first.
fn dates_differ(values: &[SourcedValue]) -> bool {
    let Some(Value::Date(chosen)) = values.first().map(|first| &first.value) else {
        return false;
    };
    values
        .iter()
        .any(|other| matches!(&other.value, Value::Date(date) if !date.date.may_equal(chosen.date)))
}
