//! Values that no record of the run has: compared in a table of the few records at hand.

use rustc_hash::FxHashMap;

use super::beside::RecordAt;
use super::values::Codebook;
use super::{WANTED_BY, otherwise};
use crate::comparison::{Bound, Coded, bind, bind_words};
use crate::model::ComparisonSettings;
use crate::table::Arrays;
use crate::{Codes, Column, Level, LinkageError, MISSING, Row, Table};

/// The levels of a record against others, in their order; `None` where there is nothing to compare.
pub(super) fn levels(
    settings: &ComparisonSettings,
    book: &Codebook,
    one: RecordAt<'_>,
    others: &[RecordAt<'_>],
) -> Result<Vec<Option<Level>>, LinkageError> {
    let records = std::iter::once(one).chain(others.iter().copied());
    let records = records.collect::<Vec<_>>();
    let mut table = Table::new(records.iter().map(|_| ("", "")));
    for name in book.columns() {
        let cells = records.iter().map(|record| {
            let column = record.table.column(name, WANTED_BY)?;
            Ok((column, record.row))
        });
        let cells = cells.collect::<Result<Vec<_>, LinkageError>>()?;
        table.add(name, gathered(&cells).ok_or_else(|| otherwise(name))?)?;
    }
    let coded = match book.words() {
        Some(words) => bind_words(settings, &table, words)?,
        None => match bind(std::slice::from_ref(settings), &table, Vec::new())?.pop() {
            Some(Bound::Coded(coded)) => coded,
            _ => return Ok(vec![None; others.len()]),
        },
    };
    Ok(against_first(&coded))
}

/// One cell as a column by itself; `None` when its value has no meaning outside of its table.
pub(super) fn alone(column: &Column, row: Row) -> Option<Column> {
    gathered(&[(column, row)])
}

/// The levels of the first row against each other; the outcome of two values is asked for once.
fn against_first(coded: &Coded<'_>) -> Vec<Option<Level>> {
    let Some((&first, others)) = coded.rows.split_first() else {
        return Vec::new();
    };
    let mut known = FxHashMap::default();
    let level = |&other: &u32| {
        let (low, high) = (first.min(other), first.max(other));
        let outcome = || coded.values.outcome(low, high).level;
        (low != MISSING).then(|| *known.entry(other).or_insert_with(outcome))
    };
    others.iter().map(level).collect()
}

/// A column of cells from any tables; `None` when they differ in kind or their values have no meaning outside of their tables.
fn gathered(cells: &[(&Column, Row)]) -> Option<Column> {
    Some(match cells.first()?.0 {
        Column::Codes(_) => {
            let texts = each(cells, text)?.into_iter().map(Some);
            Column::Codes(Codes::from_values(texts))
        }
        Column::Dates(_) => Column::Dates(each(cells, |column, row| match column {
            Column::Dates(dates) => Some(dates[row as usize]),
            _ => None,
        })?),
        Column::Numbers(_) => Column::Numbers(each(cells, |column, row| match column {
            Column::Numbers(numbers) => Some(numbers[row as usize]),
            _ => None,
        })?),
        Column::Arrays(_) => Column::Arrays(Arrays::from_strings(each(cells, texts)?)),
        Column::Opaque(_) => return None,
    })
}

fn each<'c, T>(
    cells: &[(&'c Column, Row)],
    cell: impl Fn(&'c Column, Row) -> Option<T>,
) -> Option<Vec<T>> {
    cells
        .iter()
        .map(|&(column, row)| cell(column, row))
        .collect()
}

/// The text of a cell, empty when it has none.
fn text(column: &Column, row: Row) -> Option<&str> {
    let Column::Codes(codes) = column else {
        return None;
    };
    let code = codes.at(row);
    Some(if code == MISSING {
        ""
    } else {
        codes.name(code)
    })
}

/// The texts of a cell.
fn texts(column: &Column, row: Row) -> Option<Vec<&str>> {
    let Column::Arrays(arrays) = column else {
        return None;
    };
    let names = arrays.names()?;
    Some(
        arrays
            .at(row)
            .iter()
            .map(|&code| names.name(code))
            .collect(),
    )
}
