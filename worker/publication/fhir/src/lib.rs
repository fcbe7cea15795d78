//! A published history as a FHIR R4 Bundle of type `collection`.
//!
//! [`bundle`] tells what [`PublishedHistory`] tells and nothing more: the profile has been applied. The patient is the
//! identity; infusions and other treatment are Procedures; diseases, relapse, GVHD and adverse events are Conditions;
//! engraftment, CRS, ICANS, responses, contacts and end points are Observations; who tells of an event is a Provenance,
//! `author` where the source records it and `informant` where it mentions it. Dates stay as precise as their sources.
//!
//! The types are those of R4B (4.3), whose resources used here are those of R4 (4.0.1).
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test panics on purpose"))]

mod concepts;
mod dates;
mod error;
mod event;
mod patient;

use fhir_sdk::Instant;
use fhir_sdk::r4b::codes::BundleType;
use fhir_sdk::r4b::resources::{Bundle, BundleEntry, Resource};
use publication::PublishedHistory;

pub use error::FhirError;

/// A history as a Bundle. `recorded` is the instant of the release, RFC 3339, as in `2024-10-02T00:00:00Z`.
///
/// # Errors
/// [`FhirError::Recorded`] when `recorded` is no instant; [`FhirError::Date`] for a date that FHIR cannot hold;
/// [`FhirError::Resource`] when a resource lacks what FHIR requires.
pub fn bundle(history: &PublishedHistory, recorded: &str) -> Result<Bundle, FhirError> {
    let instant = dates::instant(recorded)?;
    let mut resources = vec![(
        "Patient",
        history.identity.clone(),
        patient::patient(history)?,
    )];
    for place in 0..history.events.len() {
        resources.extend(event::resources(history, place, &instant)?);
    }
    for (place, outcome) in history.outcomes.iter().enumerate() {
        resources.push(event::end_point(history, place, outcome)?);
    }
    let entries = resources
        .into_iter()
        .map(|(kind, id, resource)| entry(kind, &id, resource).map(Some));
    let entries = entries.collect::<Result<Vec<_>, FhirError>>()?;
    collection(history, instant, entries)
}

/// A history as one line of JSON, without the line's end.
///
/// # Errors
/// As [`bundle`], and [`FhirError::Json`] when it cannot be written as JSON.
pub fn bundle_json(history: &PublishedHistory, recorded: &str) -> Result<String, FhirError> {
    serde_json::to_string(&bundle(history, recorded)?).map_err(FhirError::Json)
}

fn entry(kind: &str, id: &str, resource: Resource) -> Result<BundleEntry, FhirError> {
    Ok(BundleEntry::builder()
        .full_url(format!("{}/{kind}/{id}", concepts::SERVER))
        .resource(resource)
        .build()?)
}

fn collection(
    history: &PublishedHistory,
    instant: Instant,
    entries: Vec<Option<BundleEntry>>,
) -> Result<Bundle, FhirError> {
    Ok(Bundle::builder()
        .id(history.identity.clone())
        .r#type(BundleType::Collection)
        .timestamp(instant)
        .entry(entries)
        .build()?)
}
