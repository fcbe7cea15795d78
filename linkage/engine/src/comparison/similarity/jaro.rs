//! Jaro's similarity in machine words, with Winkler's weight for a common beginning.
//!
//! Matches are found as in Jaro's definition: each character of one string takes the first free equal one of the other
//! within the window. Up to sixteen characters stand as bytes in a word, and all of the window are tried at once.

use std::ops::Range;

use super::lanes::{Lanes, halves};
use super::{LANES, WORD_CHARS_MAX};

/// Two strings of at most sixteen characters as bytes of 1 to 127, the first lowest, 0 beyond the end.
#[inline]
pub(super) fn of_lanes(left: u128, ours: usize, right: u128, theirs: usize) -> f64 {
    // Which string is walked does not matter; the shorter one is sooner done.
    let (long, longer, short, shorter) = if ours < theirs {
        (right, theirs, left, ours)
    } else {
        (left, ours, right, theirs)
    };
    let range = (longer / 2).saturating_sub(1);
    let (lanes, mut found) = (Lanes::new(long), Found::new(longer));
    let [first, second] = halves(short);
    found.walk(lanes, first, 0..shorter.min(8), range);
    if shorter > 8 {
        found.walk(lanes, second, 8..shorter, range);
    }
    let transposed = if found.crossed == 0 {
        0
    } else {
        out_of_order(long, found.taken, short, found.walked) / 2
    };
    let beginning = ((left ^ right).trailing_zeros() / 8) as usize;
    winkler(
        found.matches as usize,
        transposed,
        longer,
        shorter,
        beginning.min(shorter).min(4),
    )
}

/// Places taken so far by matching characters, as bits.
struct Found {
    /// Places beyond the end of the longer string.
    beyond: u32,
    taken: u32,
    walked: u32,
    /// Not 0 once a character took a place before one that was taken already.
    crossed: u32,
    matches: u32,
}

impl Found {
    #[inline]
    fn new(longer: usize) -> Self {
        Self {
            beyond: u32::MAX << longer,
            taken: 0,
            walked: 0,
            crossed: 0,
            matches: 0,
        }
    }

    /// Each character of the shorter string takes the first free equal place of the longer one within the range.
    #[inline]
    fn walk(&mut self, lanes: Lanes, mut characters: u64, places: Range<usize>, range: usize) {
        let window = (2_u32 << (2 * range)) - 1;
        for place in places {
            let equal = lanes.equal(characters & 0xFF) & !self.beyond;
            characters >>= 8;
            let free = equal & ((window << place) >> range) & !self.taken;
            let first = free & free.wrapping_neg();
            self.crossed |= self.taken & first.wrapping_neg();
            self.taken |= first;
            self.walked |= u32::from(first != 0) << place;
            self.matches += u32::from(first != 0);
        }
    }
}

/// How many matches stand in another order in the two strings.
fn out_of_order(left: u128, mut ours: u32, right: u128, mut theirs: u32) -> usize {
    let (left, right) = (left.to_le_bytes(), right.to_le_bytes());
    let mut count = 0;
    while ours != 0 {
        let one = left[ours.trailing_zeros() as usize % LANES];
        let other = right[theirs.trailing_zeros() as usize % LANES];
        count += usize::from(one != other);
        ours &= ours - 1;
        theirs &= theirs.wrapping_sub(1);
    }
    count
}

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
    if ours == 0 && theirs == 0 {
        return 1.0;
    }
    // The same operations in the same order as strsim's: a last bit decides whether 0.7 is reached.
    let jaro =
        (share(matches, ours) + share(matches, theirs) + share(matches - transposed, matches))
            / 3.0;
    let boost = if jaro > 0.7 {
        0.1 * beginning as f64
    } else {
        0.0
    };
    jaro + boost * (1.0 - jaro)
}

/// A part of a whole; 0 of nothing.
#[inline]
fn share(part: usize, whole: usize) -> f64 {
    const SHARES: [[f64; LANES + 1]; LANES + 1] = {
        let mut shares = [[0.0; LANES + 1]; LANES + 1];
        let mut whole = 1;
        while whole <= LANES {
            let mut part = 0;
            while part <= whole {
                shares[whole][part] = divided(part, whole);
                part += 1;
            }
            whole += 1;
        }
        shares
    };
    match SHARES.get(whole) {
        Some(shares) => shares[part.min(LANES)],
        None => divided(part, whole),
    }
}

#[expect(clippy::cast_precision_loss, reason = "lengths are far below 2^53")]
const fn divided(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}
