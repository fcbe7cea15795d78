//! Words that must be on a list.

use schema::{Attribute, ItemKind, Value};
use toml::Spanned;

use super::compile::Source;
use super::rule::Reader;
use crate::MappingError;

/// What kind of value an attribute takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    Date,
    Integer,
    Decimal,
    Hla,
    /// One of the attribute's own list.
    Listed,
    Open,
}

pub(super) fn takes(attribute: Attribute) -> Takes {
    use Attribute as A;
    match attribute {
        A::BirthDate | A::Date | A::TypedOn | A::AwarenessDate | A::EventDate => Takes::Date,
        A::Ordinal
        | A::Count
        | A::PerformanceStatus
        | A::Karnofsky
        | A::HctCi
        | A::LinesOfTherapy
        | A::Grade => Takes::Integer,
        A::CellDose => Takes::Decimal,
        _ if A::HLA.contains(&attribute) => Takes::Hla,
        _ if attribute.codes().is_empty() => Takes::Open,
        _ => Takes::Listed,
    }
}

/// What is wrong with giving a code to an attribute, if anything.
pub(super) fn code_fits(attribute: Attribute, value: &Value) -> Result<(), String> {
    let takes = takes(attribute);
    match value {
        Value::Absent(_) => Ok(()),
        Value::Code(code) if takes == Takes::Listed && !attribute.codes().contains(&&**code) => {
            Err(format!(
                "`{code}` is no value of `{}`; {}",
                attribute.as_str(),
                listed(attribute.codes())
            ))
        }
        Value::Code(_) if matches!(takes, Takes::Listed | Takes::Open) => Ok(()),
        Value::Integer(_) if matches!(takes, Takes::Integer | Takes::Decimal) => Ok(()),
        _ => Err(format!(
            "`{}` takes {}",
            attribute.as_str(),
            takes.described()
        )),
    }
}

/// What is wrong with reading an attribute so, if anything.
pub(super) fn reader_fits(attribute: Attribute, reader: &Reader) -> Result<(), String> {
    let fits = match (takes(attribute), reader) {
        (Takes::Date, Reader::Date)
        | (Takes::Integer, Reader::Integer | Reader::Code)
        | (Takes::Decimal, Reader::Decimal)
        | (Takes::Hla, Reader::Hla(_) | Reader::Gl(..))
        | (Takes::Listed, Reader::Code) => true,
        (Takes::Open, reader) => !matches!(
            reader,
            Reader::Date | Reader::Integer | Reader::Decimal | Reader::Hla(_) | Reader::Gl(..)
        ),
        _ => false,
    };
    if fits {
        Ok(())
    } else {
        Err(format!(
            "`{}` takes {}",
            attribute.as_str(),
            takes(attribute).described()
        ))
    }
}

impl Takes {
    const fn described(self) -> &'static str {
        match self {
            Self::Date => "a date: as = \"date\"",
            Self::Integer => "a whole number: as = \"integer\", or codes that are numbers",
            Self::Decimal => "a number: as = \"decimal\"",
            Self::Hla => "a typing: as = \"hla\" or as = \"gl\"",
            Self::Listed => "a code of its list: codes = { ... }",
            Self::Open => "a text or a code, no date and no number",
        }
    }
}

pub(super) fn attribute(
    source: &Source<'_>,
    name: &Spanned<String>,
) -> Result<Attribute, MappingError> {
    Attribute::parse(name.get_ref()).ok_or_else(|| {
        let known: Vec<&str> = Attribute::ALL
            .iter()
            .map(|attribute| attribute.as_str())
            .collect();
        let expected = expected_one(name.get_ref(), &known);
        source.error(
            &name.span(),
            format!("`{}` is no attribute{expected}", name.get_ref()),
        )
    })
}

pub(super) fn item_kind(
    source: &Source<'_>,
    name: &Spanned<String>,
) -> Result<ItemKind, MappingError> {
    ItemKind::parse(name.get_ref()).ok_or_else(|| {
        let known = ItemKind::ALL.map(ItemKind::as_str);
        source.error(
            &name.span(),
            format!(
                "`{}` is no kind of item{}",
                name.get_ref(),
                expected_one(name.get_ref(), &known)
            ),
        )
    })
}

/// Names of mappings and sources stand in the store, in metrics and in file names.
pub(super) fn name(source: &Source<'_>, name: &Spanned<String>) -> Result<(), MappingError> {
    let plain = name
        .get_ref()
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte));
    if plain && (1..=40).contains(&name.get_ref().len()) {
        Ok(())
    } else {
        Err(source.error(
            &name.span(),
            format!(
                "`{}` must be 1 to 40 of a-z, 0-9, `-` and `_`",
                name.get_ref()
            ),
        ))
    }
}

/// `; did you mean ...?` where one is near, and what is allowed.
pub(super) fn expected_one(word: &str, known: &[&str]) -> String {
    let nearest = known
        .iter()
        .map(|other| (strsim::osa_distance(word, other), other))
        .min();
    let nearest = nearest
        .filter(|(distance, _)| *distance <= 2)
        .map(|(_, other)| format!("; did you mean `{other}`?"));
    format!("{}; {}", nearest.unwrap_or_default(), listed(known))
}

fn listed(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    format!("expected one of {}", quoted.join(", "))
}
