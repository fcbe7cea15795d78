//! A register: records come, change and go, and clusters and identities are at any time those of a full run.
//!
//! A full run means: the settled model over all records that are there now, the prior by the number of records of the first
//! run, and the frequencies of values as they were then; a value that no record of it had weighs its level's mean. A change
//! costs what the records that it touches cost: those of its blocks that open or close by it, and those that its component
//! ties.

mod component;

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::{FxHashMap, FxHashSet};

use super::Index;
use super::living::Living;
use super::postings::{Block, Postings};
use super::records::{Later, Records};
use crate::decide::Decision;
use crate::identity::{IdentityEvent, carry_over, identity_of_record};
use crate::model::Scope;
use crate::review::RecordId;
use crate::run::{Job, Linkage, least_weight};
use crate::weigh::{Pattern, ScoredPair};
use crate::{LinkageError, Row, Table};

/// What became of identities, by identity; [`crate::replay`] applies it to the identities before.
pub type Feed = Vec<IdentityEvent<RecordId, String>>;

/// Records with their pairs, decisions, clusters and lasting identities, kept up to date.
pub struct Register<'j, 'a> {
    records: Records<'j, 'a>,
    /// What changed in each rule's blocks.
    living: Vec<Living>,
    /// Rows of the run that are no more.
    struck: FxHashSet<Row>,
    /// The records that are there, by name.
    places: BTreeMap<RecordId, Row>,
    /// Pairs at or above review, under both records.
    ties: FxHashMap<Row, BTreeMap<Row, Kept>>,
    identities: BTreeMap<RecordId, String>,
    /// All identities that were ever given: none is given twice.
    given: BTreeSet<String>,
    /// No pair of less weight is kept, as in a run.
    least: f32,
}

/// A pair of a register at or above the review threshold.
#[derive(Clone, Debug, PartialEq)]
pub struct KeptPair {
    /// The record that comes first by source and id.
    pub left: RecordId,
    /// The other.
    pub right: RecordId,
    /// The first blocking rule that gives it, as its place in the model.
    pub rule: u8,
    /// Sum of the comparisons' weights in bits, without the prior.
    pub weight: f32,
    /// The chance that the two are one person, prior included.
    pub probability: f32,
    /// Each comparison's level.
    pub pattern: Pattern,
    /// What became of it.
    pub decision: Decision,
}

/// What is kept of a pair.
#[derive(Clone, Copy)]
struct Kept {
    pair: ScoredPair,
    decision: Decision,
}

impl<'j, 'a> Register<'j, 'a> {
    /// A register of a run's records. `identities` are those of earlier runs, which last; the feed tells what changed since
    /// then, and replayed over none it gives all.
    ///
    /// # Errors
    /// [`LinkageError::Unfit`] where a register would not be as a full run: the job has not linked yet; it has rules or
    /// people's decisions beside the weights; two records share source and id; the model has a comparison of the caller's
    /// own, a blocking key or a `weighted` level that depends on all records, or `rarity` of values that are spelled in
    /// several ways (`identifier`, `event_dates`, `hla`).
    pub fn new(
        job: &'j Job<'a>,
        linkage: &Linkage,
        identities: BTreeMap<RecordId, String>,
    ) -> Result<(Self, Feed), LinkageError> {
        let (model, rows) = (job.model(), job.table().len());
        if model.prior.estimate || model.decision.is_some() {
            return Err(LinkageError::unfit(
                "a register needs a job that has linked",
            ));
        }
        if !job.goes_by_weights() {
            return Err(LinkageError::unfit(
                "a register knows neither rules nor people's decisions",
            ));
        }
        if linkage.pairs.iter().any(|pair| pair.right as usize >= rows) {
            return Err(LinkageError::unfit("the pairs are those of another table"));
        }
        let records = Records::new(Index::new(job)?)?;
        let mut places = BTreeMap::new();
        for row in (0..).take(rows) {
            if places.insert(records.name(row), row).is_some() {
                return Err(LinkageError::unfit("two records share source and id"));
            }
        }
        let mut register = Self {
            living: model.blocks.iter().map(|_| Living::default()).collect(),
            struck: FxHashSet::default(),
            places,
            ties: FxHashMap::default(),
            given: identities.values().cloned().collect(),
            identities,
            least: least_weight(model, rows),
            records,
        };
        for &pair in &linkage.pairs {
            if pair.weight >= register.least {
                register.tie(pair, Decision::Link);
            }
        }
        let before = register.identities.keys().cloned().collect::<Vec<_>>();
        let all = (0..).take(rows).collect();
        let feed = register.settle(&all, &before)?;
        Ok((register, feed))
    }

    /// Takes records in: new ones, and others in place of those with their source and id. The table has the columns that the
    /// model reads. Tells what became of identities.
    ///
    /// # Errors
    /// [`LinkageError::Unfit`] when a column is missing or of another kind, or a record stands there twice; then nothing
    /// changed.
    pub fn put(&mut self, table: &Table) -> Result<Feed, LinkageError> {
        let mut admitted = BTreeMap::new();
        for row in (0..).take(table.len()) {
            let (name, later) = self.records.admit(table, row)?;
            if admitted.insert(name, later).is_some() {
                return Err(LinkageError::unfit("two records share source and id"));
            }
        }
        let mut touched = BTreeSet::new();
        for (name, later) in admitted {
            self.exchange(name, Some(later), &mut touched)?;
        }
        self.settle(&touched, &[])
    }

    /// Takes a record out; a record that is not there changes nothing. Tells what became of identities.
    ///
    /// # Errors
    /// [`LinkageError::Unfit`], which [`Self::new`] and [`Self::put`] rule out.
    pub fn remove(&mut self, source: &str, id: &str) -> Result<Feed, LinkageError> {
        let name = (source.to_owned(), id.to_owned());
        let mut touched = BTreeSet::new();
        self.exchange(name.clone(), None, &mut touched)?;
        self.settle(&touched, &[name])
    }

    /// How many records there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there is no record.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Each record's identity; records of one identity are a cluster.
    #[must_use]
    pub fn identities(&self) -> &BTreeMap<RecordId, String> {
        &self.identities
    }

    /// All clusters; records ascend by source and id, clusters by their first record.
    #[must_use]
    pub fn clusters(&self) -> Vec<Vec<RecordId>> {
        let mut numbers = FxHashMap::<&str, usize>::default();
        let mut clusters = Vec::<Vec<RecordId>>::new();
        for (record, identity) in &self.identities {
            let number = *numbers.entry(identity).or_insert(clusters.len());
            if number == clusters.len() {
                clusters.push(Vec::new());
            }
            clusters[number].push(record.clone());
        }
        clusters
    }

    /// All pairs at or above the review threshold, by their records.
    #[must_use]
    pub fn pairs(&self) -> Vec<KeptPair> {
        let mut pairs = Vec::new();
        for (left, &place) in &self.places {
            let first = pairs.len();
            for (&other, kept) in self.ties.get(&place).into_iter().flatten() {
                let right = self.records.name(other);
                if *left < right {
                    pairs.push(kept.named(left.clone(), right));
                }
            }
            pairs[first..].sort_unstable_by(|one, other| one.right.cmp(&other.right));
        }
        pairs
    }

    /// Puts a record in the place of another of its name, compares it, and notes the records whose pairs changed.
    fn exchange(
        &mut self,
        name: RecordId,
        later: Option<Later>,
        touched: &mut BTreeSet<Row>,
    ) -> Result<(), LinkageError> {
        let old = self.places.remove(&name);
        let new = later.map(|later| self.records.keep(later)).transpose()?;
        let mut watched = BTreeSet::new();
        for record in old.into_iter().chain(new) {
            self.records.with_keys(record, |keys| {
                let rules = keys.iter().enumerate();
                watched.extend(
                    rules.flat_map(|(rule, keys)| keys.blocks().map(move |block| (rule, block))),
                );
            })?;
        }
        let before = watched
            .into_iter()
            .map(|(rule, block)| (rule, block, self.fits(rule, block)));
        let before = before.collect::<Vec<_>>();
        if let Some(old) = old {
            self.strike(old, touched)?;
        }
        let mut pairs = BTreeSet::new();
        if let Some(new) = new {
            self.add(name, new, &mut pairs)?;
            touched.insert(new);
        }
        for (rule, block, fitted) in before {
            if self.fits(rule, block) != fitted {
                let members = self.members(rule, block).collect::<Vec<_>>();
                for (place, &left) in members.iter().enumerate() {
                    pairs.extend(members[place + 1..].iter().map(|&right| (left, right)));
                }
            }
        }
        self.compare(&pairs, touched)
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
        for (other, _) in self.ties.remove(&old).into_iter().flatten() {
            self.ties.entry(other).or_default().remove(&old);
            touched.insert(other);
        }
        touched.remove(&old);
        self.records.forget(old);
        Ok(())
    }

    /// Puts a record into its blocks; gives its candidates.
    fn add(
        &mut self,
        name: RecordId,
        new: Row,
        pairs: &mut BTreeSet<(Row, Row)>,
    ) -> Result<(), LinkageError> {
        let living = &mut self.living;
        self.records.with_keys(new, |keys| {
            for (living, keys) in living.iter_mut().zip(keys) {
                living.add(keys, new);
            }
        })?;
        self.places.insert(name, new);
        let mut candidates = BTreeSet::new();
        self.records.with_keys(new, |keys| {
            for (rule, keys) in keys.iter().enumerate() {
                for block in self.living[rule].open(self.postings(rule), keys) {
                    candidates.extend(self.members(rule, block));
                }
            }
        })?;
        candidates.remove(&new);
        pairs.extend(candidates.into_iter().map(|other| (other, new)));
        Ok(())
    }

    /// Compares pairs anew; notes the records of those that changed.
    fn compare(
        &mut self,
        pairs: &BTreeSet<(Row, Row)>,
        touched: &mut BTreeSet<Row>,
    ) -> Result<(), LinkageError> {
        let mut open = FxHashMap::default();
        for record in pairs.iter().flat_map(|pair| [pair.0, pair.1]) {
            if let Entry::Vacant(place) = open.entry(record) {
                place.insert(self.open(record)?);
            }
        }
        for &(left, right) in pairs {
            let (low, high) = (left.min(right), left.max(right));
            let known = self
                .ties
                .get(&low)
                .and_then(|ties| ties.get(&high))
                .copied();
            let rule = self.rule_of((low, &open[&low]), (high, &open[&high]));
            let now = match (rule, known) {
                (None, _) => None,
                (Some(rule), Some(known)) => Some(ScoredPair { rule, ..known.pair }),
                (Some(rule), None) => self.weighed(low, high, rule)?,
            };
            match (now, known) {
                (None, None) => {}
                (Some(now), Some(known)) => self.tie(now, known.decision),
                (Some(now), None) => {
                    self.tie(now, Decision::Link);
                    touched.extend([low, high]);
                }
                (None, Some(_)) => {
                    self.ties.entry(low).or_default().remove(&high);
                    self.ties.entry(high).or_default().remove(&low);
                    touched.extend([low, high]);
                }
            }
        }
        Ok(())
    }

    /// The blocks that make candidates of the record, by rule.
    fn open(&self, record: Row) -> Result<Vec<FxHashSet<Block>>, LinkageError> {
        self.records.with_keys(record, |keys| {
            let rules = keys.iter().enumerate();
            let open = rules.map(|(rule, keys)| {
                let open = self.living[rule].open(self.postings(rule), keys);
                open.collect()
            });
            open.collect()
        })
    }

    /// The first rule that makes the two candidates, given the blocks of each.
    fn rule_of(
        &self,
        (left, ours): (Row, &[FxHashSet<Block>]),
        (right, theirs): (Row, &[FxHashSet<Block>]),
    ) -> Option<u8> {
        let across = self.records.model().scope == Scope::AcrossSources;
        if across && self.records.source(left) == self.records.source(right) {
            return None;
        }
        let mut both = (0..).zip(ours.iter().zip(theirs));
        both.find_map(|(rule, (ours, theirs))| (!ours.is_disjoint(theirs)).then_some(rule))
    }

    /// The pair, if it reaches the review threshold.
    fn weighed(&self, low: Row, high: Row, rule: u8) -> Result<Option<ScoredPair>, LinkageError> {
        let mut pair = self.records.weigh(low, high)?.of((low, high), rule);
        pair.probability = self.records.scorer().probability(pair.weight);
        let likely = f64::from(pair.probability) >= self.records.model().thresholds.review;
        Ok((likely && pair.weight >= self.least).then_some(pair))
    }

    fn tie(&mut self, pair: ScoredPair, decision: Decision) {
        for (one, other) in [(pair.left, pair.right), (pair.right, pair.left)] {
            let kept = Kept { pair, decision };
            self.ties.entry(one).or_default().insert(other, kept);
        }
    }

    /// Decides and clusters the components of touched records anew, and carries identities over. `gone` are records that may
    /// be no more.
    fn settle(&mut self, touched: &BTreeSet<Row>, gone: &[RecordId]) -> Result<Feed, LinkageError> {
        let (mut seen, mut clusters) = (FxHashSet::default(), Vec::new());
        for &record in touched {
            if !seen.contains(&record) {
                let component = self.component(record);
                seen.extend(component.iter().copied());
                clusters.append(&mut self.conclude(&component)?);
            }
        }
        let concerned = clusters.iter().flatten().chain(gone);
        let before = concerned.filter_map(|name| self.identities.get_key_value(name));
        let before = before
            .map(|(name, identity)| (name.clone(), identity.clone()))
            .collect::<BTreeMap<_, _>>();
        let given = &self.given;
        let mut fresh = |first: &RecordId, attempt: u32| {
            let identity = |attempt| identity_of_record(&first.0, &first.1, attempt);
            let unused = (attempt..u32::MAX)
                .map(identity)
                .find(|one| !given.contains(one));
            unused.unwrap_or_default()
        };
        let (now, feed) = carry_over(&before, &clusters, &mut fresh);
        for name in before.keys() {
            self.identities.remove(name);
        }
        self.given.extend(now.values().cloned());
        self.identities.extend(now);
        Ok(feed)
    }

    fn postings(&self, rule: usize) -> &Postings {
        &self.records.index().postings[rule]
    }

    fn fits(&self, rule: usize, block: Block) -> bool {
        self.living[rule].fits(self.postings(rule), block)
    }

    fn members(&self, rule: usize, block: Block) -> impl Iterator<Item = Row> {
        self.living[rule].members(self.postings(rule), block, |row| {
            !self.struck.contains(&row)
        })
    }
}

impl Kept {
    fn named(&self, left: RecordId, right: RecordId) -> KeptPair {
        let ScoredPair {
            rule,
            weight,
            probability,
            pattern,
            ..
        } = self.pair;
        KeptPair {
            left,
            right,
            rule,
            weight,
            probability,
            pattern,
            decision: self.decision,
        }
    }
}
