//! Arrow streams and files, and the columns of their batches.

use std::fs::File;
use std::io::{BufReader, BufWriter, Stdin, Stdout};
use std::path::Path;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_ipc::reader::StreamReader;
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{DataType, Field, Schema, SchemaRef};

use crate::error::KernelError;

/// Rows of a batch that is written.
pub(crate) const BATCH_ROWS: usize = 1 << 16;

/// The batches on stdin.
pub(crate) fn stdin() -> Result<StreamReader<BufReader<Stdin>>, KernelError> {
    Ok(StreamReader::try_new(
        BufReader::new(std::io::stdin()),
        None,
    )?)
}

/// The batches of a file that holds a stream.
pub(crate) fn open(path: &Path) -> Result<StreamReader<BufReader<File>>, KernelError> {
    let file =
        File::open(path).map_err(|error| KernelError::File(path.display().to_string(), error))?;
    Ok(StreamReader::try_new(BufReader::new(file), None)?)
}

/// A stream to stdout.
pub(crate) fn stdout(schema: &Schema) -> Result<StreamWriter<BufWriter<Stdout>>, KernelError> {
    Ok(StreamWriter::try_new(
        BufWriter::new(std::io::stdout()),
        schema,
    )?)
}

/// Writes one batch as a file that holds a stream.
pub(crate) fn write(path: &Path, batch: &RecordBatch) -> Result<(), KernelError> {
    let file =
        File::create(path).map_err(|error| KernelError::File(path.display().to_string(), error))?;
    let mut writer = StreamWriter::try_new(BufWriter::new(file), &batch.schema())?;
    writer.write(batch)?;
    writer.finish()?;
    Ok(())
}

/// A schema of columns that may be null.
pub(crate) fn schema(columns: &[(&str, DataType)]) -> SchemaRef {
    let fields = columns
        .iter()
        .map(|(name, kind)| Field::new(*name, kind.clone(), true));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// A batch of named columns.
pub(crate) fn batch(columns: Vec<(&str, ArrayRef)>) -> Result<RecordBatch, KernelError> {
    Ok(RecordBatch::try_from_iter_with_nullable(
        columns
            .into_iter()
            .map(|(name, column)| (name, column, true)),
    )?)
}

/// The column of that name and type.
pub(crate) fn column<'a, T: Array + 'static>(
    batch: &'a RecordBatch,
    name: &str,
) -> Result<&'a T, KernelError> {
    let found = batch.column_by_name(name);
    let Some(found) = found else {
        return Err(KernelError::Input(format!(
            "the stream has no column `{name}`"
        )));
    };
    found.as_any().downcast_ref().ok_or_else(|| {
        KernelError::Input(format!(
            "column `{name}` cannot be of type {}",
            found.data_type()
        ))
    })
}
