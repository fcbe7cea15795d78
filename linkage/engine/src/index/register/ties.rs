//! The pairs at or above review, under both of their records.

use rustc_hash::FxHashMap;

use crate::Row;
use crate::decide::Decision;
use crate::weigh::ScoredPair;

/// What is kept of a pair.
#[derive(Clone, Copy)]
pub(super) struct Kept {
    pub(super) pair: ScoredPair,
    pub(super) decision: Decision,
}

/// Each record's pairs by the other record, ascending.
#[derive(Default)]
pub(super) struct Ties(FxHashMap<Row, Vec<(Row, Kept)>>);

impl Ties {
    /// The record's pairs.
    pub(super) fn of(&self, record: Row) -> &[(Row, Kept)] {
        self.0.get(&record).map_or(&[], Vec::as_slice)
    }

    /// The pair of two records, the lower first.
    pub(super) fn between(&self, low: Row, high: Row) -> Option<Kept> {
        let ties = self.of(low);
        let place = ties.binary_search_by_key(&high, |tie| tie.0).ok()?;
        Some(ties[place].1)
    }

    /// Keeps a pair, in place of what was known of it.
    pub(super) fn tie(&mut self, pair: ScoredPair, decision: Decision) {
        let kept = Kept { pair, decision };
        for (one, other) in [(pair.left, pair.right), (pair.right, pair.left)] {
            let ties = self.0.entry(one).or_default();
            match ties.binary_search_by_key(&other, |tie| tie.0) {
                Ok(place) => ties[place].1 = kept,
                Err(place) => ties.insert(place, (other, kept)),
            }
        }
    }

    /// Forgets a pair.
    pub(super) fn untie(&mut self, low: Row, high: Row) {
        self.drop_one(low, high);
        self.drop_one(high, low);
    }

    /// Forgets the record's pairs; gives the other records.
    pub(super) fn untie_all(&mut self, record: Row) -> Vec<Row> {
        let ties = self.0.remove(&record).unwrap_or_default();
        let others = ties.iter().map(|tie| tie.0).collect::<Vec<_>>();
        for &other in &others {
            self.drop_one(other, record);
        }
        others
    }

    fn drop_one(&mut self, record: Row, other: Row) {
        if let Some(ties) = self.0.get_mut(&record) {
            ties.retain(|tie| tie.0 != other);
            if ties.is_empty() {
                self.0.remove(&record);
            }
        }
    }
}
