use std::path::{Path, PathBuf};

use linkage::LinkageError;

/// Why files could not be linked, by what can be done about it. No variant carries a value of a record.
#[derive(Debug, thiserror::Error)]
pub enum LinkFilesError {
    /// A file cannot be opened, read or written.
    #[error("`{}` cannot be {what}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// `read` or `written`.
        what: &'static str,
        /// What the system says.
        #[source]
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A file is not what it should be; the message names file, line, and what there is.
    #[error("{message}")]
    Input {
        /// What is wrong, where, and what would do.
        message: String,
    },
    /// What was asked for cannot be done with these files.
    #[error("{message}")]
    Options {
        /// What to change.
        message: String,
    },
    /// What stands in the output folder would be lost.
    #[error("{message}")]
    Refused {
        /// Which folder, and what to do.
        message: String,
    },
    /// The engine's own.
    #[error(transparent)]
    Linkage(#[from] LinkageError),
}

impl LinkFilesError {
    pub(crate) fn read(
        path: &Path,
        cause: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self::File {
            path: path.to_owned(),
            what: "read",
            cause: cause.into(),
        }
    }

    pub(crate) fn write(
        path: &Path,
        cause: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self::File {
            path: path.to_owned(),
            what: "written",
            cause: cause.into(),
        }
    }

    pub(crate) fn input(message: impl Into<String>) -> Self {
        Self::Input {
            message: message.into(),
        }
    }

    pub(crate) fn options(message: impl Into<String>) -> Self {
        Self::Options {
            message: message.into(),
        }
    }
}
