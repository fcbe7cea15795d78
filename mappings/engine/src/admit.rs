//! Past the door, or set aside.

use std::fmt::Write as _;
use std::sync::{Arc, LazyLock};

use schema::{
    AdmittedBody, AdmittedRecord, ContentHash, Origin, RawKey, RecordKey, Refusal, RefusalReason,
    Row, SetAside, SetAsideKind, Value,
};

use crate::condition::all_hold;
use crate::door::{Door, WITHHELD};
use crate::json::node::Node;
use crate::json::prune::prune;
use crate::language::mapping::{Closed, Mapping, Required};
use crate::language::rule::Rule;
use crate::layout::{Bound, Layout};
use crate::normalise::initials;
use crate::read::{Answer, Problem, Reading};
use crate::view::View;
use crate::{MappingSet, Tables};

/// What the door made of a row or resource.
#[derive(Debug)]
pub enum Admission {
    /// It may be stored.
    Admitted {
        /// What was let through.
        record: AdmittedRecord,
        /// What was kept out, each field once an occurrence; never a value.
        refusals: Vec<Refusal>,
    },
    /// It could not be used.
    SetAside(SetAside),
}

/// The version of a deletion: it sorts after every version that is a date.
const DELETION_VERSION: &str = "~deleted";

/// Keys are read without side tables: a new line in one must not make a row another row.
static NO_TABLES: LazyLock<Tables> = LazyLock::new(Tables::default);

/// Longest resource that is looked at, in bytes: larger ones are documents with images inside.
const RESOURCE_BYTES_MAX: usize = 16 << 20;

impl MappingSet {
    pub(crate) fn admit_row(&self, origin: &Origin, row: &Row) -> Admission {
        let expected = row.header().names().len();
        if row.len() != expected {
            let message = format!(
                "expected {expected} cells, as the heading row has, and found {}",
                row.len()
            );
            return set_aside(origin, SetAsideKind::Malformed, None, message);
        }
        let layout = self.layout(row.header());
        let Some(bound) = self.candidate(&layout, row) else {
            return self.without_mapping(origin, &layout);
        };
        let mapping = &self.mappings[bound.mapping];
        let reading = Reading {
            view: View::Row(row, &bound.positions),
            tables: &NO_TABLES,
            door: self.door,
        };
        let keys = match Keys::read(mapping, &reading, origin) {
            Ok(keys) => keys,
            Err(column) => return no_key(origin, column),
        };
        let (kept, refusals) = keep(bound, mapping, row, self.door);
        let hash = hash_of(&bound.admitted_hash, &kept);
        let body = AdmittedBody::Row(kept);
        Admission::Admitted {
            record: keys.record(mapping, origin, body, hash),
            refusals,
        }
    }

    /// The first mapping, the most particular before others, that has its columns here and whose conditions hold.
    pub(crate) fn candidate<'l>(&self, layout: &'l Layout, row: &Row) -> Option<&'l Bound> {
        layout
            .candidates
            .iter()
            .take_while(|bound| bound.missing.is_empty())
            .find(|bound| {
                all_hold(
                    &self.mappings[bound.mapping].when,
                    &View::Row(row, &bound.positions),
                    None,
                )
            })
    }

    fn without_mapping(&self, origin: &Origin, layout: &Layout) -> Admission {
        let nearest = layout
            .candidates
            .iter()
            .max_by_key(|bound| (bound.known, std::cmp::Reverse(bound.mapping)));
        let message = match nearest {
            Some(bound)
                if !bound.missing.is_empty()
                    && layout
                        .candidates
                        .iter()
                        .all(|bound| !bound.missing.is_empty()) =>
            {
                let missing: Vec<String> = bound
                    .missing
                    .iter()
                    .map(|name| format!("`{name}`"))
                    .collect();
                format!(
                    "no mapping takes this layout: for `{}` it lacks {}",
                    self.mappings[bound.mapping].id(),
                    missing.join(", ")
                )
            }
            _ => {
                "no mapping takes a row of this form and revision; a mapping file for it is needed"
                    .into()
            }
        };
        set_aside(origin, SetAsideKind::NoMapping, None, message)
    }

    pub(crate) fn admit_json(&self, origin: &Origin, text: &str) -> Admission {
        if text.len() > RESOURCE_BYTES_MAX {
            return set_aside(
                origin,
                SetAsideKind::TooLong,
                None,
                format!("longer than {RESOURCE_BYTES_MAX} bytes"),
            );
        }
        let resource = match Node::parse(text) {
            Ok(resource @ Node::Object(_)) => resource,
            Ok(_) => {
                return set_aside(
                    origin,
                    SetAsideKind::Malformed,
                    None,
                    "expected a JSON object".into(),
                );
            }
            Err(error) => {
                let message = format!(
                    "no JSON: broken at character {} of its line {}",
                    error.column(),
                    error.line()
                );
                return set_aside(origin, SetAsideKind::Malformed, None, message);
            }
        };
        let Some(kind) = resource.member("resourceType").and_then(Node::scalar) else {
            return set_aside(
                origin,
                SetAsideKind::Unfit,
                Some("resourceType".into()),
                "expected a resource with its `resourceType`".into(),
            );
        };
        let Some(place) = self.mapping_of_node(&resource) else {
            let message = if plain_type(kind) {
                format!("no mapping takes such a `{kind}`")
            } else {
                "no mapping takes such a resource".into()
            };
            return set_aside(
                origin,
                SetAsideKind::NoMapping,
                Some("resourceType".into()),
                message,
            );
        };
        let mapping = &self.mappings[place];
        let reading = Reading {
            view: View::Json(&resource, &resource),
            tables: &NO_TABLES,
            door: self.door,
        };
        let keys = match Keys::read(mapping, &reading, origin) {
            Ok(keys) => keys,
            Err(column) => return no_key(origin, column),
        };
        let lacks = |required: &&Required| required.path.find(&resource, &resource).is_empty();
        if let Some(required) = mapping.requires.iter().find(lacks) {
            let message = format!(
                "a `{kind}` must have this element",
                kind = mapping.resource().unwrap_or_default()
            );
            return set_aside(
                origin,
                SetAsideKind::Unfit,
                Some(required.label.clone()),
                message,
            );
        }
        let pruned = prune(
            &resource,
            mapping.resource().unwrap_or_default(),
            mapping.allow.root(),
            self.door,
        );
        if let Some(place) = pruned.misshapen {
            let message = "the element is of another type than FHIR says: a text where members are expected, or the other way round".into();
            return set_aside(origin, SetAsideKind::Unfit, Some(place), message);
        }
        let hash = ContentHash::of(pruned.text.as_bytes());
        let record = keys.record(mapping, origin, AdmittedBody::Json(pruned.text), hash);
        Admission::Admitted {
            record,
            refusals: pruned.refusals,
        }
    }

    pub(crate) fn mapping_of_resource(&self, text: &str) -> Option<usize> {
        self.mapping_of_node(&Node::parse(text).ok()?)
    }

    /// The mapping of a resource: of those of its type whose conditions hold, the one with the most conditions, then the
    /// highest version.
    fn mapping_of_node(&self, resource: &Node<'_>) -> Option<usize> {
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
        let best = fitting.max_by_key(|(place, mapping)| {
            (
                mapping.when.len(),
                mapping.version,
                std::cmp::Reverse(*place),
            )
        });
        best.map(|(place, _)| place)
    }

    /// A deletion keeps the key alone.
    pub(crate) fn admit_deletion(&self, origin: &Origin, key: &RawKey) -> Admission {
        let kind = key.expose().split('/').next().unwrap_or_default();
        let of_kind = self
            .mappings
            .iter()
            .find(|mapping| mapping.resource().is_none_or(|resource| resource == kind));
        let Some(mapping) = of_kind else {
            return set_aside(
                origin,
                SetAsideKind::NoMapping,
                None,
                "a deletion of a kind that no mapping takes".into(),
            );
        };
        let body = AdmittedBody::Deleted;
        let record = AdmittedRecord {
            key: key.clone(),
            subject: None,
            version: DELETION_VERSION.into(),
            mapping: mapping.id().clone(),
            origin: origin.clone(),
            hash: body.hash(),
            body,
        };
        Admission::Admitted {
            record,
            refusals: Vec::new(),
        }
    }
}

/// What a row is known by.
struct Keys {
    key: RawKey,
    subject: Option<RecordKey>,
    version: Box<str>,
}

impl Keys {
    /// Reads the keys; the error names the heading or path to blame.
    fn read(mapping: &Mapping, reading: &Reading<'_>, origin: &Origin) -> Result<Self, Arc<str>> {
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

    fn record(
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

/// The kept cells under the mapping's own header, and what was kept out.
fn keep(bound: &Bound, mapping: &Mapping, row: &Row, door: &Door) -> (Row, Vec<Refusal>) {
    let mut refusals: Vec<Refusal> = bound
        .refused
        .iter()
        .filter(|(place, _)| {
            row.cell(usize::from(*place))
                .is_some_and(|cell| !cell.is_empty())
        })
        .map(|(_, refusal)| refusal.clone())
        .collect();
    let cells = bound.kept.iter().map(|(place, column)| {
        let cell = row.cell(usize::from(*place)).unwrap_or_default();
        let column = &mapping.columns[usize::from(*column)];
        if may_enter(cell, &column.door, door) {
            return cell;
        }
        refusals.push(Refusal {
            field: column.name.clone(),
            reason: RefusalReason::IdentifyingPattern,
        });
        WITHHELD
    });
    let kept = Row::new(bound.admitted.clone(), cells);
    (kept, refusals)
}

/// Whether a cell may enter: listed codes at once; initials only as such; every other text when it looks like nobody's.
fn may_enter(cell: &str, closed: &Closed, door: &Door) -> bool {
    if cell.is_empty() || closed.codes.holds_exactly(cell) {
        return true;
    }
    if closed.initials {
        return initials::read(cell).is_ok() || closed.codes.find(cell).is_some();
    }
    if Door::is_plain(cell) {
        return true;
    }
    !closed.free && closed.strict.iter().any(|strict| strict.reads(cell))
        || door.is_clean(cell, closed.free)
}

/// What [`AdmittedBody::hash`] gives, with the header's hash known.
fn hash_of(header_hash: &str, row: &Row) -> ContentHash {
    let mut text = String::with_capacity(header_hash.len() + 1024);
    text.push_str(header_hash);
    for cell in row.cells() {
        text.push('\u{1f}');
        text.push_str(cell);
    }
    ContentHash::of(text.as_bytes())
}

fn plain_type(kind: &str) -> bool {
    (1..=64).contains(&kind.len()) && kind.bytes().all(|byte| byte.is_ascii_alphabetic())
}

fn no_key(origin: &Origin, column: Arc<str>) -> Admission {
    let message = "without it the row belongs to nobody: it is blank or cannot be read".into();
    set_aside(origin, SetAsideKind::NoKey, Some(column), message)
}

fn set_aside(
    origin: &Origin,
    kind: SetAsideKind,
    column: Option<Arc<str>>,
    message: String,
) -> Admission {
    Admission::SetAside(SetAside {
        origin: origin.clone(),
        kind,
        column,
        message: message.into(),
    })
}
