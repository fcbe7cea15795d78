//! Made-up people in files, for tests of whole runs.

#![allow(dead_code, reason = "each test file uses a part")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use link_files::{Options, Reading};
use linkage::Model;

/// A model over the columns of [`rows`], without a trained figure.
pub(crate) const MODEL: &str = r#"
name = "people"

[[column]]
name = "given"
clean = ["lower"]

[[column]]
name = "surname"
clean = ["lower"]

[[column]]
name = "birth"
from = ["birth", "date of birth"]
kind = "date"

[[column]]
name = "city"
kind = "code"

[[comparison]]
name = "given name"
kind = "jaro_winkler"
column = "given"
level = [{ name = "same", when = "same", rarity = true }, { name = "close", when = { at_least = 0.85 } }, { name = "differs", when = "otherwise" }]

[[comparison]]
name = "surname"
kind = "jaro_winkler"
column = "surname"
level = [{ name = "same", when = "same", rarity = true }, { name = "close", when = { at_least = 0.85 } }, { name = "differs", when = "otherwise" }]

[[comparison]]
name = "birth"
kind = "date"
column = "birth"
level = [{ name = "same", when = "same" }, { name = "same year", when = "same_year" }, { name = "differs", when = "otherwise" }]

[[comparison]]
name = "city"
kind = "exact"
column = "city"
level = [{ name = "same", when = "same", rarity = true }, { name = "differs", when = "otherwise" }]

[[block]]
name = "birth"
on = ["birth"]
train = true
fixes = ["birth"]

[[block]]
name = "names"
on = ["given", "surname"]
train = true
fixes = ["given name", "surname"]
"#;

/// A number that depends on its arguments alone (`SplitMix64`).
fn drawn(person: u64, what: u64) -> u64 {
    let mut value = person
        .wrapping_mul(0x9E37_79B9_7F4A_7C15)
        .wrapping_add(what.wrapping_mul(0xD134_2543_DE82_EF95));
    value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

/// `id,given,surname,birth,city,person` of every person with a record in the file `a`, or of two thirds of them in `b`,
/// where one name in ten has a slip.
pub(crate) fn rows(persons: u64, file: char) -> Vec<String> {
    let syllables = [
        "ka", "mi", "to", "ra", "shi", "no", "yu", "ha", "ko", "ne", "ta", "sa",
    ];
    let in_file = |person: &u64| file == 'a' || !drawn(*person, 90).is_multiple_of(3);
    let row = |person: u64| {
        let of = |what: u64, below: u64| drawn(person, what) % below;
        let word = |from: u64| {
            let syllable = |what: u64| syllables[usize::try_from(of(what, 12)).unwrap()];
            (from..from + 2).map(syllable).collect::<String>()
        };
        let (mut given, surname) = (word(1), word(11));
        if file == 'b' && of(91, 10) == 0 {
            given.insert(3, 'x');
        }
        let city = match of(92, 10) {
            0 => String::new(),
            _ => format!("\"city, {}\"", of(21, 30)),
        };
        let (year, month, day) = (1940 + of(31, 60), 1 + of(32, 12), 1 + of(33, 28));
        format!("{file}{person},{given},{surname},{year}-{month:02}-{day:02},{city},P{person}")
    };
    (0..persons).filter(in_file).map(row).collect()
}

/// Writes rows under their headings.
pub(crate) fn write(folder: &Path, name: &str, rows: &[String]) -> PathBuf {
    let mut text = String::from("id,given,surname,birth,city,person\n");
    for row in rows {
        let _ = writeln!(text, "{row}");
    }
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    path
}

/// Options for files in a folder, the output in `out` beside them.
pub(crate) fn options(folder: &Path, files: Vec<PathBuf>) -> Options {
    Options {
        model: Model::parse(MODEL).unwrap(),
        files,
        out: folder.join("out"),
        id_column: Some("id".into()),
        truth_column: Some("person".into()),
        one_to_one: false,
        threshold: None,
        decisions: None,
        memory: None,
        pairs_from: None,
        link_only: false,
        reading: Reading::default(),
        force: false,
    }
}
