use connector::{ConnectorError, FindingKind, Page};
use reqwest::header::{self, HeaderName};
use reqwest::{Method, Response, Url};
use serde_json::json;

use crate::address::{shown, under};
use crate::batch::Batch;
use crate::export::{Export, job_url};
use crate::http::{Ask, FHIR_JSON, is_passing};
use crate::outcome::Outcomes;
use crate::position::{Job, Position, Stage};
use crate::{KickOff, Level};

/// What asking for an export gave.
pub(crate) enum KickedOff {
    /// The page whose cursor holds the job's address: to be stored before the job is waited for.
    Page(Page),
    /// The server cannot export; a sentence for the operator.
    Unable(String),
}

/// The ways to ask, in the order in which they are tried.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Get,
    /// Parameters that the server does not know are to be left out by it.
    LenientGet,
    Post,
}

impl Export {
    /// Asks for an export since the watermark of the types.
    pub(crate) async fn kick_off(
        &self,
        position: &Position,
        jobs: &[String],
    ) -> Result<KickedOff, ConnectorError> {
        let types = self.settings.types.clone();
        let since = position.since(&types).filter(|_| self.settings.incremental);
        let mut way = if self.settings.kick_off == KickOff::Post {
            Way::Post
        } else {
            Way::Get
        };
        loop {
            let ask = self.ask(way, since.as_deref(), &types)?;
            let response = self.http.send(&ask).await?;
            let status = response.status().as_u16();
            if status == 202 {
                return self
                    .taken_up(position, &response, since, types, jobs)
                    .map(KickedOff::Page);
            }
            way = match (way, status) {
                (Way::Get, 400 | 422) => Way::LenientGet,
                (Way::Get | Way::LenientGet, 400 | 404 | 405 | 415 | 422 | 501)
                    if self.settings.kick_off == KickOff::Auto =>
                {
                    Way::Post
                }
                _ => return self.refused(response).await,
            };
        }
    }

    fn taken_up(
        &self,
        position: &Position,
        response: &Response,
        since: Option<String>,
        types: Vec<String>,
        jobs: &[String],
    ) -> Result<Page, ConnectorError> {
        let url = job_url(response)?;
        let mut batch = Batch::new(shown(&url).into());
        let message = match &since {
            Some(since) => format!("an export of what changed since {since} was asked for"),
            None => "a full export was asked for".to_owned(),
        };
        batch.find(FindingKind::Note, message);
        let job = Job {
            url: url.into(),
            origin: self.http.own_origin().to_owned(),
            since,
            types,
            waited_s: 0,
            progress: None,
            jobs: jobs.to_vec(),
        };
        Ok(batch.page(position.at(Stage::Waiting(job)).more()?, None))
    }

    async fn refused(&self, response: Response) -> Result<KickedOff, ConnectorError> {
        let refusal = self.http.refusal(&response);
        let status = response.status();
        // A server that knows no `$export` may take it for anything, and answer 200.
        let unable = matches!(status.as_u16(), 200 | 400 | 404 | 405 | 415 | 422 | 501);
        if is_passing(status) || !unable {
            return Err(refusal);
        }
        let mut outcomes = Outcomes::default();
        outcomes.take(&self.http.body(response).await?);
        let why = format!(
            "the server answered {} to `$export` ({})",
            status.as_u16(),
            outcomes.codes()
        );
        Ok(KickedOff::Unable(why))
    }

    /// The address of the export.
    pub(crate) fn operation(&self) -> Result<Url, ConnectorError> {
        match (self.settings.level, &self.settings.group) {
            (Level::Group, Some(group)) => under(&self.base, &format!("Group/{group}/$export")),
            (Level::Patient, _) => under(&self.base, "Patient/$export"),
            _ => under(&self.base, "$export"),
        }
    }

    fn ask(&self, way: Way, since: Option<&str>, types: &[String]) -> Result<Ask, ConnectorError> {
        const PREFER: HeaderName = HeaderName::from_static("prefer");
        let mut url = self.operation()?;
        if way == Way::Post {
            let ask = Ask::get(url, FHIR_JSON).header(PREFER, "respond-async");
            return Ok(Ask {
                method: Method::POST,
                body: Some(parameters(since, types)),
                ..ask.header(header::CONTENT_TYPE, FHIR_JSON)
            });
        }
        let mut query = url.query_pairs_mut();
        query.append_pair("_outputFormat", "application/fhir+ndjson");
        if let Some(since) = since {
            query.append_pair("_since", since);
        }
        if !types.is_empty() {
            query.append_pair("_type", &types.join(","));
        }
        drop(query);
        let prefer = if way == Way::Get {
            "respond-async"
        } else {
            "respond-async, handling=lenient"
        };
        Ok(Ask::get(url, FHIR_JSON).header(PREFER, prefer))
    }
}

/// The parameters as a resource: one `_type` each, since the STU4 ballot knows no lists with commas, and servers of
/// STU3 take repeated ones.
fn parameters(since: Option<&str>, types: &[String]) -> String {
    let mut parameter =
        vec![json!({"name": "_outputFormat", "valueString": "application/fhir+ndjson"})];
    if let Some(since) = since {
        parameter.push(json!({"name": "_since", "valueInstant": since}));
    }
    parameter.extend(
        types
            .iter()
            .map(|name| json!({"name": "_type", "valueString": name})),
    );
    json!({"resourceType": "Parameters", "parameter": parameter}).to_string()
}
