//! `musubi model new`, `schema`

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use link_files::{Asked, propose};
use linkage::{Model, Proposal};
use serde::Serialize;

use super::Session;
use super::files::{reading, with_bars};
use crate::cli::{ModelCommand, ModelNewArgs};
use crate::output::{Show, Table, emit, print, thousands};
use crate::{Exit, Failure};

pub(super) fn model(session: &Session, command: ModelCommand) -> Result<Exit, Failure> {
    match command {
        ModelCommand::New(args) => new(session, &args),
        ModelCommand::Schema => {
            let schema = Model::json_schema()
                .map_err(|cause| Failure::because("a fault of the program", cause))?;
            emit(&(schema + "\n"))?;
            Ok(Exit::Done)
        }
    }
}

/// A proposed model: its file's text, or where that was written.
#[derive(Debug, Serialize)]
struct Proposed {
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<PathBuf>,
    text: String,
    rules: Vec<Rule>,
    /// Share of all matches that the rules are thought to give.
    recall: f64,
    /// Columns that are no evidence, and why.
    ignored: Vec<(String, String)>,
    /// What to run next.
    next: String,
}

#[derive(Debug, Serialize)]
struct Rule {
    #[serde(rename = "rule")]
    name: String,
    pairs: u64,
    largest_block: u64,
    found: f64,
    added: f64,
}

fn new(session: &Session, args: &ModelNewArgs) -> Result<Exit, Failure> {
    if let Some(out) = args.out.as_ref().filter(|out| out.exists() && !args.force) {
        return Err(
            Failure::refused(format!("`{}` is there already", out.display()))
                .advise("name another file, or add `--force`"),
        );
    }
    let asked = Asked {
        files: args.files.clone(),
        id_column: args.id_column.clone(),
        truth_column: args.truth_column.clone(),
        name: name(args),
        reading: reading(&args.reading)?,
    };
    let proposal = with_bars(|progress| propose(&asked, progress))?;
    if let Some(out) = &args.out {
        fs::write(out, &proposal.text).map_err(|cause| {
            Failure::because(format!("`{}` cannot be written", out.display()), cause)
        })?;
    }
    print(session.format, &Proposed::new(args, proposal))?;
    Ok(Exit::Done)
}

/// The file's name without its ending: the model's, else the first file's.
fn name(args: &ModelNewArgs) -> String {
    let file = args
        .out
        .as_deref()
        .or(args.files.first().map(PathBuf::as_path));
    let stem = file.and_then(Path::file_stem).unwrap_or_default();
    stem.to_string_lossy().into_owned()
}

impl Proposed {
    fn new(args: &ModelNewArgs, proposal: Proposal) -> Self {
        let rules = proposal.rules.into_iter().map(|rule| Rule {
            name: rule.name,
            pairs: rule.pairs,
            largest_block: rule.largest,
            found: rule.found,
            added: rule.added,
        });
        let ignored = proposal.ignored.into_iter();
        Self {
            next: next(args),
            file: args.out.clone(),
            text: proposal.text,
            rules: rules.collect(),
            recall: proposal.recall,
            ignored: ignored
                .map(|column| (column.heading, column.reason))
                .collect(),
        }
    }
}

/// The command that links by the model.
fn next(args: &ModelNewArgs) -> String {
    let model = args.out.as_deref().unwrap_or(Path::new("MODEL.toml"));
    let mut line = format!("musubi link-files --model {}", model.display());
    for file in &args.files {
        let _ = write!(line, " {}", file.display());
    }
    for (option, column) in [
        ("--id-column", &args.id_column),
        ("--truth-column", &args.truth_column),
    ] {
        if let Some(column) = column {
            let _ = write!(line, " {option} {column}");
        }
    }
    line + " --out linked"
}

impl Show for Proposed {
    /// The model itself when it goes to stdout, so that it can be piped; else what it costs.
    fn text(&self) -> String {
        let Some(file) = &self.file else {
            return self.text.clone();
        };
        let mut text = format!("wrote {}\n", file.display());
        for (heading, reason) in &self.ignored {
            let _ = writeln!(text, "not used: {heading}: {reason}");
        }
        let mut table = Table::new(["blocking rule", "pairs", "largest block", "finds", "adds"]);
        for rule in &self.rules {
            table.row([
                rule.name.clone(),
                thousands(rule.pairs),
                thousands(rule.largest_block),
                format!("{:.1}%", 100.0 * rule.found),
                format!("{:.1}%", 100.0 * rule.added),
            ]);
        }
        text.push_str(&table.render());
        let _ = writeln!(
            text,
            "together they are thought to give {:.1}% of all matches; next:\n  {}",
            100.0 * self.recall,
            self.next
        );
        text
    }
}
