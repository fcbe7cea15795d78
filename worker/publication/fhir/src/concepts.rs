//! Codes, references and values, in the systems of this project: `urn:x-musubi:` and what it names.

use fhir_sdk::r4b::types::{CodeableConcept, Coding, Identifier, Quantity, Reference};

use crate::FhirError;

/// Where a bundle's resources are named, so that references within it resolve; nothing is served there.
pub(crate) const SERVER: &str = "https://musubi.invalid/fhir";

/// The beginning of the names of our code lists.
const BASE: &str = "urn:x-musubi";

/// A concept with one code, shown as the code itself.
pub(crate) fn concept(system: &str, code: &str) -> Result<CodeableConcept, FhirError> {
    let coding = Coding::builder()
        .system(system.to_owned())
        .code(code.to_owned())
        .build()?;
    Ok(CodeableConcept::builder()
        .coding(vec![Some(coding)])
        .text(code.replace('_', " "))
        .build()?)
}

/// A concept of one of our lists: `events`, `outcomes` or the name of an attribute.
pub(crate) fn own(list: &str, code: &str) -> Result<CodeableConcept, FhirError> {
    concept(&format!("{BASE}:{list}"), code)
}

/// A concept in words only.
pub(crate) fn words(text: String) -> Result<CodeableConcept, FhirError> {
    Ok(CodeableConcept::builder().text(text).build()?)
}

/// A reference to a resource of the same bundle.
pub(crate) fn reference(kind: &str, id: &str) -> Result<Reference, FhirError> {
    Ok(Reference::builder()
        .reference(format!("{kind}/{id}"))
        .build()?)
}

/// A source, which is no resource of the bundle.
pub(crate) fn source(name: &str) -> Result<Reference, FhirError> {
    let identifier = identifier("sources", name)?;
    Ok(Reference::builder()
        .identifier(identifier)
        .display(name.to_owned())
        .build()?)
}

/// An identifier of one of our lists.
pub(crate) fn identifier(list: &str, value: &str) -> Result<Identifier, FhirError> {
    Ok(Identifier::builder()
        .system(format!("{BASE}:{list}"))
        .value(value.to_owned())
        .build()?)
}

/// A number of days.
pub(crate) fn days(days: i64) -> Result<Quantity, FhirError> {
    // Days between two dates of one person, far below what a float holds exactly.
    let value = f64::from(i32::try_from(days).map_err(|_| FhirError::Date)?);
    Ok(Quantity::builder()
        .value(value)
        .unit("days".to_owned())
        .system("http://unitsofmeasure.org".to_owned())
        .code("d".to_owned())
        .build()?)
}
