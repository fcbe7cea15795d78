//! People with names made of syllables, for benchmarks in memory.

#![allow(dead_code, reason = "each benchmark uses a part")]

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use linkage::{Codes, CodesBuilder, Column, PackedDate, Table, TableIds};

/// What is compared of them, and how candidates are found.
pub(crate) const MODEL: &str = r#"
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
pub(crate) fn drawn(seed: u64, what: u64) -> u64 {
    let mut value =
        seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ what.wrapping_mul(0xD134_2543_DE82_EF95);
    value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

/// A person as a record tells of one.
pub(crate) struct Person {
    given: String,
    surname: String,
    born: (u32, u32, u32),
    city: String,
}

/// The person of that number.
pub(crate) fn person(number: u64) -> Person {
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

/// Their table; ids are numbers from 0.
pub(crate) fn table(people: impl Iterator<Item = Person>) -> Table {
    named((0_u64..).map(|number| number.to_string()).zip(people))
}

/// Their table, by their ids.
pub(crate) fn named(people: impl Iterator<Item = (String, Person)>) -> Table {
    let mut ids = TableIds::default();
    let mut texts = [
        CodesBuilder::default(),
        CodesBuilder::default(),
        CodesBuilder::default(),
    ];
    let mut born = Vec::new();
    for (id, person) in people {
        ids.push("people", &id);
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
pub(crate) fn slipped(number: u64) -> Person {
    let mut person = person(number);
    if drawn(number, 91).is_multiple_of(3) {
        let at = 1 + usize::try_from(drawn(number, 92) % 3).unwrap();
        person.surname.replace_range(at..=at, "x");
    }
    person
}

/// Time that this process spent on processors, all threads together: on a busy machine, the clock tells of others' work as
/// well.
pub(crate) fn processor_time() -> Duration {
    time_of(ClockId::ProcessCPUTime)
}

/// The same of this thread alone.
pub(crate) fn thread_time() -> Duration {
    time_of(ClockId::ThreadCPUTime)
}

fn time_of(clock: ClockId) -> Duration {
    Duration::try_from(clock_gettime(clock)).unwrap_or_default()
}
