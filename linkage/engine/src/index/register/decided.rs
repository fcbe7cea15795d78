//! People's decisions by the records that they name, whether those are there or not.

use std::collections::{BTreeMap, BTreeSet};

use crate::review::{RecordId, Settled};

/// All decisions, and where each record is named.
#[derive(Default)]
pub(super) struct Decided {
    settled: Vec<Settled>,
    by_record: BTreeMap<RecordId, Vec<usize>>,
}

impl Decided {
    pub(super) fn new(settled: Vec<Settled>) -> Self {
        let mut by_record = BTreeMap::<_, Vec<usize>>::new();
        for (place, one) in settled.iter().enumerate() {
            for record in [&one.left, &one.right] {
                by_record.entry(record.clone()).or_default().push(place);
            }
        }
        Self { settled, by_record }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.settled.is_empty()
    }

    pub(super) fn all(&self) -> &[Settled] {
        &self.settled
    }

    /// The records that any decision names.
    pub(super) fn records(&self) -> impl Iterator<Item = &RecordId> {
        self.by_record.keys()
    }

    /// The records that decisions name together with this one.
    pub(super) fn partners(&self, record: &RecordId) -> impl Iterator<Item = &RecordId> {
        let places = self.by_record.get(record).into_iter().flatten();
        places.map(move |&place| {
            let one = &self.settled[place];
            if one.left == *record {
                &one.right
            } else {
                &one.left
            }
        })
    }

    /// The decisions that name any of these records, in their order.
    pub(super) fn about<'d>(
        &self,
        records: impl IntoIterator<Item = &'d RecordId>,
    ) -> Vec<Settled> {
        if self.is_empty() {
            return Vec::new();
        }
        let named = records.into_iter();
        let places = named
            .filter_map(|record| self.by_record.get(record))
            .flatten();
        let places = places.copied().collect::<BTreeSet<_>>();
        places
            .into_iter()
            .map(|place| self.settled[place].clone())
            .collect()
    }
}
