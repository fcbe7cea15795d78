//! The catalog of connectors: which kinds of source there are, and how each is set up.

use std::path::Path;

use connector::Connector;
use connector_fhir::{FhirConnector, FhirSettings};
use connector_formsnet3::{Formsnet3Connector, Formsnet3Settings};
use connector_trump::{TrumpConnector, TrumpSettings};
use serde::{Deserialize, Serialize};
use toml::de::ValueDeserializer;

use crate::Failure;

/// The kinds of source that can be read: one folder under `connectors/` each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// TRUMP-like transplant exports in CSV.
    Trump,
    /// FormsNet3-style exports, a file for each form.
    Formsnet3,
    /// FHIR R4 servers and folders of NDJSON.
    Fhir,
}

/// What a connector is told: its source's table in `musubi.toml`.
#[derive(Clone, Debug)]
pub enum Settings {
    /// See [`Kind::Trump`].
    Trump(TrumpSettings),
    /// See [`Kind::Formsnet3`].
    Formsnet3(Formsnet3Settings),
    /// See [`Kind::Fhir`].
    Fhir(Box<FhirSettings>),
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Trump, Self::Formsnet3, Self::Fhir];

    /// The word in `musubi.toml` and in mapping files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Trump => "trump",
            Self::Formsnet3 => "formsnet3",
            Self::Fhir => "fhir",
        }
    }

    /// The kind with this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// All words, for messages.
    #[must_use]
    pub fn listed() -> String {
        Self::ALL
            .map(|kind| format!("`{}`", kind.as_str()))
            .join(", ")
    }

    /// Reads the settings of a source of this kind, its relative paths put under the project's folder.
    pub(crate) fn settings(
        self,
        table: ValueDeserializer<'_>,
        dir: &Path,
    ) -> Result<Settings, toml::de::Error> {
        Ok(match self {
            Self::Trump => {
                let mut settings = TrumpSettings::deserialize(table)?;
                settings.path = dir.join(&settings.path);
                Settings::Trump(settings)
            }
            Self::Formsnet3 => {
                let mut settings = Formsnet3Settings::deserialize(table)?;
                settings.path = dir.join(&settings.path);
                Settings::Formsnet3(settings)
            }
            Self::Fhir => {
                let mut settings = FhirSettings::deserialize(table)?;
                settings.folder = settings.folder.map(|folder| dir.join(folder));
                if let Some(auth) = &mut settings.auth {
                    auth.key_file = auth.key_file.take().map(|file| dir.join(file));
                }
                Settings::Fhir(Box::new(settings))
            }
        })
    }
}

impl Settings {
    /// The connector that reads a source with these settings. `types` are the FHIR types that the source's mappings name, asked
    /// for when the settings name none.
    ///
    /// # Errors
    /// When the settings contradict each other.
    pub fn connect(&self, types: &[&str]) -> Result<Box<dyn Connector>, Failure> {
        Ok(match self {
            Self::Trump(settings) => Box::new(TrumpConnector::new(settings.clone())),
            Self::Formsnet3(settings) => Box::new(Formsnet3Connector::new(settings.clone())),
            Self::Fhir(settings) => {
                let mut settings = (**settings).clone();
                if settings.types.is_empty() {
                    settings.types = types.iter().map(ToString::to_string).collect();
                    // Others refer to organisations by their ids.
                    settings.types.sort_by_key(|name| name != "Organization");
                }
                Box::new(FhirConnector::new(settings)?)
            }
        })
    }

    /// Where the source is, for people: a path, or an address without query.
    #[must_use]
    pub fn place(&self) -> String {
        match self {
            Self::Trump(settings) => settings.path.display().to_string(),
            Self::Formsnet3(settings) => settings.path.display().to_string(),
            Self::Fhir(settings) => match (&settings.url, &settings.folder) {
                (Some(url), _) => url.split(['?', '#']).next().unwrap_or_default().to_owned(),
                (None, Some(folder)) => folder.display().to_string(),
                (None, None) => String::new(),
            },
        }
    }
}
