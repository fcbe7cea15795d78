//! The index in memory answers as the run that it was made from.

#![allow(clippy::unwrap_used, reason = "a test panics on purpose")]

mod world;

use linkage::{Index, Job, NoRules};

#[test]
fn a_record_of_the_run_weighs_as_in_the_run_bit_for_bit() {
    let records = world::records(400, 3);
    let table = world::table(&records);
    let mut job =
        Job::prepare(world::model(), &table, Vec::new(), &NoRules, &|_, _, _| {}).unwrap();
    let linkage = job.link(&|_, _, _| {}).unwrap();
    let index = Index::new(&job).unwrap();
    let mut told = 0;
    for row in 0..u32::try_from(records.len()).unwrap() {
        let answer = index.who(&table, row).unwrap();
        assert!(answer.left_out.is_empty());
        for found in answer.found.iter().filter(|found| found.row != row) {
            let explained = job.explain(row, found.row).unwrap();
            assert_eq!(found.weight.to_bits(), explained.weight.to_bits());
            told += 1;
        }
        let of_run = |pair: &&linkage::ScoredPair| pair.left == row || pair.right == row;
        assert_eq!(
            answer.found.iter().filter(|found| found.row != row).count(),
            linkage.pairs.iter().filter(of_run).count(),
            "every pair of the run, and no other"
        );
    }
    assert_eq!(told, 2 * linkage.pairs.len());
}

#[test]
fn a_value_that_nobody_has_is_compared_and_weighs_by_its_level() {
    let records = world::records(400, 3);
    let table = world::table(&records);
    let mut job =
        Job::prepare(world::model(), &table, Vec::new(), &NoRules, &|_, _, _| {}).unwrap();
    job.link(&|_, _, _| {}).unwrap();
    let index = Index::new(&job).unwrap();
    let mut asked = records[17].clone();
    asked.name.push('q');
    let found = index.who(&world::table(&[asked]), 0).unwrap().found;
    assert_eq!(records[found[0].row as usize].person, records[17].person);
    let close = &job.model().comparisons[0].levels[1];
    assert_eq!(close.name, "close");
    let level = found
        .iter()
        .find(|found| found.row == 17)
        .unwrap()
        .pattern
        .level(0);
    assert_eq!(level, linkage::Level::At(1));
}

#[test]
fn a_block_that_is_too_large_is_told() {
    let records = world::records(400, 3);
    let table = world::table(&records);
    let mut model = world::model();
    model.blocks[1].size_max = 2;
    let mut job = Job::prepare(model, &table, Vec::new(), &NoRules, &|_, _, _| {}).unwrap();
    job.link(&|_, _, _| {}).unwrap();
    let index = Index::new(&job).unwrap();
    let told = (0..400).any(|row| {
        let answer = index.who(&table, row).unwrap();
        answer.left_out == ["tag and city"]
    });
    assert!(told);
}
