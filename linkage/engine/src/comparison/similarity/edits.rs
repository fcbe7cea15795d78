//! Optimal string alignment by bit vectors: H. Hyyrö, "A bit-vector algorithm for computing Levenshtein and Damerau
//! edit distances", Nordic Journal of Computing 10, 2003.

use super::jaro::{lanes, places};
use super::lanes::{Lanes, halves};
use super::{LANES, WORD_CHARS_MAX};

/// Two strings of at most sixteen characters as bytes of 1 to 127, the first lowest, 0 beyond the end.
#[inline]
pub(super) fn of_lanes(left: u128, ours: usize, right: u128, theirs: usize) -> usize {
    let (long, longer, short, shorter) = if ours < theirs {
        (right, theirs, left, ours)
    } else {
        (left, ours, right, theirs)
    };
    let (lanes, mut characters) = (Lanes::new(long), short);
    aligned(longer, shorter, |_| {
        let [character, _] = halves(characters);
        characters >>= 8;
        u64::from(lanes.equal(character & 0xFF))
    })
}

/// Strings of bytes below 128, of any length.
pub(super) fn of_bytes(left: &[u8], right: &[u8]) -> usize {
    if left.len() <= LANES && right.len() <= LANES {
        return of_lanes(lanes(left), left.len(), lanes(right), right.len());
    }
    let (left, right) = if left.len() <= right.len() {
        (left, right)
    } else {
        (right, left)
    };
    if left.len() > WORD_CHARS_MAX {
        return long(left, right);
    }
    let mut places = [0_u64; 128];
    for (place, byte) in left.iter().enumerate() {
        places[usize::from(*byte & 127)] |= 1 << place;
    }
    aligned(left.len(), right.len(), |place| {
        places[usize::from(right[place] & 127)]
    })
}

/// Strings of any characters and length.
pub(super) fn of_chars(left: &[char], right: &[char]) -> usize {
    let (left, right) = if left.len() <= right.len() {
        (left, right)
    } else {
        (right, left)
    };
    if left.len() > WORD_CHARS_MAX {
        return strsim::osa_distance(
            &left.iter().collect::<String>(),
            &right.iter().collect::<String>(),
        );
    }
    aligned(left.len(), right.len(), |place| places(left, right[place]))
}

/// The distance of a string of at most 64 characters to another, whose character at a place equals the first one's at
/// the bits of `equal`.
#[inline]
fn aligned(ours: usize, theirs: usize, mut equal: impl FnMut(usize) -> u64) -> usize {
    if ours == 0 {
        return theirs;
    }
    let last = 1_u64 << (ours - 1);
    let (mut higher, mut lower) = (u64::MAX, 0_u64);
    let (mut diagonal, mut equal_before) = (0_u64, 0_u64);
    let mut distance = ours;
    for place in 0..theirs {
        let equal = equal(place);
        let exchanged = ((!diagonal & equal) << 1) & equal_before;
        diagonal = ((equal & higher).wrapping_add(higher) ^ higher) | equal | lower | exchanged;
        let rising = lower | !(diagonal | higher);
        let falling = diagonal & higher;
        distance += usize::from(rising & last != 0);
        distance -= usize::from(falling & last != 0);
        let rising = (rising << 1) | 1;
        higher = (falling << 1) | !(diagonal | rising);
        lower = rising & diagonal;
        equal_before = equal;
    }
    distance
}

/// Longer than a word: clarity before speed.
fn long(left: &[u8], right: &[u8]) -> usize {
    let text = |bytes: &[u8]| {
        bytes
            .iter()
            .map(|byte| char::from(*byte))
            .collect::<String>()
    };
    strsim::osa_distance(&text(left), &text(right))
}
