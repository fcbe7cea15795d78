use std::path::PathBuf;

/// Why mapping files or side tables cannot be used. A person must act on each.
#[derive(Debug, thiserror::Error)]
pub enum MappingError {
    /// A mapping file is not what the language allows.
    #[error("{file}:{line}: {message}")]
    Mapping {
        /// The file's name.
        file: String,
        /// The line, from 1.
        line: usize,
        /// What was found, what is allowed.
        message: String,
    },
    /// A side table (`facilities.csv`, `products.csv`) is not what it should be.
    #[error("{file}:{line}: {message}")]
    Table {
        /// The file's name.
        file: String,
        /// The line, from 1.
        line: u64,
        /// What was found, what is allowed.
        message: String,
    },
    /// A side table cannot be read.
    #[error("`{path}` cannot be read")]
    Read {
        /// The file.
        path: PathBuf,
        /// What lies beneath.
        #[source]
        cause: std::io::Error,
    },
}
