//! How raw text becomes a typed column.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Fault;

/// One column of the files to be linked: where its text stands, what it holds, how it is cleaned.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnSettings {
    /// Its name, by which comparisons and blocking rules name it.
    pub name: String,
    /// Its heading in the files, the name when none is given; of several, see `combine`.
    #[serde(default, skip_serializing_if = "Headings::is_empty")]
    pub from: Headings,
    /// What several headings are to each other.
    #[serde(default, skip_serializing_if = "Combine::is_first")]
    pub combine: Combine,
    /// What its values are.
    #[serde(default)]
    pub kind: ColumnKind,
    /// What is done to each distinct value, in this order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clean: Vec<Clean>,
    /// Spellings of no value, beside the empty one; case and surrounding blanks do not count.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// What stands between the values of an array; `;` when it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub separator: Option<String>,
    /// The order of day and month in dates that do not show it; decided from the whole column when it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<DateOrder>,
}

/// One heading, or several.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Headings {
    /// One heading.
    One(String),
    /// Several; what they are to each other is told by `combine`.
    Several(Vec<String>),
}

/// What several headings are to each other.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Combine {
    /// Names that different files have for one thing: each file gives the first that it has.
    #[default]
    First,
    /// Year, month and day of a date, in this order.
    DateParts,
    /// Parts that are joined by a blank, in this order.
    Join,
}

/// What the values of a column are.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnKind {
    /// Words.
    #[default]
    Text,
    /// Symbols of a list, or an identifier.
    Code,
    /// Dates, of which parts may be unknown.
    Date,
    /// Numbers.
    Number,
    /// Some values, with a separator between them.
    Array,
    /// A keyed Bloom filter as hexadecimal digits, made by `musubi encode`.
    Clk,
}

/// The order of day and month in a date that is written with three numbers.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DateOrder {
    /// 31/12/1970.
    DayMonthYear,
    /// 12/31/1970.
    MonthDayYear,
}

/// One step of cleaning. A value of which nothing is left is missing.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Clean {
    /// Blanks at both ends go.
    Trim,
    /// Lower case.
    Lower,
    /// Full width and half width, ligatures and circled forms become the common ones (Unicode NFKC).
    Width,
    /// Accents go, and letters such as `ø`, `ß`, `æ` become plain ones.
    Unaccent,
    /// Hiragana becomes katakana.
    Kana,
    /// Only letters stay.
    Letters,
    /// Only digits stay.
    Digits,
    /// Only letters and digits stay.
    Alphanumeric,
    /// Letters and digits stay; anything else becomes one blank.
    Words,
    /// Runs of blanks become one, none at the ends.
    Squeeze,
    /// Titles before and after names go: `dr`, `mrs`, `jr`, `様`.
    NoTitles,
    /// Zeros at the beginning go.
    NoZeros,
    /// What stands in brackets goes.
    NoBrackets,
    /// Hyphens between a letter and a digit go: `MP-3915` and `MP3915` are one.
    JoinCodes,
    /// Only words with a digit stay, of each its letters and digits: numbers of models, versions, houses.
    Codes,
    /// Words with a digit go: what `codes` keeps.
    NoCodes,
    /// A duration becomes its seconds: `3:39`, `3m 39sec`, `3.65` (minutes), `219`, `219000` (milliseconds).
    Seconds,
}

impl Default for Headings {
    fn default() -> Self {
        Self::Several(Vec::new())
    }
}

impl Headings {
    /// The headings, in order.
    #[must_use]
    pub fn as_slice(&self) -> &[String] {
        match self {
            Self::One(heading) => std::slice::from_ref(heading),
            Self::Several(headings) => headings,
        }
    }

    /// Whether none is given.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.as_slice().is_empty()
    }
}

impl Combine {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
    fn is_first(&self) -> bool {
        *self == Self::First
    }
}

impl ColumnSettings {
    /// The headings to look for, in order: `from`, or the name.
    #[must_use]
    pub fn headings(&self) -> &[String] {
        if self.from.is_empty() {
            std::slice::from_ref(&self.name)
        } else {
            self.from.as_slice()
        }
    }

    pub(super) fn check(&self) -> Result<(), Fault> {
        let wrong = |message| {
            Fault::new(
                "column",
                &self.name,
                format!("column `{}`: {message}", self.name),
            )
        };
        self.fault().map_or(Ok(()), |message| Err(wrong(message)))
    }

    /// What is wrong with it, if anything.
    fn fault(&self) -> Option<String> {
        let headings = self.headings().len();
        match self.combine {
            Combine::DateParts if self.kind != ColumnKind::Date || headings != 3 => Some(
                "`combine = \"date_parts\"` needs `kind = \"date\"` and `from` of year, month and day".into(),
            ),
            Combine::Join if headings < 2 => {
                Some("`combine = \"join\"` needs `from` of two headings or more".into())
            }
            _ if self.order.is_some() && self.kind != ColumnKind::Date => {
                Some("`order` is for `kind = \"date\"`".into())
            }
            _ if self.separator.as_ref().is_some_and(String::is_empty) => {
                Some("`separator` cannot be empty".into())
            }
            _ => None,
        }
    }
}
