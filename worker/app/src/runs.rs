//! Runs: each attempt at a job is counted in the store before its work and ends there, whatever begins it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use schema::SourceName;
use store::{Lease, NewRun, Run, RunEnd, RunId, RunKind, RunState, Start, Store};
use tracing::Instrument as _;

use crate::Failure;
use crate::lease::{Held, Patience};
use crate::project::Project;
use crate::telemetry::Meters;

/// Longest delay between two attempts of a run.
const RETRY_DELAY_MAX: Duration = Duration::from_hours(1);

/// A run that was dead-lettered at the start is asked for anew; that a second is too would be a fault.
const STARTS_ASKED_MAX: usize = 3;

/// Asks work to end at its next safe place.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Asks.
    pub fn ask(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Whether it was asked.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// A started attempt of a run, under its lease.
#[derive(Debug)]
pub struct Attempt {
    /// The run.
    pub run: RunId,
    /// When work should end early.
    pub stop: Stop,
    store: Arc<Store>,
    held: Held,
}

/// What an attempt came to.
#[derive(Debug)]
pub struct Ended<T> {
    /// The run.
    pub run: RunId,
    /// How it stands now.
    pub state: RunState,
    /// What its work gave.
    pub result: T,
}

impl Attempt {
    /// The lease, to be shown to the store.
    #[must_use]
    pub const fn lease(&self) -> &Lease {
        self.held.lease()
    }

    /// Keeps how long a stage took.
    ///
    /// # Errors
    /// When the lease is lost or the database away.
    pub async fn stage(&self, name: &str, begun: Instant) -> Result<f64, Failure> {
        let spent = begun.elapsed();
        self.store
            .add_stage_time(self.lease(), self.run, name, spent)
            .await?;
        Meters::global().stage(name, spent.as_secs_f64());
        Ok(spent.as_secs_f64())
    }
}

/// Runs a job at once, as its own run.
///
/// # Errors
/// What the work ended with; that another process is at the same job and does not end soon.
pub async fn at_once<T>(
    project: &Project,
    kind: RunKind,
    source: Option<&SourceName>,
    work: impl AsyncFnOnce(&Attempt) -> Result<T, Failure>,
) -> Result<Ended<T>, Failure> {
    let resource = resource(kind, source);
    let Some(held) = Held::take(project, &resource, Patience::UntilExpiry).await? else {
        return Err(Failure::try_later(format!(
            "another process holds `{resource}`"
        )));
    };
    project.store.reap_runs(Timestamp::now()).await?;
    let run = begin_new(project, &held, kind, source).await?;
    let attempt = Attempt {
        run,
        stop: Stop::default(),
        store: project.store.clone(),
        held,
    };
    let new = new_run(project, kind, source, Timestamp::now());
    let done = traced(&attempt, &new, work).await;
    end(attempt, new, done, None).await
}

/// Runs a job that was queued; `None` when there is nothing to do: another has it, it has ended, it is not due.
///
/// # Errors
/// What the work ended with, after it was recorded and, where waiting may help, queued again with its delay.
pub async fn queued<T>(
    project: &Project,
    run: &Run,
    stop: Stop,
    work: impl AsyncFnOnce(&Attempt) -> Result<T, Failure>,
) -> Result<Option<Ended<T>>, Failure> {
    let resource = resource(run.kind, run.source.as_ref());
    let Some(held) = Held::take(project, &resource, Patience::None).await? else {
        return Ok(None);
    };
    let start = project
        .store
        .start_run(held.lease(), run.id, Timestamp::now())
        .await?;
    let Start::Begin { attempt } = start else {
        held.release().await?;
        return Ok(None);
    };
    let retry = retry_delay(project.config.worker.retry_delay_s, attempt);
    let attempt = Attempt {
        run: run.id,
        stop,
        store: project.store.clone(),
        held,
    };
    let new = new_run(project, run.kind, run.source.as_ref(), Timestamp::now());
    let done = traced(&attempt, &new, work).await;
    end(attempt, new, done, Some(retry)).await.map(Some)
}

/// The lease that a job works under.
#[must_use]
pub fn resource(kind: RunKind, source: Option<&SourceName>) -> String {
    match source {
        Some(source) => format!("{}:{source}", kind.as_str()),
        None => kind.as_str().to_owned(),
    }
}

async fn begin_new(
    project: &Project,
    held: &Held,
    kind: RunKind,
    source: Option<&SourceName>,
) -> Result<RunId, Failure> {
    let store = &project.store;
    for _ in 0..STARTS_ASKED_MAX {
        let now = Timestamp::now();
        let run = store
            .queue_run(&new_run(project, kind, source, now), now)
            .await?;
        // One that waits for its delay is begun now: a person asks for it.
        let due = store.run(run).await?.map_or(now, |run| run.due_at.max(now));
        if let Start::Begin { .. } = store.start_run(held.lease(), run, due).await? {
            return Ok(run);
        }
    }
    Err(Failure::stop(format!(
        "no run of `{}` could be begun",
        kind.as_str()
    )))
}

async fn traced<T>(
    attempt: &Attempt,
    new: &NewRun,
    work: impl AsyncFnOnce(&Attempt) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let (kind, source) = (new.kind.as_str(), new.source.as_ref());
    let source = source.map(ToString::to_string).unwrap_or_default();
    let span = tracing::info_span!("run", id = attempt.run.0, kind, source);
    work(attempt).instrument(span).await
}

async fn end<T>(
    attempt: Attempt,
    new: NewRun,
    done: Result<T, Failure>,
    retry: Option<Duration>,
) -> Result<Ended<T>, Failure> {
    let now = Timestamp::now();
    let retry = if attempt.stop.is_asked() {
        retry.map(|_| Duration::ZERO)
    } else {
        retry
    };
    let recorded = attempt
        .store
        .finish_run(
            attempt.held.lease(),
            attempt.run,
            how_ended(&done, retry, now),
            now,
        )
        .await;
    if let Ok(state) = &recorded {
        Meters::global().run(new.kind.as_str(), state.as_str());
    }
    if attempt.stop.is_asked() && matches!(recorded, Ok(RunState::DeadLettered)) {
        // It was not the run's fault that its last attempt was cut short.
        attempt
            .store
            .queue_run(&NewRun { due: now, ..new }, now)
            .await?;
    }
    let run = attempt.run;
    let released = attempt.held.release().await;
    let result = done?;
    released?;
    Ok(Ended {
        run,
        state: recorded?,
        result,
    })
}

/// How an attempt is recorded; where waiting may help and there is a delay, another one is queued after it.
fn how_ended<T>(done: &Result<T, Failure>, retry: Option<Duration>, now: Timestamp) -> RunEnd {
    let Err(failure) = done else {
        return RunEnd::Done;
    };
    let error = failure.told().replace('\n', ";");
    match failure {
        Failure::Refused { .. } => RunEnd::Refused { error },
        Failure::TryLater { .. } => RunEnd::Failed {
            error,
            retry_at: retry.map(|delay| now + delay),
        },
        Failure::Usage { .. } | Failure::Stop { .. } => RunEnd::Failed {
            error,
            retry_at: None,
        },
    }
}

/// A run of a job, to be queued.
#[must_use]
pub fn new_run(
    project: &Project,
    kind: RunKind,
    source: Option<&SourceName>,
    due: Timestamp,
) -> NewRun {
    NewRun {
        kind,
        source: source.cloned(),
        attempts_max: project.config.worker.attempts_max,
        due,
    }
}

/// The delay before the next attempt: doubled each time.
fn retry_delay(first_s: u64, attempt: u32) -> Duration {
    let factor = 1_u64 << attempt.saturating_sub(1).min(16);
    Duration::from_secs(first_s.saturating_mul(factor)).min(RETRY_DELAY_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delay_doubles_up_to_an_hour() {
        let delays: Vec<u64> = [1, 2, 3, 20]
            .map(|attempt| retry_delay(60, attempt).as_secs())
            .to_vec();
        assert_eq!(delays, [60, 120, 240, 3600]);
    }
}
