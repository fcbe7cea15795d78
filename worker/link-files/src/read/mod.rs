//! Reading files into columns of interned values.

mod csv;
mod ids;
mod parquet;
mod sinks;
mod sniff;
mod split;
mod text;

use std::path::{Path, PathBuf};

use linkage::{Codes, Table};
use serde::Serialize;

pub use text::Encoding;

use crate::LinkFilesError;
use sinks::Sinks;

/// Rows set aside that are told one by one; beyond them they are only counted.
const SET_ASIDE_TOLD_MAX: usize = 100_000;

/// How delimited files are read; what is not declared is found out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// How characters are written.
    pub encoding: Option<Encoding>,
    /// What stands between two cells: one ASCII character.
    pub delimiter: Option<u8>,
}

/// A file, and the source that it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// Where it is.
    pub path: PathBuf,
    /// The file's name without its ending, with a number where two files have the same.
    pub name: String,
}

/// What is read of each file.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// The heading of the records' ids; without one a record's number is its id.
    pub id: Option<String>,
    /// The heading of the true persons.
    pub truth: Option<String>,
    /// The columns.
    pub columns: Vec<WantedColumn>,
}

/// A column that is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedColumn {
    /// What the result calls it.
    pub name: String,
    /// Its headings: each file gives the first that it has.
    pub headings: Vec<String>,
    /// Whether a file may have none of them; its records then have no value.
    pub optional: bool,
}

/// All records of all files.
pub struct Records {
    /// The files, in order.
    pub files: Vec<FileReport>,
    /// Sources and ids, no columns yet.
    pub table: Table,
    /// The columns wanted, in that order, as they stand in the files but for the blanks around values.
    pub columns: Vec<(String, Codes)>,
    /// The true persons, if wanted.
    pub truth: Option<Codes>,
}

/// What a file was, and how each of its rows ended.
#[derive(Clone, Debug, Serialize)]
pub struct FileReport {
    /// The source's name.
    pub name: String,
    /// The file, as it was named.
    pub path: PathBuf,
    /// What kind of file.
    #[serde(flatten)]
    pub format: FileFormat,
    /// Rows read.
    pub rows: u64,
    /// Rows that became records.
    pub records: u64,
    /// Rows set aside: no record was made of them.
    pub set_aside: u64,
    /// Where and why, for the first of them.
    #[serde(skip)]
    pub set_aside_told: Vec<SetAside>,
}

/// What kind of file it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "format")]
pub enum FileFormat {
    /// Delimited text.
    Csv {
        /// How characters are written.
        encoding: Encoding,
        /// What stands between two cells.
        delimiter: char,
    },
    /// Apache Parquet.
    Parquet,
}

/// A row of which no record was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetAside {
    /// Its first line in the file, from 1.
    pub line: u64,
    /// Why.
    pub why: Why,
}

/// Why a row is no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It has so many fields where the headings are so many.
    Fields(usize, usize),
    /// A quote in it is not closed, or closed in the middle of a cell.
    Quote,
    /// It holds what is no text of the file's encoding.
    NoText,
}

impl std::fmt::Display for Why {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Fields(found, wanted) => {
                write!(formatter, "it has {found} fields, the headings {wanted}")
            }
            Self::Quote => formatter
                .write_str("a quote in it is not closed, or closed in the middle of a cell"),
            Self::NoText => formatter.write_str("it holds what is no text of the file's encoding"),
        }
    }
}

/// The headings of a file.
///
/// # Errors
/// [`LinkFilesError::File`] when it cannot be read, [`LinkFilesError::Input`] when it is no table.
pub fn headings(file: &SourceFile, reading: Reading) -> Result<Vec<String>, LinkFilesError> {
    if is_parquet(&file.path)? {
        parquet::headings(file)
    } else {
        csv::headings(file, reading)
    }
}

/// Names the sources of files: by the file, and by a number where names clash.
///
/// # Errors
/// [`LinkFilesError::Options`] for a file that is named twice.
pub fn source_files(paths: &[PathBuf]) -> Result<Vec<SourceFile>, LinkFilesError> {
    let mut files = Vec::<SourceFile>::with_capacity(paths.len());
    for path in paths {
        if files.iter().any(|file| file.path == *path) {
            let path = path.display();
            return Err(LinkFilesError::options(format!("`{path}` is given twice")));
        }
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let taken = |name: &str| files.iter().any(|file| file.name == name);
        let numbered = (2..).map(|number| format!("{stem}-{number}"));
        let name = std::iter::once(stem.to_string())
            .chain(numbered)
            .find(|name| !taken(name));
        files.push(SourceFile {
            path: path.clone(),
            name: name.unwrap_or_default(),
        });
    }
    Ok(files)
}

/// Reads the wanted columns of all files. `progress` is told bytes read, and the bytes of all files.
///
/// # Errors
/// [`LinkFilesError::File`] when a file cannot be read, [`LinkFilesError::Input`] when a heading is missing, an id stands
/// twice, or a file is no table.
pub fn read(
    files: &[SourceFile],
    wanted: &Wanted,
    reading: Reading,
    progress: linkage::Progress<'_>,
) -> Result<Records, LinkFilesError> {
    let sizes = files
        .iter()
        .map(|file| size(&file.path))
        .collect::<Result<Vec<_>, _>>()?;
    let all = sizes.iter().sum::<u64>();
    let mut sinks = Sinks::new(wanted);
    let mut reports = Vec::with_capacity(files.len());
    let mut before = 0;
    for (file, size) in files.iter().zip(sizes) {
        let told = |done: u64| progress("read", (before + done).min(all), all);
        sinks.begin(file);
        let report = if is_parquet(&file.path)? {
            parquet::read(file, wanted, &mut sinks, &told)?
        } else {
            csv::read(file, wanted, reading, &mut sinks, &told)?
        };
        reports.push(report);
        before += size;
    }
    progress("read", all, all);
    sinks.records(wanted, reports)
}

fn size(path: &Path) -> Result<u64, LinkFilesError> {
    let facts = std::fs::metadata(path).map_err(|cause| LinkFilesError::read(path, cause))?;
    Ok(facts.len())
}

/// Whether the file begins as Parquet files do.
fn is_parquet(path: &Path) -> Result<bool, LinkFilesError> {
    use std::io::Read as _;
    let mut first = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(4).read_to_end(&mut first))
        .map_err(|cause| LinkFilesError::read(path, cause))?;
    Ok(first == b"PAR1")
}

/// For each wanted heading (ids, truth, columns), its place among the file's; none where it may be missing and is.
///
/// # Errors
/// [`LinkFilesError::Input`] naming what is missing and what there is.
fn resolve(
    file: &SourceFile,
    wanted: &Wanted,
    headings: &[String],
) -> Result<Vec<Option<usize>>, LinkFilesError> {
    let mut places = Vec::new();
    let options = [
        (&wanted.id, "`--id-column`"),
        (&wanted.truth, "`--truth-column`"),
    ];
    for (name, what) in options {
        if let Some(name) = name {
            let found = find(file, headings, std::slice::from_ref(name), what)?;
            places.push(Some(found.ok_or_else(|| {
                missing(file, headings, std::slice::from_ref(name), what)
            })?));
        }
    }
    for column in &wanted.columns {
        let what = format!("the model's column `{}`", column.name);
        let found = find(file, headings, &column.headings, &what)?;
        if found.is_none() && !column.optional {
            return Err(missing(file, headings, &column.headings, &what));
        }
        places.push(found);
    }
    Ok(places)
}

/// The place of the first of the names that the file has.
fn find(
    file: &SourceFile,
    headings: &[String],
    names: &[String],
    what: &str,
) -> Result<Option<usize>, LinkFilesError> {
    let places = |name: &String| {
        let alike = headings
            .iter()
            .enumerate()
            .filter(move |(_, heading)| *heading == name);
        alike.map(|(place, _)| place).collect::<Vec<_>>()
    };
    match names.iter().map(places).find(|places| !places.is_empty()) {
        None => Ok(None),
        Some(places) if places.len() == 1 => Ok(places.first().copied()),
        Some(places) => Err(LinkFilesError::input(format!(
            "`{}` has the heading `{}` twice, which {what} names",
            file.path.display(),
            headings[places[0]]
        ))),
    }
}

fn missing(file: &SourceFile, headings: &[String], names: &[String], what: &str) -> LinkFilesError {
    LinkFilesError::input(format!(
        "`{}` has no heading {}, which {what} names; its headings are {}",
        file.path.display(),
        listed(names),
        listed(headings)
    ))
}

fn listed(names: &[String]) -> String {
    let quoted = names.iter().map(|name| format!("`{name}`"));
    quoted.collect::<Vec<_>>().join(", ")
}
