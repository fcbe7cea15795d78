use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use schema::{EventKind, History};
use serde::{Deserialize, Serialize};

use crate::PublicationError;

/// The name of the manifest in a release's folder.
pub(crate) const MANIFEST: &str = "manifest.json";

/// What a release was made with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versions {
    /// The version of the program.
    pub musubi: String,
    /// Mappings as `name@version`, in order, or a fingerprint of them all.
    pub mappings: Vec<String>,
    /// The linkage model as `name@version`.
    pub model: String,
}

/// One file of a release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    /// The file's name in the release's folder.
    pub name: String,
    /// Lines of NDJSON, rows of a table.
    pub rows: u64,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256, 64 lower-case hexadecimal digits.
    pub sha256: String,
    /// Its BLAKE3, 64 lower-case hexadecimal digits.
    pub blake3: String,
}

/// What a release holds, in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Persons told of.
    pub persons: u64,
    /// Persons left out, by the state of their consent.
    pub left_out: BTreeMap<String, u64>,
    /// Events that a source records, by kind.
    pub events: BTreeMap<String, u64>,
    /// Infusions known by mentions only, by kind; they are in no other count.
    pub mentioned_only: BTreeMap<String, u64>,
    /// Conflicts, by check.
    pub conflicts: BTreeMap<String, u64>,
    /// Outcomes, by end point.
    pub outcomes: BTreeMap<String, u64>,
}

impl Counts {
    pub(crate) fn add(&mut self, history: &History) {
        self.persons += 1;
        for event in &history.events {
            let counts = if event.mentioned_only {
                &mut self.mentioned_only
            } else {
                &mut self.events
            };
            increment(counts, EventKind::as_str(event.kind));
        }
        for conflict in &history.conflicts {
            increment(&mut self.conflicts, &conflict.check);
        }
        for outcome in &history.outcomes {
            increment(&mut self.outcomes, outcome.kind.as_str());
        }
    }

    pub(crate) fn leave_out(&mut self, consent: &str) {
        increment(&mut self.left_out, consent);
    }
}

fn increment(counts: &mut BTreeMap<String, u64>, name: &str) {
    match counts.get_mut(name) {
        Some(count) => *count += 1,
        None => {
            counts.insert(name.to_owned(), 1);
        }
    }
}

/// What a release is: enough to check every byte of it and to make it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The release's name.
    pub release: String,
    /// The profile as `name@version`.
    pub profile: String,
    /// The day that the data stand at.
    pub as_of: String,
    /// When it was made, as it was told.
    pub created_at: String,
    /// What it was made with.
    pub versions: Versions,
    /// What it holds.
    pub counts: Counts,
    /// The files but for this one.
    pub files: Vec<FileEntry>,
}

impl Manifest {
    /// Whether both describe the same release, whenever it was made.
    pub(crate) fn same_content(&self, other: &Self) -> bool {
        let undated = |manifest: &Self| Self {
            created_at: String::new(),
            ..manifest.clone()
        };
        undated(self) == undated(other)
    }

    pub(crate) fn to_json(&self) -> Result<String, PublicationError> {
        serde_json::to_string_pretty(self)
            .map(|json| json + "\n")
            .map_err(PublicationError::Manifest)
    }
}

/// The manifest in a release's folder; `None` where there is none.
///
/// # Errors
/// [`PublicationError::File`] when it cannot be read, [`PublicationError::Manifest`] when it is damaged.
pub fn read_manifest(folder: &Path) -> Result<Option<Manifest>, PublicationError> {
    let path = folder.join(MANIFEST);
    match fs::read_to_string(&path) {
        Ok(text) => serde_json::from_str(&text)
            .map(Some)
            .map_err(PublicationError::Manifest),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(PublicationError::File { path, cause }),
    }
}
