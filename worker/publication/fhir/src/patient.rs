//! The person: an identity, sex, a birth date as precise as the profile allows, and death where it stands.

use fhir_sdk::r4b::codes::AdministrativeGender;
use fhir_sdk::r4b::resources::{Patient, PatientDeceased, Resource};
use publication::PublishedHistory;
use schema::PartialDate;

use crate::concepts::identifier;
use crate::{FhirError, dates};

/// The check that finds a person alive after the death; until a review, the death does not stand.
const ALIVE_AFTER_DEATH: &str = "C-007";

pub(crate) fn patient(history: &PublishedHistory) -> Result<Resource, FhirError> {
    let mut patient = Patient::builder()
        .id(history.identity.clone())
        .identifier(vec![Some(identifier("identity", &history.identity)?)]);
    if let Some(sex) = chosen(history, "sex") {
        patient = patient.gender(match sex {
            "male" => AdministrativeGender::Male,
            "female" => AdministrativeGender::Female,
            _ => AdministrativeGender::Other,
        });
    }
    if let Some(birth) = chosen(history, "birth_date") {
        let birth = PartialDate::parse(birth).map_err(|_| FhirError::Date)?;
        patient = patient.birth_date(dates::date(birth)?);
    }
    if let Some(deceased) = deceased(history)? {
        patient = patient.deceased(deceased);
    }
    Ok(Resource::from(patient.build()?))
}

fn chosen<'h>(history: &'h PublishedHistory, name: &str) -> Option<&'h str> {
    history
        .person
        .get(name)
        .and_then(|told| told.first())
        .and_then(|first| first.value.as_str())
}

/// Death where it stands: told, and not doubted by a later contact, unless the outcomes say that it was confirmed.
fn deceased(history: &PublishedHistory) -> Result<Option<PatientDeceased>, FhirError> {
    let Some(death) = history.events.iter().find(|event| event.kind == "DEATH") else {
        return Ok(None);
    };
    let doubted = history
        .conflicts
        .iter()
        .any(|conflict| conflict.check == ALIVE_AFTER_DEATH);
    let confirmed = history
        .outcomes
        .iter()
        .any(|outcome| outcome.kind == "overall_survival" && outcome.status == 1);
    if doubted && !confirmed {
        return Ok(None);
    }
    Ok(Some(match death.date {
        Some(date) => PatientDeceased::DateTime(dates::date_time(date)?),
        None => PatientDeceased::Boolean(true),
    }))
}
