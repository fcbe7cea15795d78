//! One component decided and clustered by itself: what lies outside of it does not matter.

use std::sync::Mutex;

use rustc_hash::FxHashSet;

use super::super::records::Records;
use super::Register;
use crate::cluster::{PairWeights, cluster};
use crate::decide::{Decision, Rules, decide};
use crate::review::{Constraints, RecordId};
use crate::weigh::{ScoredPair, Weighed};
use crate::{LinkageError, Row, Table};

/// What became of a component: its pairs with their decisions, and its clusters.
pub(super) struct Concluded {
    pub(super) pairs: Vec<(ScoredPair, Decision)>,
    pub(super) clusters: Vec<Vec<RecordId>>,
}

/// Records by their places in a list, with what is known between them.
pub(super) struct Local<'r, 'j, 'a> {
    records: &'r Records<'j, 'a>,
    members: &'r [Row],
    /// Pairs that are kept, by their places.
    pairs: &'r [ScoredPair],
    failed: Mutex<Option<LinkageError>>,
}

impl<'r, 'j, 'a> Local<'r, 'j, 'a> {
    pub(super) fn new(
        records: &'r Records<'j, 'a>,
        members: &'r [Row],
        pairs: &'r [ScoredPair],
    ) -> Self {
        Self {
            records,
            members,
            pairs,
            failed: Mutex::default(),
        }
    }

    fn of(&self, place: Row) -> Row {
        self.members[place as usize]
    }

    /// What was found, or what stands in for it; the error is kept.
    fn or_failed<T>(&self, found: Result<T, LinkageError>, else_this: T) -> T {
        found.unwrap_or_else(|error| {
            if let Ok(mut failed) = self.failed.lock() {
                *failed = Some(error);
            }
            else_this
        })
    }

    fn parts(&self, pair: &ScoredPair) -> Vec<Weighed> {
        let parts = self.records.parts(self.of(pair.left), self.of(pair.right));
        self.or_failed(parts, Vec::new())
    }
}

impl PairWeights for Local<'_, '_, '_> {
    fn between(&self, left: Row, right: Row) -> f32 {
        let key = (left.min(right), left.max(right));
        let known = self
            .pairs
            .binary_search_by_key(&key, |pair| (pair.left, pair.right));
        if let Ok(place) = known {
            return self.pairs[place].weight;
        }
        let weighed = self.records.weigh(self.of(left), &[self.of(right)]);
        let weights = self.or_failed(weighed, Vec::new());
        weights.first().map_or(0.0, |compared| compared.weight)
    }

    fn prior_bits(&self) -> f32 {
        self.records.scorer().prior_bits()
    }

    fn log_odds(&self, weight: f32) -> f32 {
        PairWeights::log_odds(self.records.scorer(), weight)
    }
}

impl Rules for Local<'_, '_, '_> {
    fn veto(&self, left: Row, right: Row) -> Option<&'static str> {
        let [left, right] = [left, right].map(|place| self.records.at(self.of(place)));
        self.records.rules()?.veto(left, right)
    }

    fn doubt(&self, pair: &ScoredPair, parts: &dyn Fn() -> Vec<Weighed>) -> Option<&'static str> {
        let [left, right] = [pair.left, pair.right].map(|place| self.records.at(self.of(place)));
        self.records.rules()?.doubt(left, right, pair, parts)
    }

    fn are_none(&self) -> bool {
        self.records.rules().is_none()
    }
}

impl Register<'_, '_> {
    /// The components of these records, each ascending: what pairs and decisions tie together.
    pub(super) fn components<'t>(
        &self,
        touched: impl IntoIterator<Item = &'t Row>,
    ) -> Vec<Vec<Row>> {
        let (mut seen, mut components) = (FxHashSet::default(), Vec::new());
        for &record in touched {
            if !seen.insert(record) {
                continue;
            }
            let (mut members, mut next) = (vec![record], 0);
            while let Some(&record) = members.get(next) {
                next += 1;
                let tied = self.ties.of(record).iter().map(|tie| tie.0);
                let decided = self.decided_with(record);
                members.extend(tied.chain(decided).filter(|&other| seen.insert(other)));
            }
            members.sort_unstable();
            components.push(members);
        }
        components
    }

    /// The records that are there and that decisions name together with this one.
    pub(super) fn decided_with(&self, record: Row) -> Vec<Row> {
        if self.decided.is_empty() {
            return Vec::new();
        }
        let name = self.records.name(record);
        let partners = self.decided.partners(&name);
        partners
            .filter_map(|other| self.places.get(other).copied())
            .collect()
    }

    /// Decides the pairs of a component and clusters its records.
    pub(super) fn conclude(&self, members: &[Row]) -> Result<Concluded, LinkageError> {
        let names = members.iter().map(|&record| self.records.name(record));
        let names = names.collect::<Vec<_>>();
        if members.len() == 1 {
            return Ok(Concluded {
                pairs: Vec::new(),
                clusters: vec![names],
            });
        }
        let table = Table::new(names.iter().map(|name| (name.0.as_str(), name.1.as_str())));
        let (pairs, placed) = self.pairs_among(members);
        let model = self.records.model();
        let local = Local::new(&self.records, members, &placed);
        let settled = self.decided.about(&names);
        let (constraints, _) = Constraints::resolve(&settled, model, &table, &local);
        let parts = |pair: &ScoredPair| local.parts(pair);
        let mut decisions = decide(model, &local, &constraints, &placed, &parts);
        let clusters = cluster(
            model,
            &table,
            &local,
            &local,
            &placed,
            &mut decisions,
            &constraints,
        );
        if let Some(error) = local.failed.into_inner().unwrap_or_default() {
            return Err(error);
        }
        let named = |rows: &Vec<Row>| {
            let rows = rows.iter().map(|&row| names[row as usize].clone());
            rows.collect()
        };
        Ok(Concluded {
            pairs: pairs.into_iter().zip(decisions).collect(),
            clusters: clusters.iter().map(named).collect(),
        })
    }

    /// The pairs of a component, by its records, and the same by their places in it.
    fn pairs_among(&self, members: &[Row]) -> (Vec<ScoredPair>, Vec<ScoredPair>) {
        let (mut pairs, mut placed) = (Vec::new(), Vec::new());
        for (left, &record) in (0..).zip(members) {
            for (other, kept) in self.ties.of(record) {
                if record < *other {
                    let right = members.binary_search(other).unwrap_or_default();
                    let right = Row::try_from(right).unwrap_or(Row::MAX);
                    pairs.push(kept.pair);
                    placed.push(ScoredPair {
                        left,
                        right,
                        ..kept.pair
                    });
                }
            }
        }
        (pairs, placed)
    }
}
