use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::ops::Range;
use std::path::{Path, PathBuf};

use schema::SourceName;
use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::secret::{holds_password, is_secret_key};
use super::source::{Schedule, SourceConfig};
use super::{Config, DATABASE_DEFAULT, Setting, Telemetry, WorkerConfig};

/// How often one run is begun before it is given up, unless the file says otherwise.
const ATTEMPTS_MAX_DEFAULT: u32 = 5;

/// How long the queue waits before the second attempt, in seconds, unless the file says otherwise.
const RETRY_DELAY_S_DEFAULT: u64 = 60;

/// Why a `musubi.toml` cannot be used: which file, which line, and what is allowed. It quotes no value that may be secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The file as the operator named it.
    pub file: String,
    /// The line, from 1.
    pub line: Option<usize>,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(formatter, "{}:{line}: {}", self.file, self.message),
            None => write!(formatter, "{}: {}", self.file, self.message),
        }
    }
}

impl std::error::Error for ConfigError {}

/// Something wrong at a place of the text.
pub(super) struct Wrong {
    pub(super) span: Option<Range<usize>>,
    pub(super) message: String,
}

impl Wrong {
    pub(super) fn at(span: Range<usize>, message: impl Into<String>) -> Self {
        Self {
            span: Some(span),
            message: message.into(),
        }
    }
}

impl From<toml::de::Error> for Wrong {
    fn from(error: toml::de::Error) -> Self {
        Self {
            span: error.span(),
            message: error.message().to_owned(),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Outer {
    database: Option<Database>,
    facilities: Option<SideFile>,
    products: Option<SideFile>,
    linkage: Option<Linkage>,
    history: Option<history::Rules>,
    telemetry: Option<Telemetry>,
    worker: Option<Worker>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Database {
    url: Spanned<Setting>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SideFile {
    file: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Linkage {
    model: Option<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Worker {
    listen: Option<Spanned<SocketAddr>>,
    schedule: Option<Spanned<String>>,
    publish: Option<bool>,
    attempts_max: Option<u32>,
    retry_delay_s: Option<u64>,
}

pub(super) fn parse(name: &str, text: &str, dir: &Path) -> Result<Config, ConfigError> {
    read(text, dir).map_err(|wrong| ConfigError {
        file: name.to_owned(),
        line: wrong.span.map(|span| line_of(text, span.start)),
        message: wrong.message,
    })
}

fn read(text: &str, dir: &Path) -> Result<Config, Wrong> {
    let mut root = DeTable::parse(text)?;
    refuse_secrets(root.get_ref())?;
    let sources = match root.get_mut().remove("source") {
        None => BTreeMap::new(),
        Some(sources) => read_sources(sources, dir)?,
    };
    let outer = Outer::deserialize(toml::Deserializer::from(root))?;
    Ok(Config {
        database: database(outer.database)?,
        sources,
        facilities: outer.facilities.map(|side| dir.join(side.file)),
        products: outer.products.map(|side| dir.join(side.file)),
        linkage_model: outer
            .linkage
            .and_then(|linkage| linkage.model)
            .map(|model| dir.join(model)),
        history: outer.history.unwrap_or_default(),
        telemetry: outer.telemetry.unwrap_or_default(),
        worker: worker(outer.worker)?,
    })
}

fn database(table: Option<Database>) -> Result<Setting, Wrong> {
    let Some(table) = table else {
        return Ok(Setting::Plain(DATABASE_DEFAULT.to_owned()));
    };
    match table.url.get_ref() {
        Setting::Plain(url) if holds_password(url) => Err(Wrong::at(
            table.url.span(),
            "`url` holds a password: name an environment variable, `url = { env = \"MUSUBI_DATABASE_URL\" }`, or a file, `url = { file = \"...\" }`",
        )),
        _ => Ok(table.url.into_inner()),
    }
}

fn worker(table: Option<Worker>) -> Result<WorkerConfig, Wrong> {
    let table = table.unwrap_or(Worker {
        listen: None,
        schedule: None,
        publish: None,
        attempts_max: None,
        retry_delay_s: None,
    });
    if let Some(listen) = &table.listen
        && !listen.get_ref().ip().is_loopback()
    {
        let message = "`listen` must be a loopback address such as `127.0.0.1:9464`: what is served there has no sign-in";
        return Err(Wrong::at(listen.span(), message));
    }
    Ok(WorkerConfig {
        listen: table.listen.map(Spanned::into_inner),
        schedule: table.schedule.map(Schedule::read).transpose()?,
        publish: table.publish.unwrap_or(false),
        attempts_max: table.attempts_max.unwrap_or(ATTEMPTS_MAX_DEFAULT).max(1),
        retry_delay_s: table.retry_delay_s.unwrap_or(RETRY_DELAY_S_DEFAULT),
    })
}

fn read_sources(
    sources: Spanned<DeValue<'_>>,
    dir: &Path,
) -> Result<BTreeMap<SourceName, SourceConfig>, Wrong> {
    let span = sources.span();
    let DeValue::Table(tables) = sources.into_inner() else {
        return Err(Wrong::at(
            span,
            "`source` must be tables such as `[source.trump]`",
        ));
    };
    let mut read = BTreeMap::new();
    for (key, table) in tables {
        let name = SourceName::new(key.get_ref())
            .map_err(|error| Wrong::at(key.span(), error.to_string()))?;
        read.insert(
            name.clone(),
            SourceConfig::read(name, key.span(), table, dir)?,
        );
    }
    Ok(read)
}

/// No key that is for something secret may have a text beside it, wherever it stands.
fn refuse_secrets(table: &DeTable<'_>) -> Result<(), Wrong> {
    for (key, value) in table {
        match value.get_ref() {
            DeValue::String(_) if is_secret_key(key.get_ref()) => {
                let message = format!(
                    "`{}` is a secret and may not stand in this file: name an environment variable or a file",
                    key.get_ref()
                );
                return Err(Wrong::at(key.span(), message));
            }
            DeValue::Table(inner) => refuse_secrets(inner)?,
            DeValue::Array(values) => {
                for value in values {
                    if let DeValue::Table(inner) = value.get_ref() {
                        refuse_secrets(inner)?;
                    }
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn line_of(text: &str, offset: usize) -> usize {
    let before = text.get(..offset).unwrap_or(text);
    before.matches('\n').count() + 1
}
