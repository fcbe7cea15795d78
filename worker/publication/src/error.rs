use std::path::PathBuf;

use schema::Identity;

/// Why a release was not written.
#[derive(Debug, thiserror::Error)]
pub enum PublicationError {
    /// A file could not be written or read. Try again when the disk is in order.
    #[error("`{}` could not be written or read", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// A table could not be encoded. Try again when the disk is in order.
    #[error("`{name}` could not be encoded")]
    Table {
        /// Which table.
        name: &'static str,
        /// Why.
        #[source]
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The histories could not be read. Try again when their store is in order.
    #[error("the histories could not be read")]
    Histories(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A release of this name is there with other content. A person must give another name: a release never changes.
    #[error(
        "a release `{0}` exists and holds something else; a release is never changed, choose another name"
    )]
    Exists(String),
    /// The release's name cannot be a folder's. A person must correct it.
    #[error(
        "release name `{0}` must be 1 to 80 of a-z, A-Z, 0-9, `.`, `-` and `_`, beginning with a letter or digit"
    )]
    Name(String),
    /// A profile cannot be read. A person must correct it.
    #[error(
        "the profile cannot be read; expected `name`, `version`, `description`, `consent`, `person`, `birth_date`, `events_without`"
    )]
    Profile(#[source] toml::de::Error),
    /// There is no profile of this name.
    #[error("no profile `{0}`; there is `research`")]
    NoProfile(String),
    /// A manifest cannot be read: the release is damaged.
    #[error("the manifest cannot be read")]
    Manifest(#[source] serde_json::Error),
    /// The histories came out of order, which is a mistake of the caller.
    #[error("history `{0}` is not after the one before it")]
    Order(Identity),
}
