//! Keys by what they say, not by their number in a table: the same value gives the same key in any table.

use super::super::group::mixed;
use super::{Function, Key, of_date, written};
use crate::blocking::rule::KEYS_PER_ROW_MAX;
use crate::blocking::spelling::{Rarity, Spelling};
use crate::table::hashed;
use crate::{Column, LinkageError, MISSING, Row, Table};

/// Starts the hash of a text; figures are mixed as they are.
const TEXT_SEED: u64 = 0x6B65_7973;

/// A key with what it needs to know of all records, as it was in one table.
pub(crate) struct StableKey<'a> {
    key: Key,
    /// How rare that table's words are, where the key goes by it.
    rarity: Option<Rarity<'a>>,
}

impl<'a> StableKey<'a> {
    /// The key, with words as rare as they are in `table`.
    ///
    /// # Errors
    /// [`LinkageError::Unfit`] when the table lacks the column.
    pub(crate) fn of(key: Key, table: &'a Table, wanted_by: &str) -> Result<Self, LinkageError> {
        let by_rarity = matches!(
            key.function,
            Function::RareTokens(_) | Function::TokenPairs(_)
        );
        let mut rarity = None;
        for name in key.columns.iter().filter(|_| by_rarity) {
            if let Column::Codes(codes) = table.column(name, wanted_by)? {
                rarity = Some(Rarity::of(codes));
            }
        }
        Ok(Self { key, rarity })
    }

    /// The columns that it reads.
    pub(crate) fn columns(&self) -> &[String] {
        self.key.columns()
    }

    /// Appends the row's keys.
    ///
    /// # Errors
    /// [`LinkageError::Unfit`] when the table lacks the column, or the key depends on other records than the row's own.
    fn keys(
        &self,
        table: &Table,
        row: Row,
        wanted_by: &str,
        keys: &mut Vec<u64>,
    ) -> Result<(), LinkageError> {
        for name in &self.key.columns {
            let column = table.column(name, wanted_by)?;
            let read = self.by_rarity(column, row, keys)
                || stable_of(self.key.function, column, row, keys);
            if !read {
                return Err(LinkageError::unfit(format!(
                    "{wanted_by} uses a function of `{name}` that depends on all records; an index cannot"
                )));
            }
        }
        keys.sort_unstable();
        keys.dedup();
        Ok(())
    }

    /// Whether the key goes by how rare words are; then their keys are there.
    fn by_rarity(&self, column: &Column, row: Row, keys: &mut Vec<u64>) -> bool {
        let (Some(rarity), Column::Codes(codes)) = (&self.rarity, column) else {
            return false;
        };
        let mut texts = Vec::new();
        let code = codes.at(row);
        match self.key.function {
            _ if code == MISSING => {}
            Function::RareTokens(count) => rarity.rarest(codes.name(code), count, &mut texts),
            Function::TokenPairs(count) => rarity.pairs(codes.name(code), count, &mut texts),
            _ => {}
        }
        keys.extend(texts.iter().map(|value| text(value)));
        true
    }
}

/// Every combination of the elements' keys, each once.
///
/// # Errors
/// As [`StableKey::of`], and when a key depends on other records than the row's own.
pub(crate) fn joined(
    keys: &[StableKey<'_>],
    table: &Table,
    row: Row,
    wanted_by: &str,
) -> Result<Vec<u64>, LinkageError> {
    let (mut so_far, mut of_key) = (vec![0_u64], Vec::new());
    for key in keys {
        of_key.clear();
        key.keys(table, row, wanted_by, &mut of_key)?;
        let combined = so_far
            .iter()
            .flat_map(|&so_far| of_key.iter().map(move |&key| mixed(so_far, key)));
        so_far = combined.take(KEYS_PER_ROW_MAX).collect();
    }
    so_far.sort_unstable();
    so_far.dedup();
    Ok(so_far)
}

fn stable_of(function: Function, column: &Column, row: Row, keys: &mut Vec<u64>) -> bool {
    match (function, column) {
        (Function::Whole | Function::AnyOf, Column::Codes(codes)) => {
            if codes.at(row) != MISSING {
                keys.push(text(codes.name(codes.at(row))));
            }
            true
        }
        (Function::Spelling(spelling), Column::Codes(codes)) => {
            if codes.at(row) != MISSING {
                spelled(spelling, codes.name(codes.at(row)), keys);
            }
            true
        }
        (Function::Spelling(Spelling::Typos), Column::Dates(dates)) => {
            let date = dates[row as usize];
            if !date.is_missing() {
                spelled(Spelling::Typos, &written(date), keys);
            }
            true
        }
        (Function::Within(most), Column::Dates(dates)) => {
            let days = dates[row as usize].days().map(f64::from);
            buckets(days.map(|days| days / most), keys);
            true
        }
        (_, Column::Dates(dates)) => of_date(function).is_some_and(|code| {
            let code = code(dates[row as usize]);
            keys.extend((code != MISSING).then(|| mixed(1, u64::from(code))));
            true
        }),
        (_, Column::Numbers(numbers)) => of_number(function, numbers[row as usize], keys),
        (Function::Whole, Column::Arrays(arrays)) => arrays.names().is_some_and(|names| {
            keys.extend(arrays.at(row).iter().map(|&code| text(names.name(code))));
            true
        }),
        _ => false,
    }
}

fn of_number(function: Function, number: f32, keys: &mut Vec<u64>) -> bool {
    let known = (!number.is_nan()).then_some(f64::from(number));
    match function {
        Function::Whole => keys.extend(known.map(figure)),
        Function::Rounded(step) => keys.extend(known.map(|number| figure((number / step).round()))),
        Function::Within(most) => buckets(known.map(|number| number / most), keys),
        _ => return false,
    }
    true
}

/// The two buckets of a value given in widths.
fn buckets(value: Option<f64>, keys: &mut Vec<u64>) {
    if let Some(bucket) = value.map(f64::floor) {
        keys.extend([figure(bucket), figure(bucket + 1.0)]);
    }
}

fn spelled(spelling: Spelling, value: &str, keys: &mut Vec<u64>) {
    let mut texts = Vec::new();
    spelling.keys(value, &mut texts);
    keys.extend(
        texts
            .iter()
            .filter(|value| !value.is_empty())
            .map(|value| text(value)),
    );
}

fn figure(figure: f64) -> u64 {
    mixed(2, (figure + 0.0).to_bits())
}

fn text(value: &str) -> u64 {
    hashed(TEXT_SEED, value)
}
