//! `musubi assemble`

use std::fmt::Write as _;
use std::time::Instant;

use store::RunKind;

use super::Session;
use crate::jobs::assemble_histories::{AssembleCounts, assemble_histories};
use crate::output::{Show, print};
use crate::project::Project;
use crate::{Exit, Failure, runs};

pub(super) async fn assemble(session: &Session) -> Result<Exit, Failure> {
    let project = session.project().await?;
    let (counts, _) = assemble_all(&project).await?;
    print(session.format, &counts)?;
    project.store.close().await;
    Ok(Exit::Done)
}

/// Assembles as one run; gives the seconds too.
pub(super) async fn assemble_all(project: &Project) -> Result<(AssembleCounts, f64), Failure> {
    let ended = runs::at_once(project, RunKind::Assemble, None, async |attempt| {
        let begun = Instant::now();
        let counts = assemble_histories(project, attempt).await?;
        let seconds = attempt.stage("assemble", begun).await?;
        Ok((counts, seconds))
    })
    .await?;
    Ok(ended.result)
}

impl Show for AssembleCounts {
    fn text(&self) -> String {
        let mut text = String::new();
        let Self {
            histories,
            written,
            dropped,
        } = self;
        let _ = writeln!(
            text,
            "{histories} histories: {written} new or changed, {dropped} dropped"
        );
        text
    }
}
