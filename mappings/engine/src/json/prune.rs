//! Writes what a mapping names of a resource, and counts what it leaves out.

use std::borrow::Cow;
use std::cell::RefCell;
use std::sync::Arc;

use schema::{Refusal, RefusalReason};

use super::allow::Branch;
use super::node::Node;
use crate::door::Door;
use crate::recent::Recent;

/// What is left of a resource, as compact JSON with its members in their order.
pub(crate) struct Pruned {
    pub(crate) text: Box<str>,
    pub(crate) refusals: Vec<Refusal>,
    /// The first named element that holds a text where members are expected, or the other way round.
    pub(crate) misshapen: Option<Arc<str>>,
}

/// Prunes a resource to a tree of named members: the node is left as its text would be read again.
pub(crate) fn prune(resource: &mut Node<'_>, kind: &str, allow: &Branch, door: &Door) -> Pruned {
    let mut pruner = Pruner {
        kind,
        door,
        place: kind.to_owned(),
        text: String::with_capacity(512),
        refusals: Vec::new(),
        misshapen: None,
    };
    if !pruner.node(resource, allow) {
        *resource = Node::Object(Vec::new());
        pruner.text.push_str("{}");
    }
    Pruned {
        text: pruner.text.into(),
        refusals: pruner.refusals,
        misshapen: pruner.misshapen,
    }
}

thread_local! {
    /// What leaving out a place is told as: there is one door, and resources of one server lack the same members.
    static RECENT: RefCell<Recent<Refusal>> = const { RefCell::new(Recent::new()) };
}

struct Pruner<'a> {
    kind: &'a str,
    door: &'a Door,
    /// Where the pruner stands: the type and the members' names, between dots.
    place: String,
    text: String,
    refusals: Vec<Refusal>,
    misshapen: Option<Arc<str>>,
}

impl Pruner<'_> {
    /// Writes what may stay of a node; false when nothing may.
    fn node(&mut self, node: &mut Node<'_>, branch: &Branch) -> bool {
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
            Node::Array(elements) => {
                self.array(elements, branch);
                true
            }
            Node::Object(_) if !branch.takes_objects() => self.misshapen(),
            Node::Object(_) => self.object(node, branch),
        }
    }

    fn misshapen(&mut self) -> bool {
        self.misshapen
            .get_or_insert_with(|| self.place.as_str().into());
        false
    }

    fn leaf(&mut self, text: &mut Cow<'_, str>) {
        if !self.door.is_clean(text, true) {
            self.refuse(RefusalReason::IdentifyingPattern);
            *text = Cow::Owned(self.door.withheld(text));
        }
        push_quoted(&mut self.text, text);
    }

    fn array(&mut self, elements: &mut Vec<Node<'_>>, branch: &Branch) {
        self.text.push('[');
        let mut first = true;
        elements.retain_mut(|element| {
            let start = self.begin(first);
            let stays = self.node(element, branch);
            first &= !stays;
            self.end(start, stays)
        });
        self.text.push(']');
    }

    fn object(&mut self, node: &mut Node<'_>, branch: &Branch) -> bool {
        if self.door.refuses_object(node) {
            self.refuse(RefusalReason::IdentifyingField);
            return false;
        }
        let filters = branch.filters();
        let passes = |node: &Node<'_>| {
            filters
                .iter()
                .any(|tests| tests.iter().all(|test| test.holds(node)))
        };
        if !filters.is_empty() && !passes(node) {
            self.refuse(RefusalReason::Unmapped);
            return false;
        }
        self.text.push('{');
        if let Node::Object(members) = node {
            let mut first = true;
            members.retain_mut(|(name, child)| {
                let start = self.begin(first);
                let stays = self.member(name, child, branch);
                first &= !stays;
                self.end(start, stays)
            });
        }
        self.text.push('}');
        true
    }

    /// Where the next part of a list is written, after its comma.
    fn begin(&mut self, first: bool) -> usize {
        let start = self.text.len();
        if !first {
            self.text.push(',');
        }
        start
    }

    /// Takes back what was written of a part that does not stay.
    fn end(&mut self, start: usize, stays: bool) -> bool {
        if !stays {
            self.text.truncate(start);
        }
        stays
    }

    #[expect(
        clippy::ptr_arg,
        reason = "that a text is borrowed tells that it has no escapes"
    )]
    fn member(&mut self, name: &Cow<'_, str>, child: &mut Node<'_>, branch: &Branch) -> bool {
        let above = self.place.len();
        self.place.push('.');
        self.place.push_str(plain_name(name));
        let stays = if let Some(below) = branch.member(name) {
            push_quoted(&mut self.text, name);
            self.text.push(':');
            self.node(child, below)
        } else {
            self.refuse_unnamed();
            false
        };
        self.place.truncate(above);
        stays
    }

    /// Counts a place that no path names.
    fn refuse_unnamed(&mut self) {
        let (kind, door, place) = (self.kind, self.door, self.place.as_str());
        let tell = || {
            let names: Vec<&str> = place.split('.').skip(1).collect();
            let reason = match door.refuses_path(kind, &[names]) {
                Some(_) => RefusalReason::IdentifyingField,
                None => RefusalReason::Unmapped,
            };
            Refusal {
                field: place.into(),
                reason,
            }
        };
        let refusal = RECENT.with_borrow_mut(|recent| recent.answer(0, place, tell));
        self.refusals.push(refusal);
    }

    /// Counts the place that the pruner stands at.
    fn refuse(&mut self, reason: RefusalReason) {
        let place = self.place.as_str();
        let field = place.into();
        self.refusals.push(Refusal { field, reason });
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

/// What is borrowed from the document stands there without escapes and needs none here.
#[expect(
    clippy::ptr_arg,
    reason = "that a text is borrowed tells that it has no escapes"
)]
fn push_quoted(text: &mut String, value: &Cow<'_, str>) {
    match value {
        Cow::Borrowed(value) => {
            text.push('"');
            text.push_str(value);
            text.push('"');
        }
        Cow::Owned(value) => text.push_str(&serde_json::Value::from(value.as_str()).to_string()),
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
        let mut node = Node::parse(resource).unwrap();
        let pruned = prune(&mut node, "Patient", allow.root(), Door::shipped().unwrap());
        assert_eq!(&*pruned.text, expected);
        assert!(node == Node::parse(expected).unwrap(), "{expected}");
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
            let mut node = Node::parse(resource).unwrap();
            prune(&mut node, "Patient", allow.root(), Door::shipped().unwrap())
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
