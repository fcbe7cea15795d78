//! Jaro's similarity in machine words, with Winkler's weight for a common beginning.
//!
//! Matches are found as in Jaro's definition: each character of one string takes the first free equal one of the other
//! within the window. Up to sixteen characters stand as bytes in a word, and all of the window are tried at once.

use super::{LANES, WORD_CHARS_MAX};

/// Matching characters, and half of those that match out of order.
#[derive(Clone, Copy)]
struct Found {
    matches: usize,
    transposed: usize,
}

/// Two strings of at most sixteen characters as bytes of 1 to 127, the first lowest, 0 beyond the end.
#[inline]
pub(super) fn of_lanes(left: u128, ours: usize, right: u128, theirs: usize) -> f64 {
    if ours == 0 || theirs == 0 {
        return f64::from(u8::from(ours == theirs));
    }
    let range = (ours.max(theirs) / 2).saturating_sub(1);
    let found = if ours <= 8 && theirs <= 8 {
        in_u64(low_half(left), ours, low_half(right), theirs, range)
    } else {
        in_u128(left, ours, right, theirs, range)
    };
    let differing = left ^ right;
    let beginning = (differing.trailing_zeros() / 8) as usize;
    winkler(
        found.matches,
        found.transposed,
        ours,
        theirs,
        beginning.min(ours).min(theirs).min(4),
    )
}

#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the lower half is meant")]
fn low_half(lanes: u128) -> u64 {
    lanes as u64
}

/// The kernel over a word whose bytes are characters; the two words' widths share its text.
macro_rules! kernel {
    ($name:ident, $word:ty, $lanes:literal) => {
        #[inline]
        fn $name(left: $word, ours: usize, right: $word, theirs: usize, range: usize) -> Found {
            const ONES: $word = <$word>::MAX / 0xFF;
            const HIGH: $word = ONES << 7;
            const LOW: $word = HIGH - ONES;
            let valid = HIGH >> (8 * ($lanes - ours));
            // The window around the first character; it grows upwards, then moves.
            let mut window = HIGH >> (8 * ($lanes - 1 - range));
            let (mut taken, mut text_taken, mut crossed) = (0, 0, 0);
            let mut text = right;
            for place in 0..theirs {
                let character = text & 0xFF;
                text >>= 8;
                let differing = left ^ (character * ONES);
                let equal = !(differing + LOW) & HIGH;
                let free = equal & window & valid & !taken;
                let first = free & free.wrapping_neg();
                crossed |= taken & first.wrapping_neg();
                taken |= first;
                text_taken |= <$word>::from(first != 0) << (8 * place + 7);
                window =
                    (window << 8) | (HIGH & 0xFF & <$word>::from(place < range).wrapping_neg());
            }
            let matches = taken.count_ones() as usize;
            let mut out_of_order = 0;
            if crossed != 0 {
                while taken != 0 {
                    let one = left >> (taken.trailing_zeros() - 7);
                    let other = right >> (text_taken.trailing_zeros() - 7);
                    out_of_order += usize::from((one ^ other) & 0xFF != 0);
                    taken &= taken - 1;
                    text_taken &= text_taken - 1;
                }
            }
            Found {
                matches,
                transposed: out_of_order / 2,
            }
        }
    };
}

kernel!(in_u64, u64, 8);
kernel!(in_u128, u128, 16);

/// Strings of bytes below 128, of any length.
pub(super) fn of_bytes(left: &[u8], right: &[u8]) -> f64 {
    if left.len() <= LANES && right.len() <= LANES {
        return of_lanes(lanes(left), left.len(), lanes(right), right.len());
    }
    if left.len() > WORD_CHARS_MAX || right.len() > WORD_CHARS_MAX {
        return long(left, right);
    }
    let mut places = [0_u64; 128];
    for (place, byte) in left.iter().enumerate() {
        places[usize::from(*byte & 127)] |= 1 << place;
    }
    let equal = |place: usize| places[usize::from(right[place] & 127)];
    let same = |one: usize, other: usize| left[one] == right[other];
    of_masks(left.len(), right.len(), equal, same)
}

pub(super) fn lanes(bytes: &[u8]) -> u128 {
    let mut lanes = [0; LANES];
    lanes[..bytes.len()].copy_from_slice(bytes);
    u128::from_le_bytes(lanes)
}

/// Strings of any characters and length.
pub(super) fn of_chars(left: &[char], right: &[char]) -> f64 {
    if left.len() > WORD_CHARS_MAX || right.len() > WORD_CHARS_MAX {
        return long(left, right);
    }
    let same = |one: usize, other: usize| left[one] == right[other];
    of_masks(
        left.len(),
        right.len(),
        |place| places(left, right[place]),
        same,
    )
}

/// The places of a character among at most 64, as bits.
pub(super) fn places(characters: &[char], wanted: char) -> u64 {
    characters.iter().rev().fold(0, |mask, character| {
        (mask << 1) | u64::from(*character == wanted)
    })
}

/// At most 64 characters a side; `equal` gives the left places that equal a right one, `same` compares two places.
fn of_masks(
    ours: usize,
    theirs: usize,
    equal: impl Fn(usize) -> u64,
    same: impl Fn(usize, usize) -> bool,
) -> f64 {
    if ours == 0 || theirs == 0 {
        return f64::from(u8::from(ours == theirs));
    }
    let range = (ours.max(theirs) / 2).saturating_sub(1);
    let (mut taken, mut text_taken) = (0_u64, 0_u64);
    for place in 0..theirs {
        let lower = u64::MAX.checked_shl(u32::try_from(place.saturating_sub(range)).unwrap_or(64));
        let upper = u64::MAX >> 63_usize.saturating_sub(place + range);
        let free = equal(place) & lower.unwrap_or(0) & upper & !taken;
        taken |= free & free.wrapping_neg();
        text_taken |= u64::from(free != 0) << place;
    }
    let matches = taken.count_ones() as usize;
    let mut out_of_order = 0;
    while taken != 0 {
        let (one, other) = (taken.trailing_zeros(), text_taken.trailing_zeros());
        out_of_order += usize::from(!same(one as usize, other as usize));
        taken &= taken - 1;
        text_taken &= text_taken - 1;
    }
    let common = |place: &usize| *place < ours && *place < theirs && same(*place, *place);
    let beginning = (0..4).take_while(common).count();
    winkler(matches, out_of_order / 2, ours, theirs, beginning)
}

/// Longer than a word: clarity before speed.
fn long<T: PartialEq>(left: &[T], right: &[T]) -> f64 {
    strsim::generic_jaro_winkler(&Slice(left), &Slice(right))
}

/// A slice that strsim can walk by reference.
struct Slice<'a, T>(&'a [T]);

impl<'a, T> IntoIterator for &Slice<'a, T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

/// The similarity from its counts; `beginning` is the number of equal characters at the beginning, at most four.
#[inline]
#[expect(clippy::cast_precision_loss, reason = "lengths are far below 2^53")]
pub(super) fn winkler(
    matches: usize,
    transposed: usize,
    ours: usize,
    theirs: usize,
    beginning: usize,
) -> f64 {
    if ours == 0 || theirs == 0 {
        return f64::from(u8::from(ours == theirs));
    }
    if matches == 0 {
        return 0.0;
    }
    let found = matches as f64;
    let jaro =
        (found / ours as f64 + found / theirs as f64 + (matches - transposed) as f64 / found) / 3.0;
    if jaro > 0.7 {
        jaro + 0.1 * beginning as f64 * (1.0 - jaro)
    } else {
        jaro
    }
}
