//! Blocking keys of one text.

use rustc_hash::FxHashMap;

use crate::column;
use crate::{Codes, MISSING};

/// Most words of a text that give keys of their own, and most letters of one whose typing errors do.
const WORDS_MAX: usize = 40;
const LETTERS_MAX: usize = 24;

/// What makes keys of one text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Spelling {
    /// The first letters.
    Prefix(usize),
    /// The last letters.
    Suffix(usize),
    Soundex,
    Phonetic,
    Nysiis,
    Cologne,
    Romaji,
    FirstToken,
    LastToken,
    /// Each word.
    Tokens,
    /// The words in alphabetical order.
    SortedTokens,
    /// The digits alone.
    Digits,
    /// Runs of so many letters; a shorter text is one.
    Grams(usize),
    /// The text, and the text without each of its letters.
    Typos,
}

impl Spelling {
    /// Adds the text's keys to `keys`; an empty one is none.
    pub(super) fn keys(self, text: &str, keys: &mut Vec<String>) {
        match self {
            Self::Prefix(length) => keys.push(text.chars().take(length).collect()),
            Self::Suffix(length) => {
                let skipped = text.chars().count().saturating_sub(length);
                keys.push(text.chars().skip(skipped).collect());
            }
            Self::Soundex => keys.push(column::soundex(text)),
            Self::Phonetic => keys.push(column::phonetic(text)),
            Self::Nysiis => keys.push(column::nysiis(text)),
            Self::Cologne => keys.push(column::cologne(text)),
            Self::Romaji => keys.push(column::romaji(text)),
            Self::FirstToken => keys.extend(words(text).next().map(str::to_owned)),
            Self::LastToken => keys.extend(words(text).last().map(str::to_owned)),
            Self::Tokens => keys.extend(words(text).take(WORDS_MAX).map(str::to_owned)),
            Self::SortedTokens => {
                let mut words = words(text).collect::<Vec<_>>();
                words.sort_unstable();
                keys.push(words.join(" "));
            }
            Self::Digits => keys.push(text.chars().filter(char::is_ascii_digit).collect()),
            Self::Grams(length) => grams(text, length, keys),
            Self::Typos => typos(text, keys),
        }
    }
}

fn grams(text: &str, length: usize, keys: &mut Vec<String>) {
    let letters = text.chars().collect::<Vec<_>>();
    if letters.len() <= length {
        keys.push(text.to_owned());
    } else {
        keys.extend(
            letters
                .windows(length)
                .map(|gram| gram.iter().collect::<String>()),
        );
    }
}

/// Two texts one typing error apart (a letter too many, too few, another, or two exchanged) share one (Mor and Fraenkel,
/// "A hash code method for detecting and correcting spelling errors", Communications of the ACM 25(12), 1982).
fn typos(text: &str, keys: &mut Vec<String>) {
    keys.push(text.to_owned());
    let letters = text.chars().take(LETTERS_MAX + 1).collect::<Vec<_>>();
    if letters.len() > LETTERS_MAX || letters.len() < 3 {
        return;
    }
    for left_out in 0..letters.len() {
        keys.push(
            letters[..left_out]
                .iter()
                .chain(&letters[left_out + 1..])
                .collect(),
        );
    }
}

/// Words between anything that is neither letter nor digit.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_alphanumeric() && letter != 'ー')
        .filter(|word| !word.is_empty())
}

/// How many records of a column hold each word.
pub(super) struct Rarity<'a> {
    records: FxHashMap<&'a str, u32>,
}

impl<'a> Rarity<'a> {
    pub(super) fn of(codes: &'a Codes) -> Self {
        let mut records = FxHashMap::default();
        let mut distinct = Vec::new();
        for code in (MISSING + 1..).take(codes.distinct()) {
            distinct.clear();
            distinct.extend(words(codes.name(code)));
            distinct.sort_unstable();
            distinct.dedup();
            for &word in &distinct {
                *records.entry(word).or_default() += codes.counts()[code as usize];
            }
        }
        Self { records }
    }

    /// Adds the `count` rarest words that another record has too.
    pub(super) fn rarest(&self, text: &str, count: usize, keys: &mut Vec<String>) {
        keys.extend(self.rare(text, count).into_iter().map(str::to_owned));
    }

    /// Adds each pair of the `count` rarest words that another record has too.
    pub(super) fn pairs(&self, text: &str, count: usize, keys: &mut Vec<String>) {
        let mut words = self.rare(text, count);
        words.sort_unstable();
        for (place, left) in words.iter().enumerate() {
            keys.extend(
                words[place + 1..]
                    .iter()
                    .map(|right| format!("{left} {right}")),
            );
        }
    }

    fn rare<'t>(&self, text: &'t str, count: usize) -> Vec<&'t str> {
        let mut known = words(text)
            .map(|word| (self.records.get(word).copied().unwrap_or(0), word))
            .collect::<Vec<_>>();
        known.retain(|(records, _)| *records > 1);
        known.sort_unstable();
        known.dedup();
        known
            .into_iter()
            .take(count)
            .map(|(_, word)| word)
            .collect()
    }
}
