/// A mapping file that is compiled in.
#[derive(Clone, Copy, Debug)]
pub struct ShippedMapping {
    /// Its path under `mappings/`.
    pub name: &'static str,
    /// Its text.
    pub text: &'static str,
}

macro_rules! files {
    ($($path:literal),* $(,)?) => {
        &[$(ShippedMapping { name: $path, text: include_str!(concat!("../../", $path)) }),*]
    };
}

const TRUMP: &[ShippedMapping] = files!["trump/transplant.toml"];

const FORMSNET3: &[ShippedMapping] = files![
    "formsnet3/2005.toml",
    "formsnet3/2400.toml",
    "formsnet3/2402.toml",
    "formsnet3/2450.toml",
    "formsnet3/2804.toml",
    "formsnet3/2814.toml",
    "formsnet3/2900.toml",
    "formsnet3/4000.toml",
    "formsnet3/4003.toml",
    "formsnet3/4006.toml",
    "formsnet3/4100.toml",
];

const FHIR: &[ShippedMapping] = files![
    "fhir/adverse_event.toml",
    "fhir/condition.toml",
    "fhir/consent.toml",
    "fhir/medication_administration.toml",
    "fhir/observation.toml",
    "fhir/organization.toml",
    "fhir/patient.toml",
    "fhir/procedure.toml",
];

/// The mapping files shipped for a kind of source (`trump`, `formsnet3`, `fhir`); empty for other kinds.
#[must_use]
pub fn shipped(kind: &str) -> &'static [ShippedMapping] {
    match kind {
        "trump" => TRUMP,
        "formsnet3" => FORMSNET3,
        "fhir" => FHIR,
        _ => &[],
    }
}
