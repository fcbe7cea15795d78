//! Writes what a mapping names of a resource, and counts what it leaves out.

use std::sync::Arc;

use schema::{Refusal, RefusalReason};

use super::allow::Branch;
use super::node::Node;
use crate::door::Door;

/// What is left of a resource, as compact JSON with its members in their order.
pub(crate) struct Pruned {
    pub(crate) text: Box<str>,
    pub(crate) refusals: Vec<Refusal>,
    /// The first named element that holds a text where members are expected, or the other way round.
    pub(crate) misshapen: Option<Arc<str>>,
}

/// Prunes a resource to a tree of named members.
pub(crate) fn prune(resource: &Node<'_>, kind: &str, allow: &Branch, door: &Door) -> Pruned {
    let mut pruner = Pruner {
        kind,
        door,
        path: Vec::new(),
        text: String::with_capacity(512),
        refusals: Vec::new(),
        misshapen: None,
    };
    if !pruner.node(resource, allow) {
        pruner.text.push_str("{}");
    }
    Pruned {
        text: pruner.text.into(),
        refusals: pruner.refusals,
        misshapen: pruner.misshapen,
    }
}

struct Pruner<'a> {
    kind: &'a str,
    door: &'a Door,
    path: Vec<&'a str>,
    text: String,
    refusals: Vec<Refusal>,
    misshapen: Option<Arc<str>>,
}

impl<'a> Pruner<'a> {
    /// Writes what may stay of a node; false when nothing may.
    fn node(&mut self, node: &'a Node<'_>, branch: &Branch) -> bool {
        match node {
            Node::Null => false,
            Node::Text(text) if branch.leaf => {
                self.leaf(text);
                true
            }
            Node::Plain(text) if branch.leaf => {
                self.text.push_str(text);
                true
            }
            Node::Text(_) | Node::Plain(_) => self.misshapen(),
            Node::Array(elements) => self.array(elements, branch),
            Node::Object(_) if !branch.takes_objects() => self.misshapen(),
            Node::Object(members) => self.object(node, members, branch),
        }
    }

    fn misshapen(&mut self) -> bool {
        let place = self.place();
        self.misshapen.get_or_insert(place);
        false
    }

    fn leaf(&mut self, text: &str) {
        if self.door.is_clean(text, true) {
            push_quoted(&mut self.text, text);
        } else {
            self.refuse(RefusalReason::IdentifyingPattern);
            push_quoted(&mut self.text, &self.door.withheld(text));
        }
    }

    fn array(&mut self, elements: &'a [Node<'_>], branch: &Branch) -> bool {
        self.text.push('[');
        let mut first = true;
        for element in elements {
            let start = self.text.len();
            if !first {
                self.text.push(',');
            }
            if self.node(element, branch) {
                first = false;
            } else {
                self.text.truncate(start);
            }
        }
        self.text.push(']');
        true
    }

    fn object(
        &mut self,
        node: &'a Node<'_>,
        members: &'a [(std::borrow::Cow<'_, str>, Node<'_>)],
        branch: &Branch,
    ) -> bool {
        if self.door.refuses_object(node) {
            self.refuse(RefusalReason::IdentifyingField);
            return false;
        }
        let filters = branch.filters();
        if !filters.is_empty()
            && !filters
                .iter()
                .any(|tests| tests.iter().all(|test| test.holds(node)))
        {
            self.refuse(RefusalReason::Unmapped);
            return false;
        }
        self.text.push('{');
        let mut first = true;
        for (name, child) in members {
            self.path.push(name);
            let start = self.text.len();
            if !first {
                self.text.push(',');
            }
            if self.member(name, child, branch) {
                first = false;
            } else {
                self.text.truncate(start);
            }
            self.path.pop();
        }
        self.text.push('}');
        true
    }

    fn member(&mut self, name: &str, child: &'a Node<'_>, branch: &Branch) -> bool {
        let Some(below) = branch.member(name) else {
            let identifying = self
                .door
                .refuses_path(self.kind, std::slice::from_ref(&self.path))
                .is_some();
            self.refuse(if identifying {
                RefusalReason::IdentifyingField
            } else {
                RefusalReason::Unmapped
            });
            return false;
        };
        push_quoted(&mut self.text, name);
        self.text.push(':');
        self.node(child, below)
    }

    /// Counts the place that the path stands at.
    fn refuse(&mut self, reason: RefusalReason) {
        let field = self.place();
        self.refusals.push(Refusal { field, reason });
    }

    /// The place that the path stands at.
    fn place(&self) -> Arc<str> {
        let length = self.kind.len() + self.path.iter().map(|name| name.len() + 1).sum::<usize>();
        let mut field = String::with_capacity(length);
        field.push_str(self.kind);
        for name in &self.path {
            field.push('.');
            field.push_str(plain_name(name));
        }
        field.into()
    }
}

/// A member's name as it may be printed: what is no name of a member could itself be somebody's.
fn plain_name(name: &str) -> &str {
    let plain = name.len() <= 60
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if plain { name } else { "?" }
}

fn push_quoted(text: &mut String, value: &str) {
    let plain = value
        .bytes()
        .all(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\');
    if plain {
        text.push('"');
        text.push_str(value);
        text.push('"');
    } else {
        text.push_str(&serde_json::Value::from(value).to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::super::allow::Allow;
    use super::super::path::Path;
    use super::*;

    fn check(paths: &[&str], resource: &str, expected: &str, refused: &[&str]) {
        let mut allow = Allow::resource();
        for path in paths {
            allow.add(&Path::parse(path).unwrap());
        }
        let node = Node::parse(resource).unwrap();
        let pruned = prune(&node, "Patient", allow.root(), Door::shipped().unwrap());
        assert_eq!(&*pruned.text, expected);
        let fields: Vec<String> = pruned
            .refusals
            .iter()
            .map(|refusal| format!("{} {:?}", refusal.field, refusal.reason))
            .collect();
        assert_eq!(fields, refused);
    }

    #[test]
    fn what_no_path_names_is_left_out_and_counted() {
        check(
            &["birthDate"],
            r#"{"resourceType":"Patient","id":"p","name":[{"family":"山田"}],"birthDate":"1970-01-02","active":true}"#,
            r#"{"resourceType":"Patient","id":"p","birthDate":"1970-01-02"}"#,
            &["Patient.name IdentifyingField", "Patient.active Unmapped"],
        );
    }

    #[test]
    fn of_an_array_only_what_the_filter_takes_stays_and_never_a_chart_number() {
        check(
            &["identifier.where(system = 'urn:crid').value"],
            r#"{"resourceType":"Patient","id":"p","identifier":[{"use":"x","system":"urn:crid","value":"1"},{"system":"urn:other","value":"2"}]}"#,
            r#"{"resourceType":"Patient","id":"p","identifier":[{"system":"urn:crid","value":"1"}]}"#,
            &[
                "Patient.identifier.use Unmapped",
                "Patient.identifier Unmapped",
            ],
        );
        check(
            &["identifier.value"],
            r#"{"resourceType":"Patient","id":"p","identifier":[{"system":"urn:oid:1.2.392.100495.20.3.51.11312345","value":"9"},{"type":{"coding":[{"code":"MR"}]},"value":"8"}]}"#,
            r#"{"resourceType":"Patient","id":"p","identifier":[]}"#,
            &[
                "Patient.identifier IdentifyingField",
                "Patient.identifier IdentifyingField",
            ],
        );
    }

    #[test]
    fn an_element_of_another_type_is_named() {
        let misshapen = |paths: &[&str], resource: &str| {
            let mut allow = Allow::resource();
            for path in paths {
                allow.add(&Path::parse(path).unwrap());
            }
            let node = Node::parse(resource).unwrap();
            prune(&node, "Patient", allow.root(), Door::shipped().unwrap())
                .misshapen
                .map(|place| place.to_string())
        };
        let paths = ["birthDate", "identifier.where(system = 'urn:crid').value"];
        assert_eq!(
            misshapen(&paths, r#"{"birthDate":"1970-01-02","identifier":[]}"#),
            None
        );
        assert_eq!(
            misshapen(&paths, r#"{"birthDate":{"value":"1970-01-02"}}"#).as_deref(),
            Some("Patient.birthDate")
        );
        assert_eq!(
            misshapen(&paths, r#"{"identifier":["urn:crid"]}"#).as_deref(),
            Some("Patient.identifier")
        );
    }

    #[test]
    fn a_kept_text_that_looks_like_a_person_is_withheld() {
        check(
            &["code.text"],
            r#"{"resourceType":"Patient","id":"p","code":{"text":"電話 03-1234-5678"}}"#,
            r#"{"resourceType":"Patient","id":"p","code":{"text":"[withheld]"}}"#,
            &["Patient.code.text IdentifyingPattern"],
        );
        check(
            &["code.text"],
            r#"{"resourceType":"Patient","id":"p","code":{"text":"シタラビン (ID:7784598769)"}}"#,
            r#"{"resourceType":"Patient","id":"p","code":{"text":"シタラビン [withheld]"}}"#,
            &["Patient.code.text IdentifyingPattern"],
        );
        check(
            &["code.text"],
            r#"{"resourceType":"Patient","id":"p","code":{"text":"患者氏名:甲野 乙彦 ID:7784598769"}}"#,
            r#"{"resourceType":"Patient","id":"p","code":{"text":"[withheld]"}}"#,
            &["Patient.code.text IdentifyingPattern"],
        );
    }
}
