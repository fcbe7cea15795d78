use std::collections::{BTreeMap, BTreeSet};

use connector::{ConnectorError, Cursor, Next};
use serde::{Deserialize, Serialize};

/// The word for this kind of source.
pub(crate) const KIND: &str = "fhir";

/// The version of the position's form.
const VERSION: u32 = 1;

/// Where a FHIR source stood.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Position {
    /// What is read: level, group, and the server's host and path. Watermarks of one scope mean nothing in another.
    pub(crate) scope: String,
    /// The server's instant up to which a type was read whole, by type; `*` where all types were asked for.
    pub(crate) watermarks: BTreeMap<String, String>,
    pub(crate) stage: Stage,
}

/// What is being done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "snake_case")]
pub(crate) enum Stage {
    /// Everything was read; these jobs of the server may be deleted.
    Idle { jobs: Vec<String> },
    /// An export is to be asked for again; these jobs of the same pass came to nothing.
    Asking { jobs: Vec<String> },
    /// An export was asked for and is being waited for.
    Waiting(Job),
    /// The files of an export are being read.
    Reading(Box<Reading>),
    /// A search is being read page by page.
    Searching(Box<Searching>),
    /// A folder is being read file by file.
    Folder(FolderPlace),
}

impl Default for Stage {
    fn default() -> Self {
        Self::Idle { jobs: Vec::new() }
    }
}

/// An export that a server is making.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Job {
    /// Where its state is asked for.
    pub(crate) url: String,
    /// The server's scheme, host and port when it was asked for.
    pub(crate) origin: String,
    pub(crate) since: Option<String>,
    pub(crate) types: Vec<String>,
    pub(crate) waited_s: u64,
    /// What `X-Progress` said last.
    pub(crate) progress: Option<String>,
    /// Earlier jobs of this pass, to be deleted with this one.
    pub(crate) jobs: Vec<String>,
}

/// A place in the files of an export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reading {
    pub(crate) job: Job,
    /// The address of the manifest that is being read: the job's, or one that a `next` link gave.
    pub(crate) manifest: String,
    pub(crate) manifests: Trail,
    pub(crate) transaction_time: Option<String>,
    /// The file in the manifest, from 0.
    pub(crate) file: usize,
    /// How that file is called in origins.
    pub(crate) name: String,
    /// How the file before it is called: a manifest that is fetched again must name it in the same place.
    pub(crate) previous: String,
    pub(crate) line: u64,
    pub(crate) offset: u64,
    /// The strong entity tag of the file, when it was given: only then may reading go on by `Range`.
    pub(crate) etag: Option<String>,
    /// Lines that were not blank.
    pub(crate) rows: u64,
}

/// A place in a search.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Searching {
    /// The type that is being read, and those after it.
    pub(crate) types: Vec<String>,
    /// The page to read; none for the type's first.
    pub(crate) next: Option<String>,
    /// How many resources a page is asked to hold, where that is not as set.
    pub(crate) count: Option<u64>,
    pub(crate) pages: Trail,
    /// Entries of this type read so far.
    pub(crate) rows: u64,
    /// The server's instant when this type's first page was asked for.
    pub(crate) began: Option<String>,
    /// Some type was answered with a bundle.
    pub(crate) answered: bool,
    /// The watermarks of the types read whole in this pass: used from the next pass on.
    pub(crate) watermarks: BTreeMap<String, String>,
}

/// A place in a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FolderPlace {
    /// The content's hash of each file read whole, by its name.
    pub(crate) known: BTreeMap<String, String>,
    pub(crate) open: Option<OpenFile>,
}

/// A file that is read in part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OpenFile {
    pub(crate) name: String,
    pub(crate) hash: String,
    pub(crate) line: u64,
    pub(crate) offset: u64,
}

/// The addresses that a chain of `next` links went through, in constant space: the last few, and one that is moved
/// forward at growing distances (Brent), so that a loop of any length is met again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Trail {
    pub(crate) steps: u64,
    recent: Vec<u64>,
    anchor: u64,
    anchor_step: u64,
}

impl Reading {
    /// This place among a manifest's files, and whether it had to be moved to the first of them: a manifest fetched again
    /// may be another one, or name its files in another order. `None` behind the last file.
    pub(crate) fn placed(&self, names: &[&str]) -> Option<(Self, bool)> {
        let mut place = self.clone();
        let is = |at: usize, name: &str| names.get(at) == Some(&name);
        let before = self.file == 0 || is(self.file - 1, &self.previous);
        let within = self.line == 0 || is(self.file, &self.name);
        let moved = !(before && within);
        if moved {
            // All files again: those read already change nothing.
            place.begin_manifest();
        }
        (*names.get(place.file)?).clone_into(&mut place.name);
        Some((place, moved))
    }

    /// Goes to the file after this one.
    pub(crate) fn next_file(&mut self) {
        self.previous = std::mem::take(&mut self.name);
        self.file += 1;
        self.begin_file();
    }

    /// Goes to the beginning of this file.
    pub(crate) fn begin_file(&mut self) {
        (self.line, self.offset, self.rows) = (0, 0, 0);
        self.etag = None;
    }

    /// Goes to the first file of a manifest.
    pub(crate) fn begin_manifest(&mut self) {
        self.file = 0;
        (self.previous, self.name) = (String::new(), String::new());
        self.begin_file();
    }
}

impl Trail {
    /// Addresses that are remembered one by one: longer loops take a few rounds to be noticed.
    const RECENT_MAX: usize = 64;

    /// Goes to an address; false when it was there before.
    pub(crate) fn step(&mut self, address: &str) -> bool {
        let hash = blake3::hash(address.as_bytes());
        let mut head = [0; 8];
        head.copy_from_slice(&hash.as_bytes()[..8]);
        let mark = u64::from_le_bytes(head);
        if self.steps > 0 && (self.anchor == mark || self.recent.contains(&mark)) {
            return false;
        }
        if self.recent.len() == Self::RECENT_MAX {
            self.recent.remove(0);
        }
        self.recent.push(mark);
        if self.steps >= self.anchor_step * 2 {
            (self.anchor, self.anchor_step) = (mark, self.steps.max(1));
        }
        self.steps += 1;
        true
    }
}

impl Position {
    /// The position that a cursor holds; the beginning without one.
    pub(crate) fn read(cursor: Option<&Cursor>, scope: &str) -> Result<Self, ConnectorError> {
        let Some(cursor) = cursor else {
            return Ok(Self {
                scope: scope.to_owned(),
                ..Self::default()
            });
        };
        let position: Self = cursor.position(KIND, VERSION)?;
        if position.scope == scope {
            return Ok(position);
        }
        let why = format!(
            "it was read as `{}` and is now configured as `{scope}`, so what was read says nothing of what is there; \
             take the setting back, or run `musubi sync --full` to read it from its beginning",
            position.scope
        );
        Err(ConnectorError::needs_person("source", why))
    }

    /// The same scope and watermarks at another stage.
    pub(crate) fn at(&self, stage: Stage) -> Self {
        Self {
            stage,
            ..self.clone()
        }
    }

    pub(crate) fn more(&self) -> Result<Next, ConnectorError> {
        Ok(Next::More(Cursor::at(KIND, VERSION, self)?))
    }

    pub(crate) fn caught_up(&self) -> Result<Next, ConnectorError> {
        Ok(Next::CaughtUp(Cursor::at(KIND, VERSION, self)?))
    }

    /// The instant since which these types must be read: the earliest of theirs, none when one was never read.
    pub(crate) fn since(&self, types: &[String]) -> Option<String> {
        if types.is_empty() {
            return self.watermarks.get("*").cloned();
        }
        let mut earliest: Option<&String> = None;
        for name in types {
            let mark = self
                .watermarks
                .get(name)
                .or_else(|| self.watermarks.get("*"))?;
            if earliest.is_none_or(|found| is_earlier(mark, found)) {
                earliest = Some(mark);
            }
        }
        earliest.cloned()
    }

    /// These types were read up to this instant.
    pub(crate) fn reach(&mut self, types: &[String], instant: Option<&str>) {
        let names: BTreeSet<&str> = if types.is_empty() {
            BTreeSet::from(["*"])
        } else {
            types.iter().map(String::as_str).collect()
        };
        for name in names {
            match instant {
                Some(instant) => self.watermarks.insert(name.to_owned(), instant.to_owned()),
                None => self.watermarks.remove(name),
            };
        }
    }
}

/// Whether one instant is before another; as texts where one cannot be read.
fn is_earlier(one: &str, other: &str) -> bool {
    match (
        one.parse::<jiff::Timestamp>(),
        other.parse::<jiff::Timestamp>(),
    ) {
        (Ok(one), Ok(other)) => one < other,
        _ => one < other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// After how many steps a chain is stopped that leads in `lead` steps into a loop of `round`.
    fn stopped_after(lead: u64, round: u64) -> u64 {
        let mut trail = Trail::default();
        (0..100_000)
            .find(|step| {
                let place = if *step < lead {
                    *step
                } else {
                    lead + (step - lead) % round
                };
                !trail.step(&place.to_string())
            })
            .unwrap()
    }

    #[test]
    fn a_loop_of_any_length_is_met_again() {
        for (lead, round) in [(0, 1), (1, 1), (0, 2), (7, 3), (100, 50)] {
            assert_eq!(stopped_after(lead, round), lead + round, "{lead} {round}");
        }
        for (lead, round) in [(0, 65), (0, 1_000), (300, 700), (5_000, 100)] {
            assert!(
                stopped_after(lead, round) <= 4 * (lead + round),
                "{lead} {round}"
            );
        }
        let mut trail = Trail::default();
        assert!((0..20_000).all(|page| trail.step(&format!("page={page}"))));
    }

    #[test]
    fn a_manifest_that_names_other_files_is_read_from_its_beginning() {
        let at = |file, previous: &str, name: &str, line| Reading {
            job: Job::default(),
            manifest: String::new(),
            manifests: Trail::default(),
            transaction_time: None,
            file,
            name: name.to_owned(),
            previous: previous.to_owned(),
            line,
            offset: line * 10,
            etag: None,
            rows: line,
        };
        let check = |place: &Reading, expected: Option<(usize, u64, &str, bool)>| {
            let placed = place.placed(&["a", "b"]);
            let found = placed
                .as_ref()
                .map(|(place, moved)| (place.file, place.line, place.name.as_str(), *moved));
            assert_eq!(found, expected);
        };
        check(&at(0, "", "", 0), Some((0, 0, "a", false)));
        check(&at(1, "a", "", 0), Some((1, 0, "b", false)));
        check(&at(1, "a", "b", 7), Some((1, 7, "b", false)));
        check(&at(2, "b", "", 0), None);
        check(&at(1, "b", "", 0), Some((0, 0, "a", true)));
        check(&at(1, "a", "c", 7), Some((0, 0, "a", true)));
        check(&at(3, "c", "", 0), Some((0, 0, "a", true)));
    }

    #[test]
    fn a_type_that_was_never_read_is_read_from_its_beginning() {
        let mut position = Position::default();
        let both = ["Patient".to_owned(), "Consent".to_owned()];
        position.reach(&both[..1], Some("2026-01-02T00:00:00+09:00"));
        assert_eq!(position.since(&both), None);
        position.reach(&both[1..], Some("2026-01-01T20:00:00Z"));
        assert_eq!(
            position.since(&both).as_deref(),
            Some("2026-01-02T00:00:00+09:00")
        );
        position.reach(&both, None);
        assert_eq!(position.since(&both[..1]), None);
        position.reach(&[], Some("2026-01-01T20:00:00Z"));
        assert_eq!(
            position.since(&both).as_deref(),
            Some("2026-01-01T20:00:00Z")
        );
    }
}
