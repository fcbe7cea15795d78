//! FHIR references to a patient.

use super::Fault;

/// The id of a reference to a resource of this type: `Patient/a1`, an absolute URL, with or without a version, `urn:uuid:`.
pub(crate) fn read<'a>(text: &'a str, resource: &str) -> Result<&'a str, Fault> {
    let text = text.trim();
    if let Some(id) = text.strip_prefix("urn:uuid:") {
        return checked(id);
    }
    let bare = text.split_once("/_history/").map_or(text, |(bare, _)| bare);
    let mut parts = bare.rsplitn(3, '/');
    let (id, kind) = (parts.next().unwrap_or_default(), parts.next());
    if kind == Some(resource) {
        checked(id)
    } else {
        Err(Fault::Unreadable)
    }
}

/// An id of FHIR: 1 to 64 of letters, digits, `-` and `.`.
pub(crate) fn checked(id: &str) -> Result<&str, Fault> {
    let plain = id
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'));
    if plain && (1..=64).contains(&id.len()) {
        Ok(id)
    } else {
        Err(Fault::Unreadable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_gives_its_id() {
        for text in [
            "Patient/a1",
            "https://example.org/fhir/Patient/a1",
            "Patient/a1/_history/3",
            "urn:uuid:a1",
        ] {
            assert_eq!(read(text, "Patient"), Ok("a1"), "{text}");
        }
        for text in ["Group/a1", "a1", "Patient/", "#p", ""] {
            assert!(read(text, "Patient").is_err(), "{text}");
        }
    }
}
