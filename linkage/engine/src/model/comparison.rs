//! What is compared, and by which levels.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Fault, LEVELS_MAX, listed, unique};
use crate::comparison::Test;

/// One comparison: a column, the kind of test, and levels from best to worst.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ComparisonSettings {
    /// Its name, shown to people.
    pub name: String,
    /// How values are compared.
    pub kind: Kind,
    /// The column; a custom comparison has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// In place of `column`: the columns of a kind that reads several, such as `names`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// Most bits that this comparison may say for a match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bits_max: Option<f32>,
    /// Most bits that this comparison may say against a match, a positive figure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub against_bits_max: Option<f32>,
    /// Members of one household, or models of one series, differ in it as strangers do (of names: in one of the two). Where any
    /// comparison has this, training knows kin as a class of their own, and does not take them for matches because of all else
    /// that they share.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub tells_kin_apart: bool,
    /// Tried in order; the first whose test holds is the pair's.
    #[serde(rename = "level")]
    pub levels: Vec<LevelSettings>,
}

/// The kinds of comparison.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Equal or not.
    Exact,
    /// Similarity of short strings (Winkler 1990).
    JaroWinkler,
    /// Typing errors between two strings (Damerau 1964; optimal string alignment).
    DamerauLevenshtein,
    /// Texts as sets of words.
    Tokens,
    /// Given and family name together, also exchanged; `columns = [given, family]`.
    Names,
    /// Japanese names in kanji with their variants, kana and romanisations; `column`, or `columns = [name, reading]`.
    JapaneseName,
    /// Dates with slips and unknown parts.
    Date,
    /// Numbers within a distance.
    Number,
    /// Codes whose beginning names a family.
    Hierarchy,
    /// Values shared by two sets.
    Array,
    /// HLA genotypes at unequal resolution.
    Hla,
    /// Days on which something happened, exact, estimated or mentioned.
    EventDates,
    /// Identifiers with typing errors.
    Identifier,
    /// Keyed Bloom filters, by Dice's coefficient.
    Clk,
    /// Given by the caller under the comparison's name.
    Custom,
}

/// One level of a comparison.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LevelSettings {
    /// Its name, shown to people.
    pub name: String,
    /// The test; a custom comparison's levels have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Test>,
    /// Chance of this level when the two are one person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub m: Option<f64>,
    /// Chance of this level when they are two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub u: Option<f64>,
    /// With `rarity`, the mean share of the values by which two persons reach this level; training sets it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean_share: Option<f64>,
    /// Agreement weighs by how rare the agreed value is, in place of the level's mean u.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rarity: bool,
    /// Training leaves this level's m and u as they stand in the file.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub fixed: bool,
}

impl ComparisonSettings {
    /// Whether kin differ in it altogether.
    pub(crate) fn is_of_strangers(&self) -> bool {
        self.tells_kin_apart && self.kind != Kind::Names
    }

    /// Whether kin come to the level at `place` as seldom as two strangers who share half of it: the names of which they have
    /// one in common agree in both.
    pub(crate) fn is_too_much_for_kin(&self, place: usize) -> bool {
        let one_alone = |test: &Test| matches!(test, Test::OneSame | Test::Otherwise);
        self.tells_kin_apart
            && self.kind == Kind::Names
            && !self.levels[place].when.as_ref().is_some_and(one_alone)
    }

    /// The columns that it reads, in order; none for a custom comparison.
    pub fn column_names(&self) -> impl Iterator<Item = &str> {
        self.column.iter().chain(&self.columns).map(String::as_str)
    }

    pub(super) fn check(&self) -> Result<(), Fault> {
        self.check_columns()
            .and_then(|()| self.check_levels())
            .map_err(|message| {
                Fault::new(
                    "comparison",
                    &self.name,
                    format!("comparison `{}`: {message}", self.name),
                )
            })
    }

    fn check_columns(&self) -> Result<(), String> {
        let given = self.column_names().count();
        let both = self.column.is_some() && !self.columns.is_empty();
        let (kind, wanted) = (self.kind.name(), self.kind.reads());
        if both {
            return Err("has `column` or `columns`, not both".into());
        }
        if !self.kind.columns().contains(&given) {
            return Err(match self.kind {
                Kind::Custom => {
                    "every kind but `custom` needs `column`, and `custom` has none".into()
                }
                _ => format!("kind `{kind}` reads {wanted}; {given} columns are given"),
            });
        }
        Ok(())
    }

    fn check_levels(&self) -> Result<(), String> {
        if self.levels.len() < 2 || self.levels.len() > LEVELS_MAX {
            let found = self.levels.len();
            return Err(format!("needs 2 to {LEVELS_MAX} levels, has {found}"));
        }
        unique(self.levels.iter().map(|level| &level.name), "level")
            .map_err(|fault| fault.message)?;
        self.levels
            .iter()
            .try_for_each(|level| level.check(self.kind))?;
        let sum = self.levels.iter().filter_map(|level| level.m).sum::<f64>();
        if sum > 1.001 {
            return Err(format!("the levels' `m` add up to {sum:.3}, more than 1"));
        }
        Ok(())
    }
}

impl LevelSettings {
    fn check(&self, kind: Kind) -> Result<(), String> {
        let (name, known) = (&self.name, kind.tests());
        match &self.when {
            None if kind == Kind::Custom => {}
            Some(test) if known.contains(&test.name()) => {
                if let Some(fault) = test.fault() {
                    return Err(format!("level `{name}`: {fault}"));
                }
            }
            _ if kind == Kind::Custom => {
                return Err(format!(
                    "level `{name}` of a custom comparison has no `when`"
                ));
            }
            _ => {
                let allowed = listed(known.iter().copied());
                return Err(format!("level `{name}` needs a `when` of {allowed}"));
            }
        }
        let in_bounds = |chance: &f64| *chance > 0.0 && *chance < 1.0;
        if ![self.m, self.u].iter().flatten().all(in_bounds) {
            return Err(format!(
                "level `{name}`: `m` and `u` lie between 0 and 1, neither included"
            ));
        }
        Ok(())
    }
}

/// Tests of kind `tokens`.
const TOKENS_TESTS: &[&str] = &[
    "same",
    "same_words",
    "subset",
    "shared",
    "jaccard",
    "overlap",
    "weighted",
    "near",
    "otherwise",
];
/// Tests of kind `names`.
const NAMES_TESTS: &[&str] = &[
    "same",
    "swapped",
    "swapped_near",
    "one_near",
    "near",
    "one_same",
    "initials",
    "otherwise",
];
/// Tests of kind `date`.
const DATE_TESTS: &[&str] = &[
    "same",
    "swapped",
    "years_off",
    "era_slip",
    "one_digit",
    "within",
    "first_of_year",
    "part_of",
    "same_month_day",
    "two_parts",
    "same_year",
    "otherwise",
];
/// Tests of kind `identifier`.
const IDENTIFIER_TESTS: &[&str] = &[
    "same",
    "zeros_lost",
    "transposed",
    "one_wrong",
    "one_missing",
    "edits",
    "otherwise",
];

impl Kind {
    /// All kinds, in the order of the documentation.
    pub const ALL: [Self; 15] = [
        Self::Exact,
        Self::JaroWinkler,
        Self::DamerauLevenshtein,
        Self::Tokens,
        Self::Names,
        Self::JapaneseName,
        Self::Date,
        Self::Number,
        Self::Hierarchy,
        Self::Array,
        Self::Hla,
        Self::EventDates,
        Self::Identifier,
        Self::Clk,
        Self::Custom,
    ];

    /// The name in the model file.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::JaroWinkler => "jaro_winkler",
            Self::DamerauLevenshtein => "damerau_levenshtein",
            Self::Tokens => "tokens",
            Self::Names => "names",
            Self::JapaneseName => "japanese_name",
            Self::Date => "date",
            Self::Number => "number",
            Self::Hierarchy => "hierarchy",
            Self::Array => "array",
            Self::Hla => "hla",
            Self::EventDates => "event_dates",
            Self::Identifier => "identifier",
            Self::Clk => "clk",
            Self::Custom => "custom",
        }
    }

    /// The columns that the kind reads, in words.
    #[must_use]
    pub fn reads(self) -> &'static str {
        match self {
            Self::Names => "two columns of text, `columns = [given, family]`",
            Self::JapaneseName => "one column of text, or two, `columns = [name, reading]`",
            Self::Date => "a column of dates",
            Self::Number => "a column of numbers",
            Self::Array => "a column of arrays",
            Self::Custom => "no column",
            _ => "a column of text",
        }
    }

    /// How many columns it may have.
    fn columns(self) -> std::ops::RangeInclusive<usize> {
        match self {
            Self::Names => 2..=2,
            Self::JapaneseName => 1..=2,
            Self::Custom => 0..=0,
            _ => 1..=1,
        }
    }

    /// The tests that levels of this kind may use.
    #[must_use]
    pub fn tests(self) -> &'static [&'static str] {
        match self {
            Self::Exact => &["same", "otherwise"],
            Self::JaroWinkler | Self::Clk => &["same", "at_least", "otherwise"],
            Self::DamerauLevenshtein => &["same", "edits", "at_least", "otherwise"],
            Self::Tokens => TOKENS_TESTS,
            Self::Names => NAMES_TESTS,
            Self::JapaneseName => &[
                "same",
                "variants",
                "reading",
                "swapped",
                "near",
                "otherwise",
            ],
            Self::Date => DATE_TESTS,
            Self::Number => &["same", "within", "within_share", "apart", "otherwise"],
            Self::Hierarchy => &["same", "prefix", "otherwise"],
            Self::Array => &[
                "same",
                "subset",
                "shared",
                "jaccard",
                "overlap",
                "otherwise",
            ],
            Self::Hla => &[
                "compatible",
                "compatible_loci",
                "one_copy_off",
                "excluded",
                "otherwise",
            ],
            Self::EventDates => &["shared", "within", "estimated", "otherwise"],
            Self::Identifier => IDENTIFIER_TESTS,
            Self::Custom => &[],
        }
    }
}
