//! Stored forms of what passed the door, and the way back.

use std::collections::BTreeMap;
use std::sync::Arc;

use schema::{
    AdmittedBody, AdmittedRecord, ContentHash, Header, MappedRecord, Origin, RawKey, RecordKey,
    RecordRef, Row as Cells, SourceName,
};
use serde::de::DeserializeOwned;

use crate::StoreError;
use crate::database::Row;

/// Headers by their hash.
pub(crate) type Headers = BTreeMap<[u8; 32], Arc<Header>>;

/// A body's kind, its header's hash and its text.
type Columns = (&'static str, Option<[u8; 32]>, Option<String>);

/// The stored form of a body.
pub(crate) fn to_columns(body: AdmittedBody) -> Result<Columns, StoreError> {
    Ok(match body {
        AdmittedBody::Row(cells) => {
            let list: Vec<&str> = cells.cells().collect();
            let header = *cells.header().hash().as_bytes();
            ("row", Some(header), Some(to_json(&list)?))
        }
        AdmittedBody::Json(text) => ("json", None, Some(text.into_string())),
        AdmittedBody::Deleted => ("deleted", None, None),
    })
}

/// The columns that [`read_record`] reads, of `raw_record r`.
pub(crate) const RECORD: &str =
    "r.raw_key, r.subject, r.version, r.mapping, r.place, r.line, r.hash, r.kind, r.header, r.body";

/// Reads [`RECORD`], which begins at a place of a row.
pub(crate) fn read_record(
    row: &Row,
    place: usize,
    headers: &Headers,
) -> Result<AdmittedRecord, StoreError> {
    let body = match &*row.text(place + 7)? {
        "row" => {
            let header = headers
                .get(&row.hash(place + 8)?)
                .ok_or_else(|| StoreError::broken("header", "a record's header is missing"))?;
            let cells: Vec<String> = from_json("raw_record", &row.text(place + 9)?)?;
            AdmittedBody::Row(Cells::new(header.clone(), cells))
        }
        "json" => AdmittedBody::Json(row.text(place + 9)?.into()),
        "deleted" => AdmittedBody::Deleted,
        other => return Err(StoreError::broken("raw_record", format!("kind `{other}`"))),
    };
    Ok(AdmittedRecord {
        key: RawKey::new(row.text(place)?),
        subject: row.text_or_none(place + 1)?.map(RecordKey::new),
        version: row.text(place + 2)?.into(),
        mapping: row.text(place + 3)?.into(),
        origin: Origin {
            place: row.text(place + 4)?.into(),
            line: row.count(place + 5)?,
        },
        hash: ContentHash::from_bytes(row.hash(place + 6)?),
        body,
    })
}

pub(crate) fn read_mapped(text: &str) -> Result<MappedRecord, StoreError> {
    from_json("current_record", text)
}

pub(crate) fn to_json<T: serde::Serialize + ?Sized>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|fault| StoreError::broken("JSON", fault.classify_name()))
}

pub(crate) fn from_json<T: DeserializeOwned>(place: &str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|fault| StoreError::broken(place, fault.classify_name()))
}

/// What kind of JSON fault, without the text that it may quote.
trait ClassifyName {
    fn classify_name(&self) -> &'static str;
}

impl ClassifyName for serde_json::Error {
    fn classify_name(&self) -> &'static str {
        match self.classify() {
            serde_json::error::Category::Io => "the JSON text could not be written",
            serde_json::error::Category::Syntax => "the JSON text is malformed",
            serde_json::error::Category::Data => "the JSON text is of another form",
            serde_json::error::Category::Eof => "the JSON text ends too early",
        }
    }
}

pub(crate) fn source_name(text: &str) -> Result<SourceName, StoreError> {
    SourceName::new(text).map_err(|fault| StoreError::broken("source", fault.to_string()))
}

/// A record by two columns: its source, then its key.
pub(crate) fn read_ref(row: &Row, place: usize) -> Result<RecordRef, StoreError> {
    Ok(RecordRef {
        source: source_name(&row.text(place)?)?,
        key: RecordKey::new(row.text(place + 1)?),
    })
}
