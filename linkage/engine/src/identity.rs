//! Identities that last: a cluster keeps the identity that most of its records had, and every change is told.
//!
//! The caller keeps the assignment of records to identities between runs; nothing is stored here. The feed of changes,
//! applied to the assignment before, gives the one after ([`replay`]).

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// Where new identities come from.
pub trait NewIdentity<R, I> {
    /// An identity for a cluster whose first record is `first`; called again with a higher `attempt` while `used` says
    /// that it has been given before.
    fn identity(&mut self, first: &R, attempt: u32) -> I;
}

impl<R, I, F: FnMut(&R, u32) -> I> NewIdentity<R, I> for F {
    fn identity(&mut self, first: &R, attempt: u32) -> I {
        self(first, attempt)
    }
}

/// Numbers in sequence, from the one given.
#[derive(Clone, Copy, Debug)]
pub struct Sequence(pub u64);

impl<R> NewIdentity<R, u64> for Sequence {
    fn identity(&mut self, _first: &R, _attempt: u32) -> u64 {
        let next = self.0;
        self.0 += 1;
        next
    }
}

/// The identity that a record names: 128 bits of its source and id, as 32 hexadecimal digits.
///
/// The same record gives the same identity in any run and on any machine. `attempt` tells apart clusters that the same
/// record has founded. The hash is FNV-1a (Fowler, Noll and Vo), over the texts with their lengths; it is no secret.
#[must_use]
pub fn identity_of_record(source: &str, id: &str, attempt: u32) -> String {
    const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013B;
    let mut hash = OFFSET;
    let mut take = |bytes: &[u8]| {
        for &byte in bytes {
            hash = (hash ^ u128::from(byte)).wrapping_mul(PRIME);
        }
    };
    for text in [source, id] {
        take(&(text.len() as u64).to_le_bytes());
        take(text.as_bytes());
    }
    take(&attempt.to_le_bytes());
    format!("{hash:032x}")
}

/// What became of an identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentityChange {
    /// It is new.
    Created,
    /// It gained records and lost none.
    Grew,
    /// It lost records that are no more, and gained none.
    Shrank,
    /// It gained records, and lost others that are no more.
    Exchanged,
    /// Another identity ended in it; it may also have gained or lost other records.
    Merged,
    /// Some of its records became another's, and no identity ended in it.
    Split,
    /// It has no record any more.
    Retired,
}

/// One identity's change between two runs; an identity that did not change has none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityEvent<R, I> {
    /// The identity.
    pub identity: I,
    /// What became of it.
    pub change: IdentityChange,
    /// Records that are its own now and were not, ascending.
    pub joined: Vec<R>,
    /// Records that were its own and are not, ascending.
    pub left: Vec<R>,
    /// Identities that records came from, ascending.
    pub from: Vec<I>,
    /// Identities that records went to, ascending.
    pub into: Vec<I>,
}

/// Gives each cluster its lasting identity, and tells what changed, by identity.
///
/// Of all pairs of a cluster and an identity that its records had, the one with most records in common is taken first,
/// ties by the smaller identity and then the cluster's first record; so an identity stays with most of its records, and
/// of two that merge the larger lasts. A cluster that gets none is new. The order of clusters and of records in them
/// does not matter; a record stands in one cluster.
#[must_use]
pub fn carry_over<R: Ord + Clone, I: Ord + Clone>(
    previous: &BTreeMap<R, I>,
    clusters: &[Vec<R>],
    fresh: &mut dyn NewIdentity<R, I>,
) -> (BTreeMap<R, I>, Vec<IdentityEvent<R, I>>) {
    let mut ordered = clusters
        .iter()
        .filter_map(|members| Some((members.iter().min()?, members)))
        .collect::<Vec<_>>();
    ordered.sort_by(|one, other| one.0.cmp(other.0));
    let kept = kept(previous, &ordered);
    let mut used = previous.values().cloned().collect::<BTreeSet<_>>();
    let mut now = BTreeMap::new();
    for ((first, members), kept) in ordered.into_iter().zip(kept) {
        let identity = kept.cloned().unwrap_or_else(|| {
            let mut attempts = 0..;
            loop {
                let identity = fresh.identity(first, attempts.next().unwrap_or(u32::MAX));
                if used.insert(identity.clone()) {
                    return identity;
                }
            }
        });
        now.extend(
            members
                .iter()
                .map(|record| (record.clone(), identity.clone())),
        );
    }
    let events = changes(previous, &now);
    (now, events)
}

/// The assignment after the events, given the one before.
#[must_use]
pub fn replay<R: Ord + Clone, I: Ord + Clone>(
    previous: &BTreeMap<R, I>,
    events: &[IdentityEvent<R, I>],
) -> BTreeMap<R, I> {
    let mut now = previous.clone();
    for record in events.iter().flat_map(|event| &event.left) {
        now.remove(record);
    }
    for event in events {
        let joined = event.joined.iter().cloned();
        now.extend(joined.map(|record| (record, event.identity.clone())));
    }
    now
}

/// The identity that each cluster keeps, if any.
fn kept<'a, R: Ord, I: Ord>(
    previous: &'a BTreeMap<R, I>,
    clusters: &[(&R, &Vec<R>)],
) -> Vec<Option<&'a I>> {
    let mut claims = Vec::new();
    for (place, (_, members)) in clusters.iter().enumerate() {
        let mut counts = BTreeMap::<&I, usize>::new();
        for identity in members.iter().filter_map(|record| previous.get(record)) {
            *counts.entry(identity).or_default() += 1;
        }
        claims.extend(
            counts
                .into_iter()
                .map(|(identity, count)| (Reverse(count), identity, place)),
        );
    }
    claims.sort_unstable();
    let mut kept = vec![None; clusters.len()];
    let mut taken = BTreeSet::new();
    for (_, identity, place) in claims {
        if kept[place].is_none() && taken.insert(identity) {
            kept[place] = Some(identity);
        }
    }
    kept
}

/// What an identity gained and lost.
struct Gathered<R, I> {
    joined: Vec<R>,
    left: Vec<R>,
    from: BTreeSet<I>,
    into: BTreeSet<I>,
}

impl<R, I> Default for Gathered<R, I> {
    fn default() -> Self {
        Self {
            joined: Vec::new(),
            left: Vec::new(),
            from: BTreeSet::new(),
            into: BTreeSet::new(),
        }
    }
}

/// What changed between two assignments, by identity.
fn changes<R: Ord + Clone, I: Ord + Clone>(
    previous: &BTreeMap<R, I>,
    now: &BTreeMap<R, I>,
) -> Vec<IdentityEvent<R, I>> {
    let mut gathered = BTreeMap::<I, Gathered<R, I>>::new();
    for (record, before) in previous {
        let after = now.get(record);
        if after != Some(before) {
            let lost = gathered.entry(before.clone()).or_default();
            lost.left.push(record.clone());
            lost.into.extend(after.cloned());
        }
    }
    for (record, after) in now {
        let before = previous.get(record);
        if before != Some(after) {
            let gained = gathered.entry(after.clone()).or_default();
            gained.joined.push(record.clone());
            gained.from.extend(before.cloned());
        }
    }
    let before = previous.values().collect::<BTreeSet<_>>();
    let after = now.values().collect::<BTreeSet<_>>();
    let event = |(identity, gathered): (I, Gathered<R, I>)| {
        let change = if !before.contains(&identity) {
            IdentityChange::Created
        } else if !after.contains(&identity) {
            IdentityChange::Retired
        } else if gathered.from.iter().any(|from| !after.contains(from)) {
            IdentityChange::Merged
        } else if !gathered.into.is_empty() {
            IdentityChange::Split
        } else if gathered.left.is_empty() {
            IdentityChange::Grew
        } else if gathered.joined.is_empty() {
            IdentityChange::Shrank
        } else {
            IdentityChange::Exchanged
        };
        IdentityEvent {
            identity,
            change,
            joined: gathered.joined,
            left: gathered.left,
            from: gathered.from.into_iter().collect(),
            into: gathered.into.into_iter().collect(),
        }
    };
    gathered.into_iter().map(event).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::{IdentityChange, IdentityEvent, Sequence, carry_over, identity_of_record, replay};

    type Map = BTreeMap<u32, u64>;

    fn first(clusters: &[Vec<u32>]) -> Map {
        carry_over(&Map::new(), clusters, &mut Sequence(1)).0
    }

    fn check(before: &[&[u32]], after: &[&[u32]], expected: &[(u64, IdentityChange)]) {
        let lists = |clusters: &[&[u32]]| {
            clusters
                .iter()
                .map(|members| members.to_vec())
                .collect::<Vec<_>>()
        };
        let previous = first(&lists(before));
        let (now, events) = carry_over(&previous, &lists(after), &mut Sequence(100));
        assert_eq!(replay(&previous, &events), now);
        let told = events.iter().map(|event| (event.identity, event.change));
        assert_eq!(told.collect::<Vec<_>>(), expected, "{before:?} {after:?}");
    }

    #[test]
    fn what_becomes_of_an_identity_is_told() {
        use IdentityChange::{Created, Exchanged, Grew, Merged, Retired, Shrank, Split};
        check(&[&[1, 2]], &[&[2, 1]], &[]);
        check(&[], &[&[1]], &[(100, Created)]);
        check(&[&[1]], &[&[1, 2]], &[(1, Grew)]);
        check(&[&[1, 2]], &[&[1]], &[(1, Shrank)]);
        check(&[&[1, 2]], &[&[1, 3]], &[(1, Exchanged)]);
        check(&[&[1]], &[], &[(1, Retired)]);
        check(
            &[&[1], &[2, 3]],
            &[&[1, 2, 3]],
            &[(1, Retired), (2, Merged)],
        );
        check(
            &[&[1, 2, 3]],
            &[&[1], &[2, 3]],
            &[(1, Split), (100, Created)],
        );
        check(
            &[&[1, 2, 3], &[4]],
            &[&[1, 2], &[3, 4]],
            &[(1, Split), (2, Grew)],
        );
        check(&[&[1], &[2]], &[&[1, 2]], &[(1, Merged), (2, Retired)]);
    }

    #[test]
    fn a_record_that_founds_twice_gives_two_identities() {
        let clusters = vec![vec![1_u32, 2, 3]];
        let mut fresh =
            |first: &u32, attempt: u32| identity_of_record("s", &first.to_string(), attempt);
        let (before, _) = carry_over(&BTreeMap::new(), &clusters, &mut fresh);
        let (after, events) = carry_over(&before, &[vec![1], vec![2, 3]], &mut fresh);
        assert_eq!(after[&2], before[&2]);
        assert_ne!(after[&1], before[&1]);
        assert_eq!(after[&1], identity_of_record("s", "1", 1));
        assert_eq!(events.len(), 2);
        assert_ne!(
            identity_of_record("ab", "c", 0),
            identity_of_record("a", "bc", 0)
        );
        assert_eq!(identity_of_record("a", "b", 0).len(), 32);
    }

    #[test]
    fn the_feed_is_read_as_it_was_written() {
        let previous = first(&[vec![1, 2]]);
        let (_, events) = carry_over(&previous, &[vec![1], vec![2]], &mut Sequence(7));
        let text = serde_json::to_string(&events).unwrap();
        assert!(text.contains(r#""change":"split""#), "{text}");
        assert_eq!(
            serde_json::from_str::<Vec<IdentityEvent<u32, u64>>>(&text).unwrap(),
            events
        );
    }

    /// Records to clusters by their labels; a label 0 leaves the record out.
    fn clusters(labels: &[u8]) -> Vec<Vec<u32>> {
        let mut clusters = BTreeMap::<u8, Vec<u32>>::new();
        for (record, &label) in (0..).zip(labels) {
            if label > 0 {
                clusters.entry(label).or_default().push(record);
            }
        }
        clusters.into_values().collect()
    }

    proptest! {
        #[test]
        fn the_feed_gives_the_new_assignment(before in prop::collection::vec(0_u8..6, 0..24), after in prop::collection::vec(0_u8..6, 0..24)) {
            let previous = first(&clusters(&before));
            let (now, events) = carry_over(&previous, &clusters(&after), &mut Sequence(100));
            prop_assert_eq!(replay(&previous, &events), now.clone());
            let told = events.iter().map(|event| event.identity).collect::<BTreeSet<_>>();
            prop_assert_eq!(told.len(), events.len());
            for members in clusters(&after) {
                let identities = members.iter().map(|record| now[record]).collect::<BTreeSet<_>>();
                prop_assert_eq!(identities.len(), 1);
            }
            let distinct = now.values().collect::<BTreeSet<_>>().len();
            prop_assert_eq!(distinct, clusters(&after).len());
        }

        #[test]
        fn what_does_not_change_tells_nothing(labels in prop::collection::vec(0_u8..6, 0..24)) {
            let previous = first(&clusters(&labels));
            let (now, events) = carry_over(&previous, &clusters(&labels), &mut Sequence(100));
            prop_assert_eq!(now, previous);
            prop_assert_eq!(events, []);
        }

        #[test]
        fn the_order_of_clusters_and_records_changes_nothing(before in prop::collection::vec(0_u8..5, 0..16), after in prop::collection::vec(0_u8..5, 0..16)) {
            let previous = first(&clusters(&before));
            let mut turned = clusters(&after);
            turned.reverse();
            for members in &mut turned {
                members.reverse();
            }
            let straight = carry_over(&previous, &clusters(&after), &mut Sequence(100));
            prop_assert_eq!(straight, carry_over(&previous, &turned, &mut Sequence(100)));
        }
    }
}
