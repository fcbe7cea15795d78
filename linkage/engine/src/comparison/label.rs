//! What kinds and levels are called when people read them.

use super::Test;
use crate::model::Kind;

/// A short text for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// In English.
    pub english: String,
    /// In Japanese.
    pub japanese: String,
}

fn label(english: impl Into<String>, japanese: impl Into<String>) -> Label {
    Label {
        english: english.into(),
        japanese: japanese.into(),
    }
}

impl Kind {
    /// What the kind compares.
    ///
    /// ```
    /// assert_eq!(linkage::Kind::Date.label().english, "dates with slips and unknown parts");
    /// ```
    #[must_use]
    pub fn label(self) -> Label {
        let (english, japanese) = match self {
            Self::Exact => ("equal or not", "一致・不一致"),
            Self::JaroWinkler => (
                "similarity of short strings",
                "文字列の類似度(Jaro-Winkler)",
            ),
            Self::DamerauLevenshtein => ("number of typing errors", "編集距離(打ち間違いの数)"),
            Self::Tokens => ("words of a text", "語の集合"),
            Self::Names => ("given and family name together", "姓と名の組"),
            Self::JapaneseName => (
                "Japanese names in any script",
                "日本人名(漢字・かな・ローマ字)",
            ),
            Self::Date => (
                "dates with slips and unknown parts",
                "日付(誤記・不詳を考慮)",
            ),
            Self::Number => ("numbers within a distance", "数値の差"),
            Self::Hierarchy => ("codes of a hierarchy", "階層のある符号"),
            Self::Array => ("values shared by two sets", "共有する値"),
            Self::Hla => ("HLA genotypes", "HLA型"),
            Self::EventDates => ("days on which something happened", "出来事の日付"),
            Self::Identifier => ("identifiers with typing errors", "番号(打ち間違いを考慮)"),
            Self::Clk => ("keyed Bloom filters", "鍵付きブルームフィルタ(CLK)"),
            Self::Custom => ("a comparison of the program's own", "プログラム独自の比較"),
        };
        label(english, japanese)
    }
}

impl Test {
    /// What a level of this test says of two values.
    ///
    /// ```
    /// assert_eq!(linkage::Test::Edits(1).label().english, "at most 1 typing error");
    /// ```
    #[must_use]
    pub fn label(&self) -> Label {
        self.label_with_share()
            .or_else(|| self.label_with_count())
            .unwrap_or_else(|| {
                let (english, japanese) = self.plain_label();
                label(english, japanese)
            })
    }

    /// Tests with a share of 1.
    fn label_with_share(&self) -> Option<Label> {
        let percent = |share: &f64| format!("{:.0}", share * 100.0);
        Some(match self {
            Self::AtLeast(share) => {
                let share = percent(share);
                label(
                    format!("at least {share} % similar"),
                    format!("類似度{share}%以上"),
                )
            }
            Self::WithinShare(share) => {
                let share = percent(share);
                label(
                    format!("at most {share} % apart"),
                    format!("差が{share}%以内"),
                )
            }
            Self::Jaccard(share) | Self::Overlap(share) | Self::Weighted(share) => {
                let share = percent(share);
                label(
                    format!("at least {share} % in common"),
                    format!("{share}%以上共有"),
                )
            }
            Self::Near(share) => {
                let share = percent(share);
                label(
                    format!("near ({share} % or more)"),
                    format!("近い({share}%以上)"),
                )
            }
            Self::SwappedNear(share) => {
                let share = percent(share);
                label(
                    format!("exchanged and near ({share} % or more)"),
                    format!("姓名が逆で近い({share}%以上)"),
                )
            }
            Self::OneNear(share) => {
                let share = percent(share);
                label(
                    format!("one the same, the other near ({share} % or more)"),
                    format!("一方が一致し他方が近い({share}%以上)"),
                )
            }
            _ => return None,
        })
    }

    /// Tests with a count or a distance.
    fn label_with_count(&self) -> Option<Label> {
        let plural = |count: usize| if count == 1 { "" } else { "s" };
        Some(match self {
            Self::Edits(count) => label(
                format!("at most {count} typing error{}", plural(*count as usize)),
                format!("打ち間違い{count}か所以内"),
            ),
            Self::Within(most) => label(format!("at most {most} apart"), format!("差が{most}以内")),
            Self::Apart([least, most]) => label(
                format!("{least} to {most} apart"),
                format!("差が{least}から{most}"),
            ),
            Self::Shared(count) => label(
                format!("at least {count} in common"),
                format!("{count}個以上共有"),
            ),
            Self::Prefix(count) => label(
                format!("the first {count} character{} agree", plural(*count)),
                format!("先頭{count}文字が一致"),
            ),
            Self::CompatibleLoci(count) => label(
                format!("compatible at {count} loci or more"),
                format!("{count}座以上で矛盾なし"),
            ),
            Self::Excluded(count) => label(
                format!(
                    "excluded at {count} loc{} or more",
                    if *count == 1 { "us" } else { "i" }
                ),
                format!("{count}座以上で不一致"),
            ),
            Self::Estimated(days) => label(
                format!("an estimated date fits ({days} days)"),
                format!("推定日が合う({days}日以内)"),
            ),
            _ => return None,
        })
    }

    fn plain_label(&self) -> (&'static str, &'static str) {
        match self {
            Self::Same => ("the same", "一致"),
            Self::Swapped => ("exchanged", "入れ替わり"),
            Self::YearsOff(_) => ("the year slipped", "年のずれ"),
            Self::EraSlip => ("the same year of another era", "元号の取り違え"),
            Self::OneDigit => ("one digit differs", "1桁違い"),
            Self::SameMonthDay => ("same month and day", "月日が一致"),
            Self::TwoParts => (
                "two of year, month and day the same",
                "年月日のうち二つが一致",
            ),
            Self::FirstOfYear => ("same year, one of them 1 January", "年が一致し一方が1月1日"),
            Self::PartOf => ("what is known agrees", "判明部分が一致"),
            Self::SameYear => ("same year", "年が一致"),
            Self::Subset => ("one holds all of the other", "一方が他方を含む"),
            Self::SameWords => ("the same words in another order", "同じ語(順不同)"),
            Self::OneSame => ("one part is the same", "姓か名の一方が一致"),
            Self::Initials => ("the initials fit", "頭文字が一致"),
            Self::Variants => ("the same but for variant characters", "異体字を除き一致"),
            Self::Reading => ("the same reading", "読みが一致"),
            Self::ZerosLost => ("zeros at the beginning lost", "先頭の0の欠落"),
            Self::Transposed => ("two neighbours exchanged", "隣り合う2文字の入れ替わり"),
            Self::OneWrong => ("one character wrong", "1文字違い"),
            Self::OneMissing => ("one character missing", "1文字の欠落"),
            Self::Compatible => ("compatible", "矛盾なし"),
            Self::OneCopyOff => ("one copy off", "一方のアリルのみ不一致"),
            _ => ("anything else", "その他"),
        }
    }
}
