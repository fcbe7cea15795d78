//! Comparisons of the caller's own, given for records instead of rows.

use std::collections::BTreeMap;

use linkage::{
    Beside, Calibration, Column, Comparison, ComparisonSettings, Custom, Job, Memo, Model, NoRules,
    Outcome, RecordAt, RecordComparison, Register, Row, Table,
};
use proptest::prelude::*;

use crate::oracle::{kept, told as as_told};
use crate::told::{Said, TRAINED, said, table, told};

const LEVELS: &[&str] = &["same", "near", "other"];

/// Compares months of birth.
struct Months;

fn months(left: RecordAt<'_>, right: RecordAt<'_>) -> Outcome {
    let month = |record: RecordAt<'_>| {
        let Ok(Column::Dates(dates)) = record.table.column("birth", "months") else {
            return 0;
        };
        dates[record.row as usize].month()
    };
    match month(left).abs_diff(month(right)) {
        0 => Outcome::shared(0, 0.1),
        1 => Outcome::at(1),
        _ => Outcome::at(2),
    }
}

impl RecordComparison for Months {
    fn compare(&self, left: RecordAt<'_>, right: RecordAt<'_>) -> Outcome {
        months(left, right)
    }
}

struct MonthsByRow<'t>(&'t Table);

impl Comparison for MonthsByRow<'_> {
    fn compare(&self, left: Row, right: Row, _: &mut Memo) -> Outcome {
        let at = |row| RecordAt { table: self.0, row };
        months(at(left), at(right))
    }
}

fn custom(table: &Table) -> Vec<Custom<'_>> {
    vec![Custom {
        name: "months",
        levels: LEVELS,
        comparison: Box::new(MonthsByRow(table)),
    }]
}

/// A model without frequencies and with a calibration, so that a run over other records weighs alike.
fn model() -> Model {
    let mut model = TRAINED.clone();
    let text = r#"
name = "months"
kind = "custom"
level = [{ name = "same", rarity = true, m = 0.9, u = 0.12 }, { name = "near", m = 0.05, u = 0.2 }, { name = "other", m = 0.05, u = 0.68 }]
"#;
    for level in model
        .comparisons
        .iter_mut()
        .flat_map(|known| &mut known.levels)
    {
        level.rarity = false;
    }
    model
        .comparisons
        .push(toml::from_str::<ComparisonSettings>(text).unwrap());
    model.calibration = Some(Calibration::plain(-6.0));
    model
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn the_callers_comparison_weighs_as_in_the_run(
        base in prop::collection::vec(said(), 30..90),
        later in prop::collection::vec(prop::collection::btree_map(0_usize..120, said(), 1..5), 5..12),
    ) {
        let none = |_: &'static str, _, _| {};
        let mut now = base.iter().copied().enumerate().collect::<BTreeMap<_, _>>();
        let of = |some: &BTreeMap<usize, Said>| {
            table(&some.iter().map(|(&place, &said)| told(place, said)).collect::<Vec<_>>())
        };
        let first = of(&now);
        let mut job = Job::prepare(model(), &first, custom(&first), &NoRules, &none).unwrap();
        let linkage = job.link(&none).unwrap();
        let beside = Beside {
            comparisons: vec![("months", &Months)],
            columns: vec!["birth".to_owned()],
            ..Beside::default()
        };
        let (mut register, _) = Register::with(&job, &linkage, BTreeMap::new(), beside).unwrap();
        for some in &later {
            register.put(&of(some)).unwrap();
            now.extend(some);
            let there = of(&now);
            let mut job = Job::prepare(model(), &there, custom(&there), &NoRules, &none).unwrap();
            let run = job.link(&none).unwrap();
            let full = as_told(&there, &run.pairs, &run.decisions, &run.clusters);
            prop_assert_eq!(kept(&register), full);
        }
    }
}

#[test]
fn a_comparison_of_the_callers_own_must_be_given_for_records() {
    let none = |_: &'static str, _, _| {};
    let all = (0..30_u8).map(|place| {
        let said = Said {
            person: u64::from(place % 9),
            typo: place % 7,
            tags: 2,
            moved: false,
        };
        told(usize::from(place), said)
    });
    let all = table(&all.collect::<Vec<_>>());
    let mut job = Job::prepare(model(), &all, custom(&all), &NoRules, &none).unwrap();
    let linkage = job.link(&none).unwrap();
    let error = Register::new(&job, &linkage, BTreeMap::new())
        .err()
        .unwrap();
    assert!(error.to_string().contains("`months`"), "{error}");
    let beside = Beside {
        comparisons: vec![("months", &Months), ("name", &Months)],
        ..Beside::default()
    };
    let error = Register::with(&job, &linkage, BTreeMap::new(), beside)
        .err()
        .unwrap();
    assert!(error.to_string().contains("`name`"), "{error}");
}
