//! `musubi publish`

use std::fmt::Write as _;
use std::time::Instant;

use store::RunKind;

use super::Session;
use crate::cli::PublishArgs;
use crate::jobs::publish_histories::{Published, publish_histories};
use crate::output::{Show, print, thousands};
use crate::project::Project;
use crate::runs::{self, Attempt};
use crate::{Exit, Failure};

/// The profile of `musubi run` and of the worker.
pub(super) const PROFILE_DEFAULT: &str = "research";

pub(super) async fn publish(session: &Session, args: &PublishArgs) -> Result<Exit, Failure> {
    let project = session.project().await?;
    let (published, _) = publish_all(&project, &args.profile).await?;
    print(session.format, &published)?;
    project.store.close().await;
    Ok(Exit::Done)
}

/// Publishes as one run; gives the seconds too.
pub(super) async fn publish_all(
    project: &Project,
    profile: &str,
) -> Result<(Published, f64), Failure> {
    let ended = runs::at_once(project, RunKind::Publish, None, async |attempt| {
        let begun = Instant::now();
        let published = publish_histories(project, attempt, profile).await?;
        let seconds = attempt.stage("publish", begun).await?;
        Ok((published, seconds))
    })
    .await?;
    Ok(ended.result)
}

/// Publishes by the usual profile within an attempt.
pub(crate) async fn publish_within(
    project: &Project,
    attempt: &Attempt,
) -> Result<Published, Failure> {
    publish_histories(project, attempt, PROFILE_DEFAULT).await
}

impl Show for Published {
    fn text(&self) -> String {
        let mut text = String::new();
        let _ = writeln!(text, "release {}: {}", self.id, self.folder.display());
        for file in &self.manifest.files {
            let _ = writeln!(
                text,
                "  {}: {} rows, {} bytes",
                file.name,
                thousands(file.rows),
                thousands(file.bytes)
            );
        }
        let counts = &self.manifest.counts;
        let left_out: u64 = counts.left_out.values().sum();
        let _ = writeln!(
            text,
            "{} persons told of, {} left out by consent",
            thousands(counts.persons),
            thousands(left_out)
        );
        text
    }
}
