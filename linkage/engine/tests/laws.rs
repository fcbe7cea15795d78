//! Laws that hold for any input.

#![allow(clippy::unwrap_used, reason = "a test panics on purpose")]

mod world;

use std::collections::BTreeSet;

use linkage::{Arrays, Blocks, Codes, Column, Job, Model, NoRules, Table};
use proptest::prelude::*;

/// Two rules over small columns: equal `key`, or an equal element of `list`.
fn blocked(keys: &[Option<u8>], lists: &[Vec<u32>], size_max: usize) -> (Table, Model) {
    let ids = (0..keys.len())
        .map(|row| row.to_string())
        .collect::<Vec<_>>();
    let mut table = Table::new(ids.iter().map(|id| ("s", id.as_str())));
    let texts = keys
        .iter()
        .map(|key| key.map(|key| key.to_string()))
        .collect::<Vec<_>>();
    table
        .add(
            "key",
            Column::Codes(Codes::from_values(texts.iter().map(Option::as_deref))),
        )
        .unwrap();
    table
        .add("list", Column::Arrays(Arrays::from_codes(lists.to_vec())))
        .unwrap();
    let mut model = world::model();
    model.blocks.truncate(2);
    for (block, column) in model.blocks.iter_mut().zip(["key", "list"]) {
        block.on = vec![column.to_owned()];
        block.size_max = size_max;
    }
    (table, model)
}

proptest! {
    #[test]
    fn blocking_gives_exactly_the_pairs_that_share_a_key(
        rows in prop::collection::vec((prop::option::of(0_u8..5), prop::collection::vec(1_u32..9, 0..4)), 0..30),
    ) {
        let (keys, lists): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
        let (table, model) = blocked(&keys, &lists, 1_000);
        let blocks = Blocks::build(&model, &table).unwrap();
        let mut brute = BTreeSet::new();
        let (mut first, mut second) = (0, 0);
        for left in 0..keys.len() {
            for right in left + 1..keys.len() {
                let same = keys[left].is_some() && keys[left] == keys[right];
                let shared = lists[left].iter().filter(|value| lists[right].contains(value)).collect::<BTreeSet<_>>().len() as u64;
                first += u64::from(same);
                second += shared;
                if same || shared > 0 {
                    brute.insert((left, right));
                }
            }
        }
        let found = blocks.pairs();
        prop_assert_eq!(found.len(), found.iter().collect::<BTreeSet<_>>().len(), "each pair once");
        prop_assert_eq!(found.into_iter().map(|(left, right, _)| (left as usize, right as usize)).collect::<BTreeSet<_>>(), brute);
        prop_assert_eq!(blocks.report().rules[0].pairs, first);
        prop_assert_eq!(blocks.report().rules[1].pairs, second);
    }

    #[test]
    fn what_an_oversized_block_leaves_out_is_told(keys in prop::collection::vec(prop::option::of(0_u8..3), 0..30)) {
        let lists = vec![Vec::new(); keys.len()];
        let (table, model) = blocked(&keys, &lists, 5);
        let blocks = Blocks::build(&model, &table).unwrap();
        let rule = &blocks.report().rules[0];
        let told = rule.pairs + rule.oversized.iter().map(|block| block.pairs_left_out).sum::<u64>();
        let count = |key: u8| keys.iter().filter(|found| **found == Some(key)).count() as u64;
        prop_assert_eq!(told, (0..3).map(|key| count(key) * count(key).saturating_sub(1) / 2).sum::<u64>());
    }

    #[test]
    fn a_comparison_is_the_same_both_ways_and_missing_weighs_nothing(seed in 0_u64..1_000) {
        let records = world::records(20, seed);
        let table = world::table(&records);
        let mut model = world::model();
        for level in model.comparisons.iter_mut().flat_map(|comparison| comparison.levels.iter_mut()) {
            (level.m, level.u) = (level.m.or(Some(0.4)), level.u.or(Some(0.2)));
        }
        let job = Job::prepare(model, &table, Vec::new(), &NoRules, &|_, _, _| {}).unwrap();
        let rows = u32::try_from(records.len()).unwrap();
        for (left, right) in (0..rows).flat_map(|left| (0..left).map(move |right| (left, right))) {
            let (one, other) = (job.explain(left, right).unwrap(), job.explain(right, left).unwrap());
            prop_assert_eq!(one.weight.to_bits(), other.weight.to_bits());
            prop_assert!(one.comparisons.iter().all(|part| part.level.is_some() || part.weight == 0.0));
        }
    }
}

/// The message of a model spoilt by replacing text.
fn spoilt(from: &str, to: &str) -> String {
    assert!(world::MODEL.contains(from), "{from}");
    Model::parse(&world::MODEL.replacen(from, to, 1))
        .unwrap_err()
        .to_string()
}

#[test]
fn a_broken_model_is_told_with_its_line_and_what_is_allowed() {
    let check = |from: &str, to: &str, expected: &[&str]| {
        let message = spoilt(from, to);
        for part in expected {
            assert!(message.contains(part), "`{part}` is not in: {message}");
        }
    };
    check(
        "kind = \"date\"",
        "kind = \"data\"",
        &["line 28", "jaro_winkler", "custom"],
    );
    check(
        "size_max = 100",
        "size_maximum = 100",
        &["size_maximum", "size_max"],
    );
    check(
        "when = \"swapped\"",
        "when = \"shared\"",
        &["invalid", "shared"],
    );
    check(
        "when = \"swapped\"",
        "when = { at_least = 0.5 }",
        &["line 27", "`birth`", "`swapped`", "`years_off`"],
    );
    check("link = 0.9", "link = 1.9", &["`review` <= `link` < 1"]);
    check("m = 0.03", "m = 3.0", &["line 27", "between 0 and 1"]);
    check(
        "fixes = [\"birth\"]",
        "fixes = [\"berth\"]",
        &["`berth`", "`name`, `birth`, `city`, `tags`"],
    );
    check(
        "name = \"city\"\nkind",
        "name = \"birth\"\nkind",
        &["stands twice"],
    );
}

fn prepared<'a>(model: &Model, table: &'a Table) -> Result<Job<'a>, linkage::LinkageError> {
    Job::prepare(model.clone(), table, Vec::new(), &NoRules, &|_, _, _| {})
}

#[test]
fn a_column_that_is_not_there_is_told_with_those_that_are() {
    let table = world::table(&world::records(5, 1));
    let mut model = world::model();
    model.comparisons[0].column = Some("nome".into());
    let error = prepared(&model, &table).err().unwrap().to_string();
    assert!(
        error.contains(
            "comparison `name` names column `nome`; there are `birth`, `city`, `name`, `tags`"
        ),
        "{error}"
    );
    model.comparisons[0].column = Some("birth".into());
    let error = prepared(&model, &table).err().unwrap().to_string();
    assert!(error.contains("cannot read a column of dates"), "{error}");
}
