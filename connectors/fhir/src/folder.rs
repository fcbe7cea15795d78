use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use connector::{CheckReport, ConnectorError, Discovery, Finding, FindingKind, Offer, Page};
use tokio::sync::Mutex;

use crate::FhirSettings;
use crate::batch::{Batch, Bounds, Ended, FileKind, finding};
use crate::position::{FolderPlace, OpenFile, Position, Stage};
use crate::reader::{Bytes, Reader};

/// Files that a folder may hold: more is taken for a wrong path.
const FILES_MAX: usize = 100_000;

/// How deep subfolders are looked into.
const DEPTH_MAX: u8 = 8;

/// Endings of files that are read.
const ENDINGS: [&str; 4] = [".ndjson", ".jsonl", ".ndjson.gz", ".jsonl.gz"];

/// A folder of NDJSON files.
pub(crate) struct Folder {
    root: PathBuf,
    types: Vec<String>,
    resource_bytes_max: usize,
    bounds: Bounds,
    /// The file that the last pull left open, so that the next need not look for its place.
    open: Mutex<Option<(OpenFile, Reader)>>,
    /// What was reckoned of the files seen in this pass, by name.
    hashes: Mutex<BTreeMap<String, Hashed>>,
}

/// Size and time of change of a file, and the hash of its content.
type Hashed = (u64, Option<SystemTime>, String);

/// A file of the folder.
struct Found {
    /// Its path relative to the folder, with `/`.
    name: String,
    path: PathBuf,
    bytes: u64,
    changed: Option<SystemTime>,
}

impl Folder {
    pub(crate) fn new(settings: &FhirSettings, root: PathBuf) -> Self {
        Self {
            root,
            types: settings.types.clone(),
            resource_bytes_max: settings.resource_bytes_max,
            bounds: Bounds {
                records_max: settings.page_records_max,
                bytes_max: settings.page_bytes_max,
            },
            open: Mutex::new(None),
            hashes: Mutex::default(),
        }
    }

    pub(crate) fn check(&self) -> Result<CheckReport, ConnectorError> {
        let (files, others) = self.files()?;
        let mut findings = Vec::from_iter(others);
        if files.is_empty() {
            let message = format!("it holds no file that ends with {}", ENDINGS.join(", "));
            findings.push(finding(FindingKind::Fault, &self.place(), message));
        }
        Ok(CheckReport {
            findings,
            ..CheckReport::default()
        })
    }

    pub(crate) fn discover(&self) -> Result<Discovery, ConnectorError> {
        let (files, _) = self.files()?;
        let offers = files.into_iter().map(|file| Offer {
            detail: match first_type(&file.path) {
                Some(name) => format!("begins with `{name}`"),
                None => "no resource at its beginning".to_owned(),
            },
            name: file.name,
            size: Some(file.bytes),
        });
        Ok(Discovery {
            offers: offers.collect(),
        })
    }

    /// The next page: of the file that is open, else of the first whose content was not read yet.
    pub(crate) async fn pull(&self, position: &Position) -> Result<Page, ConnectorError> {
        let mut place = match &position.stage {
            Stage::Folder(place) => place.clone(),
            _ => FolderPlace::default(),
        };
        let (files, others) = self.files()?;
        let mut findings = Vec::new();
        for file in &files {
            let resumed = place.open.take_if(|open| open.name == file.name);
            let hash = self.hash(file).await?;
            if place.known.get(&file.name) == Some(&hash) {
                continue;
            }
            if place.known.values().any(|known| *known == hash) {
                findings.push(finding(
                    FindingKind::Note,
                    &file.name.as_str().into(),
                    "its content was read under another name",
                ));
                place.known.insert(file.name.clone(), hash);
                continue;
            }
            if let Some(name) = self.unwanted(file) {
                let message =
                    format!("it holds `{name}`, which no mapping asks for, and is left unread");
                findings.push(finding(
                    FindingKind::Note,
                    &file.name.as_str().into(),
                    message,
                ));
                place.known.insert(file.name.clone(), hash);
                continue;
            }
            let start = resumed
                .filter(|open| open.hash == hash)
                .unwrap_or_else(|| OpenFile {
                    name: file.name.clone(),
                    hash,
                    line: 0,
                    offset: 0,
                });
            let mut page = self.pull_file(position, place, file, start).await?;
            page.findings.splice(..0, findings);
            page.progress = page
                .progress
                .map(|(within, _)| bytes_done(&files, file, within));
            return Ok(page);
        }
        place.open = None;
        self.hashes.lock().await.clear();
        findings.extend(others);
        let mut page =
            Batch::new(self.place()).page(position.at(Stage::Folder(place)).caught_up()?, None);
        page.findings = findings;
        Ok(page)
    }

    async fn pull_file(
        &self,
        position: &Position,
        mut place: FolderPlace,
        file: &Found,
        mut open: OpenFile,
    ) -> Result<Page, ConnectorError> {
        let mut reader = self.reader(file, &open).await?;
        let mut batch = Batch::new(file.name.as_str().into());
        let ended = batch
            .fill(&mut reader, kind_of(&file.name), self.bounds)
            .await;
        (open.line, open.offset) = (reader.line(), reader.offset());
        // Unpacked bytes, which may be more than the file has.
        let progress = (open.offset.min(file.bytes), file.bytes);
        if let Ended::Full = ended {
            place.open = Some(open.clone());
            *self.open.lock().await = Some((open, reader));
        } else {
            if let Ended::Cut(cut) = ended {
                let message = format!(
                    "{} behind line {}; put a whole one in its place",
                    cut.sentence(),
                    open.line
                );
                batch.find(FindingKind::Fault, message);
            }
            place.known.insert(open.name, open.hash);
        }
        Ok(batch.page(position.at(Stage::Folder(place)).more()?, Some(progress)))
    }

    /// The hash of a file's content: reckoned once in a pass, unless size or time of change tell that it changed.
    async fn hash(&self, file: &Found) -> Result<String, ConnectorError> {
        let mut hashes = self.hashes.lock().await;
        if let Some((bytes, changed, hash)) = hashes.get(&file.name)
            && (*bytes, *changed) == (file.bytes, file.changed)
        {
            return Ok(hash.clone());
        }
        let hash = hash_of(file)?;
        hashes.insert(file.name.clone(), (file.bytes, file.changed, hash.clone()));
        Ok(hash)
    }

    async fn reader(&self, file: &Found, open: &OpenFile) -> Result<Reader, ConnectorError> {
        if let Some((_, reader)) = self.open.lock().await.take_if(|(at, _)| at == open) {
            return Ok(reader);
        }
        let bytes = tokio::fs::File::open(&file.path)
            .await
            .map_err(|cause| unreadable(&file.name, cause))?;
        let reader = Reader::skipping(
            Bytes::File(bytes),
            open.offset,
            open.line,
            self.resource_bytes_max,
        );
        Ok(reader.with_open_end(true))
    }

    /// The type that the file is named after and begins with, when it is none of those asked for.
    fn unwanted(&self, file: &Found) -> Option<String> {
        if self.types.is_empty() {
            return None;
        }
        let name = first_type(&file.path)?;
        let stem = file.name.rsplit('/').next().unwrap_or_default();
        let named = stem
            .strip_prefix(name.as_str())
            .is_some_and(|rest| !rest.starts_with(char::is_alphanumeric));
        (named && !self.types.contains(&name)).then_some(name)
    }

    fn place(&self) -> Arc<str> {
        self.root.to_string_lossy().into()
    }

    /// The files in the order in which they are read, and what else is there.
    fn files(&self) -> Result<(Vec<Found>, Option<Finding>), ConnectorError> {
        let mut files = Vec::new();
        let mut others = 0;
        list(&self.root, "", DEPTH_MAX, &mut files, &mut others)
            .map_err(|cause| unreadable(&self.root.to_string_lossy(), cause))?;
        files.sort_by(|one, other| reading_order(&one.name).cmp(&reading_order(&other.name)));
        let message = format!(
            "{others} files in it are not read: expected names that end with {}",
            ENDINGS.join(", ")
        );
        let finding = (others > 0).then(|| finding(FindingKind::Note, &self.place(), message));
        Ok((files, finding))
    }
}

/// Organisations first, since other resources refer to them by their ids; then by name.
fn reading_order(name: &str) -> (bool, &str) {
    (!name.contains("Organization"), name)
}

fn list(
    folder: &Path,
    prefix: &str,
    depth: u8,
    files: &mut Vec<Found>,
    others: &mut u64,
) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let about = fs::metadata(entry.path())?;
        if about.is_dir() {
            if depth > 0 {
                list(&entry.path(), &format!("{name}/"), depth - 1, files, others)?;
            }
        } else if ENDINGS
            .iter()
            .any(|ending| name.to_ascii_lowercase().ends_with(ending))
        {
            files.push(Found {
                name,
                path: entry.path(),
                bytes: about.len(),
                changed: about.modified().ok(),
            });
        } else {
            *others += 1;
        }
        if files.len() > FILES_MAX {
            return Err(io::Error::other(format!(
                "it holds more than {FILES_MAX} files"
            )));
        }
    }
    Ok(())
}

fn unreadable(name: &str, cause: io::Error) -> ConnectorError {
    ConnectorError::NeedsPerson {
        place: name.to_owned(),
        why: "it cannot be read; see the path and its permissions".to_owned(),
        cause: Some(Box::new(cause)),
    }
}

fn hash_of(file: &Found) -> Result<String, ConnectorError> {
    let hash = || -> io::Result<String> {
        let mut hasher = blake3::Hasher::new();
        let mut chunk = vec![0; 1 << 20];
        let mut bytes = fs::File::open(&file.path)?;
        loop {
            let length = bytes.read(&mut chunk)?;
            if length == 0 {
                return Ok(hasher.finalize().to_hex().to_string());
            }
            hasher.update(&chunk[..length]);
        }
    };
    hash().map_err(|cause| unreadable(&file.name, cause))
}

/// What a file holds, by its name: exports are kept with their `deleted` and `error` files.
fn kind_of(name: &str) -> FileKind {
    let lower = name.to_ascii_lowercase();
    let begins = |word: &str| lower.split('/').any(|part| part.starts_with(word));
    if begins("deleted") {
        FileKind::Deleted
    } else if begins("error") || begins("outcome") || begins("operationoutcome") {
        FileKind::Outcome
    } else {
        FileKind::Output
    }
}

/// Bytes read of all files, with so many within one of them.
fn bytes_done(files: &[Found], file: &Found, within: u64) -> (u64, u64) {
    let bytes = |files: &mut dyn Iterator<Item = &Found>| files.map(|file| file.bytes).sum::<u64>();
    let before = bytes(
        &mut files
            .iter()
            .filter(|other| reading_order(&other.name) < reading_order(&file.name)),
    );
    (before + within, bytes(&mut files.iter()))
}

/// The type of the first resource of a file.
fn first_type(path: &Path) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Typed {
        #[serde(rename = "resourceType")]
        resource_type: String,
    }
    /// The first resource is looked for in so many bytes.
    const LOOKED_AT: usize = 1 << 20;
    let mut bytes = Vec::new();
    fs::File::open(path)
        .ok()?
        .take(LOOKED_AT as u64)
        .read_to_end(&mut bytes)
        .ok()?;
    let mut text = Vec::new();
    let mut unpacker = crate::unpack::Unpacker::new();
    for piece in bytes.chunks(4096) {
        if text.len() > LOOKED_AT || unpacker.feed(piece, &mut text).is_err() {
            break;
        }
    }
    let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&text);
    let line = text
        .split(|byte| *byte == b'\n')
        .find(|line| !line.trim_ascii().is_empty())?;
    serde_json::from_slice::<Typed>(line)
        .ok()
        .map(|typed| typed.resource_type)
}
