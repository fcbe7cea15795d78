use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::ConnectorError;

/// Where a source stood: written and read by its connector only, kept by the store as text.
///
/// It holds no patient's data and no secret: file names, hashes, offsets, job URLs, instants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cursor {
    /// The connector's kind.
    pub kind: String,
    /// The version of the position's form; a connector refuses one that it does not know.
    pub version: u32,
    /// The position itself.
    pub position: serde_json::Value,
}

impl Cursor {
    /// The cursor of a connector at a position.
    ///
    /// # Errors
    /// [`ConnectorError::Broken`] when the position has no JSON form.
    pub fn at<T: Serialize>(
        kind: &str,
        version: u32,
        position: &T,
    ) -> Result<Self, ConnectorError> {
        let position = serde_json::to_value(position)
            .map_err(|cause| ConnectorError::broken("cursor", cause))?;
        Ok(Self {
            kind: kind.to_owned(),
            version,
            position,
        })
    }

    /// The position, when the kind and version are the ones asked for.
    ///
    /// # Errors
    /// [`ConnectorError::CursorUnreadable`] otherwise: the run stops, since starting over would be a silent full read.
    pub fn position<T: DeserializeOwned>(
        &self,
        kind: &str,
        version: u32,
    ) -> Result<T, ConnectorError> {
        let unreadable = |why: String| ConnectorError::CursorUnreadable { why };
        if self.kind != kind || self.version != version {
            let found = format!(
                "it is `{}` version {}, expected `{kind}` version {version}",
                self.kind, self.version
            );
            return Err(unreadable(found));
        }
        serde_json::from_value(self.position.clone()).map_err(|cause| unreadable(cause.to_string()))
    }
}

/// What comes after a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// There is more: pull again from here.
    More(Cursor),
    /// Nothing more for now: the next sync begins here.
    CaughtUp(Cursor),
}

impl Next {
    /// The cursor that is stored with the page.
    #[must_use]
    pub const fn cursor(&self) -> &Cursor {
        match self {
            Self::More(cursor) | Self::CaughtUp(cursor) => cursor,
        }
    }
}
