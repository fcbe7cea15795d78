//! Which lasting number each cluster gets, and what became of the numbers before. No SQL: a function from the memberships that are
//! stored and the clusters that were found to the memberships that shall be.

use std::collections::{BTreeMap, BTreeSet};

use schema::RecordRef;

use crate::identity::ChangeKind;

/// A record's number, and whether the record was in a cluster the last time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) identity: i64,
    pub(crate) is_present: bool,
}

/// One line of an identity's own history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Change {
    pub(crate) identity: i64,
    pub(crate) kind: ChangeKind,
    pub(crate) other: Option<i64>,
    pub(crate) records: i64,
}

/// What shall be.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    /// The number of each cluster, in the order of the clusters.
    pub(crate) numbers: Vec<i64>,
    /// Memberships that differ from the stored ones.
    pub(crate) memberships: BTreeMap<RecordRef, Member>,
    /// Identities that are retired now, with the one that stands for each.
    pub(crate) retired: BTreeMap<i64, i64>,
    /// Identities that hold no record any more and are not retired: their records are gone.
    pub(crate) emptied: BTreeSet<i64>,
    /// In the order of identity.
    pub(crate) changes: Vec<Change>,
}

/// The clusters in the order in which new numbers are given: by the hash of the smallest record, so that the numbers say nothing of
/// the records and do not hang on the order in which these came.
pub(crate) fn ranks(clusters: &[&[RecordRef]]) -> Vec<usize> {
    let hash = |cluster: &[RecordRef]| {
        cluster.iter().min().map(|record| {
            let text = format!("{}\u{1f}{}", record.source, record.key.expose());
            *blake3::hash(text.as_bytes()).as_bytes()
        })
    };
    let mut order: Vec<_> = clusters
        .iter()
        .map(|cluster| hash(cluster))
        .zip(0..)
        .collect();
    order.sort_unstable();
    order.into_iter().map(|(_, place)| place).collect()
}

/// Gives each cluster the number that most of its members had (ties: the smallest number), each number to one cluster only (the one
/// with most of its members; ties: the first by rank); `None` for a cluster that needs a new number.
pub(crate) fn kept(
    stored: &BTreeMap<RecordRef, Member>,
    clusters: &[&[RecordRef]],
    ranks: &[usize],
) -> Vec<Option<i64>> {
    let mut claims = Vec::new();
    for (rank, place) in ranks.iter().enumerate() {
        let mut votes: BTreeMap<i64, usize> = BTreeMap::new();
        for member in clusters[*place]
            .iter()
            .filter_map(|record| stored.get(record))
        {
            *votes.entry(member.identity).or_default() += 1;
        }
        for (identity, votes) in votes {
            claims.push((std::cmp::Reverse(votes), identity, rank, *place));
        }
    }
    claims.sort_unstable();
    let mut numbers = vec![None; clusters.len()];
    let mut taken = BTreeSet::new();
    for (_, identity, _, place) in claims {
        if numbers[place].is_none() && taken.insert(identity) {
            numbers[place] = Some(identity);
        }
    }
    numbers
}

/// What follows from the number of each cluster.
pub(crate) fn plan(
    stored: &BTreeMap<RecordRef, Member>,
    clusters: &[&[RecordRef]],
    numbers: Vec<i64>,
) -> Plan {
    let mut plan = Plan::default();
    let mut tally = Tally::default();
    let mut seen: BTreeSet<&RecordRef> = BTreeSet::new();
    let mut live = BTreeSet::new();
    for (cluster, number) in clusters.iter().zip(&numbers) {
        live.insert(*number);
        for record in *cluster {
            seen.insert(record);
            let now = Member {
                identity: *number,
                is_present: true,
            };
            let before = stored.get(record).copied();
            tally.met(before, now);
            if before != Some(now) {
                plan.memberships.insert(record.clone(), now);
            }
        }
    }
    plan.retired = tally.survivors(&live);
    for (record, member) in stored.iter().filter(|(record, _)| !seen.contains(record)) {
        let identity = plan.retired.get(&member.identity).copied();
        let now = Member {
            identity: identity.unwrap_or(member.identity),
            is_present: false,
        };
        tally.gone(*member);
        if now != *member {
            plan.memberships.insert(record.clone(), now);
        }
        if !live.contains(&now.identity) {
            plan.emptied.insert(now.identity);
        }
    }
    plan.changes = tally.changes(stored, &numbers, &plan.retired);
    plan.numbers = numbers;
    plan
}

/// Counts of records by what happened to them.
#[derive(Default)]
struct Tally {
    moved: BTreeMap<(i64, i64), i64>,
    joined: BTreeMap<i64, i64>,
    returned: BTreeMap<i64, i64>,
    left: BTreeMap<i64, i64>,
}

impl Tally {
    fn met(&mut self, before: Option<Member>, now: Member) {
        let counted = match before {
            None => self.joined.entry(now.identity).or_default(),
            Some(before) if before.identity != now.identity => self
                .moved
                .entry((before.identity, now.identity))
                .or_default(),
            Some(before) if !before.is_present => self.returned.entry(now.identity).or_default(),
            Some(_) => return,
        };
        *counted += 1;
    }

    fn gone(&mut self, before: Member) {
        if before.is_present {
            *self.left.entry(before.identity).or_default() += 1;
        }
    }

    /// An identity whose records all moved away is retired into the one that took most of them (ties: the smallest number).
    fn survivors(&self, live: &BTreeSet<i64>) -> BTreeMap<i64, i64> {
        let mut best: BTreeMap<i64, (i64, i64)> = BTreeMap::new();
        for ((from, to), records) in &self.moved {
            let taken = best.entry(*from).or_insert((*records, *to));
            if *records > taken.0 {
                *taken = (*records, *to);
            }
        }
        best.retain(|from, _| !live.contains(from));
        best.into_iter().map(|(from, (_, to))| (from, to)).collect()
    }

    fn changes(
        &self,
        stored: &BTreeMap<RecordRef, Member>,
        numbers: &[i64],
        retired: &BTreeMap<i64, i64>,
    ) -> Vec<Change> {
        let known: BTreeSet<i64> = stored.values().map(|member| member.identity).collect();
        let change = |identity, kind, other, records| Change {
            identity,
            kind,
            other,
            records,
        };
        let mut changes = Vec::new();
        for number in numbers.iter().filter(|number| !known.contains(number)) {
            let records = self.joined.get(number).copied().unwrap_or_default();
            changes.push(change(*number, ChangeKind::Created, None, records));
        }
        for (kind, counts) in [
            (ChangeKind::Joined, &self.joined),
            (ChangeKind::Returned, &self.returned),
            (ChangeKind::Left, &self.left),
        ] {
            let kept = counts
                .iter()
                .filter(|(identity, _)| known.contains(identity));
            changes.extend(kept.map(|(identity, records)| change(*identity, kind, None, *records)));
        }
        for ((from, to), records) in &self.moved {
            let kind = if retired.get(from) == Some(to) {
                ChangeKind::MergedInto
            } else {
                ChangeKind::SplitInto
            };
            changes.push(change(*from, kind, Some(*to), *records));
        }
        changes.sort_unstable();
        changes
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use schema::{RecordKey, SourceName};

    use super::*;

    type Memberships = BTreeMap<RecordRef, Member>;

    fn record(number: usize) -> RecordRef {
        RecordRef {
            source: SourceName::new("s").unwrap(),
            key: RecordKey::new(number.to_string()),
        }
    }

    /// Cuts records into clusters: `labels[n]` is the cluster of record `n`, 0 where it is gone.
    fn clusters(labels: &[usize]) -> Vec<Vec<RecordRef>> {
        let mut clusters: BTreeMap<usize, Vec<RecordRef>> = BTreeMap::new();
        for (number, label) in labels.iter().enumerate().filter(|(_, label)| **label > 0) {
            clusters.entry(*label).or_default().push(record(number));
        }
        clusters.into_values().collect()
    }

    /// What the store does with a partition: the memberships after it, and the plan.
    fn resolve(stored: &Memberships, clusters: &[Vec<RecordRef>]) -> (Memberships, Plan) {
        let clusters: Vec<&[RecordRef]> = clusters.iter().map(Vec::as_slice).collect();
        let ranks = ranks(&clusters);
        let kept = kept(stored, &clusters, &ranks);
        let mut next = stored
            .values()
            .map(|member| member.identity)
            .max()
            .unwrap_or_default();
        let mut numbers = vec![0; clusters.len()];
        for place in ranks {
            numbers[place] = kept[place].unwrap_or_else(|| {
                next += 1;
                next
            });
        }
        let plan = plan(stored, &clusters, numbers);
        let mut after = stored.clone();
        after.extend(plan.memberships.clone());
        (after, plan)
    }

    fn labels() -> impl Strategy<Value = Vec<usize>> {
        prop::collection::vec(0..6_usize, 12)
    }

    proptest! {
        #[test]
        fn a_partition_gets_one_number_a_cluster_and_again_changes_nothing(first in labels(), second in labels()) {
            let (stored, _) = resolve(&Memberships::new(), &clusters(&first));
            let wanted = clusters(&second);
            let (after, plan) = resolve(&stored, &wanted);
            let distinct: BTreeSet<_> = plan.numbers.iter().collect();
            prop_assert_eq!(distinct.len(), wanted.len());
            for (cluster, number) in wanted.iter().zip(&plan.numbers) {
                for record in cluster {
                    prop_assert_eq!(after[record], Member { identity: *number, is_present: true });
                }
            }
            let (again, plan) = resolve(&after, &wanted);
            prop_assert_eq!(again, after);
            prop_assert!(plan.changes.is_empty() && plan.memberships.is_empty() && plan.retired.is_empty());
        }

        #[test]
        fn no_membership_points_to_a_retired_identity(first in labels(), second in labels()) {
            let (stored, _) = resolve(&Memberships::new(), &clusters(&first));
            let (after, plan) = resolve(&stored, &clusters(&second));
            for member in after.values() {
                prop_assert!(!plan.retired.contains_key(&member.identity));
            }
            for survivor in plan.retired.values() {
                prop_assert!(plan.numbers.contains(survivor));
            }
        }

        #[test]
        fn the_order_of_clusters_leaves_no_trace(first in labels(), second in labels()) {
            let turned = |labels: &[usize]| {
                let mut clusters = clusters(labels);
                clusters.reverse();
                for cluster in &mut clusters {
                    cluster.reverse();
                }
                clusters
            };
            let (one, _) = resolve(&Memberships::new(), &clusters(&first));
            let (other, _) = resolve(&Memberships::new(), &turned(&first));
            prop_assert_eq!(&one, &other);
            let (one, plan) = resolve(&one, &clusters(&second));
            let (other, turned_plan) = resolve(&other, &turned(&second));
            prop_assert_eq!(one, other);
            prop_assert_eq!(plan.changes, turned_plan.changes);
        }
    }
}
