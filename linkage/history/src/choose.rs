//! The choice among differing tellings; see [`Rules`] for the order in which things decide.

use std::cmp::{Ordering, Reverse};

use schema::{Attribute, EventDate, SourcedValue, Value};

use crate::Rules;
use crate::days::precision;
use crate::statement::Statement;

/// One value and who tells it.
struct Candidate<'v, 'a> {
    value: &'v Value,
    tellers: Vec<Statement<'a>>,
}

/// Every telling of an attribute, those of the chosen value first; one for each value and record.
pub(crate) fn ranked<'a>(
    attribute: Attribute,
    told: &[(&'a Value, Statement<'a>)],
    rules: &Rules,
) -> Vec<SourcedValue> {
    if let [(value, statement)] = told {
        return vec![statement.sourced(value)];
    }
    let mut candidates: Vec<Candidate<'_, '_>> = Vec::new();
    for (value, statement) in told {
        match candidates.iter_mut().find(|known| known.value == *value) {
            Some(known) => known.tellers.push(*statement),
            None => candidates.push(Candidate {
                value,
                tellers: vec![*statement],
            }),
        }
    }
    candidates.sort_by(|left, right| compare(attribute, left, right, rules));
    let mut ranked = Vec::with_capacity(told.len());
    for candidate in candidates {
        let start: usize = ranked.len();
        for teller in in_order(&candidate.tellers, rules) {
            let sourced = teller.sourced(candidate.value);
            if ranked[start..]
                .iter()
                .all(|known: &SourcedValue| known.record != sourced.record)
            {
                ranked.push(sourced);
            }
        }
    }
    ranked
}

/// The chosen date among tellings.
pub(crate) fn date(tellings: &[Statement<'_>], rules: &Rules) -> Option<EventDate> {
    let mut dates: Vec<(EventDate, Vec<Statement<'_>>)> = Vec::new();
    for telling in tellings {
        let Some(date) = telling.date else { continue };
        match dates.iter_mut().find(|(known, _)| *known == date) {
            Some((_, tellers)) => tellers.push(*telling),
            None => dates.push((date, vec![*telling])),
        }
    }
    let best = dates
        .into_iter()
        .min_by(|(left, left_by), (right, right_by)| {
            date_rank(*left)
                .cmp(&date_rank(*right))
                .then_with(|| weight(left_by, rules).cmp(&weight(right_by, rules)))
                .then_with(|| left.cmp(right))
        });
    best.map(|(date, _)| date)
}

/// Tellers by trust in their sources, own records before mentions.
fn in_order<'a>(tellers: &[Statement<'a>], rules: &Rules) -> Vec<Statement<'a>> {
    let mut tellers = tellers.to_vec();
    tellers.sort_by_key(|teller| (teller.mention, rules.rank(teller.source())));
    tellers
}

fn compare(
    attribute: Attribute,
    left: &Candidate<'_, '_>,
    right: &Candidate<'_, '_>,
    rules: &Rules,
) -> Ordering {
    preference(attribute, right.value)
        .cmp(&preference(attribute, left.value))
        .then_with(|| value_date_rank(left.value).cmp(&value_date_rank(right.value)))
        .then_with(|| weight(&left.tellers, rules).cmp(&weight(&right.tellers, rules)))
        .then_with(|| compare_values(left.value, right.value))
}

/// Smaller is better: own before mention, more sources, the more trusted source.
fn weight<'a>(tellers: &[Statement<'a>], rules: &Rules) -> (bool, Reverse<usize>, usize, &'a str) {
    let mut sources: Vec<&str> = tellers.iter().map(Statement::source).collect();
    sources.sort_unstable();
    sources.dedup();
    let best = sources
        .iter()
        .map(|source| (rules.rank(source), *source))
        .min()
        .unwrap_or((usize::MAX, ""));
    let only_mentioned = tellers.iter().all(|teller| teller.mention);
    (only_mentioned, Reverse(sources.len()), best.0, best.1)
}

fn date_rank(date: EventDate) -> (Reverse<u8>, bool) {
    (Reverse(precision(date)), date.estimated)
}

fn value_date_rank(value: &Value) -> (Reverse<u8>, bool) {
    match value {
        Value::Date(date) => date_rank(*date),
        _ => (Reverse(0), false),
    }
}

/// What an attribute prefers, whoever tells it; greater is better.
fn preference(attribute: Attribute, value: &Value) -> i64 {
    let place = |words: &[&str], text: &str| {
        words
            .iter()
            .position(|word| *word == text)
            .and_then(|place| i64::try_from(place).ok())
            .unwrap_or(-1)
    };
    match (attribute, value) {
        (Attribute::Grade, Value::Integer(grade)) => *grade,
        (Attribute::Systemic | Attribute::Serious, Value::Code(code)) => {
            place(&["no", "yes"], code)
        }
        (Attribute::Response, Value::Code(code)) => place(&["PD", "SD", "PR", "CR"], code),
        (Attribute::Extent, Value::Code(code)) => place(
            &["limited", "mild", "moderate", "extensive", "severe"],
            code,
        ),
        // 1 January is written for a birthday that is not known.
        (Attribute::BirthDate, Value::Date(date)) => {
            let new_year = date.date.month() == Some(1) && date.date.day_of_month() == Some(1);
            i64::from(precision(*date)) * 2 - i64::from(new_year)
        }
        _ => 0,
    }
}

/// An order of values that depends on nothing but them.
pub(crate) fn compare_values(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::Date(left), Value::Date(right)) => left.cmp(right),
        (Value::Integer(left), Value::Integer(right)) => left.cmp(right),
        (Value::Decimal(left), Value::Decimal(right)) => left.total_cmp(right),
        _ => left.to_text().cmp(&right.to_text()),
    }
}
