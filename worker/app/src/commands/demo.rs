//! `musubi demo`

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use connector_fhir::FhirSettings;
use fixture_server::{Faults, Server};
use fixtures::Options;
use schema::{EventKind, RecordRef};
use serde::{Deserialize, Serialize};
use store::RunKind;

use super::init::{FhirPlace, Named, write_project};
use super::{Session, evaluate, fixtures as generator, run};
use crate::catalog::{Kind, Settings};
use crate::cli::{DEMO_AS_OF, DemoArgs};
use crate::config::{Config, FILE_NAME};
use crate::lease::{Held, Patience};
use crate::output::{Show, print};
use crate::project::Project;
use crate::summary::Summary;
use crate::{Exit, Failure, runs};

/// Where the demo goes when no folder is named.
const FOLDER_DEFAULT: &str = "musubi-demo";

/// What tells that a folder is a demo's, and of which world.
const MARKER: &str = "demo.json";

/// What a demo writes into its folder, and `--force` takes away.
const WRITTEN: [&str; 8] = [
    MARKER,
    FILE_NAME,
    "world",
    "releases",
    ".musubi",
    "musubi.db",
    "musubi.db-wal",
    "musubi.db-shm",
];

/// Histories that are looked through for one worth showing.
const LOOKED_AT_MAX: u32 = 2_000;

/// The world of a demo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Marker {
    persons: u32,
    seed: u64,
}

/// The summary of a demo, with what to try next.
#[derive(Debug, Serialize)]
struct Shown {
    #[serde(flatten)]
    summary: Summary,
    folder: PathBuf,
    next: Vec<String>,
}

/// Makes a synthetic world and goes the whole way over it. Rows that are wrong on purpose are set aside; that is no cause for an
/// exit code here.
///
/// # Errors
/// When the folder holds something else, or a step fails.
pub async fn demo(session: &Session, args: &DemoArgs) -> Result<Exit, Failure> {
    let dir = session
        .dir
        .clone()
        .unwrap_or_else(|| PathBuf::from(FOLDER_DEFAULT));
    let world = Marker {
        persons: args.persons,
        seed: args.seed,
    };
    let known = clear_way(&dir, world, args.force)?;
    let begun = Instant::now();
    if !known {
        make_world(&dir, world).await?;
    }
    let generated = begun.elapsed().as_secs_f64();
    let (project, server) = open_served(session, &dir).await?;
    let mut summary = run::whole_way_with(&project, |source| source.kind == Kind::Fhir).await?;
    drop(server);
    forget_server(&project).await?;
    summary.add_stage("generate", generated);
    let begun = Instant::now();
    let truth = dir.join("world/truth.csv");
    let evaluation = evaluate::evaluate_against(&project, &truth).await?;
    summary.accuracy = Some(evaluation.into());
    summary.add_stage("evaluate", begun.elapsed().as_secs_f64());
    let shown = Shown {
        next: next_steps(&project, &dir).await?,
        folder: dir,
        summary,
    };
    print(session.format, &shown)?;
    project.store.close().await;
    Ok(Exit::Done)
}

/// Whether the folder holds this very world already. Whatever else it holds is refused, or taken away by force where a demo wrote it.
fn clear_way(dir: &Path, world: Marker, force: bool) -> Result<bool, Failure> {
    let marker = std::fs::read_to_string(dir.join(MARKER)).ok();
    let standing: Option<Marker> = marker.and_then(|text| serde_json::from_str(&text).ok());
    match standing {
        Some(standing) if standing == world && !force => Ok(true),
        Some(_) if force => {
            take_away(dir)?;
            Ok(false)
        }
        Some(Marker { persons, seed }) => Err(Failure::refused(format!(
            "`{}` holds a demo of {persons} persons, seed {seed}",
            dir.display()
        ))
        .advise("name another folder with `--dir DIR`, or add `--force` to throw that one away")),
        None if dir.join(FILE_NAME).exists() => Err(Failure::refused(format!(
            "`{}` holds a project that is no demo",
            dir.display()
        ))
        .advise("name another folder with `--dir DIR`")),
        None => Ok(false),
    }
}

fn take_away(dir: &Path) -> Result<(), Failure> {
    for name in WRITTEN {
        let path = dir.join(name);
        let gone = if path.is_dir() {
            std::fs::remove_dir_all(&path)
        } else if path.exists() {
            std::fs::remove_file(&path)
        } else {
            Ok(())
        };
        gone.map_err(|cause| {
            Failure::because(format!("`{}` cannot be taken away", path.display()), cause)
        })?;
    }
    Ok(())
}

async fn make_world(dir: &Path, world: Marker) -> Result<(), Failure> {
    let options = Options {
        persons: world.persons,
        seed: world.seed,
        as_of: DEMO_AS_OF
            .parse()
            .map_err(|cause: jiff::Error| Failure::because("the demo's day is no day", cause))?,
        ..Options::default()
    };
    generator::generate(options, &dir.join("world")).await?;
    let named = Named {
        trump: Some("world/trump".into()),
        formsnet3: Some("world/formsnet3".into()),
        // The demo reads its FHIR part from a server of its own; afterwards the folder gives the same resources.
        fhir: Some(FhirPlace::Folder("world/fhir".into())),
        facilities: Some("world/facilities.csv".into()),
        products: Some("world/products.csv".into()),
    };
    write_project(dir, &named)?;
    // Last, so that a world that was cut short is made anew.
    let marker = serde_json::to_string(&world)
        .map_err(|cause| Failure::because("the marker has no JSON form", cause))?;
    let path = dir.join(MARKER);
    std::fs::write(&path, marker)
        .map_err(|cause| Failure::because(format!("`{}` cannot be written", path.display()), cause))
}

/// The demo's project with its FHIR source on a server of its own.
async fn open_served(session: &Session, dir: &Path) -> Result<(Project, Server), Failure> {
    let mut project = Project::open(dir, session.database.as_deref()).await?;
    let server = Server::start(dir.join("world/fhir"), Faults::default())
        .await
        .map_err(|cause| Failure::because("the demo's FHIR server cannot start", cause))?;
    let config: &mut Config = Arc::make_mut(&mut project.config);
    for source in config.sources.values_mut() {
        if source.kind == Kind::Fhir {
            source.settings = Settings::Fhir(Box::new(FhirSettings::server(&server.url)));
        }
    }
    Ok((project, server))
}

/// The demo's server is gone when the demo ends: later syncs read the folder, from its beginning.
async fn forget_server(project: &Project) -> Result<(), Failure> {
    for source in project
        .config
        .sources
        .values()
        .filter(|source| source.kind == Kind::Fhir)
    {
        let resource = runs::resource(RunKind::Sync, Some(&source.name));
        if let Some(held) = Held::take(project, &resource, Patience::UntilExpiry).await? {
            project
                .store
                .reset_cursor(held.lease(), &source.name)
                .await?;
            held.release().await?;
        }
    }
    Ok(())
}

async fn next_steps(project: &Project, dir: &Path) -> Result<Vec<String>, Failure> {
    let musubi = format!("musubi --dir {}", dir.display());
    let mut steps = Vec::new();
    if let Some((identity, records)) = worth_showing(project).await? {
        steps.push(format!("{musubi} history {identity}"));
        if let [left, .., right] = &records[..] {
            let (left, right) = (told(left), told(right));
            steps.push(format!("{musubi} explain {left} {right}"));
        }
    }
    for step in [
        "dead-letters",
        "issues",
        "ledger",
        "run",
        "identities export identities.csv",
    ] {
        steps.push(format!("{musubi} {step}"));
    }
    Ok(steps)
}

fn told(record: &RecordRef) -> String {
    format!("{} {}", record.source, record.key.expose())
}

/// The person with the most to show among the first: told of by many sources, infusions of several kinds, conflicts, events.
async fn worth_showing(project: &Project) -> Result<Option<(String, Vec<RecordRef>)>, Failure> {
    let mut best: Option<(_, String, Vec<RecordRef>)> = None;
    for stored in project.store.histories().next(LOOKED_AT_MAX).await? {
        let history = stored.read()?;
        let mut sources: Vec<_> = history
            .records
            .iter()
            .map(|record| &record.source)
            .collect();
        sources.sort();
        sources.dedup();
        let has = |kind| history.events.iter().any(|event| event.kind == kind);
        let kinds = usize::from(has(EventKind::Hct)) + usize::from(has(EventKind::Ct));
        let worth = (
            sources.len(),
            kinds,
            history.conflicts.len().min(1),
            history.events.len(),
        );
        if best.as_ref().is_none_or(|(known, ..)| *known < worth) {
            best = Some((worth, history.identity.to_string(), history.records));
        }
    }
    Ok(best.map(|(_, identity, records)| (identity, records)))
}

impl Show for Shown {
    fn text(&self) -> String {
        let mut text = self.summary.text();
        let _ = writeln!(
            text,
            "\nThe project is in {}. Rows that are wrong on purpose were set aside. Try next:",
            self.folder.display()
        );
        for step in &self.next {
            let _ = writeln!(text, "  {step}");
        }
        text
    }
}
