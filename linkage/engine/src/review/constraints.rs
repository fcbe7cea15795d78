//! Decisions as constraints: what must be one cluster and what cannot, as far as nothing contradicts.
//!
//! Of two decisions about one pair the later holds. "Different" always holds: a wrong merge is worse than a missed
//! link. "Same" is taken from the latest to the earliest, and set aside, with the chain that contradicts it, where it
//! would join what a decision, a veto or a source keeps apart.

use std::collections::{BTreeMap, VecDeque};

use rustc_hash::{FxHashMap, FxHashSet};
use serde::Serialize;

use super::settled::{RecordId, Settled, Settlement};
use crate::decide::{Decision, Rules};
use crate::model::OnePerCluster;
use crate::weigh::ScoredPair;
use crate::{Model, Row, Table};

/// The veto that a person's decision is.
pub const SETTLED_DIFFERENT: &str = "settled as two persons";

/// What must and what cannot be one cluster.
#[derive(Clone, Debug, Default)]
pub struct Constraints {
    group_of: FxHashMap<Row, usize>,
    /// Rows declared one, ascending; a row that was only declared different is a group of its own.
    groups: Vec<Vec<Row>>,
    apart: FxHashSet<(usize, usize)>,
}

/// What became of the decisions; numbers are places in the list of decisions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SettledReport {
    /// Decisions that hold.
    pub applied: usize,
    /// Decisions that a later one about the same pair replaced.
    pub superseded: Vec<Superseded>,
    /// Decisions set aside because they contradict others.
    pub conflicts: Vec<Conflict>,
    /// Decisions about records that are not there, or that are there twice.
    pub unknown: Vec<UnknownRecord>,
}

/// A decision that another one about the same pair replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Superseded {
    /// The decision.
    pub decision: usize,
    /// The one that holds.
    pub by: usize,
}

/// A decision set aside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Conflict {
    /// The decision, a "same".
    pub decision: usize,
    /// What it contradicts.
    pub obstacle: SettledObstacle,
    /// The decisions that lead from one record of the obstacle to the other, this one among them, in order.
    pub chain: Vec<usize>,
    /// The records along the chain, in order: one more than the decisions.
    pub records: Vec<RecordId>,
}

/// What a "same" would join.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SettledObstacle {
    /// Records that this decision keeps apart.
    Different(usize),
    /// Records that can never be one person.
    Veto(&'static str),
    /// Two records of a source that holds a person once.
    OnePerSource(String),
    /// More records than a cluster may have.
    ClusterSize(usize),
}

/// A decision about a record that cannot be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UnknownRecord {
    /// The decision.
    pub decision: usize,
    /// The record.
    pub record: RecordId,
    /// Whether several rows have that name, and not none.
    pub ambiguous: bool,
}

impl Constraints {
    /// Decisions as constraints on a table's rows, and what became of each.
    #[must_use]
    pub fn resolve(
        settled: &[Settled],
        model: &Model,
        table: &Table,
        rules: &dyn Rules,
    ) -> (Self, SettledReport) {
        let mut report = SettledReport::default();
        let placed = placed(settled, table, &mut report);
        let holding = latest(settled, &placed, &mut report);
        let mut builder = Builder::new(settled, model, table, rules);
        let mut same = Vec::new();
        for (&(left, right), &decision) in &holding {
            match settled[decision].verdict {
                Settlement::Different => builder.keep_apart(left, right, decision),
                Settlement::Same => same.push((left, right, decision)),
            }
        }
        let key = |decision: usize| {
            let settled = &settled[decision];
            (&settled.when, &settled.left, &settled.right)
        };
        same.sort_by(|one, other| key(other.2).cmp(&key(one.2)));
        report.applied = holding.len();
        for (left, right, decision) in same {
            if let Err(conflict) = builder.join(left, right, decision) {
                report.applied -= 1;
                report.conflicts.push(*conflict);
            }
        }
        report.conflicts.sort_by_key(|conflict| conflict.decision);
        (builder.finish(), report)
    }

    /// Whether nobody decided anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// Whether a person decided anything about one of these rows.
    pub(crate) fn touch(&self, rows: &[Row]) -> bool {
        !self.is_empty() && rows.iter().any(|row| self.group_of.contains_key(row))
    }

    /// Makes what people decided the decision of each pair that it touches.
    pub fn apply(&self, pairs: &[ScoredPair], decisions: &mut [Decision]) {
        if self.is_empty() {
            return;
        }
        for (pair, decision) in pairs.iter().zip(decisions) {
            if self.together(pair.left, pair.right) {
                *decision = Decision::Link;
            } else if let Some(veto) = self.veto(pair.left, pair.right) {
                *decision = Decision::Vetoed(veto);
            }
        }
    }

    /// Whether two records were declared one, by a decision or by several.
    #[must_use]
    pub fn together(&self, left: Row, right: Row) -> bool {
        self.group_of
            .get(&left)
            .is_some_and(|group| self.group_of.get(&right) == Some(group))
    }

    /// The veto on two records that were declared different, or each one with records that were.
    pub(crate) fn veto(&self, left: Row, right: Row) -> Option<&'static str> {
        let (left, right) = (self.group_of.get(&left)?, self.group_of.get(&right)?);
        let key = (*left.min(right), *left.max(right));
        self.apart.contains(&key).then_some(SETTLED_DIFFERENT)
    }

    /// Records declared one, two or more in each group.
    pub(crate) fn groups(&self) -> impl Iterator<Item = &[Row]> {
        self.groups
            .iter()
            .filter(|group| group.len() > 1)
            .map(Vec::as_slice)
    }

    /// Pairs that tie each group.
    pub(crate) fn ties(&self) -> impl Iterator<Item = (Row, Row)> {
        self.groups().flat_map(ties_within)
    }

    /// The ties of the groups that any of these rows is in.
    pub(crate) fn ties_of(&self, rows: &[Row]) -> Vec<(Row, Row)> {
        let mut groups = rows
            .iter()
            .filter_map(|row| self.group_of.get(row).copied())
            .collect::<Vec<_>>();
        groups.sort_unstable();
        groups.dedup();
        groups
            .into_iter()
            .flat_map(|group| ties_within(&self.groups[group]))
            .collect()
    }
}

fn ties_within(group: &[Row]) -> impl Iterator<Item = (Row, Row)> {
    group.windows(2).map(|two| (two[0], two[1]))
}

/// The rows of each decision's records, `None` where one cannot be told.
fn placed(
    settled: &[Settled],
    table: &Table,
    report: &mut SettledReport,
) -> Vec<Option<(Row, Row)>> {
    let mut wanted = FxHashMap::<(&str, &str), Option<Result<Row, ()>>>::default();
    for record in settled.iter().flat_map(|one| [&one.left, &one.right]) {
        wanted.insert((&record.0, &record.1), None);
    }
    if !wanted.is_empty() {
        let names = table.source_names();
        for row in (0..).take(table.len()) {
            let name = (
                names[usize::from(table.source(row))].as_str(),
                table.id(row),
            );
            if let Some(found) = wanted.get_mut(&name) {
                *found = Some(if found.is_none() { Ok(row) } else { Err(()) });
            }
        }
    }
    let mut place = |decision: usize, record: &RecordId| match wanted
        [&(record.0.as_str(), record.1.as_str())]
    {
        Some(Ok(row)) => Some(row),
        other => {
            report.unknown.push(UnknownRecord {
                decision,
                record: record.clone(),
                ambiguous: other.is_some(),
            });
            None
        }
    };
    let both = |(decision, one): (usize, &Settled)| {
        let (left, right) = (place(decision, &one.left), place(decision, &one.right));
        let (left, right) = (left?, right?);
        (left != right).then(|| (left.min(right), left.max(right)))
    };
    settled.iter().enumerate().map(both).collect()
}

/// The decision that holds for each pair of rows: the latest, and of those made at once the one that says "different".
fn latest(
    settled: &[Settled],
    placed: &[Option<(Row, Row)>],
    report: &mut SettledReport,
) -> BTreeMap<(Row, Row), usize> {
    let mut holding = BTreeMap::new();
    for (decision, pair) in placed.iter().enumerate() {
        let Some(pair) = *pair else { continue };
        let key = |place: usize| (&settled[place].when, settled[place].verdict);
        let mut loser = None;
        holding
            .entry(pair)
            .and_modify(|held: &mut usize| {
                if key(decision) >= key(*held) {
                    loser = Some(std::mem::replace(held, decision));
                } else {
                    loser = Some(decision);
                }
            })
            .or_insert(decision);
        if let Some(decision) = loser {
            report.superseded.push(Superseded {
                decision,
                by: holding[&pair],
            });
        }
    }
    // What replaced a decision may have been replaced in turn.
    for superseded in &mut report.superseded {
        if let Some((left, right)) = placed[superseded.decision] {
            superseded.by = holding[&(left, right)];
        }
    }
    report
        .superseded
        .sort_by_key(|superseded| superseded.decision);
    holding
}

/// Constraints in the making.
struct Builder<'a> {
    settled: &'a [Settled],
    model: &'a Model,
    table: &'a Table,
    rules: &'a dyn Rules,
    constraints: Constraints,
    /// By row: the rows that accepted decisions join it to.
    joined: FxHashMap<Row, Vec<(Row, usize)>>,
    /// By row: the rows that decisions keep from it.
    kept_apart: FxHashMap<Row, Vec<(Row, usize)>>,
}

impl<'a> Builder<'a> {
    fn new(
        settled: &'a [Settled],
        model: &'a Model,
        table: &'a Table,
        rules: &'a dyn Rules,
    ) -> Self {
        Self {
            settled,
            model,
            table,
            rules,
            constraints: Constraints::default(),
            joined: FxHashMap::default(),
            kept_apart: FxHashMap::default(),
        }
    }

    fn group(&mut self, row: Row) -> usize {
        let Constraints {
            group_of, groups, ..
        } = &mut self.constraints;
        *group_of.entry(row).or_insert_with(|| {
            groups.push(vec![row]);
            groups.len() - 1
        })
    }

    fn keep_apart(&mut self, left: Row, right: Row, decision: usize) {
        self.group(left);
        self.group(right);
        self.kept_apart
            .entry(left)
            .or_default()
            .push((right, decision));
        self.kept_apart
            .entry(right)
            .or_default()
            .push((left, decision));
    }

    /// Joins the two groups, unless something stands between them.
    fn join(&mut self, left: Row, right: Row, decision: usize) -> Result<(), Box<Conflict>> {
        let (one, other) = (self.group(left), self.group(right));
        if one == other {
            return Ok(());
        }
        if let Some((from, to, obstacle)) = self.obstacle(one, other) {
            return Err(Box::new(self.conflict(
                (left, right),
                decision,
                (from, to),
                obstacle,
            )));
        }
        self.joined.entry(left).or_default().push((right, decision));
        self.joined.entry(right).or_default().push((left, decision));
        let groups = &mut self.constraints.groups;
        let moved = std::mem::take(&mut groups[other]);
        for &row in &moved {
            self.constraints.group_of.insert(row, one);
        }
        groups[one].extend(moved);
        Ok(())
    }

    /// What stands between two groups, and between which of their records.
    fn obstacle(&self, one: usize, other: usize) -> Option<(Row, Row, SettledObstacle)> {
        let (lefts, rights) = (
            &self.constraints.groups[one],
            &self.constraints.groups[other],
        );
        let crossing = || {
            lefts
                .iter()
                .flat_map(|&left| rights.iter().map(move |&right| (left, right)))
        };
        let different = crossing().find_map(|(left, right)| {
            let apart = self.kept_apart.get(&left)?;
            let (_, decision) = apart.iter().find(|known| known.0 == right)?;
            Some((left, right, SettledObstacle::Different(*decision)))
        });
        let vetoed = || {
            crossing().find_map(|(left, right)| {
                let veto = self.rules.veto(left.min(right), left.max(right))?;
                Some((left, right, SettledObstacle::Veto(veto)))
            })
        };
        let repeated = || {
            crossing().find_map(|(left, right)| {
                let source = self.table.source(left);
                let name = &self.table.source_names()[usize::from(source)];
                (source == self.table.source(right) && self.holds_once(name))
                    .then(|| (left, right, SettledObstacle::OnePerSource(name.clone())))
            })
        };
        let too_large = || {
            let maximum = self.model.clusters.size_max;
            (lefts.len() + rights.len() > maximum)
                .then(|| (lefts[0], rights[0], SettledObstacle::ClusterSize(maximum)))
        };
        different
            .or_else(vetoed)
            .or_else(repeated)
            .or_else(too_large)
    }

    fn holds_once(&self, source: &str) -> bool {
        let hard =
            |settings: &crate::SourceSettings| settings.one_per_cluster == OnePerCluster::Hard;
        self.model.clusters.one_to_one || self.model.source(source).is_some_and(hard)
    }

    /// The whole chain from one record of the obstacle over the decision to the other.
    fn conflict(
        &self,
        (left, right): (Row, Row),
        decision: usize,
        (from, to): (Row, Row),
        obstacle: SettledObstacle,
    ) -> Conflict {
        let (mut chain, mut rows) = self.path(from, left);
        let (beyond, rows_beyond) = self.path(right, to);
        chain.push(decision);
        chain.extend(beyond);
        rows.extend(rows_beyond);
        let name = |row: Row| {
            let source = usize::from(self.table.source(row));
            (
                self.table.source_names()[source].clone(),
                self.table.id(row).to_owned(),
            )
        };
        debug_assert!(chain.iter().all(|&place| place < self.settled.len()));
        Conflict {
            decision,
            obstacle,
            chain,
            records: rows.into_iter().map(name).collect(),
        }
    }

    /// The shortest way between two records of a group, as decisions and as rows.
    fn path(&self, from: Row, to: Row) -> (Vec<usize>, Vec<Row>) {
        let mut before = FxHashMap::<Row, (Row, usize)>::default();
        let mut open = VecDeque::from([to]);
        while let Some(row) = open.pop_front() {
            if row == from {
                break;
            }
            for &(next, decision) in self.joined.get(&row).into_iter().flatten() {
                if next != to && !before.contains_key(&next) {
                    before.insert(next, (row, decision));
                    open.push_back(next);
                }
            }
        }
        let (mut decisions, mut rows, mut row) = (Vec::new(), vec![from], from);
        while let Some(&(next, decision)) = before.get(&row) {
            decisions.push(decision);
            rows.push(next);
            row = next;
        }
        (decisions, rows)
    }

    fn finish(mut self) -> Constraints {
        for group in &mut self.constraints.groups {
            group.sort_unstable();
        }
        for (left, others) in &self.kept_apart {
            for (right, _) in others {
                let (left, right) = (
                    self.constraints.group_of[left],
                    self.constraints.group_of[right],
                );
                self.constraints
                    .apart
                    .insert((left.min(right), left.max(right)));
            }
        }
        self.constraints
    }
}
