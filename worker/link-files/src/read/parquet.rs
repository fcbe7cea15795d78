//! Parquet files. Strings come as dictionaries, so a value that stands in a million rows is interned once a batch.

use std::fs::File;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray as _, DictionaryArray, GenericListArray, OffsetSizeTrait, StringArray,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Int32Type, Schema};
use arrow::record_batch::RecordBatch;
use linkage::{CodesBuilder, MISSING};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader,
    ParquetRecordBatchReaderBuilder,
};

use super::sinks::{Cells, Sinks};
use super::split::Jump;
use super::{FileFormat, FileReport, SourceFile, Wanted, resolve};
use crate::LinkFilesError;

/// Rows that are decoded at a time.
const BATCH_ROWS: usize = 1 << 16;
/// What stands between the values of a list when it becomes text.
const SEPARATOR: char = ';';

/// The wanted columns of some rows, as text.
struct Batch {
    columns: Vec<Option<Values>>,
    rows: usize,
    jumps: Vec<Jump>,
}

enum Values {
    Dictionary(DictionaryArray<Int32Type>),
    Text(StringArray),
}

/// Reads a file into the sinks; `progress` is told the bytes read, by the share of rows.
pub(super) fn read(
    file: &SourceFile,
    wanted: &Wanted,
    sinks: &mut Sinks,
    progress: &dyn Fn(u64),
) -> Result<FileReport, LinkFilesError> {
    let failed = |cause| LinkFilesError::read(&file.path, cause);
    let (input, metadata) = open(file)?;
    let bytes = input
        .metadata()
        .map_err(|cause| LinkFilesError::read(&file.path, cause))?
        .len();
    let fields = metadata.schema().fields().clone();
    let headings = fields
        .iter()
        .map(|field| field.name().clone())
        .collect::<Vec<_>>();
    let places = resolve(file, wanted, &headings)?;
    let all = u64::try_from(metadata.metadata().file_metadata().num_rows()).unwrap_or(0);
    let schema = Schema::new(fields.iter().map(as_dictionary).collect::<Vec<_>>());
    let options = ArrowReaderOptions::new().with_schema(Arc::new(schema));
    let builder =
        ParquetRecordBatchReaderBuilder::try_new_with_options(input, options).map_err(failed)?;
    let mask = ProjectionMask::roots(builder.parquet_schema(), places.iter().flatten().copied());
    let reader = builder
        .with_projection(mask)
        .with_batch_size(BATCH_ROWS)
        .build()
        .map_err(failed)?;
    let records = take_all(file, reader, &headings, &places, sinks, &|rows| {
        progress((bytes * rows).checked_div(all).unwrap_or(0));
    })?;
    Ok(FileReport {
        name: file.name.clone(),
        path: file.path.clone(),
        format: FileFormat::Parquet,
        rows: records,
        records,
        set_aside: 0,
        set_aside_told: Vec::new(),
    })
}

/// A file's headings.
pub(super) fn headings(file: &SourceFile) -> Result<Vec<String>, LinkFilesError> {
    let (_, metadata) = open(file)?;
    let fields = metadata.schema().fields();
    Ok(fields.iter().map(|field| field.name().clone()).collect())
}

fn open(file: &SourceFile) -> Result<(File, ArrowReaderMetadata), LinkFilesError> {
    let input = File::open(&file.path).map_err(|cause| LinkFilesError::read(&file.path, cause))?;
    let metadata = ArrowReaderMetadata::load(&input, ArrowReaderOptions::new())
        .map_err(|cause| LinkFilesError::read(&file.path, cause))?;
    Ok((input, metadata))
}

fn as_dictionary(field: &Arc<Field>) -> Arc<Field> {
    match field.data_type() {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
            let coded = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
            Arc::new(field.as_ref().clone().with_data_type(coded))
        }
        _ => field.clone(),
    }
}

/// Decodes the next batch while this one is interned; gives the number of rows.
fn take_all(
    file: &SourceFile,
    mut reader: ParquetRecordBatchReader,
    headings: &[String],
    places: &[Option<usize>],
    sinks: &mut Sinks,
    progress: &dyn Fn(u64),
) -> Result<u64, LinkFilesError> {
    let mut records = 0_u64;
    let mut next = |records: u64| {
        let batch = reader.next()?;
        let batch = batch.map_err(|cause| LinkFilesError::read(&file.path, cause));
        Some(batch.and_then(|batch| Batch::new(file, &batch, headings, places, records)))
    };
    let mut batch = next(records);
    while let Some(taken) = batch {
        let taken = taken?;
        records += taken.rows as u64;
        progress(records);
        let (following, ()) = rayon::join(|| next(records), || sinks.take(&taken));
        batch = following;
    }
    Ok(records)
}

impl Batch {
    fn new(
        file: &SourceFile,
        batch: &RecordBatch,
        headings: &[String],
        places: &[Option<usize>],
        before: u64,
    ) -> Result<Self, LinkFilesError> {
        let column = |place: &Option<usize>| {
            let Some(heading) = place.map(|place| &headings[place]) else {
                return Ok(None);
            };
            let column = batch.column_by_name(heading).and_then(values);
            column.map(Some).ok_or_else(|| {
                let kind = batch
                    .schema()
                    .field_with_name(heading)
                    .map_or_else(|_| String::new(), |field| field.data_type().to_string());
                LinkFilesError::input(format!(
                    "`{}`: column `{heading}` of type {kind} cannot be read as text",
                    file.path.display()
                ))
            })
        };
        let number = u32::try_from(before + 1).unwrap_or(u32::MAX);
        Ok(Self {
            columns: places.iter().map(column).collect::<Result<_, _>>()?,
            rows: batch.num_rows(),
            jumps: vec![Jump {
                row: 0,
                number,
                line: before + 1,
            }],
        })
    }
}

/// A column as text, if it can be.
fn values(column: &ArrayRef) -> Option<Values> {
    match column.data_type() {
        DataType::Dictionary(key, _) if **key == DataType::Int32 => {
            let coded = column.as_dictionary_opt::<Int32Type>()?;
            if coded.values().data_type() == &DataType::Utf8 {
                return Some(Values::Dictionary(coded.clone()));
            }
            text(column).map(Values::Text)
        }
        DataType::List(_) => joined(column.as_list_opt::<i32>()?).map(Values::Text),
        DataType::LargeList(_) => joined(column.as_list_opt::<i64>()?).map(Values::Text),
        DataType::Float16 | DataType::Float32 | DataType::Float64 => {
            // A whole number in a column of floats, as programs write integers with gaps.
            let text = text(column)?;
            let whole = |value: Option<&str>| {
                value.map(|value| value.strip_suffix(".0").unwrap_or(value).to_owned())
            };
            Some(Values::Text(text.iter().map(whole).collect()))
        }
        _ => text(column).map(Values::Text),
    }
}

fn text(column: &ArrayRef) -> Option<StringArray> {
    let text = cast(column, &DataType::Utf8).ok()?;
    text.as_string_opt::<i32>().cloned()
}

/// A list's values with the separator between them.
fn joined<O: OffsetSizeTrait>(lists: &GenericListArray<O>) -> Option<StringArray> {
    let row = |row: Option<ArrayRef>| {
        let Some(list) = row else {
            return Some(None);
        };
        let list = text(&list)?;
        let mut joined = String::new();
        for value in list.iter().flatten() {
            if !joined.is_empty() {
                joined.push(SEPARATOR);
            }
            joined.push_str(value);
        }
        Some(Some(joined))
    };
    lists.iter().map(row).collect()
}

impl Cells for Batch {
    fn rows(&self) -> usize {
        self.rows
    }

    fn jumps(&self) -> &[Jump] {
        &self.jumps
    }

    fn each(&self, place: usize, take: &mut dyn FnMut(&str)) {
        match &self.columns[place] {
            None => {}
            Some(Values::Text(text)) => {
                for value in text {
                    take(value.unwrap_or_default().trim());
                }
            }
            Some(Values::Dictionary(coded)) => {
                let names = coded.values().as_string::<i32>();
                for row in 0..coded.len() {
                    let name = coded.key(row).map_or("", |key| names.value(key));
                    take(name.trim());
                }
            }
        }
    }

    fn intern(&self, place: usize, values: &mut CodesBuilder) {
        let coded = match &self.columns[place] {
            None => return (0..self.rows).for_each(|_| values.push_code(MISSING)),
            Some(Values::Text(_)) => {
                return self.each(place, &mut |value| values.push(Some(value)));
            }
            Some(Values::Dictionary(coded)) => coded,
        };
        let names = coded.values().as_string::<i32>();
        let mut codes = vec![None; names.len()];
        for row in 0..coded.len() {
            let code = coded.key(row).map_or(MISSING, |key| {
                *codes[key].get_or_insert_with(|| values.code(names.value(key).trim()))
            });
            values.push_code(code);
        }
    }
}
