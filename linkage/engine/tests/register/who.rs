//! Who a record is that was never there: as if it had been put in.

use std::collections::BTreeMap;

use linkage::{Index, Job, NoRules, RecordAt, Scope};
use proptest::prelude::*;

use crate::oracle::full;
use crate::told::{SPELLED_OUT, crowded, said, table, told};

/// The place of the record that is asked for: no other has it.
const ASKED: usize = 200;

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn an_answer_weighs_as_the_full_run_with_the_record(
        base in prop::collection::vec(said(), 40..100),
        asked in prop::collection::vec(said(), 1..6),
    ) {
        let model = crowded(&SPELLED_OUT, 1_000, false, Scope::All);
        let base = base.iter().enumerate().map(|(place, &said)| told(place, said));
        let base = base.collect::<Vec<_>>();
        let there = table(&base);
        let none = |_: &'static str, _, _| {};
        let mut job = Job::prepare(model.clone(), &there, Vec::new(), &NoRules, &none).unwrap();
        job.link(&none).unwrap();
        let index = Index::new(&job).unwrap();
        for said in asked {
            let asked = told(ASKED, said);
            let name = (asked.record.source.to_owned(), asked.record.id.clone());
            let answer = index.who(&table(std::slice::from_ref(&asked)), 0).unwrap();
            let found = answer.found.iter().map(|found| {
                let at = RecordAt { table: &there, row: found.row };
                let rule = u8::try_from(found.rule).unwrap();
                let bits = (found.weight.to_bits(), found.probability.to_bits());
                ((at.source().to_owned(), at.id().to_owned()), (rule, bits.0, bits.1))
            });
            let now = [base.clone(), vec![asked]].concat();
            let (pairs, _) = full(&model, &base, &now, None, &[]);
            let wanted = pairs.into_iter().filter_map(|((left, right), pair)| {
                let other = if left == name { right } else if right == name { left } else { return None };
                Some((other, (pair.0, pair.1, pair.2)))
            });
            prop_assert_eq!(found.collect::<BTreeMap<_, _>>(), wanted.collect::<BTreeMap<_, _>>());
        }
    }
}
