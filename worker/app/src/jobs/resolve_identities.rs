//! Gives each person's records their lasting identity.

use jiff::Timestamp;
use store::IdentityOutcome;

use crate::Failure;
use crate::jobs::link_records::Linking;
use crate::project::Project;
use crate::runs::Attempt;

/// Gives the clusters of a linking their identities, and makes its evidence the current one. The same clusters again change
/// nothing.
///
/// # Errors
/// When the lease is lost or the database away.
pub async fn resolve_identities(
    project: &Project,
    attempt: &Attempt,
    linking: &Linking,
) -> Result<IdentityOutcome, Failure> {
    let outcome = project
        .store
        .resolve_identities(
            attempt.lease(),
            linking.link_run,
            &linking.clusters,
            Timestamp::now(),
        )
        .await?;
    Ok(outcome)
}
