//! Infusions that sources record themselves: each once, whoever tells of it.

use jiff::civil::Date;
use schema::{Attribute, EventKind, ItemKind, MappedRecord};

use crate::Rules;
use crate::days::{days_between, distance, firm_day, precision};
use crate::draft::Draft;
use crate::statement::{Statement, statements};

/// The kinds of infusion, in the order in which they are assembled.
pub(crate) const KINDS: [EventKind; 5] = [
    EventKind::Hct,
    EventKind::Ct,
    EventKind::Dli,
    EventKind::Boost,
    EventKind::Rescue,
];

/// The infusions that the records record themselves.
pub(crate) fn recorded<'a>(records: &[&'a MappedRecord], rules: &Rules) -> Vec<Draft<'a>> {
    let mut own = statements(records, &[ItemKind::Infusion]);
    own.retain(|statement| statement.code(Attribute::Occurred) != Some("no"));
    by_kind(&own, rules)
}

/// Statements of infusions, grouped by kind and then by infusion. What names no kind is a treatment of unknown kind.
pub(crate) fn by_kind<'a>(told: &[Statement<'a>], rules: &Rules) -> Vec<Draft<'a>> {
    let mut drafts = Vec::new();
    for kind in KINDS.into_iter().chain([EventKind::Therapy]) {
        let of_kind: Vec<_> = told
            .iter()
            .filter(|statement| kind_of(statement).unwrap_or(EventKind::Therapy) == kind)
            .copied()
            .collect();
        if !of_kind.is_empty() {
            drafts.extend(group(kind, &of_kind, rules));
        }
    }
    drafts
}

/// Which kind of infusion a statement tells of.
pub(crate) fn kind_of(statement: &Statement<'_>) -> Option<EventKind> {
    let code = statement.code(Attribute::InfusionKind)?;
    KINDS.into_iter().find(|kind| kind.as_str() == code)
}

/// Statements of one kind, grouped by infusion: exact days first, then the others to the nearest that they fit.
fn group<'a>(kind: EventKind, told: &[Statement<'a>], rules: &Rules) -> Vec<Draft<'a>> {
    let firm: Vec<_> = told
        .iter()
        .filter(|statement| statement.date.and_then(firm_day).is_some())
        .copied()
        .collect();
    let mut groups = firm_groups(kind, &firm, rules);
    let mut loose: Vec<_> = told
        .iter()
        .filter(|statement| statement.date.is_some_and(|date| firm_day(date).is_none()))
        .copied()
        .collect();
    loose.sort_by_key(|statement| {
        statement
            .date
            .map(|date| (std::cmp::Reverse(precision(date)), date))
    });
    for statement in loose {
        place(statement, nearest(&statement, &groups, rules), &mut groups);
    }
    for statement in told.iter().filter(|statement| statement.date.is_none()) {
        place(*statement, undated(statement, &groups), &mut groups);
    }
    groups
        .into_iter()
        .map(|tellings| Draft::new(kind, tellings))
        .collect()
}

fn place<'a>(statement: Statement<'a>, found: Option<usize>, groups: &mut Vec<Vec<Statement<'a>>>) {
    match found {
        Some(place) => groups[place].push(statement),
        None => groups.push(vec![statement]),
    }
}

/// Statements with exact days: one infusion when the days lie within its spread, or when a bag names its course's day.
fn firm_groups<'a>(
    kind: EventKind,
    firm: &[Statement<'a>],
    rules: &Rules,
) -> Vec<Vec<Statement<'a>>> {
    let spread = match kind {
        EventKind::Hct => rules.transplant_days_max,
        EventKind::Ct => rules.course_days_max,
        _ => rules.midnight_days_max,
    };
    let mut days: Vec<(Date, usize)> = Vec::with_capacity(firm.len());
    for (place, statement) in firm.iter().enumerate() {
        days.extend(statement.date.and_then(firm_day).map(|day| (day, place)));
        days.extend(course_day(kind, statement, rules).map(|day| (day, place)));
    }
    days.sort_unstable();
    let mut root: Vec<usize> = (0..firm.len()).collect();
    let mut start = days.first().copied();
    for (day, place) in days {
        match start {
            Some((first, leader)) if days_between(first, day) <= spread => {
                join(&mut root, leader, place);
            }
            _ => start = Some((day, place)),
        }
    }
    let mut groups: Vec<Vec<Statement<'a>>> = vec![Vec::new(); firm.len()];
    for (place, statement) in firm.iter().enumerate() {
        groups[find(&root, place)].push(*statement);
    }
    groups.retain(|group| !group.is_empty());
    groups.sort_by_key(|group| group.iter().filter_map(|statement| statement.date).min());
    groups
}

/// The day of the course that a bag of a cell product names as its own.
fn course_day(kind: EventKind, statement: &Statement<'_>, rules: &Rules) -> Option<Date> {
    let about_cells = statement
        .code(Attribute::EventType)
        .is_none_or(|form| form == kind.as_str());
    if kind != EventKind::Ct || !about_cells {
        return None;
    }
    let course = statement.form_date().and_then(firm_day)?;
    let given = statement.date.and_then(firm_day)?;
    (0..=rules.course_reference_days_max)
        .contains(&days_between(course, given))
        .then_some(course)
}

fn find(root: &[usize], mut place: usize) -> usize {
    while root[place] != place {
        place = root[place];
    }
    place
}

fn join(root: &mut [usize], left: usize, right: usize) {
    let (left, right) = (find(root, left), find(root, right));
    root[left.max(right)] = left.min(right);
}

/// The group that a partial or estimated date fits best.
fn nearest(
    statement: &Statement<'_>,
    groups: &[Vec<Statement<'_>>],
    rules: &Rules,
) -> Option<usize> {
    let date = statement.date?;
    let away = |group: &Vec<Statement<'_>>| {
        let dates = group.iter().filter_map(|told| told.date);
        dates
            .filter_map(|told| distance(told, date, rules.midnight_days_max, rules))
            .min()
    };
    groups
        .iter()
        .enumerate()
        .filter(|(_, group)| !clashes(statement, group))
        .filter_map(|(place, group)| away(group).map(|days| (days, place)))
        .min()
        .map(|(_, place)| place)
}

/// The group of an infusion without a date: one that its source has not told of, else the first that it may be.
/// It never adds an infusion where there is one that it may be.
fn undated(statement: &Statement<'_>, groups: &[Vec<Statement<'_>>]) -> Option<usize> {
    let told_by_source =
        |group: &Vec<Statement<'_>>| group.iter().any(|told| told.source() == statement.source());
    let mut fitting: Vec<_> = (0..groups.len())
        .filter(|place| !clashes(statement, &groups[*place]))
        .collect();
    fitting.sort_by_key(|place| told_by_source(&groups[*place]));
    fitting.first().copied()
}

/// Whether a statement cannot be of this infusion: other cells, another product, or another number in its own registry.
pub(crate) fn clashes(statement: &Statement<'_>, group: &[Statement<'_>]) -> bool {
    let own = |told: &Statement<'_>| statement.source() == told.source();
    let differs = |attribute: Attribute, told: &Statement<'_>| matches!((statement.code(attribute), told.code(attribute)), (Some(left), Some(right)) if left != right);
    let own_cells = |told: &Statement<'_>| {
        told.code(Attribute::DonorType)
            .map(|donor| donor == "autologous")
    };
    let other_cells = |told: &Statement<'_>| matches!((own_cells(statement), own_cells(told)), (Some(left), Some(right)) if left != right);
    group.iter().any(|told| {
        let ordinals = (
            statement.number(Attribute::Ordinal),
            told.number(Attribute::Ordinal),
        );
        other_cells(told)
            || differs(Attribute::Product, told)
            || (own(told) && matches!(ordinals, (Some(left), Some(right)) if left != right))
    })
}
