//! How fast histories are assembled: `cargo bench -p history`. One thread; a person of twelve rows from three sources.
#![allow(clippy::unwrap_used, reason = "a measurement panics on purpose")]

#[path = "../tests/told/mod.rs"]
mod told;

use std::time::Instant;

use schema::Identity;

const PERSONS: u64 = 100_000;

fn main() {
    let sample = include_str!("../tests/told/sample.txt");
    let records = told::records(sample);
    let events_each = told::history(sample).events.len();
    let rules = history::Rules::default();
    let start = Instant::now();
    for number in 0..PERSONS {
        let history = history::assemble(Identity::from_number(number), &records, None, &rules);
        assert_eq!(history.events.len(), events_each);
    }
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "{PERSONS} persons of {} rows, {events_each} events: {seconds:.2} s",
        records.len()
    );
}
