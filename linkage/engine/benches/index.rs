//! How long the index takes to say who a record is: `cargo bench -p linkage --bench index -- [records] [questions]`.
//!
//! People with names made of syllables, a third of the questions with a slip that no record has. Prints the median, the
//! 99th of a hundred and the slowest answer, and how often the right person came first.

#![allow(clippy::unwrap_used, reason = "a benchmark stops at the first fault")]

use std::time::{Duration, Instant};

use linkage::{
    Codes, CodesBuilder, Column, Index, Job, Model, NoRules, PackedDate, Table, TableIds,
};

const MODEL: &str = r#"
name = "people"
[[comparison]]
name = "given name"
kind = "jaro_winkler"
column = "given"
level = [{ name = "same", when = "same", rarity = true }, { name = "close", when = { at_least = 0.88 } }, { name = "differs", when = "otherwise" }]
[[comparison]]
name = "surname"
kind = "jaro_winkler"
column = "surname"
level = [{ name = "same", when = "same", rarity = true }, { name = "close", when = { at_least = 0.88 } }, { name = "differs", when = "otherwise" }]
[[comparison]]
name = "date of birth"
kind = "date"
column = "born"
level = [{ name = "same", when = "same" }, { name = "exchanged", when = "swapped" }, { name = "same year", when = "same_year" }, { name = "differs", when = "otherwise" }]
[[comparison]]
name = "city"
kind = "exact"
column = "city"
level = [{ name = "same", when = "same", rarity = true }, { name = "differs", when = "otherwise" }]
[[block]]
name = "date of birth"
on = ["born"]
fixes = ["date of birth"]
train = true
[[block]]
name = "names"
on = ["given", "surname"]
fixes = ["given name", "surname"]
train = true
[[block]]
name = "surname, city and year"
on = ["surname", "city", "year(born)"]
[[block]]
name = "beginnings and city"
on = ["prefix(given, 3)", "prefix(surname, 3)", "city"]
"#;

/// A number that depends on its arguments alone.
fn drawn(seed: u64, what: u64) -> u64 {
    let mut value =
        seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ what.wrapping_mul(0xD134_2543_DE82_EF95);
    value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

struct Person {
    given: String,
    surname: String,
    born: (u32, u32, u32),
    city: String,
}

fn person(number: u64) -> Person {
    let of = |what: u64, below: u64| drawn(number, what) % below;
    let small = |what: u64, below: u64| u32::try_from(of(what, below)).unwrap();
    let syllables = [
        "ka", "mi", "to", "ra", "shi", "no", "yu", "ha", "ko", "ne", "ta", "sa", "ri", "mo", "wa",
        "ki",
    ];
    // The square makes some names common and most rare.
    let name = |what: u64, kinds: u64, parts: u64| {
        let kind = (of(what, kinds) * of(what + 50, kinds)) / kinds;
        (0..parts)
            .map(|part| syllables[usize::try_from(drawn(kind + 7 * what, part) % 16).unwrap()])
            .collect::<String>()
    };
    Person {
        given: name(1, 3_000, 3),
        surname: name(2, 20_000, 4),
        born: (1930 + small(3, 80), 1 + small(4, 12), 1 + small(5, 28)),
        city: format!("city {}", of(6, 400) * of(7, 400) / 400),
    }
}

fn table(people: impl Iterator<Item = Person>) -> Table {
    let mut ids = TableIds::default();
    let mut texts = [
        CodesBuilder::default(),
        CodesBuilder::default(),
        CodesBuilder::default(),
    ];
    let mut born = Vec::new();
    for (number, person) in people.enumerate() {
        ids.push("people", &number.to_string());
        for (builder, text) in texts
            .iter_mut()
            .zip([&person.given, &person.surname, &person.city])
        {
            builder.push(Some(text));
        }
        born.push(PackedDate::new(person.born.0, person.born.1, person.born.2));
    }
    let mut table = Table::of(ids);
    let finished = texts.map(CodesBuilder::finish);
    for (name, codes) in ["given", "surname", "city"]
        .into_iter()
        .zip::<[Codes; 3]>(finished)
    {
        table.add(name, Column::Codes(codes)).unwrap();
    }
    table.add("born", Column::Dates(born)).unwrap();
    table
}

/// The person with a slip: a third have a letter that nobody has there.
fn slipped(number: u64) -> Person {
    let mut person = person(number);
    if drawn(number, 91).is_multiple_of(3) {
        let at = 1 + usize::try_from(drawn(number, 92) % 3).unwrap();
        person.surname.replace_range(at..=at, "x");
    }
    person
}

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
        let started = Instant::now();
        let answer = index.who(table, 0).unwrap();
        times.push(started.elapsed());
        compared += answer.compared;
        right += u64::from(
            answer
                .found
                .first()
                .is_some_and(|found| u64::from(found.row) == *number),
        );
    }
    times.sort_unstable();
    let at = |share: f64| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a place in a list of some thousand"
        )]
        let place = (times.len() as f64 * share) as usize;
        microseconds(times[place.min(times.len() - 1)])
    };
    println!(
        "{questions} questions: median {:.0} µs, p99 {:.0} µs, slowest {:.0} µs; {} records compared each; the right person first in {right}",
        at(0.5),
        at(0.99),
        at(1.0),
        compared as u64 / questions,
    );
}

fn microseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
