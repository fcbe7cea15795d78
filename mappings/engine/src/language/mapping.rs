use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::condition::Condition;
use super::rule::{ItemRule, Rule};
use super::spec::TestSpec;
use crate::json::allow::Allow;
use crate::json::path::Path;
use crate::normalise::code::CodeTable;
use crate::normalise::hla::{self, Locus};
use crate::normalise::{date, number, prefecture};

/// A checked mapping: one layout version of one kind of row or resource.
#[derive(Debug)]
pub struct Mapping {
    pub(crate) name: Box<str>,
    pub(crate) version: u32,
    pub(crate) id: Arc<str>,
    pub(crate) source: Box<str>,
    pub(crate) description: Box<str>,
    pub(crate) resource: Option<Box<str>>,
    pub(crate) when: Vec<Condition>,
    pub(crate) columns: Vec<Column>,
    /// Column numbers by heading and alias.
    pub(crate) by_heading: FxHashMap<Box<str>, u16>,
    /// Headings that are known and not kept.
    pub(crate) ignored: FxHashSet<Box<str>>,
    pub(crate) key: Vec<Vec<Rule>>,
    pub(crate) subject: Option<Vec<Rule>>,
    pub(crate) row_version: Vec<Vec<Rule>>,
    /// Of two rows of one version the one further down the file counts.
    pub(crate) later_line_wins: bool,
    /// Elements without which a resource is not what it says it is.
    pub(crate) requires: Vec<Required>,
    pub(crate) waits: Vec<Wait>,
    pub(crate) items: Vec<ItemRule>,
    pub(crate) keeps: Vec<Rule>,
    pub(crate) tests: Vec<TestSpec>,
    pub(crate) allow: Allow,
}

/// A column that a mapping names.
#[derive(Debug)]
pub(crate) struct Column {
    /// The heading under which it is kept.
    pub(crate) name: Arc<str>,
    /// Without it the layout is not this one.
    pub(crate) required: bool,
    /// What may stand in it, for the door.
    pub(crate) door: Closed,
}

/// What a kept text is expected to be, so that the door need not look at what is plainly that.
#[derive(Debug, Default)]
pub(crate) struct Closed {
    /// Listed codes.
    pub(crate) codes: CodeTable,
    /// A rule reads it as free text, a term or a product.
    pub(crate) free: bool,
    /// It is read as initials, so that anything longer is a name.
    pub(crate) initials: bool,
    /// Readers of which one that reads it shows it to be nothing else.
    pub(crate) strict: Vec<Strict>,
}

/// Readers that take nothing but what they are for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Strict {
    /// A date.
    Date,
    /// A number with its units.
    Number(Vec<(Box<str>, f64)>),
    /// A prefecture.
    Prefecture,
    /// A typing.
    Hla(Locus),
}

impl Strict {
    /// Whether it reads a text.
    pub(crate) fn reads(&self, text: &str) -> bool {
        match self {
            Self::Date => date::read(text).is_ok(),
            Self::Number(units) => {
                number::integer(text, units).is_ok() || number::decimal(text, units).is_ok()
            }
            Self::Prefecture => prefecture::read(text).is_ok(),
            Self::Hla(locus) => hla::is_plain(text, *locus) || hla::read(text, *locus).is_ok(),
        }
    }
}

/// An element that a resource must have.
#[derive(Debug)]
pub(crate) struct Required {
    /// Where it stands.
    pub(crate) path: Arc<Path>,
    /// The path as it is written, with the resource's type.
    pub(crate) label: Arc<str>,
}

/// Rows that are kept and wait.
#[derive(Debug)]
pub(crate) struct Wait {
    pub(crate) when: Vec<Condition>,
    pub(crate) message: Box<str>,
}

impl Mapping {
    /// Its name, such as `trump`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The version of the layout it is for.
    #[must_use]
    pub const fn version(&self) -> u32 {
        self.version
    }

    /// `name@version`.
    #[must_use]
    pub const fn id(&self) -> &Arc<str> {
        &self.id
    }

    /// The kind of source: `trump`, `formsnet3`, `fhir` ...
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// What it is for, in a sentence.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.description
    }

    /// The resource type it takes; none for rows of tables.
    #[must_use]
    pub fn resource(&self) -> Option<&str> {
        self.resource.as_deref()
    }

    /// The headings that it keeps, in the order in which it names them; empty for resources.
    #[must_use]
    pub fn columns(&self) -> impl ExactSizeIterator<Item = &str> {
        self.columns.iter().map(|column| &*column.name)
    }

    /// How many tests the file holds.
    #[must_use]
    pub fn test_count(&self) -> usize {
        self.tests.len()
    }
}
