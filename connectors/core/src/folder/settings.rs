use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::delimited::{ROW_BYTES_MAX, TextEncoding};

/// Where delimited files lie and how they are read.
#[derive(Clone, Debug)]
pub struct FolderSettings {
    /// A folder, or one file.
    pub path: PathBuf,
    /// Which files of a folder, with `*` and `?`; of no meaning for one file.
    pub pattern: String,
    /// The encoding of every file that `encodings` does not name.
    pub encoding: TextEncoding,
    /// Encodings by file name, with `*` and `?`; the first in alphabetical order that fits is taken.
    pub encodings: BTreeMap<String, TextEncoding>,
    /// Most rows a page.
    pub page_records_max: usize,
    /// Longest row in bytes.
    pub row_bytes_max: usize,
}

impl FolderSettings {
    /// Rows a page, unless a source sets another: about 3 MB, so that a transaction is short and a page fits the cache.
    pub const PAGE_RECORDS_MAX: usize = 5_000;

    /// The settings for a path, a pattern and an encoding, with the usual bounds.
    pub fn new(path: impl Into<PathBuf>, pattern: &str, encoding: TextEncoding) -> Self {
        Self {
            path: path.into(),
            pattern: pattern.to_owned(),
            encoding,
            encodings: BTreeMap::new(),
            page_records_max: Self::PAGE_RECORDS_MAX,
            row_bytes_max: ROW_BYTES_MAX,
        }
    }

    /// The encoding of a file.
    #[must_use]
    pub fn encoding_of(&self, name: &str) -> TextEncoding {
        self.encodings
            .iter()
            .find(|(pattern, _)| fits(pattern, name))
            .map_or(self.encoding, |(_, encoding)| *encoding)
    }
}

/// Whether a name fits a pattern: `*` stands for any characters, `?` for one.
pub(super) fn fits(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    let (mut at, mut from) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while from < name.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, from));
                at += 1;
            }
            Some(wanted) if *wanted == '?' || *wanted == name[from] => {
                at += 1;
                from += 1;
            }
            _ => match star {
                // The last star takes one character more.
                Some((place, taken)) => {
                    star = Some((place, taken + 1));
                    at = place + 1;
                    from = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|rest| *rest == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_fits_as_a_shell_would_have_it() {
        for (pattern, name, expected) in [
            ("trump_*.csv", "trump_2024.csv", true),
            ("trump_*.csv", "trump_.csv", true),
            ("trump_*.csv", "trump_a.csv.csv", true),
            ("trump_*.csv", "trump_2024.csv.part", false),
            ("trump_*.csv", "old_trump_1.csv", false),
            ("*", "anything", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("移植_*", "移植_１", true),
        ] {
            assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
        }
    }
}
