//! How a field is compared: the kind and its levels, by what the field is.

use super::field::{Field, Nature};
use super::headings::Role;

/// What m usually is: of one name, given and surname together, whole names, dates of birth, level by level.
const USUAL_NAME: [f64; 4] = [0.8, 0.08, 0.05, 0.07];
const USUAL_NAMES: [f64; 9] = [0.65, 0.03, 0.12, 0.03, 0.05, 0.01, 0.005, 0.09, 0.015];
const USUAL_FULL_NAME: [f64; 8] = [0.6, 0.05, 0.13, 0.08, 0.05, 0.05, 0.02, 0.02];
const USUAL_JAPANESE: [f64; 7] = [0.7, 0.08, 0.08, 0.01, 0.04, 0.02, 0.07];
const USUAL_DATE: [f64; 9] = [0.8, 0.06, 0.01, 0.03, 0.02, 0.03, 0.01, 0.02, 0.02];

/// A comparison as it will stand in the model.
pub(super) struct Compared {
    pub(super) name: String,
    pub(super) kind: &'static str,
    /// Places of the fields compared.
    pub(super) fields: Vec<usize>,
    /// Levels from best to worst.
    pub(super) levels: Vec<Level>,
    /// What m usually is, by level, where training must not stray far from it; or nothing.
    pub(super) usual: &'static [f64],
    /// Chances of the first level, of one thing and of two, that training must leave as they are.
    pub(super) fixed: Option<(f64, f64)>,
}

/// A level: its name, its test as TOML, whether rare values weigh more.
pub(super) struct Level(pub(super) &'static str, pub(super) String, pub(super) bool);

/// What the first look shows of a field beyond its own values.
#[derive(Clone, Copy, Default)]
pub(super) struct Shown {
    /// By how much the numbers of one differ between two files.
    pub(super) shift: f64,
    /// The share of the likely matches that share the value, of a column that names collections.
    pub(super) collection: Option<f64>,
}

/// The comparison of one field.
pub(super) fn compared(place: usize, field: &Field, shown: Shown) -> Compared {
    let (kind, levels) = match field.nature {
        Nature::Name => ("jaro_winkler", name_levels()),
        Nature::FullName => ("tokens", full_name_levels()),
        Nature::Words => ("tokens", words_levels()),
        Nature::LongText => ("tokens", long_text_levels()),
        Nature::Code => ("identifier", code_levels(field)),
        Nature::Codes => ("tokens", codes_levels()),
        Nature::Category => ("exact", vec![same(), otherwise()]),
        Nature::Date => ("date", date_levels()),
        Nature::Number => ("number", number_levels(field, shown.shift)),
    };
    let usual: &[f64] = match field.nature {
        _ if !field.is_identity() => &[],
        Nature::Name => &USUAL_NAME,
        Nature::FullName => &USUAL_FULL_NAME,
        Nature::Date => &USUAL_DATE,
        _ => &[],
    };
    Compared {
        name: field.name().to_owned(),
        kind,
        fields: vec![place],
        levels,
        usual,
        fixed: shown
            .collection
            .map(|same| (same, field.profile.chance_same)),
    }
}

/// A Japanese name with its reading, where a column has it.
pub(super) fn japanese(place: usize, reading: Option<usize>, field: &Field) -> Compared {
    Compared {
        name: field.name().to_owned(),
        kind: "japanese_name",
        fields: std::iter::once(place).chain(reading).collect(),
        levels: vec![
            same(),
            Level("the same but for variants", text("variants"), true),
            Level("the same reading", text("reading"), true),
            Level("in the other order", text("swapped"), true),
            Level("close", figure("near", "0.92"), false),
            Level("similar", figure("near", "0.8"), false),
            otherwise(),
        ],
        usual: if field.is_identity() {
            &USUAL_JAPANESE
        } else {
            &[]
        },
        fixed: None,
    }
}

/// Given name and surname together, where they stand in each other's place too often to be chance.
pub(super) fn both_names(given: usize, surname: usize) -> Compared {
    let levels = vec![
        same(),
        Level("exchanged", text("swapped"), true),
        Level("one close", figure("one_near", "0.92"), true),
        Level("both close", figure("near", "0.9"), false),
        Level("one similar", figure("one_near", "0.8"), true),
        Level("both similar", figure("near", "0.8"), false),
        Level("exchanged and close", figure("swapped_near", "0.85"), false),
        Level("one the same", text("one_same"), true),
        otherwise(),
    ];
    Compared {
        name: "name".into(),
        kind: "names",
        fields: vec![given, surname],
        levels,
        usual: &USUAL_NAMES,
        fixed: None,
    }
}

fn text(test: &str) -> String {
    format!("\"{test}\"")
}

fn figure(test: &str, figure: &str) -> String {
    format!("{{ {test} = {figure} }}")
}

fn same() -> Level {
    Level("the same", text("same"), true)
}

fn otherwise() -> Level {
    Level("different", text("otherwise"), false)
}

fn name_levels() -> Vec<Level> {
    vec![
        same(),
        Level("close", figure("at_least", "0.92"), false),
        Level("similar", figure("at_least", "0.8"), false),
        otherwise(),
    ]
}

fn full_name_levels() -> Vec<Level> {
    vec![
        same(),
        Level("the same words", text("same_words"), true),
        Level("close words", figure("near", "0.95"), false),
        Level("one within the other", text("subset"), true),
        Level("similar words", figure("near", "0.85"), false),
        Level("a shared word", figure("shared", "1"), true),
        Level("somewhat similar", figure("near", "0.7"), false),
        otherwise(),
    ]
}

fn words_levels() -> Vec<Level> {
    vec![
        same(),
        Level("the same words", text("same_words"), true),
        Level("close words", figure("near", "0.93"), false),
        Level("one within the other", text("subset"), true),
        Level("similar words", figure("near", "0.83"), false),
        Level("six tenths by weight", figure("weighted", "0.6"), false),
        Level("a third by weight", figure("weighted", "0.36"), false),
        Level("a shared word", figure("shared", "1"), true),
        otherwise(),
    ]
}

fn long_text_levels() -> Vec<Level> {
    let weighted = |name, share: &str| Level(name, figure("weighted", share), false);
    vec![
        same(),
        weighted("nine tenths by weight", "0.9"),
        weighted("three quarters by weight", "0.75"),
        weighted("six tenths by weight", "0.6"),
        weighted("half by weight", "0.48"),
        weighted("a third by weight", "0.36"),
        weighted("a quarter by weight", "0.25"),
        weighted("a seventh by weight", "0.15"),
        Level("a shared word", figure("shared", "1"), false),
        otherwise(),
    ]
}

fn codes_levels() -> Vec<Level> {
    vec![
        same(),
        Level("the same in any order", text("same_words"), true),
        Level("one's within the other's", text("subset"), true),
        Level("one in common", figure("shared", "1"), true),
        otherwise(),
    ]
}

fn code_levels(field: &Field) -> Vec<Level> {
    let mut levels = vec![same()];
    if field.profile.letters >= 2.5 {
        levels.push(Level("one error", figure("edits", "1"), false));
    }
    if field.profile.letters >= 5.5 {
        levels.push(Level("two errors", figure("edits", "2"), false));
    }
    levels.push(otherwise());
    levels
}

fn date_levels() -> Vec<Level> {
    vec![
        same(),
        Level("one digit", text("one_digit"), false),
        Level("day and month exchanged", text("swapped"), false),
        Level("as far as it is known", text("part_of"), false),
        Level(
            "the same day of another year",
            text("same_month_day"),
            false,
        ),
        Level("two parts the same", text("two_parts"), false),
        Level("within a month", figure("within", "31"), false),
        Level("the same year", text("same_year"), false),
        otherwise(),
    ]
}

/// Levels by differences, the least first.
fn within(levels: &[(&'static str, &str)]) -> Vec<Level> {
    let mut all = vec![same()];
    all.extend(
        levels
            .iter()
            .map(|&(name, most)| Level(name, figure("within", most), false)),
    );
    all.push(otherwise());
    all
}

/// Levels of ages that grow between two files.
fn shifted(shift: f64) -> Vec<Level> {
    let apart = |name, slip: f64| {
        let (least, most) = ((shift - slip).max(0.0), shift + slip);
        Level(name, format!("{{ apart = [{least}, {most}] }}"), false)
    };
    vec![
        apart("older by the years between", 0.0),
        apart("a year off", 1.0),
        apart("two years off", 2.0),
        apart("within five years", 5.0),
        otherwise(),
    ]
}

fn number_levels(field: &Field, shift: f64) -> Vec<Level> {
    if shift > 0.0 {
        return shifted(shift);
    }
    match field.role {
        Role::Age => {
            return within(&[
                ("a year off", "1"),
                ("two years off", "2"),
                ("within five years", "5"),
            ]);
        }
        Role::Latitude | Role::Longitude => {
            return within(&[
                ("within 200 m", "0.002"),
                ("within a kilometre", "0.01"),
                ("within five kilometres", "0.05"),
                ("within 20 km", "0.2"),
                ("within 100 km", "1"),
            ]);
        }
        Role::Length => {
            return within(&[
                ("a second off", "1"),
                ("within three seconds", "3"),
                ("within ten seconds", "10"),
                ("within half a minute", "30"),
            ]);
        }
        _ => {}
    }
    if field.role == Role::Year {
        return vec![
            same(),
            Level("a year off", figure("within", "1"), false),
            Level("within three years", figure("within", "3"), false),
            otherwise(),
        ];
    }
    vec![
        same(),
        Level("within 2 %", figure("within_share", "0.02"), false),
        Level("within 10 %", figure("within_share", "0.1"), false),
        Level("within 30 %", figure("within_share", "0.3"), false),
        otherwise(),
    ]
}
