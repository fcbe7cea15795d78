//! From the files' headings to the fields of a model: names unified across files, parts of a date put together.

use std::borrow::Cow;

use super::field::{
    Field, Nature, Raw, joined, judged, settings_of, settings_of_codes, without_codes,
};
use super::headings::Role;
use crate::model::{ColumnKind, ColumnSettings, Combine, Headings};
use crate::{Codes, LinkageError, MISSING};

/// Two headings of two files hold one thing if so many of their words are common.
const COMMON_WORDS_MIN: f64 = 0.3;

/// If what their headings say differs, so many.
const OTHERWISE_MIN: f64 = 0.4;

/// A heading and what became of it, where it is no evidence.
#[derive(Clone, Debug, PartialEq)]
pub struct Ignored {
    /// The heading.
    pub heading: String,
    /// Why.
    pub reason: String,
}

/// The fields of all headings but those to ignore.
pub(super) fn gather(
    columns: &[(String, Codes)],
    sources: &[u16],
    source_count: usize,
    ignore: &[String],
) -> Result<(Vec<Field>, Vec<Ignored>), LinkageError> {
    let mut ignored = Vec::new();
    let mut raws = Vec::new();
    for (heading, codes) in columns {
        if ignore.contains(heading) {
            ignored.push(Ignored {
                heading: heading.clone(),
                reason: "it was said to be no evidence".into(),
            });
        } else {
            raws.push(Raw::new(heading, codes, sources, source_count));
        }
    }
    let mut raws = unified(raws, sources, source_count);
    let mut fields = Vec::new();
    if let Some(field) = date_of_parts(&mut raws, sources, source_count)? {
        fields.push(field);
    }
    let mut names = fields
        .iter()
        .map(|field: &Field| field.name().to_owned())
        .collect::<Vec<_>>();
    for raw in &raws {
        let (mut role, nature) = judged(raw);
        if role == Role::Words
            && nature == Nature::Name
            && raw.heading.to_lowercase().contains("name")
        {
            let given = fields
                .iter()
                .any(|field: &Field| field.role == Role::GivenName);
            role = if given {
                Role::Surname
            } else {
                Role::GivenName
            };
        }
        let taken = fields.iter().any(|field: &Field| field.role == role);
        if taken && role == Role::GivenName && raw.profile.kana < 0.5 {
            role = Role::MiddleName;
        }
        let name = free_name(&raw.heading, &names);
        names.push(name.clone());
        let mut settings = settings_of(&name, raw, role, nature);
        let codes_name = free_name(&format!("{name}_codes"), &names);
        let codes = settings_of_codes(&codes_name, raw, (role, nature));
        let parts = [&*raw.codes];
        let typed =
            |settings, nature| Field::new(settings, (role, nature), &parts, sources, source_count);
        let codes = codes.map(|codes| typed(codes, Nature::Codes)).transpose()?;
        let codes = codes.filter(|codes| !codes.has_few_codes());
        if codes.is_some() {
            without_codes(&mut settings);
        }
        fields.push(typed(settings, nature)?);
        if let Some(codes) = codes {
            names.push(codes_name);
            fields.push(codes);
        }
    }
    a_persons_only_date(&mut fields);
    Ok((fields, ignored))
}

/// The only date of persons is taken for that of their birth: of another, people of one household would not differ by chance,
/// nor would a person's records agree.
fn a_persons_only_date(fields: &mut [Field]) {
    let persons = [Role::GivenName, Role::Surname, Role::FullName];
    let dates = |field: &Field| matches!(field.role, Role::Date | Role::BirthDate);
    if fields.iter().any(|field| persons.contains(&field.role))
        && fields.iter().filter(|field| dates(field)).count() == 1
        && let Some(date) = fields.iter_mut().find(|field| dates(field))
    {
        date.role = Role::BirthDate;
    }
}

/// The heading as a plain name: lower case, words joined by `_`.
fn free_name(heading: &str, taken: &[String]) -> String {
    let letters = heading.trim().to_lowercase();
    let words = letters
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty());
    let name = words.collect::<Vec<_>>().join("_");
    let name = if name.is_empty() {
        "column".to_owned()
    } else {
        name
    };
    let numbered = (2..).map(|number| format!("{name}_{number}"));
    let free = |candidate: &String| !taken.contains(candidate);
    if free(&name) {
        name
    } else {
        numbered.into_iter().find(free).unwrap_or_default()
    }
}

/// Headings that stand in one file alone are joined to another file's, when they hold the same kind of thing.
fn unified<'a>(mut raws: Vec<Raw<'a>>, sources: &[u16], source_count: usize) -> Vec<Raw<'a>> {
    loop {
        let mut best: Option<(f64, usize, usize)> = None;
        for one in 0..raws.len() {
            for other in one + 1..raws.len() {
                let likeness = likeness(&raws[one], &raws[other]);
                if likeness >= COMMON_WORDS_MIN && best.is_none_or(|best| likeness > best.0) {
                    best = Some((likeness, one, other));
                }
            }
        }
        let Some((_, one, other)) = best else {
            return raws;
        };
        let second = raws.remove(other);
        let first = &mut raws[one];
        let codes = joined(&first.codes, &second.codes);
        first.headings.extend(second.headings);
        first.profile = super::profile::Profile::of(&codes, sources, source_count);
        // `name` may be that of anything; what the other file says is more.
        first.said = match (first.said, second.said) {
            (Some(Role::FullName) | None, Some(other)) => Some(other),
            (said, _) => said,
        };
        first.codes = Cow::Owned(codes);
    }
}

/// How likely two headings of different files hold one thing: none when a file has both.
fn likeness(one: &Raw<'_>, other: &Raw<'_>) -> f64 {
    let apart = one
        .profile
        .filled
        .iter()
        .zip(&other.profile.filled)
        .all(|(one, other)| *one == 0 || *other == 0);
    if !apart || one.profile.all_filled() == 0 || other.profile.all_filled() == 0 {
        return 0.0;
    }
    if (one.profile.kana > 0.5) != (other.profile.kana > 0.5) {
        return 0.0;
    }
    let said = |raw: &Raw<'_>| raw.said.filter(|role| *role != Role::RecordId);
    let same_kind = alike(judged(one).1, judged(other).1);
    if said(one).is_some() && said(one) == said(other) && same_kind {
        return 2.0;
    }
    if !same_kind {
        return 0.0;
    }
    let common = common_words(&one.codes, &other.codes);
    match said(one).zip(said(other)) {
        // Headings err, `name` of a person and of a company; but a given name is no surname, though they share words.
        Some((one, other)) if one != other => {
            let parts = [Role::GivenName, Role::MiddleName, Role::Surname];
            let apart = parts.contains(&one) || parts.contains(&other) || common < OTHERWISE_MIN;
            if apart { 0.0 } else { common }
        }
        _ => common,
    }
}

/// Whether texts of two files may hold one thing though one file writes it with more words.
fn alike(one: Nature, other: Nature) -> bool {
    let text = |nature: Nature| {
        matches!(
            nature,
            Nature::Name | Nature::FullName | Nature::Words | Nature::LongText
        )
    };
    one == other || text(one) && text(other)
}

/// The share of the smaller column's words that the other has too.
fn common_words(one: &Codes, other: &Codes) -> f64 {
    let words = |codes: &Codes| {
        let mut words = rustc_hash::FxHashSet::default();
        for code in (MISSING + 1..).take(codes.distinct().min(20_000)) {
            words.extend(
                codes
                    .name(code)
                    .to_lowercase()
                    .split_whitespace()
                    .map(str::to_owned),
            );
        }
        words
    };
    let (one, other) = (words(one), words(other));
    let common = one.iter().filter(|word| other.contains(*word)).count();
    super::profile::to_f64(common) / super::profile::to_f64(one.len().min(other.len()).max(1))
}

/// One date of three columns that hold its year, month and day; they go from `raws`.
fn date_of_parts(
    raws: &mut Vec<Raw<'_>>,
    sources: &[u16],
    source_count: usize,
) -> Result<Option<Field>, LinkageError> {
    let numbers = |raw: &Raw<'_>, least: f32, most: f32| {
        let codes = &raw.codes;
        let within = |code: u32| {
            crate::column::read_number(codes.name(code))
                .is_some_and(|number| (least..=most).contains(&number))
        };
        let distinct = codes.distinct();
        let fitting = (1..).take(distinct).filter(|&code| within(code)).count();
        distinct > 0 && fitting * 10 >= distinct * 8
    };
    let place = |role: Role, least: f32, most: f32| {
        raws.iter()
            .position(|raw| raw.said == Some(role) && numbers(raw, least, most))
    };
    let (Some(year), Some(month), Some(day)) = (
        place(Role::Year, 0.0, 2100.0),
        place(Role::Month, 1.0, 12.0),
        place(Role::Day, 1.0, 31.0),
    ) else {
        return Ok(None);
    };
    let birth = raws[year].heading.to_lowercase().starts_with(['b', 'g'])
        || raws[month].heading.to_lowercase().contains("birth");
    let (name, role) = if birth {
        ("date_of_birth", Role::BirthDate)
    } else {
        ("date", Role::Date)
    };
    let settings = ColumnSettings {
        name: name.into(),
        from: Headings::Several(
            [year, month, day]
                .map(|place| raws[place].heading.clone())
                .to_vec(),
        ),
        combine: Combine::DateParts,
        kind: ColumnKind::Date,
        ..ColumnSettings::default()
    };
    let parts = [&*raws[year].codes, &*raws[month].codes, &*raws[day].codes];
    let field = Field::new(
        settings,
        (role, Nature::Date),
        &parts,
        sources,
        source_count,
    )?;
    let mut places = [year, month, day];
    places.sort_unstable();
    for place in places.into_iter().rev() {
        raws.remove(place);
    }
    Ok(Some(field))
}
