//! What is known of a value beforehand, and which pairs it rules out without looking at them.
//!
//! No more characters can match than the two values have in common, counted by groups of characters; from that bound
//! on matches follows one on the similarity. A bound may be too high (groups hide differences), never too low.

#![expect(
    clippy::inline_always,
    reason = "compiled for the vectors of whatever loop they stand in"
)]

use super::Dictionary;
use super::jaro::winkler;

/// Lengths of which the filters hold a table; longer values are never ruled out.
const LENGTHS: usize = 32;
/// Room for rounding between a bound and the similarity itself.
const ROUNDING: f64 = 1e-9;

/// What the filters look at.
#[derive(Clone, Copy, Default)]
pub(crate) struct Signature {
    /// Bit 2g: a character of group g occurs; bit 2g + 1: twice at least.
    groups: u64,
    /// The first four characters, by their bytes or groups.
    beginning: u32,
    length: u32,
}

impl Signature {
    #[inline]
    pub(super) fn new(groups: u64, beginning: u32, length: usize) -> Self {
        Self {
            groups,
            beginning,
            length: u32::try_from(length).unwrap_or(u32::MAX),
        }
    }

    /// The groups of a value's characters, given as bytes.
    pub(super) fn groups(bytes: &[u8]) -> u64 {
        bytes.iter().fold(0, |groups, byte| {
            let once = 1_u64 << (2 * (byte % 32));
            groups | once | ((groups & once) << 1)
        })
    }

    /// Characters of this one that the other lacks, at least.
    #[inline(always)]
    fn lacking(self, other: Self) -> usize {
        (self.groups & !other.groups).count_ones() as usize
    }

    #[inline(always)]
    fn common_beginning(self, other: Self) -> usize {
        let differing = self.beginning ^ other.beginning;
        (differing.trailing_zeros() / 8) as usize
    }
}

/// A dictionary's signatures with what rules out pairs of them, for loops that have many pairs of few values.
#[derive(Clone, Copy)]
pub(crate) struct Sieve<'a> {
    filter: Filter<'a>,
    dictionary: &'a Dictionary,
}

#[derive(Clone, Copy)]
enum Filter<'a> {
    JaroWinkler(&'a JaroWinklerFilter),
    Edits(&'a EditsFilter),
}

impl<'a> Sieve<'a> {
    /// Pairs below a similarity.
    pub(crate) fn by_similarity(filter: &'a JaroWinklerFilter, dictionary: &'a Dictionary) -> Self {
        Self {
            filter: Filter::JaroWinkler(filter),
            dictionary,
        }
    }

    /// Pairs of too many edits.
    pub(crate) fn by_edits(filter: &'a EditsFilter, dictionary: &'a Dictionary) -> Self {
        Self {
            filter: Filter::Edits(filter),
            dictionary,
        }
    }

    /// The signature of the value at a place of the dictionary.
    #[inline]
    pub(crate) fn signature(&self, place: usize) -> Signature {
        self.dictionary.signature(place)
    }

    /// Whether the two values surely reach no level but the last.
    #[inline(always)]
    pub(crate) fn hopeless(&self, left: Signature, right: Signature) -> bool {
        match self.filter {
            Filter::JaroWinkler(filter) => filter.hopeless(left, right),
            Filter::Edits(filter) => filter.hopeless(left, right),
        }
    }
}

/// Rules out pairs whose Jaro-Winkler similarity is below a threshold, without looking at their characters: from the
/// groups of characters that both have, their lengths and beginnings. It never rules out a pair that reaches it.
///
/// ```
/// use linkage::similarity::{Dictionary, JaroWinklerFilter};
/// let names = Dictionary::new(["yamamoto", "yamamota", "suzuki"]);
/// let filter = JaroWinklerFilter::new(0.85);
/// assert!(!filter.rules_out(&names, 0, 1));
/// assert!(filter.rules_out(&names, 0, 2));
/// ```
pub struct JaroWinklerFilter {
    /// By common beginning and the two lengths: the fewest matches that could reach the threshold.
    fewest: Box<[[[u8; LENGTHS]; LENGTHS]; 5]>,
}

impl JaroWinklerFilter {
    /// A filter for similarities of `least` and more.
    #[must_use]
    pub fn new(least: f64) -> Self {
        let mut fewest = Box::new([[[0; LENGTHS]; LENGTHS]; 5]);
        for (beginning, by_length) in fewest.iter_mut().enumerate() {
            for (ours, by_other) in by_length.iter_mut().enumerate() {
                for (theirs, fewest) in by_other.iter_mut().enumerate() {
                    *fewest = fewest_matches(beginning, ours, theirs, least);
                }
            }
        }
        Self { fewest }
    }

    /// Whether the similarity of the values at two places is surely below the threshold.
    ///
    /// # Panics
    /// Beyond the last place.
    #[must_use]
    #[inline]
    pub fn rules_out(&self, dictionary: &Dictionary, left: usize, right: usize) -> bool {
        self.hopeless(dictionary.signature(left), dictionary.signature(right))
    }

    #[inline(always)]
    pub(crate) fn hopeless(&self, left: Signature, right: Signature) -> bool {
        let (ours, theirs) = (left.length as usize, right.length as usize);
        if ours >= LENGTHS || theirs >= LENGTHS {
            return false;
        }
        let matches = (ours - left.lacking(right)).min(theirs - right.lacking(left));
        let beginning = left.common_beginning(right);
        matches < usize::from(self.fewest[beginning][ours][theirs])
    }
}

/// The fewest matches, none out of order, that reach `least`; one more than there are characters when none do.
fn fewest_matches(beginning: usize, ours: usize, theirs: usize, least: f64) -> u8 {
    let shorter = ours.min(theirs);
    let reaches = |matches: &usize| {
        winkler(*matches, 0, ours, theirs, beginning.min(shorter)) >= least - ROUNDING
    };
    let fewest = (0..=shorter).find(reaches).unwrap_or(shorter + 1);
    u8::try_from(fewest).unwrap_or(0)
}

/// Rules out pairs by their number of edits.
pub(crate) struct EditsFilter {
    /// By the longer length: the most edits that some level allows.
    most: [usize; LENGTHS],
}

impl EditsFilter {
    /// A filter for at most `most` edits or a similarity of at least `least`, whichever allows more.
    pub(crate) fn new(most: Option<u32>, least: Option<f64>) -> Self {
        let allowed = |length: usize| {
            let by_share = least.map_or(0, |least| {
                let reaches = |edits: &usize| super::share_kept(*edits, length) >= least - ROUNDING;
                (0..=length).rev().find(reaches).unwrap_or(0)
            });
            by_share.max(most.unwrap_or(0) as usize)
        };
        let mut filter = Self { most: [0; LENGTHS] };
        for (length, most) in filter.most.iter_mut().enumerate() {
            *most = allowed(length);
        }
        filter
    }

    /// Whether more edits are surely needed than any level allows.
    #[inline(always)]
    pub(crate) fn hopeless(&self, left: Signature, right: Signature) -> bool {
        let longer = left.length.max(right.length) as usize;
        let fewest = left.lacking(right).max(right.lacking(left));
        let by_length = left.length.abs_diff(right.length) as usize;
        longer < LENGTHS && fewest.max(by_length) > self.most[longer]
    }
}
