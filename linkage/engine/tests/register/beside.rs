//! Rules and people's decisions, which stand beside the weights.

use linkage::{Column, Level, RecordAt, RecordRules, ScoredPair, Settled, Settlement, Weighed};
use proptest::prelude::*;

use crate::changes::{Change, Given, change, check, on_threads, scope, size_max};
use crate::told::{SPELLED_OUT, crowded, name_of, said};

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
    let one = one.prop_map(|(left, right, same, day)| Settled {
        left: name_of(left),
        right: name_of(right),
        verdict: if same {
            Settlement::Same
        } else {
            Settlement::Different
        },
        who: "somebody".to_owned(),
        when: format!("2026-11-2{day}"),
        why: String::new(),
    });
    prop::collection::vec(one, 0..30)
}

fn change_or_decision() -> impl Strategy<Value = Change> {
    prop_oneof![5 => change(), 1 => settled().prop_map(Change::Settle)]
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
