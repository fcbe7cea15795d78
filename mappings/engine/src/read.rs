//! One rule on one text: a value, an absence, or what is wrong.

use std::borrow::Cow;

use schema::{Absent, IssueKind, PartialDate, Value};

use crate::Tables;
use crate::condition::all_hold;
use crate::door::{Door, WITHHELD};
use crate::language::place::{Found, Place};
use crate::language::rule::{FacilityRule, Reader, Rule};
use crate::normalise::{
    Fault, date, gl, hla, id, initials, lot, number, prefecture, reference, width,
};
use crate::view::View;

/// What a rule made of its place.
#[derive(Debug)]
pub(crate) enum Answer {
    /// A value.
    One(Value),
    /// Several values of one field, in their order.
    Many(Vec<Value>),
    /// None, and why.
    Absent(Absent),
    /// A text that gave no value; the problem is told.
    Faulty,
}

/// What is wrong with a text.
pub(crate) struct Problem {
    pub(crate) kind: IssueKind,
    pub(crate) message: Cow<'static, str>,
}

/// What reading needs beside the rule.
#[derive(Clone, Copy)]
pub(crate) struct Reading<'a> {
    pub(crate) view: View<'a>,
    pub(crate) tables: &'a Tables,
    pub(crate) door: &'a Door,
}

/// Longest text that is quoted in a message, in characters.
const QUOTED_CHARS_MAX: usize = 40;
/// Most codes that a message lists.
const CODES_SHOWN_MAX: usize = 15;

impl Reading<'_> {
    /// What a rule gives. Each problem goes to `tell`.
    pub(crate) fn answer(&self, rule: &Rule, tell: &mut dyn FnMut(&Rule, Problem)) -> Answer {
        let answer = match &rule.place {
            Place::Constant(Value::Absent(absent)) => return Answer::Absent(*absent),
            Place::Constant(value) => return Answer::One(value.clone()),
            Place::Column(_) => match self.view.first(&rule.place) {
                Found::NotAsked => return Answer::Absent(Absent::NotAsked),
                Found::Text(text) if rule.many => self.many(rule, &[text], tell),
                Found::Text(text) => self.one(rule, text, tell),
            },
            Place::Path(_) => {
                let texts = self.view.texts(&rule.place);
                match texts[..] {
                    [] => Answer::Absent(rule.blank),
                    _ if rule.many => self.many(rule, &texts, tell),
                    [first, ..] => self.one(rule, self.listed(rule, &texts).unwrap_or(first), tell),
                }
            }
        };
        if rule.required && matches!(answer, Answer::Absent(_)) {
            tell(
                rule,
                Problem {
                    kind: IssueKind::MissingValue,
                    message: "a value is needed here".into(),
                },
            );
        }
        answer
    }

    /// Of several codings the first that the mapping lists: hospitals put their own beside the standard's.
    fn listed<'t>(&self, rule: &Rule, texts: &[&'t str]) -> Option<&'t str> {
        if texts.len() > 1 && rule.has_codes {
            return texts
                .iter()
                .find(|text| rule.codes.find(text).is_some())
                .copied();
        }
        if texts.len() > 1 && matches!(rule.reader, Reader::Product) {
            return texts
                .iter()
                .find(|text| self.tables.product(text).is_some())
                .copied();
        }
        if texts.len() > 1
            && let Reader::Gl(locus, copy) = rule.reader
        {
            return texts
                .iter()
                .find(|text| gl::read(text, locus, copy).is_ok_and(|allele| allele.is_some()))
                .copied();
        }
        if texts.len() > 1
            && let Some(prefix) = &rule.prefix
        {
            return texts
                .iter()
                .find(|text| text.starts_with(&**prefix))
                .copied();
        }
        None
    }

    fn many(&self, rule: &Rule, texts: &[&str], tell: &mut dyn FnMut(&Rule, Problem)) -> Answer {
        let mut values = Vec::new();
        let mut other = Answer::Absent(rule.blank);
        let split = rule.split.unwrap_or('\u{0}');
        let parts = texts
            .iter()
            .flat_map(|text| text.split([split, wide(split)]))
            .map(str::trim)
            .filter(|part| !part.is_empty());
        for part in parts {
            match self.one(rule, part, tell) {
                Answer::One(value) if !values.contains(&value) => values.push(value),
                Answer::One(_) | Answer::Many(_) => {}
                none => other = none,
            }
        }
        if values.is_empty() {
            other
        } else {
            Answer::Many(values)
        }
    }

    fn one(&self, rule: &Rule, text: &str, tell: &mut dyn FnMut(&Rule, Problem)) -> Answer {
        if text.is_empty() {
            return Answer::Absent(rule.blank);
        }
        let text = match &rule.prefix {
            Some(prefix) => match text.strip_prefix(&**prefix) {
                Some(rest) => rest,
                None => return Answer::Absent(rule.blank),
            },
            None => text,
        };
        let any_words = matches!(
            rule.reader,
            Reader::Text | Reader::Product | Reader::Lot | Reader::Code | Reader::Facility(_)
        );
        if (rule.has_codes || any_words)
            && let Some(answer) = without_reading(rule, text)
        {
            return answer;
        }
        match self.value(rule, text, tell) {
            Ok(value) => Answer::One(value),
            Err(problem) => without_reading(rule, text).unwrap_or_else(|| {
                let lost = text.contains('\u{FFFD}');
                tell(rule, if lost { broken() } else { problem });
                Answer::Faulty
            }),
        }
    }

    fn value(
        &self,
        rule: &Rule,
        text: &str,
        tell: &mut dyn FnMut(&Rule, Problem),
    ) -> Result<Value, Problem> {
        let unreadable = |what: &'static str| move |_: Fault| problem(IssueKind::Unreadable, what);
        let text_value = |text: Box<str>| Value::Text(text);
        match &rule.reader {
            Reader::Date => self.date(rule, text, tell),
            Reader::Code => self.term(rule, text),
            Reader::Integer => {
                let read = number::integer(text, &rule.units)
                    .map_err(unreadable("expected a whole number"))?;
                #[expect(
                    clippy::cast_precision_loss,
                    reason = "bounds of counts and scores are far below 2^52"
                )]
                within(rule, read as f64).map(|()| Value::Integer(read))
            }
            Reader::Decimal => {
                let read =
                    number::decimal(text, &rule.units).map_err(unreadable("expected a number"))?;
                within(rule, read).map(|()| Value::Decimal(read))
            }
            Reader::Hla(locus) => hla::read(text, *locus).map(text_value).map_err(unreadable(
                "expected an HLA typing of this locus, such as `24:02`",
            )),
            Reader::Gl(locus, copy) => {
                match gl::read(text, *locus, *copy).map_err(unreadable("expected a GL string"))? {
                    Some(allele) => Ok(Value::Text(allele)),
                    None => Ok(Value::Absent(rule.blank)),
                }
            }
            Reader::Text => whole(text).map(|folded| Value::Text(folded.into())),
            Reader::Initials => initials::read(text).map(text_value).map_err(unreadable(
                "expected initials: up to four letters, or a kana",
            )),
            Reader::Prefecture => prefecture::read(text)
                .map(Value::Code)
                .map_err(unreadable("expected a prefecture")),
            Reader::TrumpId => id::trump(text)
                .map(text_value)
                .map_err(unreadable("expected a number of up to 12 digits")),
            Reader::Crid => id::crid(text)
                .map(text_value)
                .map_err(unreadable("expected a number of up to 10 digits")),
            Reader::FhirId => reference::checked(text)
                .map(|id| Value::Text(id.into()))
                .map_err(unreadable("expected an id")),
            Reader::Reference(kind) => reference::read(text, kind)
                .map(|id| Value::Text(id.into()))
                .map_err(unreadable("expected a reference")),
            Reader::Instant => date::read_sortable(text)
                .map(text_value)
                .map_err(unreadable("expected an instant or a date")),
            Reader::Lot => lot::read(text).map(text_value).map_err(unreadable(
                "expected a lot: up to 30 letters, digits and `-`",
            )),
            Reader::Product => self.product(rule, text, tell),
            Reader::Facility(facility) => self.facility(rule, facility, text, tell),
        }
    }

    fn date(
        &self,
        rule: &Rule,
        text: &str,
        tell: &mut dyn FnMut(&Rule, Problem),
    ) -> Result<Value, Problem> {
        let read = date::read(text).map_err(|fault| match fault {
            Fault::Impossible => problem(
                IssueKind::ImpossibleDate,
                format!(
                    "{}there is no such day in the calendar",
                    self.quoted(rule, text)
                ),
            ),
            Fault::Unreadable => problem(IssueKind::Unreadable, "expected a date"),
        })?;
        let mut date = read.date;
        if read.era_slip {
            let message = "the era that is named did not hold on that day; the day that it must mean is taken";
            tell(rule, problem(IssueKind::Contradiction, message));
        }
        if !rule.estimated.is_empty() && all_hold(&rule.estimated, &self.view, Some(self.tables)) {
            date.estimated = true;
            if rule.first_day_is_month && date.date.day_of_month() == Some(1) {
                let month = date.date.month().unwrap_or(1);
                date.date = PartialDate::year_month(date.date.year(), month).unwrap_or(date.date);
            }
        }
        Ok(Value::Date(date))
    }

    /// A text that is none of the codes: a term of the source's own where the mapping keeps those, else a problem.
    fn term(&self, rule: &Rule, text: &str) -> Result<Value, Problem> {
        if rule.free_text {
            return whole(text).map(|folded| Value::Text(folded.into()));
        }
        let keys = rule.codes.keys();
        let shown: Vec<String> = keys
            .iter()
            .take(CODES_SHOWN_MAX)
            .map(|key| format!("`{key}`"))
            .collect();
        let more = if keys.len() > CODES_SHOWN_MAX {
            " ..."
        } else {
            ""
        };
        let message = format!(
            "{}not a code that the mapping lists: expected one of {}{more}; add it to the mapping or correct the source",
            self.quoted(rule, text),
            shown.join(", ")
        );
        Err(problem(IssueKind::UnlistedCode, message))
    }

    fn product(
        &self,
        rule: &Rule,
        text: &str,
        tell: &mut dyn FnMut(&Rule, Problem),
    ) -> Result<Value, Problem> {
        let folded = whole(text)?;
        if let Some(product) = self.tables.product(&folded) {
            return Ok(Value::Code(product));
        }
        if !self.tables.products.lines.is_empty() {
            let message = format!(
                "{}no product of the products table has this name; add it as an alias there",
                self.quoted(rule, text)
            );
            tell(rule, problem(IssueKind::UnknownReference, message));
        }
        Ok(Value::Text(folded.into()))
    }

    fn facility(
        &self,
        rule: &Rule,
        facility: &FacilityRule,
        text: &str,
        tell: &mut dyn FnMut(&Rule, Problem),
    ) -> Result<Value, Problem> {
        let code = facility_code(&facility.system, text)?;
        let mut ignore = |_: &Rule, _: Problem| {};
        let on = facility
            .on
            .iter()
            .find_map(|rule| match self.answer(rule, &mut ignore) {
                Answer::One(Value::Date(date)) => Some(date.date),
                _ => None,
            });
        let department = facility.department.as_ref();
        let coded = department.and_then(|rule| match self.answer(rule, &mut ignore) {
            Answer::One(Value::Code(code)) => Some(code),
            _ => None,
        });
        let written = department.map_or(Found::NotAsked, |rule| self.view.first(&rule.place));
        let written = if let Found::Text(text) = written {
            text
        } else {
            ""
        };
        let facilities = &self.tables.facilities;
        let written_codes = self.tables.codes_of(&facility.system, &code);
        let resolve = |team: &str| {
            written_codes
                .iter()
                .find_map(|code| facilities.resolve(&facility.system, code, team, on))
        };
        let found = resolve(coded.as_deref().unwrap_or_default()).or_else(|| resolve(written));
        Ok(Value::Code(found.unwrap_or_else(|| {
            let code = written_codes.first().copied().unwrap_or(&code);
            if !facilities.is_empty() {
                let message = format!("the facilities table has no one facility with the {} code `{code}` on that date", facility.system);
                tell(rule, problem(IssueKind::UnknownReference, message));
            }
            format!("{}:{code}", facility.system).into()
        })))
    }

    /// The text in quotes with a colon, where it can identify nobody.
    fn quoted(&self, rule: &Rule, text: &str) -> String {
        let short = text.chars().count() <= QUOTED_CHARS_MAX;
        if !rule.guarded && short && self.door.is_clean(text, true) {
            format!("`{}`: ", text.trim())
        } else {
            String::new()
        }
    }
}

/// A listed code, a spelling of "no value", white space, or what the door kept out.
fn without_reading(rule: &Rule, text: &str) -> Option<Answer> {
    match rule.codes.find(text) {
        Some(Value::Absent(absent)) => Some(Answer::Absent(*absent)),
        Some(value) => Some(Answer::One(value.clone())),
        None if text == WITHHELD => Some(Answer::Absent(Absent::Withheld)),
        None if text.trim().is_empty() => Some(Answer::Absent(rule.blank)),
        None => None,
    }
}

/// A text with nothing lost.
fn whole(text: &str) -> Result<Cow<'_, str>, Problem> {
    if text.contains('\u{FFFD}') {
        Err(broken())
    } else {
        Ok(width::fold(text))
    }
}

pub(crate) const BROKEN_TEXT: &str = "characters were lost before the file was written or at its decoding: check the encoding that is declared";

fn broken() -> Problem {
    problem(IssueKind::BrokenText, BROKEN_TEXT)
}

fn problem(kind: IssueKind, message: impl Into<Cow<'static, str>>) -> Problem {
    Problem {
        kind,
        message: message.into(),
    }
}

fn within(rule: &Rule, number: f64) -> Result<(), Problem> {
    let (min, max) = rule.bounds;
    if min.is_none_or(|min| number >= min) && max.is_none_or(|max| number <= max) {
        return Ok(());
    }
    let bound = |bound: Option<f64>| bound.map_or_else(String::new, |bound| bound.to_string());
    Err(problem(
        IssueKind::OutOfRange,
        format!("expected a number within {}..{}", bound(min), bound(max)),
    ))
}

/// A facility's code, its lost zeros put back: TRUMP's have four digits, FormsNet3's five.
fn facility_code(system: &str, text: &str) -> Result<String, Problem> {
    let folded = width::fold(text);
    let plain = folded
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'));
    if !plain || folded.is_empty() || folded.len() > 64 {
        return Err(problem(IssueKind::Unreadable, "expected a facility's code"));
    }
    let digits: usize = match system {
        "trump" => 4,
        "ccn" => 5,
        _ => 0,
    };
    let numeric = folded.bytes().all(|byte| byte.is_ascii_digit());
    let lost = digits.saturating_sub(folded.len());
    Ok(if numeric && lost > 0 {
        ["0".repeat(lost).as_str(), &folded].concat()
    } else {
        folded.into_owned()
    })
}

/// The full-width form of a separator.
const fn wide(separator: char) -> char {
    match separator {
        ',' => '、',
        ';' => '；',
        '/' => '／',
        '|' => '｜',
        '+' => '＋',
        other => other,
    }
}
