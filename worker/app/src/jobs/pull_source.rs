//! Pulls a source page by page and stores each page with its cursor; the next page is read and mapped while one is stored.

use connector::{Connector, ConnectorError, Cursor, Finding, FindingKind, Next, Page};
use jiff::Timestamp;
use schema::RowCounts;
use serde::Serialize;
use store::{PageCommit, RunFinding};

use crate::Failure;
use crate::config::SourceConfig;
use crate::jobs::check_layout::{check_layout, connect};
use crate::jobs::map_records::{MappedPage, Mapper, remap_if_changed};
use crate::jobs::organizations;
use crate::progress::{Progress, Unit};
use crate::project::Project;
use crate::runs::Attempt;
use crate::telemetry::Meters;

/// Pages of one pull before it is taken for endless: at the least rows a page this is more than any registry holds.
pub(super) const PAGES_MAX: usize = 10_000_000;

/// Findings of one pull that are kept for showing; all are stored.
pub(super) const FINDINGS_SHOWN_MAX: usize = 100;

/// What pulling a source came to.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Pulled {
    /// Rows by their end.
    pub counts: RowCounts,
    /// Pages stored.
    pub pages: usize,
    /// Stored records that differ since they were mapped anew; none when the mappings had not changed.
    pub remapped: Option<u64>,
    /// What the operator should know.
    pub findings: Vec<Finding>,
}

/// A page on its way into the store, with what comes after it.
struct Prepared {
    commit: PageCommit,
    findings: Vec<Finding>,
    progress: Option<(u64, u64)>,
    next: Next,
}

impl Prepared {
    fn holds_rows(&self) -> bool {
        !self.commit.records.is_empty() || !self.commit.set_aside.is_empty()
    }
}

/// One pull of one source.
struct Pull<'a> {
    project: &'a Project,
    attempt: &'a Attempt,
    source: &'a SourceConfig,
    connector: Box<dyn Connector>,
    mapper: Mapper,
    progress: Progress,
}

/// Pulls a source from its stored cursor, or from its beginning with `full`.
///
/// # Errors
/// When a file's layout lacks what its mapping needs, before anything is stored; when the source or the database cannot be used.
/// What was stored by then stays, and the next pull goes on from there.
pub async fn pull_source(
    project: &Project,
    attempt: &Attempt,
    source: &SourceConfig,
    full: bool,
) -> Result<Pulled, Failure> {
    let mapper = Mapper::of(project, source)?;
    let connector = connect(source, &mapper)?;
    let notes = check_layout(&*connector, &mapper).await?;
    organizations::remember(project, &mapper).await?;
    let remapped = remap_if_changed(project, attempt, &mapper).await?;
    if full {
        project
            .store
            .reset_cursor(attempt.lease(), &source.name)
            .await?;
    }
    let pull = Pull {
        project,
        attempt,
        source,
        connector,
        mapper,
        progress: Progress::stage(&format!("sync {}", source.name), Unit::Things),
    };
    let pulled = pull.all_pages(notes).await;
    pull.progress.finish();
    let pulled = pulled?;
    let caught_up = organizations::catch_up(project, attempt, &pull.mapper).await?;
    Ok(Pulled {
        remapped: remapped.max(caught_up),
        ..pulled
    })
}

impl Pull<'_> {
    async fn all_pages(&self, notes: Vec<Finding>) -> Result<Pulled, Failure> {
        let mut pulled = Pulled::default();
        let from = stored_cursor(self.project, self.source).await?;
        let mut prepared = self.prepare(from).await?;
        prepared.findings.splice(0..0, notes);
        for _ in 0..PAGES_MAX {
            let next = prepared.next.clone();
            self.show(&prepared, &pulled);
            let stopping = self.attempt.stop.is_asked();
            let following = async {
                match &next {
                    Next::More(cursor) if !stopping => {
                        self.prepare(Some(cursor.clone())).await.map(Some)
                    }
                    _ => Ok(None),
                }
            };
            // A page without rows is a place to begin again at, such as a job's address: it is stored before the source is
            // asked for more.
            let (stored, following) = if prepared.holds_rows() {
                tokio::join!(self.store(prepared, &mut pulled), following)
            } else {
                self.store(prepared, &mut pulled).await?;
                (Ok(()), following.await)
            };
            stored?;
            match (following?, next) {
                (Some(following), _) => prepared = following,
                (None, Next::CaughtUp(cursor)) => {
                    self.settled(&cursor).await;
                    return Ok(pulled);
                }
                (None, Next::More(_)) => {
                    return Err(Failure::try_later("asked to stop; what was read is stored"));
                }
            }
        }
        Err(Failure::stop(format!(
            "`{}` gave more than {PAGES_MAX} pages",
            self.source.name
        )))
    }

    async fn prepare(&self, from: Option<Cursor>) -> Result<Prepared, Failure> {
        let Page {
            records,
            set_aside,
            counts,
            findings,
            progress,
            next,
        } = self.connector.pull(from.as_ref()).await?;
        let mapper = self.mapper.clone();
        let page = blocking(move || mapper.map_rows(&records)).await?;
        let MappedPage {
            records,
            set_aside: at_the_door,
            refusals,
            learnt,
        } = page;
        if learnt {
            let earlier = from.is_some();
            organizations::keep(self.project, self.attempt, &self.mapper, earlier).await?;
        }
        let commit = PageCommit {
            source: self.source.name.clone(),
            from: from.as_ref().map(cursor_text).transpose()?,
            to: cursor_text(next.cursor())?,
            records,
            set_aside: [set_aside, at_the_door].concat(),
            refusals,
            read: counts,
            findings: Vec::new(),
            now: Timestamp::now(),
        };
        Ok(Prepared {
            commit,
            findings,
            progress,
            next,
        })
    }

    #[tracing::instrument(skip_all, fields(records = prepared.commit.records.len(), set_aside = prepared.commit.set_aside.len()))]
    async fn store(&self, prepared: Prepared, pulled: &mut Pulled) -> Result<(), Failure> {
        let mut commit = prepared.commit;
        commit.findings = prepared.findings.iter().map(run_finding).collect();
        let outcome = self
            .project
            .store
            .commit_page(self.attempt.lease(), self.attempt.run, commit)
            .await?;
        let counts = outcome.total();
        Meters::global().rows(&self.source.name, &counts);
        pulled.counts += counts;
        pulled.pages += 1;
        // The check before and each page may tell of the same file.
        for finding in prepared.findings {
            if pulled.findings.len() < FINDINGS_SHOWN_MAX && !pulled.findings.contains(&finding) {
                pulled.findings.push(finding);
            }
        }
        Ok(())
    }

    fn show(&self, prepared: &Prepared, pulled: &Pulled) {
        match prepared.progress {
            Some((done, total)) => self.progress.at(done, Some(total), Unit::Bytes),
            None => self.progress.at(pulled.counts.read, None, Unit::Things),
        }
        self.progress.note(format!("{} rows", pulled.counts.read));
    }

    async fn settled(&self, cursor: &Cursor) {
        if let Err(error) = self.connector.settled(cursor).await {
            tracing::warn!(source = %self.source.name, %error, "the source was not told that all is stored");
        }
    }
}

/// Where a source stands.
///
/// # Errors
/// When the stored cursor cannot be read: a sync never starts over by itself.
pub(super) async fn stored_cursor(
    project: &Project,
    source: &SourceConfig,
) -> Result<Option<Cursor>, Failure> {
    let Some(text) = project.store.cursor(&source.name).await? else {
        return Ok(None);
    };
    let unreadable = |cause: serde_json::Error| ConnectorError::CursorUnreadable {
        why: cause.to_string(),
    };
    Ok(Some(serde_json::from_str(&text).map_err(unreadable)?))
}

fn cursor_text(cursor: &Cursor) -> Result<String, Failure> {
    serde_json::to_string(cursor)
        .map_err(|cause| Failure::because("a cursor has no JSON form", cause))
}

fn run_finding(finding: &Finding) -> RunFinding {
    RunFinding {
        kind: match finding.kind {
            FindingKind::Note => store::FindingKind::Note,
            FindingKind::Warning => store::FindingKind::Warning,
            FindingKind::Fault => store::FindingKind::Fault,
        },
        place: finding.place.clone(),
        message: finding.message.clone(),
    }
}

/// Runs what counts or reads much on a thread where waiting harms nobody.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Failure> {
    let span = tracing::Span::current();
    tokio::task::spawn_blocking(move || span.in_scope(work))
        .await
        .map_err(|cause| Failure::because("a fault of the program", cause))
}
