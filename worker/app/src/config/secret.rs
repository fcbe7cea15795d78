use std::path::{Path, PathBuf};

use serde::Deserialize;

/// Longest secret that is read from a file, in bytes: a key in PEM form has a few thousand.
const SECRET_BYTES_MAX: u64 = 64 * 1024;

/// A setting that may be secret: written plainly, or named by environment variable or file.
#[derive(Clone, Deserialize)]
#[serde(untagged)]
pub enum Setting {
    /// As it stands in the file.
    Plain(String),
    /// In an environment variable or a file.
    Elsewhere(Elsewhere),
}

/// Where a secret is.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Elsewhere {
    /// In this environment variable.
    Env(String),
    /// In this file, relative to the project's folder.
    File(PathBuf),
}

impl Setting {
    /// The value.
    ///
    /// # Errors
    /// A sentence for a person when the variable is not set or the file cannot be read.
    pub fn value(&self, dir: &Path) -> Result<String, String> {
        match self {
            Self::Plain(value) => Ok(value.clone()),
            Self::Elsewhere(place) => place.read(dir),
        }
    }
}

impl Elsewhere {
    /// The secret itself, without the line feed that editors leave behind.
    ///
    /// # Errors
    /// A sentence for a person when the variable is not set or the file cannot be read.
    pub fn read(&self, dir: &Path) -> Result<String, String> {
        match self {
            Self::Env(name) => std::env::var(name)
                .map_err(|_| format!("the environment variable `{name}` is not set")),
            Self::File(file) => {
                let path = dir.join(file);
                let told = |why: String| format!("`{}`: {why}", path.display());
                let size = std::fs::metadata(&path)
                    .map_err(|error| told(error.to_string()))?
                    .len();
                if size > SECRET_BYTES_MAX {
                    return Err(told(format!("{size} bytes are too many for a secret")));
                }
                let text =
                    std::fs::read_to_string(&path).map_err(|error| told(error.to_string()))?;
                Ok(text.trim_end_matches(['\r', '\n']).to_owned())
            }
        }
    }
}

impl std::fmt::Debug for Setting {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Plain(_) => formatter.write_str("Plain(..)"),
            Self::Elsewhere(place) => place.fmt(formatter),
        }
    }
}

/// Whether a key of the file is for something secret, so that its value may not stand there.
pub(super) fn is_secret_key(key: &str) -> bool {
    let places = ["_url", "_file", "_env", "_endpoint", "_path"];
    let words = [
        "secret",
        "password",
        "token",
        "private_key",
        "api_key",
        "passphrase",
        "bearer",
    ];
    !places.iter().any(|end| key.ends_with(end)) && words.iter().any(|word| key.contains(word))
}

/// Whether a database's address holds a password.
pub(super) fn holds_password(url: &str) -> bool {
    let authority = url
        .split_once("://")
        .and_then(|(_, rest)| rest.split(['/', '?']).next())
        .and_then(|authority| authority.rsplit_once('@'))
        .is_some_and(|(user, _)| user.contains(':'));
    authority
        || url
            .split_once('?')
            .is_some_and(|(_, query)| query.contains("password="))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_in_an_address_is_seen() {
        for (url, expected) in [
            ("postgres://host/musubi", false),
            ("postgres://me@host:5432/musubi", false),
            ("postgres://me:secret@host/musubi", true),
            ("postgres://host/musubi?password=secret", true),
            ("sqlite:musubi.db", false),
        ] {
            assert_eq!(holds_password(url), expected, "{url}");
        }
    }

    #[test]
    fn keys_of_secrets_are_known_and_places_are_not_secret() {
        for key in [
            "client_secret",
            "password",
            "token",
            "private_key",
            "bearer_token",
        ] {
            assert!(is_secret_key(key), "{key}");
        }
        for key in [
            "token_url",
            "private_key_file",
            "path",
            "client_id",
            "secret_env",
            "token_endpoint",
        ] {
            assert!(!is_secret_key(key), "{key}");
        }
    }
}
