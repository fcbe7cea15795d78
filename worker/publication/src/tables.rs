//! Events and outcomes as Parquet: one row each, columns of plain types, the same bytes for the same rows.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanBuilder, Date32Builder, Int32Builder, Int64Builder, ListBuilder, StringBuilder,
};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use schema::{Attribute, Event, EventDate, History, Outcome, Value};

use crate::hashing::HashedFile;
use crate::published::sources;
use crate::release::at;
use crate::{FileEntry, PublicationError};

/// Rows that are held before they are written: about 10 MB.
const BATCH_ROWS_MAX: usize = 16_384;
/// Rows of a row group, which is held in its encoded form until it is full.
const GROUP_ROWS_MAX: usize = 262_144;

/// A Parquet file being written.
struct Table {
    name: &'static str,
    schema: Arc<Schema>,
    writer: ArrowWriter<HashedFile>,
    rows: u64,
}

impl Table {
    fn create(
        folder: &Path,
        name: &'static str,
        fields: Vec<Field>,
    ) -> Result<Self, PublicationError> {
        let schema = Arc::new(Schema::new(fields));
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_max_row_group_row_count(Some(GROUP_ROWS_MAX))
            .set_created_by("musubi".to_owned())
            .build();
        let file = HashedFile::create(&folder.join(name))?;
        let writer = ArrowWriter::try_new(file, schema.clone(), Some(properties))
            .map_err(|cause| encoding(name, cause))?;
        Ok(Self {
            name,
            schema,
            writer,
            rows: 0,
        })
    }

    fn write(&mut self, columns: Vec<ArrayRef>) -> Result<(), PublicationError> {
        let batch = RecordBatch::try_new(self.schema.clone(), columns)
            .map_err(|cause| encoding(self.name, cause))?;
        self.rows += batch.num_rows() as u64;
        self.writer
            .write(&batch)
            .map_err(|cause| encoding(self.name, cause))
    }

    fn finish(self) -> Result<FileEntry, PublicationError> {
        let file = self
            .writer
            .into_inner()
            .map_err(|cause| encoding(self.name, cause))?;
        file.finish(self.name, self.rows)
            .map_err(|cause| at(Path::new(self.name), cause))
    }
}

fn encoding(
    name: &'static str,
    cause: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> PublicationError {
    PublicationError::Table {
        name,
        cause: cause.into(),
    }
}

/// Values of an event that have a column of their own, as text.
const TEXTS: [Attribute; 10] = [
    Attribute::Product,
    Attribute::DonorType,
    Attribute::DonorRelation,
    Attribute::Graft,
    Attribute::Disease,
    Attribute::Agent,
    Attribute::Response,
    Attribute::Survival,
    Attribute::Cause,
    Attribute::Facility,
];

/// `events.parquet`.
pub(crate) struct EventTable {
    table: Table,
    identity: StringBuilder,
    place: Int32Builder,
    kind: StringBuilder,
    date: StringBuilder,
    day: Date32Builder,
    estimated: BooleanBuilder,
    line: Int32Builder,
    infusion: Int32Builder,
    texts: [StringBuilder; TEXTS.len()],
    grade: Int64Builder,
    sources: ListBuilder<StringBuilder>,
    mentioned_only: BooleanBuilder,
    held: usize,
}

impl EventTable {
    pub(crate) fn create(folder: &Path) -> Result<Self, PublicationError> {
        let item = Arc::new(Field::new("item", DataType::Utf8, true));
        let mut fields = vec![
            Field::new("identity", DataType::Utf8, false),
            Field::new("event", DataType::Int32, false),
            Field::new("event_kind", DataType::Utf8, false),
            Field::new("event_date", DataType::Utf8, true),
            Field::new("event_day", DataType::Date32, true),
            Field::new("estimated", DataType::Boolean, true),
            Field::new("line", DataType::Int32, true),
            Field::new("infusion", DataType::Int32, true),
        ];
        fields.extend(TEXTS.map(|name| Field::new(name.as_str(), DataType::Utf8, true)));
        fields.extend([
            Field::new("grade", DataType::Int64, true),
            Field::new("sources", DataType::List(item), false),
            Field::new("mentioned_only", DataType::Boolean, false),
        ]);
        Ok(Self {
            table: Table::create(folder, "events.parquet", fields)?,
            identity: StringBuilder::new(),
            place: Int32Builder::new(),
            kind: StringBuilder::new(),
            date: StringBuilder::new(),
            day: Date32Builder::new(),
            estimated: BooleanBuilder::new(),
            line: Int32Builder::new(),
            infusion: Int32Builder::new(),
            texts: Default::default(),
            grade: Int64Builder::new(),
            sources: ListBuilder::new(StringBuilder::new()),
            mentioned_only: BooleanBuilder::new(),
            held: 0,
        })
    }

    pub(crate) fn add(&mut self, history: &History) -> Result<(), PublicationError> {
        let identity = history.identity.to_string();
        for (place, event) in history.events.iter().enumerate() {
            self.append(&identity, place, event);
        }
        if self.held >= BATCH_ROWS_MAX {
            self.flush()?;
        }
        Ok(())
    }

    fn append(&mut self, identity: &str, place: usize, event: &Event) {
        self.identity.append_value(identity);
        self.place.append_value(small(place));
        self.kind.append_value(event.kind.as_str());
        let date = event.date.map(|date| date.date.to_string());
        self.date.append_option(date);
        self.day.append_option(event.date.and_then(day_number));
        self.estimated
            .append_option(event.date.map(|date| date.estimated));
        self.line
            .append_option(event.line.map(|line| small(line as usize)));
        self.infusion.append_option(event.infusion.map(small));
        for (builder, name) in self.texts.iter_mut().zip(TEXTS) {
            builder.append_option(chosen(event, name).and_then(Value::to_text));
        }
        self.grade
            .append_option(match chosen(event, Attribute::Grade) {
                Some(Value::Integer(grade)) => Some(*grade),
                _ => None,
            });
        for source in sources(
            event
                .tellings
                .iter()
                .map(|told| told.record.source.as_str()),
        ) {
            self.sources.values().append_value(source);
        }
        self.sources.append(true);
        self.mentioned_only.append_value(event.mentioned_only);
        self.held += 1;
    }

    fn flush(&mut self) -> Result<(), PublicationError> {
        let mut columns: Vec<ArrayRef> = vec![
            Arc::new(self.identity.finish()),
            Arc::new(self.place.finish()),
            Arc::new(self.kind.finish()),
            Arc::new(self.date.finish()),
            Arc::new(self.day.finish()),
            Arc::new(self.estimated.finish()),
            Arc::new(self.line.finish()),
            Arc::new(self.infusion.finish()),
        ];
        for builder in &mut self.texts {
            columns.push(Arc::new(builder.finish()));
        }
        columns.push(Arc::new(self.grade.finish()));
        columns.push(Arc::new(self.sources.finish()));
        columns.push(Arc::new(self.mentioned_only.finish()));
        self.held = 0;
        self.table.write(columns)
    }

    pub(crate) fn finish(mut self) -> Result<FileEntry, PublicationError> {
        self.flush()?;
        self.table.finish()
    }
}

/// `outcomes.parquet`.
pub(crate) struct OutcomeTable {
    table: Table,
    identity: StringBuilder,
    event: Int32Builder,
    event_kind: StringBuilder,
    outcome: StringBuilder,
    days: Int64Builder,
    status: Int32Builder,
    held: usize,
}

impl OutcomeTable {
    pub(crate) fn create(folder: &Path) -> Result<Self, PublicationError> {
        let fields = vec![
            Field::new("identity", DataType::Utf8, false),
            Field::new("event", DataType::Int32, false),
            Field::new("event_kind", DataType::Utf8, false),
            Field::new("outcome", DataType::Utf8, false),
            Field::new("days", DataType::Int64, true),
            Field::new("status", DataType::Int32, false),
        ];
        Ok(Self {
            table: Table::create(folder, "outcomes.parquet", fields)?,
            identity: StringBuilder::new(),
            event: Int32Builder::new(),
            event_kind: StringBuilder::new(),
            outcome: StringBuilder::new(),
            days: Int64Builder::new(),
            status: Int32Builder::new(),
            held: 0,
        })
    }

    pub(crate) fn add(&mut self, history: &History) -> Result<(), PublicationError> {
        let identity = history.identity.to_string();
        for outcome in &history.outcomes {
            self.append(&identity, history, outcome);
        }
        if self.held >= BATCH_ROWS_MAX {
            self.flush()?;
        }
        Ok(())
    }

    fn append(&mut self, identity: &str, history: &History, outcome: &Outcome) {
        self.identity.append_value(identity);
        self.event.append_value(small(outcome.from_event));
        let kind = history.events.get(outcome.from_event);
        self.event_kind
            .append_value(kind.map_or("", |event| event.kind.as_str()));
        self.outcome.append_value(outcome.kind.as_str());
        self.days.append_option(outcome.days);
        self.status.append_value(i32::from(outcome.status));
        self.held += 1;
    }

    fn flush(&mut self) -> Result<(), PublicationError> {
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.identity.finish()),
            Arc::new(self.event.finish()),
            Arc::new(self.event_kind.finish()),
            Arc::new(self.outcome.finish()),
            Arc::new(self.days.finish()),
            Arc::new(self.status.finish()),
        ];
        self.held = 0;
        self.table.write(columns)
    }

    pub(crate) fn finish(mut self) -> Result<FileEntry, PublicationError> {
        self.flush()?;
        self.table.finish()
    }
}

fn chosen(event: &Event, attribute: Attribute) -> Option<&Value> {
    event
        .values
        .get(&attribute)
        .and_then(|told| told.first())
        .map(|first| &first.value)
}

/// A place in a list that is far shorter than two thousand million.
fn small(place: usize) -> i32 {
    i32::try_from(place).unwrap_or(i32::MAX)
}

/// Days from 1970-01-01, when the date is known to the day and not estimated.
fn day_number(date: EventDate) -> Option<i32> {
    let day = date.date.to_date().filter(|_| !date.estimated)?;
    let epoch = jiff::civil::date(1970, 1, 1);
    i32::try_from(epoch.duration_until(day).as_hours() / 24).ok()
}
