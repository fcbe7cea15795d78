//! Rules and people's decisions, which stand beside the weights.

use std::collections::BTreeSet;

use linkage::{
    Column, Decision, Level, Reason, RecordAt, RecordId, RecordRules, SETTLED_DIFFERENT, Scope,
    ScoredPair, Settled, Settlement, Weighed,
};
use proptest::prelude::*;

use crate::changes::{Change, Given, change, check, on_threads, scope, size_max};
use crate::told::{SPELLED_OUT, Said, crowded, name_of, said};

/// Nobody lives in two of the cities, and a name that is only close must be rare.
struct OneCity;

fn city(record: RecordAt<'_>) -> Option<&str> {
    let Ok(Column::Codes(cities)) = record.table.column("city", "the rules") else {
        return None;
    };
    let code = cities.at(record.row);
    (code != linkage::MISSING).then(|| cities.name(code))
}

impl RecordRules for OneCity {
    fn veto(&self, left: RecordAt<'_>, right: RecordAt<'_>) -> Option<&'static str> {
        let mut cities = [city(left)?, city(right)?];
        cities.sort_unstable();
        (cities == ["city 1", "city 9"]).then_some("two cities")
    }

    fn doubt(
        &self,
        left: RecordAt<'_>,
        right: RecordAt<'_>,
        pair: &ScoredPair,
        parts: &dyn Fn() -> Vec<Weighed>,
    ) -> Option<&'static str> {
        let parts = parts();
        let sum = parts.iter().map(|part| part.weight).sum::<f32>();
        assert!((sum - pair.weight).abs() < 1e-3, "{sum} {}", pair.weight);
        let common = parts[0].level == Level::At(1) && parts[0].rarity <= 0.0;
        let together = left.source() == right.source() && left.id() != right.id();
        (common && together).then_some("a common name")
    }
}

fn settled() -> impl Strategy<Value = Vec<Settled>> {
    let one = (0_usize..150, 0_usize..150, any::<bool>(), 0_u8..4);
    let one = one.prop_filter("two records", |one| one.0 != one.1);
    let one = one.prop_map(|(left, right, same, day)| {
        decision(name_of(left), name_of(right), same, usize::from(day))
    });
    prop::collection::vec(one, 0..30)
}

fn decision(left: RecordId, right: RecordId, same: bool, day: usize) -> Settled {
    Settled {
        left,
        right,
        verdict: if same {
            Settlement::Same
        } else {
            Settlement::Different
        },
        who: "somebody".to_owned(),
        when: format!("2026-11-2{day}"),
        why: String::new(),
    }
}

fn change_or_decision() -> impl Strategy<Value = Change> {
    prop_oneof![5 => change(), 1 => settled().prop_map(Change::Settle)]
}

#[test]
fn these_tests_meet_every_kind_of_decision_and_rare_words() {
    let of = |place: usize, what, below| crate::world::drawn(21, place as u64, what) % below;
    let said = |place| Said {
        person: of(place, 1, 30),
        typo: u8::try_from(of(place, 2, 9)).unwrap(),
        tags: u8::try_from(of(place, 3, 4)).unwrap(),
        moved: of(place, 4, 5) == 0,
    };
    let settled = (0..40).map(|place| {
        let record = |what| name_of(usize::try_from(of(place, what, 150)).unwrap());
        decision(record(5), record(6), place % 2 == 0, place % 4)
    });
    let settled = settled
        .filter(|one| one.left != one.right)
        .collect::<Vec<_>>();
    let changes = (0..60).map(|place| match place % 10 {
        0 => Change::Settle(settled[place % 20..].to_vec()),
        1 | 2 => Change::Remove(place),
        _ => Change::Put(vec![
            (90 + place, said(place)),
            (place, said(1_000 + place)),
        ]),
    });
    let model = crowded(&SPELLED_OUT, 20, true, Scope::All);
    let given = Given {
        model: &model,
        rules: Some(&OneCity),
        settled: settled.clone(),
    };
    let base = (500..620).map(said).collect::<Vec<_>>();
    let (pairs, _) = check(&given, &base, &changes.collect::<Vec<_>>());
    let met = |decision| pairs.values().any(|pair| pair.3 == decision);
    assert!(met(Decision::Link));
    assert!(met(Decision::Vetoed(SETTLED_DIFFERENT)));
    assert!(met(Decision::Vetoed("two cities")));
    assert!(met(Decision::Review(Reason::Doubt("a common name"))));
    let rules = pairs.values().map(|pair| pair.0).collect::<BTreeSet<_>>();
    let by_rare_words = [2, 3].map(|rule| model.blocks[rule].name.as_str());
    assert_eq!(by_rare_words, ["rare words", "pairs of words"]);
    assert!(
        rules.is_superset(&BTreeSet::from([0, 1, 2, 3])),
        "{rules:?}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn rules_and_decisions_hold_whatever_changes(
        base in prop::collection::vec(said(), 40..110),
        changes in prop::collection::vec(change_or_decision(), 15..25),
        decided in settled(),
        ruled in any::<bool>(),
        (size_max, refine, across) in (size_max(), any::<bool>(), scope()),
    ) {
        let model = crowded(&SPELLED_OUT, size_max, refine, across);
        let given = || Given {
            model: &model,
            rules: ruled.then_some(&OneCity as &dyn RecordRules),
            settled: decided.clone(),
        };
        let run = || check(&given(), &base, &changes);
        prop_assert_eq!(on_threads(1, run), on_threads(3, run));
    }
}
