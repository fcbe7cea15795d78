use std::error::Error;
use std::time::Duration;

type Cause = Box<dyn Error + Send + Sync>;

/// Why a pull ended, by what can be done about it. No variant carries a value of a patient's field, a query string or a
/// credential.
#[derive(Debug, thiserror::Error)]
pub enum ConnectorError {
    /// The source is away, busy or slow: the same pull may succeed later.
    #[error("`{place}` cannot be read now: {why}; it is tried again later")]
    TryLater {
        /// File, or host and path without query.
        place: String,
        /// What was seen.
        why: String,
        /// How long the source asks to wait.
        after: Option<Duration>,
        /// What lies beneath.
        #[source]
        cause: Option<Cause>,
    },
    /// A person must act: a path, a credential, a layout, a setting.
    #[error("`{place}`: {why}")]
    NeedsPerson {
        /// File, setting, or host and path without query.
        place: String,
        /// What was seen, what was expected, and what to do.
        why: String,
        /// What lies beneath.
        #[source]
        cause: Option<Cause>,
    },
    /// The stored cursor cannot be read. The run stops; it never starts over by itself.
    #[error(
        "the stored cursor cannot be read: {why}; after checking, `musubi sync --full` reads the source from its beginning"
    )]
    CursorUnreadable {
        /// What was found and what was expected.
        why: String,
    },
    /// A fault of the program.
    #[error("`{place}`: a fault of the program")]
    Broken {
        /// Where.
        place: String,
        /// What lies beneath.
        #[source]
        cause: Cause,
    },
}

impl ConnectorError {
    /// A failure that waiting may mend.
    pub fn try_later(place: impl Into<String>, why: impl Into<String>) -> Self {
        Self::TryLater {
            place: place.into(),
            why: why.into(),
            after: None,
            cause: None,
        }
    }

    /// A failure that only a person can mend.
    pub fn needs_person(place: impl Into<String>, why: impl Into<String>) -> Self {
        Self::NeedsPerson {
            place: place.into(),
            why: why.into(),
            cause: None,
        }
    }

    /// A fault of the program.
    pub fn broken(place: impl Into<String>, cause: impl Into<Cause>) -> Self {
        Self::Broken {
            place: place.into(),
            cause: cause.into(),
        }
    }
}
