use schema::{Attribute, Event, EventDate, EventKind, ItemKind, SourcedValue, Telling, Value};

use crate::Rules;
use crate::choose;
use crate::statement::Statement;

/// An event in the making: what happened and every statement of it.
pub(crate) struct Draft<'a> {
    pub(crate) kind: EventKind,
    pub(crate) tellings: Vec<Statement<'a>>,
    /// The infusion that it follows, as a place among the drafts.
    pub(crate) infusion: Option<usize>,
    /// Values that stand in other items of the same or another row.
    pub(crate) beside: Vec<(Attribute, &'a Value, Statement<'a>)>,
    /// When, by the best telling; set by [`Draft::settle`].
    pub(crate) date: Option<EventDate>,
}

impl<'a> Draft<'a> {
    pub(crate) fn new(kind: EventKind, tellings: Vec<Statement<'a>>) -> Self {
        Self {
            kind,
            tellings,
            infusion: None,
            beside: Vec::new(),
            date: None,
        }
    }

    /// Orders the tellings (own records before mentions, trusted sources first) and chooses the date.
    pub(crate) fn settle(&mut self, rules: &Rules) {
        self.tellings
            .sort_by_key(|telling| (telling.mention, rules.rank(telling.source())));
        self.date = choose::date(&self.tellings, rules);
    }

    /// The statements of records that record the event themselves.
    pub(crate) fn own(&self) -> impl Iterator<Item = &Statement<'a>> {
        self.tellings.iter().filter(|telling| !telling.mention)
    }

    pub(crate) fn mentioned_only(&self) -> bool {
        self.tellings.iter().all(|telling| telling.mention)
    }

    /// The first code of an attribute among own tellings, then mentions.
    pub(crate) fn code(&self, attribute: Attribute) -> Option<&'a str> {
        self.tellings
            .iter()
            .find_map(|telling| telling.code(attribute))
    }

    /// Every telling of an attribute, the chosen ones first.
    pub(crate) fn told(&self, attribute: Attribute, rules: &Rules) -> Vec<SourcedValue> {
        let mut told = Vec::new();
        for telling in &self.tellings {
            for (name, value) in &telling.item.fields {
                if *name == attribute && !matches!(value, Value::Absent(_)) {
                    told.push((value, *telling));
                }
            }
        }
        if told.is_empty() {
            return Vec::new();
        }
        choose::ranked(attribute, &told, rules)
    }

    /// The finished event; its line is set later.
    pub(crate) fn event(&self, rules: &Rules) -> Event {
        let mut told: Vec<(Attribute, &'a Value, Statement<'a>)> = Vec::new();
        for telling in &self.tellings {
            let fields = telling.item.fields.iter();
            told.extend(
                fields
                    .filter(|(name, value)| {
                        belongs(self.kind, *name) && !matches!(value, Value::Absent(_))
                    })
                    .map(|(name, value)| (*name, value, *telling)),
            );
            if let Some(facility) = facility(self.kind, telling) {
                told.push((Attribute::Facility, facility, *telling));
            }
        }
        told.extend(&self.beside);
        told.sort_by_key(|(name, ..)| *name);
        let values = told
            .chunk_by(|left, right| left.0 == right.0)
            .map(|chunk| {
                let tellings: Vec<_> = chunk.iter().map(|(_, value, by)| (*value, *by)).collect();
                (chunk[0].0, choose::ranked(chunk[0].0, &tellings, rules))
            })
            .collect();
        Event {
            kind: self.kind,
            date: self.date,
            line: None,
            infusion: self.infusion,
            values,
            tellings: self.tellings.iter().map(telling).collect(),
            mentioned_only: self.mentioned_only(),
        }
    }
}

fn telling(statement: &Statement<'_>) -> Telling {
    Telling {
        record: statement.record_ref(),
        origin: statement.record.origin.clone(),
        date: statement.date,
        mention: statement.mention,
    }
}

/// The facility that reports an infusion of its own, which stands in another item of the row.
fn facility<'a>(kind: EventKind, statement: &Statement<'a>) -> Option<&'a Value> {
    if !kind.is_infusion() || statement.mention || statement.item.get(Attribute::Facility).is_some()
    {
        return None;
    }
    let item = statement
        .record
        .items
        .iter()
        .find(|item| item.kind == ItemKind::Facility)?;
    item.get(Attribute::Facility)
        .filter(|value| !matches!(value, Value::Absent(_)))
}

/// Whether an attribute of an item is a value of the event rather than of its place among the items.
fn belongs(kind: EventKind, attribute: Attribute) -> bool {
    match kind {
        EventKind::LastContact => matches!(
            attribute,
            Attribute::Survival | Attribute::FollowUp | Attribute::Visit
        ),
        EventKind::Death => attribute == Attribute::Cause,
        EventKind::Diagnosis => matches!(attribute, Attribute::Disease | Attribute::DiseaseDetail),
        _ => !matches!(
            attribute,
            Attribute::Date
                | Attribute::InfusionKind
                | Attribute::EventType
                | Attribute::EventDate
                | Attribute::Occurred
                | Attribute::Mention
                | Attribute::Count
                | Attribute::Outcome
                | Attribute::Therapy
                | Attribute::Visit
        ),
    }
}
