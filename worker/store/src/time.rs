//! Instants and hashes in their stored form.

use std::time::Duration;

use jiff::Timestamp;

use crate::StoreError;

/// RFC 3339 in UTC with six decimals: one width, so that instants sort as text.
pub(crate) fn text(instant: Timestamp) -> String {
    format!("{instant:.6}")
}

/// The instant after a delay; the last one there is when it would lie beyond.
pub(crate) fn after(instant: Timestamp, delay: Duration) -> Timestamp {
    instant.checked_add(delay).unwrap_or(Timestamp::MAX)
}

pub(crate) fn read(text: &str) -> Result<Timestamp, StoreError> {
    text.parse()
        .map_err(|_| StoreError::broken("instant", "it is not RFC 3339"))
}

pub(crate) fn read_maybe(text: Option<&str>) -> Result<Option<Timestamp>, StoreError> {
    text.map(read).transpose()
}
