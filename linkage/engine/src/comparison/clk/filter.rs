//! A filter: bits in words, and as text.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// A row of bits of fixed length.
#[derive(Clone, PartialEq, Eq)]
pub struct Filter {
    words: Box<[u64]>,
    bits: usize,
}

/// Dice's coefficient of two filters in base64, 0 to 1: twice the bits that both have, over all that each has. `None` when
/// a text is no filter, or they differ in length.
///
/// ```
/// assert_eq!(linkage::clk::dice("AwAAAAAAAAA=", "AQAAAAAAAAA="), Some(2.0 / 3.0));
/// assert_eq!(linkage::clk::dice("AwAAAAAAAAA=", "AQA="), None);
/// ```
#[must_use]
pub fn dice(left: &str, right: &str) -> Option<f64> {
    let (left, right) = (Filter::from_base64(left)?, Filter::from_base64(right)?);
    (left.bits == right.bits).then(|| {
        let common = left.in_common(&right);
        crate::comparison::clk_similarity::dice(common, left.ones(), right.ones())
    })
}

impl Filter {
    /// A filter without a bit set.
    pub(super) fn empty(bits: usize) -> Self {
        Self {
            words: vec![0; bits.div_ceil(64)].into(),
            bits,
        }
    }

    /// Reads base64 (RFC 4648, standard alphabet, padded): bytes in order, the lowest bit of each first. `None` for any other
    /// text, and for an empty one.
    #[must_use]
    pub fn from_base64(text: &str) -> Option<Self> {
        let bytes = STANDARD
            .decode(text)
            .ok()
            .filter(|bytes| !bytes.is_empty())?;
        let mut filter = Self::empty(8 * bytes.len());
        for (word, bytes) in filter.words.iter_mut().zip(bytes.chunks(8)) {
            let mut eight = [0; 8];
            eight[..bytes.len()].copy_from_slice(bytes);
            *word = u64::from_le_bytes(eight);
        }
        Some(filter)
    }

    /// The filter as [`Self::from_base64`] reads it.
    #[must_use]
    pub fn to_base64(&self) -> String {
        let bytes = self.words.iter().flat_map(|word| word.to_le_bytes());
        STANDARD.encode(bytes.take(self.bits.div_ceil(8)).collect::<Vec<_>>())
    }

    /// Its length.
    #[must_use]
    pub fn bits(&self) -> usize {
        self.bits
    }

    /// How many bits are set.
    #[must_use]
    pub fn ones(&self) -> u32 {
        self.words.iter().map(|word| word.count_ones()).sum()
    }

    /// How many bits are set in both.
    #[must_use]
    pub fn in_common(&self, other: &Self) -> u32 {
        let words = self.words.iter().zip(&other.words);
        words.map(|(one, other)| (one & other).count_ones()).sum()
    }

    pub(super) fn set(&mut self, place: usize) {
        self.words[place / 64] |= 1 << (place % 64);
    }

    pub(super) fn is_set(&self, place: usize) -> bool {
        self.words[place / 64] >> (place % 64) & 1 == 1
    }
}

impl std::fmt::Debug for Filter {
    /// A filter is a pseudonym.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("[phi]")
    }
}
