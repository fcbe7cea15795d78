//! Any changes, in any order, on any number of threads.

use std::collections::BTreeMap;

use linkage::{Beside, Job, Model, RecordId, RecordRules, Register, Scope, Settled, replay};
use proptest::prelude::*;

use crate::oracle::{ByRow, Clusters, Pairs, full, kept};
use crate::told::{
    HOUSEHOLDS, SPELLED_OUT, Said, TRAINED, Told, crowded, name_of, said, table, told,
};

/// Something that happens to a register.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    Put(Vec<(usize, Said)>),
    Remove(usize),
    Settle(Vec<Settled>),
}

pub(crate) fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        3 => prop::collection::vec((0_usize..150, said()), 1..4).prop_map(Change::Put),
        2 => (0_usize..150).prop_map(Change::Remove),
    ]
}

/// What the register of a test goes by.
pub(crate) struct Given<'g> {
    pub(crate) model: &'g Model,
    pub(crate) rules: Option<&'g dyn RecordRules>,
    pub(crate) settled: Vec<Settled>,
}

impl<'g> Given<'g> {
    pub(crate) fn weights(model: &'g Model) -> Self {
        Self {
            model,
            rules: None,
            settled: Vec::new(),
        }
    }
}

/// Makes a register of `base`, changes it, and holds it against the full run after each change. Gives where it ends.
pub(crate) fn check(given: &Given<'_>, base: &[Said], changes: &[Change]) -> (Pairs, Clusters) {
    let base = base.iter().enumerate();
    let base = base
        .map(|(place, &said)| told(place, said))
        .collect::<Vec<_>>();
    let base_table = table(&base);
    let rules = ByRow {
        table: &base_table,
        rules: given.rules,
    };
    let (model, none) = (given.model, |_: &'static str, _, _| {});
    let mut job = Job::prepare(model.clone(), &base_table, Vec::new(), &rules, &none).unwrap();
    job.settle(&given.settled);
    let linkage = job.link(&none).unwrap();
    let beside = Beside {
        rules: given.rules,
        settled: given.settled.clone(),
        ..Beside::default()
    };
    let (mut register, feed) = Register::with(&job, &linkage, BTreeMap::new(), beside).unwrap();
    let mut replayed = replay(&BTreeMap::new(), &feed);
    let named = |one: &Told| (one.record.source.to_owned(), one.record.id.clone());
    let now = base.iter().map(|one| (named(one), one.clone()));
    let mut now = now.collect::<BTreeMap<RecordId, Told>>();
    let mut settled = given.settled.clone();
    assert_eq!(
        kept(&register),
        full(model, &base, &base, given.rules, &settled)
    );
    for change in changes {
        let feed = match change {
            Change::Put(records) => {
                let some = records
                    .iter()
                    .map(|&(place, said)| (place, told(place, said)));
                let some = some.collect::<BTreeMap<_, _>>();
                let some = some.into_values().collect::<Vec<_>>();
                now.extend(some.iter().map(|one| (named(one), one.clone())));
                register.put(&table(&some)).unwrap()
            }
            Change::Remove(place) => {
                let (source, id) = name_of(*place);
                let feed = register.remove(&source, &id).unwrap();
                now.remove(&(source, id));
                feed
            }
            Change::Settle(anew) => {
                settled.clone_from(anew);
                register.settle(anew.clone()).unwrap().1
            }
        };
        let records = now.values().cloned().collect::<Vec<_>>();
        let (pairs, clusters) = full(model, &base, &records, given.rules, &settled);
        let (kept_pairs, kept_clusters) = kept(&register);
        assert_eq!(kept_pairs, pairs, "{change:?}");
        assert_eq!(kept_clusters, clusters, "{change:?}");
        replayed = replay(&replayed, &feed);
        assert_eq!(&replayed, register.identities(), "{change:?}");
        assert_eq!(register.len(), records.len());
    }
    kept(&register)
}

/// Runs with so many threads.
pub(crate) fn on_threads<T: Send>(threads: usize, run: impl FnOnce() -> T + Send) -> T {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
    pool.build().unwrap().install(run)
}

pub(crate) fn size_max() -> impl Strategy<Value = usize> {
    prop_oneof![2 => 3_usize..6, 1 => 8_usize..14, 1 => Just(100_usize)]
}

pub(crate) fn scope() -> impl Strategy<Value = Scope> {
    prop_oneof![3 => Just(Scope::All), 1 => Just(Scope::AcrossSources)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn any_changes_give_the_full_run_bit_for_bit(
        base in prop::collection::vec(said(), 60..140),
        changes in prop::collection::vec(change(), 20..40),
        size_max in size_max(),
        refine in any::<bool>(),
        across in scope(),
    ) {
        check(&Given::weights(&crowded(&TRAINED, size_max, refine, across)), &base, &changes);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn kin_and_moving_weigh_as_in_the_full_run(
        base in prop::collection::vec(said(), 60..140),
        changes in prop::collection::vec(change(), 20..40),
        size_max in size_max(),
        across in scope(),
    ) {
        check(&Given::weights(&crowded(&HOUSEHOLDS, size_max, true, across)), &base, &changes);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn values_that_are_spelled_in_several_ways_and_rare_words_do_not_differ(
        base in prop::collection::vec(said(), 40..100),
        changes in prop::collection::vec(change(), 15..25),
        size_max in size_max(),
        refine in any::<bool>(),
    ) {
        let model = crowded(&SPELLED_OUT, size_max, refine, Scope::All);
        let run = || check(&Given::weights(&model), &base, &changes);
        prop_assert_eq!(on_threads(1, run), on_threads(3, run));
    }

    #[test]
    fn the_order_of_changes_does_not_matter(
        base in prop::collection::vec(said(), 60..100),
        changes in prop::collection::btree_map(0_usize..150, prop::option::of(said()), 20..60),
        size_max in size_max(),
        refine in any::<bool>(),
    ) {
        let model = crowded(&SPELLED_OUT, size_max, refine, Scope::All);
        let base = base.iter().enumerate().map(|(place, &said)| told(place, said));
        let base = table(&base.collect::<Vec<_>>());
        let none = |_: &'static str, _, _| {};
        let mut job = Job::prepare(model, &base, Vec::new(), &linkage::NoRules, &none).unwrap();
        let linkage = job.link(&none).unwrap();
        let register = || Register::new(&job, &linkage, BTreeMap::new()).unwrap().0;
        let change = |register: &mut Register<'_, '_>, some: &[(&usize, &Option<Said>)]| {
            let put = some.iter().filter_map(|&(&place, said)| Some(told(place, (*said)?)));
            let gone = some.iter().filter(|one| one.1.is_none()).map(|one| name_of(*one.0));
            let (put, gone) = (put.collect::<Vec<_>>(), gone.collect::<Vec<_>>());
            register.change(&table(&put), &gone).unwrap();
        };
        let mut all = changes.iter().collect::<Vec<_>>();
        let (mut at_once, mut forwards, mut backwards) = (register(), register(), register());
        change(&mut at_once, &all);
        all.chunks(1).for_each(|one| change(&mut forwards, one));
        all.reverse();
        all.chunks(7).for_each(|some| change(&mut backwards, some));
        prop_assert_eq!(kept(&at_once), kept(&forwards));
        prop_assert_eq!(kept(&at_once), kept(&backwards));
    }
}

#[test]
fn a_register_starts_with_nobody() {
    let said = |person, typo| Said {
        person,
        typo,
        tags: 3,
        moved: false,
    };
    let changes = [
        Change::Put(vec![(1, said(1, 0)), (2, said(1, 0))]),
        Change::Put(vec![(3, said(1, 6))]),
        Change::Remove(1),
        Change::Remove(1),
        Change::Remove(2),
        Change::Remove(3),
    ];
    let model = crowded(&SPELLED_OUT, 100, false, Scope::All);
    check(&Given::weights(&model), &[], &changes[..5]);
}
