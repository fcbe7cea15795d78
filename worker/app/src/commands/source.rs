//! `musubi source list`, `check`, `discover`

use std::collections::BTreeMap;
use std::fmt::Write as _;

use connector::{Discovery, Finding, FindingKind};
use serde::Serialize;

use super::Session;
use crate::catalog::Kind;
use crate::cli::{SourceCommand, SourceNames};
use crate::jobs::check_layout::{check_layout, connect};
use crate::jobs::map_records::Mapper;
use crate::output::{Show, Table, print, thousands};
use crate::project::Project;
use crate::{Exit, Failure};

pub(super) async fn source(session: &Session, command: SourceCommand) -> Result<Exit, Failure> {
    let project = session.project().await?;
    match command {
        SourceCommand::List => list(session, &project).await,
        SourceCommand::Check(names) => check(session, &project, &names).await,
        SourceCommand::Discover(names) => discover(session, &project, &names).await,
    }
}

#[derive(Debug, Serialize)]
struct Listed {
    sources: BTreeMap<String, ListedSource>,
    kinds: Vec<&'static str>,
}

#[derive(Debug, Serialize)]
struct ListedSource {
    kind: Kind,
    place: String,
    mappings: Vec<String>,
    schedule: Option<String>,
    /// Whether a pull goes on from a stored cursor.
    synced: bool,
    records: u64,
}

async fn list(session: &Session, project: &Project) -> Result<Exit, Failure> {
    let stored = project.store.summary().await?;
    let mut sources = BTreeMap::new();
    for (name, source) in &project.config.sources {
        let mappings = project.mappings(source)?;
        let listed = ListedSource {
            kind: source.kind,
            place: source.settings.place(),
            mappings: mappings
                .mappings()
                .map(|mapping| format!("{}@{}", mapping.name(), mapping.version()))
                .collect(),
            schedule: source
                .schedule
                .as_ref()
                .map(|schedule| schedule.text.clone()),
            synced: project.store.cursor(name).await?.is_some(),
            records: stored
                .sources
                .get(name.as_str())
                .map_or(0, |source| source.records),
        };
        sources.insert(name.to_string(), listed);
    }
    let kinds = Kind::ALL.map(Kind::as_str).to_vec();
    print(session.format, &Listed { sources, kinds })?;
    Ok(Exit::Done)
}

impl Show for Listed {
    fn text(&self) -> String {
        if self.sources.is_empty() {
            return format!(
                "no source is configured; kinds: {}\n",
                self.kinds.join(", ")
            );
        }
        let mut table = Table::new(["source", "kind", "place", "schedule", "records", "mappings"]);
        for (name, source) in &self.sources {
            table.row([
                name.clone(),
                source.kind.as_str().to_owned(),
                source.place.clone(),
                source.schedule.clone().unwrap_or_default(),
                thousands(source.records),
                source.mappings.len().to_string(),
            ]);
        }
        table.render()
    }
}

#[derive(Debug, Serialize)]
struct Checked {
    sources: BTreeMap<String, CheckedSource>,
}

#[derive(Debug, Default, Serialize)]
struct CheckedSource {
    fit: bool,
    findings: Vec<Finding>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<String>,
}

async fn check(session: &Session, project: &Project, names: &SourceNames) -> Result<Exit, Failure> {
    let mut sources = BTreeMap::new();
    for source in project.config.select(&names.names)? {
        let mapper = Mapper::of(project, source)?;
        let connector = connect(source, &mapper)?;
        let checked = match check_layout(&*connector, &mapper).await {
            Ok(findings) => CheckedSource {
                fit: true,
                findings,
                fault: None,
            },
            Err(failure) => CheckedSource {
                fault: Some(failure.told()),
                ..CheckedSource::default()
            },
        };
        sources.insert(source.name.to_string(), checked);
    }
    let fit = sources.values().all(|source| source.fit);
    print(session.format, &Checked { sources })?;
    Ok(if fit { Exit::Done } else { Exit::Failed })
}

impl Show for Checked {
    fn text(&self) -> String {
        let mut text = String::new();
        for (name, source) in &self.sources {
            let _ = writeln!(
                text,
                "{name}: {}",
                if source.fit {
                    "can be read"
                } else {
                    "cannot be read"
                }
            );
            for finding in &source.findings {
                let kind = match finding.kind {
                    FindingKind::Note => "note",
                    FindingKind::Warning => "warning",
                    FindingKind::Fault => "fault",
                };
                let _ = writeln!(text, "  {kind}: {}: {}", finding.place, finding.message);
            }
            if let Some(fault) = &source.fault {
                let _ = writeln!(text, "  {}", fault.replace('\n', "\n  "));
            }
        }
        text
    }
}

#[derive(Debug, Serialize)]
struct Discovered {
    sources: BTreeMap<String, Discovery>,
}

async fn discover(
    session: &Session,
    project: &Project,
    names: &SourceNames,
) -> Result<Exit, Failure> {
    let mut sources = BTreeMap::new();
    for source in project.config.select(&names.names)? {
        let mapper = Mapper::of(project, source)?;
        let offered = connect(source, &mapper)?.discover().await?;
        sources.insert(source.name.to_string(), offered);
    }
    print(session.format, &Discovered { sources })?;
    Ok(Exit::Done)
}

impl Show for Discovered {
    fn text(&self) -> String {
        let mut table = Table::new(["source", "offers", "size", "detail"]);
        for (name, discovery) in &self.sources {
            for offer in &discovery.offers {
                table.row([
                    name.clone(),
                    offer.name.clone(),
                    offer.size.map(thousands).unwrap_or_default(),
                    offer.detail.clone(),
                ]);
            }
        }
        table.render()
    }
}
