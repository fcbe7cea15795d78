//! A waterfall adds up, whatever the pair.
#![allow(clippy::unwrap_used, reason = "a test panics on purpose")]

use linkage::{ExplainedComparison, Explanation, RecordName, Verdict};
use linkage_report::{steps, waterfall_svg};
use proptest::prelude::*;

fn explanation(prior_bits: f32, parts: Vec<(Option<String>, f32, f32)>) -> Explanation {
    let name = |id: &str| RecordName {
        source: "a".to_owned(),
        id: id.to_owned(),
    };
    let comparisons = parts
        .into_iter()
        .enumerate()
        .map(|(place, (level, weight, rarity))| ExplainedComparison {
            comparison: format!("comparison {place}"),
            weight: if level.is_some() { weight } else { 0.0 },
            rarity: if level.is_some() { rarity } else { 0.0 },
            level,
        })
        .collect::<Vec<_>>();
    let weight = comparisons.iter().map(|part| part.weight).sum();
    Explanation {
        left: name("1"),
        right: name("2"),
        rule: None,
        comparisons,
        prior_bits,
        weight,
        probability: 1.0 / (1.0 + (-(prior_bits + weight)).exp2()),
        threshold: 0.9,
        decision: None,
        verdict: Verdict::NonLink,
        together: None,
        obstacles: Vec::new(),
    }
}

proptest! {
    #[test]
    fn the_steps_are_joined_and_end_at_the_total(
        prior in -40.0_f32..0.0,
        parts in prop::collection::vec(
            (prop::option::of("\\PC{0,12}"), -20.0_f32..30.0, -10.0_f32..10.0),
            0..12,
        ),
    ) {
        let explained = explanation(prior, parts);
        let steps = steps(&explained);
        prop_assert_eq!(steps[0].from.to_bits(), 0.0_f64.to_bits());
        for two in steps.windows(2) {
            prop_assert_eq!(two[0].to.to_bits(), two[1].from.to_bits());
        }
        let end = steps.last().unwrap().to;
        prop_assert!((end - f64::from(explained.total_bits())).abs() < 1e-3);
        let svg = waterfall_svg(&explained);
        prop_assert!(roxmltree::Document::parse(&svg).is_ok(), "{}", svg);
    }
}
