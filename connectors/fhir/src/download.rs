use std::sync::Arc;

use connector::{ConnectorError, FindingKind};
use reqwest::header::{self, HeaderMap};
use reqwest::{Response, Url};
use tokio::sync::Mutex;

use crate::FhirSettings;
use crate::address::{linked, origin, shown, stored};
use crate::batch::{Batch, Bounds, Ended, FileKind};
use crate::http::{Ask, Http, backoff};
use crate::manifest::ManifestFile;
use crate::position::Reading;
use crate::reader::{Bytes, Cut, Reader};

/// Reads the files of an export, a page at a time.
pub(crate) struct Download {
    http: Arc<Http>,
    retries_max: u32,
    resource_bytes_max: usize,
    bounds: Bounds,
    /// The download that the last pull left open, and where it stands.
    open: Mutex<Option<(Reading, Reader)>>,
}

/// What asking for a file gave.
enum Opened {
    Reader(Box<Reader>),
    /// The address is good no more.
    Expired,
    /// The file is another than the one that was begun.
    Changed,
}

impl Download {
    pub(crate) fn new(settings: &FhirSettings, http: Arc<Http>) -> Self {
        Self {
            http,
            retries_max: settings.retries_max,
            resource_bytes_max: settings.resource_bytes_max,
            bounds: Bounds {
                records_max: settings.page_records_max,
                bytes_max: settings.page_bytes_max,
            },
            open: Mutex::new(None),
        }
    }

    /// The next page of a file and the place behind it; `None` when its address is good no more.
    ///
    /// A download that is cut is asked for again behind the last whole line.
    pub(crate) async fn pull(
        &self,
        reading: &Reading,
        file: &ManifestFile,
        token: bool,
    ) -> Result<Option<(Batch, Reading)>, ConnectorError> {
        let mut place = reading.clone();
        let mut batch = Batch::new(file.name.as_str().into());
        for tries in 0..=self.retries_max {
            let last_try = tries == self.retries_max;
            let mut reader = match self.resume(&place).await {
                Some(reader) => reader,
                None => match self.ask(&mut place, file, token).await? {
                    Opened::Reader(reader) => *reader,
                    Opened::Expired => return Ok(None),
                    Opened::Changed => {
                        place.begin_file();
                        batch.find(FindingKind::Note, "the file has changed since it was begun, and is read from its beginning");
                        continue;
                    }
                },
            };
            let ended = batch.fill(&mut reader, file.kind, self.bounds).await;
            (place.line, place.offset) = (reader.line(), reader.offset());
            let cut = match ended {
                Ended::Full => {
                    place.rows += batch.lines;
                    place.etag = place.etag.filter(|_| reader.is_plain());
                    *self.open.lock().await = Some((place.clone(), reader));
                    return Ok(Some((batch, place)));
                }
                Ended::AtEnd => return Ok(Some(finished(batch, place, file))),
                Ended::Cut(cut) => cut,
            };
            if batch.lines > 0 {
                // What came whole is kept; the rest is asked for by the next pull.
                tracing::warn!(place = file.name, line = place.line, "{}", cut.sentence());
                place.rows += batch.lines;
                place.etag = place.etag.filter(|_| reader.is_plain());
                return Ok(Some((batch, place)));
            }
            if last_try && matches!(cut, Cut::LastLine) {
                return Ok(Some(self.take_end(batch, place, file, token).await?));
            }
            if last_try {
                return Err(ConnectorError::try_later(
                    shown_file(&place, file),
                    cut.sentence(),
                ));
            }
            tokio::time::sleep(backoff(tries)).await;
        }
        Err(ConnectorError::try_later(
            shown_file(&place, file),
            "it changes while it is read",
        ))
    }

    /// A file that ends within a line time after time, and whose transfer was whole: its last line is set aside.
    async fn take_end(
        &self,
        mut batch: Batch,
        mut place: Reading,
        file: &ManifestFile,
        token: bool,
    ) -> Result<(Batch, Reading), ConnectorError> {
        let shown = shown_file(&place, file);
        let later = || ConnectorError::try_later(shown.clone(), Cut::LastLine.sentence());
        let Opened::Reader(reader) = self.ask(&mut place.clone(), file, token).await? else {
            return Err(later());
        };
        let mut reader = reader.with_open_end(true);
        if !matches!(
            batch.fill(&mut reader, file.kind, self.bounds).await,
            Ended::AtEnd
        ) {
            return Err(later());
        }
        batch.find(
            FindingKind::Fault,
            "the file ends within a line each time it is asked for; that line is set aside",
        );
        (place.line, place.offset) = (reader.line(), reader.offset());
        Ok(finished(batch, place, file))
    }

    async fn resume(&self, place: &Reading) -> Option<Reader> {
        let mut open = self.open.lock().await;
        open.take_if(|(at, _)| at == place)
            .map(|(_, reader)| reader)
    }

    async fn ask(
        &self,
        place: &mut Reading,
        file: &ManifestFile,
        token: bool,
    ) -> Result<Opened, ConnectorError> {
        let url = address(place, file)?;
        let mut ask = Ask::get(url.clone(), "application/fhir+ndjson");
        ask.with_token = token;
        let held = place.etag.clone().filter(|_| place.offset > 0);
        if let Some(etag) = &held {
            let range = format!("bytes={}-", place.offset);
            ask = ask
                .header(header::RANGE, &range)
                .header(header::IF_RANGE, etag);
        }
        let response = self.http.send(&ask).await?;
        let etag = strong_etag(response.headers());
        match response.status().as_u16() {
            206 if continues(response.headers(), place.offset) => {
                let bytes = Bytes::Answer(response);
                let reader =
                    Reader::going_on(bytes, place.offset, place.line, self.resource_bytes_max);
                Ok(Opened::Reader(Box::new(reader)))
            }
            200 if held.is_some() && etag != held => Ok(Opened::Changed),
            200 => {
                unreadable_kind(&response)?;
                place.etag = etag;
                let bytes = Bytes::Answer(response);
                let reader =
                    Reader::skipping(bytes, place.offset, place.line, self.resource_bytes_max);
                Ok(Opened::Reader(Box::new(reader)))
            }
            206 | 412 | 416 => Ok(Opened::Changed),
            403 | 404 | 410 => Ok(Opened::Expired),
            401 if !token || origin(&url) != self.http.own_origin() => {
                Err(token_wanted(&url, token))
            }
            _ => Err(self.http.refusal(&response)),
        }
    }
}

fn token_wanted(url: &Url, token: bool) -> ConnectorError {
    let why = if token {
        "the file wants a token, but lies on another server than `url`, which is never shown the token; the server's \
             operator must serve it from `url` or by signed addresses"
    } else {
        "the file wants a token, but the manifest says `requiresAccessToken` is false, so none is sent; the server's \
             operator must mend the manifest"
    };
    ConnectorError::needs_person(shown(url), why)
}

fn shown_file(place: &Reading, file: &ManifestFile) -> String {
    address(place, file).map_or_else(|_| file.name.clone(), |url| shown(&url))
}

fn address(place: &Reading, file: &ManifestFile) -> Result<Url, ConnectorError> {
    linked(
        &stored(&place.manifest)?,
        file.url.as_deref().unwrap_or_default(),
    )
}

/// The file is at its end: what it held is compared with what was told.
fn finished(mut batch: Batch, mut place: Reading, file: &ManifestFile) -> (Batch, Reading) {
    let rows = place.rows + batch.lines;
    if let Some(told) = file
        .count
        .filter(|told| *told != rows && file.kind == FileKind::Output)
    {
        batch.find(
            FindingKind::Warning,
            format!("the manifest tells {told} resources, and the file holds {rows}"),
        );
    }
    place.next_file();
    (batch, place)
}

/// An entity tag that promises equal bytes (RFC 9110, 8.8.3).
fn strong_etag(headers: &HeaderMap) -> Option<String> {
    let etag = headers.get(header::ETAG)?.to_str().ok()?;
    (etag.starts_with('"') && headers.get(header::CONTENT_ENCODING).is_none())
        .then(|| etag.to_owned())
}

/// Whether a part of a file begins where it was asked to.
fn continues(headers: &HeaderMap, offset: u64) -> bool {
    let range = headers
        .get(header::CONTENT_RANGE)
        .and_then(|range| range.to_str().ok());
    range.is_some_and(|range| range.trim().starts_with(&format!("bytes {offset}-")))
}

/// Refuses what is not NDJSON at all: a web page, or a packing that was not asked for.
fn unreadable_kind(response: &Response) -> Result<(), ConnectorError> {
    let text = |name| {
        response
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    };
    let packing = text(header::CONTENT_ENCODING);
    if !matches!(packing, "" | "gzip" | "x-gzip" | "identity") {
        let why = "the file is packed in a way that was not asked for; only gzip is read";
        return Err(ConnectorError::needs_person(shown(response.url()), why));
    }
    if text(header::CONTENT_TYPE).starts_with("text/html") {
        let why = "a web page came in place of the file";
        return Err(ConnectorError::try_later(shown(response.url()), why));
    }
    Ok(())
}
