use std::collections::BTreeMap;
use std::sync::Arc;

use connector::{Finding, FindingKind};
use serde::Deserialize;

/// How often which issue was told: by severity and code. Texts are left out, since they may speak of a patient.
#[derive(Debug, Default)]
pub(crate) struct Outcomes {
    told: BTreeMap<(String, String), u64>,
}

#[derive(Deserialize)]
struct OperationOutcome {
    #[serde(rename = "resourceType")]
    resource_type: Option<String>,
    #[serde(default)]
    issue: Vec<Issue>,
}

#[derive(Deserialize)]
struct Issue {
    severity: Option<String>,
    code: Option<String>,
}

impl Outcomes {
    /// Takes an `OperationOutcome`; false when it is none.
    pub(crate) fn take(&mut self, text: &[u8]) -> bool {
        let Ok(outcome) = serde_json::from_slice::<OperationOutcome>(text) else {
            return false;
        };
        if outcome.resource_type.as_deref() != Some("OperationOutcome") {
            return false;
        }
        for issue in outcome.issue {
            *self
                .told
                .entry((word(issue.severity), word(issue.code)))
                .or_default() += 1;
        }
        true
    }

    /// Whether an issue with this code was told.
    pub(crate) fn tells(&self, code: &str) -> bool {
        self.told.keys().any(|(_, told)| told == code)
    }

    /// The codes, for a sentence.
    pub(crate) fn codes(&self) -> String {
        let codes: Vec<&str> = self.told.keys().map(|(_, code)| code.as_str()).collect();
        if codes.is_empty() {
            "no reason given".to_owned()
        } else {
            format!("`{}`", codes.join("`, `"))
        }
    }

    /// One finding for each severity and code.
    pub(crate) fn findings(&self, place: &Arc<str>) -> Vec<Finding> {
        let one = |((severity, code), count): (&(String, String), &u64)| Finding {
            kind: match severity.as_str() {
                "fatal" | "error" => FindingKind::Fault,
                "information" => FindingKind::Note,
                _ => FindingKind::Warning,
            },
            place: Arc::clone(place),
            message: format!("the server reports {count} x {severity} `{code}`"),
        };
        self.told.iter().map(one).collect()
    }
}

/// A code of FHIR's lists; anything else is not repeated.
fn word(text: Option<String>) -> String {
    let plain = |text: &String| {
        (1..=40).contains(&text.len())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'-')
    };
    text.filter(plain).unwrap_or_else(|| "unknown".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_is_told_by_its_codes_and_never_by_its_text() {
        let mut outcomes = Outcomes::default();
        let text = br#"{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"not-found",
            "diagnostics":"Yamada Taro"},{"severity":"warning","code":"Yamada Taro"},{"severity":"error","code":"not-found"}]}"#;
        assert!(outcomes.take(text));
        assert!(!outcomes.take(br#"{"resourceType":"Patient"}"#));
        let findings = outcomes.findings(&"errors.ndjson".into());
        let messages: Vec<&str> = findings
            .iter()
            .map(|finding| finding.message.as_str())
            .collect();
        assert_eq!(
            messages,
            [
                "the server reports 2 x error `not-found`",
                "the server reports 1 x warning `unknown`"
            ]
        );
    }
}
