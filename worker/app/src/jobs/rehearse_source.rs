//! Reads and maps a source as a pull would, and stores nothing.

use std::collections::BTreeMap;

use connector::{Finding, Next, Page};
use serde::Serialize;

use crate::Failure;
use crate::config::SourceConfig;
use crate::jobs::check_layout::{check_layout, connect};
use crate::jobs::map_records::{MappedPage, Mapper};
use crate::jobs::organizations;
use crate::jobs::pull_source::{FINDINGS_SHOWN_MAX, PAGES_MAX, blocking, stored_cursor};
use crate::project::Project;

/// What reading a source would give, with nothing stored.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Rehearsal {
    /// Rows read.
    pub read: u64,
    /// Rows that would be stored.
    pub mapped: u64,
    /// Rows that would be set aside.
    pub set_aside: u64,
    /// Values with an issue.
    pub issues: u64,
    /// Fields that the door would keep out, by field.
    pub refused: BTreeMap<String, u64>,
    /// What the operator should know.
    pub findings: Vec<Finding>,
    /// The first rows that would be set aside: where and why.
    pub examples: Vec<String>,
}

/// Reads and maps a source from its stored cursor, or from its beginning with `full`, and stores nothing.
///
/// # Errors
/// As [`pull_source`].
pub async fn rehearse(
    project: &Project,
    source: &SourceConfig,
    full: bool,
) -> Result<Rehearsal, Failure> {
    let mapper = Mapper::of(project, source)?;
    organizations::remember(project, &mapper).await?;
    let connector = connect(source, &mapper)?;
    let mut rehearsal = Rehearsal {
        findings: check_layout(&*connector, &mapper).await?,
        ..Rehearsal::default()
    };
    let mut from = if full {
        None
    } else {
        stored_cursor(project, source).await?
    };
    for _ in 0..PAGES_MAX {
        let page = connector.pull(from.as_ref()).await?;
        let next = page.next.clone();
        let mapper = mapper.clone();
        rehearsal.take(blocking(move || (mapper.map_rows(&page.records), page)).await?);
        match next {
            Next::More(cursor) => from = Some(cursor),
            Next::CaughtUp(_) => break,
        }
    }
    Ok(rehearsal)
}

impl Rehearsal {
    fn take(&mut self, (mapped, page): (MappedPage, Page)) {
        self.read += page.counts.values().sum::<u64>();
        self.mapped += mapped.records.len() as u64;
        for letter in page.set_aside.iter().chain(&mapped.set_aside) {
            self.set_aside += 1;
            if self.examples.len() < FINDINGS_SHOWN_MAX {
                self.examples.push(letter.to_string());
            }
        }
        self.issues += mapped
            .records
            .iter()
            .map(|record| record.issues.len() as u64)
            .sum::<u64>();
        for (refusal, times) in mapped.refusals {
            *self.refused.entry(refusal.field.to_string()).or_default() += times;
        }
        for finding in page.findings {
            if !self.findings.contains(&finding) {
                self.findings.push(finding);
            }
        }
    }
}
