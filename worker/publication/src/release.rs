use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use schema::{History, Identity};

use crate::hashing::HashedFile;
use crate::manifest::{MANIFEST, read_manifest};
use crate::tables::{EventTable, OutcomeTable};
use crate::{Counts, Manifest, Profile, PublicationError, PublishedHistory, Versions};

const HISTORIES: &str = "histories.ndjson";

/// What a release is made from, besides the histories.
#[derive(Clone, Debug)]
pub struct Options {
    /// Its name, which is also its folder's.
    pub release: String,
    /// What it tells.
    pub profile: Profile,
    /// The day that the data stand at, `YYYY-MM-DD`.
    pub as_of: String,
    /// When it is made, as an instant in UTC; it stands in the manifest as it is given.
    pub created_at: String,
    /// What it is made with.
    pub versions: Versions,
}

/// A release in the making. Dropped before [`Release::finish`], it leaves nothing in its place.
pub struct Release {
    options: Options,
    place: PathBuf,
    unfinished: PathBuf,
    histories: HashedFile,
    events: EventTable,
    outcomes: OutcomeTable,
    counts: Counts,
    last: Option<Identity>,
    line: Vec<u8>,
}

impl Release {
    /// Begins a release in the folder `out_dir/<release>`.
    ///
    /// # Errors
    /// [`PublicationError::Name`] for a name that cannot be a folder's, [`PublicationError::File`] when nothing can be
    /// written there.
    pub fn begin(out_dir: &Path, options: Options) -> Result<Self, PublicationError> {
        if !is_name(&options.release) {
            return Err(PublicationError::Name(options.release));
        }
        let unfinished = out_dir.join(format!(".{}.unfinished", options.release));
        if unfinished.exists() {
            fs::remove_dir_all(&unfinished).map_err(|cause| at(&unfinished, cause))?;
        }
        fs::create_dir_all(&unfinished).map_err(|cause| at(&unfinished, cause))?;
        Ok(Self {
            place: out_dir.join(&options.release),
            histories: HashedFile::create(&unfinished.join(HISTORIES))?,
            events: EventTable::create(&unfinished)?,
            outcomes: OutcomeTable::create(&unfinished)?,
            counts: Counts::default(),
            last: None,
            line: Vec::new(),
            unfinished,
            options,
        })
    }

    /// Adds a person, or leaves them out when the profile does not accept their consent.
    ///
    /// # Errors
    /// [`PublicationError::Order`] when the identity is not after the last one; [`PublicationError::File`] and
    /// [`PublicationError::Table`] when it cannot be written.
    pub fn add(&mut self, history: &History) -> Result<(), PublicationError> {
        if self.last.is_some_and(|last| last >= history.identity) {
            return Err(PublicationError::Order(history.identity));
        }
        self.last = Some(history.identity);
        if !self.options.profile.accepts(&history.consent) {
            self.counts.leave_out(&history.consent);
            return Ok(());
        }
        self.counts.add(history);
        let published = PublishedHistory::new(history, &self.options.profile);
        self.line.clear();
        serde_json::to_writer(&mut self.line, &published).map_err(PublicationError::Manifest)?;
        self.line.push(b'\n');
        self.histories
            .write_all(&self.line)
            .map_err(|cause| at(&self.unfinished.join(HISTORIES), cause))?;
        self.events.add(history)?;
        self.outcomes.add(history)
    }

    /// Completes the release and moves it to its place. Where the same release stands already, that one stays.
    ///
    /// # Errors
    /// [`PublicationError::Exists`] when another release of this name stands there; [`PublicationError::File`] and
    /// [`PublicationError::Table`] when it cannot be written.
    pub fn finish(self) -> Result<Manifest, PublicationError> {
        let histories = self
            .histories
            .finish(HISTORIES, self.counts.persons)
            .map_err(|cause| at(&self.unfinished.join(HISTORIES), cause))?;
        let manifest = Manifest {
            release: self.options.release,
            profile: self.options.profile.label(),
            as_of: self.options.as_of,
            created_at: self.options.created_at,
            versions: self.options.versions,
            counts: self.counts,
            files: vec![self.events.finish()?, histories, self.outcomes.finish()?],
        };
        let path = self.unfinished.join(MANIFEST);
        fs::write(&path, manifest.to_json()?).map_err(|cause| at(&path, cause))?;
        settle(&self.unfinished, &self.place, manifest)
    }
}

/// Writes a release of all histories, which come in the order of their identities.
///
/// # Errors
/// As [`Release::begin`], [`Release::add`] and [`Release::finish`]; [`PublicationError::Histories`] when one cannot be
/// read. Then no release stands in its place.
pub fn publish<E: Into<Box<dyn std::error::Error + Send + Sync>>>(
    out_dir: &Path,
    options: Options,
    histories: impl IntoIterator<Item = Result<History, E>>,
) -> Result<Manifest, PublicationError> {
    let mut release = Release::begin(out_dir, options)?;
    for history in histories {
        let history = history.map_err(|cause| PublicationError::Histories(cause.into()))?;
        release.add(&history)?;
    }
    release.finish()
}

/// Moves a complete release to its place, unless the same one stands there.
fn settle(unfinished: &Path, place: &Path, made: Manifest) -> Result<Manifest, PublicationError> {
    let Some(standing) = read_manifest(place)? else {
        fs::rename(unfinished, place).map_err(|cause| at(place, cause))?;
        return Ok(made);
    };
    fs::remove_dir_all(unfinished).map_err(|cause| at(unfinished, cause))?;
    if standing.same_content(&made) {
        Ok(standing)
    } else {
        Err(PublicationError::Exists(made.release))
    }
}

pub(crate) fn at(path: &Path, cause: std::io::Error) -> PublicationError {
    PublicationError::File {
        path: path.to_owned(),
        cause,
    }
}

fn is_name(name: &str) -> bool {
    (1..=80).contains(&name.len())
        && name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte))
}
