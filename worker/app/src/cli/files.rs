//! What can be asked of files that are linked without a project.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// How delimited files are read.
#[derive(Clone, Debug, Default, Args)]
pub struct FileReading {
    /// How characters are written [default: found out, UTF-8 or CP932]
    #[arg(long, value_name = "ENCODING")]
    pub encoding: Option<FileEncoding>,
    /// What stands between two cells: one character, or `tab` [default: found out]
    #[arg(long, value_name = "CHARACTER")]
    pub delimiter: Option<String>,
}

/// How a file's characters are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FileEncoding {
    /// With or without a byte order mark
    #[value(name = "utf-8")]
    Utf8,
    /// Shift JIS as Windows writes it
    Cp932,
    /// Western European as Windows writes it
    #[value(name = "windows-1252")]
    Windows1252,
}

/// Which files are linked, and how.
#[derive(Clone, Debug, Args)]
pub struct FilesToLink {
    /// The linkage model; `musubi model new FILE...` proposes one
    #[arg(long, value_name = "FILE")]
    pub model: PathBuf,
    /// CSV or Parquet files; a file's name without its ending is its source's name
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// The heading of the records' ids [default: a record's number in its file is its id]
    #[arg(long, value_name = "COLUMN")]
    pub id_column: Option<String>,
    /// Every file holds a person once
    #[arg(long)]
    pub one_to_one: bool,
    /// Only pairs of records of two files
    #[arg(long)]
    pub link_only: bool,
    /// Link from this match probability on, whatever the model says
    #[arg(long, value_name = "PROBABILITY")]
    pub threshold: Option<f64>,
    /// What people decided about pairs: `left_file,left_record,right_file,right_record,verdict,who,when,why`
    #[arg(long, value_name = "FILE")]
    pub decisions: Option<PathBuf>,
    /// How delimited files are read
    #[command(flatten)]
    pub reading: FileReading,
}

/// Options of `musubi link-files`.
#[derive(Clone, Debug, Args)]
pub struct LinkFilesArgs {
    /// Which files
    #[command(flatten)]
    pub what: FilesToLink,
    /// The folder to write to; it is made when there is none
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// The heading of the true persons: the report then says how right the clusters are
    #[arg(long, value_name = "COLUMN")]
    pub truth_column: Option<String>,
    /// Write pairs from this match probability on [default: the model's review threshold]
    #[arg(long, value_name = "PROBABILITY")]
    pub pairs_from: Option<f64>,
    /// About how much memory to take, such as `4GiB`; what does not fit is put into files in the output folder meanwhile
    #[arg(long, value_name = "SIZE", value_parser = bytes)]
    pub memory: Option<u64>,
    /// Write into a folder that holds other files
    #[arg(long)]
    pub force: bool,
}

/// Reads a size such as `4GiB`, `512MiB` or `800000000`.
fn bytes(text: &str) -> Result<u64, String> {
    let digits =
        text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic() || letter == ' ');
    let factor = match text[digits.len()..].trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kib" => 1 << 10,
        "m" | "mib" => 1 << 20,
        "g" | "gib" => 1 << 30,
        "t" | "tib" => 1_u64 << 40,
        unit => {
            return Err(format!(
                "`{unit}` is no unit; there are KiB, MiB, GiB and TiB"
            ));
        }
    };
    let number = digits
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(factor));
    number.ok_or_else(|| "a size is a whole number and a unit, such as `4GiB`".to_owned())
}

/// Options of `musubi explain-files`.
#[derive(Clone, Debug, Args)]
pub struct ExplainFilesArgs {
    /// Which files
    #[command(flatten)]
    pub what: FilesToLink,
    /// A record as `FILE:ID`, such as `clinic:12`; two for a pair, one for its cluster
    #[arg(long, value_name = "FILE:ID", required = true, num_args = 1..=2)]
    pub record: Vec<String>,
}

/// `musubi model ...`
#[derive(Clone, Debug, Subcommand)]
pub enum ModelCommand {
    /// Propose a model for files, with the cost of each blocking rule; nothing has to be known beforehand
    New(ModelNewArgs),
    /// Print the JSON Schema of model files, for editors
    Schema,
}

/// Options of `musubi model new`.
#[derive(Clone, Debug, Args)]
pub struct ModelNewArgs {
    /// CSV or Parquet files: one with duplicates, or several to be linked
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// The heading of the records' ids, which say nothing of a person
    #[arg(long, value_name = "COLUMN")]
    pub id_column: Option<String>,
    /// The heading of the true persons, which is not looked at
    #[arg(long, value_name = "COLUMN")]
    pub truth_column: Option<String>,
    /// The model file to write [default: it is printed]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Write over a file that is there
    #[arg(long)]
    pub force: bool,
    /// How delimited files are read
    #[command(flatten)]
    pub reading: FileReading,
}

/// Options of `musubi encode`.
#[derive(Clone, Debug, Args)]
pub struct EncodeArgs {
    /// A CSV or Parquet file
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The headings to encode, with commas between
    #[arg(
        long,
        value_name = "COLUMNS",
        value_delimiter = ',',
        required_unless_present = "settings",
        conflicts_with = "settings"
    )]
    pub fields: Vec<String>,
    /// Those of them that are dates: every way of writing a day then gives the same bits
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    pub dates: Vec<String>,
    /// Bits of a filter, a power of two
    #[arg(long, default_value_t = 1024, conflicts_with = "settings")]
    pub bits: usize,
    /// In place of fields and bits: a TOML file with weights, salt and hardening
    #[arg(long, value_name = "FILE")]
    pub settings: Option<PathBuf>,
    /// The parties' key: 16 bytes or more, in a file that its owner alone can read
    #[arg(long, value_name = "FILE")]
    pub key_file: PathBuf,
    /// The heading of the ids that go along [default: a record's number in the file]
    #[arg(long, value_name = "COLUMN")]
    pub id_column: Option<String>,
    /// The file to write
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Write over a file that is there
    #[arg(long)]
    pub force: bool,
    /// How a delimited file is read
    #[command(flatten)]
    pub reading: FileReading,
}
