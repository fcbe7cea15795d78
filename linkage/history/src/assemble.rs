use jiff::civil::Date;
use schema::{Event, History, Identity, MappedRecord, RecordRef};

use crate::draft::Draft;
use crate::statement::record_ref;
use crate::{
    Rules, complications, conflicts, diagnoses, end_points, infusions, lines, mentions,
    observation, person, statuses, therapies,
};

/// One person's history over all registries.
///
/// `records` are all mapped records of the identity, in any order: the history does not depend on it.
/// `link_probability_min` is the least match probability among the links that hold the records together, none when there
/// is one record. Dates stay as precise as their sources.
#[must_use]
pub fn assemble(
    identity: Identity,
    records: &[MappedRecord],
    link_probability_min: Option<f64>,
    rules: &Rules,
) -> History {
    let records = in_order(records);
    let drafts = drafts(&records, rules);
    let person = person::person(&records, &drafts, rules);
    let mut events: Vec<Event> = drafts.iter().map(|draft| draft.event(rules)).collect();
    let lines = lines::number(&drafts, &mut events, rules);
    History {
        identity,
        records: record_refs(&records),
        link_probability_min,
        outcomes: end_points::outcomes(identity, &drafts, rules),
        conflicts: conflicts::find(identity, &records, &drafts, &person, rules),
        person,
        events,
        lines,
        consent: person::consent(&records).into(),
    }
}

/// The records in an order of their own, whatever the order in which they came.
fn in_order(records: &[MappedRecord]) -> Vec<&MappedRecord> {
    let mut ordered: Vec<_> = records.iter().collect();
    ordered.sort_by(|left, right| {
        let key = |record: &MappedRecord| {
            (
                record.source.clone(),
                record.origin.clone(),
                record.mapping.clone(),
            )
        };
        left.source
            .cmp(&right.source)
            .then_with(|| left.subject.cmp(&right.subject))
            .then_with(|| left.raw.cmp(&right.raw))
            .then_with(|| key(left).cmp(&key(right)))
            .then_with(|| content(left).cmp(&content(right)))
    });
    ordered
}

/// The items as text: it orders rows that agree in all else.
fn content(record: &MappedRecord) -> String {
    serde_json::to_string(&record.items).unwrap_or_default()
}

fn record_refs(records: &[&MappedRecord]) -> Vec<RecordRef> {
    let mut refs: Vec<_> = records.iter().map(|record| record_ref(record)).collect();
    refs.dedup();
    refs
}

/// Everything that happened, by date, each once.
fn drafts<'a>(records: &[&'a MappedRecord], rules: &Rules) -> Vec<Draft<'a>> {
    let mut drafts = infusions::recorded(records, rules);
    mentions::attach(records, &mut drafts, rules);
    settle(&mut drafts, rules);
    statuses::attach(records, &mut drafts, rules);
    let mut others = complications::complications(records, &drafts, rules);
    others.extend(diagnoses::diagnoses(records, rules));
    others.extend(therapies::therapies(records, rules));
    settle(&mut others, rules);
    drafts.extend(others);
    let last_contact = observation::last_contact(records, &drafts, rules);
    let mut death = observation::death(records);
    settle(death.as_mut_slice(), rules);
    drafts.extend(last_contact);
    drafts.extend(death);
    by_date(drafts)
}

fn settle(drafts: &mut [Draft<'_>], rules: &Rules) {
    for draft in drafts {
        draft.settle(rules);
    }
}

/// Orders by the first day that a date may mean; what has no date stands after the infusion that it follows, or last.
fn by_date(drafts: Vec<Draft<'_>>) -> Vec<Draft<'_>> {
    let day = |draft: &Draft<'_>| {
        draft
            .date
            .or_else(|| drafts[draft.infusion?].date)
            .map_or(Date::MAX, |date| date.date.earliest())
    };
    let mut order: Vec<usize> = (0..drafts.len()).collect();
    order.sort_by_key(|place| (day(&drafts[*place]), drafts[*place].kind, *place));
    let mut places = vec![0; order.len()];
    for (new, old) in order.iter().enumerate() {
        places[*old] = new;
    }
    let mut moved: Vec<_> = drafts.into_iter().zip(places.iter()).collect();
    moved.sort_by_key(|(_, place)| **place);
    let ordered = moved.into_iter().map(|(mut draft, _)| {
        draft.infusion = draft.infusion.map(|place| places[place]);
        draft
    });
    ordered.collect()
}
