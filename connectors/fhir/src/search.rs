use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use connector::{ConnectorError, FindingKind, Page};
use reqwest::{Response, Url, header};
use schema::SetAsideKind;

use crate::FhirSettings;
use crate::address::{linked, origin, shown, stored, under};
use crate::batch::Batch;
use crate::bundle::{Bundle, Entry, resource_type};
use crate::http::{Ask, FHIR_JSON, Http};
use crate::lines::{BadLine, judge};
use crate::outcome::Outcomes;
use crate::position::{Position, Searching, Stage, Trail};

/// How often one run begins a type's search anew because a page is gone.
const RESTARTS_MAX: u32 = 3;

/// A server without links to next pages is asked for pages of up to so many resources.
const COUNT_MAX: u64 = 1_000_000;

/// What changed so long before the last pass is asked for again: a search is no snapshot.
const OVERLAP_S: i64 = 60;

/// Reads a server by paged search, one page a pull, type after type.
pub(crate) struct Search {
    settings: FhirSettings,
    http: Arc<Http>,
    base: Url,
    restarts: AtomicU32,
}

impl Search {
    pub(crate) fn new(settings: &FhirSettings, http: Arc<Http>, base: Url) -> Self {
        Self {
            settings: settings.clone(),
            http,
            base,
            restarts: AtomicU32::new(0),
        }
    }

    /// The beginning of a pass over all types.
    pub(crate) fn begin(&self) -> Result<Searching, ConnectorError> {
        if self.settings.types.is_empty() {
            let why = "a search must know the resource types to ask for; name them";
            return Err(ConnectorError::needs_person("setting `types`", why));
        }
        Ok(Searching {
            types: self.settings.types.clone(),
            ..Searching::default()
        })
    }

    /// How many resources of a type the server says it has, if it says so.
    pub(crate) async fn total(&self, name: &str) -> Option<u64> {
        let mut url = under(&self.base, name).ok()?;
        url.query_pairs_mut().append_pair("_summary", "count");
        let response = self.http.send(&Ask::get(url, FHIR_JSON)).await.ok()?;
        let body = self.http.body(response).await.ok()?;
        Bundle::read(&body)?.total
    }

    /// Reads one page.
    pub(crate) async fn pull(
        &self,
        position: &Position,
        place: &Searching,
    ) -> Result<Page, ConnectorError> {
        let Some(name) = place.types.first() else {
            return self.end(position, place);
        };
        let url = match &place.next {
            Some(next) => stored(next)?,
            None => self.first_page(position, place, name)?,
        };
        let foreign = origin(&url) != self.http.own_origin();
        if foreign {
            return self.moved(position, place, name);
        }
        let response = self.http.send(&Ask::get(url.clone(), FHIR_JSON)).await?;
        let status = response.status().as_u16();
        match status {
            200 => self.page(position, place, name, response).await,
            404 | 410 if place.next.is_some() => {
                self.restart(position, place, name, "a page of the search is gone")
            }
            400 | 404 | 405 | 410 | 501 if place.next.is_none() => {
                self.unknown_type(position, place, name, response).await
            }
            _ => Err(self.http.refusal(&response)),
        }
    }

    fn first_page(
        &self,
        position: &Position,
        place: &Searching,
        name: &str,
    ) -> Result<Url, ConnectorError> {
        let mut url = under(&self.base, name)?;
        let mut query = url.query_pairs_mut();
        query.append_pair("_count", &self.count(place).to_string());
        let since = position
            .since(&[name.to_owned()])
            .filter(|_| self.settings.incremental);
        if let Some(since) = since {
            query.append_pair("_lastUpdated", &format!("ge{}", earlier(&since)));
        }
        drop(query);
        Ok(url)
    }

    async fn page(
        &self,
        position: &Position,
        place: &Searching,
        name: &str,
        response: Response,
    ) -> Result<Page, ConnectorError> {
        let url = response.url().clone();
        let clock = server_clock(&response);
        let body = self.http.body(response).await?;
        let Some(bundle) = Bundle::read(&body) else {
            let why =
                "the answer to a search is no Bundle, or one that is broken outside its entries";
            return Err(ConnectorError::try_later(shown(&url), why));
        };
        let mut batch = Batch::new(name.into());
        let mut place = place.clone();
        if self.is_full_without_next(&bundle, &place) {
            let message =
                "the page is full and has no link to a next one, so a larger one is asked for";
            batch.find(FindingKind::Note, message);
            let count = self
                .count(&place)
                .saturating_mul(10)
                .max(bundle.total.unwrap_or(0));
            place.count = Some(count.min(COUNT_MAX));
            return Ok(batch.page(position.at(Stage::Searching(Box::new(place))).more()?, None));
        }
        for entry in &bundle.entries {
            let number = place.rows + batch.rows + 1;
            self.take(&mut batch, name, number, entry);
        }
        place.rows += batch.rows;
        place.answered = true;
        if place.next.is_none() {
            place.began = bundle.last_updated.clone().or(clock);
            place.pages.step(url.as_str());
        }
        match bundle.next.as_deref() {
            Some(next) => self.go_on(&mut batch, &mut place, &url, next)?,
            None => self.end_type(&mut batch, &mut place, name, bundle.total),
        }
        Ok(batch.page(position.at(Stage::Searching(Box::new(place))).more()?, None))
    }

    /// One entry: a resource that was asked for, an outcome, or something else that came along.
    fn take(&self, batch: &mut Batch, name: &str, number: u64, bytes: &[u8]) {
        const NO_RESOURCE: BadLine = (
            SetAsideKind::Malformed,
            "the entry holds no resource; ask the server's operator",
        );
        const NOT_JSON: BadLine = (
            SetAsideKind::Malformed,
            "the entry is not JSON; ask the server's operator",
        );
        let refuse = |batch: &mut Batch, bad: BadLine| {
            batch.rows += 1;
            batch.refuse(number, bad);
        };
        let text = match judge(bytes) {
            Some(Ok(text)) => text,
            Some(Err((SetAsideKind::BrokenText, why))) => {
                return refuse(batch, (SetAsideKind::BrokenText, why));
            }
            _ => return refuse(batch, NOT_JSON),
        };
        let Ok(entry) = serde_json::from_str::<Entry>(&text) else {
            return refuse(batch, NOT_JSON);
        };
        let Some(resource) = entry
            .resource
            .filter(|resource| resource.get().starts_with('{'))
        else {
            return refuse(batch, NO_RESOURCE);
        };
        let found = resource_type(resource.get());
        let is_asked = found.as_deref() == Some(name);
        match (entry.mode(), found.as_deref()) {
            (Some("outcome"), _) | (_, Some("OperationOutcome")) if !is_asked => {
                if !batch.hear(resource.get()) {
                    batch.find(
                        FindingKind::Warning,
                        "an entry that should be an OperationOutcome is none",
                    );
                }
            }
            // Read with its own type, when that is asked for.
            (Some("include"), _) | (None, Some(_)) if !is_asked => {}
            _ if resource.get().len() > self.settings.resource_bytes_max => {
                refuse(
                    batch,
                    (
                        SetAsideKind::TooLong,
                        "the resource is longer than `resource_bytes_max`",
                    ),
                );
            }
            _ => batch.admit(number, resource.get().into()),
        }
    }

    /// Whether a first page is as full as it was asked to be, with nothing that leads on: the rest would be lost.
    fn is_full_without_next(&self, bundle: &Bundle, place: &Searching) -> bool {
        let count = self.count(place);
        let entries = bundle.entries.len() as u64;
        let has_more = bundle.total.is_none_or(|total| total > entries);
        let leads_nowhere = place.next.is_none() && bundle.next.is_none();
        leads_nowhere && has_more && entries == count && count < COUNT_MAX
    }

    fn count(&self, place: &Searching) -> u64 {
        place
            .count
            .unwrap_or_else(|| u64::from(self.settings.page_count))
    }

    /// A type was read to its last page.
    fn end_type(&self, batch: &mut Batch, place: &mut Searching, name: &str, total: Option<u64>) {
        self.restarts.store(0, Ordering::Relaxed);
        let began = place.began.take();
        let missing = total.filter(|total| *total > place.rows);
        match (missing, began) {
            (Some(total), _) => {
                let rows = place.rows;
                let message = format!(
                    "the server tells {total} resources, gave {rows}, and has no link to the rest; the next sync reads all of it again"
                );
                batch.find(FindingKind::Fault, message);
            }
            (None, Some(instant)) => {
                place.watermarks.insert(name.to_owned(), instant);
            }
            (None, None) => {
                let message = "the server tells no time, so the next sync reads everything again";
                batch.find(FindingKind::Warning, message);
            }
        }
        place.next_type();
    }

    /// Moves to the next page.
    fn go_on(
        &self,
        batch: &mut Batch,
        place: &mut Searching,
        url: &Url,
        next: &str,
    ) -> Result<(), ConnectorError> {
        let next = linked(url, next)?;
        if origin(&next) != self.http.own_origin() {
            let why = format!(
                "the link to the next page leads to another server (`{}`) and is not followed; the server's operator must set \
                 its base address, or `url` must be the address that it uses",
                next.host_str().unwrap_or_default()
            );
            return Err(ConnectorError::needs_person(shown(url), why));
        }
        if place.pages.steps >= self.settings.pages_max {
            return Err(ConnectorError::needs_person(
                shown(url),
                "the search has more pages than `pages_max`",
            ));
        }
        if place.pages.step(next.as_str()) {
            place.next = Some(next.into());
        } else {
            let message = "the pages lead in a circle, which was left; what they hold was read, and the next sync reads all of it again";
            batch.find(FindingKind::Fault, message);
            place.next_type();
        }
        Ok(())
    }

    fn restart(
        &self,
        position: &Position,
        place: &Searching,
        name: &str,
        why: &str,
    ) -> Result<Page, ConnectorError> {
        if self.restarts.fetch_add(1, Ordering::Relaxed) >= RESTARTS_MAX {
            self.restarts.store(0, Ordering::Relaxed);
            return Err(ConnectorError::try_later(
                format!("search of `{name}`"),
                format!("{why}, again and again"),
            ));
        }
        let mut batch = Batch::new(name.into());
        batch.find(
            FindingKind::Note,
            format!("{why}; its search is begun anew"),
        );
        let place = Searching {
            next: None,
            pages: Trail::default(),
            rows: 0,
            ..place.clone()
        };
        Ok(batch.page(position.at(Stage::Searching(Box::new(place))).more()?, None))
    }

    /// The stored page lies on another server: the configured address has changed since.
    fn moved(
        &self,
        position: &Position,
        place: &Searching,
        name: &str,
    ) -> Result<Page, ConnectorError> {
        self.restart(
            position,
            place,
            name,
            "the server has moved to another address",
        )
    }

    async fn unknown_type(
        &self,
        position: &Position,
        place: &Searching,
        name: &str,
        response: Response,
    ) -> Result<Page, ConnectorError> {
        let status = response.status().as_u16();
        let mut outcomes = Outcomes::default();
        outcomes.take(&self.http.body(response).await?);
        let mut batch = Batch::new(name.into());
        let message = format!(
            "the server answers {status} to a search of this type ({}); it is left out",
            outcomes.codes()
        );
        batch.find(FindingKind::Warning, message);
        let mut place = place.clone();
        place.next_type();
        Ok(batch.page(position.at(Stage::Searching(Box::new(place))).more()?, None))
    }

    fn end(&self, position: &Position, place: &Searching) -> Result<Page, ConnectorError> {
        if !place.answered {
            let why = "the server answered to no search; see that `url` is its base address and `types` are types it has";
            return Err(ConnectorError::needs_person(shown(&self.base), why));
        }
        let mut done = position.clone();
        done.reach(&self.settings.types, None);
        done.watermarks.extend(place.watermarks.clone());
        done.stage = Stage::Idle { jobs: Vec::new() };
        Ok(Batch::new(shown(&self.base).into()).page(done.caught_up()?, None))
    }
}

impl Searching {
    fn next_type(&mut self) {
        self.types.remove(0);
        self.next = None;
        self.count = None;
        self.pages = Trail::default();
        self.rows = 0;
        self.began = None;
    }
}

/// The server's own clock, as an instant.
fn server_clock(response: &Response) -> Option<String> {
    let date = response.headers().get(header::DATE)?.to_str().ok()?;
    Some(
        jiff::fmt::rfc2822::parse(date)
            .ok()?
            .timestamp()
            .to_string(),
    )
}

fn earlier(instant: &str) -> String {
    let overlap = jiff::SignedDuration::from_secs(OVERLAP_S);
    let before = instant
        .parse::<jiff::Timestamp>()
        .ok()
        .and_then(|instant| instant.checked_sub(overlap).ok());
    before.map_or_else(|| instant.to_owned(), |before| before.to_string())
}
