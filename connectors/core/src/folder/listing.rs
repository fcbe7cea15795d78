use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use super::settings::fits;
use super::{FolderSettings, file_error};
use crate::ConnectorError;

/// Most files of one source: more is a wrong path.
const FILES_MAX: usize = 20_000;

/// A file as the folder lists it.
#[derive(Clone, Debug)]
pub(super) struct Listed {
    /// Its name within the source.
    pub(super) name: Arc<str>,
    pub(super) path: PathBuf,
    pub(super) stamp: Stamp,
}

/// What changes when a file is written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) size: u64,
    modified: Option<SystemTime>,
}

impl Stamp {
    pub(super) fn of(metadata: &Metadata) -> Self {
        Self {
            size: metadata.len(),
            modified: metadata.modified().ok(),
        }
    }
}

/// What stands in a source's folder.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// The files of the source, by name.
    pub(super) files: Vec<Listed>,
    /// How many files end as the source's do, such as in `.csv`, and are not named like them.
    pub(super) passed_over: usize,
}

/// The files of a source.
pub(super) fn list(settings: &FolderSettings) -> Result<Listing, ConnectorError> {
    let place = settings.path.to_string_lossy();
    let metadata = fs::metadata(&settings.path).map_err(|cause| match cause.kind() {
        std::io::ErrorKind::NotFound => ConnectorError::needs_person(
            &*place,
            "there is no such file or folder; correct `path`, or put the export there",
        ),
        _ => file_error(&place, cause),
    })?;
    if metadata.is_file() {
        return Ok(Listing {
            files: vec![listed(&settings.path, &metadata)],
            passed_over: 0,
        });
    }
    let mut listing = Listing::default();
    for entry in fs::read_dir(&settings.path).map_err(|cause| file_error(&place, cause))? {
        let entry = entry.map_err(|cause| file_error(&place, cause))?;
        let name = entry.file_name();
        if !fits(&settings.pattern, &name.to_string_lossy()) {
            listing.passed_over += usize::from(ends_alike(&settings.pattern, Path::new(&name)));
            continue;
        }
        let metadata = fs::metadata(entry.path())
            .map_err(|cause| file_error(&name.to_string_lossy(), cause))?;
        if metadata.is_file() {
            listing.files.push(listed(&entry.path(), &metadata));
        }
        if listing.files.len() > FILES_MAX {
            let why = format!(
                "it holds more than {FILES_MAX} files like `{}`; correct `path` or `pattern`",
                settings.pattern
            );
            return Err(ConnectorError::needs_person(&*place, why));
        }
    }
    listing
        .files
        .sort_by(|one, other| one.name.cmp(&other.name));
    Ok(listing)
}

/// Whether a name that does not fit a pattern has its ending, in whatever case.
fn ends_alike(pattern: &str, name: &Path) -> bool {
    match (Path::new(pattern).extension(), name.extension()) {
        (Some(wanted), Some(found)) => wanted.eq_ignore_ascii_case(found),
        _ => false,
    }
}

fn listed(path: &Path, metadata: &Metadata) -> Listed {
    let name = path.file_name().unwrap_or(path.as_os_str());
    Listed {
        name: name.to_string_lossy().into(),
        path: path.to_owned(),
        stamp: Stamp::of(metadata),
    }
}
