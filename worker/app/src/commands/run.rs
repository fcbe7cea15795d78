//! `musubi run`

use std::time::Instant;

use super::{Session, assemble, link, publish, sync};
use crate::cli::RunArgs;
use crate::config::SourceConfig;
use crate::output::print;
use crate::project::Project;
use crate::summary::Summary;
use crate::{Exit, Failure};

pub(super) async fn run(session: &Session, args: &RunArgs) -> Result<Exit, Failure> {
    let project = session.project().await?;
    let summary = whole_way(&project, args.full).await?;
    print(session.format, &summary)?;
    project.store.close().await;
    Ok(exit(&summary))
}

/// 3 when rows were set aside.
pub(super) fn exit(summary: &Summary) -> Exit {
    if summary.has_set_aside() {
        Exit::SetAside
    } else {
        Exit::Done
    }
}

/// Syncs every source, links, assembles and publishes.
///
/// # Errors
/// When a source cannot be read (the others are read first, and nothing is linked), or a later step fails.
pub async fn whole_way(project: &Project, full: bool) -> Result<Summary, Failure> {
    whole_way_with(project, |_| full).await
}

/// The same, with those sources read from their beginning for which it is asked.
pub(super) async fn whole_way_with(
    project: &Project,
    full: impl Fn(&SourceConfig) -> bool,
) -> Result<Summary, Failure> {
    let mut summary = Summary::default();
    let mut failures = Vec::new();
    for source in project.config.sources.values() {
        let begun = Instant::now();
        match sync::sync_source(project, source, full(source)).await {
            Ok((_, pulled)) => summary.add_source(source.name.as_str(), pulled.counts),
            Err(failure) => failures.push((source, failure)),
        }
        summary.add_stage("sync", begun.elapsed().as_secs_f64());
    }
    sync::worst(failures)?;
    let linked = link::link_all(project).await?;
    summary.add_links(linked.link);
    summary.add_stage("link", linked.seconds[0]);
    summary.add_stage("resolve", linked.seconds[1]);
    let (_, seconds) = assemble::assemble_all(project).await?;
    summary.add_stage("assemble", seconds);
    let (release, seconds) = publish::publish_all(project, publish::PROFILE_DEFAULT).await?;
    summary.add_stage("publish", seconds);
    summary.release = Some(release.folder.display().to_string());
    summary.add_stored(&project.store.summary().await?);
    Ok(summary)
}
