//! `musubi link`

use std::fmt::Write as _;
use std::time::Instant;

use serde::Serialize;
use store::{IdentityOutcome, RunKind};

use super::Session;
use crate::jobs::link_records::{LinkCounts, link_records};
use crate::jobs::resolve_identities::resolve_identities;
use crate::output::{Show, print};
use crate::project::Project;
use crate::runs::{self, Attempt};
use crate::{Exit, Failure};

/// What linking came to.
#[derive(Debug, Serialize)]
pub(crate) struct Linked {
    pub(super) link: LinkCounts,
    pub(super) identities: IdentityOutcome,
    #[serde(skip)]
    pub(super) seconds: [f64; 2],
}

pub(super) async fn link(session: &Session) -> Result<Exit, Failure> {
    let project = session.project().await?;
    let linked = link_all(&project).await?;
    print(session.format, &linked)?;
    project.store.close().await;
    Ok(Exit::Done)
}

/// Links and resolves as one run.
pub(super) async fn link_all(project: &Project) -> Result<Linked, Failure> {
    let ended = runs::at_once(project, RunKind::Link, None, async |attempt| {
        link_and_resolve(project, attempt).await
    })
    .await?;
    Ok(ended.result)
}

/// Links and resolves within an attempt.
pub(crate) async fn link_and_resolve(
    project: &Project,
    attempt: &Attempt,
) -> Result<Linked, Failure> {
    let begun = Instant::now();
    let linking = link_records(project, attempt).await?;
    let link_seconds = attempt.stage("link", begun).await?;
    let begun = Instant::now();
    let identities = resolve_identities(project, attempt, &linking).await?;
    let resolve_seconds = attempt.stage("resolve", begun).await?;
    Ok(Linked {
        link: linking.counts,
        identities,
        seconds: [link_seconds, resolve_seconds],
    })
}

impl Show for Linked {
    fn text(&self) -> String {
        let mut text = String::new();
        let LinkCounts {
            records,
            pairs,
            links,
            review,
            vetoed,
        } = self.link;
        let _ = writeln!(
            text,
            "{records} records, {pairs} pairs looked at closely: {links} one person, {review} for review, {vetoed} forbidden"
        );
        let IdentityOutcome {
            created,
            kept,
            merged,
            split,
            emptied,
            records_moved,
        } = self.identities;
        let _ = writeln!(
            text,
            "identities: {created} new, {kept} kept, {merged} merged, {split} split, {emptied} emptied; {records_moved} records moved"
        );
        text
    }
}
