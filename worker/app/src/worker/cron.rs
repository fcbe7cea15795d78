//! Schedules: each tick queues the pull of a source, once over all workers.

use apalis::prelude::*;
use apalis_cron::{CronScheduler, Tick};
use jiff::Timestamp;
use schema::SourceName;
use store::RunKind;

use super::Shop;
use super::queue::worker_name;
use crate::Failure;
use crate::config::Schedule;
use crate::lease::{Held, Patience};
use crate::runs;

/// A source with the shop that pulls it.
#[derive(Clone, Debug)]
struct Scheduled {
    shop: Shop,
    source: SourceName,
}

/// Adds a worker for each schedule to a monitor. A source without a schedule of its own has that of `[worker]`.
pub(super) fn register(mut monitor: Monitor, shop: &Shop) -> Monitor {
    let config = shop.project.config.clone();
    for (name, source) in &config.sources {
        let Some(Schedule { cron, .. }) = source
            .schedule
            .clone()
            .or_else(|| config.worker.schedule.clone())
        else {
            continue;
        };
        let scheduled = Scheduled {
            shop: shop.clone(),
            source: name.clone(),
        };
        monitor = monitor.register(move |_| {
            WorkerBuilder::new(worker_name(&scheduled.shop))
                .backend(CronScheduler::new(cron.clone()))
                .data(scheduled.clone())
                .build(tick)
        });
    }
    monitor
}

async fn tick(tick: Tick, scheduled: Data<Scheduled>) -> Result<(), BoxDynError> {
    let at = tick.get_timestamp();
    if let Err(failure) = queue_once(&scheduled, at).await {
        // The next tick comes; what this one would have read is read then.
        tracing::warn!(source = %scheduled.source, tick = at, "{}", failure.told());
    }
    Ok(())
}

/// Every worker process has this tick; the first one to hold the lease queues the run, the others see that it was done.
async fn queue_once(scheduled: &Scheduled, at: u64) -> Result<(), Failure> {
    let Scheduled { shop, source } = scheduled;
    let project = &shop.project;
    let name = format!("cron:{source}");
    let Some(held) = Held::take(project, &name, Patience::None).await? else {
        return Ok(());
    };
    let last = project.store.fact(&name).await?;
    if last
        .and_then(|text| text.parse().ok())
        .is_none_or(|last: u64| last < at)
    {
        let now = Timestamp::now();
        let new = runs::new_run(project, RunKind::Sync, Some(source), now);
        let run = project.store.queue_run(&new, now).await?;
        project
            .store
            .keep_fact(held.lease(), &name, &at.to_string())
            .await?;
        shop.queue
            .nudge(run, &format!("cron:{source}:{at}"))
            .await?;
    }
    held.release().await
}
