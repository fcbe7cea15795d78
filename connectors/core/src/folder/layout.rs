use std::fs::File;
use std::io;
use std::sync::Arc;

use schema::Header;

use super::{FileFacts, file_error};
use crate::delimited::{Cut, Place, RowReader, TextEncoding};
use crate::{ConnectorError, Finding};

/// The files to read, by name, and what to tell about those left out.
#[derive(Debug, Default)]
pub struct Chosen {
    /// In a stable order.
    pub files: Vec<Arc<FileFacts>>,
    /// In a stable order.
    pub findings: Vec<Finding>,
}

/// What a kind of source makes of files and their rows.
pub trait Layout: Send + Sync {
    /// Which of the files are read: all, unless a layout knows better.
    fn choose(&self, files: Vec<Arc<FileFacts>>) -> Chosen {
        Chosen {
            files,
            findings: Vec::new(),
        }
    }

    /// The records of a file from a place on: the beginning of its first row, or where an earlier reader stood.
    ///
    /// # Errors
    /// When the file has no such layout or cannot be read.
    fn open(
        &self,
        facts: &Arc<FileFacts>,
        header: &Arc<Header>,
        input: File,
        place: Place,
        row_bytes_max: usize,
    ) -> Result<Box<dyn RecordReader>, ConnectorError>;
}

/// The records of one file in their order.
pub trait RecordReader {
    /// The next record.
    ///
    /// # Errors
    /// What the file system gives.
    fn next_record(&mut self) -> io::Result<Cut>;

    /// Where the next record begins: [`Layout::open`] goes on from there.
    fn place(&self) -> Place;

    /// Whether a page may end here; for a few records at a time there may be no place to go on from.
    fn may_pause(&self) -> bool {
        true
    }
}

/// Every file is read, and each row is a record.
#[derive(Clone, Copy, Debug, Default)]
pub struct EachRow;

impl Layout for EachRow {
    fn open(
        &self,
        facts: &Arc<FileFacts>,
        header: &Arc<Header>,
        input: File,
        place: Place,
        row_bytes_max: usize,
    ) -> Result<Box<dyn RecordReader>, ConnectorError> {
        let rows = Rows::new(input, facts.encoding, row_bytes_max, place, header.clone());
        Ok(Box::new(
            rows.map_err(|cause| file_error(&facts.name, cause))?,
        ))
    }
}

/// Each row of a file as one record.
pub struct Rows<R> {
    reader: RowReader<R>,
    header: Arc<Header>,
}

impl<R: io::Read + io::Seek> Rows<R> {
    /// The rows from a place on.
    ///
    /// # Errors
    /// What the file system gives.
    pub fn new(
        mut input: R,
        encoding: TextEncoding,
        row_bytes_max: usize,
        place: Place,
        header: Arc<Header>,
    ) -> io::Result<Self> {
        input.seek(io::SeekFrom::Start(place.offset))?;
        let reader = RowReader::new(input, encoding, row_bytes_max, place);
        Ok(Self { reader, header })
    }
}

impl<R: io::Read> RecordReader for Rows<R> {
    fn next_record(&mut self) -> io::Result<Cut> {
        self.reader.next_row(&self.header)
    }

    fn place(&self) -> Place {
        self.reader.place()
    }
}
