//! `musubi sync`

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Instant;

use schema::RowCounts;
use serde::Serialize;
use store::{RunId, RunKind};

use super::Session;
use crate::cli::SyncArgs;
use crate::config::SourceConfig;
use crate::jobs::pull_source::{Pulled, pull_source};
use crate::jobs::rehearse_source::{Rehearsal, rehearse};
use crate::output::{Show, Table, print, thousands};
use crate::project::Project;
use crate::summary::rows_table;
use crate::{Exit, Failure, runs};

/// What syncing came to, by source.
#[derive(Debug, Default, Serialize)]
struct Synced {
    sources: BTreeMap<String, SyncedSource>,
}

#[derive(Debug, Serialize)]
struct SyncedSource {
    run: RunId,
    #[serde(flatten)]
    pulled: Pulled,
}

pub(super) async fn sync(session: &Session, args: &SyncArgs) -> Result<Exit, Failure> {
    let project = session.project().await?;
    let sources = project.config.select(&args.sources.names)?;
    if sources.is_empty() {
        return Err(Failure::usage("no source is configured")
            .advise("add a `[source.NAME]` table to musubi.toml"));
    }
    if args.dry_run {
        return rehearsal(session, &project, &sources, args.full).await;
    }
    let mut synced = Synced::default();
    let mut failures = Vec::new();
    for source in sources {
        match sync_source(&project, source, args.full).await {
            Ok((run, pulled)) => {
                let name = source.name.to_string();
                synced.sources.insert(name, SyncedSource { run, pulled });
            }
            Err(failure) => failures.push((source, failure)),
        }
    }
    print(session.format, &synced)?;
    project.store.close().await;
    worst(failures)?;
    let set_aside = |each: &SyncedSource| each.pulled.counts.set_aside > 0;
    Ok(if synced.sources.values().any(set_aside) {
        Exit::SetAside
    } else {
        Exit::Done
    })
}

/// Pulls one source as a run of its own.
///
/// # Errors
/// As [`pull_source`].
pub(super) async fn sync_source(
    project: &Project,
    source: &SourceConfig,
    full: bool,
) -> Result<(RunId, Pulled), Failure> {
    let begun = Instant::now();
    let ended = runs::at_once(
        project,
        RunKind::Sync,
        Some(&source.name),
        async |attempt| {
            let pulled = pull_source(project, attempt, source, full).await?;
            attempt.stage("sync", begun).await?;
            Ok(pulled)
        },
    )
    .await?;
    Ok((ended.run, ended.result))
}

/// Tells all failures but the last, which ends the command: one that no waiting mends before one that it may.
pub(super) fn worst(mut failures: Vec<(&SourceConfig, Failure)>) -> Result<(), Failure> {
    failures.sort_by_key(|(_, failure)| failure.exit() == Exit::Failed);
    let last = failures.pop();
    for (source, failure) in failures {
        eprintln!("source `{}`: {}", source.name, failure.told());
    }
    match last {
        None => Ok(()),
        Some((source, failure)) => {
            eprintln!("source `{}`:", source.name);
            Err(failure)
        }
    }
}

impl Show for Synced {
    fn text(&self) -> String {
        let rows: BTreeMap<String, RowCounts> = self
            .sources
            .iter()
            .map(|(name, each)| (name.clone(), each.pulled.counts))
            .collect();
        let mut text = if rows.is_empty() {
            String::new()
        } else {
            rows_table(&rows)
        };
        for (name, each) in &self.sources {
            if let Some(differ) = each.pulled.remapped {
                let _ = writeln!(
                    text,
                    "{name}: the mappings changed; {differ} stored records tell something else now"
                );
            }
            for finding in &each.pulled.findings {
                let _ = writeln!(text, "{name}: {}: {}", finding.place, finding.message);
            }
        }
        if rows.values().any(|counts| counts.set_aside > 0) {
            text.push_str("rows were set aside: `musubi dead-letters` says which and why\n");
        }
        text
    }
}

#[derive(Debug, Default, Serialize)]
struct Rehearsed {
    sources: BTreeMap<String, Rehearsal>,
}

async fn rehearsal(
    session: &Session,
    project: &Project,
    sources: &[&SourceConfig],
    full: bool,
) -> Result<Exit, Failure> {
    let mut rehearsed = Rehearsed::default();
    for source in sources {
        let each = rehearse(project, source, full).await?;
        rehearsed.sources.insert(source.name.to_string(), each);
    }
    print(session.format, &rehearsed)?;
    Ok(
        if rehearsed.sources.values().any(|each| each.set_aside > 0) {
            Exit::SetAside
        } else {
            Exit::Done
        },
    )
}

impl Show for Rehearsed {
    fn text(&self) -> String {
        let mut table = Table::new([
            "source",
            "read",
            "would be stored",
            "would be set aside",
            "issues",
            "fields refused",
        ]);
        for (name, each) in &self.sources {
            table.row([
                name.clone(),
                thousands(each.read),
                thousands(each.mapped),
                thousands(each.set_aside),
                thousands(each.issues),
                thousands(each.refused.values().sum()),
            ]);
        }
        let mut text = table.render();
        for (name, each) in &self.sources {
            for finding in &each.findings {
                let _ = writeln!(text, "{name}: {}: {}", finding.place, finding.message);
            }
            for example in &each.examples {
                let _ = writeln!(text, "{name}: {example}");
            }
        }
        text.push_str("nothing was stored\n");
        text
    }
}
