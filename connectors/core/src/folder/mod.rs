//! A folder of delimited files as a source: which files there are, which were read already, and where to go on.
//!
//! Files are known by their content, so that renamed, copied and re-ordered ones are not read again, and a changed one is
//! read again in full. What a file's rows are to be made into, a [`Layout`] says.

mod facts;
mod layout;
mod listing;
mod pages;
mod settings;

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use crate::{CheckReport, ConnectorError, Cursor, Discovery, Finding, FindingKind, Offer, Page};
pub use facts::{FileFacts, Headings};
pub use layout::{Chosen, EachRow, Layout, RecordReader, Rows};
use listing::Listed;
pub use settings::FolderSettings;

/// A folder of delimited files. Everything here blocks on the file system.
pub struct Folder<L> {
    settings: FolderSettings,
    layout: L,
    /// What was found out about the files, kept as long as size and time of change stay: a file is hashed once a run.
    known: Mutex<BTreeMap<Arc<str>, Arc<FileFacts>>>,
}

impl<L: Layout> Folder<L> {
    /// A folder with its settings and what becomes of its rows. Nothing is read yet.
    pub const fn new(settings: FolderSettings, layout: L) -> Self {
        Self {
            settings,
            layout,
            known: Mutex::new(BTreeMap::new()),
        }
    }

    /// Whether every file can be read, and their headings.
    ///
    /// # Errors
    /// When the folder itself cannot be listed.
    pub fn check(&self) -> Result<CheckReport, ConnectorError> {
        let chosen = self.chosen()?;
        let mut report = CheckReport {
            findings: chosen.findings,
            ..CheckReport::default()
        };
        for facts in &chosen.files {
            match &facts.headings {
                Ok(headings) => {
                    report.findings.extend(headings.findings(&facts.name));
                    if let Some(header) = &headings.header {
                        report.headers.insert(facts.name.clone(), header.clone());
                    }
                }
                Err(why) => report.findings.push(Finding {
                    kind: FindingKind::Fault,
                    place: facts.name.clone(),
                    message: why.clone(),
                }),
            }
        }
        Ok(report)
    }

    /// The files with their sizes.
    ///
    /// # Errors
    /// When the folder itself cannot be listed.
    pub fn discover(&self) -> Result<Discovery, ConnectorError> {
        let offer = |facts: &Arc<FileFacts>| Offer {
            name: facts.name.to_string(),
            size: Some(facts.size),
            detail: facts.describe(),
        };
        let offers = self.chosen()?.files.iter().map(offer).collect();
        Ok(Discovery { offers })
    }

    /// The page after a cursor of this kind of connector.
    ///
    /// # Errors
    /// As [`crate::Connector::pull`].
    pub fn pull(&self, kind: &str, cursor: Option<&Cursor>) -> Result<Page, ConnectorError> {
        pages::pull(self, kind, cursor)
    }

    fn chosen(&self) -> Result<Chosen, ConnectorError> {
        let listed = listing::list(&self.settings)?;
        let files = listed
            .files
            .iter()
            .map(|file| self.facts(file))
            .collect::<Result<Vec<_>, _>>()?;
        let mut chosen = self.layout.choose(files);
        let finding = |message| Finding {
            kind: FindingKind::Warning,
            place: self.settings.path.to_string_lossy().into(),
            message,
        };
        let pattern = &self.settings.pattern;
        if chosen.files.is_empty() && chosen.findings.is_empty() {
            chosen
                .findings
                .push(finding(format!("no file is named like `{pattern}`")));
        }
        if listed.passed_over > 0 {
            chosen.findings.push(finding(format!(
                "not read, since not named like `{pattern}`: {} with the same ending; correct `pattern` if they should be",
                listed.passed_over
            )));
        }
        Ok(chosen)
    }

    fn facts(&self, file: &Listed) -> Result<Arc<FileFacts>, ConnectorError> {
        let lock = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(facts) = lock().get(&file.name).filter(|facts| facts.is_of(file)) {
            return Ok(facts.clone());
        }
        let facts = Arc::new(FileFacts::find(file, &self.settings)?);
        lock().insert(file.name.clone(), facts.clone());
        Ok(facts)
    }
}

/// A failure of the file system, by what can be done about it.
#[must_use]
pub fn file_error(place: &str, cause: io::Error) -> ConnectorError {
    match cause.kind() {
        io::ErrorKind::PermissionDenied => ConnectorError::NeedsPerson {
            place: place.to_owned(),
            why: "it may not be read; let the user that runs this read it".to_owned(),
            cause: Some(cause.into()),
        },
        io::ErrorKind::NotFound => ConnectorError::TryLater {
            place: place.to_owned(),
            why: "it vanished while the folder was read".to_owned(),
            after: None,
            cause: Some(cause.into()),
        },
        _ => ConnectorError::TryLater {
            place: place.to_owned(),
            why: "the file system failed".to_owned(),
            after: None,
            cause: Some(cause.into()),
        },
    }
}

fn open(place: &str, path: &Path) -> Result<File, ConnectorError> {
    File::open(path).map_err(|cause| file_error(place, cause))
}

#[cfg(test)]
mod tests;
