//! The tests that levels are told by.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The tests that a level's `when` may name; which ones depends on the comparison's kind.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Test {
    /// The values are equal (of dates: both full and equal; of names: both parts).
    Same,
    /// The similarity is at least this, 0 to 1.
    AtLeast(f64),
    /// At most so many characters inserted, deleted, replaced, or exchanged with their neighbours.
    Edits(u32),
    /// The values differ by at most this (of dates: days).
    Within(f64),
    /// The numbers differ by at most this share of the larger one, 0 to 1.
    WithinShare(f64),
    /// The numbers differ by at least the first and at most the second of these: ages at two times.
    Apart([f64; 2]),
    /// Of dates: same year, day and month exchanged. Of names: each part stands in the other's place.
    Swapped,
    /// Same month and day, the years apart by one of these.
    YearsOff(Vec<u32>),
    /// Same month and day, the same year of two Japanese eras (昭和20年 for 平成20年).
    EraSlip,
    /// The dates written with eight digits differ in one of them.
    OneDigit,
    /// Same month and day, whatever the years.
    SameMonthDay,
    /// Two of year, month and day agree.
    TwoParts,
    /// Same year, one of them 1 January: a placeholder for an unknown day.
    FirstOfYear,
    /// One is partial, and what is known of both agrees, the month at least.
    PartOf,
    /// The years agree.
    SameYear,
    /// At least so many shared values (of texts: words; of event dates: exact days).
    Shared(usize),
    /// Shared values are at least this share of all values of both, 0 to 1 (Jaccard).
    Jaccard(f64),
    /// Shared values are at least this share of the smaller side's, 0 to 1 (overlap coefficient).
    Overlap(f64),
    /// Shared words are at least this share of both sides' words by weight, 0 to 1, a rare word weighing more.
    Weighted(f64),
    /// All values of one side are among the other's.
    Subset,
    /// The same words in any order.
    SameWords,
    /// Similar to at least this degree, 0 to 1: of texts, word by word; of names, each part; of Japanese names, the
    /// reading.
    Near(f64),
    /// Each part is similar to the other's opposite part, to at least this degree, 0 to 1.
    SwappedNear(f64),
    /// One part is the same, the other similar to at least this degree, 0 to 1.
    OneNear(f64),
    /// One part is the same.
    OneSame,
    /// Each part is the same or the first letter of the other's.
    Initials,
    /// The same but for variants of characters, as 髙 for 高.
    Variants,
    /// The same reading, in whatever script and romanisation.
    Reading,
    /// The codes begin with the same characters, so many.
    Prefix(usize),
    /// The same but for zeros at the beginning.
    ZerosLost,
    /// Two neighbouring characters are exchanged.
    Transposed,
    /// One character is another.
    OneWrong,
    /// One character is missing.
    OneMissing,
    /// Both can be one genotype: every locus typed in both fits, and there is one.
    Compatible,
    /// The same with at least so many loci.
    CompatibleLoci(usize),
    /// At three loci or more, one copy of one locus does not fit.
    OneCopyOff,
    /// At so many loci or more no copy fits.
    Excluded(usize),
    /// An estimated or partial date fits another, estimated ones within so many days.
    Estimated(u32),
    /// Anything else.
    Otherwise,
}

impl Test {
    /// The name in the model file.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::AtLeast(_) => "at_least",
            Self::Edits(_) => "edits",
            Self::Within(_) => "within",
            Self::WithinShare(_) => "within_share",
            Self::Apart(_) => "apart",
            Self::Swapped => "swapped",
            Self::YearsOff(_) => "years_off",
            Self::EraSlip => "era_slip",
            Self::OneDigit => "one_digit",
            Self::SameMonthDay => "same_month_day",
            Self::TwoParts => "two_parts",
            Self::FirstOfYear => "first_of_year",
            Self::PartOf => "part_of",
            Self::SameYear => "same_year",
            Self::Shared(_) => "shared",
            Self::Jaccard(_) => "jaccard",
            Self::Overlap(_) => "overlap",
            Self::Weighted(_) => "weighted",
            Self::Subset => "subset",
            Self::SameWords => "same_words",
            Self::Near(_) => "near",
            Self::SwappedNear(_) => "swapped_near",
            Self::OneNear(_) => "one_near",
            Self::OneSame => "one_same",
            Self::Initials => "initials",
            Self::Variants => "variants",
            Self::Reading => "reading",
            Self::Prefix(_) => "prefix",
            Self::ZerosLost => "zeros_lost",
            Self::Transposed => "transposed",
            Self::OneWrong => "one_wrong",
            Self::OneMissing => "one_missing",
            Self::Compatible => "compatible",
            Self::CompatibleLoci(_) => "compatible_loci",
            Self::OneCopyOff => "one_copy_off",
            Self::Excluded(_) => "excluded",
            Self::Estimated(_) => "estimated",
            Self::Otherwise => "otherwise",
        }
    }

    /// What is wrong with the test's figure, if anything.
    pub(crate) fn fault(&self) -> Option<String> {
        let name = self.name();
        match self {
            Self::AtLeast(share)
            | Self::WithinShare(share)
            | Self::Jaccard(share)
            | Self::Overlap(share)
            | Self::Weighted(share)
            | Self::Near(share)
            | Self::SwappedNear(share)
            | Self::OneNear(share)
                if !(*share > 0.0 && *share <= 1.0) =>
            {
                Some(format!("`{name}` is more than 0 and at most 1"))
            }
            Self::Within(most) if !(*most >= 0.0 && most.is_finite()) => {
                Some(format!("`{name}` is 0 or more"))
            }
            Self::Apart([least, most]) if !(*least >= 0.0 && least <= most && most.is_finite()) => {
                Some(format!(
                    "`{name}` is a least and a most difference, such as [9, 11]"
                ))
            }
            Self::Shared(least)
            | Self::Prefix(least)
            | Self::CompatibleLoci(least)
            | Self::Excluded(least)
                if *least == 0 =>
            {
                Some(format!("`{name}` is 1 or more"))
            }
            Self::Edits(0) => Some(format!("`{name}` is 1 or more; 0 edits are `same`")),
            Self::YearsOff(years) if years.is_empty() || years.contains(&0) => {
                Some(format!("`{name}` lists years, such as [1, 63]"))
            }
            _ => None,
        }
    }
}
