//! Events and end points as resources, each event with the Provenance of who tells of it.

use fhir_sdk::Instant;
use fhir_sdk::r4b::codes::{EventStatus, ObservationStatus};
use fhir_sdk::r4b::resources::{
    Condition, ConditionOnset, Observation, ObservationComponent, ObservationComponentValue,
    ObservationEffective, ObservationValue, Procedure, ProcedurePerformed, Provenance,
    ProvenanceAgent, Resource,
};
use fhir_sdk::r4b::types::{CodeableConcept, Reference};
use publication::{PublishedEvent, PublishedHistory, PublishedOutcome};

use crate::concepts::{concept, days, own, reference, source, words};
use crate::{FhirError, dates};

/// A resource with its type and id.
pub(crate) type Named = (&'static str, String, Resource);

/// FHIR's list of what somebody did for a resource.
const PARTICIPANTS: &str = "http://terminology.hl7.org/CodeSystem/provenance-participant-type";
const VERIFICATION: &str = "http://terminology.hl7.org/CodeSystem/condition-ver-status";

/// Which resource an event is.
fn resource_type(kind: &str) -> &'static str {
    match kind {
        "HCT" | "CT" | "DLI" | "BOOST" | "RESCUE" | "CHEMOTHERAPY" | "APHERESIS" | "THERAPY" => {
            "Procedure"
        }
        "DIAGNOSIS" | "ACUTE_GVHD" | "CHRONIC_GVHD" | "SOS_VOD" | "RELAPSE"
        | "SECOND_MALIGNANCY" | "ADVERSE_EVENT" => "Condition",
        _ => "Observation",
    }
}

fn id(history: &PublishedHistory, kind: &str, place: usize) -> String {
    format!("{}.{kind}{place}", history.identity)
}

/// The resource of an event at a place, and who tells of it.
pub(crate) fn resources(
    history: &PublishedHistory,
    place: usize,
    recorded: &Instant,
) -> Result<[Named; 2], FhirError> {
    let event = &history.events[place];
    let event_id = id(history, "e", place);
    let subject = reference("Patient", &history.identity)?;
    let kind = resource_type(&event.kind);
    let resource = match kind {
        "Procedure" => procedure(event, event_id.clone(), subject)?,
        "Condition" => condition(event, event_id.clone(), subject)?,
        _ => observation(event, event_id.clone(), subject, followed(history, event)?)?,
    };
    let provenance_id = id(history, "p", place);
    let provenance = provenance(
        event,
        provenance_id.clone(),
        reference(kind, &event_id)?,
        recorded,
    )?;
    Ok([
        (kind, event_id, resource),
        ("Provenance", provenance_id, provenance),
    ])
}

/// The infusion that an event follows.
fn followed(
    history: &PublishedHistory,
    event: &PublishedEvent,
) -> Result<Option<Reference>, FhirError> {
    event
        .infusion
        .map(|place| reference("Procedure", &id(history, "e", place)))
        .transpose()
}

/// The chosen value of an attribute, as text.
fn chosen(event: &PublishedEvent, name: &str) -> Option<String> {
    let value = &event.values.get(name)?.first()?.value;
    match value {
        serde_json::Value::String(text) => Some(text.clone()),
        serde_json::Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn procedure(
    event: &PublishedEvent,
    id: String,
    subject: Reference,
) -> Result<Resource, FhirError> {
    let status = if event.mentioned_only {
        EventStatus::Unknown
    } else {
        EventStatus::Completed
    };
    let mut used = Vec::new();
    for name in ["product", "agent", "donor_type", "graft", "conditioning"] {
        if let Some(code) = chosen(event, name) {
            used.push(Some(own(name, &code)?));
        }
    }
    let mut procedure = Procedure::builder()
        .id(id)
        .status(status)
        .code(own("events", &event.kind)?)
        .subject(subject)
        .used_code(used);
    if let Some(date) = event.date {
        let performed = ProcedurePerformed::DateTime(dates::date_time(date)?);
        procedure = procedure.performed(performed);
    }
    Ok(Resource::from(procedure.build()?))
}

fn condition(
    event: &PublishedEvent,
    id: String,
    subject: Reference,
) -> Result<Resource, FhirError> {
    let named = ["disease", "malignancy_class", "term"]
        .into_iter()
        .find_map(|name| chosen(event, name).map(|code| (name, code)));
    let code = match named {
        Some((name, code)) => own(name, &code)?,
        None => own("events", &event.kind)?,
    };
    let mut condition = Condition::builder()
        .id(id)
        .code(code)
        .category(vec![Some(own("events", &event.kind)?)])
        .verification_status(concept(VERIFICATION, "confirmed")?)
        .subject(subject);
    let severity = chosen(event, "grade").map(|grade| format!("grade {grade}"));
    if let Some(severity) = severity.or_else(|| chosen(event, "extent")) {
        condition = condition.severity(words(severity)?);
    }
    if let Some(date) = event.date {
        condition = condition.onset(ConditionOnset::DateTime(dates::date_time(date)?));
    }
    Ok(Resource::from(condition.build()?))
}

fn observation(
    event: &PublishedEvent,
    id: String,
    subject: Reference,
    followed: Option<Reference>,
) -> Result<Resource, FhirError> {
    let mut observation = Observation::builder()
        .id(id)
        .status(ObservationStatus::Final)
        .code(own("events", &event.kind)?)
        .subject(subject)
        .part_of(followed.into_iter().map(Some).collect::<Vec<_>>());
    if let Some(date) = event.date {
        let effective = ObservationEffective::DateTime(dates::date_time(date)?);
        observation = observation.effective(effective);
    }
    if let Some(value) = observed(event)? {
        observation = observation.value(value);
    }
    Ok(Resource::from(observation.build()?))
}

/// What was observed: a grade as a number, a response, state or cause as a code.
fn observed(event: &PublishedEvent) -> Result<Option<ObservationValue>, FhirError> {
    if let Some(grade) = chosen(event, "grade").and_then(|grade| grade.parse().ok()) {
        return Ok(Some(ObservationValue::Integer(grade)));
    }
    let coded = ["response", "survival", "cause"]
        .into_iter()
        .find_map(|name| chosen(event, name).map(|code| own(name, &code)));
    coded
        .transpose()
        .map(|value| value.map(ObservationValue::CodeableConcept))
}

fn provenance(
    event: &PublishedEvent,
    id: String,
    target: Reference,
    recorded: &Instant,
) -> Result<Resource, FhirError> {
    let mut tellers: Vec<(&str, bool)> = Vec::new();
    for telling in &event.tellings {
        let known = tellers.iter().any(|(name, _)| *name == telling.source);
        if !known {
            tellers.push((&telling.source, telling.mention));
        }
    }
    let agents = tellers
        .into_iter()
        .map(|(name, mention)| agent(name, mention).map(Some));
    let provenance = Provenance::builder()
        .id(id)
        .target(vec![Some(target)])
        .recorded(recorded.clone())
        .agent(agents.collect::<Result<Vec<_>, FhirError>>()?);
    Ok(Resource::from(provenance.build()?))
}

fn agent(name: &str, mention: bool) -> Result<ProvenanceAgent, FhirError> {
    let role: CodeableConcept =
        concept(PARTICIPANTS, if mention { "informant" } else { "author" })?;
    Ok(ProvenanceAgent::builder()
        .r#type(role)
        .who(source(name)?)
        .build()?)
}

/// An end point: days where both ends are known to the day, how it ended, and the events that decide it.
pub(crate) fn end_point(
    history: &PublishedHistory,
    place: usize,
    outcome: &PublishedOutcome,
) -> Result<Named, FhirError> {
    let id_of = id(history, "o", place);
    let infusion = reference("Procedure", &id(history, "e", outcome.from_event))?;
    let ended = match outcome.status {
        0 => "censored",
        1 => "event",
        _ => "competing",
    };
    let component = ObservationComponent::builder()
        .code(own("outcomes", "status")?)
        .value(ObservationComponentValue::CodeableConcept(own(
            "status", ended,
        )?))
        .build()?;
    let mut deciders = vec![Some(infusion)];
    for decider in &outcome.decided_by {
        let kind = resource_type(&history.events[*decider].kind);
        deciders.push(Some(reference(kind, &id(history, "e", *decider))?));
    }
    let mut observation = Observation::builder()
        .id(id_of.clone())
        .status(ObservationStatus::Final)
        .code(own("outcomes", &outcome.kind)?)
        .subject(reference("Patient", &history.identity)?)
        .focus(deciders)
        .component(vec![Some(component)]);
    if let Some(number) = outcome.days {
        observation = observation.value(ObservationValue::Quantity(days(number)?));
    }
    Ok(("Observation", id_of, Resource::from(observation.build()?)))
}
