use std::collections::BTreeMap;
use std::path::PathBuf;

use connector::delimited::{ROW_BYTES_MAX, TextEncoding};
use connector::folder::FolderSettings;
use serde::{Deserialize, Serialize};

/// Which of the two forms of an export is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExportForm {
    /// The files by form; where there are none, the long form.
    #[default]
    Auto,
    /// One file a form, one row a submission.
    Wide,
    /// One row an answer, with the columns `question` and `value`.
    Long,
}

/// The settings of a source of kind `formsnet3`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Formsnet3Settings {
    /// A folder of exports, or one file.
    pub path: PathBuf,
    /// Which files of the folder, with `*` and `?`.
    #[serde(default = "pattern")]
    pub pattern: String,
    /// Which form of the export is read.
    #[serde(default)]
    pub form: ExportForm,
    /// How the files are written: `utf-8` or `cp932`. It is checked against their first bytes.
    #[serde(default = "encoding")]
    pub encoding: TextEncoding,
    /// Files written otherwise, by name with `*` and `?`: `{ "formsnet3_2014*.csv" = "cp932" }`.
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
    "formsnet3_*.csv".to_owned()
}

const fn encoding() -> TextEncoding {
    TextEncoding::Utf8
}

const fn page_records_max() -> usize {
    FolderSettings::PAGE_RECORDS_MAX
}

const fn row_bytes_max() -> usize {
    ROW_BYTES_MAX
}

impl Formsnet3Settings {
    /// The settings for a folder or file, with everything else as usual.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            pattern: pattern(),
            form: ExportForm::Auto,
            encoding: encoding(),
            encodings: BTreeMap::new(),
            page_records_max: page_records_max(),
            row_bytes_max: row_bytes_max(),
        }
    }
}

impl From<Formsnet3Settings> for FolderSettings {
    fn from(settings: Formsnet3Settings) -> Self {
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
