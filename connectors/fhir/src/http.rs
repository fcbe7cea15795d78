use std::time::{Duration, SystemTime};

use connector::ConnectorError;
use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Response, StatusCode, Url, redirect};

use crate::FhirSettings;
use crate::address::{linked, origin, shown};
use crate::smart::Smart;
use crate::unpack::unpack_whole;

/// Redirects that one request follows.
const REDIRECTS_MAX: u32 = 5;

/// The first wait between two tries; each further one is twice as long.
const RETRY_DELAY_FIRST: Duration = Duration::from_millis(250);

/// The media type of FHIR's JSON.
pub(crate) const FHIR_JSON: &str = "application/fhir+json";

/// One request, to be sent as often as it takes.
pub(crate) struct Ask {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<String>,
    /// Whether the token may be sent, if the address is the server's own.
    pub(crate) with_token: bool,
}

impl Ask {
    /// A GET of this address, with the token.
    pub(crate) fn get(url: Url, accept: &'static str) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
        Self {
            method: Method::GET,
            url,
            headers,
            body: None,
            with_token: true,
        }
    }

    pub(crate) fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }
}

/// The way to a server: sends, waits, renews, redirects; and shows the token to nobody but the server itself.
pub(crate) struct Http {
    client: reqwest::Client,
    own_origin: String,
    smart: Option<Smart>,
    retries_max: u32,
    wait_max: Duration,
    /// A longer wait is not sat out within a pull.
    patience: Duration,
    answer_bytes_max: usize,
}

impl Http {
    pub(crate) fn new(settings: &FhirSettings, base: &Url) -> Result<Self, ConnectorError> {
        // Another part of the program may have installed it already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .redirect(redirect::Policy::none())
            .no_gzip()
            .connect_timeout(Duration::from_secs(settings.connect_s_max))
            .read_timeout(Duration::from_secs(settings.read_s_max))
            .user_agent(concat!("musubi/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|cause| ConnectorError::broken("http client", cause))?;
        let smart = match &settings.auth {
            Some(auth) => Some(Smart::new(auth, base)?),
            None => None,
        };
        Ok(Self {
            client,
            own_origin: origin(base),
            smart,
            retries_max: settings.retries_max,
            wait_max: Duration::from_secs(settings.retry_after_s_max),
            patience: Duration::from_secs(settings.poll_s_max),
            answer_bytes_max: settings.answer_bytes_max,
        })
    }

    /// The server's own scheme, host and port.
    pub(crate) fn own_origin(&self) -> &str {
        &self.own_origin
    }

    /// Whether requests to the server carry a token.
    pub(crate) const fn has_auth(&self) -> bool {
        self.smart.is_some()
    }

    /// Gets a token, so that a check finds what is wrong with the credentials.
    pub(crate) async fn prove_auth(&self) -> Result<(), ConnectorError> {
        match &self.smart {
            Some(smart) => smart.token(self).await.map(|_| ()),
            None => Ok(()),
        }
    }

    /// The answer, whatever its status, after retries of 429 and 5xx, redirects, and one renewal of the token.
    pub(crate) async fn send(&self, ask: &Ask) -> Result<Response, ConnectorError> {
        let mut tries = 0;
        loop {
            let answer = self.send_renewing(ask).await;
            let wait = match &answer {
                Ok(response) if !is_passing(response.status()) => return answer,
                Ok(response) => self.retry_after(response).unwrap_or_else(|| backoff(tries)),
                Err(ConnectorError::TryLater { .. }) if ask.method == Method::GET => backoff(tries),
                Err(_) => return answer,
            };
            tries += 1;
            if tries > self.retries_max || wait > self.patience {
                return answer;
            }
            tracing::debug!(place = shown(&ask.url), tries, "the request is sent again");
            tokio::time::sleep(wait.min(self.wait_max)).await;
        }
    }

    async fn send_renewing(&self, ask: &Ask) -> Result<Response, ConnectorError> {
        let answer = self.send_following(ask).await?;
        let renewable = self.smart.as_ref().filter(|_| {
            answer.status() == StatusCode::UNAUTHORIZED && ask.with_token && self.is_own(&ask.url)
        });
        let Some(smart) = renewable else {
            return Ok(answer);
        };
        smart.forget().await;
        self.send_following(ask).await
    }

    async fn send_following(&self, ask: &Ask) -> Result<Response, ConnectorError> {
        let mut url = ask.url.clone();
        let mut with_token = ask.with_token;
        for _ in 0..=REDIRECTS_MAX {
            // Once away, the token stays away, even if the way leads back.
            with_token = with_token && self.is_own(&url);
            let token = self.token(with_token).await?;
            let response = self.send_once(ask, &url, token).await?;
            let target = response.headers().get(header::LOCATION).cloned();
            let Some(target) = target.filter(|_| is_redirect(response.status())) else {
                return Ok(response);
            };
            if ask.method != Method::GET {
                let why = "it redirects a request that is not a GET; set `url` to where it leads";
                return Err(ConnectorError::needs_person(shown(&url), why));
            }
            url = linked(&url, &String::from_utf8_lossy(target.as_bytes()))?;
        }
        let why = format!("it redirects more than {REDIRECTS_MAX} times");
        Err(ConnectorError::needs_person(shown(&ask.url), why))
    }

    async fn send_once(
        &self,
        ask: &Ask,
        url: &Url,
        token: Option<HeaderValue>,
    ) -> Result<Response, ConnectorError> {
        let mut request = self
            .client
            .request(ask.method.clone(), url.clone())
            .headers(ask.headers.clone());
        if !ask.headers.contains_key(header::RANGE) {
            request = request.header(header::ACCEPT_ENCODING, "gzip");
        }
        if let Some(body) = &ask.body {
            request = request.body(body.clone());
        }
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, token);
        }
        request
            .send()
            .await
            .map_err(|cause| unreachable(url, cause))
    }

    async fn token(&self, wanted: bool) -> Result<Option<HeaderValue>, ConnectorError> {
        match self.smart.as_ref().filter(|_| wanted) {
            Some(smart) => smart.token(self).await.map(Some),
            None => Ok(None),
        }
    }

    /// One request without token, redirect and retry of refusals: for the token endpoint.
    pub(crate) async fn send_plain(&self, request: &Ask) -> Result<Response, ConnectorError> {
        let mut tries = 0;
        loop {
            let answer = self.send_once(request, &request.url, None).await?;
            let wait = self.retry_after(&answer).unwrap_or_else(|| backoff(tries));
            if !is_passing(answer.status()) || tries >= self.retries_max || wait > self.patience {
                return Ok(answer);
            }
            tries += 1;
            tokio::time::sleep(wait.min(self.wait_max)).await;
        }
    }

    fn is_own(&self, url: &Url) -> bool {
        origin(url) == self.own_origin
    }

    /// How long an answer asks to wait, cut to the maximum.
    pub(crate) fn retry_after(&self, response: &Response) -> Option<Duration> {
        let text = |name| {
            response
                .headers()
                .get(name)
                .and_then(|value: &HeaderValue| value.to_str().ok())
        };
        let asked = wait_asked(text(header::RETRY_AFTER)?, text(header::DATE))?;
        Some(asked.min(self.wait_max))
    }

    /// The body of an answer, unpacked, when it is not too long.
    pub(crate) async fn body(&self, mut response: Response) -> Result<Vec<u8>, ConnectorError> {
        let url = response.url().clone();
        let mut bytes = Vec::new();
        while let Some(chunk) = response
            .chunk()
            .await
            .map_err(|cause| unreachable(&url, cause))?
        {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > self.answer_bytes_max {
                let why = "the answer is longer than `answer_bytes_max`; ask for smaller pages (`page_count`) or raise it";
                return Err(ConnectorError::needs_person(shown(&url), why));
            }
        }
        unpack_whole(&bytes, self.answer_bytes_max).map_err(|_| {
            ConnectorError::try_later(shown(&url), "the compressed answer was cut or is too long")
        })
    }

    /// Why an answer that is no success ends the pull.
    pub(crate) fn refusal(&self, response: &Response) -> ConnectorError {
        let place = shown(response.url());
        let status = response.status();
        let code = status.as_u16();
        if is_passing(status) {
            return ConnectorError::TryLater {
                place,
                why: format!("the server answered {code}"),
                after: self.retry_after(response),
                cause: None,
            };
        }
        let why = match code {
            401 if self.smart.is_some() => {
                "the server answered 401 to a fresh token; see that `auth.scope` and the client's registration cover it"
                    .to_owned()
            }
            401 => "the server answered 401: it wants a token; fill in the table `auth`".to_owned(),
            403 => "the server answered 403: these credentials may not read it; see `auth.scope`".to_owned(),
            404 | 410 => format!("the server answered {code}: nothing is there; see that `url` is the base address"),
            _ => format!("the server answered {code}, which is not what was expected"),
        };
        ConnectorError::needs_person(place, why)
    }
}

/// Whether a status tells of a trouble that may pass.
pub(crate) fn is_passing(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 425 | 429 | 500 | 502 | 503 | 504)
}

fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// A failure of the network, without the address's query.
pub(crate) fn unreachable(url: &Url, cause: reqwest::Error) -> ConnectorError {
    let why = if cause.is_timeout() {
        "it did not answer in time"
    } else if cause.is_connect() {
        "no connection could be made"
    } else {
        "the connection was cut or the answer was not HTTP"
    };
    ConnectorError::TryLater {
        place: shown(url),
        why: why.to_owned(),
        after: None,
        cause: Some(Box::new(cause.without_url())),
    }
}

pub(crate) fn backoff(tries: u32) -> Duration {
    RETRY_DELAY_FIRST * 2_u32.saturating_pow(tries.min(8))
}

/// `Retry-After` as seconds or as a date, counted from the server's own clock where it tells it (RFC 9110, 10.2.3).
fn wait_asked(retry_after: &str, date: Option<&str>) -> Option<Duration> {
    let text = retry_after.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let instant = |text: &str| {
        jiff::fmt::rfc2822::parse(text.trim())
            .ok()
            .map(|zoned| zoned.timestamp())
    };
    let until = instant(text)?;
    let now = date
        .and_then(instant)
        .or_else(|| jiff::Timestamp::try_from(SystemTime::now()).ok())?;
    Some(Duration::try_from(until.duration_since(now)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_read_as_seconds_and_as_a_date() {
        let date = Some("Sun, 06 Nov 2026 08:49:30 GMT");
        for (text, expected) in [
            ("7", Some(7)),
            (" 0 ", Some(0)),
            ("Fri, 06 Nov 2026 08:49:37 GMT", Some(7)),
            ("Fri, 06 Nov 2026 08:49:00 GMT", Some(0)),
            ("soon", None),
            ("-3", None),
        ] {
            let date = date.map(|date| date.replace("Sun", "Fri"));
            assert_eq!(
                wait_asked(text, date.as_deref()),
                expected.map(Duration::from_secs),
                "{text}"
            );
        }
    }
}
