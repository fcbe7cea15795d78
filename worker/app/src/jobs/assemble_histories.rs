//! Makes one history of all that the sources tell of each person.

use std::sync::Arc;

use history::Rules;
use jiff::Timestamp;
use rayon::prelude::*;
use schema::History;
use serde::Serialize;
use store::PersonRecords;

use crate::Failure;
use crate::jobs::pull_source::blocking;
use crate::progress::{Progress, Unit};
use crate::project::Project;
use crate::runs::Attempt;

/// Persons whose records are in memory at a time: some MiB.
const PERSONS_AT_ONCE: u32 = 250;

/// What assembling came to, in numbers.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct AssembleCounts {
    /// Persons with a history.
    pub histories: u64,
    /// Histories that are new or other than before.
    pub written: u64,
    /// Histories dropped, because no record of their person is left.
    pub dropped: u64,
}

/// Assembles every person's history and stores those that differ from before.
///
/// # Errors
/// When the lease is lost or the database away.
pub async fn assemble_histories(
    project: &Project,
    attempt: &Attempt,
) -> Result<AssembleCounts, Failure> {
    let rules = Arc::new(project.config.history.clone());
    let total = project.store.summary().await?.persons;
    let progress = Progress::stage("assemble", Unit::Things);
    let mut counts = AssembleCounts::default();
    let mut persons = project.store.persons();
    let mut page = persons.next(PERSONS_AT_ONCE).await?;
    while !page.is_empty() {
        if attempt.stop.is_asked() {
            return Err(Failure::try_later(
                "asked to stop; what was assembled is stored",
            ));
        }
        let rules = rules.clone();
        // The next persons are read while these are assembled.
        let (histories, following) = tokio::join!(
            blocking(move || assemble_all(&page, &rules)),
            persons.next(PERSONS_AT_ONCE)
        );
        let histories = histories?;
        let put = project
            .store
            .put_histories(attempt.lease(), attempt.run, &histories, Timestamp::now())
            .await?;
        counts.histories += histories.len() as u64;
        counts.written += put.written;
        progress.at(counts.histories, Some(total), Unit::Things);
        page = following?;
    }
    counts.dropped = project.store.drop_stale_histories(attempt.lease()).await?;
    progress.finish();
    Ok(counts)
}

fn assemble_all(persons: &[PersonRecords], rules: &Rules) -> Vec<History> {
    persons
        .par_iter()
        .map(|person| {
            history::assemble(
                person.identity,
                &person.records,
                person.link_probability_min,
                rules,
            )
        })
        .collect()
}
