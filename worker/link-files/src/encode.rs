//! Keyed Bloom filters of a file's records, for parties who may not show each other names.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use linkage::clk::{Encoder, Settings};
use linkage::{
    Codes, Column, ColumnKind, ColumnSettings, MISSING, PackedDate, Progress, Row, typed,
};
use rayon::prelude::*;
use serde::Serialize;

use crate::output::{create, push_field};
use crate::{LinkFilesError, Reading, Records, Rows, Wanted, WantedColumn, read, source_files};

/// Records that are encoded before they are written.
const PIECE_ROWS: u32 = 1 << 14;
/// The heading of the filters.
const TOKEN_HEADING: &str = "clk";

/// What is to be encoded, and how.
#[derive(Clone, Debug)]
pub struct Encode {
    /// The file.
    pub file: PathBuf,
    /// Which fields, by their headings, and how they become bits.
    pub settings: Settings,
    /// Those of the fields that are dates: they are read as such, so that every way of writing a day gives the same bits.
    pub dates: Vec<String>,
    /// The heading of the ids that go along; without one, a record's number in the file.
    pub id_column: Option<String>,
    /// The file to write.
    pub out: PathBuf,
    /// How a delimited file is read.
    pub reading: Reading,
    /// Write over a file that is there.
    pub force: bool,
}

/// What was encoded.
#[derive(Clone, Debug, Serialize)]
pub struct Encoded {
    /// Rows read and how they ended.
    pub rows: Rows,
    /// Records without a filter, since they have no value in any field, or none in the salting one.
    pub without_filter: u64,
    /// Mean share of bits that are set; between a third and a half is good.
    pub bits_set: f64,
}

/// A record's text by field.
enum Texts {
    Codes(Codes),
    Dates(Vec<PackedDate>),
}

/// Reads a key: the file's bytes without a line break at the end. Only its owner may be able to read the file.
///
/// # Errors
/// [`LinkFilesError::File`] when it cannot be read, [`LinkFilesError::Refused`] when others can read it too.
pub fn read_key(path: &Path) -> Result<Vec<u8>, LinkFilesError> {
    let failed = |cause| LinkFilesError::read(path, cause);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(path).map_err(failed)?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(LinkFilesError::Refused {
                message: format!(
                    "`{0}` can be read by others than its owner, and whoever has the key can find persons in the filters; \
                     `chmod 600 {0}` mends that",
                    path.display()
                ),
            });
        }
    }
    let mut key = fs::read(path).map_err(failed)?;
    while key.last().is_some_and(|byte| matches!(byte, b'\r' | b'\n')) {
        key.pop();
    }
    Ok(key)
}

/// Writes `id,clk` for every record. Nothing of a value or of the key is told anywhere.
///
/// # Errors
/// [`LinkFilesError`]; then no file is written.
pub fn encode(
    asked: &Encode,
    key: &[u8],
    progress: Progress<'_>,
) -> Result<Encoded, LinkFilesError> {
    if asked.out.exists() && !asked.force {
        return Err(LinkFilesError::Refused {
            message: format!("`{}` is there already", asked.out.display()),
        });
    }
    let encoder = Encoder::new(asked.settings.clone(), key)?;
    let mut records = read_fields(asked, progress)?;
    let texts = texts(asked, &mut records)?;
    let name = asked.out.file_name().unwrap_or_default().to_string_lossy();
    let beside = asked.out.with_file_name(format!(".{name}.unfinished"));
    let failed = |cause| LinkFilesError::write(&asked.out, cause);
    let file = create(&beside).map_err(failed)?;
    let written = write(file, asked, &encoder, &records, &texts, progress);
    if written.is_err() {
        // The file beside it is hidden and holds nothing that the next run would not write over.
        let _ = fs::remove_file(&beside);
    }
    let told = written.map_err(failed)?;
    fs::rename(&beside, &asked.out).map_err(failed)?;
    Ok(told)
}

fn read_fields(asked: &Encode, progress: Progress<'_>) -> Result<Records, LinkFilesError> {
    let files = source_files(std::slice::from_ref(&asked.file))?;
    let fields = asked.settings.fields.iter();
    let unknown = asked
        .dates
        .iter()
        .find(|date| fields.clone().all(|field| field.name != **date));
    if let Some(unknown) = unknown {
        return Err(LinkFilesError::options(format!(
            "`{unknown}` is said to be a date and is none of the fields"
        )));
    }
    let wanted = Wanted {
        id: asked.id_column.clone(),
        truth: None,
        columns: fields
            .map(|field| WantedColumn {
                name: field.name.clone(),
                headings: vec![field.name.clone()],
                optional: false,
            })
            .collect(),
    };
    read(&files, &wanted, asked.reading, progress)
}

fn texts(asked: &Encode, records: &mut Records) -> Result<Vec<Texts>, LinkFilesError> {
    let columns = std::mem::take(&mut records.columns);
    let text = |(name, codes): (String, Codes)| {
        if !asked.dates.contains(&name) {
            return Ok(Texts::Codes(codes));
        }
        let settings = ColumnSettings {
            name,
            kind: ColumnKind::Date,
            ..ColumnSettings::default()
        };
        match typed(&settings, &[&codes], records.table.sources())?.column {
            Column::Dates(dates) => Ok(Texts::Dates(dates)),
            _ => Ok(Texts::Codes(codes)),
        }
    };
    columns.into_iter().map(text).collect()
}

impl Texts {
    fn at(&self, row: Row) -> Option<String> {
        match self {
            Self::Codes(codes) => match codes.at(row) {
                MISSING => None,
                code => Some(codes.name(code).to_owned()),
            },
            Self::Dates(dates) => {
                let date = dates[row as usize];
                let (year, month, day) = (date.year(), date.month(), date.day());
                (!date.is_missing()).then(|| format!("{year:04}{month:02}{day:02}"))
            }
        }
    }
}

fn write(
    file: File,
    asked: &Encode,
    encoder: &Encoder,
    records: &Records,
    texts: &[Texts],
    progress: Progress<'_>,
) -> io::Result<Encoded> {
    let mut output = BufWriter::new(file);
    let heading = asked.id_column.as_deref().unwrap_or("record");
    let mut line = Vec::new();
    push_field(&mut line, heading);
    output.write_all(&line)?;
    writeln!(output, ",{TOKEN_HEADING}")?;
    let all = u32::try_from(records.table.len()).unwrap_or(u32::MAX);
    let filter = |row: Row| {
        let texts = texts.iter().map(|texts| texts.at(row)).collect::<Vec<_>>();
        encoder.filter(&texts.iter().map(Option::as_deref).collect::<Vec<_>>())
    };
    let (mut without_filter, mut shares) = (0_u64, 0.0);
    for first in (0..all).step_by(PIECE_ROWS as usize) {
        let rows = first..all.min(first.saturating_add(PIECE_ROWS));
        let filters = rows.clone().into_par_iter().map(filter).collect::<Vec<_>>();
        for (row, filter) in rows.zip(filters) {
            line.clear();
            push_field(&mut line, records.table.id(row));
            output.write_all(&line)?;
            if let Some(filter) = filter {
                shares += f64::from(filter.ones()) / real(filter.bits());
                writeln!(output, ",{}", filter.to_base64())?;
            } else {
                without_filter += 1;
                output.write_all(b",\n")?;
            }
        }
        progress("encode", u64::from(first), u64::from(all));
    }
    output.flush()?;
    let with = u64::from(all) - without_filter;
    Ok(Encoded {
        rows: Rows::of(&records.files),
        without_filter,
        bits_set: shares / real(usize::try_from(with.max(1)).unwrap_or(usize::MAX)),
    })
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn real(count: usize) -> f64 {
    count as f64
}
