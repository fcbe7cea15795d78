use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Absent, Attribute, EventDate, Origin, RawKey, RecordKey, SourceName};

/// What kind of statement an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemKind {
    /// Who: birth date, sex, initials, prefecture, blood group.
    Person,
    /// Another number of the same person, or the number that this one was retired into.
    Identifier,
    /// The facility that reports.
    Facility,
    /// A disease and when it was diagnosed.
    Diagnosis,
    /// An infusion that this source itself records.
    Infusion,
    /// An infusion that another reported or that is told of in passing: attached, never counted.
    Mention,
    /// An HLA typing.
    Typing,
    /// Relapse, GVHD, CRS, engraftment, second malignancy and the like.
    Outcome,
    /// Chemotherapy, apheresis and other treatment that is no infusion of cells.
    Therapy,
    /// Last contact: seen alive or dead on a day.
    Contact,
    /// Death.
    Death,
    /// Consent by purpose.
    Consent,
}

impl ItemKind {
    /// Every kind, in the order of their declaration.
    pub const ALL: [Self; 12] = [
        Self::Person,
        Self::Identifier,
        Self::Facility,
        Self::Diagnosis,
        Self::Infusion,
        Self::Mention,
        Self::Typing,
        Self::Outcome,
        Self::Therapy,
        Self::Contact,
        Self::Death,
        Self::Consent,
    ];

    /// The name in mapping files and the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Identifier => "identifier",
            Self::Facility => "facility",
            Self::Diagnosis => "diagnosis",
            Self::Infusion => "infusion",
            Self::Mention => "mention",
            Self::Typing => "typing",
            Self::Outcome => "outcome",
            Self::Therapy => "therapy",
            Self::Contact => "contact",
            Self::Death => "death",
            Self::Consent => "consent",
        }
    }

    /// The kind that a mapping file names.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// One typed value.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub enum Value {
    /// There is none, and why.
    #[serde(rename = "a")]
    Absent(Absent),
    /// A date, as precise as its source.
    #[serde(rename = "d")]
    Date(EventDate),
    /// A code of the attribute's list, or of an open one.
    #[serde(rename = "c")]
    Code(Arc<str>),
    /// A whole number.
    #[serde(rename = "i")]
    Integer(i64),
    /// A number with a fraction.
    #[serde(rename = "f")]
    Decimal(f64),
    /// A text, normalised.
    #[serde(rename = "t")]
    Text(Box<str>),
}

impl Value {
    /// The value as text for people and files; `None` when absent.
    #[must_use]
    pub fn to_text(&self) -> Option<String> {
        match self {
            Self::Absent(_) => None,
            Self::Date(date) => Some(date.date.to_string()),
            Self::Code(code) => Some(code.to_string()),
            Self::Integer(number) => Some(number.to_string()),
            Self::Decimal(number) => Some(number.to_string()),
            Self::Text(text) => Some(text.to_string()),
        }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent(absent) => write!(formatter, "{}", absent.as_str()),
            _ => formatter.write_str("[phi]"),
        }
    }
}

/// One statement of a record: its kind and its values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// What kind of statement.
    #[serde(rename = "k")]
    pub kind: ItemKind,
    /// The values, in the mapping's order; an attribute may stand more than once (several lots).
    #[serde(rename = "f")]
    pub fields: Vec<(Attribute, Value)>,
}

impl Item {
    /// The first value of an attribute, absent ones included.
    #[must_use]
    pub fn get(&self, attribute: Attribute) -> Option<&Value> {
        self.fields
            .iter()
            .find(|(name, _)| *name == attribute)
            .map(|(_, value)| value)
    }

    /// The first value of an attribute as a date.
    #[must_use]
    pub fn date(&self, attribute: Attribute) -> Option<EventDate> {
        self.fields.iter().find_map(|(name, value)| match value {
            Value::Date(date) if *name == attribute => Some(*date),
            _ => None,
        })
    }

    /// The first value of an attribute as a code or text.
    #[must_use]
    pub fn text(&self, attribute: Attribute) -> Option<&str> {
        self.texts(attribute).next()
    }

    /// Every value of an attribute that is a code or text.
    pub fn texts(&self, attribute: Attribute) -> impl Iterator<Item = &str> {
        self.fields
            .iter()
            .filter_map(move |(name, value)| match value {
                Value::Code(code) if *name == attribute => Some(&**code),
                Value::Text(text) if *name == attribute => Some(&**text),
                _ => None,
            })
    }

    /// The first value of an attribute as a whole number.
    #[must_use]
    pub fn integer(&self, attribute: Attribute) -> Option<i64> {
        self.fields.iter().find_map(|(name, value)| match value {
            Value::Integer(number) if *name == attribute => Some(*number),
            _ => None,
        })
    }
}

/// What a mapping made of one admitted row or resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MappedRecord {
    /// The source.
    pub source: SourceName,
    /// The natural key of the row or resource it was made from.
    pub raw: RawKey,
    /// The patient it tells of.
    pub subject: RecordKey,
    /// The mapping, as `name@version`.
    pub mapping: Arc<str>,
    /// Where the row or resource was read.
    pub origin: Origin,
    /// What it tells.
    pub items: Vec<Item>,
}
