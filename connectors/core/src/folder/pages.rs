use std::collections::BTreeSet;
use std::sync::Arc;

use schema::{Body, Origin, RawRecord, SetAside};
use serde::{Deserialize, Serialize};

use super::{Chosen, FileFacts, Folder, Layout, file_error, open};
use crate::delimited::{Cut, Place};
use crate::{ConnectorError, Cursor, Finding, FindingKind, Next, Page, PageCounts};

/// The form of [`Position`]; a change of it is a new version.
const POSITION_VERSION: u32 = 1;

/// Contents remembered of files that are gone. Beyond it they are forgotten, and read again should they come back:
/// nothing is lost by that, since the store tells unchanged rows.
const GONE_FILES_MAX: usize = 10_000;

/// How far a folder was read.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Position {
    /// Contents of the files that were read to their end.
    done: BTreeSet<Arc<str>>,
    /// The file that was read in part.
    reading: Option<Reading>,
}

/// A row in a file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reading {
    content: Arc<str>,
    offset: u64,
    line: u64,
}

pub(super) fn pull<L: Layout>(
    folder: &Folder<L>,
    kind: &str,
    cursor: Option<&Cursor>,
) -> Result<Page, ConnectorError> {
    let mut position: Position = match cursor {
        Some(cursor) => cursor.position(kind, POSITION_VERSION)?,
        None => Position::default(),
    };
    let Chosen { files, findings } = folder.chosen()?;
    check_all_readable(&files, &position)?;
    let mut page = empty_page(position.at(kind)?);
    position.forget_vanished(&files, &mut page);
    while page_length(&page) < folder.settings.page_records_max {
        let Some(facts) = position.next_file(&files) else {
            return finish(page, position, kind, &files, findings);
        };
        read_file(folder, &facts, &mut position, &mut page)?;
    }
    page.progress = Some(position.progress(&files));
    page.next = Next::More(position.at(kind)?);
    Ok(page)
}

impl Position {
    fn at(&self, kind: &str) -> Result<Cursor, ConnectorError> {
        Cursor::at(kind, POSITION_VERSION, self)
    }

    /// The file to go on with: the one begun, or the first by name whose content was not read.
    fn next_file(&self, files: &[Arc<FileFacts>]) -> Option<Arc<FileFacts>> {
        let begun = self.reading.as_ref().map(|reading| &reading.content);
        let fits = |facts: &&Arc<FileFacts>| match begun {
            Some(content) => facts.content == *content,
            None => !self.done.contains(&facts.content),
        };
        files.iter().find(fits).cloned()
    }

    /// A file that was read in part and is gone, or has changed, is not waited for.
    fn forget_vanished(&mut self, files: &[Arc<FileFacts>], page: &mut Page) {
        if self.reading.is_some() && self.next_file(files).is_none() {
            self.reading = None;
            page.findings.push(Finding {
                kind: FindingKind::Warning,
                place: "folder".into(),
                message:
                    "a file that was read in part is gone or has changed; what was read of it stays"
                        .to_owned(),
            });
        }
    }

    fn finish_file(&mut self, content: &Arc<str>) {
        self.reading = None;
        self.done.insert(content.clone());
    }

    fn bound(&mut self, files: &[Arc<FileFacts>]) {
        if self.done.len() > files.len() + GONE_FILES_MAX {
            let present: BTreeSet<_> = files.iter().map(|facts| &facts.content).collect();
            self.done.retain(|content| present.contains(content));
        }
    }

    /// Bytes read, and bytes in all; copies count with their first.
    fn progress(&self, files: &[Arc<FileFacts>]) -> (u64, u64) {
        let read = |facts: &Arc<FileFacts>| match &self.reading {
            _ if self.done.contains(&facts.content) => facts.size,
            Some(reading) if reading.content == facts.content => reading.offset.min(facts.size),
            _ => 0,
        };
        let all = files.iter().map(|facts| facts.size).sum();
        (files.iter().map(read).sum(), all)
    }
}

/// Before anything is emitted, every file that is to be read must be one that can be.
fn check_all_readable(files: &[Arc<FileFacts>], position: &Position) -> Result<(), ConnectorError> {
    let unread = |facts: &&Arc<FileFacts>| !position.done.contains(&facts.content);
    for facts in files.iter().filter(unread) {
        if let Err(why) = &facts.headings {
            return Err(ConnectorError::needs_person(&*facts.name, why));
        }
    }
    Ok(())
}

const fn empty_page(cursor: Cursor) -> Page {
    Page {
        records: Vec::new(),
        set_aside: Vec::new(),
        counts: PageCounts::new(),
        findings: Vec::new(),
        progress: None,
        next: Next::More(cursor),
    }
}

const fn page_length(page: &Page) -> usize {
    page.records.len() + page.set_aside.len()
}

/// Reads a file from where the position stands until it ends or the page is full.
fn read_file<L: Layout>(
    folder: &Folder<L>,
    facts: &Arc<FileFacts>,
    position: &mut Position,
    page: &mut Page,
) -> Result<(), ConnectorError> {
    let settings = &folder.settings;
    let Ok(headings) = &facts.headings else {
        return Ok(());
    };
    if position.reading.is_none() {
        page.findings.extend(headings.findings(&facts.name));
    }
    let Some(header) = &headings.header else {
        position.finish_file(&facts.content);
        return Ok(());
    };
    let place = position
        .reading
        .as_ref()
        .map_or(headings.body, |reading| Place {
            offset: reading.offset,
            line: reading.line,
        });
    let input = open(&facts.name, &facts.path)?;
    let watched = input
        .try_clone()
        .map_err(|cause| file_error(&facts.name, cause))?;
    let mut records = folder
        .layout
        .open(facts, header, input, place, settings.row_bytes_max)?;
    let mut read: u64 = 0;
    let ended = loop {
        if page_length(page) >= settings.page_records_max && records.may_pause() {
            break false;
        }
        let cut = records
            .next_record()
            .map_err(|cause| file_error(&facts.name, cause))?;
        if cut == Cut::End {
            break true;
        }
        read += 1;
        push(page, &facts.name, cut);
    };
    facts.check_unchanged(&watched)?;
    if read > 0 {
        *page.counts.entry(facts.name.clone()).or_default() += read;
    }
    let Place { offset, line } = records.place();
    if ended {
        position.finish_file(&facts.content);
    } else {
        position.reading = Some(Reading {
            content: facts.content.clone(),
            offset,
            line,
        });
    }
    Ok(())
}

fn push(page: &mut Page, name: &Arc<str>, cut: Cut) {
    let origin = |place: Place| Origin {
        place: name.clone(),
        line: place.line,
    };
    match cut {
        Cut::Row(place, row) => page.records.push(RawRecord {
            origin: origin(place),
            body: Body::Row(row),
        }),
        Cut::SetAside {
            place,
            kind,
            column,
            message,
        } => page.set_aside.push(SetAside {
            origin: origin(place),
            kind,
            column,
            message,
        }),
        Cut::End => {}
    }
}

/// The last page for now, which also tells of files that were not read on purpose.
fn finish(
    mut page: Page,
    mut position: Position,
    kind: &str,
    files: &[Arc<FileFacts>],
    findings: Vec<Finding>,
) -> Result<Page, ConnectorError> {
    page.findings.extend(findings);
    for (at, facts) in files.iter().enumerate() {
        let first = files[..at]
            .iter()
            .find(|other| other.content == facts.content);
        if let Some(first) = first {
            page.findings.push(Finding {
                kind: FindingKind::Note,
                place: facts.name.clone(),
                message: format!(
                    "it holds the same bytes as `{}` and was read once",
                    first.name
                ),
            });
        }
    }
    position.bound(files);
    page.progress = Some(position.progress(files));
    page.next = Next::CaughtUp(position.at(kind)?);
    Ok(page)
}
