//! How long the index takes to say who a record is: `cargo bench -p linkage --bench index -- [records] [questions]`.
//!
//! People with names made of syllables, a third of the questions with a slip that no record has. Prints the median, the
//! 99th of a hundred and the slowest answer, on a processor and by the clock, how often the right person came first, and
//! what the questions with most candidates take.

#![allow(clippy::unwrap_used, reason = "a benchmark stops at the first fault")]

mod people;

use std::time::{Duration, Instant};

use linkage::{Index, Job, Model, NoRules, Table};
use people::{MODEL, drawn, person, slipped, table, thread_time};

fn main() {
    let mut figures = std::env::args()
        .skip(1)
        .filter_map(|text| text.parse::<u64>().ok());
    let records = figures.next().unwrap_or(1_000_000);
    let questions = figures.next().unwrap_or(20_000);
    let table_of_all = table((0..records).map(person));
    let model = Model::parse(MODEL).unwrap();
    let mut job = Job::prepare(model, &table_of_all, Vec::new(), &NoRules, &|_, _, _| {}).unwrap();
    job.link(&|_, _, _| {}).unwrap();
    let started = Instant::now();
    let index = Index::new(&job).unwrap();
    println!(
        "{records} records indexed in {:.2} s",
        started.elapsed().as_secs_f64()
    );
    let asked = (0..questions)
        .map(|question| drawn(question, 99) % records)
        .collect::<Vec<_>>();
    let tables = asked
        .iter()
        .map(|&number| table(std::iter::once(slipped(number))))
        .collect::<Vec<_>>();
    let (mut times, mut right, mut compared) = (Vec::new(), 0_u64, 0_usize);
    for (number, table) in asked.iter().zip(&tables) {
        let (started, before) = (Instant::now(), thread_time());
        let answer = index.who(table, 0).unwrap();
        times.push((
            thread_time().saturating_sub(before),
            started.elapsed(),
            answer.compared,
        ));
        compared += answer.compared;
        let first = answer.found.first();
        right += u64::from(first.is_some_and(|found| u64::from(found.row) == *number));
    }
    times.sort_unstable();
    let of = |per_mille: usize| times[(times.len() * per_mille / 1_000).min(times.len() - 1)];
    println!(
        "{questions} questions: median {:.0} µs, p99 {:.0} µs, slowest {:.0} µs on a processor; {} records compared each; the right person first in {right}",
        microseconds(of(500).0),
        microseconds(of(990).0),
        microseconds(of(1_000).0),
        compared as u64 / questions,
    );
    for (processor, clock, compared) in times.iter().rev().take(5) {
        println!(
            "slow: {:.0} µs on a processor, {:.0} µs by the clock, {compared} records compared",
            microseconds(*processor),
            microseconds(*clock),
        );
    }
    tell_dearest(&index, &tables);
    times.sort_unstable_by_key(|time| time.1);
    let of = |per_mille: usize| times[(times.len() * per_mille / 1_000).min(times.len() - 1)];
    println!(
        "by the clock: median {:.0} µs, p99 {:.0} µs, slowest {:.0} µs",
        microseconds(of(500).1),
        microseconds(of(990).1),
        microseconds(of(1_000).1),
    );
}

/// The questions with most candidates, asked again.
fn tell_dearest(index: &Index<'_, '_>, tables: &[Table]) {
    let compared = |table: &Table| index.who(table, 0).unwrap().compared;
    let questions = tables.iter().map(|table| (compared(table), table));
    let mut questions = questions.collect::<Vec<_>>();
    questions.sort_unstable_by_key(|question| std::cmp::Reverse(question.0));
    questions.truncate(100);
    let times = questions.iter().map(|(_, table)| {
        let before = thread_time();
        index.who(table, 0).unwrap();
        thread_time().saturating_sub(before)
    });
    let times = times.collect::<Vec<_>>();
    println!(
        "the {} questions with most candidates, {} to {} compared: {:.0} µs each on a processor, slowest {:.0} µs",
        questions.len(),
        questions.last().map_or(0, |question| question.0),
        questions[0].0,
        microseconds(times.iter().sum()) / 100.0,
        microseconds(times.iter().copied().max().unwrap_or_default()),
    );
}

fn microseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
