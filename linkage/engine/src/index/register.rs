//! A register: records come, change and go, and clusters and identities are at any time those of a full run.
//!
//! A full run means: the settled model over all records that are there now, the prior by the number of records of the first
//! run, and the frequencies of values and words as they were then; a value that no record of it had weighs its level's mean.
//! A change costs what the records that it touches cost: their candidates, those of their blocks that open or close by it,
//! and those that their components tie.

mod component;
mod decided;
mod exchange;
mod ties;

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use self::component::Local;
use self::decided::Decided;
use self::ties::{Kept, Ties};
use super::Index;
use super::beside::Beside;
use super::living::Living;
use super::records::Records;
use crate::decide::Decision;
use crate::identity::{IdentityEvent, carry_over, identity_of_record};
use crate::review::{Constraints, RecordId, Settled, SettledReport};
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
    ties: Ties,
    decided: Decided,
    identities: BTreeMap<RecordId, String>,
    /// All identities that were ever given: none is given twice.
    given: FxHashSet<String>,
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

impl<'j, 'a> Register<'j, 'a> {
    /// A register of a run's records, where weights alone decide. `identities` are those of earlier runs, which last; the feed
    /// tells what changed since then, and replayed over none it gives all.
    ///
    /// # Errors
    /// As [`Self::with`].
    pub fn new(
        job: &'j Job<'a>,
        linkage: &Linkage,
        identities: BTreeMap<RecordId, String>,
    ) -> Result<(Self, Feed), LinkageError> {
        Self::with(job, linkage, identities, Beside::default())
    }

    /// A register of a run's records that goes by rules, comparisons and people's decisions as well; they must be those of the
    /// run, for records by their names instead of its rows.
    ///
    /// # Errors
    /// [`LinkageError::Unfit`] where a register would not be as a full run: the job has not linked yet; it has rules, people's
    /// decisions or comparisons that are not given for records; two records share source and id; the model reads arrays that
    /// are numbers without names, or opaque columns.
    pub fn with(
        job: &'j Job<'a>,
        linkage: &Linkage,
        identities: BTreeMap<RecordId, String>,
        beside: Beside<'j>,
    ) -> Result<(Self, Feed), LinkageError> {
        check(job, linkage, &beside)?;
        let (model, rows) = (job.model(), job.table().len());
        let records = Records::new(Index::with(job, &beside.comparisons)?, &beside)?;
        let named = (0..).take(rows).map(|row| (records.name(row), row));
        let places = named.collect::<BTreeMap<_, _>>();
        if places.len() != rows {
            return Err(LinkageError::unfit("two records share source and id"));
        }
        let mut register = Self {
            living: model.blocks.iter().map(|_| Living::default()).collect(),
            struck: FxHashSet::default(),
            places,
            ties: Ties::default(),
            decided: Decided::new(beside.settled),
            given: identities.values().cloned().collect(),
            identities,
            least: least_weight(model, rows),
            records,
        };
        for &pair in &linkage.pairs {
            if pair.weight >= register.least {
                register.ties.tie(pair, Decision::Link);
            }
        }
        let before = register.identities.keys().cloned().collect::<Vec<_>>();
        let all = (0..).take(rows).collect();
        let feed = register.renew(&all, &before)?;
        Ok((register, feed))
    }

    /// Takes records in: new ones, and others in place of those with their source and id. The table has the columns that the
    /// model reads. Tells what became of identities.
    ///
    /// # Errors
    /// As [`Self::change`].
    pub fn put(&mut self, table: &Table) -> Result<Feed, LinkageError> {
        self.change(table, &[])
    }

    /// Takes a record out; a record that is not there changes nothing. Tells what became of identities.
    ///
    /// # Errors
    /// As [`Self::change`], which a record that goes rules out.
    pub fn remove(&mut self, source: &str, id: &str) -> Result<Feed, LinkageError> {
        let none = Table::new([]);
        self.change(&none, &[(source.to_owned(), id.to_owned())])
    }

    /// Takes records in as [`Self::put`] does and others out, all at once: one feed tells what became of identities.
    ///
    /// # Errors
    /// [`LinkageError::Unfit`] when a column is missing or of another kind, or a record stands there twice or is to come and
    /// to go; then nothing changed.
    pub fn change(&mut self, put: &Table, removed: &[RecordId]) -> Result<Feed, LinkageError> {
        let rows = 0..Row::try_from(put.len()).unwrap_or(Row::MAX);
        let admit = |row| self.records.admit(put, row);
        let admitted = match put.len() {
            0 | 1 => rows.map(admit).collect::<Result<Vec<_>, _>>()?,
            _ => rows.into_par_iter().map(admit).collect::<Result<_, _>>()?,
        };
        let gone = removed.iter().map(|name| (name.clone(), None));
        let mut changes = gone.collect::<BTreeMap<_, _>>();
        for (name, later) in admitted {
            if changes.insert(name, Some(later)).is_some() {
                return Err(LinkageError::unfit("a record is told of twice"));
            }
        }
        let mut touched = BTreeSet::new();
        self.exchange(changes, &mut touched)?;
        self.renew(&touched, removed)
    }

    /// Takes these decisions in place of all that people made before. Gives what became of each, and of identities.
    ///
    /// # Errors
    /// As [`Self::change`], which the records that are there rule out.
    pub fn settle(&mut self, settled: Vec<Settled>) -> Result<(SettledReport, Feed), LinkageError> {
        let decided = Decided::new(settled);
        let concerned = self.decided.records().chain(decided.records());
        let differ = |name: &&RecordId| self.decided.about([*name]) != decided.about([*name]);
        let concerned = concerned.filter(differ);
        // What a decision tied together and no longer does falls into parts that hold one of its records each.
        let touched = concerned.filter_map(|name| self.places.get(name).copied());
        let touched = touched.collect::<BTreeSet<_>>();
        self.decided = decided;
        let feed = self.renew(&touched, &[])?;
        Ok((self.decisions(), feed))
    }

    /// What became of people's decisions.
    #[must_use]
    pub fn decisions(&self) -> SettledReport {
        let named = self.decided.records();
        let there = named.filter_map(|name| self.places.get_key_value(name));
        let (names, rows): (Vec<_>, Vec<_>) = there.unzip();
        let table = Table::new(names.iter().map(|name| (name.0.as_str(), name.1.as_str())));
        let local = Local::new(&self.records, &rows, &[]);
        let settled = self.decided.all();
        Constraints::resolve(settled, self.records.model(), &table, &local).1
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
            for (other, kept) in self.ties.of(place) {
                let right = self.records.name(*other);
                if *left < right {
                    pairs.push(kept.named(left.clone(), right));
                }
            }
            pairs[first..].sort_unstable_by(|one, other| one.right.cmp(&other.right));
        }
        pairs
    }

    /// Decides and clusters the components of touched records anew, and carries identities over. `gone` are records that may
    /// be no more.
    fn renew(&mut self, touched: &BTreeSet<Row>, gone: &[RecordId]) -> Result<Feed, LinkageError> {
        let components = self.components(touched);
        let concluded = components.par_iter().map(|members| self.conclude(members));
        let concluded = concluded.collect::<Result<Vec<_>, _>>()?;
        let mut clusters = Vec::with_capacity(concluded.len());
        for mut component in concluded {
            clusters.append(&mut component.clusters);
            for (pair, decision) in component.pairs {
                self.ties.tie(pair, decision);
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
        for name in before.keys().filter(|name| !now.contains_key(*name)) {
            self.identities.remove(name);
        }
        self.given
            .extend(feed.iter().map(|event| event.identity.clone()));
        self.identities.extend(now);
        Ok(feed)
    }
}

/// Refuses what would not be as in the run.
fn check(job: &Job<'_>, linkage: &Linkage, beside: &Beside<'_>) -> Result<(), LinkageError> {
    let model = job.model();
    let refused = |why: &str| Err(LinkageError::unfit(why));
    if model.prior.estimate || model.decision.is_some() {
        return refused("a register needs a job that has linked");
    }
    if job.has_rules() != beside.rules.is_some() {
        return refused("a register takes the rules of the job, given for records, and no others");
    }
    if job.has_decisions() && beside.settled.is_empty() {
        return refused(
            "a register takes people's decisions themselves: the job holds their rows alone",
        );
    }
    let rows = job.table().len();
    if linkage.pairs.iter().any(|pair| pair.right as usize >= rows) {
        return refused("the pairs are those of another table");
    }
    Ok(())
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
