//! Records as they come in: a number, a source, perhaps an id, and raw text.

use arrow_array::{Array, Int32Array, Int64Array, RecordBatch, StringArray};
use linkage::{Codes, CodesBuilder, TableIds};

use crate::error::KernelError;
use crate::job::Job;
use crate::stream::column;

/// Some records, their raw columns interned.
pub(crate) struct Records {
    /// Each record's number in the run.
    pub(crate) rows: Vec<i64>,
    /// Each record's source.
    pub(crate) sources: Vec<i32>,
    /// Each record's id, where ids came along.
    pub(crate) ids: Vec<Box<str>>,
    /// The raw columns in the plan's order.
    pub(crate) raw: Vec<Codes>,
}

/// Collects records batch by batch.
pub(crate) struct RecordsBuilder {
    ascending: bool,
    rows: Vec<i64>,
    sources: Vec<i32>,
    ids: Vec<Box<str>>,
    raw: Vec<CodesBuilder>,
}

impl RecordsBuilder {
    /// For records that come in the order of their numbers, or in any.
    pub(crate) fn new(job: &Job, ascending: bool) -> Self {
        Self {
            ascending,
            rows: Vec::new(),
            sources: Vec::new(),
            ids: Vec::new(),
            raw: job
                .plan
                .raw
                .iter()
                .map(|_| CodesBuilder::default())
                .collect(),
        }
    }

    /// Adds some rows of a batch with the columns `row`, `source`, `id` if it has one, `r0`, `r1`, ...
    pub(crate) fn add(
        &mut self,
        batch: &RecordBatch,
        range: std::ops::Range<usize>,
    ) -> Result<(), KernelError> {
        let (rows, sources) = (
            column::<Int64Array>(batch, "row")?,
            column::<Int32Array>(batch, "source")?,
        );
        for place in range.clone() {
            if self.ascending
                && self
                    .rows
                    .last()
                    .is_some_and(|&last| last >= rows.value(place))
            {
                return Err(KernelError::Differs(
                    "a record came twice, or out of its order".to_owned(),
                ));
            }
            self.rows.push(rows.value(place));
            self.sources.push(sources.value(place));
        }
        if batch.column_by_name("id").is_some() {
            let ids = column::<StringArray>(batch, "id")?;
            self.ids
                .extend(range.clone().map(|place| Box::from(ids.value(place))));
        }
        for (number, builder) in self.raw.iter_mut().enumerate() {
            let texts = column::<StringArray>(batch, &format!("r{number}"))?;
            for place in range.clone() {
                builder.push((!texts.is_null(place)).then(|| texts.value(place)));
            }
        }
        Ok(())
    }

    pub(crate) fn finish(self) -> Records {
        Records {
            rows: self.rows,
            sources: self.sources,
            ids: self.ids,
            raw: self.raw.into_iter().map(CodesBuilder::finish).collect(),
        }
    }
}

impl Records {
    /// All records of some batches, in the order of their numbers or in any.
    pub(crate) fn read(
        job: &Job,
        ascending: bool,
        batches: impl Iterator<Item = Result<RecordBatch, arrow_schema::ArrowError>>,
    ) -> Result<Self, KernelError> {
        let mut builder = RecordsBuilder::new(job, ascending);
        for batch in batches {
            let batch = batch?;
            builder.add(&batch, 0..batch.num_rows())?;
        }
        Ok(builder.finish())
    }

    /// Appends the records' sources and ids.
    pub(crate) fn push_ids(&self, job: &Job, ids: &mut TableIds) -> Result<(), KernelError> {
        for (place, &source) in self.sources.iter().enumerate() {
            ids.push(job.source(source)?, self.ids.get(place).map_or("", |id| id));
        }
        Ok(())
    }

    /// The place of a record by its number, where they ascend.
    pub(crate) fn place(&self, row: i64) -> Option<u32> {
        self.rows
            .binary_search(&row)
            .ok()
            .and_then(|place| u32::try_from(place).ok())
    }
}
