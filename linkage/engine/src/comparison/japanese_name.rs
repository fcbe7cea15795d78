//! Japanese names in any script: kanji with their variants, kana, and romanisations.
//!
//! Levels over `column` or `columns = ["name", "reading"]`: `same` (width of characters and blanks do not count), `variants`
//! (髙橋 and 高橋), `reading` (さとう, ｻﾄｳ, Satō, Satoh and Satou are one; Hepburn, Kunrei and Nihon-shiki too), `swapped` (family
//! and given name in the other order, by characters or reading), `near = 0.9` (Jaro-Winkler of the readings in the better
//! order; of the characters where no reading is known), `otherwise`. Kanji have no reading of their own: without a column of
//! readings, a name in kanji and one in kana are not comparable. The rarity of `variants`, `reading` and `swapped` is that of
//! the characters or the reading that agree.

use rustc_hash::FxHashMap;

use super::japanese::{self, has_kanji};
use super::similarity::Dictionary;
use super::{Coded, Level, Outcome, Test, Values, dictionary, first, records_by_code, share_of};
use crate::{Codes, Interner, MISSING};

/// A name's forms by their numbers among all forms; 0 where there is none.
#[derive(Clone, Copy, Default)]
struct Name {
    /// As written, without blanks.
    text: u32,
    /// Variants of characters folded; only of names with kanji.
    folded: u32,
    folded_turned: u32,
    /// In Latin letters; only of names without kanji, or from the column of readings.
    reading: u32,
    reading_turned: u32,
}

struct JapaneseNames {
    names: Vec<Name>,
    forms: Dictionary,
    /// Rows with a form, folded or read.
    counts: FxHashMap<u32, u32>,
    present: u32,
    tests: Vec<Test>,
}

pub(super) fn coded<'a>(
    written: &'a Codes,
    reading: Option<&'a Codes>,
    times: Option<&[u32]>,
    tests: Vec<Test>,
) -> Coded<'a> {
    let read = |row: usize| reading.map_or(MISSING, |reading| reading.rows()[row]);
    let pairs = written.rows().iter().enumerate();
    let pairs = pairs.map(|(row, &code)| {
        let pair = (code, read(row));
        (pair != (MISSING, MISSING)).then_some(pair)
    });
    let (rows, pairs) = dictionary(pairs);
    let mut forms = Interner::default();
    let text = |codes: &'a Codes, code: u32| {
        if code == MISSING {
            ""
        } else {
            codes.name(code)
        }
    };
    let names = pairs
        .iter()
        .map(|&(code, read)| {
            let spoken = reading.map_or("", |reading| text(reading, read));
            Name::new(text(written, code), spoken, &mut forms)
        })
        .collect::<Vec<_>>();
    let (mut counts, mut present) = (FxHashMap::default(), 0);
    let records = records_by_code(&rows, names.len(), times);
    for (name, count) in names.iter().zip(&records[1..]) {
        present += count;
        *counts.entry(name.folded).or_default() += count;
        *counts.entry(name.reading).or_default() += count;
    }
    let count = u32::try_from(forms.len()).unwrap_or(u32::MAX);
    let values = JapaneseNames {
        names,
        forms: Dictionary::new((1..=count).map(|form| forms.name(form))),
        counts,
        present,
        tests,
    };
    Coded::new(rows, Box::new(values))
}

impl Name {
    fn new(written: &str, spoken: &str, forms: &mut Interner) -> Self {
        let mut name = Self::default();
        let words = japanese::words(written);
        name.text = forms.code(&words.concat());
        let folded = words
            .iter()
            .map(|word| japanese::folded(word))
            .collect::<Vec<_>>();
        if has_kanji(written) {
            name.folded = forms.code(&folded.concat());
            name.folded_turned = forms.code(&turned(&folded));
        }
        let spoken = if spoken.is_empty() { written } else { spoken };
        if !has_kanji(spoken) {
            let words = japanese::words(spoken);
            let read = words
                .iter()
                .map(|word| japanese::romanised(word))
                .collect::<Vec<_>>();
            name.reading = forms.code(&read.concat());
            name.reading_turned = forms.code(&turned(&read));
        }
        name
    }
}

/// Two words in the other order; nothing for any other number of words.
fn turned(words: &[String]) -> String {
    match words {
        [first, second] => format!("{second}{first}"),
        _ => String::new(),
    }
}

/// A form that is there, and the same.
fn is_same(left: u32, right: u32) -> bool {
    left != MISSING && left == right
}

fn both(left: u32, right: u32) -> bool {
    left != MISSING && right != MISSING
}

impl JapaneseNames {
    fn holds(&self, test: &Test, left: Name, right: Name) -> bool {
        match test {
            Test::Same => is_same(left.text, right.text),
            Test::Variants => is_same(left.folded, right.folded),
            Test::Reading => is_same(left.reading, right.reading),
            Test::Swapped => {
                is_same(left.folded_turned, right.folded)
                    || is_same(left.folded, right.folded_turned)
                    || is_same(left.reading_turned, right.reading)
                    || is_same(left.reading, right.reading_turned)
            }
            Test::Near(least) => self.nearness(left, right) >= *least,
            _ => true,
        }
    }

    fn nearness(&self, left: Name, right: Name) -> f64 {
        let near = |one: u32, other: u32| {
            if both(one, other) {
                self.forms
                    .jaro_winkler(one as usize - 1, other as usize - 1)
            } else {
                0.0
            }
        };
        if !both(left.reading, right.reading) {
            return near(left.folded, right.folded);
        }
        near(left.reading, right.reading)
            .max(near(left.reading_turned, right.reading))
            .max(near(left.reading, right.reading_turned))
    }

    /// The share of the form that agrees.
    fn share(&self, left: Name, right: Name) -> f32 {
        let count = |form: u32| self.counts.get(&form).copied().unwrap_or(0);
        let forms = [
            (left.folded, right.folded, count(left.folded)),
            (left.reading, right.reading, count(left.reading)),
            (
                left.folded_turned,
                right.folded,
                count(left.folded) + count(right.folded),
            ),
            (
                left.folded,
                right.folded_turned,
                count(left.folded) + count(right.folded),
            ),
            (
                left.reading_turned,
                right.reading,
                count(left.reading) + count(right.reading),
            ),
            (
                left.reading,
                right.reading_turned,
                count(left.reading) + count(right.reading),
            ),
        ];
        forms
            .iter()
            .find(|(one, other, _)| is_same(*one, *other))
            .map_or(0.0, |(_, _, count)| share_of(*count, self.present))
    }
}

impl Values for JapaneseNames {
    fn outcome(&self, left: u32, right: u32) -> Outcome {
        let (ours, theirs) = (
            self.names[left as usize - 1],
            self.names[right as usize - 1],
        );
        let comparable = both(ours.folded, theirs.folded) || both(ours.reading, theirs.reading);
        if !comparable {
            return Outcome::MISSING;
        }
        let outcome = first(&self.tests, |test| self.holds(test, ours, theirs));
        let Level::At(place) = outcome.level else {
            return outcome;
        };
        let by_form = matches!(
            self.tests[usize::from(place)],
            Test::Same | Test::Variants | Test::Reading | Test::Swapped
        );
        let share = if by_form && left != right {
            self.share(ours, theirs)
        } else {
            0.0
        };
        Outcome { share, ..outcome }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Test, coded};
    use crate::{Codes, Level};

    fn tests() -> Vec<Test> {
        vec![
            Test::Same,
            Test::Variants,
            Test::Reading,
            Test::Swapped,
            Test::Near(0.88),
            Test::Otherwise,
        ]
    }

    fn level(left: &str, right: &str) -> Level {
        let codes = Codes::from_values(
            [left, right].map(|text| Some(text).filter(|text| !text.is_empty())),
        );
        let bound = coded(&codes, None, None, tests());
        assert_eq!(bound.compare(0, 1), bound.compare(1, 0), "{left} {right}");
        bound.compare(0, 1).level
    }

    #[test]
    fn one_name_in_its_spellings() {
        let check = |left, right, expected| {
            assert_eq!(level(left, right), Level::At(expected), "{left} {right}");
        };
        check("佐藤 健二", "佐藤健二", 0);
        check("佐藤　健二", "佐藤 健二", 0);
        check("ｻﾄｳ ｹﾝｼﾞ", "サトウケンジ", 0);
        check("髙橋一郎", "高橋一郎", 1);
        check("渡邊 はま", "渡辺はま", 1);
        check("齋藤", "斉藤", 1);
        check("佐々木", "佐佐木", 1);
        check("さとう けんじ", "サトウ ケンジ", 2);
        check("さとう けんじ", "Sato Kenji", 2);
        check("SATOH KENJI", "Satō Kenzi", 2);
        check("Kenji Satou", "さとう けんじ", 3);
        check("健二 佐藤", "佐藤健二", 3);
        check("さとう けんじ", "さとう けんじろう", 4);
        check("すずき はなこ", "さとう けんじ", 5);
        check("鈴木花子", "佐藤健二", 5);
        assert_eq!(level("佐藤健二", "さとう けんじ"), Level::Missing);
        assert_eq!(level("佐藤健二", ""), Level::Missing);
    }

    #[test]
    fn a_column_of_readings_joins_kanji_and_kana() {
        let written =
            Codes::from_values(["佐藤 健二", "佐東 健二", "さとう けんじ", "鈴木 一"].map(Some));
        let reading = Codes::from_values([
            Some("さとう けんじ"),
            Some("サトウ ケンジ"),
            None,
            Some("すずき はじめ"),
        ]);
        let bound = coded(&written, Some(&reading), None, tests());
        assert_eq!(bound.compare(0, 1).level, Level::At(2));
        assert_eq!(bound.compare(0, 2).level, Level::At(2));
        assert_eq!(bound.compare(0, 3).level, Level::At(5));
        assert!((bound.compare(0, 1).share - 0.75).abs() < 1e-6);
    }

    proptest! {
        #[test]
        fn the_outcome_is_symmetric_and_a_name_is_the_same_as_itself(
            left in "[あか斎斉サト ]{1,5}", right in "[あか斎斉サト ]{1,5}",
        ) {
            level(&left, &right);
            if !left.trim().is_empty() {
                prop_assert_eq!(level(&left, &left), Level::At(0));
            }
        }
    }
}
