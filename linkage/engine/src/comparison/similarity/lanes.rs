//! Sixteen characters side by side, compared with one at once.

use wide::u8x16;

/// Sixteen bytes.
#[derive(Clone, Copy)]
pub(super) struct Lanes(u8x16);

impl Lanes {
    /// The bytes of a word, the lowest first.
    #[inline]
    pub(super) fn new(word: u128) -> Self {
        Self(u8x16::from(word.to_le_bytes()))
    }

    /// Bit `i` is set where byte `i` equals `wanted`, a number below 256.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "the number is below 256")]
    pub(super) fn equal(self, wanted: u64) -> u32 {
        self.0.simd_eq(u8x16::splat(wanted as u8)).to_bitmask()
    }
}

/// The lower and the upper half of a word.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "each half is meant")]
pub(super) fn halves(word: u128) -> [u64; 2] {
    [word as u64, (word >> 64) as u64]
}
