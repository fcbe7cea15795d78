//! The tests inside mapping files.

use std::collections::BTreeMap;
use std::sync::Arc;

use schema::{
    Absent, AdmittedRecord, Attribute, Body, Header, Item, ItemKind, Origin, RawRecord, Refusal,
    Row, SourceName, Value,
};
use serde::Serialize;

use crate::language::mapping::Mapping;
use crate::language::spec::{ExpectSpec, TestSpec};
use crate::{Admission, Mapped, MappingSet, Tables};

/// How one test of a mapping file ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TestReport {
    /// The mapping, as `name@version`.
    pub mapping: Arc<str>,
    /// The test's name.
    pub test: String,
    /// What was expected and did not come; empty when the test passed.
    pub failures: Vec<String>,
}

impl TestReport {
    /// Whether everything came as expected.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.failures.is_empty()
    }
}

/// Runs every test of a set, without side tables.
pub(crate) fn run(set: &MappingSet) -> Vec<TestReport> {
    let tables = Tables::default();
    let cases = set
        .mappings
        .iter()
        .flat_map(|mapping| mapping.tests.iter().map(move |test| (mapping, test)));
    cases
        .map(|(mapping, test)| TestReport {
            mapping: mapping.id().clone(),
            test: test.name.get_ref().clone(),
            failures: Case {
                set,
                mapping,
                test,
                tables: &tables,
                failures: Vec::new(),
            }
            .run(),
        })
        .collect()
}

struct Case<'a> {
    set: &'a MappingSet,
    mapping: &'a Mapping,
    test: &'a TestSpec,
    tables: &'a Tables,
    failures: Vec<String>,
}

impl Case<'_> {
    fn run(mut self) -> Vec<String> {
        let Some(raw) = self.input() else {
            return vec!["a test needs exactly one of `row` and `json`".into()];
        };
        match (self.set.admit(&raw, self.tables), &self.test.set_aside) {
            (Admission::SetAside(aside), Some(expected)) => {
                self.same("set_aside", expected, aside.kind.as_str());
            }
            (Admission::SetAside(aside), None) => {
                self.failures.push(format!("it was set aside: {aside}"));
            }
            (Admission::Admitted { .. }, Some(expected)) => self
                .failures
                .push(format!("it was not set aside as `{expected}`")),
            (Admission::Admitted { record, refusals }, None) => self.admitted(&record, &refusals),
        }
        self.failures
    }

    fn input(&self) -> Option<RawRecord> {
        let origin = Origin {
            place: "test".into(),
            line: 1,
        };
        let body = match (&self.test.row, &self.test.json) {
            (Some(row), None) => {
                let header = Arc::new(Header::new(row.keys().map(String::as_str)));
                Body::Row(Row::new(header, row.values()))
            }
            (None, Some(text)) => Body::Json(text.as_str().into()),
            _ => return None,
        };
        Some(RawRecord { origin, body })
    }

    fn admitted(&mut self, record: &AdmittedRecord, refusals: &[Refusal]) {
        self.same("mapping", self.mapping.id(), &record.mapping);
        let told = [
            ("key", &self.test.key, record.key.expose()),
            ("version", &self.test.version, &*record.version),
            (
                "subject",
                &self.test.subject,
                record
                    .subject
                    .as_ref()
                    .map_or("", |subject| subject.expose()),
            ),
        ];
        for (what, expected, found) in told {
            if let Some(expected) = expected {
                self.same(what, expected, found);
            }
        }
        for field in &self.test.refused {
            if !refusals.iter().any(|refusal| *refusal.field == **field) {
                self.failures.push(format!("`{field}` was not refused"));
            }
        }
        // A name that every test may use; it is never stored.
        if let Ok(source) = SourceName::new("test") {
            let mapped = self.set.map(&source, record, self.tables);
            self.mapped(&mapped);
        }
    }

    fn mapped(&mut self, mapped: &Mapped) {
        let items = mapped
            .record
            .as_ref()
            .map_or(&[][..], |record| &record.items);
        if self.test.waits != mapped.record.is_none()
            && !(mapped.record.is_none() && self.test.expect.is_empty())
        {
            self.failures.push(if self.test.waits {
                "it did not wait".into()
            } else {
                "it gave no record".into()
            });
        }
        for expected in &self.test.expect {
            if !items.iter().any(|item| fits(item, expected)) {
                self.failures.push(format!(
                    "no item is {}; there are {}",
                    shown_expected(expected),
                    shown(items)
                ));
            }
        }
        for unwanted in &self.test.never {
            if items.iter().any(|item| fits(item, unwanted)) {
                self.failures
                    .push(format!("an item is {}", shown_expected(unwanted)));
            }
        }
        let mut expected: Vec<(String, String)> = self
            .test
            .issues
            .iter()
            .map(|issue| (issue.column.clone(), issue.kind.clone()))
            .collect();
        let mut found: Vec<(String, String)> = mapped
            .issues
            .iter()
            .map(|issue| (issue.column.to_string(), issue.kind.as_str().to_owned()))
            .collect();
        if self.test.waits {
            found.retain(|(_, kind)| kind != "incomplete");
        }
        expected.sort();
        found.sort();
        if expected != found {
            self.failures.push(format!(
                "expected the issues {expected:?} and found {found:?}"
            ));
        }
    }

    fn same(&mut self, what: &str, expected: &str, found: &str) {
        if expected != found {
            self.failures.push(format!(
                "expected the {what} `{expected}` and found `{found}`"
            ));
        }
    }
}

/// Whether an item is of the expected kind and has every expected value.
fn fits(item: &Item, expected: &BTreeMap<String, ExpectSpec>) -> bool {
    expected.iter().all(|(name, value)| {
        let wanted = value.texts();
        if name == "kind" {
            return ItemKind::parse(wanted.first().map_or("", String::as_str)) == Some(item.kind);
        }
        let Some(attribute) = Attribute::parse(name) else {
            return false;
        };
        let found: Vec<String> = item
            .fields
            .iter()
            .filter(|(known, _)| *known == attribute)
            .map(|(_, value)| text_of(value))
            .collect();
        found == wanted
    })
}

impl ExpectSpec {
    fn texts(&self) -> Vec<String> {
        match self {
            Self::Text(text) => vec![text.clone()],
            Self::Number(number) => vec![number.to_string()],
            Self::Decimal(number) => vec![number.to_string()],
            Self::Many(texts) => texts.clone(),
        }
    }
}

/// A value as tests write it: made-up rows have nobody's data.
fn text_of(value: &Value) -> String {
    match value {
        Value::Absent(absent) => format!("!{}", Absent::as_str(*absent)),
        Value::Date(date) if date.estimated => format!("{}~", date.date),
        value => value.to_text().unwrap_or_default(),
    }
}

fn shown_expected(expected: &BTreeMap<String, ExpectSpec>) -> String {
    let parts: Vec<String> = expected
        .iter()
        .map(|(name, value)| format!("{name}={}", value.texts().join(",")))
        .collect();
    format!("{{{}}}", parts.join(" "))
}

fn shown(items: &[Item]) -> String {
    let one = |item: &Item| {
        let fields: Vec<String> = item
            .fields
            .iter()
            .map(|(name, value)| format!("{}={}", name.as_str(), text_of(value)))
            .collect();
        format!("{{{} {}}}", item.kind.as_str(), fields.join(" "))
    };
    items.iter().map(one).collect::<Vec<_>>().join(" ")
}
