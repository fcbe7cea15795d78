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

const FORMSNET3: &[ShippedMapping] = files![];

const FHIR: &[ShippedMapping] = files![];

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
