//! What a change costs: `cargo bench -p linkage --bench register -- [records] [changes]`.
//!
//! Links people with names made of syllables, a tenth of them twice, and keeps the run as a register. Then records come,
//! change and go, one at a time, a hundred at a time and as many as told at a time. Prints the time for each record
//! touched, and that time against a whole run over all records by the settled model, taken in the same process. What a
//! change costs goes by the records touched where the figures for two numbers of records are alike.

#![allow(clippy::unwrap_used, reason = "a benchmark stops at the first fault")]

mod people;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use linkage::{Job, Model, NoRules, Register, Table};
use people::{MODEL, Person, drawn, named, person, processor_time, slipped};

/// One in so many has a second record.
const TWICE: u64 = 10;
/// Batches of one record, and of a hundred.
const SINGLES: u64 = 400;
const HUNDREDS: u64 = 20;

/// The records of the run: everybody once, some twice.
fn everybody(records: u64) -> impl Iterator<Item = (String, Person)> {
    let persons = records * TWICE / (TWICE + 1);
    let once = (0..persons).map(|number| (number.to_string(), person(number)));
    let again = (0..records - persons).map(|number| {
        let number = number * TWICE;
        (format!("again {number}"), slipped(number))
    });
    once.chain(again)
}

/// Records that come: half tell of somebody who is there, half of others.
fn coming(batch: u64, size: u64, records: u64) -> Table {
    named((0..size).map(|place| {
        let number = drawn(batch * 1_000_003 + place, 71) % (2 * records);
        (format!("later {batch} {place}"), slipped(number))
    }))
}

/// The same records, each telling of somebody else.
fn changed(batch: u64, size: u64, records: u64) -> Table {
    named((0..size).map(|place| {
        let number = drawn(batch * 1_000_003 + place, 72) % (2 * records);
        (format!("later {batch} {place}"), slipped(number))
    }))
}

/// What something took: by the clock, and on a processor.
#[derive(Clone, Copy)]
struct Taken {
    clock: Duration,
    processor: Duration,
}

fn timed<T>(work: impl FnOnce() -> T) -> (Taken, T) {
    let (started, before) = (Instant::now(), processor_time());
    let done = work();
    let taken = Taken {
        clock: started.elapsed(),
        processor: processor_time().saturating_sub(before),
    };
    (taken, done)
}

fn full_run(model: Model, table: &Table) -> Taken {
    let none = |_: &'static str, _, _| {};
    let run = || {
        let mut job = Job::prepare(model, table, Vec::new(), &NoRules, &none).unwrap();
        job.link(&none).unwrap()
    };
    timed(run).0
}

/// Times of some batches of one size.
#[derive(Default)]
struct Times {
    put: Vec<Taken>,
    change: Vec<Taken>,
    remove: Vec<Taken>,
}

fn run(
    register: &mut Register<'_, '_>,
    batches: std::ops::Range<u64>,
    size: u64,
    records: u64,
) -> Times {
    let mut times = Times::default();
    for batch in batches {
        let (new, other) = (coming(batch, size, records), changed(batch, size, records));
        times.put.push(timed(|| register.put(&new).unwrap()).0);
        times.change.push(timed(|| register.put(&other).unwrap()).0);
        let names = (0..size).map(|place| ("people".to_owned(), format!("later {batch} {place}")));
        let names = names.collect::<Vec<_>>();
        let nobody = Table::new([]);
        let remove = || register.change(&nobody, &names).unwrap();
        times.remove.push(timed(remove).0);
    }
    times
}

fn tell(what: &str, times: &[Taken], size: u64, full: Taken) {
    let batches = times.len() as u64;
    let touched = f64::from(u32::try_from(batches * size).unwrap());
    let sum = |of: fn(&Taken) -> Duration| times.iter().map(of).sum::<Duration>().as_secs_f64();
    let each = sum(|taken| taken.processor) / touched;
    let slowest = times.iter().map(|taken| taken.processor).max().unwrap();
    println!(
        "{what}: {batches} batches of {size}: {:.1} µs a record on a processor ({:.1} µs by the clock), the dearest batch {:.2} ms; a whole run is as dear as {:.0} records",
        each * 1e6,
        sum(|taken| taken.clock) / touched * 1e6,
        slowest.as_secs_f64() * 1e3,
        full.processor.as_secs_f64() / each,
    );
}

fn main() {
    let figures = std::env::args().skip(1);
    let mut figures = figures.filter_map(|text| text.parse::<u64>().ok());
    let records = figures.next().unwrap_or(1_000_000);
    let changes = figures.next().unwrap_or(10_000);
    let table = named(everybody(records));
    let model = Model::parse(MODEL).unwrap();
    let none = |_: &'static str, _, _| {};
    let mut job = Job::prepare(model, &table, Vec::new(), &NoRules, &none).unwrap();
    let linkage = job.link(&none).unwrap();
    let full = full_run(linkage.model.clone(), &table);
    let made = timed(|| Register::new(&job, &linkage, BTreeMap::new()).unwrap());
    let (mut register, _) = made.1;
    println!(
        "{records} records, {} pairs kept: a whole run {:.2} s on processors ({:.2} s by the clock), making the register {:.2} s ({:.2} s)",
        linkage.pairs.len(),
        full.processor.as_secs_f64(),
        full.clock.as_secs_f64(),
        made.0.processor.as_secs_f64(),
        made.0.clock.as_secs_f64(),
    );
    // The allocator tidies up once after the register was made.
    run(&mut register, 0..5, 100, records);
    let mut first = 5;
    for (batches, size) in [(SINGLES, 1), (HUNDREDS, 100), (1, changes)] {
        let times = run(&mut register, first..first + batches, size, records);
        first += batches;
        tell("put", &times.put, size, full);
        tell("change", &times.change, size, full);
        tell("remove", &times.remove, size, full);
    }
}
