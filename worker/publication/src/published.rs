use std::borrow::Cow;
use std::collections::BTreeMap;

use schema::{Attribute, Event, EventDate, History, SourcedValue, Value};
use serde::{Deserialize, Serialize};

use crate::Profile;

/// A value as a release tells it: no registry's number, only which sources tell it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PublishedValue {
    /// The value; a date as `YYYY`, `YYYY-MM` or `YYYY-MM-DD`.
    pub value: serde_json::Value,
    /// The date is an estimate.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub estimated: bool,
    /// Names of the sources, in order.
    pub sources: Vec<String>,
}

/// Who tells of an event, and when by that telling.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PublishedTelling {
    /// The source's name.
    pub source: String,
    /// The date that it gives.
    pub date: Option<EventDate>,
    /// In passing.
    pub mention: bool,
}

/// An event as a release tells it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PublishedEvent {
    /// What happened: `HCT`, `CT` ...
    pub kind: Cow<'static, str>,
    /// When, as precise as its source.
    pub date: Option<EventDate>,
    /// The line of treatment, from 1.
    pub line: Option<u32>,
    /// The infusion that it follows, as a place among the events, from 0.
    pub infusion: Option<usize>,
    /// No source records it itself.
    pub mentioned_only: bool,
    /// Its values, the chosen one first.
    pub values: BTreeMap<Cow<'static, str>, Vec<PublishedValue>>,
    /// Who tells of it.
    pub tellings: Vec<PublishedTelling>,
}

/// A line of treatment as a release tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedLine {
    /// From 1.
    pub number: u32,
    /// What it is.
    pub label: String,
    /// When it began.
    pub begins: Option<EventDate>,
}

/// An end point as a release tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedOutcome {
    /// Which end point.
    pub kind: Cow<'static, str>,
    /// The infusion, as a place among the events.
    pub from_event: usize,
    /// Days; none when an end is not known to the day.
    pub days: Option<i64>,
    /// 0 censored, 1 the end point, 2 a competing event.
    pub status: u8,
    /// The deciding events, as places among the events.
    pub decided_by: Vec<usize>,
}

/// A conflict as a release tells it: that there is one, not the values, which may be finer than the profile allows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedConflict {
    /// The check's id.
    pub check: String,
    /// What it finds and in which event.
    pub message: String,
    /// The sources that disagree.
    pub sources: Vec<String>,
}

/// One person's history as a release tells it: one line of `histories.ndjson`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PublishedHistory {
    /// The identity, such as `M00000012-5`.
    pub identity: String,
    /// The sources that it was made from.
    pub sources: Vec<String>,
    /// The least match probability among its links; none when there is one record.
    pub link_probability_min: Option<f64>,
    /// Consent to research as it stands.
    pub consent: String,
    /// Who, the chosen value first.
    pub person: BTreeMap<Cow<'static, str>, Vec<PublishedValue>>,
    /// What happened, by date.
    pub events: Vec<PublishedEvent>,
    /// Lines of treatment.
    pub lines: Vec<PublishedLine>,
    /// End points.
    pub outcomes: Vec<PublishedOutcome>,
    /// What the sources disagree on.
    pub conflicts: Vec<PublishedConflict>,
}

impl PublishedHistory {
    /// A history as a profile tells it.
    #[must_use]
    pub fn new(history: &History, profile: &Profile) -> Self {
        let person = history.person.values.iter().filter_map(|(name, told)| {
            let told = told.iter().filter_map(|told| {
                let value = profile.of_person(*name, &told.value)?;
                Some((value, told))
            });
            let values = collapsed(told);
            (!values.is_empty()).then_some((name.as_str().into(), values))
        });
        Self {
            identity: history.identity.to_string(),
            sources: sources(history.records.iter().map(|record| record.source.as_str())),
            link_probability_min: history.link_probability_min,
            consent: history.consent.to_string(),
            person: person.collect(),
            events: history
                .events
                .iter()
                .map(|event| published_event(event, profile))
                .collect(),
            lines: lines(history),
            outcomes: outcomes(history),
            conflicts: conflicts(history),
        }
    }
}

fn published_event(event: &Event, profile: &Profile) -> PublishedEvent {
    let told = |name: &Attribute| !profile.events_without.contains(name);
    let values = event.values.iter().filter(|(name, _)| told(name));
    let mut tellings: Vec<PublishedTelling> = Vec::new();
    for telling in &event.tellings {
        let published = PublishedTelling {
            source: telling.record.source.as_str().to_owned(),
            date: telling.date,
            mention: telling.mention,
        };
        if !tellings.contains(&published) {
            tellings.push(published);
        }
    }
    PublishedEvent {
        kind: event.kind.as_str().into(),
        date: event.date,
        line: event.line,
        infusion: event.infusion,
        mentioned_only: event.mentioned_only,
        values: values
            .map(|(name, told)| {
                let told = told.iter().map(|told| (told.value.clone(), told));
                (name.as_str().into(), collapsed(told))
            })
            .collect(),
        tellings,
    }
}

/// Distinct values in their order, each with the sources that tell it.
fn collapsed<'a>(told: impl Iterator<Item = (Value, &'a SourcedValue)>) -> Vec<PublishedValue> {
    let mut values: Vec<PublishedValue> = Vec::new();
    for (value, by) in told {
        let Some((json, estimated)) = json(&value) else {
            continue;
        };
        let source = by.record.source.as_str();
        let known = values
            .iter_mut()
            .find(|known| known.value == json && known.estimated == estimated);
        match known {
            Some(known) => {
                if let Err(place) = known
                    .sources
                    .binary_search_by(|other| (**other).cmp(source))
                {
                    known.sources.insert(place, source.to_owned());
                }
            }
            None => values.push(PublishedValue {
                value: json,
                estimated,
                sources: vec![source.to_owned()],
            }),
        }
    }
    values
}

fn json(value: &Value) -> Option<(serde_json::Value, bool)> {
    let json = match value {
        Value::Absent(_) => return None,
        Value::Date(date) => return Some((date.date.to_string().into(), date.estimated)),
        Value::Code(code) => (**code).into(),
        Value::Integer(number) => (*number).into(),
        Value::Decimal(number) => (*number).into(),
        Value::Text(text) => (**text).into(),
    };
    Some((json, false))
}

/// Names in order, each once.
pub(crate) fn sources<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let names: std::collections::BTreeSet<&str> = names.collect();
    names.into_iter().map(str::to_owned).collect()
}

fn lines(history: &History) -> Vec<PublishedLine> {
    let lines = history.lines.iter().map(|line| PublishedLine {
        number: line.number,
        label: line.label.to_string(),
        begins: line.begins,
    });
    lines.collect()
}

fn outcomes(history: &History) -> Vec<PublishedOutcome> {
    let outcomes = history.outcomes.iter().map(|outcome| PublishedOutcome {
        kind: outcome.kind.as_str().into(),
        from_event: outcome.from_event,
        days: outcome.days,
        status: outcome.status,
        decided_by: outcome.decided_by.clone(),
    });
    outcomes.collect()
}

fn conflicts(history: &History) -> Vec<PublishedConflict> {
    let conflicts = history.conflicts.iter().map(|conflict| PublishedConflict {
        check: conflict.check.to_string(),
        message: conflict.message.to_string(),
        sources: sources(
            conflict
                .values
                .iter()
                .map(|told| told.record.source.as_str()),
        ),
    });
    conflicts.collect()
}
