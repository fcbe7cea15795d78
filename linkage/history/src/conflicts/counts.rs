//! Numbers and counts of infusions, and what forms say of earlier ones.

use schema::{Attribute, Conflict, EventKind, ItemKind, SourcedValue, Value};

use super::{Case, conflict, named, own_dates};
use crate::checks;
use crate::infusions;
use crate::statement::{Statement, statements};

pub(super) fn about_counts(case: &Case<'_, '_>, found: &mut Vec<Conflict>) {
    let transplants: Vec<_> = case
        .drafts
        .iter()
        .filter(|draft| draft.kind == EventKind::Hct)
        .collect();
    for (place, transplant) in transplants.iter().enumerate() {
        let expected = i64::try_from(place + 1).unwrap_or(i64::MAX);
        let told = transplant.told(Attribute::Ordinal, case.rules);
        let wrong = |value: &SourcedValue| matches!(value.value, Value::Integer(number) if number != expected);
        if transplant.date.is_some() && told.iter().any(wrong) {
            found.push(conflict(
                checks::ORDINAL_INCONSISTENT,
                &named(transplant),
                told,
            ));
        }
    }
    for mention in statements(case.records, &[ItemKind::Mention]) {
        about_mention(case, &mention, found);
    }
}

/// Checks what a form says of earlier infusions against those that are known.
fn about_mention(case: &Case<'_, '_>, mention: &Statement<'_>, found: &mut Vec<Conflict>) {
    if mention.code(Attribute::Mention) != Some("prior") {
        return;
    }
    let Some((kind, form)) = infusions::kind_of(mention).zip(mention.form_date()) else {
        return;
    };
    let earlier: Vec<_> = case
        .drafts
        .iter()
        .filter(|draft| {
            let before = draft
                .date
                .is_none_or(|date| date.date.earliest() < form.date.earliest());
            draft.kind == kind && before && !draft.own().any(|own| own.same_row(mention))
        })
        .collect();
    let known = earlier
        .iter()
        .filter_map(|draft| own_dates(draft).into_iter().next());
    let counted = mention.item.get(Attribute::Count);
    if let Some(Value::Integer(count)) =
        counted.filter(|_| mention.code(Attribute::Occurred) != Some("no"))
        && usize::try_from(*count) != Ok(earlier.len())
    {
        let values = std::iter::once(mention.sourced(&Value::Integer(*count))).chain(known);
        found.push(conflict(
            checks::COUNT_INCONSISTENT,
            &format!("{} {}", kind.as_str(), form.date),
            values.collect(),
        ));
    } else if let (Some("no"), Some(said)) = (
        mention.code(Attribute::Occurred),
        mention.item.get(Attribute::Occurred),
    ) {
        let known: Vec<_> = known.collect();
        if !known.is_empty() {
            let values = [known, vec![mention.sourced(said)]].concat();
            found.push(conflict(checks::PRIOR_DENIED, kind.as_str(), values));
        }
    }
}
