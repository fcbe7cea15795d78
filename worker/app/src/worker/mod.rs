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
use tokio::signal::unix::{Signal, SignalKind, signal};

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
    // First of all, so that whoever stops a worker that only begins is heard too.
    let signals = Signals::listen()?;
    let project = session.project().await?;
    let queue = Queue::open(&project).await?;
    let shop = Shop {
        project,
        queue,
        stop: Stop::default(),
    };
    let served = served::serve(&shop, session.telemetry.clone()).await?;
    announce(&shop);
    let reaper = tokio::spawn(reaper::reap(shop.clone()));
    let monitor = Monitor::new().shutdown_timeout(SHUTDOWN_MAX);
    let monitor = shop
        .queue
        .clone()
        .register(cron::register(monitor, &shop), &shop);
    let ended = monitor
        .run_with_signal(signals.asked_to_stop(shop.stop.clone()))
        .await;
    reaper.abort();
    drop(served);
    shop.project.store.close().await;
    match ended {
        Ok(()) | Err(MonitorError::ShutdownSignal(_)) => Ok(Exit::Done),
        Err(cause) => Err(Failure::because("the worker ended", cause)),
    }
}

/// Says on stderr what the worker does, since it says nothing else for long.
fn announce(shop: &Shop) {
    let config = &shop.project.config;
    let scheduled = match &config.worker.schedule {
        Some(_) => config.sources.len(),
        None => config
            .sources
            .values()
            .filter(|source| source.schedule.is_some())
            .count(),
    };
    eprintln!("working: {scheduled} sources have a schedule; SIGTERM stops");
    if scheduled == 0 {
        eprintln!(
            "note: without `schedule` in `[worker]` or a source, only queued runs are worked off"
        );
    }
}

/// The signals that ask a worker to stop.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn listen() -> Result<Self, Failure> {
        let failed = |cause| Failure::because("signals cannot be listened to", cause);
        Ok(Self {
            terminate: signal(SignalKind::terminate()).map_err(failed)?,
            interrupt: signal(SignalKind::interrupt()).map_err(failed)?,
        })
    }

    async fn asked_to_stop(mut self, stop: Stop) -> std::io::Result<()> {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
        tracing::info!("asked to stop");
        stop.ask();
        Ok(())
    }
}
