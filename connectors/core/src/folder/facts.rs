use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::Arc;

use schema::Header;

use super::listing::{Listed, Stamp};
use super::{FolderSettings, file_error, open};
use crate::delimited::{EXAMINED_BYTES_MAX, Examination, Place, RowReader, TextEncoding};
use crate::{ConnectorError, Finding, FindingKind};

/// Bytes hashed at once.
const HASHED_BYTES: usize = 1 << 20;

/// What is known of a file before its first row is emitted.
#[derive(Debug)]
pub struct FileFacts {
    /// Its name within the source.
    pub name: Arc<str>,
    /// Where it lies.
    pub path: PathBuf,
    /// Its size in bytes.
    pub size: u64,
    /// The first 128 bits of the BLAKE3 hash of its bytes, in hexadecimal digits: its name in cursors.
    pub content: Arc<str>,
    /// How it is declared to be written.
    pub encoding: TextEncoding,
    /// Its headings; or why it cannot be read: a sentence for a person.
    pub headings: Result<Headings, String>,
    stamp: Stamp,
}

/// The headings of a file.
#[derive(Debug)]
pub struct Headings {
    /// `None` when the file holds nothing.
    pub header: Option<Arc<Header>>,
    /// Where the first row begins.
    pub body: Place,
}

impl FileFacts {
    /// Reads a file through once.
    pub(super) fn find(file: &Listed, settings: &FolderSettings) -> Result<Self, ConnectorError> {
        let encoding = settings.encoding_of(&file.name);
        let mut input = open(&file.name, &file.path)?;
        let failed = |cause| file_error(&file.name, cause);
        let (content, start) = hash(&mut input).map_err(failed)?;
        let headings = match Examination::of(&start).check(encoding) {
            Ok(()) => headings(&mut input, encoding, settings.row_bytes_max).map_err(failed)?,
            Err(why) => Err(why),
        };
        let facts = Self {
            name: file.name.clone(),
            path: file.path.clone(),
            size: file.stamp.size,
            content,
            encoding,
            headings,
            stamp: file.stamp,
        };
        facts.check_unchanged(&input)?;
        Ok(facts)
    }

    /// Whether the folder still lists the file as it was when these facts were found.
    pub(super) fn is_of(&self, file: &Listed) -> bool {
        self.stamp == file.stamp && self.path == file.path
    }

    /// # Errors
    /// [`ConnectorError::TryLater`] when the file was written to since it was listed.
    pub(super) fn check_unchanged(&self, input: &File) -> Result<(), ConnectorError> {
        let metadata = input
            .metadata()
            .map_err(|cause| file_error(&self.name, cause))?;
        if Stamp::of(&metadata) == self.stamp {
            return Ok(());
        }
        Err(ConnectorError::try_later(
            &*self.name,
            "it was written to while it was read",
        ))
    }

    /// A few words about the file.
    pub(super) fn describe(&self) -> String {
        let encoding = self.encoding.as_str();
        match &self.headings {
            Ok(Headings {
                header: Some(header),
                ..
            }) => format!("{encoding}, {} columns", header.names().len()),
            Ok(_) => format!("{encoding}, empty"),
            Err(why) => why.clone(),
        }
    }
}

impl Headings {
    /// What is odd about the headings.
    pub(super) fn findings(&self, place: &Arc<str>) -> Vec<Finding> {
        let finding = |message: String| Finding {
            kind: FindingKind::Warning,
            place: place.clone(),
            message,
        };
        let Some(header) = &self.header else {
            return vec![finding("the file is empty: it has no headings".to_owned())];
        };
        let mut seen = BTreeSet::new();
        let twice: BTreeSet<_> = header
            .names()
            .iter()
            .filter(|name| !seen.insert(*name))
            .collect();
        twice
            .into_iter()
            .map(|name| finding(format!("the heading `{name}` stands more than once")))
            .collect()
    }
}

/// The hash of everything, and the first bytes.
fn hash(input: &mut File) -> io::Result<(Arc<str>, Vec<u8>)> {
    let mut hasher = blake3::Hasher::new();
    let mut start = Vec::new();
    let mut buffer = vec![0; HASHED_BYTES];
    loop {
        let read = match input.read(&mut buffer) {
            Err(cause) if cause.kind() == io::ErrorKind::Interrupted => continue,
            result => result?,
        };
        if read == 0 {
            break;
        }
        hasher.update(&buffer[..read]);
        let room = EXAMINED_BYTES_MAX.saturating_sub(start.len());
        start.extend_from_slice(&buffer[..read.min(room)]);
    }
    let digits = hasher.finalize().to_hex();
    Ok((digits[..32].into(), start))
}

fn headings(
    input: &mut File,
    encoding: TextEncoding,
    row_bytes_max: usize,
) -> io::Result<Result<Headings, String>> {
    input.seek(SeekFrom::Start(0))?;
    let beginning = Place { offset: 0, line: 1 };
    let mut rows = RowReader::new(&mut *input, encoding, row_bytes_max, beginning);
    let header = rows.header()?;
    let body = rows.place();
    Ok(header.map(|header| Headings {
        header: header.map(Arc::new),
        body,
    }))
}
