//! One component decided and clustered by itself: what lies outside of it does not matter.

use std::sync::Mutex;

use super::Register;
use crate::cluster::{PairWeights, cluster};
use crate::decide::{NoRules, decide};
use crate::review::{Constraints, RecordId};
use crate::weigh::ScoredPair;
use crate::{LinkageError, Row, Table};

use super::super::records::Records;

/// Weights between records of a component, by their places in it.
struct Between<'r, 'j, 'a> {
    records: &'r Records<'j, 'a>,
    members: &'r [Row],
    failed: Mutex<Option<LinkageError>>,
}

impl PairWeights for Between<'_, '_, '_> {
    fn between(&self, left: Row, right: Row) -> f32 {
        let of = |place: Row| self.members[place as usize];
        match self.records.weigh(of(left), of(right)) {
            Ok(compared) => compared.weight,
            Err(error) => {
                if let Ok(mut failed) = self.failed.lock() {
                    *failed = Some(error);
                }
                0.0
            }
        }
    }

    fn prior_bits(&self) -> f32 {
        self.records.scorer().prior_bits()
    }

    fn log_odds(&self, weight: f32) -> f32 {
        PairWeights::log_odds(self.records.scorer(), weight)
    }
}

impl Register<'_, '_> {
    /// The records that pairs tie to this one, ascending.
    pub(super) fn component(&self, record: Row) -> Vec<Row> {
        let mut members = std::collections::BTreeSet::from([record]);
        let mut open = vec![record];
        while let Some(record) = open.pop() {
            for &other in self
                .ties
                .get(&record)
                .into_iter()
                .flat_map(|ties| ties.keys())
            {
                if members.insert(other) {
                    open.push(other);
                }
            }
        }
        members.into_iter().collect()
    }

    /// Decides the pairs of a component and clusters its records.
    pub(super) fn conclude(&mut self, members: &[Row]) -> Result<Vec<Vec<RecordId>>, LinkageError> {
        let names = members.iter().map(|&record| self.records.name(record));
        let names = names.collect::<Vec<_>>();
        if members.len() == 1 {
            return Ok(vec![names]);
        }
        let table = Table::new(names.iter().map(|name| (name.0.as_str(), name.1.as_str())));
        let (pairs, placed) = self.pairs_among(members);
        let (model, nobody) = (self.records.model(), Constraints::default());
        let between = Between {
            records: &self.records,
            members,
            failed: Mutex::default(),
        };
        let mut decisions = decide(model, &NoRules, &nobody, &placed, &|_| Vec::new());
        let clusters = cluster(
            model,
            &table,
            &NoRules,
            &between,
            &placed,
            &mut decisions,
            &nobody,
        );
        if let Some(error) = between.failed.into_inner().unwrap_or_default() {
            return Err(error);
        }
        for (pair, decision) in pairs.into_iter().zip(decisions) {
            self.tie(pair, decision);
        }
        let named = |rows: &Vec<Row>| {
            let rows = rows.iter().map(|&row| names[row as usize].clone());
            rows.collect()
        };
        Ok(clusters.iter().map(named).collect())
    }

    /// The pairs of a component, by its records, and the same by their places in it.
    fn pairs_among(&self, members: &[Row]) -> (Vec<ScoredPair>, Vec<ScoredPair>) {
        let (mut pairs, mut placed) = (Vec::new(), Vec::new());
        let place = |record: Row| {
            let place = members.binary_search(&record).unwrap_or_default();
            Row::try_from(place).unwrap_or(Row::MAX)
        };
        for &record in members {
            for (&other, kept) in self.ties.get(&record).into_iter().flatten() {
                if record < other {
                    pairs.push(kept.pair);
                    placed.push(ScoredPair {
                        left: place(record),
                        right: place(other),
                        ..kept.pair
                    });
                }
            }
        }
        (pairs, placed)
    }
}
