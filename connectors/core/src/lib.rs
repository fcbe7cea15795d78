//! What any connector must do: reach a source, read it page by page, and say where it stood.
//!
//! A connector never stores and never maps. It reads bytes, cuts them into [`RawRecord`]s, and sets aside what cannot be
//! cut, so that every row read is either in [`Page::records`] or in [`Page::set_aside`].
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test panics on purpose"))]

pub mod conformance;
mod cursor;
pub mod delimited;
mod error;
pub mod folder;
mod page;

pub use cursor::{Cursor, Next};
pub use error::ConnectorError;
pub use page::{CheckReport, Discovery, Finding, FindingKind, Offer, Page, PageCounts};
pub use schema::RawRecord;

/// A kind of source that can be pulled from.
#[async_trait::async_trait]
pub trait Connector: Send + Sync {
    /// The word for it in `musubi.toml`: `trump`, `formsnet3`, `fhir` ...
    fn kind(&self) -> &'static str;

    /// Whether the source can be reached and its layout is one that can be read. It stores nothing and moves no cursor.
    async fn check(&self) -> Result<CheckReport, ConnectorError>;

    /// What the source offers: files, forms, resource types, with their sizes where they are told.
    async fn discover(&self) -> Result<Discovery, ConnectorError>;

    /// The page after a cursor; from the beginning without one.
    ///
    /// A page is a pure consequence of the source and the cursor: pulled again with the same cursor, it gives the same
    /// rows or, where the source has changed meanwhile, a consistent later state of them.
    ///
    /// # Errors
    /// [`ConnectorError::TryLater`] where waiting may help, [`ConnectorError::NeedsPerson`] where it cannot, and
    /// [`ConnectorError::CursorUnreadable`] for a cursor that this connector did not write: it never starts over.
    async fn pull(&self, cursor: Option<&Cursor>) -> Result<Page, ConnectorError>;

    /// Called once everything up to this cursor is durable, so that a server's job can be deleted. Failing does no harm.
    async fn settled(&self, _cursor: &Cursor) -> Result<(), ConnectorError> {
        Ok(())
    }
}
