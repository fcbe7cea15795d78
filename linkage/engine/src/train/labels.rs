//! m from records whose persons are known.

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::chance::Pairing;
use super::patterns::{Counted, counted};
use crate::kernel::{Kernel, Worker};
use crate::table::MISSING;
use crate::{Column, LinkageError, Row, Table};

/// Most records of one person whose pairs are counted: more would outvote all other persons.
const RECORDS_MAX: usize = 30;

/// The patterns of all pairs of records whose label is the same.
///
/// # Errors
/// [`LinkageError::Unfit`] when the column is not there or holds no codes.
pub(crate) fn labelled_patterns(
    table: &Table,
    column: &str,
    kernel: &Kernel<'_>,
    pairing: &Pairing,
    row_hashes: &[u64],
) -> Result<Counted, LinkageError> {
    let wanted_by = "training by labels";
    let Column::Codes(codes) = table.column(column, wanted_by)? else {
        return Err(LinkageError::unfit(format!(
            "{wanted_by} needs codes in column `{column}`"
        )));
    };
    let mut persons = FxHashMap::<u32, Vec<Row>>::default();
    for (row, &code) in (0..)
        .zip(codes.rows())
        .filter(|(_, code)| **code != MISSING)
    {
        persons.entry(code).or_default().push(row);
    }
    let mut persons = persons
        .into_values()
        .filter(|rows| rows.len() > 1)
        .collect::<Vec<_>>();
    let count_person = |worker: &mut Worker, rows: &mut Vec<Row>| {
        let mut counts = FxHashMap::default();
        rows.sort_unstable_by_key(|&row| row_hashes[row as usize]);
        rows.truncate(RECORDS_MAX);
        for (place, &left) in rows.iter().enumerate() {
            for &right in rows[place + 1..]
                .iter()
                .filter(|&&right| pairing.allows(left, right))
            {
                *counts
                    .entry(kernel.pattern((left, right), worker))
                    .or_insert(0) += 1;
            }
        }
        counts
    };
    Ok(counted(
        persons
            .par_iter_mut()
            .map_init(|| kernel.worker(), count_person)
            .collect(),
    ))
}
