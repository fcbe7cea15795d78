//! A column as it will stand in the model: what it is taken for, how it is cleaned, its typed values.

use crate::column::{read_number, typed};
use crate::model::{Clean, ColumnKind, ColumnSettings, Combine, Headings};
use crate::{Codes, CodesBuilder, Column, LinkageError, MISSING};

use super::headings::{Role, of_heading};
use super::nothing::is_nothing;
use super::profile::Profile;

/// How the values of a field are compared in the first look.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Nature {
    /// One word, or few, in which letters go wrong.
    Name,
    /// A person's whole name: words in any order.
    FullName,
    /// Some words, of which some may differ.
    Words,
    /// Many words.
    LongText,
    /// Letters and digits in which one may be wrong.
    Code,
    /// Words with digits out of a text: numbers of models, versions, houses.
    Codes,
    /// One of few values.
    Category,
    /// A date.
    Date,
    /// A number whose distance says something.
    Number,
}

/// A column of the model to be.
pub(super) struct Field {
    pub(super) settings: ColumnSettings,
    pub(super) role: Role,
    pub(super) nature: Nature,
    /// Figures of the cleaned values.
    pub(super) profile: Profile,
    /// Whether it is made of another column's text.
    pub(super) derived: bool,
    /// The cleaned values as text: of dates their digits, of numbers a plain spelling.
    pub(super) texts: Codes,
    pub(super) column: Column,
}

/// A heading with its raw values, before anything is decided.
pub(super) struct Raw<'a> {
    pub(super) heading: String,
    pub(super) headings: Vec<String>,
    pub(super) codes: std::borrow::Cow<'a, Codes>,
    pub(super) profile: Profile,
    pub(super) said: Option<Role>,
}

impl<'a> Raw<'a> {
    pub(super) fn new(
        heading: &str,
        codes: &'a Codes,
        sources: &[u16],
        source_count: usize,
    ) -> Self {
        Self {
            heading: heading.to_owned(),
            headings: vec![heading.to_owned()],
            profile: Profile::of(codes, sources, source_count),
            codes: std::borrow::Cow::Borrowed(codes),
            said: of_heading(heading),
        }
    }
}

/// The role and nature of a column: its looks first, then what its heading says, where that can be.
pub(super) fn judged(raw: &Raw<'_>) -> (Role, Nature) {
    let (profile, said) = (&raw.profile, raw.said);
    let says = |roles: &[Role]| said.filter(|role| roles.contains(role));
    if profile.mails > 0.8 {
        return (Role::Email, Nature::Code);
    }
    if profile.dates > 0.8 && says(&[Role::Phone, Role::Identifier]).is_none() {
        return (says(&[Role::BirthDate]).unwrap_or(Role::Date), Nature::Date);
    }
    if profile.telephones > 0.6 && says(&[Role::Identifier]).is_none() {
        return (Role::Phone, Nature::Code);
    }
    if says(&[Role::Length]).is_some() && profile.durations > 0.6 {
        return (Role::Length, Nature::Number);
    }
    if is_category(raw) {
        return (said.unwrap_or(Role::Category), Nature::Category);
    }
    if let Some(role) = says(&[
        Role::Postcode,
        Role::HouseNumber,
        Role::Phone,
        Role::Identifier,
    ]) && profile.words < 2.5
        && profile.with_digit > 0.5
    {
        return (role, Nature::Code);
    }
    if profile.years > 0.9 {
        return (Role::Year, Nature::Number);
    }
    if profile.numbers > 0.85 {
        return judged_number(raw);
    }
    judged_text(raw)
}

fn judged_number(raw: &Raw<'_>) -> (Role, Nature) {
    let (profile, said) = (&raw.profile, raw.said);
    if profile.digits > 0.9
        && profile.decimals < 0.1
        && profile.even_length > 0.9
        && profile.letters >= 4.5
    {
        return (said.unwrap_or(Role::Identifier), Nature::Code);
    }
    match said {
        Some(
            role @ (Role::Price
            | Role::Month
            | Role::Day
            | Role::Year
            | Role::Age
            | Role::Latitude
            | Role::Longitude),
        ) => (role, Nature::Number),
        _ => (Role::Number, Nature::Number),
    }
}

fn judged_text(raw: &Raw<'_>) -> (Role, Nature) {
    let (profile, said) = (&raw.profile, raw.said);
    let long = profile.words >= 5.0 || profile.letters >= 45.0;
    match said {
        Some(role @ (Role::GivenName | Role::MiddleName | Role::Surname))
            if profile.words < 2.5 =>
        {
            (role, Nature::Name)
        }
        Some(Role::FullName)
            if profile.words < 4.5 && profile.with_digit < 0.05 && profile.words > 1.3 =>
        {
            (Role::FullName, Nature::FullName)
        }
        Some(Role::FullName) if profile.words <= 1.3 && profile.with_digit < 0.05 => {
            (Role::FullName, Nature::Name)
        }
        Some(Role::FullName) => (
            Role::Title,
            if long {
                Nature::LongText
            } else {
                Nature::Words
            },
        ),
        Some(Role::Description) => (Role::Description, Nature::LongText),
        Some(Role::Company) if !long => (Role::Company, Nature::Words),
        Some(role) if long => (role, Nature::LongText),
        Some(role) if profile.words >= 1.3 || profile.with_digit > 0.3 && profile.letters > 8.0 => {
            (role, Nature::Words)
        }
        Some(role @ (Role::Identifier | Role::Phone | Role::Postcode | Role::HouseNumber)) => {
            (role, Nature::Code)
        }
        Some(role) if profile.with_digit > 0.5 => (role, Nature::Code),
        Some(role) => (role, Nature::Name),
        None if long => (Role::Description, Nature::LongText),
        // `NG19 9RA`: a digit in nearly every value, and no word that could be told from others.
        None if profile.with_digit > 0.9 && profile.letters < 10.0 && profile.words < 2.5 => {
            (Role::Identifier, Nature::Code)
        }
        None if profile.words >= 1.3 => (Role::Words, Nature::Words),
        None if profile.with_digit > 0.5 => (Role::Identifier, Nature::Code),
        None => (Role::Words, Nature::Name),
    }
}

/// Few values, each of many records; never a part of a name, of a date or a price, which may be few in a small file.
fn is_category(raw: &Raw<'_>) -> bool {
    let profile = &raw.profile;
    let filled = profile.all_filled();
    let few = profile.distinct <= 12 && filled >= 60
        || profile.distinct <= 100 && filled >= 100 * profile.distinct as u64;
    let other = [
        Role::GivenName,
        Role::Surname,
        Role::MiddleName,
        Role::FullName,
        Role::Price,
        Role::Day,
        Role::Month,
        Role::Year,
        Role::Age,
        Role::Latitude,
        Role::Longitude,
        Role::Description,
        Role::Title,
        Role::Company,
    ];
    few && !raw.said.is_some_and(|role| other.contains(&role))
        && profile.years < 0.9
        && profile.words < 4.0
}

impl Field {
    /// Types the raw columns.
    pub(super) fn new(
        settings: ColumnSettings,
        (role, nature): (Role, Nature),
        raw: &[&Codes],
        sources: &[u16],
        source_count: usize,
    ) -> Result<Self, LinkageError> {
        let column = typed(&settings, raw, sources)?.column;
        let texts = texts_of(&column);
        let profile = Profile::of(&texts, sources, source_count);
        Ok(Self {
            settings,
            role,
            nature,
            profile,
            derived: nature == Nature::Codes,
            texts,
            column,
        })
    }

    /// Whether it is of a person's name, in kanji at least now and then.
    pub(super) fn is_kanji_name(&self) -> bool {
        self.is_name() && self.profile.kanji > 0.3
    }

    /// Whether it is of a person's name as it is read.
    pub(super) fn is_kana_name(&self) -> bool {
        self.is_name() && self.profile.kana > 0.7
    }

    fn is_name(&self) -> bool {
        matches!(
            self.role,
            Role::GivenName | Role::MiddleName | Role::Surname | Role::FullName
        )
    }

    /// Whether its words are told apart from too few others to be evidence.
    pub(super) fn has_few_codes(&self) -> bool {
        self.derived && self.profile.distinct < DISTINCT_CODES_MIN
    }

    /// Whether it tells persons of one household apart.
    pub(super) fn is_identity(&self) -> bool {
        let name = matches!(self.nature, Nature::Name | Nature::FullName);
        let role = matches!(self.role, Role::GivenName | Role::FullName) && name;
        (role || self.role == Role::BirthDate) && self.profile.fill() > 0.5
    }

    /// Whether it holds the numbers of models, which things of one series do not share.
    pub(super) fn numbers_models(&self) -> bool {
        self.derived && matches!(self.role, Role::Title | Role::Words)
    }

    /// Whether members of one household differ in it as strangers do. Of use where some field
    /// [identifies persons](Self::is_identity).
    pub(super) fn tells_persons_apart(&self) -> bool {
        let number = self.role == Role::Identifier
            && super::profile::to_f64(self.profile.distinct)
                > DISTINCT_NUMBERS_MIN * self.profile.records();
        self.is_identity()
            || number
            || matches!(
                self.role,
                Role::GivenName
                    | Role::MiddleName
                    | Role::BirthDate
                    | Role::Year
                    | Role::Month
                    | Role::Day
                    | Role::Age
                    | Role::Sex
            )
    }

    pub(super) fn name(&self) -> &str {
        &self.settings.name
    }
}

/// From this share of values with a digit on, and with so many different ones, a text's numbers are evidence of their own.
const WITH_DIGIT_MIN: f64 = 0.2;
const DISTINCT_CODES_MIN: usize = 30;
/// A person's own number has so many values for each record; a household's or a street's has fewer.
const DISTINCT_NUMBERS_MIN: f64 = 0.3;

/// The settings of a column of the words with digits of a text, where such words tell records apart: the number of a model
/// within a title, of a house within an address.
pub(super) fn settings_of_codes(
    name: &str,
    raw: &Raw<'_>,
    (role, nature): (Role, Nature),
) -> Option<ColumnSettings> {
    let texts = matches!(nature, Nature::Words | Nature::LongText)
        && matches!(role, Role::Title | Role::Words | Role::Street);
    if !texts || raw.profile.with_digit < WITH_DIGIT_MIN {
        return None;
    }
    let mut settings = settings_of(name, raw, role, nature);
    settings.from = match raw.headings.as_slice() {
        [heading] => Headings::One(heading.clone()),
        several => Headings::Several(several.to_vec()),
    };
    settings
        .clean
        .retain(|step| !matches!(step, Clean::Words | Clean::JoinCodes));
    settings.clean.push(Clean::Codes);
    Some(settings)
}

/// Leaves the words with digits to the column that [`settings_of_codes`] makes, so that nothing is said twice.
pub(super) fn without_codes(settings: &mut ColumnSettings) {
    let place = settings
        .clean
        .iter()
        .position(|step| matches!(step, Clean::Words | Clean::JoinCodes));
    let place = place.unwrap_or(settings.clean.len());
    settings.clean.insert(place, Clean::NoCodes);
    settings.clean.retain(|step| *step != Clean::JoinCodes);
}

/// The settings of a column of one heading, or of several that are names for one thing.
pub(super) fn settings_of(name: &str, raw: &Raw<'_>, role: Role, nature: Nature) -> ColumnSettings {
    let kind = match nature {
        Nature::Date => ColumnKind::Date,
        Nature::Number => ColumnKind::Number,
        Nature::Code | Nature::Category => ColumnKind::Code,
        _ => ColumnKind::Text,
    };
    let from = match raw.headings.as_slice() {
        [heading] if heading == name => Headings::default(),
        [heading] => Headings::One(heading.clone()),
        several => Headings::Several(several.to_vec()),
    };
    ColumnSettings {
        name: name.to_owned(),
        from,
        combine: Combine::First,
        kind,
        clean: clean_of(role, nature, &raw.codes),
        missing: missing_in(&raw.codes, role, nature),
        ..ColumnSettings::default()
    }
}

fn clean_of(role: Role, nature: Nature, codes: &Codes) -> Vec<Clean> {
    let mut steps = Vec::new();
    let texts = || (1..).take(codes.distinct()).map(|code| codes.name(code));
    if role == Role::Length && nature == Nature::Number {
        return vec![Clean::Seconds];
    }
    if !matches!(nature, Nature::Date | Nature::Number) {
        if texts().any(|text| {
            text.chars()
                .any(|letter| matches!(letter, '\u{3040}'..='\u{30ff}' | '\u{ff00}'..='\u{ffef}'))
        }) {
            steps.extend([Clean::Width, Clean::Kana]);
        }
        steps.push(Clean::Lower);
        if texts().any(|text| !text.is_ascii()) {
            steps.push(Clean::Unaccent);
        }
    }
    match nature {
        Nature::Name if role == Role::Words => steps.push(Clean::Words),
        Nature::Name => steps.push(Clean::Letters),
        Nature::FullName => steps.extend([Clean::NoTitles, Clean::Words]),
        Nature::LongText => steps.extend([Clean::JoinCodes, Clean::Words]),
        Nature::Words => steps.push(Clean::Words),
        Nature::Code if role == Role::Phone => steps = vec![Clean::Digits],
        Nature::Code if role == Role::Email => {}
        Nature::Code => steps.push(Clean::Alphanumeric),
        Nature::Codes => steps.push(Clean::Codes),
        Nature::Category => steps.push(Clean::Squeeze),
        Nature::Date | Nature::Number => {}
    }
    steps
}

/// Spellings of nothing that the column has, digits all alike where a code is of five or more, and a price or year of 0.
fn missing_in(codes: &Codes, role: Role, nature: Nature) -> Vec<String> {
    let mut missing = Vec::new();
    for code in (1..).take(codes.distinct()) {
        let text = codes.name(code).trim().to_lowercase();
        let alike = || {
            let mut digits = text.bytes().filter(u8::is_ascii_digit);
            let first = digits.next();
            text.len() >= 5
                && first.is_some_and(|first| text.bytes().all(|byte| byte == first || byte == b'-'))
        };
        let filler = nature == Nature::Code && codes.counts()[code as usize] > 1 && alike();
        let free = matches!(role, Role::Price | Role::Year) && read_number(&text) == Some(0.0);
        if (is_nothing(&text) || filler || free) && !missing.contains(&text) {
            missing.push(text);
        }
    }
    missing.sort_unstable();
    missing.truncate(20);
    missing
}

/// Each value as text, for the first look.
fn texts_of(column: &Column) -> Codes {
    match column {
        Column::Codes(codes) => codes.clone(),
        Column::Dates(dates) => {
            let written = |date: &crate::PackedDate| {
                format!("{:04}{:02}{:02}", date.year(), date.month(), date.day())
            };
            built(
                dates
                    .iter()
                    .map(|date| (!date.is_missing()).then(|| written(date))),
            )
        }
        Column::Numbers(numbers) => built(
            numbers
                .iter()
                .map(|number| (!number.is_nan()).then(|| number.to_string())),
        ),
        Column::Arrays(_) | Column::Opaque(_) => built(std::iter::repeat_n(None, column.len())),
    }
}

fn built(texts: impl Iterator<Item = Option<String>>) -> Codes {
    let mut builder = CodesBuilder::default();
    for text in texts {
        builder.push(text.as_deref());
    }
    builder.finish()
}

/// The number that a text of [`Field::texts`] is.
pub(super) fn number_of(codes: &Codes, code: u32) -> f64 {
    if code == MISSING {
        f64::NAN
    } else {
        read_number(codes.name(code)).map_or(f64::NAN, f64::from)
    }
}

/// Two columns that each hold values where the other holds none, as one.
pub(super) fn joined(first: &Codes, second: &Codes) -> Codes {
    built(
        first
            .rows()
            .iter()
            .zip(second.rows())
            .map(|(&one, &other)| match (one, other) {
                (MISSING, MISSING) => None,
                (MISSING, other) => Some(second.name(other).to_owned()),
                (one, _) => Some(first.name(one).to_owned()),
            }),
    )
}
