//! Code tables: from a source's spellings to values, whatever the width and the case.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU64, Ordering};

use rustc_hash::FxHashMap;
use schema::Value;

use super::width;
use crate::recent::Recent;

/// A compiled table. Of its keys, `X*` stands for what begins with X, `*X*` for what holds X; an exact key wins, then
/// the longest pattern.
#[derive(Clone, Debug, Default)]
pub(crate) struct CodeTable {
    /// What each entry stands for; the others hold places in it.
    values: Vec<Value>,
    exact: FxHashMap<Box<str>, usize>,
    folded: FxHashMap<Box<str>, usize>,
    patterns: Vec<(Pattern, usize)>,
    /// Other for every other table: the topic under which its answers are remembered.
    number: u64,
}

/// The number of the next table, or state of one.
static NEXT: AtomicU64 = AtomicU64::new(1);

thread_local! {
    static RECENT: RefCell<Recent<Option<usize>>> = const { RefCell::new(Recent::new()) };
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Pattern {
    Begins(Box<str>),
    Holds(Box<str>),
}

impl Pattern {
    fn of(key: &str) -> Option<Self> {
        let begins = key.strip_suffix('*')?;
        let pattern = match begins.strip_prefix('*') {
            Some(held) => Self::Holds(width::fold_case(held).into()),
            None => Self::Begins(width::fold_case(begins).into()),
        };
        (!pattern.text().is_empty()).then_some(pattern)
    }

    fn text(&self) -> &str {
        match self {
            Self::Begins(text) | Self::Holds(text) => text,
        }
    }

    fn fits(&self, folded: &str) -> bool {
        match self {
            Self::Begins(text) => folded.starts_with(&**text),
            Self::Holds(text) => folded.contains(&**text),
        }
    }
}

impl CodeTable {
    /// Adds a key. An earlier entry of the same key stays.
    pub(crate) fn add(&mut self, key: &str, value: &Value) {
        self.number = NEXT.fetch_add(1, Ordering::Relaxed);
        let place = self.values.len();
        self.values.push(value.clone());
        let Some(pattern) = Pattern::of(key) else {
            self.exact.entry(key.into()).or_insert(place);
            let folded = width::fold_case(key);
            self.folded.entry(folded.as_ref().into()).or_insert(place);
            return;
        };
        if let Pattern::Begins(whole) = &pattern {
            // The beginning itself is found at once.
            self.exact
                .entry(key.trim_end_matches('*').into())
                .or_insert(place);
            self.folded.entry(whole.clone()).or_insert(place);
        }
        let at = self
            .patterns
            .partition_point(|(known, _)| known.text().len() >= pattern.text().len());
        self.patterns.insert(at, (pattern, place));
    }

    /// What a text stands for.
    pub(crate) fn find(&self, text: &str) -> Option<&Value> {
        if self.values.is_empty() {
            return None;
        }
        let place = self.exact.get(text).copied().or_else(|| {
            RECENT.with_borrow_mut(|recent| {
                recent.answer(self.number, text, || self.find_folded(text))
            })
        });
        place.map(|place| &self.values[place])
    }

    fn find_folded(&self, text: &str) -> Option<usize> {
        let folded = width::fold_case(text);
        self.folded.get(&*folded).copied().or_else(|| {
            let mut patterns = self.patterns.iter();
            let (_, place) = patterns.find(|(pattern, _)| pattern.fits(&folded))?;
            Some(*place)
        })
    }

    /// Whether a text is a key letter for letter.
    pub(crate) fn holds_exactly(&self, text: &str) -> bool {
        self.exact.contains_key(text)
    }

    /// The keys in their order, for messages.
    pub(crate) fn keys(&self) -> Vec<&str> {
        let mut keys: Vec<&str> = self
            .exact
            .keys()
            .map(|key| &**key)
            .filter(|key| !key.is_empty())
            .collect();
        keys.sort_unstable();
        keys
    }

    /// Whether it has no entry.
    pub(crate) fn is_empty(&self) -> bool {
        self.exact.is_empty() && self.patterns.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> CodeTable {
        let mut table = CodeTable::default();
        for (key, value) in [
            ("III", "3"),
            ("男", "male"),
            ("C9*", "other"),
            ("C92.0*", "AML"),
            ("*白血病*", "leukaemia"),
        ] {
            table.add(key, &Value::Code(value.into()));
        }
        table
    }

    #[test]
    fn a_code_is_found_in_any_width_and_case() {
        let check = |text: &str, expected: Option<&str>| {
            let found = table().find(text).and_then(Value::to_text);
            assert_eq!(found.as_deref(), expected, "{text}");
        };
        check("III", Some("3"));
        check("Ⅲ", Some("3"));
        check("ｉｉｉ", Some("3"));
        check(" 男 ", Some("male"));
        check("C92.00", Some("AML"));
        check("c91.1", Some("other"));
        check("慢性白血病の疑い", Some("leukaemia"));
        check("女", None);
        check("", None);
    }
}
