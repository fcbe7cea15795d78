use std::time::{Duration, Instant};

use connector::ConnectorError;
use jsonwebtoken::Header;
use reqwest::header::{self, HeaderMap, HeaderValue};
use reqwest::{Method, Response, Url};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::Mutex;

use crate::AuthSettings;
use crate::address::{base, linked, shown, under};
use crate::http::{Ask, Http};
use crate::key::SigningKey;

/// How long an assertion is good for. SMART allows five minutes; clocks may differ by one.
const ASSERTION_S: i64 = 240;

/// A token is renewed so long before its end, so that it does not end under way.
const RENEWED_BEFORE: Duration = Duration::from_secs(30);

/// What is assumed of a token whose lifetime is not told, as SMART recommends it.
const LIFETIME_S_UNTOLD: u64 = 300;

/// The client of SMART Backend Services: one token at a time, asked for by signed assertion.
pub(crate) struct Smart {
    client_id: String,
    scope: String,
    key: SigningKey,
    kid: Option<String>,
    base: Url,
    token_url: Option<Endpoint>,
    held: Mutex<Held>,
}

/// The token endpoint: where requests go, and its name as told, which is what an assertion must say.
#[derive(Clone)]
struct Endpoint {
    url: Url,
    told: String,
}

#[derive(Default)]
struct Held {
    token: Option<(HeaderValue, Instant)>,
    found: Option<Endpoint>,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    jti: String,
    iat: i64,
    exp: i64,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    token_type: Option<String>,
    expires_in: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Refused {
    error: Option<String>,
}

#[derive(Deserialize)]
struct SmartConfiguration {
    token_endpoint: Option<String>,
}

impl Smart {
    /// Reads the key and checks that it signs.
    pub(crate) fn new(auth: &AuthSettings, server: &Url) -> Result<Self, ConnectorError> {
        let token_url = match &auth.token_url {
            Some(text) => Some(token_url(text)?),
            None => None,
        };
        let key = SigningKey::load(auth)?;
        let kid = auth.kid.clone().or_else(|| key.kid.clone());
        Ok(Self {
            client_id: auth.client_id.clone(),
            scope: auth.scope.clone(),
            key,
            kid,
            base: server.clone(),
            token_url,
            held: Mutex::default(),
        })
    }

    /// The value of the `Authorization` header; asked for anew when the held token is about to end.
    pub(crate) async fn token(&self, http: &Http) -> Result<HeaderValue, ConnectorError> {
        let mut held = self.held.lock().await;
        if let Some((token, until)) = &held.token
            && Instant::now() < *until
        {
            return Ok(token.clone());
        }
        let endpoint = self.endpoint(http, &mut held).await?;
        let asked_at = Instant::now();
        let granted = self.ask(http, &endpoint).await?;
        let token = bearer(&granted, &endpoint.url)?;
        let lifetime = lifetime(granted.expires_in.as_ref());
        held.token = Some((token.clone(), asked_at + lifetime));
        Ok(token)
    }

    /// Lets the held token go: the server did not take it.
    pub(crate) async fn forget(&self) {
        self.held.lock().await.token = None;
    }

    async fn endpoint(&self, http: &Http, held: &mut Held) -> Result<Endpoint, ConnectorError> {
        if let Some(endpoint) = self.token_url.as_ref().or(held.found.as_ref()) {
            return Ok(endpoint.clone());
        }
        let place = under(&self.base, ".well-known/smart-configuration")?;
        let response = http
            .send_plain(&Ask::get(place.clone(), "application/json"))
            .await?;
        let why = "no token endpoint is told here; set `auth.token_url`";
        let missing = || ConnectorError::needs_person(shown(&place), why);
        if crate::http::is_passing(response.status()) {
            return Err(http.refusal(&response));
        }
        if !response.status().is_success() {
            return Err(missing());
        }
        let body = http.body(response).await?;
        let told: SmartConfiguration = serde_json::from_slice(&body).map_err(|_| missing())?;
        let told = told.token_endpoint.ok_or_else(missing)?;
        let url = linked(&place, &told)?;
        let told = if Url::parse(&told).is_ok() {
            told
        } else {
            url.to_string()
        };
        let endpoint = Endpoint { url, told };
        held.found = Some(endpoint.clone());
        Ok(endpoint)
    }

    async fn ask(&self, http: &Http, endpoint: &Endpoint) -> Result<Granted, ConnectorError> {
        let mut form =
            Url::parse("form:").map_err(|cause| ConnectorError::broken("form", cause))?;
        form.query_pairs_mut()
            .append_pair("grant_type", "client_credentials")
            .append_pair("scope", &self.scope)
            .append_pair(
                "client_assertion_type",
                "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            )
            .append_pair("client_assertion", &self.assertion(&endpoint.told)?);
        let mut headers = HeaderMap::new();
        let form_type = HeaderValue::from_static("application/x-www-form-urlencoded");
        headers.insert(header::CONTENT_TYPE, form_type);
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        let ask = Ask {
            method: Method::POST,
            url: endpoint.url.clone(),
            headers,
            body: form.query().map(str::to_owned),
            with_token: false,
        };
        let response = http.send_plain(&ask).await?;
        if !response.status().is_success() {
            return Err(refused(http, response).await);
        }
        let body = http.body(response).await?;
        serde_json::from_slice(&body).map_err(|_| {
            let why = "the token endpoint's answer holds no `access_token`; see `auth.token_url`";
            ConnectorError::needs_person(shown(&endpoint.url), why)
        })
    }

    fn assertion(&self, audience: &str) -> Result<String, ConnectorError> {
        let now = jiff::Timestamp::now().as_second();
        let claims = Claims {
            iss: &self.client_id,
            sub: &self.client_id,
            aud: audience,
            // Fresh for every request: servers refuse one that they have seen.
            jti: uuid::Uuid::new_v4().to_string(),
            iat: now,
            exp: now + ASSERTION_S,
        };
        let mut header = Header::new(self.key.algorithm);
        header.kid.clone_from(&self.kid);
        jsonwebtoken::encode(&header, &claims, &self.key.key)
            .map_err(|cause| ConnectorError::broken("client assertion", cause))
    }
}

/// Why the token endpoint refused, by its error code alone: its description may hold anything.
async fn refused(http: &Http, response: Response) -> ConnectorError {
    let status = response.status();
    if crate::http::is_passing(status) {
        return http.refusal(&response);
    }
    let place = shown(response.url());
    let body = http.body(response).await.unwrap_or_default();
    let code = serde_json::from_slice::<Refused>(&body)
        .ok()
        .and_then(|refused| refused.error);
    let why = match code.as_deref() {
        Some("invalid_scope") => "the token was refused (`invalid_scope`): one scope in `auth.scope` that the server does not know may fail the whole request".to_owned(),
        Some(code @ ("invalid_client" | "unauthorized_client")) => format!(
            "the token was refused (`{code}`): see `auth.client_id`, `auth.kid`, and that the public half of `auth.key_file` or `auth.key_env` is registered with the server"
        ),
        Some(code @ ("invalid_request" | "invalid_grant" | "unsupported_grant_type")) => {
            format!("the token was refused (`{code}`): see `auth.token_url`, `auth.alg` and this computer's clock")
        }
        _ => format!("the token was refused with status {}: see `auth.token_url` and `auth.client_id`", status.as_u16()),
    };
    ConnectorError::needs_person(place, why)
}

fn bearer(granted: &Granted, url: &Url) -> Result<HeaderValue, ConnectorError> {
    let unusable = |why: &str| ConnectorError::needs_person(shown(url), why);
    let kind = granted.token_type.as_deref().unwrap_or("bearer");
    if !kind.eq_ignore_ascii_case("bearer") {
        return Err(unusable("the token is of another kind than `bearer`"));
    }
    let mut value = HeaderValue::from_str(&format!("Bearer {}", granted.access_token))
        .map_err(|_| unusable("the token cannot be sent in a header"))?;
    value.set_sensitive(true);
    Ok(value)
}

/// How long a token is used: as long as told, less a margin.
fn lifetime(expires_in: Option<&Value>) -> Duration {
    let told = match expires_in {
        Some(Value::String(text)) => text.trim().parse().ok(),
        Some(told) => told.as_u64(),
        None => None,
    };
    // A day at most, whatever is told: nothing is lost by asking again.
    let told = Duration::from_secs(told.unwrap_or(LIFETIME_S_UNTOLD).min(86_400));
    told.saturating_sub(RENEWED_BEFORE.min(told / 4))
}

fn token_url(text: &str) -> Result<Endpoint, ConnectorError> {
    let wrong = |_| {
        let why = "expected the address of a token endpoint, without user, password or query";
        ConnectorError::needs_person("setting `auth.token_url`", why)
    };
    let told = text.trim().to_owned();
    let mut url = base(&told).map_err(wrong)?;
    // `base` ends with a slash, which an endpoint need not.
    if !told.ends_with('/') {
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
    }
    Ok(Endpoint { url, told })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_used_for_less_than_its_time() {
        for (told, expected) in [
            (Some(Value::from(300)), 270),
            (Some(Value::from("300")), 270),
            (Some(Value::from(60)), 45),
            (Some(Value::from(0)), 0),
            (Some(Value::from("soon")), 270),
            (None, 270),
        ] {
            assert_eq!(
                lifetime(told.as_ref()),
                Duration::from_secs(expected),
                "{told:?}"
            );
        }
    }

    #[test]
    fn a_token_endpoint_is_asked_where_it_is_and_named_as_it_was_told() {
        for (text, expected) in [
            ("https://h.example:443/token", "https://h.example/token"),
            ("https://h.example/token/", "https://h.example/token/"),
            ("https://h.example", "https://h.example/"),
        ] {
            let endpoint = token_url(text).unwrap();
            assert_eq!(
                (endpoint.url.as_str(), endpoint.told.as_str()),
                (expected, text)
            );
        }
    }
}
