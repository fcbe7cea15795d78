use std::fmt::Write as _;
use std::sync::Arc;

use schema::{AdmittedBody, AdmittedRecord, ContentHash, Origin, RawKey, RecordKey, Value};

use crate::condition::all_hold;
use crate::language::mapping::Mapping;
use crate::language::rule::Rule;
use crate::read::{Answer, Problem, Reading};

/// What a row is known by.
pub(super) struct Keys {
    key: RawKey,
    subject: Option<RecordKey>,
    version: Box<str>,
}

impl Keys {
    /// Reads the keys; the error names the heading or path to blame.
    pub(super) fn read(
        mapping: &Mapping,
        reading: &Reading<'_>,
        origin: &Origin,
    ) -> Result<Self, Arc<str>> {
        let subject = match &mapping.subject {
            Some(rules) => match text_of(rules, reading) {
                Some(subject) => Some(RecordKey::new(subject)),
                None if rules.iter().all(|rule| rule.optional) => None,
                None => return Err(label(rules)),
            },
            None => None,
        };
        let mut key = String::with_capacity(32);
        for (index, rules) in mapping.key.iter().enumerate() {
            if index > 0 {
                key.push('/');
            }
            match text_of(rules, reading) {
                Some(part) => key.push_str(&part),
                None if rules.iter().any(|rule| rule.optional) => {}
                None => return Err(label(rules)),
            }
        }
        let mut version = String::with_capacity(16);
        for (index, rules) in mapping.row_version.iter().enumerate() {
            if index > 0 {
                version.push(' ');
            }
            version.push_str(&text_of(rules, reading).unwrap_or_default());
        }
        if mapping.later_line_wins {
            // Ten digits sort as text as they do as numbers.
            let _ = write!(version, " {:010}", origin.line);
        }
        Ok(Self {
            key: RawKey::new(key),
            subject,
            version: version.into(),
        })
    }

    pub(super) fn record(
        self,
        mapping: &Mapping,
        origin: &Origin,
        body: AdmittedBody,
        hash: ContentHash,
    ) -> AdmittedRecord {
        AdmittedRecord {
            key: self.key,
            subject: self.subject,
            version: self.version,
            mapping: mapping.id().clone(),
            origin: origin.clone(),
            body,
            hash,
        }
    }
}

/// The text of the first rule that gives a value.
fn text_of(rules: &[Rule], reading: &Reading<'_>) -> Option<Box<str>> {
    let mut ignore = |_: &Rule, _: Problem| {};
    rules
        .iter()
        .filter(|rule| all_hold(&rule.when, &reading.view, Some(reading.tables)))
        .find_map(|rule| match reading.answer(rule, &mut ignore) {
            Answer::One(Value::Text(text)) => Some(text),
            Answer::One(value) => value.to_text().map(Into::into),
            _ => None,
        })
}

fn label(rules: &[Rule]) -> Arc<str> {
    rules
        .first()
        .map_or_else(|| "".into(), |rule| rule.label.clone())
}
