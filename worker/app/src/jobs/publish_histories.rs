//! Writes all histories as a release: a folder that never changes, named by what it holds.

use std::path::PathBuf;

use jiff::Timestamp;
use publication::{Manifest, Options, Profile, Release, Versions};
use schema::ContentHash;
use serde::Serialize;
use store::{NewRelease, RunKind, StoredHistory};

use crate::Failure;
use crate::jobs::pull_source::blocking;
use crate::progress::{Progress, Unit};
use crate::project::Project;
use crate::runs::Attempt;

/// Histories that are in memory at a time: some MiB.
const HISTORIES_AT_ONCE: u32 = 250;

/// How many runs are looked through for the day that the data stand at.
const RUNS_LOOKED_AT_MAX: u32 = 1_000;

/// Hexadecimal digits of the content's hash in a release's name.
const NAME_HASH_DIGITS: usize = 12;

/// A release as it was made or as it stood already.
#[derive(Clone, Debug, Serialize)]
pub struct Published {
    /// Its number.
    pub id: u64,
    /// Its folder.
    pub folder: PathBuf,
    /// What it holds.
    pub manifest: Manifest,
}

/// Publishes all histories by a profile. The same histories, profile and versions on the same day's data are the same release.
///
/// # Errors
/// When there is no such profile, the folder cannot be written, the lease is lost or the database away.
pub async fn publish_histories(
    project: &Project,
    attempt: &Attempt,
    profile: &str,
) -> Result<Published, Failure> {
    let profile = find_profile(project, profile)?;
    let progress = Progress::stage("publish", Unit::Things);
    let versions = versions(project).await?;
    let as_of = as_of(project).await?;
    let content = content_hash(project, &profile, &versions).await?;
    let digits = &content.to_hex()[..NAME_HASH_DIGITS];
    let options = Options {
        release: format!("{}-{as_of}-{digits}", profile.name),
        profile,
        as_of,
        created_at: format!("{:.0}", Timestamp::now()),
        versions,
    };
    let out = project.dir.join("releases");
    let folder = out.join(&options.release);
    let profile_name = options.profile.name.clone();
    let mut release = blocking(move || Release::begin(&out, options)).await??;
    let mut pages = project.store.histories();
    let mut done = 0;
    loop {
        let page = pages.next(HISTORIES_AT_ONCE).await?;
        if page.is_empty() {
            break;
        }
        done += page.len() as u64;
        release = blocking(move || add_all(release, &page)).await??;
        progress.at(done, None, Unit::Things);
    }
    let manifest = blocking(move || release.finish()).await??;
    progress.finish();
    let new = NewRelease {
        profile: profile_name,
        manifest: json(&manifest)?,
        hash: manifest_hash(&manifest)?,
    };
    let id = project
        .store
        .add_release(attempt.lease(), attempt.run, &new, Timestamp::now())
        .await?;
    Ok(Published {
        id,
        folder,
        manifest,
    })
}

/// A profile of the project's `profiles/NAME.toml`, or a shipped one.
fn find_profile(project: &Project, name: &str) -> Result<Profile, Failure> {
    let plain = name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    let file = project.dir.join("profiles").join(format!("{name}.toml"));
    if plain && file.is_file() {
        let text = std::fs::read_to_string(&file).map_err(|cause| {
            Failure::because(format!("`{}` cannot be read", file.display()), cause)
        })?;
        return Ok(Profile::parse(&text)?);
    }
    Ok(Profile::shipped(name)?)
}

fn add_all(mut release: Release, page: &[StoredHistory]) -> Result<Release, Failure> {
    for stored in page {
        release.add(&stored.read()?)?;
    }
    Ok(release)
}

async fn versions(project: &Project) -> Result<Versions, Failure> {
    let mut mappings = Vec::new();
    for source in project.config.sources.values() {
        let set = project.mappings(source)?;
        let labels = set
            .mappings()
            .map(|mapping| format!("{}: {}@{}", source.name, mapping.name(), mapping.version()));
        mappings.extend(labels);
    }
    mappings.sort();
    let model = match project.store.current_link().await? {
        Some(link) => format!(
            "{} {}",
            link.model,
            &link.model_hash.to_hex()[..NAME_HASH_DIGITS]
        ),
        None => String::new(),
    };
    Ok(Versions {
        musubi: env!("CARGO_PKG_VERSION").to_owned(),
        mappings,
        model,
    })
}

/// The day of the last sync: the data stand as the sources stood then.
async fn as_of(project: &Project) -> Result<String, Failure> {
    let runs = project.store.runs(RUNS_LOOKED_AT_MAX).await?;
    let synced = runs
        .iter()
        .filter(|run| run.kind == RunKind::Sync)
        .find_map(|run| run.finished_at);
    let day = synced.unwrap_or_else(Timestamp::now);
    Ok(day.strftime("%Y-%m-%d").to_string())
}

async fn content_hash(
    project: &Project,
    profile: &Profile,
    versions: &Versions,
) -> Result<ContentHash, Failure> {
    let mut text = format!("{profile:?}\n{versions:?}\n");
    let mut pages = project.store.histories();
    loop {
        let page = pages.next(HISTORIES_AT_ONCE).await?;
        if page.is_empty() {
            return Ok(ContentHash::of(text.as_bytes()));
        }
        for stored in page {
            text.push_str(&stored.identity.to_string());
            text.push_str(&stored.hash.to_hex());
        }
        // Folded as it goes, so that the text stays short.
        text = ContentHash::of(text.as_bytes()).to_hex();
    }
}

/// The hash of a manifest without the instant of its making.
fn manifest_hash(manifest: &Manifest) -> Result<ContentHash, Failure> {
    let undated = Manifest {
        created_at: String::new(),
        ..manifest.clone()
    };
    Ok(ContentHash::of(json(&undated)?.as_bytes()))
}

fn json(manifest: &Manifest) -> Result<String, Failure> {
    serde_json::to_string(manifest)
        .map_err(|cause| Failure::because("a manifest has no JSON form", cause))
}

impl From<publication::PublicationError> for Failure {
    fn from(error: publication::PublicationError) -> Self {
        use publication::PublicationError as Why;
        match error {
            Why::Exists(_) => Self::refused(error.to_string()),
            Why::NoProfile(_) | Why::Profile(_) => Self::usage(error.to_string()),
            _ => Self::because("the release was not written", error),
        }
    }
}
