//! `musubi.toml`: read once into checked types, errors with file and line.

mod parse;
mod secret;
mod source;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use schema::SourceName;
use serde::Deserialize;

pub use parse::ConfigError;
pub use secret::Setting;
pub use source::{Schedule, SourceConfig};

use crate::Failure;

/// The name of the file in a project's folder.
pub const FILE_NAME: &str = "musubi.toml";

/// The database when none is named.
pub const DATABASE_DEFAULT: &str = "sqlite:musubi.db";

/// What a project's `musubi.toml` says. Paths are already under the project's folder.
#[derive(Clone, Debug)]
pub struct Config {
    /// `[database] url`, with a relative SQLite file put under the project's folder.
    pub database: Setting,
    /// `[source.NAME]`, by name.
    pub sources: BTreeMap<SourceName, SourceConfig>,
    /// `[facilities] file`.
    pub facilities: Option<PathBuf>,
    /// `[products] file`.
    pub products: Option<PathBuf>,
    /// `[linkage] model`; the shipped one when absent.
    pub linkage_model: Option<PathBuf>,
    /// `[history]`: how tellings become one event; every key may be left out.
    pub history: history::Rules,
    /// `[telemetry]`.
    pub telemetry: Telemetry,
    /// `[worker]`.
    pub worker: WorkerConfig,
}

/// Where spans and metrics go.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Telemetry {
    /// The base address of an OTLP/HTTP collector, such as `http://127.0.0.1:4318`; nothing leaves without it.
    pub otlp_endpoint: Option<String>,
}

/// How `musubi worker` runs.
#[derive(Clone, Debug)]
pub struct WorkerConfig {
    /// Where `/health` and `/metrics` are served; nowhere when absent.
    pub listen: Option<std::net::SocketAddr>,
    /// When the sources without a schedule of their own are pulled; never by itself when absent. What a pull changed is linked
    /// and assembled after it.
    pub schedule: Option<Schedule>,
    /// Whether a release is made after that too.
    pub publish: bool,
    /// How often one run is begun before it is given up.
    pub attempts_max: u32,
    /// How long the queue waits before it begins a failed run again, in seconds, doubled each time.
    pub retry_delay_s: u64,
}

impl Config {
    /// Reads `musubi.toml` in a folder.
    ///
    /// # Errors
    /// When there is none, or it says what cannot be understood: file, line and what is allowed.
    pub fn read(dir: &Path) -> Result<Self, Failure> {
        let path = dir.join(FILE_NAME);
        let text = std::fs::read_to_string(&path).map_err(|cause| {
            Failure::because(format!("`{}` cannot be read", path.display()), cause).advise(
                "name the project's folder with `--dir DIR`, or make one with `musubi init DIR`",
            )
        })?;
        Self::parse(&path.display().to_string(), &text, dir)
            .map_err(|error| Failure::usage(error.to_string()))
    }

    /// Reads the text of a `musubi.toml`. `name` is what errors call the file, `dir` what its paths are relative to.
    ///
    /// # Errors
    /// When it says what cannot be understood.
    pub fn parse(name: &str, text: &str, dir: &Path) -> Result<Self, ConfigError> {
        parse::parse(name, text, dir)
    }

    /// The sources with these names, in the order of their names; all when no name is given.
    ///
    /// # Errors
    /// When a name is not configured.
    pub fn select(&self, names: &[String]) -> Result<Vec<&SourceConfig>, Failure> {
        if self.sources.is_empty() {
            let why = "no source is configured; give musubi.toml a `[source.NAME]` table, as its comments show";
            return Err(Failure::usage(why));
        }
        if names.is_empty() {
            return Ok(self.sources.values().collect());
        }
        names.iter().map(|name| self.source(name)).collect()
    }

    /// The source with a name.
    ///
    /// # Errors
    /// When it is not configured.
    pub fn source(&self, name: &str) -> Result<&SourceConfig, Failure> {
        let known = || {
            let names: Vec<_> = self
                .sources
                .keys()
                .map(|name| format!("`{name}`"))
                .collect();
            if names.is_empty() {
                "none".to_owned()
            } else {
                names.join(", ")
            }
        };
        self.sources
            .values()
            .find(|source| source.name.as_str() == name)
            .ok_or_else(|| {
                Failure::usage(format!(
                    "no source `{name}` is configured; configured: {}",
                    known()
                ))
            })
    }
}
