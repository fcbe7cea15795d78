//! Values prepared for being compared many times.

use super::alphabet::Alphabet;
use super::signature::Signature;
use super::{LANES, WORD_CHARS_MAX, edits, jaro, share_kept};
use crate::Codes;

/// Values prepared for being compared many times: at most 127 kinds of characters get a byte each, so that a short
/// value of any script lies in two machine words.
///
/// ```
/// let names = linkage::similarity::Dictionary::new(["佐藤", "斎藤", "斉藤"]);
/// assert_eq!(names.edits(1, 2), 1);
/// assert!(names.jaro_winkler(0, 1) < names.jaro_winkler(1, 1));
/// ```
pub struct Dictionary {
    texts: Vec<Text>,
    alphabet: Alphabet,
    /// The bytes of values of the alphabet's characters.
    bytes: Vec<u8>,
    /// The characters of all others.
    characters: Vec<char>,
}

/// One prepared value, 32 bytes.
#[derive(Clone, Copy)]
struct Text {
    /// The first sixteen characters as bytes, the first one lowest; 0 beyond the end.
    lanes: u128,
    groups: u64,
    /// Where its bytes, or its characters, begin.
    start: u32,
    /// Characters; the highest bit tells that they stand as characters.
    length: u32,
}

const AS_CHARACTERS: u32 = 1 << 31;

impl Dictionary {
    /// Prepares the values; one is named by its place.
    ///
    /// # Panics
    /// With more than 4 billion characters in all.
    #[must_use]
    pub fn new<'a, I>(values: I) -> Self
    where
        I: IntoIterator<Item = &'a str>,
        I::IntoIter: Clone,
    {
        let values = values.into_iter();
        let mut dictionary = Self {
            texts: Vec::new(),
            alphabet: Alphabet::of(values.clone()),
            bytes: Vec::new(),
            characters: Vec::new(),
        };
        for value in values {
            dictionary.push(value);
        }
        dictionary
    }

    /// A column's values; a code's place is one less than the code.
    pub(crate) fn of_codes(codes: &Codes) -> Self {
        Self::new(crate::comparison::names_of(codes))
    }

    fn push(&mut self, value: &str) {
        let (mut lanes, mut length, from) = (0, 0_u32, self.bytes.len());
        let mut known = true;
        for character in value.chars() {
            let byte = self.alphabet.byte_or_group(character);
            known &= byte < 128;
            if (length as usize) < LANES {
                lanes |= u128::from(byte) << (8 * length);
            }
            self.bytes.push(byte);
            length += 1;
        }
        let groups = Signature::groups(&self.bytes[from..]);
        let mut start = from;
        if !known || length as usize > WORD_CHARS_MAX {
            self.bytes.truncate(from);
            start = self.characters.len();
            self.characters.extend(value.chars());
            length |= AS_CHARACTERS;
        }
        self.texts.push(Text {
            lanes,
            groups,
            start: u32::try_from(start).expect("fewer than 4 billion characters"),
            length,
        });
    }

    /// How many values there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Whether there is no value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// What [`jaro_winkler`](super::jaro_winkler) gives for the values at two places.
    ///
    /// # Panics
    /// Beyond the last place.
    #[must_use]
    #[inline]
    pub fn jaro_winkler(&self, left: usize, right: usize) -> f64 {
        let (one, other) = (&self.texts[left], &self.texts[right]);
        if Text::both_short(one, other) {
            return jaro::of_lanes(one.lanes, one.length(), other.lanes, other.length());
        }
        if one.is_coded() && other.is_coded() {
            return jaro::of_bytes(self.bytes(one), self.bytes(other));
        }
        let (mut ours, mut theirs) = (['\0'; WORD_CHARS_MAX], ['\0'; WORD_CHARS_MAX]);
        jaro::of_chars(
            self.characters(one, &mut ours),
            self.characters(other, &mut theirs),
        )
    }

    /// What [`edits`](super::edits) gives for the values at two places.
    ///
    /// # Panics
    /// Beyond the last place.
    #[must_use]
    #[inline]
    pub fn edits(&self, left: usize, right: usize) -> usize {
        let (one, other) = (&self.texts[left], &self.texts[right]);
        if Text::both_short(one, other) {
            return edits::of_lanes(one.lanes, one.length(), other.lanes, other.length());
        }
        if one.is_coded() && other.is_coded() {
            return edits::of_bytes(self.bytes(one), self.bytes(other));
        }
        let (mut ours, mut theirs) = (['\0'; WORD_CHARS_MAX], ['\0'; WORD_CHARS_MAX]);
        edits::of_chars(
            self.characters(one, &mut ours),
            self.characters(other, &mut theirs),
        )
    }

    /// What [`edit_similarity`](super::edit_similarity) gives for the values at two places.
    ///
    /// # Panics
    /// Beyond the last place.
    #[must_use]
    pub fn edit_similarity(&self, left: usize, right: usize) -> f64 {
        self.share_kept(left, right, self.edits(left, right))
    }

    /// The edit similarity when the edits are known.
    pub(crate) fn share_kept(&self, left: usize, right: usize, edits: usize) -> f64 {
        let length = |place: usize| self.texts[place].length();
        share_kept(edits, length(left).max(length(right)))
    }

    #[inline]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the first four bytes are meant"
    )]
    pub(crate) fn signature(&self, place: usize) -> Signature {
        let text = &self.texts[place];
        Signature::new(text.groups, text.lanes as u32, text.length())
    }

    fn bytes(&self, text: &Text) -> &[u8] {
        let start = text.start as usize;
        &self.bytes[start..start + text.length()]
    }

    fn characters<'a>(&'a self, text: &Text, room: &'a mut [char; WORD_CHARS_MAX]) -> &'a [char] {
        let (start, length) = (text.start as usize, text.length());
        if !text.is_coded() {
            return &self.characters[start..start + length];
        }
        for (place, &byte) in room.iter_mut().zip(self.bytes(text)) {
            *place = self.alphabet.character(byte);
        }
        &room[..length]
    }
}

impl Text {
    #[inline]
    fn length(&self) -> usize {
        (self.length & !AS_CHARACTERS) as usize
    }

    #[inline]
    fn is_coded(&self) -> bool {
        self.length & AS_CHARACTERS == 0
    }

    /// Whether both stand in their lanes: one test, for the bit of characters makes a length long.
    #[inline]
    fn both_short(one: &Self, other: &Self) -> bool {
        one.length.max(other.length) as usize <= LANES
    }
}
