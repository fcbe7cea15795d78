use std::collections::BTreeMap;

use connector::{ConnectorError, Finding, FindingKind, Offer};
use serde::Deserialize;

use crate::address::{shown, under};
use crate::batch::finding;
use crate::http::{Ask, FHIR_JSON, Http};
use reqwest::Url;

/// What a server says of itself.
#[derive(Debug, Default)]
pub(crate) struct Capability {
    pub(crate) fhir_version: Option<String>,
    pub(crate) software: Option<String>,
    /// Whether it says that it can export.
    pub(crate) export: bool,
    /// The types, each with its interactions.
    pub(crate) types: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
struct Statement {
    #[serde(rename = "resourceType")]
    resource_type: Option<String>,
    #[serde(rename = "fhirVersion")]
    fhir_version: Option<String>,
    software: Option<Named>,
    #[serde(default)]
    instantiates: Vec<String>,
    #[serde(default)]
    rest: Vec<Rest>,
}

#[derive(Deserialize)]
struct Rest {
    #[serde(default)]
    resource: Vec<Resource>,
    #[serde(default)]
    operation: Vec<Named>,
}

#[derive(Deserialize)]
struct Resource {
    #[serde(rename = "type")]
    name: Option<String>,
    #[serde(default)]
    interaction: Vec<Interaction>,
    #[serde(default)]
    operation: Vec<Named>,
}

#[derive(Deserialize)]
struct Interaction {
    code: Option<String>,
}

#[derive(Deserialize)]
struct Named {
    name: Option<String>,
    definition: Option<String>,
}

impl Capability {
    /// Asks the server.
    pub(crate) async fn fetch(http: &Http, base: &Url) -> Result<Self, ConnectorError> {
        let url = under(base, "metadata")?;
        let response = http.send(&Ask::get(url.clone(), FHIR_JSON)).await?;
        if !response.status().is_success() {
            return Err(http.refusal(&response));
        }
        let body = http.body(response).await?;
        Self::read(&body).ok_or_else(|| {
            let why = "the answer is no CapabilityStatement; see that `url` is the base address of a FHIR server";
            ConnectorError::needs_person(shown(&url), why)
        })
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let statement: Statement = serde_json::from_slice(bytes).ok()?;
        if statement.resource_type.as_deref() != Some("CapabilityStatement") {
            return None;
        }
        let is_export = |operation: &Named| {
            let name = operation
                .name
                .as_deref()
                .unwrap_or_default()
                .trim_start_matches('$');
            let definition = operation.definition.as_deref().unwrap_or_default();
            name == "export" || name.ends_with("-export") || definition.contains("/uv/bulkdata/")
        };
        let resources = || statement.rest.iter().flat_map(|rest| &rest.resource);
        let export = statement
            .instantiates
            .iter()
            .any(|name| name.contains("/uv/bulkdata/"))
            || statement
                .rest
                .iter()
                .flat_map(|rest| &rest.operation)
                .any(is_export)
            || resources()
                .flat_map(|resource| &resource.operation)
                .any(is_export);
        let interactions = |resource: &Resource| {
            resource
                .interaction
                .iter()
                .filter_map(|interaction| interaction.code.clone())
                .collect()
        };
        let types = resources()
            .filter_map(|resource| Some((resource.name.clone()?, interactions(resource))))
            .collect();
        Some(Self {
            fhir_version: statement.fhir_version,
            software: statement.software.and_then(|software| software.name),
            export,
            types,
        })
    }

    /// What an operator should know before the first sync.
    pub(crate) fn findings(
        &self,
        base: &Url,
        types: &[String],
        needs_export: bool,
    ) -> Vec<Finding> {
        let place = shown(base).as_str().into();
        let mut findings = Vec::new();
        let mut find = |kind, message: String| findings.push(finding(kind, &place, message));
        match self.fhir_version.as_deref() {
            Some(version) if version.starts_with("4.0") => {}
            Some(version) if version.starts_with("4.") => {
                find(
                    FindingKind::Warning,
                    format!("it speaks FHIR {version}; expected R4 (4.0.1), which it resembles"),
                );
            }
            Some(version) => find(
                FindingKind::Fault,
                format!("it speaks FHIR {version}; expected R4 (4.0.1)"),
            ),
            None => find(
                FindingKind::Warning,
                "it does not say which FHIR version it speaks".to_owned(),
            ),
        }
        if needs_export && !self.export {
            find(
                FindingKind::Warning,
                "it does not say that it can `$export`; it is asked nevertheless".to_owned(),
            );
        }
        let missing: Vec<&str> = types
            .iter()
            .map(String::as_str)
            .filter(|name| !self.types.contains_key(*name))
            .collect();
        if !self.types.is_empty() && !missing.is_empty() {
            find(
                FindingKind::Warning,
                format!("it does not offer `{}`", missing.join("`, `")),
            );
        }
        findings
    }

    pub(crate) fn offers(&self) -> Vec<Offer> {
        let export = Offer {
            name: "$export".to_owned(),
            size: None,
            detail: format!(
                "{}; FHIR {}; {}",
                if self.export {
                    "offered"
                } else {
                    "not declared"
                },
                self.fhir_version.as_deref().unwrap_or("version untold"),
                self.software.as_deref().unwrap_or("software untold")
            ),
        };
        let types = self.types.iter().map(|(name, interactions)| Offer {
            name: name.clone(),
            size: None,
            detail: interactions.join(", "),
        });
        std::iter::once(export).chain(types).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_tells_version_types_and_export() {
        let text = br#"{"resourceType":"CapabilityStatement","fhirVersion":"4.0.1","rest":[{"mode":"server",
            "resource":[{"type":"Patient","interaction":[{"code":"read"},{"code":"search-type"}]},
                        {"type":"Group","operation":[{"name":"export","definition":"http://x"}]}]}]}"#;
        let capability = Capability::read(text).unwrap();
        assert!(capability.export);
        assert_eq!(capability.offers()[2].detail, "read, search-type");
        let base = Url::parse("http://h.example/fhir/").unwrap();
        let findings = capability.findings(&base, &["Patient".into(), "Consent".into()], true);
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].message, "it does not offer `Consent`");
        assert!(Capability::read(b"{\"resourceType\":\"Patient\"}").is_none());
    }
}
