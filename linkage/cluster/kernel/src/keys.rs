//! Records in, their blocking keys out, and a receipt for each record.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int32Array, Int64Array, RecordBatch};
use arrow_schema::{DataType, Schema};

use crate::error::KernelError;
use crate::job::Job;
use crate::records::Records;
use crate::stream::{BATCH_ROWS, batch, schema, stdin, stdout};
use crate::values::AllValues;

/// A receipt: `key` holds how many other rows the record gave.
const RECEIPT: i32 = 0;
/// A key that makes candidates.
const ON: i32 = 1;
/// A key that splits a block that is too large.
const REFINE: i32 = 2;

/// Keys of one record in one rule at which the engine cuts: which are left then depends on the order of values.
const KEYS_PER_RECORD_MAX: usize = 256;

/// A row of what goes out.
#[derive(Clone, Copy)]
struct KeyRow {
    place: usize,
    rule: i32,
    kind: i32,
    key: i64,
}

/// Writes `row, source, rule, kind, key`.
pub(crate) fn run(job: &Job) -> Result<(), KernelError> {
    let records = Records::read(job, false, stdin()?)?;
    let values = AllValues::read(job)?;
    values.check(job, &records)?;
    let rows = key_rows(job, &records, &values)?;
    let mut writer = stdout(&out_schema())?;
    for rows in rows.chunks(BATCH_ROWS) {
        writer.write(&out_batch(&records, rows)?)?;
    }
    writer.finish()?;
    Ok(())
}

fn key_rows(job: &Job, records: &Records, values: &AllValues) -> Result<Vec<KeyRow>, KernelError> {
    let (table, ahead) = values.key_table(job, records)?;
    let mut rows = Vec::new();
    let mut given = vec![0_i64; records.rows.len()];
    for (rule, keys) in (0..).zip(linkage::keys(&job.model, &table)?) {
        for (kind, keys) in [(ON, keys.on), (REFINE, keys.refine)] {
            let of_record = keys.chunk_by(|left, right| left.0 == right.0);
            if of_record.map(<[_]>::len).max() >= Some(KEYS_PER_RECORD_MAX) {
                return Err(KernelError::Input(format!(
                    "a record has {KEYS_PER_RECORD_MAX} keys or more in blocking rule number {}",
                    rule + 1
                )));
            }
            for (row, key) in keys {
                let Some(place) = (row as usize).checked_sub(ahead) else {
                    continue;
                };
                given[place] += 1;
                rows.push(KeyRow {
                    place,
                    rule,
                    kind,
                    key: key.cast_signed(),
                });
            }
        }
    }
    let receipts = given.into_iter().enumerate();
    rows.extend(receipts.map(|(place, key)| KeyRow {
        place,
        rule: -1,
        kind: RECEIPT,
        key,
    }));
    Ok(rows)
}

fn out_schema() -> Arc<Schema> {
    schema(&[
        ("row", DataType::Int64),
        ("source", DataType::Int32),
        ("rule", DataType::Int32),
        ("kind", DataType::Int32),
        ("key", DataType::Int64),
    ])
}

fn out_batch(records: &Records, rows: &[KeyRow]) -> Result<RecordBatch, KernelError> {
    let column = |of: &dyn Fn(&KeyRow) -> i32| -> ArrayRef {
        Arc::new(rows.iter().map(of).collect::<Int32Array>())
    };
    let wide = |of: &dyn Fn(&KeyRow) -> i64| -> ArrayRef {
        Arc::new(rows.iter().map(of).collect::<Int64Array>())
    };
    batch(vec![
        ("row", wide(&|row| records.rows[row.place])),
        ("source", column(&|row| records.sources[row.place])),
        ("rule", column(&|row| row.rule)),
        ("kind", column(&|row| row.kind)),
        ("key", wide(&|row| row.key)),
    ])
}
