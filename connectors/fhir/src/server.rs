use std::sync::Arc;

use connector::{CheckReport, ConnectorError, Discovery, Finding, FindingKind, Page};
use reqwest::{Method, Url};

use crate::address::{base, shown, stored};
use crate::batch::finding;
use crate::capability::Capability;
use crate::export::Export;
use crate::http::{Ask, FHIR_JSON, Http};
use crate::kick_off::KickedOff;
use crate::position::{Position, Stage};
use crate::search::Search;
use crate::{FhirSettings, Level, Mode};

/// A FHIR server, read by export or search.
pub(crate) struct Server {
    settings: FhirSettings,
    http: Arc<Http>,
    base: Url,
    export: Export,
    search: Search,
}

impl Server {
    pub(crate) fn new(settings: &FhirSettings, url: &str) -> Result<Self, ConnectorError> {
        let base = base(url)?;
        refuse_contradictions(settings)?;
        let http = Arc::new(Http::new(settings, &base)?);
        Ok(Self {
            settings: settings.clone(),
            export: Export::new(settings, Arc::clone(&http), base.clone()),
            search: Search::new(settings, Arc::clone(&http), base.clone()),
            http,
            base,
        })
    }

    /// What is read, for the position: the port may change, host and path may not.
    pub(crate) fn scope(settings: &FhirSettings, url: &str) -> Result<String, ConnectorError> {
        let base = base(url)?;
        let level = match (settings.level, settings.group.as_deref()) {
            (Level::System, _) => "all".to_owned(),
            (Level::Patient, _) => "patients".to_owned(),
            (Level::Group, group) => format!("group {}", group.unwrap_or_default()),
        };
        Ok(format!(
            "{level} of {}{}",
            base.host_str().unwrap_or_default(),
            base.path()
        ))
    }

    pub(crate) async fn check(&self) -> Result<CheckReport, ConnectorError> {
        let mut findings = Vec::new();
        if self.base.scheme() == "http" && !self.is_local() {
            findings.push(self.finding(
                FindingKind::Warning,
                "it is read by plain http, where others can read along; use https",
            ));
        }
        self.http.prove_auth().await?;
        let capability = Capability::fetch(&self.http, &self.base).await?;
        let needs_export = self.settings.mode == Mode::Export;
        findings.extend(capability.findings(&self.base, &self.settings.types, needs_export));
        if self.http.has_auth() {
            findings.push(self.finding(FindingKind::Note, "a token was granted"));
        }
        Ok(CheckReport {
            findings,
            ..CheckReport::default()
        })
    }

    pub(crate) async fn discover(&self) -> Result<Discovery, ConnectorError> {
        let mut offers = Capability::fetch(&self.http, &self.base).await?.offers();
        for offer in offers
            .iter_mut()
            .filter(|offer| self.settings.types.contains(&offer.name))
        {
            offer.size = self.search.total(&offer.name).await;
        }
        Ok(Discovery { offers })
    }

    pub(crate) async fn pull(&self, position: &Position) -> Result<Page, ConnectorError> {
        match &position.stage {
            Stage::Waiting(job) => self.export.wait(position, job).await,
            Stage::Reading(reading) => self.export.read(position, reading).await,
            Stage::Searching(place) => self.search.pull(position, place).await,
            Stage::Asking { jobs } => self.begin(position, jobs).await,
            // What was settled is deleted; a pass begins without old jobs.
            Stage::Idle { .. } | Stage::Folder(_) => self.begin(position, &[]).await,
        }
    }

    /// Begins a pass: by export, by search, or by whichever the server can.
    async fn begin(&self, position: &Position, jobs: &[String]) -> Result<Page, ConnectorError> {
        if self.settings.mode == Mode::Search {
            return self.search(position).await;
        }
        let why = match self.export.kick_off(position, jobs).await? {
            KickedOff::Page(page) => return Ok(page),
            KickedOff::Unable(why) => why,
        };
        if self.settings.mode == Mode::Export || self.settings.level != Level::System {
            let why =
                format!("{why}; see `level`, `group` and `types`, or set `mode = \"search\"`");
            return Err(ConnectorError::needs_person(
                shown(&self.export.operation()?),
                why,
            ));
        }
        let mut page = self.search(position).await?;
        page.findings.insert(
            0,
            self.finding(
                FindingKind::Note,
                &format!("{why}, so it is read by search"),
            ),
        );
        Ok(page)
    }

    async fn search(&self, position: &Position) -> Result<Page, ConnectorError> {
        let place = self.search.begin()?;
        self.search.pull(position, &place).await
    }

    /// Deletes the jobs that were read whole. That a server will not is no harm: it lets them go by itself one day.
    pub(crate) async fn settled(&self, position: &Position) -> Result<(), ConnectorError> {
        let Stage::Idle { jobs } = &position.stage else {
            return Ok(());
        };
        for job in jobs {
            let ask = Ask {
                method: Method::DELETE,
                ..Ask::get(stored(job)?, FHIR_JSON)
            };
            let answer = self.http.send(&ask).await;
            let status = answer.as_ref().map(|response| response.status().as_u16());
            tracing::debug!(?status, "the job was asked to be deleted");
        }
        Ok(())
    }

    fn finding(&self, kind: FindingKind, message: &str) -> Finding {
        finding(kind, &shown(&self.base).into(), message)
    }

    fn is_local(&self) -> bool {
        matches!(
            self.base.host_str(),
            Some("127.0.0.1" | "localhost" | "[::1]")
        )
    }
}

fn refuse_contradictions(settings: &FhirSettings) -> Result<(), ConnectorError> {
    let refuse = |place: &str, why: &str| Err(ConnectorError::needs_person(place, why));
    let is_id = |id: &str| {
        !id.is_empty()
            && id
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
    };
    match (settings.level, settings.group.as_deref()) {
        (Level::Group, Some(group)) if is_id(group) => {}
        (Level::Group, _) => {
            return refuse(
                "setting `group`",
                "`level = \"group\"` wants the id of a Group",
            );
        }
        (_, Some(_)) => {
            return refuse(
                "setting `group`",
                "a group is only read with `level = \"group\"`",
            );
        }
        (_, None) => {}
    }
    if settings.mode == Mode::Search && settings.level != Level::System {
        return refuse(
            "setting `level`",
            "a search reads everything; `group` and `patient` are levels of an export",
        );
    }
    let is_type = |name: &String| {
        name.starts_with(|first: char| first.is_ascii_uppercase())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    if !settings.types.iter().all(is_type) {
        return refuse(
            "setting `types`",
            "expected names of resource types such as `Patient`",
        );
    }
    Ok(())
}
