use serde::{Deserialize, Serialize};

/// Why there is no value. The four are kept apart because they mean different things to an analyst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Absent {
    /// The field was there and nothing stood in it.
    Blank,
    /// The question was not put, on this form or in this layout (also: answered on the other form of a pair).
    NotAsked,
    /// Somebody answered that it is not known.
    Unknown,
    /// There is a value, and the source keeps it back.
    Withheld,
}

impl Absent {
    /// The word as it is stored and written in mapping files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Blank => "blank",
            Self::NotAsked => "not_asked",
            Self::Unknown => "unknown",
            Self::Withheld => "withheld",
        }
    }

    /// The kind that a word of a mapping file names.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Blank, Self::NotAsked, Self::Unknown, Self::Withheld]
            .into_iter()
            .find(|absent| absent.as_str() == word)
    }
}
