//! Records put in and taken out: their blocks, candidates and pairs.
//!
//! Only what a change touches is looked at: the candidates of a record that comes, the pairs of one that goes, and the pairs
//! of blocks that go over or under their `size_max`.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::super::postings::{Block, Postings};
use super::super::records::Later;
use super::Register;
use crate::decide::Decision;
use crate::model::Scope;
use crate::review::RecordId;
use crate::weigh::ScoredPair;
use crate::{LinkageError, Row};

/// A block of a rule.
type RuleBlock = (usize, Block);
/// Blocks of changed records, each with the whole that it is of, and whether the rule compared its records before.
type Watched = FxHashMap<RuleBlock, (Block, bool)>;
/// The blocks that make candidates of a record, by rule.
type Open = Vec<FxHashSet<Block>>;

impl Register<'_, '_> {
    /// Puts records in the place of others of their names, or takes those out; compares what has to be, and notes the records
    /// whose pairs or decisions may have changed.
    pub(super) fn exchange(
        &mut self,
        changes: BTreeMap<RecordId, Option<Later>>,
        touched: &mut BTreeSet<Row>,
    ) -> Result<(), LinkageError> {
        let (mut watched, mut added) = (Watched::default(), Vec::new());
        for (name, later) in changes {
            if let Some(old) = self.places.get(&name).copied() {
                touched.extend(self.decided_with(old));
                self.watch(old, &mut watched)?;
                self.strike(old, touched)?;
                self.places.remove(&name);
            }
            if let Some(later) = later {
                let new = self.records.keep(later)?;
                self.watch(new, &mut watched)?;
                self.enter(new)?;
                self.places.insert(name, new);
                added.push(new);
            }
        }
        // A record that was tied to one that went may have gone itself since.
        touched.retain(|&record| self.is_there(record));
        touched.extend(&added);
        self.compare_added(&added, touched)?;
        self.follow_blocks(watched, added.first().copied(), touched)
    }

    fn is_there(&self, record: Row) -> bool {
        if self.records.is_of_run(record) {
            !self.struck.contains(&record)
        } else {
            self.records.holds(record)
        }
    }

    /// Notes whether the rules compare the records of the record's blocks, before it comes or goes.
    fn watch(&self, record: Row, watched: &mut Watched) -> Result<(), LinkageError> {
        self.records.with_keys(record, |keys| {
            for (rule, keys) in keys.iter().enumerate() {
                for (block, whole) in keys.blocks_with_whole() {
                    let entry = watched.entry((rule, block));
                    entry.or_insert_with(|| (whole, self.covers(rule, block, whole)));
                }
            }
        })
    }

    /// Takes a record out of its blocks and pairs.
    fn strike(&mut self, old: Row, touched: &mut BTreeSet<Row>) -> Result<(), LinkageError> {
        let of_run = self.records.is_of_run(old);
        let living = &mut self.living;
        self.records.with_keys(old, |keys| {
            for (living, keys) in living.iter_mut().zip(keys) {
                living.strike(keys, old, of_run);
            }
        })?;
        if of_run {
            self.struck.insert(old);
        }
        touched.extend(self.ties.untie_all(old));
        self.records.forget(old);
        Ok(())
    }

    /// Puts a record into its blocks.
    fn enter(&mut self, new: Row) -> Result<(), LinkageError> {
        let living = &mut self.living;
        self.records.with_keys(new, |keys| {
            for (living, keys) in living.iter_mut().zip(keys) {
                living.add(keys, new);
            }
        })
    }

    /// Compares records that came with all their candidates.
    fn compare_added(
        &mut self,
        added: &[Row],
        touched: &mut BTreeSet<Row>,
    ) -> Result<(), LinkageError> {
        let first = added.first().copied().unwrap_or(Row::MAX);
        let pairs_of = |&new: &Row| {
            // Of two that came, the later finds the earlier.
            let mut candidates = self.candidates(new)?;
            candidates.retain(|&(other, _)| other < new || other < first);
            self.likely(new, &candidates)
        };
        let pairs = match added {
            [one] => vec![pairs_of(one)?],
            all => all
                .par_iter()
                .map(pairs_of)
                .collect::<Result<Vec<_>, _>>()?,
        };
        for pair in pairs.into_iter().flatten() {
            touched.extend([pair.left, pair.right]);
            self.ties.tie(pair, Decision::Link);
        }
        Ok(())
    }

    /// The record's candidates, ascending, each with the first rule that gives it.
    fn candidates(&self, record: Row) -> Result<Vec<(Row, u8)>, LinkageError> {
        let mut all = self.records.with_keys(record, |keys| {
            let mut all = Vec::new();
            for (number, (rule, keys)) in (0..).zip(keys.iter().enumerate()) {
                for block in self.living[rule].open(self.postings(rule), keys) {
                    all.extend(self.members(rule, block).map(|other| (other, number)));
                }
            }
            all
        })?;
        all.sort_unstable();
        all.dedup_by_key(|candidate| candidate.0);
        all.retain(|&(other, _)| other != record && self.in_scope(record, other));
        Ok(all)
    }

    fn in_scope(&self, left: Row, right: Row) -> bool {
        self.records.model().scope == Scope::All
            || self.records.at(left).source() != self.records.at(right).source()
    }

    /// The pairs of a record and candidates that reach the review threshold.
    fn likely(
        &self,
        record: Row,
        candidates: &[(Row, u8)],
    ) -> Result<Vec<ScoredPair>, LinkageError> {
        let others = candidates.iter().map(|candidate| candidate.0);
        let weighed = self.records.weigh(record, &others.collect::<Vec<_>>())?;
        let review = self.records.model().thresholds.review;
        let pairs = candidates
            .iter()
            .zip(weighed)
            .filter_map(|(&(other, rule), compared)| {
                let mut pair = compared.of((record.min(other), record.max(other)), rule);
                pair.probability = self.records.scorer().probability(pair.weight);
                let likely = f64::from(pair.probability) >= review && pair.weight >= self.least;
                likely.then_some(pair)
            });
        Ok(pairs.collect())
    }

    /// Follows the blocks that the change brought over or under their rule's `size_max`: pairs of records that were there
    /// before. `first` is the first record that came, which has been compared.
    fn follow_blocks(
        &mut self,
        watched: Watched,
        first: Option<Row>,
        touched: &mut BTreeSet<Row>,
    ) -> Result<(), LinkageError> {
        let (mut opened, mut closed) = (Vec::new(), Vec::new());
        for ((rule, block), (whole, covered)) in watched {
            match (covered, self.covers(rule, block, whole)) {
                (true, false) => closed.push((rule, block)),
                // A part of a whole that opened is looked at with it.
                (false, true) if block == whole || !self.covers(rule, whole, whole) => {
                    opened.push((rule, block));
                }
                _ => {}
            }
        }
        opened.sort_unstable();
        closed.sort_unstable();
        let mut known = FxHashMap::default();
        for (rule, block) in closed {
            let members = self.members(rule, block).collect::<FxHashSet<_>>();
            self.look_again(&members, &mut known, touched)?;
        }
        for (rule, block) in opened {
            let mut members = self.members(rule, block).collect::<Vec<_>>();
            members.retain(|&member| first.is_none_or(|first| member < first));
            self.compare_members(&members, &mut known, touched)?;
        }
        Ok(())
    }

    /// Takes the pairs of these records by the first rule that still gives them; those that none gives go.
    fn look_again(
        &mut self,
        members: &FxHashSet<Row>,
        known: &mut FxHashMap<Row, Open>,
        touched: &mut BTreeSet<Row>,
    ) -> Result<(), LinkageError> {
        let mut pairs = Vec::new();
        for &member in members {
            let ties = self.ties.of(member).iter();
            let within = ties.filter(|tie| member < tie.0 && members.contains(&tie.0));
            pairs.extend(within.map(|tie| tie.1));
        }
        for kept in pairs {
            let (left, right) = (kept.pair.left, kept.pair.right);
            if let Some(rule) = self.rule_of(left, right, known)? {
                let pair = ScoredPair { rule, ..kept.pair };
                self.ties.tie(pair, kept.decision);
            } else {
                self.ties.untie(left, right);
                touched.extend([left, right]);
            }
        }
        Ok(())
    }

    /// Compares records of a block with each other.
    fn compare_members(
        &mut self,
        members: &[Row],
        known: &mut FxHashMap<Row, Open>,
        touched: &mut BTreeSet<Row>,
    ) -> Result<(), LinkageError> {
        let of_one = |(place, &left): (usize, &Row)| {
            let others = members[place + 1..].iter();
            let others = others.filter(|&&right| self.in_scope(left, right));
            self.likely(left, &others.map(|&right| (right, 0)).collect::<Vec<_>>())
        };
        let pairs = members.par_iter().enumerate().map(of_one);
        let pairs = pairs.collect::<Result<Vec<_>, _>>()?;
        for pair in pairs.into_iter().flatten() {
            let before = self.ties.between(pair.left, pair.right);
            if before.is_none() {
                touched.extend([pair.left, pair.right]);
            }
            if let Some(rule) = self.rule_of(pair.left, pair.right, known)? {
                let decision = before.map_or(Decision::Link, |before| before.decision);
                self.ties.tie(ScoredPair { rule, ..pair }, decision);
            }
        }
        Ok(())
    }

    /// The first rule that makes the two candidates.
    fn rule_of(
        &self,
        left: Row,
        right: Row,
        known: &mut FxHashMap<Row, Open>,
    ) -> Result<Option<u8>, LinkageError> {
        for record in [left, right] {
            if let Entry::Vacant(place) = known.entry(record) {
                place.insert(self.open(record)?);
            }
        }
        if !self.in_scope(left, right) {
            return Ok(None);
        }
        let mut both = (0..).zip(known[&left].iter().zip(&known[&right]));
        Ok(both.find_map(|(rule, (ours, theirs))| (!ours.is_disjoint(theirs)).then_some(rule)))
    }

    fn open(&self, record: Row) -> Result<Open, LinkageError> {
        self.records.with_keys(record, |keys| {
            let rules = keys.iter().enumerate();
            let open = rules.map(|(rule, keys)| {
                let open = self.living[rule].open(self.postings(rule), keys);
                open.collect()
            });
            open.collect()
        })
    }

    fn postings(&self, rule: usize) -> &Postings<'_> {
        &self.records.index().postings[rule]
    }

    fn covers(&self, rule: usize, block: Block, whole: Block) -> bool {
        self.living[rule].covers(self.postings(rule), block, whole)
    }

    fn members(&self, rule: usize, block: Block) -> impl Iterator<Item = Row> {
        self.living[rule].members(self.postings(rule), block, |row| {
            !self.struck.contains(&row)
        })
    }
}
