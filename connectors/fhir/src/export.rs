use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use connector::{ConnectorError, FindingKind, Page};
use reqwest::header::{self, HeaderName};
use reqwest::{Response, Url};
use tokio::sync::Mutex;

use crate::FhirSettings;
use crate::address::{linked, shown, stored};
use crate::batch::{Batch, FileKind};
use crate::download::Download;
use crate::http::{Ask, Http, backoff, is_passing};
use crate::manifest::{Manifest, ManifestFile};
use crate::outcome::Outcomes;
use crate::position::{Job, Position, Reading, Stage, Trail};

/// How often an export is asked for within one run, when one after another comes to nothing.
const ATTEMPTS_MAX: u32 = 3;

/// The longest wait between two questions when the server names none.
const POLL_DELAY_MAX: Duration = Duration::from_secs(10);

/// Reads a server by Bulk Data export, one step a pull.
pub(crate) struct Export {
    pub(crate) settings: FhirSettings,
    pub(crate) http: Arc<Http>,
    pub(crate) base: Url,
    download: Download,
    /// The manifest read last, with its address.
    manifest: Mutex<Option<(String, Arc<Manifest>)>>,
    /// Exports of this run that came to nothing.
    failures: AtomicU32,
}

/// What the place of a manifest answered.
enum Polled {
    Ready(Manifest),
    NotYet {
        wait: Option<Duration>,
        progress: Option<String>,
    },
    Gone,
    Failed(String),
}

impl Export {
    pub(crate) fn new(settings: &FhirSettings, http: Arc<Http>, base: Url) -> Self {
        Self {
            download: Download::new(settings, Arc::clone(&http)),
            settings: settings.clone(),
            http,
            base,
            manifest: Mutex::new(None),
            failures: AtomicU32::new(0),
        }
    }

    /// Waits for the job; hands back now and then with nothing, so that a lease can be renewed.
    pub(crate) async fn wait(
        &self,
        position: &Position,
        job: &Job,
    ) -> Result<Page, ConnectorError> {
        let url = stored(&job.url)?;
        if job.origin != self.http.own_origin() {
            return self.again(
                position,
                job,
                "the server has moved to another address since the export was asked for",
            );
        }
        let mut job = job.clone();
        let began = Instant::now();
        for poll in 0.. {
            match self.poll(&url, 1).await? {
                Polled::Ready(manifest) => return self.begin(position, job, manifest).await,
                Polled::Gone => {
                    return self.again(position, &job, "the server knows the export no more");
                }
                Polled::Failed(codes) => {
                    return self.again(
                        position,
                        &job,
                        &format!("the server gave the export up ({codes})"),
                    );
                }
                Polled::NotYet { wait, progress } => {
                    job.progress = progress.or(job.progress);
                    tokio::time::sleep(wait.unwrap_or_else(|| backoff(poll).min(POLL_DELAY_MAX)))
                        .await;
                }
            }
            if began.elapsed() >= Duration::from_secs(self.settings.poll_s_max) {
                break;
            }
        }
        job.waited_s += began.elapsed().as_secs().max(1);
        if job.waited_s > self.settings.export_s_max {
            return self.again(
                position,
                &job,
                "the export was not ready within `export_s_max`",
            );
        }
        let mut batch = Batch::new(shown(&url).into());
        let told = job.progress.as_deref().unwrap_or("nothing");
        batch.find(
            FindingKind::Note,
            format!("waiting for the export; the server says of its progress: {told}"),
        );
        Ok(batch.page(position.at(Stage::Waiting(job)).more()?, None))
    }

    async fn begin(
        &self,
        position: &Position,
        job: Job,
        manifest: Manifest,
    ) -> Result<Page, ConnectorError> {
        let mut batch = Batch::new(shown(&stored(&job.url)?).into());
        if let Some(progress) = &job.progress {
            batch.find(
                FindingKind::Note,
                format!("the export is ready; its last progress was: {progress}"),
            );
        }
        if manifest.transaction_time.is_none() {
            let message =
                "the manifest tells no `transactionTime`, so the next sync reads everything again";
            batch.find(FindingKind::Warning, message);
        }
        let mut manifests = Trail::default();
        manifests.step(&job.url);
        let reading = Reading {
            manifest: job.url.clone(),
            manifests,
            transaction_time: manifest.transaction_time.clone(),
            file: 0,
            name: String::new(),
            previous: String::new(),
            line: 0,
            offset: 0,
            etag: None,
            rows: 0,
            job,
        };
        let progress = manifest.progress(&reading);
        self.hold(&reading.manifest, manifest).await;
        Ok(batch.page(
            position.at(Stage::Reading(Box::new(reading))).more()?,
            progress,
        ))
    }

    /// Reads on in the files of an export.
    pub(crate) async fn read(
        &self,
        position: &Position,
        reading: &Reading,
    ) -> Result<Page, ConnectorError> {
        if reading.job.origin != self.http.own_origin() {
            return self.again(
                position,
                &reading.job,
                "the server has moved to another address since it was made",
            );
        }
        let held = self.held(&reading.manifest).await;
        let was_held = held.is_some();
        let manifest = match held {
            Some(manifest) => manifest,
            None => match self.fetch(position, reading).await? {
                Ok(manifest) => manifest,
                Err(page) => return Ok(page),
            },
        };
        let Some((reading, moved)) = reading.placed(&manifest.names()) else {
            return self.after_last(position, reading, &manifest).await;
        };
        let file = &manifest.files[reading.file];
        if let Some(why) = self.unread(file) {
            return skip(position, reading, file, &why, &manifest);
        }
        let token = manifest.requires_access_token != Some(false);
        match self.download.pull(&reading, file, token).await? {
            Some((mut batch, reading)) => {
                if moved {
                    let message = "the manifest has changed since it was begun; its files are read from their beginning";
                    batch.find(FindingKind::Note, message);
                }
                let progress = manifest.progress(&reading);
                Ok(batch.page(
                    position.at(Stage::Reading(Box::new(reading))).more()?,
                    progress,
                ))
            }
            None if was_held => {
                // Addresses of files may end before the export does: the manifest gives new ones.
                self.release().await;
                Box::pin(self.read(position, &reading)).await
            }
            None => self.again(
                position,
                &reading.job,
                "a file of the export is there no more",
            ),
        }
    }

    /// The manifest from its server; a page to hand back when it is not to be had.
    async fn fetch(
        &self,
        position: &Position,
        reading: &Reading,
    ) -> Result<Result<Arc<Manifest>, Page>, ConnectorError> {
        let url = stored(&reading.manifest)?;
        match self.poll(&url, reading.manifests.steps).await? {
            Polled::Ready(manifest) => Ok(Ok(self.hold(&reading.manifest, manifest).await)),
            Polled::NotYet { wait, .. } => {
                tokio::time::sleep(wait.unwrap_or(POLL_DELAY_MAX)).await;
                // The cursor moves, though nothing was read.
                let mut reading = reading.clone();
                reading.job.waited_s += 1;
                let next = position.at(Stage::Reading(Box::new(reading)));
                Ok(Err(Batch::new(shown(&url).into()).page(next.more()?, None)))
            }
            Polled::Gone => self
                .again(
                    position,
                    &reading.job,
                    "the server knows the export no more",
                )
                .map(Err),
            Polled::Failed(codes) => {
                let why = format!("the server gave the export up ({codes})");
                self.again(position, &reading.job, &why).map(Err)
            }
        }
    }

    /// The next manifest, or the end.
    async fn after_last(
        &self,
        position: &Position,
        reading: &Reading,
        manifest: &Manifest,
    ) -> Result<Page, ConnectorError> {
        let here = stored(&reading.manifest)?;
        let mut batch = Batch::new(shown(&here).into());
        let mut whole = true;
        if let Some(next) = &manifest.next {
            let next = linked(&here, next)?;
            let mut manifests = reading.manifests.clone();
            if manifests.steps >= self.settings.pages_max {
                let why = "it continues in more manifests than `pages_max`";
                return Err(ConnectorError::needs_person(shown(&here), why));
            }
            if manifests.step(next.as_str()) {
                let mut reading = Reading {
                    manifest: next.into(),
                    manifests,
                    ..reading.clone()
                };
                reading.begin_manifest();
                return Ok(batch.page(position.at(Stage::Reading(Box::new(reading))).more()?, None));
            }
            whole = false;
            let message = "its manifests lead in a circle; what they name was read, and the next sync reads everything again";
            batch.find(FindingKind::Fault, message);
        }
        let mut done = position.clone();
        let instant = reading.transaction_time.as_deref().filter(|_| whole);
        done.reach(&reading.job.types, instant);
        let mut jobs = reading.job.jobs.clone();
        jobs.push(reading.job.url.clone());
        done.stage = Stage::Idle { jobs };
        self.release().await;
        self.failures.store(0, Ordering::Relaxed);
        Ok(batch.page(done.caught_up()?, None))
    }

    /// Gives a job up and asks for a new one from the same watermark; after a few, only in a later run.
    pub(crate) fn again(
        &self,
        position: &Position,
        job: &Job,
        why: &str,
    ) -> Result<Page, ConnectorError> {
        let place = shown(&stored(&job.url)?);
        if self.failures.fetch_add(1, Ordering::Relaxed) + 1 >= ATTEMPTS_MAX {
            self.failures.store(0, Ordering::Relaxed);
            return Err(ConnectorError::try_later(
                place,
                format!("{why}, {ATTEMPTS_MAX} times"),
            ));
        }
        let mut batch = Batch::new(place.into());
        batch.find(
            FindingKind::Warning,
            format!("{why}; a new export is asked for"),
        );
        let mut jobs = job.jobs.clone();
        if job.origin == self.http.own_origin() {
            jobs.push(job.url.clone());
        }
        Ok(batch.page(position.at(Stage::Asking { jobs }).more()?, None))
    }

    async fn poll(&self, url: &Url, number: u64) -> Result<Polled, ConnectorError> {
        let response = self
            .http
            .send(&Ask::get(url.clone(), "application/json"))
            .await?;
        match response.status().as_u16() {
            200 => {
                // Where a redirect led, relative addresses begin.
                let place = response.url().clone();
                let body = self.http.body(response).await?;
                let manifest = Manifest::read(&body, &place, number);
                let why = "the answer is no manifest of an export";
                manifest
                    .map(Polled::Ready)
                    .ok_or_else(|| ConnectorError::try_later(shown(url), why))
            }
            202 => Ok(Polled::NotYet {
                wait: self.http.retry_after(&response),
                progress: progress_told(&response),
            }),
            404 | 410 => Ok(Polled::Gone),
            status => {
                let refusal = self.http.refusal(&response);
                if !is_passing(response.status()) || status == 429 {
                    return Err(refusal);
                }
                let mut outcomes = Outcomes::default();
                let failed =
                    outcomes.take(&self.http.body(response).await?) && !outcomes.tells("transient");
                if failed {
                    Ok(Polled::Failed(outcomes.codes()))
                } else {
                    Err(refusal)
                }
            }
        }
    }

    /// Why a file is not read, if it is not.
    fn unread(&self, file: &ManifestFile) -> Option<(FindingKind, String)> {
        if file.url.is_none() {
            return Some((
                FindingKind::Fault,
                "the manifest tells no address of it".to_owned(),
            ));
        }
        let name = file.resource_type.as_ref()?;
        let types = &self.settings.types;
        let unasked = file.kind == FileKind::Output && !types.is_empty() && !types.contains(name);
        unasked.then(|| {
            (
                FindingKind::Note,
                format!("it holds `{name}`, which was not asked for, and is left unread"),
            )
        })
    }

    async fn held(&self, url: &str) -> Option<Arc<Manifest>> {
        let held = self.manifest.lock().await;
        held.as_ref()
            .filter(|(at, _)| at == url)
            .map(|(_, manifest)| Arc::clone(manifest))
    }

    async fn hold(&self, url: &str, manifest: Manifest) -> Arc<Manifest> {
        let manifest = Arc::new(manifest);
        *self.manifest.lock().await = Some((url.to_owned(), Arc::clone(&manifest)));
        manifest
    }

    async fn release(&self) {
        *self.manifest.lock().await = None;
    }
}

fn skip(
    position: &Position,
    mut reading: Reading,
    file: &ManifestFile,
    (kind, why): &(FindingKind, String),
    manifest: &Manifest,
) -> Result<Page, ConnectorError> {
    let mut batch = Batch::new(file.name.as_str().into());
    batch.find(*kind, why);
    reading.next_file();
    let progress = manifest.progress(&reading);
    Ok(batch.page(
        position.at(Stage::Reading(Box::new(reading))).more()?,
        progress,
    ))
}

/// What `X-Progress` says, short and plain.
fn progress_told(response: &Response) -> Option<String> {
    const X_PROGRESS: HeaderName = HeaderName::from_static("x-progress");
    let text = response.headers().get(X_PROGRESS)?.to_str().ok()?;
    let text: String = text
        .chars()
        .filter(|letter| !letter.is_control())
        .take(100)
        .collect();
    tracing::info!(progress = text, "the export is being made");
    Some(text)
}

/// The address of a job, as an answer to the kick-off tells it.
pub(crate) fn job_url(response: &Response) -> Result<Url, ConnectorError> {
    let place = response.url();
    let told = [header::CONTENT_LOCATION, header::LOCATION]
        .into_iter()
        .find_map(|name| response.headers().get(name)?.to_str().ok());
    match told {
        Some(told) => linked(place, told),
        None => Err(ConnectorError::needs_person(
            shown(place),
            "the server took the export up but told no `Content-Location` where to ask for it",
        )),
    }
}
