use std::collections::BTreeMap;
use std::path::PathBuf;

use connector::delimited::{ROW_BYTES_MAX, TextEncoding};
use connector::folder::FolderSettings;
use serde::{Deserialize, Serialize};

/// The settings of a source of kind `trump`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrumpSettings {
    /// A folder of exports, or one file.
    pub path: PathBuf,
    /// Which files of the folder, with `*` and `?`.
    #[serde(default = "pattern")]
    pub pattern: String,
    /// How the files are written: `cp932` or `utf-8`. It is checked against their first bytes.
    #[serde(default = "encoding")]
    pub encoding: TextEncoding,
    /// Files written otherwise, by name with `*` and `?`: `{ "trump_2025*.csv" = "utf-8" }`.
    #[serde(default)]
    pub encodings: BTreeMap<String, TextEncoding>,
    /// Most rows a page.
    #[serde(default = "page_records_max")]
    pub page_records_max: usize,
    /// Longest row in bytes.
    #[serde(default = "row_bytes_max")]
    pub row_bytes_max: usize,
}

fn pattern() -> String {
    "trump_*.csv".to_owned()
}

const fn encoding() -> TextEncoding {
    TextEncoding::Cp932
}

const fn page_records_max() -> usize {
    FolderSettings::PAGE_RECORDS_MAX
}

const fn row_bytes_max() -> usize {
    ROW_BYTES_MAX
}

impl TrumpSettings {
    /// The settings for a folder or file, with everything else as usual.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            pattern: pattern(),
            encoding: encoding(),
            encodings: BTreeMap::new(),
            page_records_max: page_records_max(),
            row_bytes_max: row_bytes_max(),
        }
    }
}

impl From<TrumpSettings> for FolderSettings {
    fn from(settings: TrumpSettings) -> Self {
        Self {
            path: settings.path,
            pattern: settings.pattern,
            encoding: settings.encoding,
            encodings: settings.encodings,
            page_records_max: settings.page_records_max.max(1),
            row_bytes_max: settings.row_bytes_max,
        }
    }
}
