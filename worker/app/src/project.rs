//! An opened project: its folder, its configuration, its database.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use mapping::{MappingSet, Tables};
use schema::ContentHash;
use store::{Store, StoreError};
use transplant::Model;

use crate::Failure;
use crate::catalog::Kind;
use crate::config::{Config, SourceConfig};

/// A project's folder with its database open.
#[derive(Clone, Debug)]
pub struct Project {
    /// The folder.
    pub dir: PathBuf,
    /// What its `musubi.toml` says.
    pub config: Arc<Config>,
    /// Its database.
    pub store: Arc<Store>,
    /// The database's address, with its password if it has one: for the queue that lives beside it, never for a log.
    pub(crate) database_url: DatabaseUrl,
    /// The name under which this process takes leases: never used twice.
    pub process: Arc<str>,
}

/// A database's address: prints nothing of itself.
#[derive(Clone)]
pub(crate) struct DatabaseUrl(pub(crate) Arc<str>);

impl std::fmt::Debug for DatabaseUrl {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("[database]")
    }
}

impl Project {
    /// Opens the project in a folder. `database` overrides the configured one.
    ///
    /// # Errors
    /// When `musubi.toml` or the database cannot be used.
    pub async fn open(dir: &Path, database: Option<&str>) -> Result<Self, Failure> {
        let config = Config::read(dir)?;
        let url = match database {
            Some(url) => url.to_owned(),
            None => config.database.value(dir).map_err(Failure::usage)?,
        };
        let url = placed(&url, dir)?;
        let store = open_alone(dir, &url).await?;
        Ok(Self {
            dir: dir.to_owned(),
            config: Arc::new(config),
            store: Arc::new(store),
            database_url: DatabaseUrl(url.into()),
            process: process_name().into(),
        })
    }

    /// The folder for what is no one else's business: lock files, the queue's database.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn state_dir(&self) -> Result<PathBuf, Failure> {
        state_dir(&self.dir)
    }

    /// The side tables that mappings look things up in.
    ///
    /// # Errors
    /// When a file cannot be read or a line of it not be understood.
    pub fn tables(&self) -> Result<Tables, Failure> {
        let facilities = self.config.facilities.as_deref();
        let products = self.config.products.as_deref();
        Ok(Tables::load(facilities, products)?)
    }

    /// The mappings of a source: its own files, or the shipped ones of its kind.
    ///
    /// # Errors
    /// When a file cannot be read or says what cannot be understood.
    pub fn mappings(&self, source: &SourceConfig) -> Result<Arc<MappingSet>, Failure> {
        let files = if source.mappings.is_empty() {
            shipped(source.kind)
        } else {
            read_mappings(&source.mappings)?
        };
        Ok(Arc::new(MappingSet::load(&files)?))
    }

    /// What the mapped records of a source depend on besides the rows: its mappings and the side tables.
    ///
    /// # Errors
    /// When a side table cannot be read.
    pub fn fingerprint(&self, mappings: &MappingSet) -> Result<String, Failure> {
        let mut text = mappings.fingerprint().to_hex();
        for file in [&self.config.facilities, &self.config.products] {
            let Some(file) = file else { continue };
            let bytes = std::fs::read(file).map_err(|cause| unreadable(file, cause))?;
            text.push('\n');
            text.push_str(&ContentHash::of(&bytes).to_hex());
        }
        Ok(ContentHash::of(text.as_bytes()).to_hex())
    }

    /// The linkage model: the configured one, or the shipped one.
    ///
    /// # Errors
    /// When the file cannot be read or says what cannot be understood.
    pub fn model(&self) -> Result<Model, Failure> {
        match &self.config.linkage_model {
            None => Ok(transplant::default_model()?),
            Some(file) => {
                let text =
                    std::fs::read_to_string(file).map_err(|cause| unreadable(file, cause))?;
                Model::parse(&text).map_err(|cause| {
                    Failure::because(format!("`{}` is no linkage model", file.display()), cause)
                })
            }
        }
    }
}

fn state_dir(dir: &Path) -> Result<PathBuf, Failure> {
    let state = dir.join(".musubi");
    std::fs::create_dir_all(&state).map_err(|cause| {
        Failure::because(format!("`{}` cannot be made", state.display()), cause)
    })?;
    Ok(state)
}

/// Opens the database while no other process of this project does: two that make its tables at once would be in each other's way.
async fn open_alone(dir: &Path, url: &str) -> Result<Store, Failure> {
    let path = state_dir(dir)?.join("open.lock");
    let locked = move || -> std::io::Result<std::fs::File> {
        let file = std::fs::File::create(path)?;
        file.lock()?;
        Ok(file)
    };
    let _alone = tokio::task::spawn_blocking(locked)
        .await
        .map_err(|cause| Failure::because("a fault of the program", cause))?
        .map_err(|cause| Failure::because("a lock file cannot be used", cause))?;
    Ok(Store::open(url).await?)
}

/// The shipped mapping files of a kind, as names and texts.
#[must_use]
pub fn shipped(kind: Kind) -> Vec<(String, String)> {
    mapping::shipped(kind.as_str())
        .iter()
        .map(|shipped| (shipped.name.to_owned(), shipped.text.to_owned()))
        .collect()
}

/// Mapping files as names and texts.
///
/// # Errors
/// When one cannot be read.
pub fn read_mappings(files: &[PathBuf]) -> Result<Vec<(String, String)>, Failure> {
    files
        .iter()
        .map(|file| {
            let text = std::fs::read_to_string(file).map_err(|cause| unreadable(file, cause))?;
            Ok((file.display().to_string(), text))
        })
        .collect()
}

fn unreadable(file: &Path, cause: std::io::Error) -> Failure {
    Failure::because(format!("`{}` cannot be read", file.display()), cause)
}

/// The address with a relative SQLite file put under the project's folder.
fn placed(url: &str, dir: &Path) -> Result<String, Failure> {
    let Some(rest) = url.strip_prefix("sqlite:") else {
        return Ok(url.to_owned());
    };
    let file = rest.strip_prefix("//").unwrap_or(rest);
    if file.is_empty() || file.starts_with(':') {
        return Err(Failure::usage("the database must be a file: `sqlite:FILE`"));
    }
    let path = std::path::absolute(dir.join(file))
        .map_err(|cause| Failure::because("the current folder cannot be read", cause))?;
    Ok(format!("sqlite:{}", path.display()))
}

fn process_name() -> String {
    let host = std::fs::read_to_string("/etc/hostname").unwrap_or_default();
    let host = host.trim();
    let host = if host.is_empty() { "host" } else { host };
    format!("{host}-{}-{}", std::process::id(), uuid::Uuid::new_v4())
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::TryLater { .. } | StoreError::CursorMoved { .. } => Self::TryLater {
                why: error.to_string(),
                cause: None,
            },
            StoreError::LeaseLost { .. } => Self::try_later(error.to_string()),
            _ => Self::stop(error.to_string()),
        }
    }
}

impl From<transplant::LinkError> for Failure {
    fn from(error: transplant::LinkError) -> Self {
        Self::because("the records cannot be linked", error)
    }
}

impl From<mapping::MappingError> for Failure {
    fn from(error: mapping::MappingError) -> Self {
        Self::because("a mapping or side table cannot be used", error)
            .advise("correct the file, or the path that `musubi.toml` or the command names")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relative_sqlite_file_lies_in_the_projects_folder() {
        let dir = Path::new("/project");
        for (url, expected) in [
            ("sqlite:musubi.db", "sqlite:/project/musubi.db"),
            ("sqlite://data/m.db", "sqlite:/project/data/m.db"),
            ("sqlite:///var/m.db", "sqlite:/var/m.db"),
            ("postgres://host/m", "postgres://host/m"),
        ] {
            assert_eq!(placed(url, dir).unwrap(), expected);
        }
        assert!(placed("sqlite::memory:", dir).is_err());
    }
}
