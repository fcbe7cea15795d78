//! How long the index takes to say who a record is: `cargo bench -p linkage --bench index -- [records] [questions]`.
//!
//! People with names made of syllables, a third of the questions with a slip that no record has. Prints the median, the
//! 99th of a hundred and the slowest answer, and how often the right person came first.

#![allow(clippy::unwrap_used, reason = "a benchmark stops at the first fault")]

mod people;

use std::time::{Duration, Instant};

use linkage::{Index, Job, Model, NoRules};
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
        times.push((thread_time() - before, started.elapsed(), answer.compared));
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
    times.sort_unstable_by_key(|time| time.1);
    let of = |per_mille: usize| times[(times.len() * per_mille / 1_000).min(times.len() - 1)];
    println!(
        "by the clock: median {:.0} µs, p99 {:.0} µs, slowest {:.0} µs",
        microseconds(of(500).1),
        microseconds(of(990).1),
        microseconds(of(1_000).1),
    );
}

fn microseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
