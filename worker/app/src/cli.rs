//! What can be asked on the command line.

mod files;

pub use files::{
    EncodeArgs, ExplainFilesArgs, FileEncoding, FileReading, FilesToLink, LinkFilesArgs,
    ModelCommand, ModelNewArgs,
};

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::output::Format;

/// Over the options that every command has.
const EVERYWHERE: &str = "Options of every command";

/// One history per patient from registries that cannot see each other.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "musubi",
    version,
    max_term_width = 110,
    after_help = "Exit codes: 0 done, 1 failed, 2 usage, 3 done with rows set aside, 4 refused by a rule, 75 try again later.\n\
                  First steps: `musubi demo`, or `musubi init DIR --trump PATH` and `musubi --dir DIR run`."
)]
pub struct Cli {
    /// The project's folder, with its musubi.toml [default: the current one]
    #[arg(long, global = true, value_name = "DIR", help_heading = EVERYWHERE)]
    pub dir: Option<PathBuf>,
    /// Overrides the configured database: `sqlite:FILE` or `postgres://HOST/NAME`
    #[arg(
        long,
        global = true,
        value_name = "URL",
        help_heading = EVERYWHERE,
        env = "MUSUBI_DATABASE",
        hide_env_values = true
    )]
    pub database: Option<String>,
    /// How results are printed
    #[arg(long, global = true, value_name = "FORMAT", default_value = "table", help_heading = EVERYWHERE)]
    pub output: Format,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Make a synthetic world with its truth and go the whole way over it [default folder: ./musubi-demo]
    Demo(DemoArgs),
    /// Write a musubi.toml with commented examples, and the folders
    Init(InitArgs),
    /// What is configured, whether it can be reached, what it offers
    #[command(subcommand)]
    Source(SourceCommand),
    /// Pull from the sources since the last time, store and map
    Sync(SyncArgs),
    /// Find which records are one person
    Link,
    /// Make one history per person
    Assemble,
    /// Write the histories and events as a release
    Publish(PublishArgs),
    /// All of it: sync, link, assemble, publish
    Run(RunArgs),
    /// Work by the schedules of musubi.toml until SIGTERM
    Worker,
    /// What ran and how it ended
    Runs(RunsArgs),
    /// What was set aside: file, line, column and why
    DeadLetters(OfSource),
    /// What was wrong with single values: file, line, column
    Issues(IssuesArgs),
    /// Rows read against rows new, changed, unchanged and set aside
    Ledger(LedgerArgs),
    /// One person's timeline with the source of each value
    History(HistoryArgs),
    /// Persons by what is known of them
    Find(FindArgs),
    /// Which record is whom
    #[command(subcommand)]
    Identities(IdentitiesCommand),
    /// The de-duplicated events
    #[command(subcommand)]
    Events(EventsCommand),
    /// Precision and recall against a known truth
    Evaluate(EvaluateArgs),
    /// Why two records are or are not one person
    Explain(ExplainArgs),
    /// Find which records of CSV or Parquet files are one person; no project is needed
    LinkFiles(LinkFilesArgs),
    /// Why two records of files are or are not one person, or how a record's cluster holds together
    ExplainFiles(ExplainFilesArgs),
    /// Turn the identifying columns of a file into keyed filters, so that parties can link without showing names
    Encode(EncodeArgs),
    /// Linkage models for files
    #[command(subcommand)]
    Model(ModelCommand),
    /// Check, test and try mapping files
    #[command(subcommand)]
    Mapping(MappingCommand),
    /// Synthetic registries
    #[command(subcommand)]
    Fixtures(FixturesCommand),
    /// Print a shell's completion script
    Completions {
        /// For which shell
        shell: Shell,
    },
}

/// Options of `musubi demo`.
#[derive(Clone, Debug, Args)]
pub struct DemoArgs {
    /// How many persons
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(1..=2_000_000))]
    pub persons: u32,
    /// Another seed is another world
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Throw away a demo of another size or seed that stands in the folder
    #[arg(long)]
    pub force: bool,
}

/// Options of `musubi init`.
#[derive(Clone, Debug, Args)]
pub struct InitArgs {
    /// The project's folder; it is made when there is none
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// A TRUMP export: a file or a folder
    #[arg(long, value_name = "PATH")]
    pub trump: Option<PathBuf>,
    /// A folder of FormsNet3 exports
    #[arg(long, value_name = "PATH")]
    pub formsnet3: Option<PathBuf>,
    /// A FHIR server's address, or a folder of NDJSON files
    #[arg(long, value_name = "URL or FOLDER")]
    pub fhir: Option<String>,
    /// The crosswalk of facility codes
    #[arg(long, value_name = "FILE")]
    pub facilities: Option<PathBuf>,
    /// The list of cell products
    #[arg(long, value_name = "FILE")]
    pub products: Option<PathBuf>,
}

/// `musubi source ...`
#[derive(Clone, Debug, Subcommand)]
pub enum SourceCommand {
    /// What is configured, and where each source stands
    List,
    /// Whether the sources can be read and their layouts are known
    Check(SourceNames),
    /// What the sources offer
    Discover(SourceNames),
}

/// Names of sources; all when none is given.
#[derive(Clone, Debug, Default, Args)]
pub struct SourceNames {
    /// Names as in musubi.toml [default: all]
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
}

/// Options of `musubi sync`.
#[derive(Clone, Debug, Default, Args)]
pub struct SyncArgs {
    /// Which sources
    #[command(flatten)]
    pub sources: SourceNames,
    /// Read each source from its beginning; what is known stays known
    #[arg(long)]
    pub full: bool,
    /// Read and map, print what would happen, store nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Options of `musubi publish`.
#[derive(Clone, Debug, Default, Args)]
pub struct PublishArgs {
    /// Which rules of release
    #[arg(long, value_name = "NAME", default_value = "research")]
    pub profile: String,
}

/// Options of `musubi run`.
#[derive(Clone, Debug, Default, Args)]
pub struct RunArgs {
    /// Read each source from its beginning
    #[arg(long)]
    pub full: bool,
}

/// Options of `musubi runs`.
#[derive(Clone, Debug, Args)]
pub struct RunsArgs {
    /// One run, with its ledger and findings
    #[arg(value_name = "ID")]
    pub run: Option<i64>,
    /// How many of the latest
    #[arg(long, default_value_t = 20)]
    pub limit: u32,
}

/// A source, or all.
#[derive(Clone, Debug, Default, Args)]
pub struct OfSource {
    /// Only of this source
    #[arg(long, value_name = "NAME")]
    pub source: Option<String>,
}

/// Options of `musubi issues`.
#[derive(Clone, Debug, Args)]
pub struct IssuesArgs {
    /// Only of this source
    #[arg(long, value_name = "NAME")]
    pub source: Option<String>,
    /// Every issue with its file and line, not only how many there are of each kind
    #[arg(long)]
    pub all: bool,
}

/// Options of `musubi ledger`.
#[derive(Clone, Debug, Args)]
pub struct LedgerArgs {
    /// Only this run [default: all runs together]
    #[arg(value_name = "RUN")]
    pub run: Option<i64>,
}

/// Options of `musubi history`.
#[derive(Clone, Debug, Args)]
pub struct HistoryArgs {
    /// As in `M00000012-5`
    #[arg(value_name = "IDENTITY")]
    pub identity: String,
    /// In which language the timeline is written
    #[arg(long, value_name = "LANGUAGE", default_value = "en")]
    pub language: TimelineLanguage,
}

/// The language of a timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TimelineLanguage {
    /// English
    En,
    /// 日本語
    Ja,
}

impl From<TimelineLanguage> for history::Language {
    fn from(language: TimelineLanguage) -> Self {
        match language {
            TimelineLanguage::En => Self::En,
            TimelineLanguage::Ja => Self::Ja,
        }
    }
}

/// Options of `musubi find`.
#[derive(Clone, Debug, Args)]
#[group(required = true, multiple = true)]
pub struct FindArgs {
    /// A day, or all of a month or year: `1970-01-31`, `1970-01` or `1970`
    #[arg(long, value_name = "DATE")]
    pub birth_date: Option<String>,
    /// The sex that some source tells
    #[arg(long, value_name = "SEX")]
    pub sex: Option<Sex>,
    /// The facility's id in facilities.csv
    #[arg(long, value_name = "ID")]
    pub facility: Option<String>,
}

/// A sex, as the schema lists it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Sex {
    /// 男
    Male,
    /// 女
    Female,
    /// Neither
    Other,
}

impl Sex {
    /// Its code in the schema.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Male => "male",
            Self::Female => "female",
            Self::Other => "other",
        }
    }
}

/// `musubi identities ...`
#[derive(Clone, Debug, Subcommand)]
pub enum IdentitiesCommand {
    /// Write `source,record_key,identity` for every linked record
    Export {
        /// The CSV file to write
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

/// `musubi events ...`
#[derive(Clone, Debug, Subcommand)]
pub enum EventsCommand {
    /// Write `identity,event_kind,event_date,product,sources` for every de-duplicated event
    Export {
        /// The CSV file to write
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// With the events that are known by mentions only
        #[arg(long)]
        mentions: bool,
    },
}

/// Options of `musubi evaluate`.
#[derive(Clone, Debug, Args)]
pub struct EvaluateArgs {
    /// A CSV file with `source,record_key,person_id`
    #[arg(long, value_name = "FILE")]
    pub truth: PathBuf,
}

/// Options of `musubi explain`.
#[derive(Clone, Debug, Args)]
pub struct ExplainArgs {
    /// Source of the first record
    #[arg(value_name = "SOURCE")]
    pub left_source: String,
    /// Its key there
    #[arg(value_name = "KEY")]
    pub left_key: String,
    /// Source of the second record
    #[arg(value_name = "SOURCE")]
    pub right_source: String,
    /// Its key there
    #[arg(value_name = "KEY")]
    pub right_key: String,
}

/// `musubi mapping ...`
#[derive(Clone, Debug, Subcommand)]
pub enum MappingCommand {
    /// Whether mapping files can be used: names, columns, codes
    Check {
        /// Mapping files [default: those that musubi.toml uses, or the shipped ones]
        #[arg(value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Run the tests inside mapping files
    Test {
        /// Mapping files [default: those that musubi.toml uses, or the shipped ones]
        #[arg(value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Print a shipped mapping file, to begin one of your own with
    Show {
        /// As `mapping check` names it, with or without its version: `trump-transplant`
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// What a mapping makes of the first rows of a file; identifying values are not shown
    Preview {
        /// The mapping file
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// The export to read [default: the configured source of the mapping's kind]
        #[arg(long, value_name = "FILE")]
        input: Option<PathBuf>,
        /// How many rows
        #[arg(long, default_value_t = 3)]
        rows: usize,
        /// The encoding of a TRUMP export: cp932 or utf-8
        #[arg(long, default_value = "cp932")]
        encoding: String,
    },
}

/// `musubi fixtures ...`
#[derive(Clone, Debug, Subcommand)]
pub enum FixturesCommand {
    /// Write a synthetic world: the registries' exports and truth.csv
    Generate(GenerateArgs),
}

/// Options of `musubi fixtures generate`.
#[derive(Clone, Debug, Args)]
pub struct GenerateArgs {
    /// How many persons
    #[arg(long)]
    pub persons: u32,
    /// Another seed is another world
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// The folder to write to
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// The day on which the registries were exported
    #[arg(long, value_name = "DATE", default_value = DEMO_AS_OF)]
    pub as_of: String,
    /// FormsNet3 in the long form too
    #[arg(long)]
    pub long_form: bool,
    /// TRUMP in UTF-8 instead of CP932
    #[arg(long)]
    pub utf8_trump: bool,
}

/// The day on which the demo's registries were exported: fixed, so that a seed is always the same world.
pub const DEMO_AS_OF: &str = "2026-03-31";
