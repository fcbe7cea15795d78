//! What each command does, one file a command.

mod assemble;
mod completions;
mod dead_letters;
mod demo;
mod encode;
mod evaluate;
mod events;
mod explain;
mod explain_files;
mod files;
mod find;
mod fixtures;
mod history;
mod identities;
mod init;
mod issues;
mod ledger;
mod link;
mod link_files;
mod mapping;
mod model;
mod publish;
mod run;
mod runs;
mod source;
mod sync;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use demo::demo;
pub(crate) use link::link_and_resolve;
pub(crate) use publish::publish_within;
pub use run::whole_way;

use schema::SourceName;
use serde::Serialize;

use crate::cli::{Cli, Command};
use crate::config::Config;
use crate::output::{Format, Show};
use crate::project::Project;
use crate::telemetry::Telemetry;
use crate::{Exit, Failure, worker};

/// What every command is told.
#[derive(Clone, Debug)]
pub struct Session {
    /// `--dir`, if given.
    pub dir: Option<PathBuf>,
    /// `--database`, if given.
    pub database: Option<String>,
    /// `--output`.
    pub format: Format,
    /// The exporters of this process.
    pub telemetry: Arc<Telemetry>,
}

impl Session {
    /// The project's folder: `--dir`, or the current one.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        self.dir.clone().unwrap_or_else(|| PathBuf::from("."))
    }

    /// Opens the project.
    ///
    /// # Errors
    /// When `musubi.toml` or the database cannot be used.
    pub async fn project(&self) -> Result<Project, Failure> {
        Project::open(&self.folder(), self.database.as_deref()).await
    }
}

/// Runs a command line to its end, and sends what telemetry still holds.
///
/// # Errors
/// What the command ended with.
pub async fn run(cli: Cli) -> Result<Exit, Failure> {
    // A second installation in one process (tests) is no fault: the first stays.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let dir = cli.dir.clone().unwrap_or_else(|| PathBuf::from("."));
    let endpoint = Config::read(&dir)
        .ok()
        .and_then(|config| config.telemetry.otlp_endpoint);
    let telemetry = Arc::new(Telemetry::start(endpoint.as_deref())?);
    let session = Session {
        dir: cli.dir,
        database: cli.database,
        format: cli.output,
        telemetry: telemetry.clone(),
    };
    let ended = answer(&session, cli.command).await;
    telemetry.stop().await;
    ended
}

async fn answer(session: &Session, command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Demo(args) => demo(session, &args).await,
        Command::Init(args) => init::init(session, &args),
        Command::Source(command) => source::source(session, command).await,
        Command::Sync(args) => sync::sync(session, &args).await,
        Command::Link => link::link(session).await,
        Command::Assemble => assemble::assemble(session).await,
        Command::Publish(args) => publish::publish(session, &args).await,
        Command::Run(args) => run::run(session, &args).await,
        Command::Worker => worker::work(session).await,
        Command::Runs(args) => runs::runs(session, &args).await,
        Command::DeadLetters(args) => dead_letters::dead_letters(session, &args).await,
        Command::Issues(args) => issues::issues(session, &args).await,
        Command::Ledger(args) => ledger::ledger(session, &args).await,
        Command::History(args) => history::history(session, &args).await,
        Command::Find(args) => find::find(session, &args).await,
        Command::Identities(command) => identities::identities(session, command).await,
        Command::Events(command) => events::events(session, command).await,
        Command::Evaluate(args) => evaluate::evaluate(session, &args).await,
        Command::Explain(args) => explain::explain(session, &args).await,
        Command::LinkFiles(args) => link_files::link_files(session, &args),
        Command::ExplainFiles(args) => explain_files::explain_files(session, &args),
        Command::Encode(args) => encode::encode(session, &args),
        Command::Model(command) => model::model(session, command),
        Command::Mapping(command) => mapping::mapping(session, command).await,
        Command::Fixtures(command) => fixtures::fixtures(session, command).await,
        Command::Completions { shell } => completions::completions(shell),
    }
}

/// The name of a configured source, when one is asked for.
fn source_name(project: &Project, name: Option<&str>) -> Result<Option<SourceName>, Failure> {
    name.map(|name| {
        project
            .config
            .source(name)
            .map(|source| source.name.clone())
    })
    .transpose()
}

/// A file that was written.
#[derive(Debug, Serialize)]
struct Exported {
    file: PathBuf,
    rows: u64,
    /// What a row tells of.
    #[serde(skip)]
    noun: &'static str,
}

impl Show for Exported {
    fn text(&self) -> String {
        let (rows, noun, file) = (self.rows, self.noun, self.file.display());
        format!("wrote {rows} {noun} to {file}\n")
    }
}

/// A CSV file to be written, readable by its owner only: it names persons' records.
fn csv_file(file: &Path) -> Result<csv::Writer<File>, Failure> {
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let opened = options.open(file).map_err(|cause| {
        Failure::because(format!("`{}` cannot be written", file.display()), cause)
    })?;
    Ok(csv::Writer::from_writer(opened))
}

/// The word that serde writes for a value of an enum.
fn word<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}
