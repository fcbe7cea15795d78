//! The feed of changes tells, from nothing, where every record's identity is: through merges and splits, and records that
//! go and come back.

use std::collections::{BTreeMap, BTreeSet};

use linkage::{Feed, IdentityChange, Job, NoRules, RecordId, Register, Scope, replay};
use proptest::prelude::*;

use crate::told::{Said, TRAINED, crowded, name_of, said, table, told};

/// One change: records that come or change, and records that go.
type Step = (Vec<(usize, Said)>, Vec<usize>);

/// Few records, so that they often go and come back.
const PLACES: usize = 60;

fn step() -> impl Strategy<Value = Step> {
    let put = prop::collection::vec((0..PLACES, said()), 0..4);
    (put, prop::collection::vec(0..PLACES, 0..3))
}

/// What a long run of changes went through.
#[derive(Default)]
struct Seen {
    changes: BTreeMap<IdentityChange, usize>,
    /// Identities that ended.
    retired: BTreeSet<String>,
    gone: BTreeSet<RecordId>,
    came_back: usize,
}

impl Seen {
    fn note(&mut self, feed: &Feed, before: &BTreeMap<RecordId, String>) {
        for event in feed {
            *self.changes.entry(event.change).or_default() += 1;
            assert!(
                !self.retired.contains(&event.identity),
                "no identity comes back"
            );
            let had = |record: &RecordId| before.get(record) == Some(&event.identity);
            assert!(event.left.iter().all(had), "only its own records leave it");
            assert!(!event.joined.iter().any(had), "only others join it");
        }
        let ended = feed
            .iter()
            .filter(|event| event.change == IdentityChange::Retired);
        self.retired
            .extend(ended.map(|event| event.identity.clone()));
    }

    fn count(&self, change: IdentityChange) -> usize {
        self.changes.get(&change).copied().unwrap_or(0)
    }
}

fn check(base: &[Said], steps: &[Step]) -> Seen {
    let model = crowded(&TRAINED, 12, true, Scope::All);
    let base = base
        .iter()
        .enumerate()
        .map(|(place, &said)| told(place, said));
    let base = table(&base.collect::<Vec<_>>());
    let none = |_: &'static str, _, _| {};
    let mut job = Job::prepare(model, &base, Vec::new(), &NoRules, &none).unwrap();
    let linkage = job.link(&none).unwrap();
    let (mut register, first) = Register::new(&job, &linkage, BTreeMap::new()).unwrap();
    let (mut seen, mut feeds) = (Seen::default(), vec![first]);
    for (put, gone) in steps {
        let before = register.identities().clone();
        let coming = put.iter().copied().collect::<BTreeMap<_, _>>();
        let gone = gone.iter().filter(|place| !coming.contains_key(place));
        let gone = gone.map(|&place| name_of(place)).collect::<Vec<_>>();
        let coming = coming.into_iter().map(|(place, said)| told(place, said));
        let feed = register
            .change(&table(&coming.collect::<Vec<_>>()), &gone)
            .unwrap();
        seen.note(&feed, &before);
        assert_eq!(&replay(&before, &feed), register.identities());
        let now = register.identities();
        let left = before.keys().filter(|name| !now.contains_key(*name));
        seen.gone.extend(left.cloned());
        let back = now.keys().filter(|name| !before.contains_key(*name));
        seen.came_back += back.filter(|name| seen.gone.contains(*name)).count();
        feeds.push(feed);
    }
    let replayed = feeds
        .iter()
        .fold(BTreeMap::new(), |now, feed| replay(&now, feed));
    assert_eq!(&replayed, register.identities());
    let mut clusters = BTreeMap::<&String, BTreeSet<&RecordId>>::new();
    for (record, identity) in &replayed {
        clusters.entry(identity).or_default().insert(record);
    }
    let held = register.clusters();
    let held = held
        .iter()
        .map(|records| records.iter().collect::<BTreeSet<_>>());
    assert_eq!(
        held.collect::<BTreeSet<_>>(),
        clusters.into_values().collect()
    );
    seen
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, ..ProptestConfig::default() })]

    #[test]
    fn the_feed_replays_to_the_identities_through_everything(
        base in prop::collection::vec(said(), 30..PLACES),
        steps in prop::collection::vec(step(), 200..300),
    ) {
        let seen = check(&base, &steps);
        prop_assert!(seen.count(IdentityChange::Merged) > 5, "{:?}", seen.changes);
        prop_assert!(seen.count(IdentityChange::Split) > 5, "{:?}", seen.changes);
        prop_assert!(seen.count(IdentityChange::Retired) > 5, "{:?}", seen.changes);
        prop_assert!(seen.came_back > 20, "{}", seen.came_back);
    }
}

#[test]
fn a_record_that_comes_back_alone_is_somebody_new() {
    let alone = |person| Said {
        person,
        typo: 0,
        tags: 0,
        moved: false,
    };
    let back = [
        (vec![(2, alone(7))], vec![]),
        (vec![], vec![2]),
        (vec![(2, alone(7))], vec![]),
    ];
    let seen = check(&[], &back);
    assert_eq!(seen.count(IdentityChange::Created), 2);
    assert_eq!(seen.count(IdentityChange::Retired), 1);
    assert_eq!(seen.came_back, 1);
}
