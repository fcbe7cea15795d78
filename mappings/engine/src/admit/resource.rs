//! Resources at the door.

use std::cmp::Reverse;
use std::sync::Arc;

use schema::{AdmittedBody, AdmittedRecord, ContentHash, Origin, SetAsideKind};

use super::keys::Keys;
use super::{Admission, Aside, NO_TABLES, Passed};
use crate::MappingSet;
use crate::condition::all_hold;
use crate::json::node::Node;
use crate::json::prune::prune;
use crate::language::mapping::{Mapping, Required};
use crate::read::Reading;
use crate::view::View;

/// Longest resource that is looked at, in bytes: larger ones are documents with images inside.
const RESOURCE_BYTES_MAX: usize = 16 << 20;

impl MappingSet {
    pub(crate) fn admit_json(&self, origin: &Origin, text: &str) -> Admission {
        self.admit_json_then(origin, text, |_, _| ()).0
    }

    /// Admits a resource, and shows what is left of it to `then`, which need not read it again.
    pub(crate) fn admit_json_then<T>(
        &self,
        origin: &Origin,
        text: &str,
        then: impl FnOnce(&AdmittedRecord, &Node<'_>) -> T,
    ) -> (Admission, Option<T>) {
        let mut resource = match resource_of(text) {
            Ok(resource) => resource,
            Err(aside) => return (Admission::of(origin, Err(aside)), None),
        };
        let passed = self.resource_passed(origin, &mut resource);
        let made = passed
            .as_ref()
            .ok()
            .map(|(record, _)| then(record, &resource));
        (Admission::of(origin, passed), made)
    }

    fn resource_passed(&self, origin: &Origin, resource: &mut Node<'_>) -> Result<Passed, Aside> {
        let mapping = &self.mappings[self.mapping_at_the_door(resource)?];
        let reading = Reading {
            view: View::Json(resource, resource),
            tables: &NO_TABLES,
            door: self.door,
        };
        let keys = Keys::read(mapping, &reading, origin).map_err(Aside::no_key)?;
        let kind = mapping.resource().unwrap_or_default();
        let lacks = |required: &&Required| !required.path.gives(resource, resource);
        if let Some(required) = mapping.requires.iter().find(lacks) {
            let message = format!("a `{kind}` must have this element");
            return Err(unfit(message, required.label.clone()));
        }
        let pruned = prune(resource, kind, mapping.allow.root(), self.door);
        if let Some(place) = pruned.misshapen {
            let message = "the element is of another type than FHIR says: a text where members are expected, or the other way round";
            return Err(unfit(message, place));
        }
        let hash = ContentHash::of(pruned.text.as_bytes());
        let record = keys.record(mapping, origin, AdmittedBody::Json(pruned.text), hash);
        Ok((record, pruned.refusals))
    }

    fn mapping_at_the_door(&self, resource: &Node<'_>) -> Result<usize, Aside> {
        let Some(kind) = resource.member("resourceType").and_then(Node::scalar) else {
            let message = "expected a resource with its `resourceType`";
            return Err(unfit(message, "resourceType".into()));
        };
        self.mapping_of_node(resource).ok_or_else(|| {
            let message = if plain_type(kind) {
                format!("no mapping takes such a `{kind}`")
            } else {
                "no mapping takes such a resource".into()
            };
            Aside::new(SetAsideKind::NoMapping, message).in_column("resourceType".into())
        })
    }

    /// The mapping of a resource: of those of its type whose conditions hold, the one with the most conditions, then the
    /// highest version.
    pub(crate) fn mapping_of_node(&self, resource: &Node<'_>) -> Option<usize> {
        let kind = resource.member("resourceType").and_then(Node::scalar)?;
        let view = View::Json(resource, resource);
        let fits = |mapping: &Mapping| {
            mapping.resource() == Some(kind) && all_hold(&mapping.when, &view, None)
        };
        let fitting = self
            .mappings
            .iter()
            .enumerate()
            .filter(|(_, mapping)| fits(mapping));
        let best = fitting
            .max_by_key(|(place, mapping)| (mapping.when.len(), mapping.version, Reverse(*place)));
        best.map(|(place, _)| place)
    }
}

fn resource_of(text: &str) -> Result<Node<'_>, Aside> {
    if text.len() > RESOURCE_BYTES_MAX {
        let message = format!("longer than {RESOURCE_BYTES_MAX} bytes");
        return Err(Aside::new(SetAsideKind::TooLong, message));
    }
    match Node::parse(text) {
        Ok(resource @ Node::Object(_)) => Ok(resource),
        Ok(_) => Err(Aside::new(
            SetAsideKind::Malformed,
            "expected a JSON object",
        )),
        Err(error) => Err(Aside::new(
            SetAsideKind::Malformed,
            format!(
                "no JSON: broken at character {} of its line {}",
                error.column(),
                error.line()
            ),
        )),
    }
}

fn unfit(message: impl Into<String>, place: Arc<str>) -> Aside {
    Aside::new(SetAsideKind::Unfit, message).in_column(place)
}

fn plain_type(kind: &str) -> bool {
    (1..=64).contains(&kind.len()) && kind.bytes().all(|byte| byte.is_ascii_alphabetic())
}
