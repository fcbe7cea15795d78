//! How a field is compared: the kind and its levels, by what the field is.

use super::field::{Field, Nature};
use super::headings::Role;

/// What m usually is: of one name, given and surname together, whole names, dates of birth, level by level.
const USUAL_NAME: [f64; 4] = [0.8, 0.08, 0.05, 0.07];
const USUAL_NAMES: [f64; 9] = [0.65, 0.03, 0.12, 0.03, 0.05, 0.01, 0.005, 0.09, 0.015];
const USUAL_FULL_NAME: [f64; 8] = [0.6, 0.05, 0.13, 0.08, 0.05, 0.05, 0.02, 0.02];
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
}

/// A level: its name, its test as TOML, whether rare values weigh more.
pub(super) struct Level(pub(super) &'static str, pub(super) String, pub(super) bool);

/// The comparison of one field.
pub(super) fn compared(place: usize, field: &Field) -> Compared {
    let (kind, levels) = match field.nature {
        Nature::Name => ("jaro_winkler", name_levels()),
        Nature::FullName => ("tokens", full_name_levels()),
        Nature::Words => ("tokens", words_levels()),
        Nature::LongText => ("tokens", long_text_levels()),
        Nature::Code => ("identifier", code_levels(field)),
        Nature::Category => ("exact", vec![same(), otherwise()]),
        Nature::Date => ("date", date_levels()),
        Nature::Number => ("number", number_levels(field)),
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

fn number_levels(field: &Field) -> Vec<Level> {
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
