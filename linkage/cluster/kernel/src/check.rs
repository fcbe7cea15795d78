//! What came back, held against what was counted beforehand. Nothing that differs is accepted.

use std::collections::BTreeMap;
use std::path::Path;

use arrow_array::{Array, Int32Array, Int64Array, ListArray};
use linkage::ScoreCounts;

use crate::error::KernelError;
use crate::stream::{column, open};

/// A pair at or above review, as an executor gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) left: i64,
    pub(crate) right: i64,
    pub(crate) rule: i32,
    /// The weight's bits.
    pub(crate) bits: i32,
}

/// What an executor says of a part; what it says of the weights of all its pairs stands beside it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) part: i32,
    /// Pairs of the part's blocks, a pair once in each block.
    pub(crate) seen: i64,
    /// Those that no earlier rule or block gives.
    pub(crate) new: i64,
    /// The others.
    pub(crate) earlier: i64,
    /// Pairs written.
    pub(crate) kept: i64,
    /// The sum of [`mixed`] over them.
    pub(crate) sum: i64,
}

/// A pair as a number that no slip leaves the same (the finaliser of `SplitMix64`, three times).
pub(crate) fn mixed(pair: &Kept) -> i64 {
    let parts = [
        pair.left,
        pair.right,
        (i64::from(pair.rule) << 32) | i64::from(pair.bits.cast_unsigned()),
    ];
    let joined = parts.into_iter().fold(0_u64, |so_far, part| {
        let mut value =
            (so_far.rotate_left(29) ^ part.cast_unsigned()).wrapping_add(0x9E37_79B9_7F4A_7C15);
        value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        value ^ (value >> 31)
    });
    joined.cast_signed()
}

/// All that came back, by part.
#[derive(Default)]
pub(crate) struct Returned {
    tallies: BTreeMap<i32, Vec<(Tally, ScoreCounts)>>,
    pairs: BTreeMap<i32, Vec<Kept>>,
}

impl Returned {
    /// Reads what the executors wrote.
    pub(crate) fn read(path: &Path) -> Result<Self, KernelError> {
        let mut returned = Self::default();
        for batch in open(path)? {
            let batch = batch?;
            let parts = column::<Int32Array>(&batch, "part")?;
            let narrow = |name| column::<Int32Array>(&batch, name);
            let wide = |name| column::<Int64Array>(&batch, name);
            let (left, right, rule, bits) = (
                wide("left")?,
                wide("right")?,
                narrow("rule")?,
                narrow("bits")?,
            );
            let (seen, new, earlier) = (wide("seen")?, wide("new")?, wide("earlier")?);
            let (kept, sum, scores) = (
                wide("kept")?,
                wide("sum")?,
                column::<ListArray>(&batch, "scores")?,
            );
            for at in 0..batch.num_rows() {
                let part = parts.value(at);
                if seen.is_null(at) {
                    returned.pairs.entry(part).or_default().push(Kept {
                        left: left.value(at),
                        right: right.value(at),
                        rule: rule.value(at),
                        bits: bits.value(at),
                    });
                } else {
                    let tally = Tally {
                        part,
                        seen: seen.value(at),
                        new: new.value(at),
                        earlier: earlier.value(at),
                        kept: kept.value(at),
                        sum: sum.value(at),
                    };
                    returned
                        .tallies
                        .entry(part)
                        .or_default()
                        .push((tally, score_counts(&scores.value(at))?));
                }
            }
        }
        Ok(returned)
    }

    /// The pairs by left and right, if every part is there once and whole; with the sums of the tallies.
    ///
    /// # Errors
    /// [`KernelError::Differs`] with the part and the figures.
    pub(crate) fn checked(
        self,
        expected: &BTreeMap<i32, i64>,
    ) -> Result<(Vec<Kept>, Tally, ScoreCounts), KernelError> {
        let strange = self
            .tallies
            .keys()
            .chain(self.pairs.keys())
            .find(|part| !expected.contains_key(part));
        if let Some(part) = strange {
            return Err(KernelError::Differs(format!(
                "part {part} came back and was never sent"
            )));
        }
        let (mut all, mut scores) = (Tally::default(), ScoreCounts::new());
        for (&part, &pairs) in expected {
            let tallies = self.tallies.get(&part).map_or(&[][..], Vec::as_slice);
            let [(tally, of_part)] = tallies else {
                let times = tallies.len();
                return Err(KernelError::Differs(format!(
                    "part {part} came back {times} times"
                )));
            };
            let weighed = i64::try_from(of_part.pairs()).unwrap_or(i64::MAX);
            if weighed != tally.new {
                let new = tally.new;
                return Err(KernelError::Differs(format!(
                    "part {part} weighed {weighed} pairs, not {new}"
                )));
            }
            scores.add(of_part);
            check_part(
                tally,
                pairs,
                self.pairs.get(&part).map_or(&[][..], Vec::as_slice),
            )?;
            all.seen += tally.seen;
            all.new += tally.new;
            all.earlier += tally.earlier;
            all.kept += tally.kept;
        }
        let mut pairs = self.pairs.into_values().flatten().collect::<Vec<_>>();
        pairs.sort_unstable_by_key(|pair| (pair.left, pair.right));
        if pairs
            .windows(2)
            .any(|two| (two[0].left, two[0].right) == (two[1].left, two[1].right))
        {
            return Err(KernelError::Differs(
                "a pair came back from two parts".to_owned(),
            ));
        }
        Ok((pairs, all, scores))
    }
}

/// The counts of a tally's list.
fn score_counts(list: &dyn Array) -> Result<ScoreCounts, KernelError> {
    let wrong = || KernelError::Differs("a tally without its counts of weights".to_owned());
    let list = list
        .as_any()
        .downcast_ref::<Int64Array>()
        .ok_or_else(wrong)?;
    let bins = list
        .values()
        .iter()
        .map(|&count| u64::try_from(count))
        .collect::<Result<Vec<_>, _>>();
    let bins = bins.map_err(|_| wrong())?;
    if bins.len() == ScoreCounts::BINS {
        Ok(ScoreCounts { bins })
    } else {
        Err(wrong())
    }
}

fn check_part(tally: &Tally, pairs: i64, kept: &[Kept]) -> Result<(), KernelError> {
    let differs = |what: &str, found: i64, wanted: i64| {
        let part = tally.part;
        Err(KernelError::Differs(format!(
            "part {part} has {found} {what}, not {wanted}"
        )))
    };
    if tally.seen != pairs {
        return differs("pairs", tally.seen, pairs);
    }
    if tally.new + tally.earlier != tally.seen {
        return differs(
            "pairs that are new or given before",
            tally.new + tally.earlier,
            tally.seen,
        );
    }
    let rows = i64::try_from(kept.len()).unwrap_or(i64::MAX);
    if rows != tally.kept {
        return differs("rows", rows, tally.kept);
    }
    let sum = kept
        .iter()
        .fold(0_i64, |sum, pair| sum.wrapping_add(mixed(pair)));
    if sum == tally.sum {
        Ok(())
    } else {
        differs("as the sum of its rows", sum, tally.sum)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use linkage::ScoreCounts;

    use super::{Kept, Returned, Tally, mixed};

    fn pair(left: i64, right: i64) -> Kept {
        Kept {
            left,
            right,
            rule: 0,
            bits: 7,
        }
    }

    /// Two parts of 3 and 1 pairs, of which two and one are kept.
    fn returned() -> Returned {
        let parts = [
            (0, 3, vec![pair(1, 2), pair(1, 3)]),
            (1, 1, vec![pair(4, 9)]),
        ];
        let mut returned = Returned::default();
        for (part, seen, kept) in parts {
            let sum = kept
                .iter()
                .fold(0_i64, |sum, pair| sum.wrapping_add(mixed(pair)));
            let length = i64::try_from(kept.len()).unwrap();
            let tally = Tally {
                part,
                seen,
                new: seen,
                earlier: 0,
                kept: length,
                sum,
            };
            let mut scores = ScoreCounts::new();
            scores.bins[0] = u64::try_from(seen).unwrap();
            returned.tallies.insert(part, vec![(tally, scores)]);
            returned.pairs.insert(part, kept);
        }
        returned
    }

    fn check(change: impl FnOnce(&mut Returned), expected: Option<&str>) {
        let mut returned = returned();
        change(&mut returned);
        let told = returned
            .checked(&BTreeMap::from([(0, 3), (1, 1)]))
            .map(drop);
        match (told, expected) {
            (Ok(()), None) => {}
            (Err(error), Some(expected)) => {
                assert!(error.to_string().contains(expected), "{error}");
            }
            (told, expected) => panic!("{told:?} {expected:?}"),
        }
    }

    #[test]
    fn what_is_whole_is_accepted() {
        check(|_| {}, None);
    }

    #[test]
    fn a_part_that_comes_twice_or_not_at_all_is_refused() {
        check(
            |returned| {
                let twice = returned.tallies[&0][0].clone();
                returned.tallies.get_mut(&0).unwrap().push(twice);
            },
            Some("part 0 came back 2 times"),
        );
        check(
            |returned| drop(returned.tallies.remove(&1)),
            Some("part 1 came back 0 times"),
        );
        check(
            |returned| drop(returned.pairs.insert(5, vec![pair(7, 8)])),
            Some("never sent"),
        );
    }

    #[test]
    fn a_part_that_lost_or_gained_pairs_is_refused() {
        check(
            |returned| returned.tallies.get_mut(&0).unwrap()[0].1.bins[3] += 1,
            Some("weighed 4 pairs, not 3"),
        );
        check(
            |returned| returned.tallies.get_mut(&0).unwrap()[0].0.seen = 2,
            Some("2 pairs, not 3"),
        );
        check(
            |returned| returned.pairs.get_mut(&0).unwrap().truncate(1),
            Some("1 rows, not 2"),
        );
        check(
            |returned| returned.pairs.get_mut(&0).unwrap().push(pair(1, 2)),
            Some("3 rows, not 2"),
        );
        check(
            |returned| returned.pairs.get_mut(&0).unwrap()[0].bits = 8,
            Some("sum"),
        );
    }

    #[test]
    fn a_pair_of_two_parts_is_refused() {
        check(
            |returned| {
                let kept = vec![pair(1, 2)];
                returned.tallies.get_mut(&1).unwrap()[0].0.sum = mixed(&kept[0]);
                returned.pairs.insert(1, kept);
            },
            Some("two parts"),
        );
    }
}
