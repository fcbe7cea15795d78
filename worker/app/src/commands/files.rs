//! What the commands over files share: options, errors, bars.

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};

use link_files::{Encoding, LinkFilesError, Options, Reading};
use linkage::Model;

use crate::Failure;
use crate::cli::{FileEncoding, FileReading, FilesToLink};
use crate::progress::{Progress, Unit};

/// What is to be linked, for a command that writes nothing.
pub(super) fn options(what: &FilesToLink, out: PathBuf) -> Result<Options, Failure> {
    Ok(Options {
        model: read_model(&what.model)?,
        files: what.files.clone(),
        out,
        id_column: what.id_column.clone(),
        truth_column: None,
        one_to_one: what.one_to_one,
        threshold: what.threshold,
        decisions: what.decisions.clone(),
        pairs_from: None,
        link_only: what.link_only,
        reading: reading(&what.reading)?,
        memory: None,
        force: false,
    })
}

fn read_model(file: &Path) -> Result<Model, Failure> {
    let text = fs::read_to_string(file)
        .map_err(|cause| Failure::because(format!("`{}` cannot be read", file.display()), cause))?;
    Model::parse(&text).map_err(|fault| {
        Failure::usage(format!("`{}`: {fault}", file.display()))
            .advise("`musubi model schema` prints what may stand in a model")
    })
}

/// How files are read.
pub(super) fn reading(asked: &FileReading) -> Result<Reading, Failure> {
    let delimiter = match asked
        .delimiter
        .as_deref()
        .map(|text| (text, text.as_bytes()))
    {
        None => None,
        Some(("tab" | "\\t", _)) => Some(b'\t'),
        Some((_, &[character])) if character.is_ascii() && character != b'"' => Some(character),
        Some(_) => {
            return Err(Failure::usage(
                "`--delimiter` is one ASCII character other than a quote, or `tab`",
            ));
        }
    };
    Ok(Reading {
        encoding: asked.encoding.map(|encoding| match encoding {
            FileEncoding::Utf8 => Encoding::Utf8,
            FileEncoding::Cp932 => Encoding::Cp932,
            FileEncoding::Windows1252 => Encoding::Windows1252,
        }),
        delimiter,
    })
}

/// Runs something that tells how far it is, with a bar a stage.
pub(super) fn with_bars<T>(run: impl FnOnce(linkage::Progress<'_>) -> T) -> T {
    let bar = RefCell::new(None::<(&'static str, Progress)>);
    let told = |stage: &'static str, done: u64, all: u64| {
        let unit = if stage == "read" {
            Unit::Bytes
        } else {
            Unit::Things
        };
        let mut bar = bar.borrow_mut();
        if bar.as_ref().is_none_or(|(name, _)| *name != stage) {
            if let Some((_, ended)) = bar.take() {
                ended.finish();
            }
            *bar = Some((stage, Progress::stage(stage, unit)));
        }
        if let Some((_, bar)) = &*bar {
            bar.at(done, Some(all), unit);
        }
    };
    let result = run(&told);
    if let Some((_, last)) = bar.into_inner() {
        last.finish();
    }
    result
}

impl From<LinkFilesError> for Failure {
    fn from(error: LinkFilesError) -> Self {
        match error {
            LinkFilesError::Options { message } => Self::usage(message),
            LinkFilesError::Refused { message } => Self::refused(message),
            LinkFilesError::Input { message } => Self::stop(message),
            LinkFilesError::Linkage(error) => Self::stop(error.to_string()),
            LinkFilesError::File { path, what, cause } => {
                Self::because(format!("`{}` cannot be {what}", path.display()), cause)
            }
        }
    }
}
