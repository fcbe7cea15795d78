//! Elements of a blocking rule's `on`: a column, or a function of one. Each distinct value is computed once.

mod stable;

use std::borrow::Cow;

use rustc_hash::FxHashMap;

pub(crate) use stable::{StableKey, joined};

use super::spelling::{Rarity, Spelling};
use crate::{Codes, Column, Interner, LinkageError, MISSING, PackedDate, Row, Table};

/// One element of `on`: records that share a code of it are candidates, as far as it goes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Key {
    function: Function,
    columns: Vec<String>,
}

/// What is done to the column's values. Of those that give several codes to a row, one shared code is enough.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Function {
    /// The value itself; of an array, each element.
    Whole,
    /// The year of a date.
    Year,
    /// The month of a date, without its year.
    Month,
    /// The day of a date's month.
    Day,
    /// The year and month of a date.
    YearMonth,
    /// The date with day and month in ascending order, so that two dates that differ by their exchange are one.
    SwappedDayMonth,
    /// Any two dates, or numbers, at most so far apart share one of two codes.
    Within(f64),
    /// The nearest multiple of a step.
    Rounded(f64),
    /// Codes of a text alone.
    Spelling(Spelling),
    /// The rarest words of a text that are not unique in the column.
    RareTokens(usize),
    /// Pairs of these.
    TokenPairs(usize),
    /// Each of several columns' values: shared by any two of the columns, so exchanged names are candidates.
    AnyOf,
}

/// A key's codes by row; 0 is none.
pub(crate) enum KeyCodes<'a> {
    /// At most one a row.
    One(Cow<'a, [u32]>),
    /// Some a row, ascending and each once, between `starts[row]` and `starts[row + 1]`.
    Many {
        /// Where each row's codes start.
        starts: Vec<u32>,
        /// The codes.
        values: Vec<u32>,
    },
}

/// Functions without a figure, with their names.
const PLAIN: [(&str, Function); 17] = [
    ("year", Function::Year),
    ("month", Function::Month),
    ("day", Function::Day),
    ("year_month", Function::YearMonth),
    ("swapped_day_month", Function::SwappedDayMonth),
    ("soundex", Function::Spelling(Spelling::Soundex)),
    ("phonetic", Function::Spelling(Spelling::Phonetic)),
    ("nysiis", Function::Spelling(Spelling::Nysiis)),
    ("cologne", Function::Spelling(Spelling::Cologne)),
    ("romaji", Function::Spelling(Spelling::Romaji)),
    ("first_token", Function::Spelling(Spelling::FirstToken)),
    ("last_token", Function::Spelling(Spelling::LastToken)),
    ("tokens", Function::Spelling(Spelling::Tokens)),
    ("sorted_tokens", Function::Spelling(Spelling::SortedTokens)),
    ("digits", Function::Spelling(Spelling::Digits)),
    ("typos", Function::Spelling(Spelling::Typos)),
    ("any_of", Function::AnyOf),
];
/// Functions with a figure: their names, as they are written.
const FIGURED: [&str; 7] = [
    "prefix(column, letters)",
    "suffix(column, letters)",
    "grams(column, letters)",
    "within(column, most)",
    "rounded(column, step)",
    "rare_tokens(column, words)",
    "token_pairs(column, words)",
];

impl Key {
    /// Reads an element: `surname`, `prefix(surname, 3)`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let Some((name, arguments)) = text
            .trim()
            .strip_suffix(')')
            .and_then(|call| call.split_once('('))
        else {
            return Ok(Self {
                function: Function::Whole,
                columns: vec![text.trim().to_owned()],
            });
        };
        let name = name.trim();
        let mut columns = arguments
            .split(',')
            .map(|argument| argument.trim().to_owned())
            .collect::<Vec<_>>();
        let plain = PLAIN.iter().find(|(known, _)| *known == name);
        let function = match plain {
            Some((_, function)) => *function,
            None => figured(name, columns.pop().filter(|_| !columns.is_empty()), text)?,
        };
        let fitting = if function == Function::AnyOf {
            columns.len() >= 2
        } else {
            columns.len() == 1
        };
        if !fitting || columns.iter().any(String::is_empty) {
            return Err(format!(
                "`{text}` does not have the columns that `{name}` needs"
            ));
        }
        Ok(Self { function, columns })
    }

    /// The columns that it reads.
    pub(crate) fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The codes of every row.
    ///
    /// # Errors
    /// [`LinkageError::Unfit`] when the table has no such column or the function cannot read its kind.
    pub(crate) fn codes<'a>(
        &self,
        table: &'a Table,
        wanted_by: &str,
    ) -> Result<KeyCodes<'a>, LinkageError> {
        let columns = self
            .columns
            .iter()
            .map(|name| table.column(name, wanted_by))
            .collect::<Result<Vec<_>, _>>()?;
        let codes = match columns.as_slice() {
            [column] => of_column(self.function, column),
            several => any_of(several),
        };
        codes.ok_or_else(|| {
            let (columns, kind) = (self.columns.join("`, `"), columns[0].kind());
            LinkageError::unfit(format!(
                "{wanted_by} applies a function to `{columns}` that cannot read {kind}"
            ))
        })
    }
}

impl KeyCodes<'_> {
    /// The row's codes.
    pub(crate) fn at(&self, row: Row) -> &[u32] {
        let row = row as usize;
        match self {
            Self::One(codes) if codes[row] == MISSING => &[],
            Self::One(codes) => &codes[row..=row],
            Self::Many { starts, values } => {
                &values[starts[row] as usize..starts[row + 1] as usize]
            }
        }
    }
}

fn figured(name: &str, figure: Option<String>, text: &str) -> Result<Function, String> {
    let known = || {
        let plain = PLAIN.iter().map(|(name, _)| format!("`{name}(column)`"));
        plain
            .chain(FIGURED.iter().map(|name| format!("`{name}`")))
            .collect::<Vec<_>>()
            .join(", ")
    };
    if !FIGURED
        .iter()
        .any(|written| written.starts_with(&format!("{name}(")))
    {
        return Err(format!(
            "`{name}` in `{text}` is no function; there are {}",
            known()
        ));
    }
    let figure = figure
        .and_then(|figure| figure.parse::<f64>().ok())
        .filter(|figure| *figure > 0.0);
    let figure = figure.ok_or_else(|| format!("`{text}` needs a column and a figure above 0"))?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a small count above 0"
    )]
    let count = figure as usize;
    match name {
        "within" => return Ok(Function::Within(figure)),
        "rounded" => return Ok(Function::Rounded(figure)),
        _ if figure.fract() != 0.0 => return Err(format!("`{text}` needs a whole number")),
        _ => {}
    }
    Ok(match name {
        "prefix" => Function::Spelling(Spelling::Prefix(count)),
        "suffix" => Function::Spelling(Spelling::Suffix(count)),
        "grams" => Function::Spelling(Spelling::Grams(count)),
        "rare_tokens" => Function::RareTokens(count),
        _ => Function::TokenPairs(count),
    })
}

fn of_column(function: Function, column: &Column) -> Option<KeyCodes<'_>> {
    match column {
        Column::Codes(codes) => of_codes(function, codes),
        Column::Dates(dates) => of_dates(function, dates),
        Column::Numbers(numbers) => of_numbers(function, numbers),
        Column::Opaque(rows) if function == Function::Whole => {
            Some(KeyCodes::One(Cow::Borrowed(rows)))
        }
        Column::Arrays(arrays) if function == Function::Whole => {
            Some(many(arrays.iter().map(<[u32]>::to_vec)))
        }
        Column::Opaque(_) | Column::Arrays(_) => None,
    }
}

fn of_codes(function: Function, codes: &Codes) -> Option<KeyCodes<'_>> {
    match function {
        Function::Whole => Some(KeyCodes::One(Cow::Borrowed(codes.rows()))),
        Function::Spelling(spelling) => {
            Some(spelled(codes, &|text, keys| spelling.keys(text, keys)))
        }
        Function::RareTokens(count) => {
            let rarity = Rarity::of(codes);
            Some(spelled(codes, &|text, keys| {
                rarity.rarest(text, count, keys);
            }))
        }
        Function::TokenPairs(count) => {
            let rarity = Rarity::of(codes);
            Some(spelled(codes, &|text, keys| {
                rarity.pairs(text, count, keys);
            }))
        }
        _ => None,
    }
}

/// Codes of the texts that `spell` gives for each distinct value.
fn spelled(codes: &Codes, spell: &dyn Fn(&str, &mut Vec<String>)) -> KeyCodes<'static> {
    let mut interner = Interner::default();
    let mut texts = Vec::new();
    let mut distinct = vec![Vec::new()];
    for code in (1..).take(codes.distinct()) {
        texts.clear();
        spell(codes.name(code), &mut texts);
        distinct.push(
            texts
                .iter()
                .map(|text| interner.code(text))
                .filter(|&code| code != MISSING)
                .collect(),
        );
    }
    if distinct.iter().all(|codes: &Vec<u32>| codes.len() <= 1) {
        let one = |&code: &u32| distinct[code as usize].first().copied().unwrap_or(MISSING);
        return KeyCodes::One(codes.rows().iter().map(one).collect());
    }
    many(
        codes
            .rows()
            .iter()
            .map(|&code| distinct[code as usize].clone()),
    )
}

fn of_dates(function: Function, dates: &[PackedDate]) -> Option<KeyCodes<'static>> {
    match function {
        Function::Within(days) => {
            let number = |date: &PackedDate| date.days().map(f64::from);
            return Some(within(dates.iter().map(number), days));
        }
        Function::Spelling(Spelling::Typos) => {
            let texts = dates
                .iter()
                .map(|date| (!date.is_missing()).then(|| written(*date)))
                .collect::<Vec<_>>();
            let codes = Codes::from_values(texts.iter().map(Option::as_deref));
            return Some(spelled(&codes, &|text, keys| {
                Spelling::Typos.keys(text, keys);
            }));
        }
        _ => {}
    }
    let one = of_date(function)?;
    Some(KeyCodes::One(dates.iter().map(|date| one(*date)).collect()))
}

/// The code of one date, where the function looks at nothing else.
fn of_date(function: Function) -> Option<fn(PackedDate) -> u32> {
    Some(match function {
        Function::Whole => PackedDate::packed,
        Function::Year => PackedDate::year,
        Function::Month => PackedDate::month,
        Function::Day => PackedDate::day,
        Function::YearMonth => |date| {
            if date.month() == 0 {
                MISSING
            } else {
                date.packed() >> 5
            }
        },
        Function::SwappedDayMonth => |date| {
            let (low, high) = (date.month().min(date.day()), date.month().max(date.day()));
            if !date.is_full() || high > 12 {
                date.packed()
            } else {
                PackedDate::new(date.year(), low, high).packed()
            }
        },
        _ => return None,
    })
}

/// A date as eight digits.
fn written(date: PackedDate) -> String {
    format!("{:04}{:02}{:02}", date.year(), date.month(), date.day())
}

fn of_numbers(function: Function, numbers: &[f32]) -> Option<KeyCodes<'static>> {
    let known = |number: &f32| (!number.is_nan()).then_some(f64::from(*number));
    match function {
        Function::Whole => Some(buckets(
            numbers
                .iter()
                .map(|number| known(number).map(|number| vec![number])),
        )),
        Function::Rounded(step) => {
            let rounded = |number: &f32| known(number).map(|number| vec![(number / step).round()]);
            Some(buckets(numbers.iter().map(rounded)))
        }
        Function::Within(most) => Some(within(numbers.iter().map(known), most)),
        _ => None,
    }
}

/// Two buckets a value, each twice as wide as `most` and half over the next: what is at most so far apart shares one.
fn within(values: impl Iterator<Item = Option<f64>>, most: f64) -> KeyCodes<'static> {
    buckets(values.map(|value| {
        value.map(|value| {
            let bucket = (value / most).floor();
            vec![bucket, bucket + 1.0]
        })
    }))
}

/// Dense codes, in ascending order of the figures.
fn buckets(rows: impl Iterator<Item = Option<Vec<f64>>>) -> KeyCodes<'static> {
    let rows = rows.map(Option::unwrap_or_default).collect::<Vec<_>>();
    let mut figures = rows
        .iter()
        .flatten()
        .map(|figure| (figure + 0.0).to_bits())
        .collect::<Vec<_>>();
    figures.sort_unstable();
    figures.dedup();
    let codes = figures
        .into_iter()
        .zip(1..)
        .collect::<FxHashMap<u64, u32>>();
    let numbered = |row: &Vec<f64>| {
        row.iter()
            .map(|figure| codes[&(figure + 0.0).to_bits()])
            .collect::<Vec<_>>()
    };
    if rows.iter().all(|row| row.len() <= 1) {
        return KeyCodes::One(
            rows.iter()
                .map(|row| numbered(row).first().copied().unwrap_or(MISSING))
                .collect(),
        );
    }
    many(rows.iter().map(numbered))
}

fn any_of(columns: &[&Column]) -> Option<KeyCodes<'static>> {
    let mut interner = Interner::default();
    let mut by_row = vec![Vec::new(); columns.first().map_or(0, |column| column.len())];
    for column in columns {
        let Column::Codes(codes) = column else {
            return None;
        };
        let shared = (1..)
            .take(codes.distinct())
            .map(|code| interner.code(codes.name(code)))
            .collect::<Vec<_>>();
        for (row, &code) in by_row.iter_mut().zip(codes.rows()) {
            if code != MISSING {
                row.push(shared[code as usize - 1]);
            }
        }
    }
    Some(many(by_row.into_iter()))
}

fn many(rows: impl Iterator<Item = Vec<u32>>) -> KeyCodes<'static> {
    let (mut starts, mut values) = (vec![0], Vec::new());
    for mut row in rows {
        row.sort_unstable();
        row.dedup();
        values.append(&mut row);
        starts.push(u32::try_from(values.len()).unwrap_or(u32::MAX));
    }
    KeyCodes::Many { starts, values }
}

#[cfg(test)]
mod tests;
