//! Days on which something happened, as two sources tell them: one records an event, the other records or mentions it.
//!
//! A value holds any number of dates with `;`, `,` or a blank between them. `2019-04-05` is an exact day of this source's own
//! record; `2019-04` and `2019` are partial; `~2019-04-05` or `2019-04-05?` is estimated; `(2019-04-05)` is only mentioned, not
//! recorded here; `graft:2019-04-05` is an event of a kind, and only events of one kind are compared.
//!
//! Levels: `shared = 2`, `shared = 1` (so many exact days in common), `within = 1` (exact days so many days apart, or an
//! estimated date that names the very day), `estimated = 45` (an estimated date within so many days, or a partial one that
//! fits), `otherwise`. Where no date fits and neither side recorded what the other tells (both only mention), nothing is
//! said: either may have left the other's event out. The rarity of shared days is the product of the days' shares.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use super::{Coded, Outcome, Test, Values, dictionary, first, records_by_code, share_of};
use crate::{Codes, MISSING, PackedDate};

/// One date of an event.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventDate {
    /// The kind of event, empty when none is told.
    pub kind: String,
    /// The day, or what is known of it.
    pub date: PackedDate,
    /// Told to be an estimate.
    pub estimated: bool,
    /// Told of, not recorded, by this source.
    pub mentioned: bool,
}

/// Reads the dates of a value; what is no date is left out.
///
/// ```
/// let dates = linkage::event_dates("2019-04-05; (~2020-01); graft:2021-03-04?");
/// assert_eq!(dates.len(), 3);
/// assert!(dates.iter().any(|event| event.mentioned && event.estimated && !event.date.is_full()));
/// assert!(dates.iter().any(|event| event.kind == "graft" && event.estimated));
/// ```
#[must_use]
pub fn event_dates(text: &str) -> Vec<EventDate> {
    let entries = text.split(|mark: char| mark.is_whitespace() || ";,|、".contains(mark));
    let mut dates = entries.filter_map(event_date).collect::<Vec<_>>();
    dates.sort_unstable();
    dates.dedup();
    dates
}

fn event_date(entry: &str) -> Option<EventDate> {
    let (kind, told) = match entry.split_once(':') {
        Some((kind, told)) => (kind.trim_start_matches('('), told),
        None => ("", entry),
    };
    let mentioned = entry.contains('(');
    let told = told.trim_matches(['(', ')']);
    let estimated = told.starts_with('~') || told.ends_with('?');
    let date = date_of(told.trim_start_matches('~').trim_end_matches('?'))?;
    Some(EventDate {
        kind: kind.to_lowercase(),
        date,
        estimated,
        mentioned,
    })
}

/// `2019`, `2019-04`, `2019-04-05`, the same with slashes or dots, or `20190405`.
fn date_of(text: &str) -> Option<PackedDate> {
    let parts = text.split(['-', '/', '.']).collect::<Vec<_>>();
    let number = |text: &str| text.parse::<u32>().ok();
    let date = match parts[..] {
        [day] if day.len() == 8 => {
            let day = number(day)?;
            PackedDate::new(day / 10_000, day / 100 % 100, day % 100)
        }
        [year] if year.len() == 4 => PackedDate::new(number(year)?, 0, 0),
        [year, month] => PackedDate::new(number(year)?, number(month)?, 0),
        [year, month, day] => PackedDate::new(number(year)?, number(month)?, number(day)?),
        _ => return None,
    };
    (!date.is_missing()).then_some(date)
}

/// How two dates of one kind of event are to each other.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fit {
    /// The same exact day.
    Day,
    /// So many days apart, both exact; an estimate of the very day counts as half a day.
    Apart(f64),
    /// So many days apart, one estimated; 0 for a partial date that fits.
    Estimated(u32),
    /// Two dates.
    Not,
}

fn fit(one: &EventDate, other: &EventDate) -> Fit {
    let vague = one.estimated || other.estimated;
    match (one.date.days(), other.date.days()) {
        (Some(first), Some(second)) => match (first.abs_diff(second), vague) {
            (0, false) => Fit::Day,
            (0, true) => Fit::Apart(0.5),
            (days, false) => Fit::Apart(f64::from(days)),
            (days, true) => Fit::Estimated(days),
        },
        _ if one.date.compatible(other.date) => Fit::Estimated(0),
        _ => Fit::Not,
    }
}

/// What all dates of two values say together.
struct Found {
    /// Exact days in common, each once.
    days: Vec<(u32, PackedDate)>,
    /// Fewest days between two exact dates.
    apart: f64,
    /// Fewest days between an estimated date and another.
    estimated: Option<u32>,
    /// Whether a recorded event has one of its kind on the other side.
    comparable: bool,
}

/// A value's events, kinds by number.
type Events = Vec<(u32, EventDate)>;

struct EventDates {
    values: Vec<Events>,
    /// Rows with an exact day, by kind and day, and rows with any day, by kind.
    days: FxHashMap<(u32, PackedDate), u32>,
    present: FxHashMap<u32, u32>,
    tests: Vec<Test>,
}

pub(super) fn coded<'a>(codes: &'a Codes, times: Option<&[u32]>, tests: Vec<Test>) -> Coded<'a> {
    let read = super::names_of(codes).map(event_dates).collect::<Vec<_>>();
    // Kinds are numbered in their own order, so that products over days do not depend on the order of rows.
    let kinds = read.iter().flatten().map(|event| &event.kind);
    let kinds = kinds.collect::<BTreeSet<_>>();
    let numbers = kinds.into_iter().zip(1..).collect::<BTreeMap<_, u32>>();
    let numbered = |events: &Vec<EventDate>| {
        let number = |event: &EventDate| (numbers[&event.kind], event.clone());
        events.iter().map(number).collect::<Events>()
    };
    let read = read.iter().map(numbered).collect::<Vec<_>>();
    let row = |&code: &u32| {
        let events = (code != MISSING).then(|| &read[code as usize - 1]);
        events.filter(|events| !events.is_empty())
    };
    let (rows, values) = dictionary(codes.rows().iter().map(row));
    let mut values = EventDates {
        values: values.into_iter().cloned().collect(),
        days: FxHashMap::default(),
        present: FxHashMap::default(),
        tests,
    };
    values.count(&records_by_code(&rows, values.values.len(), times));
    Coded::new(rows, Box::new(values))
}

impl EventDates {
    /// Counts days and kinds, given the records of each value by code.
    fn count(&mut self, records: &[u32]) {
        for (events, count) in self.values.iter().zip(&records[1..]) {
            let mut kinds = events.iter().map(|(kind, _)| *kind).collect::<Vec<_>>();
            kinds.sort_unstable();
            kinds.dedup();
            for kind in kinds {
                *self.present.entry(kind).or_default() += count;
            }
            for day in exact_days(events) {
                *self.days.entry(day).or_default() += count;
            }
        }
    }

    fn share(&self, days: &[(u32, PackedDate)]) -> f32 {
        let share = |day: &(u32, PackedDate)| {
            let present = self.present.get(&day.0).copied().unwrap_or(0);
            share_of(self.days.get(day).copied().unwrap_or(0), present)
        };
        days.iter().map(share).product()
    }
}

/// The exact days of a value, each once, ascending.
fn exact_days(events: &Events) -> Vec<(u32, PackedDate)> {
    let exact = events
        .iter()
        .filter(|(_, event)| event.date.is_full() && !event.estimated);
    let mut days = exact
        .map(|(kind, event)| (*kind, event.date))
        .collect::<Vec<_>>();
    days.sort_unstable_by_key(|&(kind, date)| (date, kind));
    days.dedup();
    days
}

fn found(ours: &Events, theirs: &Events) -> Found {
    let mut found = Found {
        days: Vec::new(),
        apart: f64::INFINITY,
        estimated: None,
        comparable: false,
    };
    for (kind, one) in ours {
        for (_, other) in theirs.iter().filter(|(theirs, _)| theirs == kind) {
            found.comparable |= !one.mentioned || !other.mentioned;
            match fit(one, other) {
                Fit::Day => found.days.push((*kind, one.date)),
                Fit::Apart(days) => found.apart = found.apart.min(days),
                Fit::Estimated(days) => {
                    found.estimated = Some(found.estimated.map_or(days, |known| known.min(days)));
                }
                Fit::Not => {}
            }
        }
    }
    found
        .days
        .sort_unstable_by_key(|&(kind, date)| (date, kind));
    found.days.dedup();
    found
}

impl Values for EventDates {
    fn outcome(&self, left: u32, right: u32) -> Outcome {
        let found = found(
            &self.values[left as usize - 1],
            &self.values[right as usize - 1],
        );
        let outcome = first(&self.tests, |test| match test {
            Test::Shared(least) => found.days.len() >= *least,
            Test::Within(days) => !found.days.is_empty() || found.apart <= *days,
            Test::Estimated(most) => found.estimated.is_some_and(|days| days <= *most),
            _ => found.comparable,
        });
        let share = if found.days.is_empty() {
            0.0
        } else {
            self.share(&found.days)
        };
        Outcome { share, ..outcome }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Test, coded, event_dates};
    use crate::{Codes, Level};

    fn level(left: &str, right: &str) -> Level {
        let codes = Codes::from_values(
            [left, right].map(|text| Some(text).filter(|text| !text.is_empty())),
        );
        let tests = vec![
            Test::Shared(2),
            Test::Shared(1),
            Test::Within(1.0),
            Test::Estimated(45),
            Test::Otherwise,
        ];
        let bound = coded(&codes, None, tests);
        assert_eq!(bound.compare(0, 1), bound.compare(1, 0), "{left} {right}");
        bound.compare(0, 1).level
    }

    #[test]
    fn the_best_fit_of_all_dates_counts() {
        let check = |left, right, expected| {
            assert_eq!(level(left, right), Level::At(expected), "{left} {right}");
        };
        check("2019-04-05;2020-01-02", "2020-01-02 2019-04-05", 0);
        check("2019-04-05", "(2019-04-05), 2021-05-06", 1);
        check("2019-04-05", "2019/04/06", 2);
        check("2019-04-05", "~20190405", 2);
        check("2019-04-05", "2019-04-25?", 3);
        check("2019-04-05", "2019-04", 3);
        check("2019-04-05", "2019", 3);
        check("2019-04-05", "~2019-07-05", 4);
        check("2019-04-05", "2019-07-05", 4);
        check("graft:2019-04-05", "graft:2019-07-05", 4);
    }

    #[test]
    fn what_was_never_recorded_by_either_says_nothing() {
        let check = |left, right| assert_eq!(level(left, right), Level::Missing, "{left} {right}");
        check("(2019-04-05)", "(2019-07-05)");
        check("graft:2019-04-05", "cells:2019-07-05");
        check("2019-04-05", "");
        check("2019-04-05", "unknown");
        assert_eq!(level("(2019-04-05)", "(2019-04-05)"), Level::At(1));
    }

    #[test]
    fn shared_days_are_as_rare_as_their_product() {
        let codes = Codes::from_values(
            [
                "2019-04-05 2020-01-02",
                "2019-04-05 2020-01-02",
                "2019-04-05",
                "2018-01-01",
            ]
            .map(Some),
        );
        let bound = coded(
            &codes,
            None,
            vec![Test::Shared(2), Test::Shared(1), Test::Otherwise],
        );
        assert!((bound.compare(0, 1).share - 0.75 * 0.5).abs() < 1e-6);
        assert!((bound.compare(0, 2).share - 0.75).abs() < 1e-6);
    }

    proptest! {
        #[test]
        fn the_outcome_is_symmetric(left in "[(~]?2019-0[1-3]-0[1-9][?)]?( 2019-0[1-2])?", right in "2019-0[1-3]-0[1-9]( \\(2019-0[1-2]-01\\))?") {
            level(&left, &right);
            prop_assert!(!event_dates(&left).is_empty());
        }
    }
}
