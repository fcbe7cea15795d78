//! Checked rules: what is done with the text that stands at a place.

use std::sync::Arc;

use schema::{Absent, Attribute, ItemKind};

use super::condition::Condition;
use super::place::Place;
use crate::json::path::Path;
use crate::normalise::code::CodeTable;
use crate::normalise::hla::Locus;

/// How a text is read.
#[derive(Clone, Debug)]
pub(crate) enum Reader {
    Date,
    Code,
    Integer,
    Decimal,
    Hla(Locus),
    Gl(Locus, usize),
    Text,
    Initials,
    Prefecture,
    TrumpId,
    Crid,
    FhirId,
    Instant,
    Reference(Box<str>),
    Lot,
    Product,
    Facility(Box<FacilityRule>),
}

impl Reader {
    /// Every word that `as` may have.
    pub(crate) const WORDS: [&'static str; 17] = [
        "code",
        "crid",
        "date",
        "decimal",
        "facility",
        "fhir_id",
        "gl",
        "hla",
        "initials",
        "instant",
        "integer",
        "lot",
        "prefecture",
        "product",
        "reference",
        "text",
        "trump_id",
    ];
}

/// How a facility's code is looked up.
#[derive(Clone, Debug)]
pub(crate) struct FacilityRule {
    /// Which column of `facilities.csv`.
    pub(crate) system: Box<str>,
    /// The reporting team.
    pub(crate) department: Option<Rule>,
    /// The day on which the code was used; the first that can be read.
    pub(crate) on: Vec<Rule>,
}

/// One place's value.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a word of the language"
)]
pub(crate) struct Rule {
    pub(crate) place: Place,
    /// The heading or path, for issues.
    pub(crate) label: Arc<str>,
    pub(crate) reader: Reader,
    /// Codes and spellings of "no value" in one table; the codes win.
    pub(crate) codes: CodeTable,
    /// Whether `codes` holds codes, so that a text that is not among them is an issue.
    pub(crate) has_codes: bool,
    /// What an empty text means.
    pub(crate) blank: Absent,
    pub(crate) split: Option<char>,
    pub(crate) many: bool,
    pub(crate) prefix: Option<Box<str>>,
    pub(crate) estimated: Vec<Condition>,
    pub(crate) first_day_is_month: bool,
    pub(crate) bounds: (Option<f64>, Option<f64>),
    pub(crate) units: Vec<(Box<str>, f64)>,
    pub(crate) when: Vec<Condition>,
    pub(crate) free_text: bool,
    pub(crate) required: bool,
    pub(crate) optional: bool,
    /// The value may identify a person: no message shows it.
    pub(crate) guarded: bool,
}

/// An attribute with the rules that may give it: the first that gives a value does.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    pub(crate) attribute: Attribute,
    pub(crate) rules: Vec<Rule>,
}

impl Given {
    /// Whether the mapping itself says the value, so that it tells nothing of the row.
    pub(crate) fn is_constant(&self) -> bool {
        self.rules
            .iter()
            .all(|rule| matches!(rule.place, Place::Constant(_)))
    }
}

/// One statement.
#[derive(Clone, Debug)]
pub(crate) struct ItemRule {
    pub(crate) kind: ItemKind,
    pub(crate) when: Vec<Condition>,
    /// The array whose elements each give such an item.
    pub(crate) each: Option<Arc<Path>>,
    /// What the item tells.
    pub(crate) told: Vec<Given>,
    /// What it stands in: constants and the row's own event. They alone make no item.
    pub(crate) context: Vec<Given>,
}
