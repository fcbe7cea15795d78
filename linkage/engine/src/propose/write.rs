//! The proposal as a model file that is pleasant to read.

use std::fmt::Write as _;

use super::candidates::name_pairs;
use super::field::Field;
use super::gather::Ignored;
use super::levels::{Compared, Shown, both_names, compared, japanese};
use super::spelled::{grouped, listed, percent, quoted};
use super::{Findings, Proposal, ProposalOptions, ProposedRule, RawFiles};
use crate::model::{Clean, ColumnKind, Combine, Headings};
use crate::{BlockingReport, LinkageError, Model};

/// From this share of exchanged given names and surnames on, the two are compared together.
pub(super) const EXCHANGED_MIN: f64 = 0.003;
/// What is usual counts as one pair for so many records.
const RECORDS_PER_USUAL_PAIR: usize = 10;
/// A file with so few doubles, for each record linked elsewhere, holds one record of each.
const ONE_EACH_MAX: f64 = 0.05;

/// The model's text, read back as a model, with its blocking counted by `count`.
pub(super) fn written(
    fields: &[Field],
    found: &Findings,
    files: &RawFiles<'_>,
    options: &ProposalOptions,
    ignored: Vec<Ignored>,
    count: impl Fn(&Model) -> Result<BlockingReport, LinkageError>,
) -> Result<Proposal, LinkageError> {
    let compared = comparisons(fields, found);
    let draft = text_of(fields, found, files, options, &ignored, &compared, None);
    let report = count(&Model::parse(&draft)?)?;
    let text = text_of(
        fields,
        found,
        files,
        options,
        &ignored,
        &compared,
        Some(&report),
    );
    let rules = found
        .rules
        .iter()
        .zip(&report.rules)
        .map(|(rule, counted)| ProposedRule {
            name: rule.name.clone(),
            pairs: counted.pairs,
            largest: counted.largest,
            found: rule.found,
            added: rule.added,
        });
    Ok(Proposal {
        rules: rules.collect(),
        model: Model::parse(&text)?,
        text,
        ignored,
        recall: found.recall,
    })
}

fn comparisons(fields: &[Field], found: &Findings) -> Vec<Compared> {
    let mut all = Vec::new();
    let exchanged = name_pairs(fields).into_iter().find(|(given, surname)| {
        found.exchanged >= EXCHANGED_MIN && found.used[*given] && found.used[*surname]
    });
    let readings = readings(fields, found);
    for (place, field) in fields
        .iter()
        .enumerate()
        .filter(|(place, _)| found.used[*place])
    {
        if readings.iter().any(|(_, reading)| *reading == Some(place)) {
            continue;
        }
        match exchanged {
            Some((given, surname)) if place == given || place == surname => {
                if place == given.min(surname) {
                    all.push(both_names(given, surname));
                }
            }
            _ => match readings.iter().find(|(name, _)| *name == place) {
                Some(&(_, reading)) => all.push(japanese(place, reading, field)),
                None => all.push(compared(place, field, shown(found, place))),
            },
        }
    }
    all
}

fn shown(found: &Findings, place: usize) -> Shown {
    Shown {
        shift: found.shifts[place],
        collection: found.collections[place],
    }
}

/// Names in kanji, each with the column that holds its reading, if there is one.
fn readings(fields: &[Field], found: &Findings) -> Vec<(usize, Option<usize>)> {
    let used = |place: &usize| found.used[*place];
    let mut readings = Vec::<(usize, Option<usize>)>::new();
    for name in (0..fields.len()).filter(used) {
        if fields[name].is_kanji_name() {
            let reading = (0..fields.len()).filter(used).find(|&place| {
                fields[place].is_kana_name()
                    && fields[place].role == fields[name].role
                    && readings.iter().all(|(_, taken)| *taken != Some(place))
            });
            readings.push((name, reading));
        }
    }
    readings
}

fn text_of(
    fields: &[Field],
    found: &Findings,
    files: &RawFiles<'_>,
    options: &ProposalOptions,
    ignored: &[Ignored],
    compared: &[Compared],
    report: Option<&BlockingReport>,
) -> String {
    let mut text = String::new();
    head(&mut text, found, files, options, ignored, compared);
    for (place, field) in fields.iter().enumerate() {
        let blocked = found.rules.iter().any(|rule| rule.fields.contains(&place));
        if found.used[place] || blocked {
            column(&mut text, field);
        }
    }
    for comparison in compared {
        write_comparison(&mut text, comparison, fields, found);
    }
    // What every rule decides could be learnt from none.
    let fixed = |comparison: &Compared, rule: &super::Chosen| {
        let mut fields = comparison.fields.iter();
        fields.any(|field| rule.fields.contains(field))
    };
    let learnt = |comparison: &&Compared| !found.rules.iter().all(|rule| fixed(comparison, rule));
    let compared = compared.iter().filter(learnt).collect::<Vec<_>>();
    for (place, rule) in found.rules.iter().enumerate() {
        write_rule(
            &mut text,
            rule,
            report.and_then(|report| report.rules.get(place)),
            &compared,
        );
    }
    text
}

/// Adds a line. Writing to a string cannot fail.
fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    let _ = text.write_fmt(line);
    text.push('\n');
}

fn head(
    text: &mut String,
    found: &Findings,
    files: &RawFiles<'_>,
    options: &ProposalOptions,
    ignored: &[Ignored],
    compared: &[Compared],
) {
    let records = grouped(files.sources.len() as u64);
    line(
        text,
        format_args!(
            "# Proposed from {records} records of {}. Change what you know better.",
            listed(files.source_names)
        ),
    );
    line(
        text,
        format_args!(
            "# The rules below are thought to give {} of all matches as candidates.",
            percent(found.recall)
        ),
    );
    for entry in ignored {
        line(
            text,
            format_args!("# Left out: `{}`, for {}.", entry.heading, entry.reason),
        );
    }
    line(text, format_args!("name = {}", quoted(&options.name)));
    line(text, format_args!("version = 1"));
    if found.across_alone {
        line(
            text,
            format_args!(
                "\n# No file seems to hold anything twice: only records of different files are compared."
            ),
        );
        line(text, format_args!("scope = \"across_sources\""));
    }
    line(
        text,
        format_args!("\n# The threshold is chosen from the data, by what the two errors cost."),
    );
    line(
        text,
        format_args!("[decision]\ncost_false_link = 1.0\ncost_missed_link = 1.0"),
    );
    usual(text, files, compared);
    for (name, _) in files
        .source_names
        .iter()
        .zip(&found.doubles)
        .filter(|(_, doubles)| found.across_alone && **doubles < ONE_EACH_MAX)
    {
        line(
            text,
            format_args!(
                "\n[[source]]\nname = {}\none_per_cluster = \"hard\"",
                quoted(name)
            ),
        );
    }
}

/// How much the usual m of names and dates of birth count in training.
fn usual(text: &mut String, files: &RawFiles<'_>, compared: &[Compared]) {
    if compared
        .iter()
        .any(|comparison| !comparison.usual.is_empty())
    {
        let pairs = (files.sources.len() / RECORDS_PER_USUAL_PAIR).max(20);
        line(
            text,
            format_args!(
                "\n# The `m` given below are what is usual for names and dates of birth; they count as so many pairs, so that\n# members of one household are not taken for one person.\n[training]\nprior_pairs = {pairs}.0"
            ),
        );
    }
}

fn column(text: &mut String, field: &Field) {
    let (settings, profile) = (&field.settings, &field.profile);
    let distinct = grouped(profile.distinct as u64);
    let filled = percent(profile.fill());
    let taken = if field.derived {
        "words with digits within a longer text"
    } else {
        field.role.told()
    };
    line(
        text,
        format_args!("\n# Taken for {taken}: {filled} filled, {distinct} values."),
    );
    line(
        text,
        format_args!("[[column]]\nname = {}", quoted(&settings.name)),
    );
    match &settings.from {
        Headings::One(heading) => line(text, format_args!("from = {}", quoted(heading))),
        Headings::Several(headings) if headings.is_empty() => {}
        Headings::Several(headings) => {
            let headings = headings
                .iter()
                .map(|heading| quoted(heading))
                .collect::<Vec<_>>()
                .join(", ");
            line(text, format_args!("from = [{headings}]"));
        }
    }
    if settings.combine == Combine::DateParts {
        line(text, format_args!("combine = \"date_parts\""));
    }
    line(
        text,
        format_args!("kind = \"{}\"", kind_name(settings.kind)),
    );
    if !settings.clean.is_empty() {
        let steps = settings
            .clean
            .iter()
            .map(|step| format!("\"{}\"", clean_name(*step)))
            .collect::<Vec<_>>()
            .join(", ");
        line(text, format_args!("clean = [{steps}]"));
    }
    if !settings.missing.is_empty() {
        let spellings = settings
            .missing
            .iter()
            .map(|spelling| quoted(spelling))
            .collect::<Vec<_>>()
            .join(", ");
        line(text, format_args!("missing = [{spellings}]"));
    }
}

fn write_comparison(text: &mut String, comparison: &Compared, fields: &[Field], found: &Findings) {
    if comparison.fixed.is_some() {
        line(
            text,
            format_args!(
                "\n# Likely matches hardly ever share it: it names collections that hold each thing once."
            ),
        );
    } else if comparison.kind == "names" {
        let share = percent(found.exchanged);
        line(
            text,
            format_args!(
                "\n# In {share} of the likely matches the two stand in each other's place."
            ),
        );
    } else {
        line(text, format_args!(""));
    }
    line(
        text,
        format_args!(
            "[[comparison]]\nname = {}\nkind = \"{}\"",
            quoted(&comparison.name),
            comparison.kind
        ),
    );
    match comparison.fields.as_slice() {
        [only] => line(
            text,
            format_args!("column = {}", quoted(fields[*only].name())),
        ),
        several => {
            let names = several
                .iter()
                .map(|&place| quoted(fields[place].name()))
                .collect::<Vec<_>>()
                .join(", ");
            line(text, format_args!("columns = [{names}]"));
        }
    }
    if tells_kin_apart(comparison, fields, found) {
        line(text, format_args!("tells_kin_apart = true"));
    }
    line(text, format_args!("level = ["));
    for (place, level) in comparison.levels.iter().enumerate() {
        let rarity = level.2 && comparison.fixed.is_none();
        let rarity = if rarity { ", rarity = true" } else { "" };
        let usual = match (comparison.fixed, comparison.usual.get(place)) {
            (Some((m, u)), _) if place == 0 => format!(", m = {m:.6}, u = {u:.6}, fixed = true"),
            (Some((m, u)), _) => {
                let (m, u) = (1.0 - m, 1.0 - u);
                format!(", m = {m:.6}, u = {u:.6}, fixed = true")
            }
            (None, Some(m)) => format!(", m = {m}"),
            (None, None) => String::new(),
        };
        line(
            text,
            format_args!(
                "  {{ name = {}, when = {}{rarity}{usual} }},",
                quoted(level.0),
                level.1
            ),
        );
    }
    line(text, format_args!("]"));
}

/// Whether members of one household, or models of one series, differ in it. Where nothing identifies
/// persons nor numbers models there are no kin.
fn tells_kin_apart(comparison: &Compared, fields: &[Field], found: &Findings) -> bool {
    let mut used = fields.iter().zip(&found.used).filter(|(_, used)| **used);
    let persons = used.any(|(field, _)| field.is_identity());
    let mut compared = comparison.fields.iter().map(|&place| &fields[place]);
    if persons {
        comparison.kind == "names" || compared.all(Field::tells_persons_apart)
    } else {
        compared.all(Field::numbers_models)
    }
}

fn write_rule(
    text: &mut String,
    rule: &super::Chosen,
    counted: Option<&crate::RuleReport>,
    compared: &[&Compared],
) {
    line(text, format_args!(""));
    if let Some(counted) = counted {
        let (pairs, largest) = (grouped(counted.pairs), grouped(counted.largest));
        let left_out = counted
            .oversized
            .iter()
            .map(|block| block.pairs_left_out)
            .sum::<u64>();
        line(
            text,
            format_args!(
                "# {pairs} pairs; largest block {largest} records; gives {} of the likely matches, {} not given before.",
                percent(rule.found),
                percent(rule.added)
            ),
        );
        if left_out > 0 {
            line(
                text,
                format_args!(
                    "# Blocks of more than {} records ({} pairs) are left out.",
                    rule.size_max,
                    grouped(left_out)
                ),
            );
        }
    }
    let on = rule
        .on
        .iter()
        .map(|key| quoted(key))
        .collect::<Vec<_>>()
        .join(", ");
    line(
        text,
        format_args!(
            "[[block]]\nname = {}\non = [{on}]\nsize_max = {}",
            quoted(&rule.name),
            rule.size_max
        ),
    );
    let fixes = compared
        .iter()
        .filter(|comparison| {
            comparison
                .fields
                .iter()
                .any(|field| rule.fields.contains(field))
        })
        .map(|comparison| quoted(&comparison.name))
        .collect::<Vec<_>>();
    line(
        text,
        format_args!("fixes = [{}]\ntrain = true", fixes.join(", ")),
    );
}

fn kind_name(kind: ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Text => "text",
        ColumnKind::Code => "code",
        ColumnKind::Date => "date",
        ColumnKind::Number => "number",
        ColumnKind::Array => "array",
        ColumnKind::Clk => "clk",
    }
}

fn clean_name(step: Clean) -> &'static str {
    match step {
        Clean::Trim => "trim",
        Clean::Lower => "lower",
        Clean::Width => "width",
        Clean::Unaccent => "unaccent",
        Clean::Kana => "kana",
        Clean::Letters => "letters",
        Clean::Digits => "digits",
        Clean::Alphanumeric => "alphanumeric",
        Clean::Words => "words",
        Clean::Squeeze => "squeeze",
        Clean::NoTitles => "no_titles",
        Clean::NoZeros => "no_zeros",
        Clean::NoBrackets => "no_brackets",
        Clean::JoinCodes => "join_codes",
        Clean::Codes => "codes",
        Clean::NoCodes => "no_codes",
        Clean::Seconds => "seconds",
    }
}
