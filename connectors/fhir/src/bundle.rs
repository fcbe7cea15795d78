use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::manifest::next_link;

/// A page of a search, cut into its entries without trusting any of them: one that is no JSON leaves the others whole.
pub(crate) struct Bundle<'a> {
    pub(crate) entries: Vec<&'a [u8]>,
    /// The address of the next page, as written.
    pub(crate) next: Option<String>,
    /// When the server made the page.
    pub(crate) last_updated: Option<String>,
    /// How many resources the server says that the search finds.
    pub(crate) total: Option<u64>,
}

/// One entry of a page.
#[derive(Deserialize)]
pub(crate) struct Entry<'a> {
    #[serde(borrow)]
    pub(crate) resource: Option<&'a RawValue>,
    search: Option<Search>,
}

#[derive(Deserialize)]
struct Search {
    mode: Option<String>,
}

/// What of a resource must be known here.
#[derive(Deserialize)]
struct Typed {
    #[serde(rename = "resourceType")]
    resource_type: String,
}

#[derive(Deserialize)]
struct Meta {
    #[serde(rename = "lastUpdated")]
    last_updated: Option<String>,
}

impl<'a> Bundle<'a> {
    /// Reads a Bundle; `None` when it is none, or broken outside its entries.
    pub(crate) fn read(bytes: &'a [u8]) -> Option<Self> {
        let members = members(bytes)?;
        let member = |name: &str| {
            members
                .iter()
                .find(|(found, _)| *found == name)
                .map(|(_, value)| *value)
        };
        let text = |name| serde_json::from_slice::<String>(member(name)?).ok();
        if text("resourceType").as_deref() != Some("Bundle") {
            return None;
        }
        let link: Option<Value> = member("link").and_then(|link| serde_json::from_slice(link).ok());
        let meta: Option<Meta> = member("meta").and_then(|meta| serde_json::from_slice(meta).ok());
        Some(Self {
            entries: match member("entry") {
                Some(b"null") | None => Vec::new(),
                Some(entries) => items(entries)?,
            },
            next: link.as_ref().and_then(next_link),
            last_updated: meta.and_then(|meta| meta.last_updated),
            total: member("total").and_then(|total| serde_json::from_slice(total).ok()),
        })
    }
}

impl Entry<'_> {
    /// What the server says that this entry is: `match`, `include` or `outcome`; many servers say nothing.
    pub(crate) fn mode(&self) -> Option<&str> {
        self.search.as_ref()?.mode.as_deref()
    }
}

/// The type of a resource.
pub(crate) fn resource_type(text: &str) -> Option<String> {
    serde_json::from_str::<Typed>(text)
        .ok()
        .map(|typed| typed.resource_type)
}

/// The members of a JSON object as name and untouched value, looking only at brackets and strings.
fn members(bytes: &[u8]) -> Option<Vec<(&str, &[u8])>> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    parts(bytes, b'{', b'}')?.into_iter().map(member).collect()
}

fn member(part: &[u8]) -> Option<(&str, &[u8])> {
    let part = part.trim_ascii();
    let end = string_end(part, 0)?;
    let name = std::str::from_utf8(&part[1..end - 1]).ok()?;
    let value = part[end..].trim_ascii_start().strip_prefix(b":")?;
    Some((name, value.trim_ascii()))
}

/// The items of a JSON array, looking only at brackets and strings.
fn items(bytes: &[u8]) -> Option<Vec<&[u8]>> {
    Some(
        parts(bytes, b'[', b']')?
            .into_iter()
            .map(<[u8]>::trim_ascii)
            .collect(),
    )
}

/// What stands between the commas of the outermost brackets.
fn parts(bytes: &[u8], open: u8, close: u8) -> Option<Vec<&[u8]>> {
    let bytes = bytes.trim_ascii();
    let inner = bytes.strip_prefix(&[open])?.strip_suffix(&[close])?;
    let mut parts = Vec::new();
    let (mut start, mut place, mut depth) = (0, 0, 0_usize);
    while place < inner.len() {
        match inner[place] {
            b'"' => {
                place = string_end(inner, place)?;
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.checked_sub(1)?,
            b',' if depth == 0 => {
                parts.push(&inner[start..place]);
                start = place + 1;
            }
            _ => {}
        }
        place += 1;
    }
    if depth > 0 {
        return None;
    }
    if !(parts.is_empty() && inner.trim_ascii().is_empty()) {
        parts.push(&inner[start..]);
    }
    Some(parts)
}

/// The place behind a string that begins here.
fn string_end(bytes: &[u8], start: usize) -> Option<usize> {
    if bytes.get(start) != Some(&b'"') {
        return None;
    }
    let mut place = start + 1;
    loop {
        place += memchr::memchr2(b'"', b'\\', bytes.get(place..)?)?;
        if bytes[place] == b'"' {
            return Some(place + 1);
        }
        place += 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, entries: &[&str], next: Option<&str>) {
        let bundle = Bundle::read(text.as_bytes()).unwrap();
        let found: Vec<_> = bundle
            .entries
            .iter()
            .map(|entry| std::str::from_utf8(entry).unwrap())
            .collect();
        assert_eq!(found, entries, "{text}");
        assert_eq!(bundle.next.as_deref(), next, "{text}");
    }

    #[test]
    fn a_page_is_cut_into_its_entries_as_they_were_sent() {
        check(r#"{"resourceType":"Bundle"}"#, &[], None);
        check(r#"{"resourceType":"Bundle","entry":[]}"#, &[], None);
        check(
            r#" { "entry" : [ {"a":"}],\""} , {"b":[1,{}]}] , "resourceType" : "Bundle" } "#,
            &[r#"{"a":"}],\""}"#, r#"{"b":[1,{}]}"#],
            None,
        );
        check(
            r#"{"resourceType":"Bundle","link":[{"relation":"self","url":"a"},{"relation":"next","url":"b"}],"entry":[{}]}"#,
            &["{}"],
            Some("b"),
        );
    }

    #[test]
    fn an_entry_that_is_no_json_leaves_the_others_whole() {
        check(
            r#"{"resourceType":"Bundle","entry":[{"resource":{"a":19700102x}},{"resource":{}},{"resource" 1}]}"#,
            &[
                r#"{"resource":{"a":19700102x}}"#,
                r#"{"resource":{}}"#,
                r#"{"resource" 1}"#,
            ],
            None,
        );
    }

    #[test]
    fn what_is_no_bundle_is_not_taken_for_an_empty_one() {
        for text in [
            "",
            "{}",
            "[]",
            r#"{"resourceType":"Patient"}"#,
            r#"{"resourceType":"Bundle","entry":[{"#,
            r#"{"resourceType":"Bundle"#,
        ] {
            assert!(Bundle::read(text.as_bytes()).is_none(), "{text}");
        }
    }
}
