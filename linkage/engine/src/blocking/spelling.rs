//! Blocking keys of one text.

use rustc_hash::FxHashMap;

use crate::column;
use crate::{Codes, MISSING};

/// Most words of a text that give keys of their own, and most letters of one whose typing errors do.
const WORDS_MAX: usize = 40;
const LETTERS_MAX: usize = 24;

pub(super) fn soundex(text: &str, _: usize, keys: &mut Vec<String>) {
    keys.push(column::soundex(text));
}

pub(super) fn phonetic(text: &str, _: usize, keys: &mut Vec<String>) {
    keys.push(column::phonetic(text));
}

pub(super) fn nysiis(text: &str, _: usize, keys: &mut Vec<String>) {
    keys.push(column::nysiis(text));
}

pub(super) fn cologne(text: &str, _: usize, keys: &mut Vec<String>) {
    keys.push(column::cologne(text));
}

pub(super) fn romaji(text: &str, _: usize, keys: &mut Vec<String>) {
    keys.push(column::romaji(text));
}

pub(super) fn first_token(text: &str, _: usize, keys: &mut Vec<String>) {
    keys.extend(words(text).next().map(str::to_owned));
}

pub(super) fn last_token(text: &str, _: usize, keys: &mut Vec<String>) {
    keys.extend(words(text).last().map(str::to_owned));
}

pub(super) fn tokens(text: &str, _: usize, keys: &mut Vec<String>) {
    keys.extend(words(text).take(WORDS_MAX).map(str::to_owned));
}

pub(super) fn sorted_tokens(text: &str, _: usize, keys: &mut Vec<String>) {
    let mut words = words(text).collect::<Vec<_>>();
    words.sort_unstable();
    keys.push(words.join(" "));
}

pub(super) fn digits(text: &str, _: usize, keys: &mut Vec<String>) {
    keys.push(text.chars().filter(char::is_ascii_digit).collect());
}

/// Runs of `length` letters; a shorter text is one.
pub(super) fn grams(text: &str, length: usize, keys: &mut Vec<String>) {
    let letters = text.chars().collect::<Vec<_>>();
    if letters.len() <= length {
        keys.push(text.to_owned());
    } else {
        keys.extend(letters.windows(length).map(|gram| gram.iter().collect::<String>()));
    }
}

/// The text, and the text without each of its letters: two texts one typing error apart (a letter too many, too few,
/// another, or two exchanged) share one (Mor and Fraenkel, "A hash code method for detecting and correcting spelling
/// errors", Communications of the ACM 25(12), 1982).
pub(super) fn typos(text: &str, _: usize, keys: &mut Vec<String>) {
    keys.push(text.to_owned());
    let letters = text.chars().take(LETTERS_MAX + 1).collect::<Vec<_>>();
    if letters.len() > LETTERS_MAX || letters.len() < 3 {
        return;
    }
    for left_out in 0..letters.len() {
        keys.push(letters[..left_out].iter().chain(&letters[left_out + 1..]).collect());
    }
}

/// Pairs of the first words, in alphabetical order.
pub(super) fn token_pairs(text: &str, count: usize, keys: &mut Vec<String>) {
    let mut words = words(text).take(count).collect::<Vec<_>>();
    words.sort_unstable();
    words.dedup();
    for (place, left) in words.iter().enumerate() {
        keys.extend(words[place + 1..].iter().map(|right| format!("{left} {right}")));
    }
}

/// Words between anything that is neither letter nor digit.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_alphanumeric() && letter != 'ー').filter(|word| !word.is_empty())
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

    /// The `count` rarest words that another record has too.
    pub(super) fn rarest(&self, text: &str, count: usize, keys: &mut Vec<String>) {
        let mut known = words(text).map(|word| (self.records.get(word).copied().unwrap_or(0), word)).collect::<Vec<_>>();
        known.retain(|(records, _)| *records > 1);
        known.sort_unstable();
        known.dedup();
        keys.extend(known.into_iter().take(count).map(|(_, word)| word.to_owned()));
    }
}
