//! `musubi worker`: begins runs by schedule and works off what is queued, until SIGTERM.
//!
//! The store's runs are the truth. The queue (apalis) only nudges: a row of it holds the number of a run, nothing else. Whatever
//! the queue loses, doubles or never ends is mended by the reaper, which looks at the runs themselves.

mod cron;
mod handler;
mod queue;
mod reaper;
mod served;

use std::time::Duration;

use apalis::prelude::{Monitor, MonitorError};
use tokio::signal::unix::{SignalKind, signal};

use crate::commands::Session;
use crate::project::Project;
use crate::runs::Stop;
use crate::{Exit, Failure};

pub use queue::{Nudge, Queue};

/// How long running work may take to reach its next safe place after SIGTERM.
const SHUTDOWN_MAX: Duration = Duration::from_mins(2);

/// What the worker's parts share.
#[derive(Clone, Debug)]
pub(crate) struct Shop {
    pub(crate) project: Project,
    pub(crate) queue: Queue,
    pub(crate) stop: Stop,
}

/// Works until SIGTERM or SIGINT: running work ends at its next safe place, gives its lease back and is queued again.
///
/// # Errors
/// When the database or the queue beside it cannot be used, or the address to listen on is taken.
pub async fn work(session: &Session) -> Result<Exit, Failure> {
    let project = session.project().await?;
    let queue = Queue::open(&project).await?;
    let shop = Shop {
        project,
        queue,
        stop: Stop::default(),
    };
    let served = served::serve(&shop, session.telemetry.clone()).await?;
    let reaper = tokio::spawn(reaper::reap(shop.clone()));
    let monitor = Monitor::new().shutdown_timeout(SHUTDOWN_MAX);
    let monitor = shop
        .queue
        .clone()
        .register(cron::register(monitor, &shop), &shop);
    let ended = monitor
        .run_with_signal(asked_to_stop(shop.stop.clone()))
        .await;
    reaper.abort();
    drop(served);
    shop.project.store.close().await;
    match ended {
        Ok(()) | Err(MonitorError::ShutdownSignal(_)) => Ok(Exit::Done),
        Err(cause) => Err(Failure::because("the worker ended", cause)),
    }
}

async fn asked_to_stop(stop: Stop) -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("asked to stop");
    stop.ask();
    Ok(())
}
