//! One byte for each of a column's commonest characters.

use rustc_hash::FxHashMap;

/// Bytes that the kernels tell apart; 0 is "no character".
const BYTES: usize = 127;

/// The commonest characters of some values, each with a byte of 1 to 127.
pub(super) struct Alphabet {
    ascii: [u8; 128],
    others: FxHashMap<char, u8>,
    characters: [char; 128],
}

impl Alphabet {
    /// The alphabet of these values: by how often a character occurs, then by its code.
    pub(super) fn of<'a>(values: impl Iterator<Item = &'a str>) -> Self {
        let mut ranked = counted(values);
        ranked.sort_unstable_by_key(|&(character, count)| (std::cmp::Reverse(count), character));
        let mut alphabet = Self {
            ascii: [0; 128],
            others: FxHashMap::default(),
            characters: ['\0'; 128],
        };
        for ((character, _), byte) in ranked.into_iter().take(BYTES).zip(1..) {
            alphabet.characters[usize::from(byte)] = character;
            match alphabet.ascii.get_mut(character as usize) {
                Some(place) => *place = byte,
                None => {
                    alphabet.others.insert(character, byte);
                }
            }
        }
        alphabet
    }

    /// The character's byte, or one of 128 to 255 that it shares with other rare characters.
    pub(super) fn byte_or_group(&self, character: char) -> u8 {
        let known = match self.ascii.get(character as usize) {
            Some(&byte) => byte,
            None => self.others.get(&character).copied().unwrap_or(0),
        };
        if known != 0 {
            return known;
        }
        let mixed = u32::from(character).wrapping_mul(0x9E37_79B1) >> 25;
        128 + u8::try_from(mixed).unwrap_or(0)
    }

    /// The character of a byte of 1 to 127.
    pub(super) fn character(&self, byte: u8) -> char {
        self.characters[usize::from(byte & 127)]
    }
}

/// Each character with how often it occurs.
fn counted<'a>(values: impl Iterator<Item = &'a str>) -> Vec<(char, u64)> {
    let (mut ascii, mut others) = ([0_u64; 128], FxHashMap::<char, u64>::default());
    for character in values.flat_map(str::chars) {
        match ascii.get_mut(character as usize) {
            Some(count) => *count += 1,
            None => *others.entry(character).or_default() += 1,
        }
    }
    let ascii = (0_u8..).map(char::from).zip(ascii);
    ascii
        .chain(others)
        .filter(|&(_, count)| count > 0)
        .collect()
}
