//! Which columns hang together within a record: a town and its postcode, a surname and an address where households share
//! both. Measured on pairs of records, so that a column of unique values ties to none.

use rustc_hash::FxHashMap;

use crate::{Column, MISSING, Row, Table};

/// Columns that agree together so many times more often than by chance go together.
const LIFT_MIN: f64 = 6.0;
/// Fewer pairs that agree in both tell nothing.
const PAIRS_MIN: u64 = 15;
/// Least groups: what is left must still make a person.
const GROUPS_MIN: usize = 3;

/// Each row's value as a number, [`MISSING`] for none.
pub(crate) fn values_of(column: &Column) -> Vec<u32> {
    match column {
        Column::Codes(codes) => codes.rows().to_vec(),
        Column::Opaque(rows) => rows.clone(),
        Column::Dates(dates) => dates.iter().map(|date| date.packed()).collect(),
        Column::Numbers(numbers) => numbers
            .iter()
            .map(|number| {
                if number.is_nan() {
                    MISSING
                } else {
                    number.to_bits().max(1)
                }
            })
            .collect(),
        Column::Arrays(arrays) => {
            let mut known = FxHashMap::default();
            let code = |set| {
                let next = u32::try_from(known.len() + 1).unwrap_or(u32::MAX);
                *known.entry(set).or_insert(next)
            };
            let mut code = code;
            arrays
                .iter()
                .map(|set| if set.is_empty() { MISSING } else { code(set) })
                .collect()
        }
    }
}

/// Groups of columns that hang together, by `rows` of different persons; columns and groups in the order of names.
pub(crate) fn groups(table: &Table, rows: &[Row]) -> Vec<Vec<String>> {
    let columns = table
        .columns()
        .map(|(name, column)| (name.to_owned(), values_of(column)))
        .collect::<Vec<_>>();
    let mut ties = Vec::new();
    for one in 0..columns.len() {
        for other in one + 1..columns.len() {
            if let Some(lift) = lift(&columns[one].1, &columns[other].1, rows) {
                ties.push((lift, one, other));
            }
        }
    }
    ties.sort_by(|left, right| {
        right
            .0
            .total_cmp(&left.0)
            .then((left.1, left.2).cmp(&(right.1, right.2)))
    });
    let mut group_of = (0..columns.len()).collect::<Vec<_>>();
    let mut left = columns.len();
    for (_, one, other) in ties {
        let (keep, join) = (
            group_of[one].min(group_of[other]),
            group_of[one].max(group_of[other]),
        );
        if keep != join && left > GROUPS_MIN {
            group_of
                .iter_mut()
                .filter(|group| **group == join)
                .for_each(|group| *group = keep);
            left -= 1;
        }
    }
    let members = |group: usize| {
        let names = columns
            .iter()
            .zip(&group_of)
            .filter(|(_, of)| **of == group);
        names.map(|((name, _), _)| name.clone()).collect::<Vec<_>>()
    };
    (0..columns.len())
        .map(members)
        .filter(|names| !names.is_empty())
        .collect()
}

/// How many times more pairs of rows agree in both columns than if these were independent, if that is certain.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn lift(one: &[u32], other: &[u32], rows: &[Row]) -> Option<f64> {
    let (mut alone, mut second, mut both) = (
        FxHashMap::<u32, u64>::default(),
        FxHashMap::<u32, u64>::default(),
        FxHashMap::<(u32, u32), u64>::default(),
    );
    let mut compared = 0_u64;
    for &row in rows {
        let (left, right) = (one[row as usize], other[row as usize]);
        if left != MISSING && right != MISSING {
            compared += 1;
            *alone.entry(left).or_default() += 1;
            *second.entry(right).or_default() += 1;
            *both.entry((left, right)).or_default() += 1;
        }
    }
    let pairs = |count: u64| count * count.saturating_sub(1) / 2;
    let agree_one = alone.values().map(|&count| pairs(count)).sum::<u64>();
    let agree_other = second.values().map(|&count| pairs(count)).sum::<u64>();
    let agree_both = both.values().map(|&count| pairs(count)).sum::<u64>();
    if agree_both < PAIRS_MIN {
        return None;
    }
    let lift = agree_both as f64 * pairs(compared) as f64 / (agree_one as f64 * agree_other as f64);
    (lift >= LIFT_MIN).then_some(lift)
}
