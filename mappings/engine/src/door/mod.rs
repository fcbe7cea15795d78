//! The door: what may not enter, by the meaning of a field and by the look of a text.

mod patterns;

use std::sync::LazyLock;

use rustc_hash::FxHashSet;
use serde::Deserialize;

use crate::MappingError;
use crate::json::node::Node;
use crate::language::heading_key;
use patterns::Patterns;

/// What stands in the place of a text that was kept out.
pub(crate) const WITHHELD: &str = "[withheld]";

const SHIPPED: &str = include_str!("../../../door.toml");

static DOOR: LazyLock<Result<Door, String>> = LazyLock::new(|| Door::parse(SHIPPED));

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DoorSpec {
    heading: Vec<String>,
    heading_part: Vec<String>,
    member: Vec<String>,
    identifier_system: Vec<String>,
    identifier_type: Vec<String>,
    pattern: Vec<patterns::PatternSpec>,
    surnames: patterns::SurnamesSpec,
}

/// The compiled list of what may not enter.
#[derive(Debug)]
pub(crate) struct Door {
    headings: FxHashSet<Box<str>>,
    heading_parts: Vec<Box<str>>,
    members: Vec<Member>,
    identifier_systems: Vec<Box<str>>,
    identifier_types: FxHashSet<Box<str>>,
    patterns: Patterns,
}

/// A member of resources: of one type, or of any.
#[derive(Debug)]
struct Member {
    written: Box<str>,
    resource: Option<Box<str>>,
    names: Vec<Box<str>>,
}

impl Door {
    /// The shipped door.
    pub(crate) fn shipped() -> Result<&'static Self, MappingError> {
        DOOR.as_ref().map_err(|message| MappingError::Mapping {
            file: "door.toml".into(),
            line: 1,
            message: message.clone(),
        })
    }

    fn parse(text: &str) -> Result<Self, String> {
        let spec: DoorSpec = toml::from_str(text).map_err(|error| error.to_string())?;
        Ok(Self {
            headings: spec
                .heading
                .iter()
                .map(|heading| heading_key(heading).into())
                .collect(),
            heading_parts: spec
                .heading_part
                .iter()
                .map(|part| heading_key(part).into())
                .collect(),
            members: spec
                .member
                .iter()
                .map(|member| Member::parse(member))
                .collect(),
            identifier_systems: spec.identifier_system.into_iter().map(Into::into).collect(),
            identifier_types: spec.identifier_type.into_iter().map(Into::into).collect(),
            patterns: Patterns::compile(&spec.pattern, &spec.surnames)?,
        })
    }

    /// The word of the list that a heading is or holds.
    pub(crate) fn refuses_heading(&self, heading: &str) -> Option<&str> {
        let key = heading_key(heading);
        let whole = self.headings.get(&*key);
        whole
            .or_else(|| {
                self.heading_parts
                    .iter()
                    .find(|part| key.contains(&***part))
            })
            .map(|word| &**word)
    }

    /// The entry of the list that one of these paths of members goes through.
    pub(crate) fn refuses_path(&self, resource: &str, paths: &[Vec<&str>]) -> Option<&str> {
        let refused = |member: &&Member| paths.iter().any(|names| member.is_on(resource, names));
        self.members
            .iter()
            .find(refused)
            .map(|member| &*member.written)
    }

    /// Whether an object is an identifier of a kind that may not enter, such as a chart number.
    pub(crate) fn refuses_object(&self, object: &Node<'_>) -> bool {
        let system = object.member("system").and_then(Node::scalar);
        let chart = system.is_some_and(|system| {
            self.identifier_systems
                .iter()
                .any(|refused| system.starts_with(&**refused))
        });
        chart
            || object
                .member("type")
                .is_some_and(|kind| self.refuses_type(kind))
    }

    fn refuses_type(&self, kind: &Node<'_>) -> bool {
        let Some(Node::Array(codings)) = kind.member("coding") else {
            return false;
        };
        let mut codes = codings
            .iter()
            .filter_map(|coding| coding.member("code").and_then(Node::scalar));
        codes.any(|code| self.identifier_types.contains(code))
    }

    /// Whether a text can hold nothing of the kind by its characters alone.
    pub(crate) fn is_plain(text: &str) -> bool {
        patterns::is_plain(text)
    }

    /// Whether a text that is no listed code may enter. In a `free` place, names are looked for without a word that
    /// introduces them, too.
    pub(crate) fn is_clean(&self, text: &str, free: bool) -> bool {
        self.patterns.is_clean(text, free)
    }

    /// What may stay of a text of a resource that is not clean.
    pub(crate) fn withheld(&self, text: &str) -> String {
        let left = self.patterns.without_cuts(text, true, WITHHELD);
        left.unwrap_or_else(|| WITHHELD.to_owned())
    }
}

impl Member {
    fn parse(written: &str) -> Self {
        let mut names = written.split('.');
        let resource = names
            .next()
            .filter(|resource| *resource != "*")
            .map(Into::into);
        Self {
            written: written.into(),
            resource,
            names: names.map(Into::into).collect(),
        }
    }

    fn is_on(&self, resource: &str, path: &[&str]) -> bool {
        let same = |part: &[&str]| {
            part.iter()
                .zip(&self.names)
                .all(|(one, other)| **one == **other)
        };
        match &self.resource {
            Some(only) => **only == *resource && path.len() >= self.names.len() && same(path),
            None => path.windows(self.names.len()).any(same),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heading_that_names_a_person_is_refused() {
        let door = Door::shipped().unwrap();
        for heading in [
            "氏名",
            "患者氏名",
            "ﾌﾘｶﾞﾅ",
            "カルテ番号",
            "患者ＩＤ",
            "患者ID",
            "電話番号",
            "現住所",
            "Patient_Name",
            "MRN",
            " phone ",
        ] {
            assert!(door.refuses_heading(heading).is_some(), "{heading}");
        }
        for heading in [
            "TRUMP番号",
            "主疾患名",
            "product_name",
            "イニシャル",
            "都道府県",
            "site_subject_id",
            "crid",
            "他の細胞治療製品",
        ] {
            assert!(door.refuses_heading(heading).is_none(), "{heading}");
        }
    }

    #[test]
    fn a_member_that_names_a_person_is_refused() {
        let door = Door::shipped().unwrap();
        let refused = |resource: &str, path: &str| {
            door.refuses_path(resource, &[path.split('.').collect()])
                .is_some()
        };
        assert!(
            refused("Patient", "name")
                && refused("Patient", "name.family")
                && refused("Organization", "telecom")
        );
        assert!(
            refused("Patient", "address.line")
                && refused("Patient", "contact.name")
                && refused("Observation", "subject.display")
        );
        assert!(
            !refused("Organization", "name")
                && !refused("Patient", "address.state")
                && !refused("Observation", "code.text")
        );
    }
}
