//! Binds a model's comparisons to the columns of a table.

use rustc_hash::FxHashMap;

use super::{
    Bound, Coded, Comparison, Custom, Test, array, clk_similarity, damerau_levenshtein, date,
    event_dates, exact, hierarchy, hla, identifier, japanese_name, jaro_winkler, names, number,
    tokens,
};
use crate::model::{ComparisonSettings, Kind};
use crate::{Codes, Column, LinkageError, Table};

/// Makes the model's comparisons over a table's columns; the custom ones are taken from `custom` by name.
///
/// # Errors
/// [`LinkageError::Unfit`] when a column, its type, or a custom comparison is not what the model names.
pub(crate) fn bind<'a>(
    settings: &[ComparisonSettings],
    table: &'a Table,
    custom: Vec<Custom<'a>>,
) -> Result<Vec<Bound<'a>>, LinkageError> {
    let mut custom = custom
        .into_iter()
        .map(|given| (given.name, given))
        .collect::<FxHashMap<_, _>>();
    let mut bound = Vec::with_capacity(settings.len());
    for comparison in settings {
        bound.push(match comparison.kind {
            Kind::Custom => Bound::Rows(take_custom(comparison, &mut custom)?),
            _ => Bound::Coded(bind_columns(comparison, table)?.repeated(table)),
        });
    }
    Ok(bound)
}

/// Makes one comparison of words over a table of few records, with words as rare as elsewhere.
///
/// # Errors
/// As [`bind`].
pub(crate) fn bind_words<'a>(
    settings: &ComparisonSettings,
    table: &'a Table,
    words: &tokens::WordCounts,
) -> Result<Coded<'a>, LinkageError> {
    let tests = settings
        .levels
        .iter()
        .filter_map(|level| level.when.clone());
    let wanted_by = format!("comparison `{}`", settings.name);
    let columns = settings
        .column_names()
        .map(|name| table.column(name, &wanted_by))
        .collect::<Result<Vec<_>, _>>()?;
    match columns[..] {
        [Column::Codes(codes)] => Ok(tokens::coded_among(codes, tests.collect(), words)),
        _ => Err(misfit(settings, &columns)),
    }
}

fn take_custom<'a>(
    settings: &ComparisonSettings,
    custom: &mut FxHashMap<&'static str, Custom<'a>>,
) -> Result<Box<dyn Comparison + 'a>, LinkageError> {
    let name = settings.name.as_str();
    let Some(given) = custom.remove(name) else {
        return Err(LinkageError::unfit(format!(
            "nobody gave the custom comparison `{name}`"
        )));
    };
    if !settings
        .levels
        .iter()
        .map(|level| level.name.as_str())
        .eq(given.levels.iter().copied())
    {
        let wanted = given.levels.join("`, `");
        return Err(LinkageError::unfit(format!(
            "the levels of `{name}` must be `{wanted}`, in this order"
        )));
    }
    Ok(given.comparison)
}

fn bind_columns<'a>(
    settings: &ComparisonSettings,
    table: &'a Table,
) -> Result<Coded<'a>, LinkageError> {
    let wanted_by = format!("comparison `{}`", settings.name);
    let columns = settings
        .column_names()
        .map(|name| table.column(name, &wanted_by))
        .collect::<Result<Vec<_>, _>>()?;
    let tests = settings
        .levels
        .iter()
        .filter_map(|level| level.when.clone())
        .collect::<Vec<_>>();
    let times = table.times();
    Ok(match (settings.kind, &columns[..]) {
        (Kind::Date, [Column::Dates(dates)]) => date::coded(dates, tests),
        (Kind::Number, [Column::Numbers(numbers)]) => number::coded(numbers, tests),
        (Kind::Array, [Column::Arrays(arrays)]) => array::coded(arrays, tests),
        (Kind::Names, [Column::Codes(given), Column::Codes(family)]) => {
            names::coded(given, family, times, tests)
        }
        (Kind::JapaneseName, [Column::Codes(written)]) => {
            japanese_name::coded(written, None, times, tests)
        }
        (Kind::JapaneseName, [Column::Codes(written), Column::Codes(reading)]) => {
            japanese_name::coded(written, Some(reading), times, tests)
        }
        (kind, [Column::Codes(codes)]) => {
            bind_codes(kind, codes, times, tests).ok_or_else(|| misfit(settings, &columns))??
        }
        _ => return Err(misfit(settings, &columns)),
    })
}

/// The kinds over one column of strings; `None` for any other.
fn bind_codes<'a>(
    kind: Kind,
    codes: &'a Codes,
    times: Option<&[u32]>,
    tests: Vec<Test>,
) -> Option<Result<Coded<'a>, LinkageError>> {
    Some(Ok(match kind {
        Kind::Exact => exact::coded(codes, &tests),
        Kind::JaroWinkler => jaro_winkler::coded(codes, tests),
        Kind::DamerauLevenshtein => damerau_levenshtein::coded(codes, tests),
        Kind::Tokens => tokens::coded(codes, tests),
        Kind::Hierarchy => hierarchy::coded(codes, tests),
        Kind::Hla => hla::coded(codes, times, tests),
        Kind::EventDates => event_dates::coded(codes, times, tests),
        Kind::Identifier => identifier::coded(codes, tests),
        Kind::Clk => return Some(clk_similarity::coded(codes, tests)),
        _ => return None,
    }))
}

fn misfit(settings: &ComparisonSettings, columns: &[&Column]) -> LinkageError {
    let found = columns
        .iter()
        .map(|column| column.kind())
        .collect::<Vec<_>>()
        .join(" and one of ");
    let (name, kind, wanted) = (&settings.name, settings.kind.name(), settings.kind.reads());
    LinkageError::unfit(format!(
        "comparison `{name}` of kind `{kind}` cannot read a column of {found}; it reads {wanted}"
    ))
}
