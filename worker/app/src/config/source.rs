use std::ops::Range;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use schema::SourceName;
use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeValue, ValueDeserializer};

use super::parse::Wrong;
use crate::catalog::{Kind, Settings};

/// A configured source: one `[source.NAME]`.
#[derive(Clone, Debug)]
pub struct SourceConfig {
    /// Its name.
    pub name: SourceName,
    /// Which connector reads it.
    pub kind: Kind,
    /// What the connector is told, its paths under the project's folder.
    pub settings: Settings,
    /// Mapping files; the shipped ones of its kind when empty.
    pub mappings: Vec<PathBuf>,
    /// When the worker pulls it; never by itself when absent.
    pub schedule: Option<Schedule>,
}

/// A cron expression of six or seven fields, seconds first, in UTC; five fields are read as minutes first.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// As it is written.
    pub text: String,
    /// As it is computed with.
    pub cron: cron::Schedule,
}

impl Schedule {
    pub(super) fn read(text: Spanned<String>) -> Result<Self, Wrong> {
        let span = text.span();
        let text = text.into_inner();
        let full = if text.split_whitespace().count() == 5 {
            format!("0 {text}")
        } else {
            text.clone()
        };
        let cron = cron::Schedule::from_str(&full).map_err(|_| {
            let message = format!("`{text}` is no cron expression: expected `minute hour day month weekday`, as in `30 2 * * *`");
            Wrong::at(span, message)
        })?;
        Ok(Self { text, cron })
    }
}

impl SourceConfig {
    pub(super) fn read(
        name: SourceName,
        place: Range<usize>,
        table: Spanned<DeValue<'_>>,
        dir: &Path,
    ) -> Result<Self, Wrong> {
        let span = table.span();
        let DeValue::Table(mut settings) = table.into_inner() else {
            return Err(Wrong::at(span, format!("`source.{name}` must be a table")));
        };
        let Some(kind) = settings.remove("kind") else {
            let message = format!("`[source.{name}]` needs `kind`: {}", Kind::listed());
            return Err(Wrong::at(place, message));
        };
        let kind = read_kind(kind)?;
        let mappings: Vec<PathBuf> = taken(settings.remove("mappings"))?.unwrap_or_default();
        let schedule: Option<Spanned<String>> = taken(settings.remove("schedule"))?;
        let rest = Spanned::new(span, DeValue::Table(settings));
        let settings = kind.settings(ValueDeserializer::from(rest), dir)?;
        Ok(Self {
            name,
            kind,
            settings,
            mappings: mappings.into_iter().map(|file| dir.join(file)).collect(),
            schedule: schedule.map(Schedule::read).transpose()?,
        })
    }
}

fn read_kind(kind: Spanned<DeValue<'_>>) -> Result<Kind, Wrong> {
    let span = kind.span();
    let word: String = taken(Some(kind))?.unwrap_or_default();
    Kind::parse(&word).ok_or_else(|| {
        Wrong::at(
            span,
            format!("`kind` is `{word}`; it must be {}", Kind::listed()),
        )
    })
}

fn taken<T: for<'de> Deserialize<'de>>(
    value: Option<Spanned<DeValue<'_>>>,
) -> Result<Option<T>, Wrong> {
    value
        .map(|value| T::deserialize(ValueDeserializer::from(value)).map_err(Wrong::from))
        .transpose()
}
