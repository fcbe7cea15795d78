//! Which version of a key counts, and how each row of a page ended. No SQL: a function from what is known to what is new.

use std::collections::{BTreeMap, BTreeSet};

use schema::RowState;

/// `(version, hash)`: of two versions of a key, the greater counts.
pub(crate) type Rank = (Box<str>, [u8; 32]);

/// What is known of one key.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    hashes: BTreeSet<[u8; 32]>,
    current: Option<(Rank, Holder)>,
}

/// Who holds a key's current version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Holder {
    /// A stored record, by its id.
    Stored(i64),
    /// A record of this page, by its place.
    Page(usize),
}

impl Known {
    /// Takes in a version that is stored.
    pub(crate) fn stored(&mut self, version: Box<str>, hash: [u8; 32], id: i64) {
        self.take((version, hash), Holder::Stored(id));
    }

    /// Takes in the page's record at a place, and tells how it ended.
    pub(crate) fn offer(&mut self, version: &str, hash: [u8; 32], place: usize) -> RowState {
        if self.hashes.contains(&hash) {
            return RowState::Unchanged;
        }
        let state = if self.hashes.is_empty() {
            RowState::New
        } else {
            RowState::Changed
        };
        self.take((version.into(), hash), Holder::Page(place));
        state
    }

    fn take(&mut self, rank: Rank, holder: Holder) {
        self.hashes.insert(rank.1);
        if self.current.as_ref().is_none_or(|(known, _)| *known < rank) {
            self.current = Some((rank, holder));
        }
    }

    /// Who holds the current version.
    pub(crate) fn holder(&self) -> Option<Holder> {
        self.current.as_ref().map(|(_, holder)| *holder)
    }
}

/// The stored records that are current no more and the page's records that are, when the page has passed.
pub(crate) fn turnover(
    before: &BTreeMap<String, Holder>,
    after: &BTreeMap<String, Known>,
) -> (Vec<i64>, BTreeSet<usize>) {
    let mut superseded = Vec::new();
    let mut promoted = BTreeSet::new();
    for (key, known) in after {
        if let Some(Holder::Page(place)) = known.holder() {
            promoted.insert(place);
            if let Some(Holder::Stored(id)) = before.get(key) {
                superseded.push(*id);
            }
        }
    }
    (superseded, promoted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(versions: &[(&str, u8)], states: &[RowState], current: usize) {
        let mut known = Known::default();
        let ended: Vec<_> = versions
            .iter()
            .enumerate()
            .map(|(place, (version, hash))| known.offer(version, [*hash; 32], place))
            .collect();
        assert_eq!(ended, states, "{versions:?}");
        assert_eq!(known.holder(), Some(Holder::Page(current)), "{versions:?}");
    }

    #[test]
    fn the_greatest_version_counts_whatever_the_order_of_arrival() {
        use RowState::{Changed, New, Unchanged};
        check(&[("1", 1)], &[New], 0);
        check(&[("1", 1), ("1", 1)], &[New, Unchanged], 0);
        check(&[("1", 1), ("2", 2)], &[New, Changed], 1);
        check(&[("2", 2), ("1", 1)], &[New, Changed], 0);
        check(&[("1", 2), ("1", 1)], &[New, Changed], 0);
        check(
            &[("1", 1), ("1", 2), ("1", 1)],
            &[New, Changed, Unchanged],
            1,
        );
    }
}
