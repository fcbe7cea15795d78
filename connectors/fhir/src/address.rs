use connector::ConnectorError;
use reqwest::Url;

/// An address as it may be shown: host, port and path, without user, password, query and fragment.
pub(crate) fn shown(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}{}", url.path()),
        None => format!("{host}{}", url.path()),
    }
}

/// Scheme, host and port: whom a token may be shown to.
pub(crate) fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

/// The server's base address, checked, with `/` at its end.
pub(crate) fn base(text: &str) -> Result<Url, ConnectorError> {
    let refuse = |why: &str| Err(ConnectorError::needs_person("setting `url`", why));
    let Ok(mut url) = Url::parse(text.trim()) else {
        return refuse("it is not an address; expected one such as `https://fhir.example.org/r4`");
    };
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return refuse("expected an address that begins with `https://` or `http://`");
    }
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() {
        return refuse(
            "it must hold no user, password or query; use the table `auth` for credentials",
        );
    }
    url.set_fragment(None);
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    Ok(url)
}

/// An address under the base; the tail is a path such as `Patient/$export`.
pub(crate) fn under(base: &Url, tail: &str) -> Result<Url, ConnectorError> {
    base.join(tail)
        .map_err(|cause| ConnectorError::broken(shown(base), cause))
}

/// The address that a link on a page means, absolute or relative to that page.
pub(crate) fn linked(page: &Url, link: &str) -> Result<Url, ConnectorError> {
    let joined = page.join(link.trim()).ok();
    let Some(url) = joined.filter(|url| matches!(url.scheme(), "http" | "https")) else {
        let why = "a link on it is not an http address; the server's operator must mend it";
        return Err(ConnectorError::needs_person(shown(page), why));
    };
    if page.scheme() == "https" && url.scheme() == "http" {
        let why = "a link on it leads from https to plain http, where others could read along; it is not followed";
        return Err(ConnectorError::needs_person(shown(page), why));
    }
    Ok(url)
}

/// An address that was stored.
pub(crate) fn stored(text: &str) -> Result<Url, ConnectorError> {
    Url::parse(text).map_err(|cause| ConnectorError::CursorUnreadable {
        why: format!("an address in it cannot be read: {cause}"),
    })
}

/// The last part of an address's path: how a file of an export is called.
pub(crate) fn file_name(url: &Url) -> &str {
    let name = url.path().trim_end_matches('/').rsplit('/').next();
    name.filter(|name| !name.is_empty()).unwrap_or("file")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_address_ends_with_a_slash_and_holds_no_secret() {
        for (text, expected) in [
            ("http://127.0.0.1:8080/fhir", "http://127.0.0.1:8080/fhir/"),
            (" https://a.example/r4/ ", "https://a.example/r4/"),
        ] {
            assert_eq!(base(text).unwrap().as_str(), expected);
        }
        for wrong in [
            "",
            "a.example",
            "ftp://a.example",
            "https://u:secret@a.example",
            "https://a.example/?key=secret",
        ] {
            let error = base(wrong).unwrap_err().to_string();
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn links_are_relative_or_absolute_and_never_go_down_to_plain_http() {
        let page = Url::parse("https://a.example/fhir/Patient?page=1").unwrap();
        for (link, expected) in [
            ("?page=2", "https://a.example/fhir/Patient?page=2"),
            ("Patient?page=2", "https://a.example/fhir/Patient?page=2"),
            ("/fhir?p=2", "https://a.example/fhir?p=2"),
            ("https://b.example/x", "https://b.example/x"),
        ] {
            assert_eq!(linked(&page, link).unwrap().as_str(), expected);
        }
        for wrong in ["http://a.example/fhir", "file:///etc/passwd", "https://"] {
            assert!(linked(&page, wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_shown_of_an_address_has_no_query_and_no_user() {
        let url = Url::parse("https://u:p@a.example:8443/x/Patient.ndjson?sig=1#f").unwrap();
        assert_eq!(shown(&url), "a.example:8443/x/Patient.ndjson");
        assert_eq!(file_name(&url), "Patient.ndjson");
        assert_eq!(origin(&url), "https://a.example:8443");
    }
}
