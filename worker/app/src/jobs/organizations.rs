//! What a FHIR source's organisations say of facilities, kept so that references to them can be resolved in later pulls too.

use std::sync::PoisonError;

use crate::Failure;
use crate::jobs::map_records::{Mapper, remap};
use crate::project::Project;
use crate::runs::Attempt;

/// Gives the mapper the organisations that earlier pulls of its source told of.
///
/// # Errors
/// When the database is away, or what was kept cannot be read.
pub(super) async fn remember(project: &Project, mapper: &Mapper) -> Result<(), Failure> {
    let Some(kept) = project.store.fact(&known_fact(mapper)).await? else {
        return Ok(());
    };
    let known = serde_json::from_str(&kept)
        .map_err(|cause| Failure::because("the kept organisations cannot be read", cause))?;
    let mut tables = mapper
        .tables
        .write()
        .unwrap_or_else(PoisonError::into_inner);
    tables.remember(known);
    Ok(())
}

/// Keeps what the mapper learnt, before the page that told it is stored: killed between the two, the next pull learns it again.
/// With `earlier`, records that were mapped before may refer to what is new.
///
/// # Errors
/// When the lease is lost or the database away.
pub(super) async fn keep(
    project: &Project,
    attempt: &Attempt,
    mapper: &Mapper,
    earlier: bool,
) -> Result<(), Failure> {
    let known = {
        let tables = mapper.tables.read().unwrap_or_else(PoisonError::into_inner);
        serde_json::to_string(tables.organizations())
    };
    let known =
        known.map_err(|cause| Failure::because("organisations have no JSON form", cause))?;
    let lease = attempt.lease();
    if earlier {
        project
            .store
            .keep_fact(lease, &stale_fact(mapper), "yes")
            .await?;
    }
    project
        .store
        .keep_fact(lease, &known_fact(mapper), &known)
        .await?;
    Ok(())
}

/// Maps the source's records anew where organisations became known after records that may refer to them. Gives how many differ.
///
/// # Errors
/// When the lease is lost or the database away.
pub(super) async fn catch_up(
    project: &Project,
    attempt: &Attempt,
    mapper: &Mapper,
) -> Result<Option<u64>, Failure> {
    let stale = stale_fact(mapper);
    if project.store.fact(&stale).await?.as_deref() != Some("yes") {
        return Ok(None);
    }
    let differ = remap(project, attempt, mapper).await?;
    project
        .store
        .keep_fact(attempt.lease(), &stale, "no")
        .await?;
    Ok(Some(differ))
}

fn known_fact(mapper: &Mapper) -> String {
    format!("organizations:{}", mapper.source)
}

fn stale_fact(mapper: &Mapper) -> String {
    format!("organizations-stale:{}", mapper.source)
}
