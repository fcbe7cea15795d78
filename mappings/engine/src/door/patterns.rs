//! Texts that look like a name, chart number, phone number, e-mail or address.

use std::cell::RefCell;

use regex::{Regex, RegexSet};
use rustc_hash::FxHashSet;
use serde::Deserialize;

use crate::normalise::width;
use crate::recent::Recent;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PatternSpec {
    name: String,
    regex: String,
    #[serde(default)]
    except: Vec<String>,
    #[serde(default)]
    cut: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SurnamesSpec {
    kanji: Vec<String>,
    romanised: Vec<String>,
    not_given: Vec<String>,
}

/// The compiled patterns.
#[derive(Debug)]
pub(super) struct Patterns {
    set: RegexSet,
    single: Vec<(Regex, Vec<Box<str>>)>,
    cuts: Vec<Regex>,
    surnames: FxHashSet<Box<str>>,
    romanised: FxHashSet<Box<str>>,
    not_given: Vec<Box<str>>,
}

thread_local! {
    /// Verdicts: there is one door, and names of drugs, regimens and systems stand in thousands of rows.
    static RECENT: RefCell<Recent<bool>> = const { RefCell::new(Recent::new()) };
}

/// Most characters of a given name.
const GIVEN_MAX: usize = 3;
/// Fewest characters of a family name that is looked for: a single one begins too many other words.
const SURNAME_MIN: usize = 2;
/// Most characters of a family name.
const SURNAME_MAX: usize = 3;
/// Digits below which an ASCII text without spaces holds no number of a person.
const DIGITS_MIN: usize = 6;

impl Patterns {
    pub(super) fn compile(
        patterns: &[PatternSpec],
        surnames: &SurnamesSpec,
    ) -> Result<Self, String> {
        let wrong = |pattern: &PatternSpec, error: &regex::Error| {
            format!("the pattern `{}`: {error}", pattern.name)
        };
        let single = patterns.iter().map(|pattern| {
            let regex = Regex::new(&pattern.regex).map_err(|error| wrong(pattern, &error))?;
            Ok((
                regex,
                pattern
                    .except
                    .iter()
                    .map(|word| word.as_str().into())
                    .collect(),
            ))
        });
        let single = single.collect::<Result<_, String>>()?;
        let set = RegexSet::new(patterns.iter().map(|pattern| &pattern.regex))
            .map_err(|error| error.to_string())?;
        let cuts = patterns.iter().filter(|pattern| pattern.cut);
        let cuts =
            cuts.map(|pattern| Regex::new(&pattern.regex).map_err(|error| wrong(pattern, &error)));
        Ok(Self {
            set,
            single,
            cuts: cuts.collect::<Result<_, String>>()?,
            surnames: surnames
                .kanji
                .iter()
                .map(|name| width::fold(name).as_ref().into())
                .collect(),
            romanised: surnames
                .romanised
                .iter()
                .map(|name| name.to_lowercase().into())
                .collect(),
            not_given: surnames
                .not_given
                .iter()
                .map(|word| word.as_str().into())
                .collect(),
        })
    }

    /// Whether a text holds nothing that looks like a person's name, number or address.
    pub(super) fn is_clean(&self, text: &str, free: bool) -> bool {
        if is_plain(text) || is_uuid(text) {
            return true;
        }
        // Numbers do not come again.
        if digits_of(text) >= DIGITS_MIN {
            return self.looks_clean(text, free);
        }
        RECENT.with_borrow_mut(|recent| {
            recent.answer(u64::from(free), text, || self.looks_clean(text, free))
        })
    }

    fn looks_clean(&self, text: &str, free: bool) -> bool {
        let folded = width::fold(text);
        let named = self.holds_a_kanji_name(&folded) || free && self.holds_a_roman_name(&folded);
        !named && !self.fits_a_pattern(&folded)
    }

    /// A text without what may be cut out of it; `None` when what is left tells who somebody is, too.
    pub(super) fn without_cuts(&self, text: &str, free: bool, instead: &str) -> Option<String> {
        let mut left = width::fold(text).into_owned();
        for cut in &self.cuts {
            left = cut.replace_all(&left, instead).into_owned();
        }
        self.is_clean(&left, free).then_some(left)
    }

    fn fits_a_pattern(&self, text: &str) -> bool {
        self.set.is_match(text)
            && self.set.matches(text).into_iter().any(|index| {
                let (regex, except) = &self.single[index];
                if except.is_empty() {
                    return true;
                }
                let mut left = text.to_owned();
                for word in except {
                    left = left.replace(&**word, " ");
                }
                regex.is_match(&left)
            })
    }

    /// A word that is a family name with one to three characters after it, or a family name and such a word.
    fn holds_a_kanji_name(&self, text: &str) -> bool {
        if text.is_ascii() {
            return false;
        }
        let words: Vec<&str> = text
            .split(|character: char| !is_japanese(character))
            .filter(|word| !word.is_empty())
            .collect();
        words.iter().enumerate().any(|(place, word)| {
            let next = words.get(place + 1).copied().unwrap_or_default();
            self.after_surname(word)
                .any(|rest| self.is_given(if rest.is_empty() { next } else { rest }))
        })
    }

    /// What is left of a word after each family name that it begins with.
    fn after_surname<'a>(&'a self, word: &'a str) -> impl Iterator<Item = &'a str> {
        let ends = word
            .char_indices()
            .map(|(start, _)| start)
            .chain([word.len()]);
        let ends = ends.skip(SURNAME_MIN).take(SURNAME_MAX - SURNAME_MIN + 1);
        ends.filter(|end| self.surnames.contains(&word[..*end]))
            .map(|end| &word[end..])
    }

    fn is_given(&self, rest: &str) -> bool {
        (1..=GIVEN_MAX).contains(&rest.chars().count())
            && !self.not_given.iter().any(|word| rest.starts_with(&**word))
    }

    /// Two words with capitals, one of which is a family name.
    fn holds_a_roman_name(&self, text: &str) -> bool {
        let words = text
            .split(|character: char| !character.is_alphabetic())
            .filter(|word| !word.is_empty());
        let capital = |word: &str| word.len() > 1 && word.as_bytes()[0].is_ascii_uppercase();
        let family = |word: &str| self.romanised.contains(word.to_lowercase().as_str());
        let mut before = None;
        for word in words {
            let word = capital(word).then_some(word);
            if let (Some(one), Some(other)) = (before, word)
                && (family(one) || family(other))
            {
                return true;
            }
            before = word;
        }
        false
    }
}

const fn is_japanese(character: char) -> bool {
    matches!(character, '\u{3041}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '々')
}

/// What a byte may be part of.
const DIGIT: u8 = 1;
const OF_DATE: u8 = 2;
const NO_CODE: u8 = 4;
const WIDE: u8 = 8;

static CLASSES: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut classes = [0; 256];
    let mut byte = 0_u8;
    loop {
        classes[byte as usize] = match byte {
            b'0'..=b'9' => DIGIT | OF_DATE,
            b'/' | b'-' | b'+' | b'T' | b'Z' | b'H' | b'S' | b'R' | b'M' => OF_DATE,
            b'.' | b':' => OF_DATE | NO_CODE,
            b'@' | b' ' | b'#' | b'=' => NO_CODE,
            0x80.. => WIDE,
            _ => 0,
        };
        if byte == u8::MAX {
            return classes;
        }
        byte += 1;
    }
}

/// Texts that can be nothing of the kind by their characters alone: short codes, numbers, dates in any calendar.
pub(super) fn is_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (mut digits, mut any, mut all) = (0, 0, OF_DATE);
    for byte in bytes {
        let class = CLASSES[usize::from(*byte)];
        digits += usize::from(class & DIGIT);
        any |= class;
        all &= class;
    }
    let ascii = any & WIDE == 0;
    if ascii && digits < DIGITS_MIN && any & NO_CODE == 0 {
        return true;
    }
    if ascii && digits == bytes.len() && !is_mobile(bytes) {
        return true;
    }
    let of_date = all & OF_DATE != 0 || !ascii && text.chars().all(is_of_date);
    of_date && !text.starts_with(['0', '０', '+']) && is_date_long(text, digits)
}

fn digits_of(text: &str) -> usize {
    text.bytes().filter(u8::is_ascii_digit).count()
}

/// A UUID, alone or at the end of a reference: its groups may look like a phone number's by chance.
fn is_uuid(text: &str) -> bool {
    const LENGTH: usize = 36;
    const DASHES: [usize; 4] = [8, 13, 18, 23];
    let Some((before, uuid)) = text
        .len()
        .checked_sub(LENGTH)
        .and_then(|start| text.split_at_checked(start))
    else {
        return false;
    };
    let mut places = uuid.bytes().enumerate();
    let shaped = places.all(|(place, byte)| {
        if DASHES.contains(&place) {
            byte == b'-'
        } else {
            byte.is_ascii_hexdigit()
        }
    });
    shaped
        && uuid.bytes().any(|byte| byte.is_ascii_alphabetic())
        && before
            .bytes()
            .all(|byte| byte.is_ascii_alphabetic() || b"/:".contains(&byte))
}

/// A mobile number is eleven digits and begins so; a registry's number has lost its zeros or has twelve.
fn is_mobile(bytes: &[u8]) -> bool {
    bytes.len() == 11 && bytes[0] == b'0' && bytes[2] == b'0'
}

/// The characters of dates, in any calendar and width.
const fn is_of_date(character: char) -> bool {
    matches!(character, '0'..='9' | '０'..='９' | '/' | '-' | '.' | ':' | '+' | 'T' | 'Z' | '年' | '月' | '日' | '元' | '頃' | '令' | '和' | '平' | '成' | '昭' | '大' | '正' | '明' | '治')
        || matches!(character, 'H' | 'S' | 'R' | 'M' | '／' | '．' | '－')
}

/// A date has at most its eight digits, an instant with fractions and zone some more, after a `T`.
fn is_date_long(text: &str, digits: usize) -> bool {
    digits <= 8 || text.get(10..11) == Some("T")
}

#[cfg(test)]
mod tests {
    use super::super::Door;

    fn check(text: &str, clean: bool) {
        assert_eq!(
            Door::shipped().unwrap().is_clean(text, true),
            clean,
            "{text}"
        );
    }

    #[test]
    fn what_tells_who_somebody_is_is_found_in_a_text() {
        for text in [
            "電話 03-1234-5678",
            "０９０－１２３４－５６７８",
            "090-1234-5678",
            "09012345678",
            "(03)1234-5678",
            "+81-90-1234-5678",
            "TEL: 0312345678",
            "taro@example.com",
            "連絡先 taro.yamada＠example.co.jp",
            "〒100-0001 東京都千代田区",
            "100-0001 千代田区千代田1-1",
            "1丁目",
            "千代田区千代田1-1",
            "カルテ番号 123456",
            "カルテ番号:A-123456",
            "患者ID 0012345",
            "chart no. 123456",
            "MRN: 12345",
            "氏名:甲野乙彦",
            "氏名 甲野",
            "甲野さん",
            "甲野 乙彦 様",
            "甲野様より",
            "Mr. Smith",
            "Patient name: X",
            "山田太郎",
            "山田 花子",
            "髙橋一郎",
            "佐々木希",
            "Yamada Taro",
            "Taro YAMADA",
        ] {
            check(text, false);
        }
    }

    #[test]
    fn what_tells_of_a_disease_stays() {
        for text in [
            "急性骨髄性白血病",
            "AML M2",
            "橋本病",
            "川崎病",
            "CSA+MTX",
            "キムリア点滴静注",
            "tisagenlecleucel",
            "2019-04-05",
            "平成31年4月5日",
            "000123456789",
            "感染症(肺炎)",
            "多臓器不全",
            "Cytokine release syndrome",
            "hla#3.25.0#HLA-A*24:02+HLA-A*26:01",
            "http://terminology.cibmtr.org/identifier/CRID",
            "2024-03-05T23:30:00.000+09:00",
            "患者さんの希望",
            "同様",
            "LOT-2023-0145",
            "Patient/3f2a-11",
            "びまん性大細胞型B細胞リンパ腫",
            "2.5x10^6/kg",
            "森林型",
            "原発性骨髄線維症",
        ] {
            check(text, true);
        }
    }
}
