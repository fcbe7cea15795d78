//! From raw text to typed columns: every distinct value is cleaned and read once.

mod clean;
mod cologne;
mod dates;
mod duration;
mod era;
mod numbers;
mod nysiis;
mod phonetic;
mod romaji;
mod soundex;

pub(crate) use clean::cleaned;
pub(crate) use cologne::cologne;
pub(crate) use dates::{Reading, read as read_date};
pub(crate) use duration::seconds;
pub(crate) use numbers::read as read_number;
pub(crate) use nysiis::nysiis;
pub(crate) use phonetic::phonetic;
pub(crate) use romaji::romaji;
pub(crate) use soundex::soundex;

use std::borrow::Cow;

use rustc_hash::FxHashMap;

use crate::model::{ColumnKind, ColumnSettings, Combine, DateOrder};
use crate::{Arrays, Codes, CodesBuilder, Column, LinkageError, MISSING, PackedDate, Row};

/// Most rows that are named as unreadable; their number is told in full.
const UNREADABLE_NAMED_MAX: usize = 10;

/// A typed column, and what could not be read.
pub struct Typed {
    /// The column, a value a row.
    pub column: Column,
    /// Rows with a value that is not of the column's kind.
    pub unreadable: Unreadable,
}

/// What of a column could not be read.
#[derive(Clone, Debug, Default, serde::Serialize)]
pub struct Unreadable {
    /// Rows whose value was not read, or in part only (31 February is read as February).
    pub rows: u64,
    /// The first of them.
    pub first: Vec<Row>,
    /// Rows whose day and month could be exchanged, in sources where no value tells the order and the model does not
    /// either: they were read as day before month.
    pub ambiguous_order: u64,
}

/// Types one column.
///
/// `raw` holds the text of one heading, or with `combine` of `date_parts` and `join` of each heading in order, a value a row
/// of the whole table; `sources` each row's source, because files may differ in the order of day and month.
///
/// # Errors
/// [`LinkageError::Unfit`] when there are not as many raw columns as the settings combine, or their lengths differ.
pub fn typed(
    settings: &ColumnSettings,
    raw: &[&Codes],
    sources: &[u16],
) -> Result<Typed, LinkageError> {
    typed_repeated(settings, raw, sources, None)
}

/// Types one column of a table whose rows tell of so many records each (see [`crate::Table::repeated`]): what only the whole
/// column decides is then decided by the number of records.
///
/// # Errors
/// As [`typed`], and when there is not one figure a row.
pub fn typed_repeated(
    settings: &ColumnSettings,
    raw: &[&Codes],
    sources: &[u16],
    times: Option<&[u32]>,
) -> Result<Typed, LinkageError> {
    let wanted = if settings.combine == Combine::First {
        1
    } else {
        settings.headings().len()
    };
    if raw.len() != wanted
        || raw.iter().any(|codes| codes.rows().len() != sources.len())
        || times.is_some_and(|times| times.len() != sources.len())
    {
        return Err(LinkageError::unfit(format!(
            "column `{}` needs {wanted} raw columns of {} rows",
            settings.name,
            sources.len()
        )));
    }
    let combined = Combined::new(raw, settings);
    Ok(match settings.kind {
        ColumnKind::Date => dates_of(settings, &combined, sources, times),
        ColumnKind::Number => numbers_of(settings, &combined),
        ColumnKind::Array => arrays_of(settings, &combined),
        ColumnKind::Text | ColumnKind::Code | ColumnKind::Clk => Typed {
            column: Column::Codes(cleaned_codes(settings, &combined)),
            unreadable: Unreadable::default(),
        },
    })
}

/// Distinct raw values, or distinct combinations of them, and each row's.
struct Combined<'a> {
    rows: Cow<'a, [u32]>,
    /// The parts of each code from 1; a spelling of no value is `None`.
    parts: Vec<Vec<Option<&'a str>>>,
}

impl<'a> Combined<'a> {
    fn new(raw: &[&'a Codes], settings: &ColumnSettings) -> Self {
        let missing = settings
            .missing
            .iter()
            .map(|spelling| spelling.trim().to_lowercase())
            .collect::<Vec<_>>();
        let part = |codes: &'a Codes, code: u32| {
            let value = (code != MISSING).then(|| codes.name(code).trim())?;
            let said = !value.is_empty()
                && (missing.is_empty() || !missing.contains(&value.to_lowercase()));
            said.then_some(value)
        };
        if let [codes] = raw {
            let parts = (1..)
                .take(codes.distinct())
                .map(|code| vec![part(codes, code)])
                .collect();
            return Self {
                rows: Cow::Borrowed(codes.rows()),
                parts,
            };
        }
        let mut known = FxHashMap::<Vec<u32>, u32>::default();
        let mut parts = Vec::new();
        let rows = (0..raw.first().map_or(0, |codes| codes.rows().len()))
            .map(|row| {
                let key = raw
                    .iter()
                    .map(|codes| codes.rows()[row])
                    .collect::<Vec<_>>();
                *known.entry(key).or_insert_with_key(|key| {
                    parts.push(
                        raw.iter()
                            .zip(key)
                            .map(|(codes, &code)| part(codes, code))
                            .collect(),
                    );
                    u32::try_from(parts.len()).unwrap_or(u32::MAX)
                })
            })
            .collect();
        Self { rows, parts }
    }

    /// Each distinct value as one text; missing when all its parts are.
    fn texts(&self) -> impl Iterator<Item = Option<Cow<'a, str>>> {
        self.parts.iter().map(|parts| match parts.as_slice() {
            [part] => part.map(Cow::Borrowed),
            parts => {
                let said = parts.iter().flatten().copied().collect::<Vec<_>>();
                (!said.is_empty()).then(|| Cow::Owned(said.join(" ")))
            }
        })
    }

    /// A value a row from a value a distinct one; `missing` where there is none.
    fn spread<T: Copy>(&self, values: &[T], missing: T) -> Vec<T> {
        self.rows
            .iter()
            .map(|&code| {
                if code == MISSING {
                    missing
                } else {
                    values[code as usize - 1]
                }
            })
            .collect()
    }

    /// What is unreadable, by a flag a distinct value.
    fn unreadable(&self, flags: &[bool]) -> Unreadable {
        let mut unreadable = Unreadable::default();
        for (row, &code) in (0..).zip(self.rows.iter()) {
            if code != MISSING && flags[code as usize - 1] {
                unreadable.note(row);
            }
        }
        unreadable
    }
}

impl Unreadable {
    fn note(&mut self, row: Row) {
        self.rows += 1;
        if self.first.len() < UNREADABLE_NAMED_MAX {
            self.first.push(row);
        }
    }
}

fn cleaned_codes(settings: &ColumnSettings, combined: &Combined<'_>) -> Codes {
    let mut builder = CodesBuilder::default();
    let codes = combined
        .texts()
        .map(|text| {
            text.map_or(MISSING, |text| {
                builder.code(&cleaned(&settings.clean, &text))
            })
        })
        .collect::<Vec<_>>();
    for code in combined.spread(&codes, MISSING) {
        builder.push_code(code);
    }
    builder.finish()
}

fn numbers_of(settings: &ColumnSettings, combined: &Combined<'_>) -> Typed {
    let read = combined
        .texts()
        .map(|text| text.map(|text| numbers::read(&cleaned(&settings.clean, &text))))
        .collect::<Vec<_>>();
    let values = read
        .iter()
        .map(|number| number.flatten().unwrap_or(f32::NAN))
        .collect::<Vec<_>>();
    let flags = read
        .iter()
        .map(|number| *number == Some(None))
        .collect::<Vec<_>>();
    Typed {
        column: Column::Numbers(combined.spread(&values, f32::NAN)),
        unreadable: combined.unreadable(&flags),
    }
}

fn arrays_of(settings: &ColumnSettings, combined: &Combined<'_>) -> Typed {
    let separator = settings.separator.as_deref().unwrap_or(";");
    let elements = |text: Cow<'_, str>| {
        let elements = text
            .split(separator)
            .map(|element| cleaned(&settings.clean, element.trim()));
        elements
            .filter(|element| !element.is_empty())
            .collect::<Vec<_>>()
    };
    let distinct = combined
        .texts()
        .map(|text| text.map(elements).unwrap_or_default())
        .collect::<Vec<_>>();
    let of_row = |&code: &u32| {
        if code == MISSING {
            Vec::new()
        } else {
            distinct[code as usize - 1].clone()
        }
    };
    Typed {
        column: Column::Arrays(Arrays::from_strings(combined.rows.iter().map(of_row))),
        unreadable: Unreadable::default(),
    }
}

fn dates_of(
    settings: &ColumnSettings,
    combined: &Combined<'_>,
    sources: &[u16],
    times: Option<&[u32]>,
) -> Typed {
    if settings.combine == Combine::DateParts {
        let read = |parts: &Vec<Option<&str>>| dates::of_parts(parts[0], parts[1], parts[2]);
        let (dates, flags): (Vec<_>, Vec<_>) = combined.parts.iter().map(read).unzip();
        return Typed {
            column: Column::Dates(combined.spread(&dates, PackedDate::MISSING)),
            unreadable: combined.unreadable(&flags),
        };
    }
    let texts = combined
        .texts()
        .map(|text| text.map(|text| cleaned(&settings.clean, &text)));
    let readings = texts
        .map(|text| {
            text.filter(|text| !text.is_empty())
                .map(|text| dates::read(&text))
        })
        .collect::<Vec<_>>();
    let six_are_three = readings
        .iter()
        .flatten()
        .any(|reading| reading.proves_three());
    let orders = Orders::new(settings.order, &readings, &combined.rows, sources, times);
    let mut unreadable = Unreadable::default();
    let mut dates = Vec::with_capacity(sources.len());
    for (row, (&code, &source)) in (0..).zip(combined.rows.iter().zip(sources)) {
        let reading = code
            .checked_sub(1)
            .and_then(|place| readings[place as usize]);
        let Some(reading) = reading else {
            dates.push(PackedDate::MISSING);
            continue;
        };
        let (order, known) = orders.of(source);
        let (date, impaired) = reading.resolved(order, six_are_three);
        if impaired {
            unreadable.note(row);
        }
        if !known && matches!(reading, dates::Reading::Either(..)) {
            unreadable.ambiguous_order += 1;
        }
        dates.push(date);
    }
    Typed {
        column: Column::Dates(dates),
        unreadable,
    }
}

/// The order of day and month in each source.
struct Orders {
    given: Option<DateOrder>,
    /// Rows that prove day before month, and month before day, by source.
    proofs: Vec<(u64, u64)>,
}

impl Orders {
    fn new(
        given: Option<DateOrder>,
        readings: &[Option<dates::Reading>],
        rows: &[u32],
        sources: &[u16],
        times: Option<&[u32]>,
    ) -> Self {
        let proves = readings
            .iter()
            .map(|reading| reading.and_then(dates::Reading::proves))
            .collect::<Vec<_>>();
        let count = sources
            .iter()
            .max()
            .map_or(0, |&last| usize::from(last) + 1);
        let mut proofs = vec![(0, 0); count];
        for (row, (&code, &source)) in rows.iter().zip(sources).enumerate() {
            let proof = &mut proofs[usize::from(source)];
            let records = times.map_or(1, |times| u64::from(times[row]));
            match code.checked_sub(1).and_then(|place| proves[place as usize]) {
                Some(DateOrder::DayMonthYear) => proof.0 += records,
                Some(DateOrder::MonthDayYear) => proof.1 += records,
                None => {}
            }
        }
        Self { given, proofs }
    }

    /// The source's order, and whether it is known rather than assumed.
    fn of(&self, source: u16) -> (DateOrder, bool) {
        let (day_first, month_first) = self.proofs[usize::from(source)];
        match self.given {
            Some(given) => (given, true),
            None if month_first > day_first => (DateOrder::MonthDayYear, true),
            None => (DateOrder::DayMonthYear, day_first > 0),
        }
    }
}

#[cfg(test)]
mod tests;
