//! What a nudge leads to: the run it names is begun, if it is queued, due, and nobody else's.

use apalis::prelude::{AbortError, Attempt, BoxDynError, Data};
use jiff::Timestamp;
use store::{Run, RunKind};

use super::queue::NUDGE_ATTEMPTS_MAX;
use super::{Nudge, Shop};
use crate::jobs::assemble_histories::assemble_histories;
use crate::jobs::pull_source::pull_source;
use crate::{Failure, commands, runs};

/// The error text of a handler lands in the queue's row, so it tells nothing but that the work ended badly; the run tells why.
pub(super) async fn handle(
    nudge: Nudge,
    attempt: Attempt,
    shop: Data<Shop>,
) -> Result<(), BoxDynError> {
    if attempt.current() > NUDGE_ATTEMPTS_MAX {
        return Err(AbortError::new("nudged too often").into());
    }
    let shop = (*shop).clone();
    // In a task of its own: heartbeats go on, and a panic ends the nudge and not the worker.
    match tokio::spawn(async move { work(&shop, nudge).await }).await {
        Ok(()) => Ok(()),
        Err(_) => Err(AbortError::new("a fault of the program").into()),
    }
}

async fn work(shop: &Shop, nudge: Nudge) {
    let ended = match shop.project.store.run(nudge.run).await {
        Ok(Some(run)) => begin(shop, &run).await,
        Ok(None) => Ok(()),
        Err(error) => Err(error.into()),
    };
    if let Err(failure) = ended {
        tracing::warn!(run = nudge.run.0, "{}", failure.told());
    }
}

async fn begin(shop: &Shop, run: &Run) -> Result<(), Failure> {
    if shop.stop.is_asked() {
        return Ok(());
    }
    match run.kind {
        RunKind::Sync | RunKind::Map => sync(shop, run).await,
        RunKind::Link => link(shop, run).await,
        RunKind::Assemble => assemble(shop, run).await,
        RunKind::Publish => publish(shop, run).await,
    }
}

async fn sync(shop: &Shop, run: &Run) -> Result<(), Failure> {
    let project = &shop.project;
    let name = run
        .source
        .as_ref()
        .map(ToString::to_string)
        .unwrap_or_default();
    let ended = runs::queued(project, run, shop.stop.clone(), async |attempt| {
        let source = project.config.source(&name)?;
        let begun = std::time::Instant::now();
        let pulled = pull_source(project, attempt, source, false).await?;
        attempt.stage("sync", begun).await?;
        Ok(pulled)
    })
    .await?;
    let Some(ended) = ended else { return Ok(()) };
    let counts = ended.result.counts;
    if counts.new + counts.changed + ended.result.remapped.unwrap_or(0) > 0 {
        follow(shop, RunKind::Link).await?;
    }
    Ok(())
}

async fn link(shop: &Shop, run: &Run) -> Result<(), Failure> {
    let project = &shop.project;
    let ended = runs::queued(project, run, shop.stop.clone(), async |attempt| {
        commands::link_and_resolve(project, attempt).await
    })
    .await?;
    if ended.is_some() {
        follow(shop, RunKind::Assemble).await?;
    }
    Ok(())
}

async fn assemble(shop: &Shop, run: &Run) -> Result<(), Failure> {
    let project = &shop.project;
    let ended = runs::queued(project, run, shop.stop.clone(), async |attempt| {
        let begun = std::time::Instant::now();
        let counts = assemble_histories(project, attempt).await?;
        attempt.stage("assemble", begun).await?;
        Ok(counts)
    })
    .await?;
    if ended.is_some() && project.config.worker.publish {
        follow(shop, RunKind::Publish).await?;
    }
    Ok(())
}

async fn publish(shop: &Shop, run: &Run) -> Result<(), Failure> {
    let project = &shop.project;
    runs::queued(project, run, shop.stop.clone(), async |attempt| {
        commands::publish_within(project, attempt).await
    })
    .await?;
    Ok(())
}

/// Queues the next step of the way.
async fn follow(shop: &Shop, kind: RunKind) -> Result<(), Failure> {
    let now = Timestamp::now();
    let new = runs::new_run(&shop.project, kind, None, now);
    let run = shop.project.store.queue_run(&new, now).await?;
    shop.queue.nudge(run, &format!("follow:{run}")).await
}
