//! From an admitted record to typed items.

use std::sync::Arc;

use schema::{Absent, Attribute, Issue, IssueKind, Item, MappedRecord, Origin, Row, Value};

use crate::Tables;
use crate::condition::all_hold;
use crate::door::Door;
use crate::language::condition::Condition;
use crate::language::mapping::Mapping;
use crate::language::place::Place;
use crate::language::rule::{Given, ItemRule, Rule};
use crate::read::{Answer, BROKEN_TEXT, Problem, Reading};
use crate::view::View;

/// What a mapping made of one admitted record.
#[derive(Debug)]
pub struct Mapped {
    /// The items; none when the record waits, tells of no patient, or its row is no more.
    pub record: Option<MappedRecord>,
    /// What is wrong with single values, sorted.
    pub issues: Vec<Issue>,
}

/// Issues of one record, with their place.
pub(crate) struct Issues<'a> {
    origin: &'a Origin,
    found: Vec<Issue>,
}

impl<'a> Issues<'a> {
    pub(crate) const fn at(origin: &'a Origin) -> Self {
        Self {
            origin,
            found: Vec::new(),
        }
    }

    fn tell(&mut self, column: &Arc<str>, kind: IssueKind, message: &str) {
        self.found.push(Issue {
            origin: self.origin.clone(),
            column: column.clone(),
            kind,
            message: message.into(),
        });
    }

    /// Sorted; of several on one kind in one column, which two rules may both have read, the first.
    pub(crate) fn sorted(mut self) -> Vec<Issue> {
        self.found.sort_unstable();
        self.found
            .dedup_by(|one, other| one.column == other.column && one.kind == other.kind);
        self.found
    }
}

/// The items that a mapping makes of what is looked at; `None` when the row waits.
pub(crate) fn items(
    mapping: &Mapping,
    view: View<'_>,
    tables: &Tables,
    door: &Door,
    issues: &mut Issues<'_>,
) -> Option<Vec<Item>> {
    if let Some(wait) = mapping
        .waits
        .iter()
        .find(|wait| all_hold(&wait.when, &view, Some(tables)))
    {
        issues.tell(
            &column_of(&wait.when, mapping),
            IssueKind::Incomplete,
            &wait.message,
        );
        return None;
    }
    if let View::Row(row, _) = view {
        broken_cells(row, issues);
    }
    let reading = Reading { view, tables, door };
    let mut tell =
        |rule: &Rule, problem: Problem| issues.tell(&rule.label, problem.kind, &problem.message);
    for rule in mapping
        .row_version
        .iter()
        .flatten()
        .chain(&mapping.keeps)
        .filter(|rule| all_hold(&rule.when, &view, Some(tables)))
    {
        let _ = reading.answer(rule, &mut tell);
    }
    let mut items = Vec::with_capacity(mapping.items.len());
    for rule in &mapping.items {
        match (&rule.each, view) {
            (Some(path), View::Json(resource, _)) => {
                for element in path.find(resource, resource) {
                    let reading = Reading {
                        view: View::Json(resource, element),
                        tables,
                        door,
                    };
                    items.extend(item(rule, &reading, &mut tell));
                }
            }
            _ => items.extend(item(rule, &reading, &mut tell)),
        }
    }
    Some(items)
}

/// Cells in which characters were lost, whether a rule reads them or not.
fn broken_cells(row: &Row, issues: &mut Issues<'_>) {
    // The replacement character's first byte: nearly no cell has it, so that nearly all are passed over at once.
    const FIRST_BYTE: u8 = 0xEF;
    if !row.text().as_bytes().contains(&FIRST_BYTE) {
        return;
    }
    for (cell, heading) in row.cells().zip(row.header().names()) {
        if cell.as_bytes().contains(&FIRST_BYTE) && cell.contains('\u{FFFD}') {
            issues.tell(&heading.as_ref().into(), IssueKind::BrokenText, BROKEN_TEXT);
        }
    }
}

/// The heading that a condition looks at.
fn column_of(conditions: &[Condition], mapping: &Mapping) -> Arc<str> {
    let mut column = None;
    for condition in conditions {
        condition.places(&mut |place| {
            if let Place::Column(number) = place {
                column = column.or(mapping.columns.get(usize::from(*number)));
            }
        });
    }
    column.map_or_else(
        || mapping.resource.as_deref().unwrap_or_default().into(),
        |column| column.name.clone(),
    )
}

/// One item; `None` when its condition does not hold or it would tell nothing.
fn item(
    rule: &ItemRule,
    reading: &Reading<'_>,
    tell: &mut dyn FnMut(&Rule, Problem),
) -> Option<Item> {
    if !all_hold(&rule.when, &reading.view, Some(reading.tables)) {
        return None;
    }
    let mut fields = Vec::with_capacity(rule.told.len() + rule.context.len());
    let mut told = false;
    for given in &rule.told {
        told |= give(given, reading, &mut fields, tell);
    }
    if !told && !rule.told.is_empty() {
        return None;
    }
    for given in &rule.context {
        give(given, reading, &mut fields, tell);
    }
    Some(Item {
        kind: rule.kind,
        fields,
    })
}

/// Appends an attribute's value or values; true when they tell something: a value, or that it is unknown or withheld.
fn give(
    given: &Given,
    reading: &Reading<'_>,
    fields: &mut Vec<(Attribute, Value)>,
    tell: &mut dyn FnMut(&Rule, Problem),
) -> bool {
    let mut absent: Option<Absent> = None;
    let mut faulty = false;
    for rule in &given.rules {
        if !all_hold(&rule.when, &reading.view, Some(reading.tables)) {
            continue;
        }
        match reading.answer(rule, tell) {
            Answer::One(Value::Absent(kind)) | Answer::Absent(kind) => {
                absent = Some(stronger(absent, kind));
            }
            Answer::One(value) => {
                fields.push((given.attribute, value));
                return true;
            }
            Answer::Many(values) => {
                fields.extend(values.into_iter().map(|value| (given.attribute, value)));
                return true;
            }
            Answer::Faulty => faulty = true,
        }
    }
    // What stood there and could not be read is neither blank nor unknown: the attribute is left out, the issue tells.
    match absent {
        Some(kind) if !faulty => {
            fields.push((given.attribute, Value::Absent(kind)));
            matches!(kind, Absent::Unknown | Absent::Withheld)
        }
        _ => false,
    }
}

/// Of two absences of one attribute, the one that says more.
fn stronger(one: Option<Absent>, other: Absent) -> Absent {
    let rank = |absent: Absent| match absent {
        Absent::NotAsked => 0,
        Absent::Blank => 1,
        Absent::Unknown => 2,
        Absent::Withheld => 3,
    };
    one.filter(|one| rank(*one) >= rank(other)).unwrap_or(other)
}
