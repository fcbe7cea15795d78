//! The words of a mapping file as serde reads them; nothing is checked here but their form.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize as DeriveDeserialize;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use toml::Spanned;

pub(crate) use super::one_or_many::OneOrMany;

type Words = BTreeMap<String, Spanned<String>>;

/// A whole file.
#[derive(Debug, DeriveDeserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FileSpec {
    pub(crate) name: Spanned<String>,
    pub(crate) version: u32,
    pub(crate) source: Spanned<String>,
    pub(crate) description: String,
    #[serde(default)]
    pub(crate) applies: AppliesSpec,
    pub(crate) record: RecordSpec,
    #[serde(default)]
    pub(crate) aliases: BTreeMap<Spanned<String>, Vec<String>>,
    #[serde(default)]
    pub(crate) absent: Words,
    #[serde(default)]
    pub(crate) codes: BTreeMap<String, BTreeMap<String, Spanned<CodeSpec>>>,
    #[serde(default, rename = "wait")]
    pub(crate) waits: Vec<WaitSpec>,
    #[serde(default, rename = "context")]
    pub(crate) contexts: Vec<ItemSpec>,
    #[serde(default, rename = "item")]
    pub(crate) items: Vec<ItemSpec>,
    #[serde(default, rename = "keep")]
    pub(crate) keeps: Vec<RuleSpec>,
    #[serde(default, rename = "test")]
    pub(crate) tests: Vec<TestSpec>,
}

/// Which rows or resources the file is for.
#[derive(Debug, Default, DeriveDeserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AppliesSpec {
    #[serde(default)]
    pub(crate) resource: Option<Spanned<String>>,
    #[serde(default)]
    pub(crate) when: OneOrMany<ConditionSpec>,
}

/// The key, the patient and the version of a row.
#[derive(Debug, DeriveDeserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecordSpec {
    pub(crate) key: Vec<OneOrMany<RuleSpec>>,
    #[serde(default)]
    pub(crate) subject: Option<OneOrMany<RuleSpec>>,
    #[serde(default)]
    pub(crate) version: Vec<OneOrMany<RuleSpec>>,
    #[serde(default)]
    pub(crate) later_line_wins: bool,
    #[serde(default)]
    pub(crate) requires: Vec<Spanned<String>>,
    #[serde(default)]
    pub(crate) ignores: Vec<Spanned<String>>,
}

/// Rows that are kept and not yet mapped.
#[derive(Debug, DeriveDeserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WaitSpec {
    pub(crate) when: OneOrMany<ConditionSpec>,
    pub(crate) message: String,
}

/// One place's value.
#[derive(Clone, Debug, Default, DeriveDeserialize)]
#[serde(deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a word of the language"
)]
pub(crate) struct RuleSpec {
    pub(crate) column: Option<Spanned<String>>,
    pub(crate) path: Option<Spanned<String>>,
    pub(crate) value: Option<Spanned<CodeSpec>>,
    #[serde(rename = "as")]
    pub(crate) reader: Option<Spanned<String>>,
    pub(crate) codes: Option<Spanned<CodesSpec>>,
    #[serde(default)]
    pub(crate) absent: Words,
    pub(crate) blank: Option<Spanned<String>>,
    pub(crate) split: Option<Spanned<String>>,
    #[serde(default)]
    pub(crate) many: bool,
    pub(crate) prefix: Option<String>,
    #[serde(default)]
    pub(crate) estimated: OneOrMany<ConditionSpec>,
    #[serde(default)]
    pub(crate) first_day_is_month: bool,
    pub(crate) min: Option<f64>,
    pub(crate) max: Option<f64>,
    #[serde(default)]
    pub(crate) units: BTreeMap<String, f64>,
    pub(crate) system: Option<Spanned<String>>,
    pub(crate) department: Option<Box<RuleSpec>>,
    #[serde(default)]
    pub(crate) on: OneOrMany<RuleSpec>,
    pub(crate) resource: Option<String>,
    #[serde(default)]
    pub(crate) when: OneOrMany<ConditionSpec>,
    #[serde(default)]
    pub(crate) free_text: bool,
    #[serde(default)]
    pub(crate) required: bool,
    #[serde(default)]
    pub(crate) optional: bool,
}

/// A condition on a row or resource.
#[derive(Clone, Debug, Default, DeriveDeserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConditionSpec {
    pub(crate) column: Option<Spanned<String>>,
    pub(crate) path: Option<Spanned<String>>,
    #[serde(rename = "in")]
    pub(crate) one_of: Option<Vec<String>>,
    pub(crate) not_in: Option<Vec<String>>,
    pub(crate) present: Option<bool>,
    pub(crate) codes: Option<Spanned<String>>,
    pub(crate) product: Option<bool>,
    pub(crate) any: Option<Vec<ConditionSpec>>,
}

/// What a code stands for.
#[derive(Clone, Debug, DeriveDeserialize)]
#[serde(
    untagged,
    expecting = "a text, a whole number, or { absent = \"...\" }"
)]
pub(crate) enum CodeSpec {
    Text(String),
    Number(i64),
    Absent(AbsentSpec),
}

/// A code that stands for no value.
#[derive(Clone, Debug, DeriveDeserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AbsentSpec {
    pub(crate) absent: String,
}

/// A table of codes, or the name of one.
#[derive(Clone, Debug, DeriveDeserialize)]
#[serde(
    untagged,
    expecting = "a table of codes or the name of one under [codes]"
)]
pub(crate) enum CodesSpec {
    Name(String),
    Table(BTreeMap<String, CodeSpec>),
}

/// One statement: its kind, its conditions, and a rule for each attribute.
#[derive(Debug)]
pub(crate) struct ItemSpec {
    pub(crate) kind: Option<Spanned<String>>,
    pub(crate) kinds: Vec<Spanned<String>>,
    pub(crate) when: OneOrMany<ConditionSpec>,
    pub(crate) each: Option<Spanned<String>>,
    pub(crate) values: Vec<(Spanned<String>, OneOrMany<RuleSpec>)>,
}

impl<'de> Deserialize<'de> for ItemSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ItemVisitor)
    }
}

struct ItemVisitor;

impl<'de> Visitor<'de> for ItemVisitor {
    type Value = ItemSpec;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an item: `kind`, `when`, `each`, and a rule for each attribute")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ItemSpec, A::Error> {
        let (kind, kinds, when, each) = (None, Vec::new(), OneOrMany::default(), None);
        let mut item = ItemSpec {
            kind,
            kinds,
            when,
            each,
            values: Vec::new(),
        };
        while let Some(key) = map.next_key::<Spanned<String>>()? {
            match key.get_ref().as_str() {
                "kind" => item.kind = Some(map.next_value()?),
                "kinds" => item.kinds = map.next_value()?,
                "when" => item.when = map.next_value()?,
                "each" => item.each = Some(map.next_value()?),
                _ => item.values.push((key, map.next_value()?)),
            }
        }
        Ok(item)
    }
}

/// An input with what must come of it.
#[derive(Clone, Debug, DeriveDeserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TestSpec {
    pub(crate) name: Spanned<String>,
    pub(crate) row: Option<BTreeMap<String, String>>,
    pub(crate) json: Option<String>,
    pub(crate) key: Option<String>,
    pub(crate) subject: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) set_aside: Option<String>,
    #[serde(default)]
    pub(crate) waits: bool,
    #[serde(default)]
    pub(crate) expect: Vec<BTreeMap<String, ExpectSpec>>,
    #[serde(default)]
    pub(crate) never: Vec<BTreeMap<String, ExpectSpec>>,
    #[serde(default)]
    pub(crate) issues: Vec<IssueSpec>,
    #[serde(default)]
    pub(crate) refused: Vec<String>,
}

/// A value that a test expects: dates as text (`~` after an estimate), absent ones as `!blank`, several as an array.
#[derive(Clone, Debug, DeriveDeserialize)]
#[serde(untagged, expecting = "a text, a number, or an array of texts")]
pub(crate) enum ExpectSpec {
    Text(String),
    Number(i64),
    Decimal(f64),
    Many(Vec<String>),
}

/// An issue that a test expects.
#[derive(Clone, Debug, DeriveDeserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct IssueSpec {
    pub(crate) column: String,
    pub(crate) kind: String,
}
