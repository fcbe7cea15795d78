//! Mends what the queue forgets: runs whose worker died are queued again, and runs that are due are nudged.

use std::time::Duration;

use jiff::Timestamp;

use super::Shop;
use crate::Failure;

/// How often it looks.
const LOOK: Duration = Duration::from_secs(2);

/// A run that stays due is nudged again after so many seconds.
const NUDGE_AGAIN_S: i64 = 15;

/// Looks for ever; a database that is away is asked again.
pub(super) async fn reap(shop: Shop) {
    loop {
        if let Err(failure) = look(&shop).await {
            tracing::warn!("{}", failure.told());
        }
        tokio::time::sleep(LOOK).await;
    }
}

async fn look(shop: &Shop) -> Result<(), Failure> {
    if shop.stop.is_asked() {
        return Ok(());
    }
    let now = Timestamp::now();
    for (run, state) in shop.project.store.reap_runs(now).await? {
        tracing::warn!(
            run = run.0,
            state = state.as_str(),
            "its worker ended without a word"
        );
    }
    let slot = now.as_second() / NUDGE_AGAIN_S;
    for run in shop.project.store.due_runs(now).await? {
        shop.queue
            .nudge(run.id, &format!("due:{}:{slot}", run.id))
            .await?;
    }
    Ok(())
}
