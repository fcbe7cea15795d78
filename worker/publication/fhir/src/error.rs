/// Why a history could not be told in FHIR.
#[derive(Debug, thiserror::Error)]
pub enum FhirError {
    /// The instant of the release is none. The caller must give an RFC 3339 instant.
    #[error("`{0}` is not an instant; expected one as `2024-10-02T00:00:00Z`")]
    Recorded(String),
    /// A date cannot be told in FHIR, which is a mistake of the program.
    #[error("a date of the history cannot be told in FHIR")]
    Date,
    /// A resource lacks what FHIR requires, which is a mistake of the program.
    #[error("a resource could not be built")]
    Resource(#[from] fhir_sdk::BuilderError),
    /// The bundle cannot be written as JSON, which is a mistake of the program.
    #[error("the bundle could not be written as JSON")]
    Json(#[source] serde_json::Error),
}
