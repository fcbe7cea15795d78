//! The values of the whole run, which every part is told, and the tables made of a part's records with them.

use std::collections::BTreeMap;

use arrow_array::{Array, Int32Array, Int64Array, StringArray};
use linkage::{Codes, CodesBuilder, Part, Table, TableIds, typed_repeated};

use crate::error::KernelError;
use crate::job::Job;
use crate::records::Records;
use crate::stream::{column, open};

/// Distinct combinations of some raw columns, with the number of records that hold each.
pub(crate) struct ValueTable {
    sources: Vec<i32>,
    times: Vec<u32>,
    /// By the raw column's number.
    raw: BTreeMap<usize, Codes>,
}

/// All values of the run, in the plan's order.
pub(crate) struct AllValues(Vec<ValueTable>);

/// The tables of a part: its records alone, and its records with the values of each comparison.
pub(crate) struct PartTables {
    table: Table,
    values: Vec<Option<Table>>,
}

impl AllValues {
    pub(crate) fn read(job: &Job) -> Result<Self, KernelError> {
        let read = |values: &crate::plan::Values| ValueTable::read(job, values);
        Ok(Self(
            job.plan.values.iter().map(read).collect::<Result<_, _>>()?,
        ))
    }

    /// The table for blocking keys: the values of each column that blocks, column by column, then the records. Gives how many
    /// rows come before the records.
    pub(crate) fn key_table(
        &self,
        job: &Job,
        records: &Records,
    ) -> Result<(Table, usize), KernelError> {
        let sets = job
            .plan
            .key_values
            .iter()
            .map(|&set| &self.0[set])
            .collect::<Vec<_>>();
        let mut columns = job
            .plan
            .key_values
            .iter()
            .flat_map(|&set| job.plan.values[set].columns.clone())
            .collect::<Vec<_>>();
        columns.sort_unstable();
        let ahead = sets.iter().map(|set| set.times.len()).sum();
        let (mut ids, mut times) = (TableIds::default(), Vec::new());
        for set in &sets {
            set.push_ids(job, &mut ids)?;
            times.extend_from_slice(&set.times);
        }
        records.push_ids(job, &mut ids)?;
        times.resize(times.len() + records.rows.len(), 0);
        let raw = |number: usize| {
            let mut builder = CodesBuilder::default();
            for set in &sets {
                push(&mut builder, set.raw.get(&number), set.times.len());
            }
            push(&mut builder, Some(&records.raw[number]), records.rows.len());
            builder.finish()
        };
        Ok((table(job, ids, Some(&times), &columns, raw)?, ahead))
    }

    /// Refuses a record with a value of which these tables do not know.
    pub(crate) fn check(&self, job: &Job, records: &Records) -> Result<(), KernelError> {
        for (values, told) in job.plan.values.iter().zip(&self.0) {
            for &number in &values.raw {
                let codes = &told.raw[&number];
                let known = (1..)
                    .take(codes.distinct())
                    .map(|code| codes.name(code))
                    .collect::<std::collections::HashSet<_>>();
                let of_part = &records.raw[number];
                if (1..)
                    .take(of_part.distinct())
                    .any(|code| !known.contains(of_part.name(code)))
                {
                    let headings = job.plan.raw[number].join("`, `");
                    return Err(KernelError::Differs(format!(
                        "a value of `{headings}` was not counted beforehand"
                    )));
                }
            }
        }
        Ok(())
    }

    /// A part's tables.
    pub(crate) fn part_tables(
        &self,
        job: &Job,
        records: &Records,
    ) -> Result<PartTables, KernelError> {
        let mut ids = TableIds::default();
        records.push_ids(job, &mut ids)?;
        let raw = |number: usize| records.raw[number].clone();
        // A column that is read only with its values is typed there: here its order of day and month may not show.
        let read = job
            .plan
            .comparison_columns
            .iter()
            .zip(&job.plan.comparison_values);
        let bare = read
            .filter(|(_, values)| values.is_none())
            .flat_map(|(columns, _)| columns.iter().copied());
        let columns = bare
            .collect::<std::collections::BTreeSet<_>>()
            .into_iter()
            .collect::<Vec<_>>();
        let table = table(job, ids, None, &columns, raw)?;
        let of_comparison = |values: &Option<usize>| {
            values
                .map(|set| self.with_records(job, set, records))
                .transpose()
        };
        let values = job
            .plan
            .comparison_values
            .iter()
            .map(of_comparison)
            .collect::<Result<_, _>>()?;
        Ok(PartTables { table, values })
    }

    /// The records, each counted for none, and then the values.
    fn with_records(&self, job: &Job, set: usize, records: &Records) -> Result<Table, KernelError> {
        let values = &self.0[set];
        let mut ids = TableIds::default();
        records.push_ids(job, &mut ids)?;
        values.push_ids(job, &mut ids)?;
        let mut times = vec![0; records.rows.len()];
        times.extend_from_slice(&values.times);
        let raw = |number: usize| {
            let mut builder = CodesBuilder::default();
            push(&mut builder, Some(&records.raw[number]), records.rows.len());
            push(&mut builder, values.raw.get(&number), values.times.len());
            builder.finish()
        };
        table(job, ids, Some(&times), &job.plan.values[set].columns, raw)
    }
}

impl PartTables {
    /// The part, bound to the run's model.
    pub(crate) fn part(&self, job: &Job) -> Result<Part<'_>, KernelError> {
        let values = self
            .values
            .iter()
            .map(|values| values.as_ref().unwrap_or(&self.table));
        Ok(Part::new(
            job.model.clone(),
            &self.table,
            &values.collect::<Vec<_>>(),
            job.records,
        )?)
    }
}

impl ValueTable {
    fn read(job: &Job, values: &crate::plan::Values) -> Result<Self, KernelError> {
        let (mut sources, mut times) = (Vec::new(), Vec::new());
        let mut raw = values
            .raw
            .iter()
            .map(|&number| (number, CodesBuilder::default()))
            .collect::<BTreeMap<_, _>>();
        for batch in open(&job.folder.join(&values.file))? {
            let batch = batch?;
            let told = column::<Int32Array>(&batch, "source")?;
            sources.extend((0..batch.num_rows()).map(|place| told.value(place)));
            for &count in column::<Int64Array>(&batch, "count")?.values() {
                times.push(u32::try_from(count).map_err(|_| {
                    KernelError::Input(format!("`{}` holds a count that cannot be", values.file))
                })?);
            }
            for (number, builder) in &mut raw {
                let texts = column::<StringArray>(&batch, &format!("r{number}"))?;
                for place in 0..texts.len() {
                    builder.push((!texts.is_null(place)).then(|| texts.value(place)));
                }
            }
        }
        let counted = times.iter().map(|&times| u64::from(times)).sum::<u64>();
        if counted != job.records as u64 {
            return Err(KernelError::Differs(format!(
                "`{}` counts {counted} records, the run has {}",
                values.file, job.records
            )));
        }
        let raw = raw
            .into_iter()
            .map(|(number, builder)| (number, builder.finish()))
            .collect();
        Ok(Self {
            sources,
            times,
            raw,
        })
    }

    fn push_ids(&self, job: &Job, ids: &mut TableIds) -> Result<(), KernelError> {
        self.sources.iter().try_for_each(|&source| {
            ids.push(job.source(source)?, "");
            Ok(())
        })
    }
}

/// All records of the run as one table, as a run on one machine has them.
pub(crate) fn whole_table(job: &Job, records: &Records) -> Result<Table, KernelError> {
    let mut ids = TableIds::default();
    records.push_ids(job, &mut ids)?;
    let columns = (0..job.plan.columns.len()).collect::<Vec<_>>();
    table(job, ids, None, &columns, |number| {
        records.raw[number].clone()
    })
}

/// A table of some of the engine's columns, typed from raw text.
fn table(
    job: &Job,
    ids: TableIds,
    times: Option<&[u32]>,
    columns: &[usize],
    raw: impl Fn(usize) -> Codes,
) -> Result<Table, KernelError> {
    let mut table = match times {
        Some(times) => Table::repeated(ids, times.to_vec())?,
        None => Table::of(ids),
    };
    for &place in columns {
        let planned = &job.plan.columns[place];
        let parts = planned
            .raw
            .iter()
            .map(|&number| raw(number))
            .collect::<Vec<_>>();
        let made = typed_repeated(
            &planned.settings,
            &parts.iter().collect::<Vec<_>>(),
            table.sources(),
            times,
        )?;
        table.add(&planned.settings.name, made.column)?;
    }
    Ok(table)
}

/// Appends a column's values, or so many rows of none.
fn push(builder: &mut CodesBuilder, codes: Option<&Codes>, rows: usize) {
    match codes {
        Some(codes) => codes
            .rows()
            .iter()
            .for_each(|&code| builder.push((code != 0).then(|| codes.name(code)))),
        None => (0..rows).for_each(|_| builder.push(None)),
    }
}
