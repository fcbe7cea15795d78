//! TRUMP-like transplant exports: a folder of CSV files, or one file; CP932 as Windows writes it, or UTF-8 with a byte
//! order mark, by declaration.
//!
//! Each row is a record. What its columns mean, a mapping says.
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test panics on purpose"))]

mod settings;

use std::sync::Arc;

use async_trait::async_trait;
use connector::folder::{EachRow, Folder};
use connector::{CheckReport, Connector, ConnectorError, Cursor, Discovery, Page};
pub use settings::TrumpSettings;

/// The word for this kind in settings and cursors.
pub const KIND: &str = "trump";

/// Reads TRUMP-like exports.
pub struct TrumpConnector {
    folder: Arc<Folder<EachRow>>,
}

impl TrumpConnector {
    /// The connector for a configured place. Nothing is read yet.
    #[must_use]
    pub fn new(settings: TrumpSettings) -> Self {
        let folder = Folder::new(settings.into(), EachRow);
        Self {
            folder: Arc::new(folder),
        }
    }

    /// Files are read on a thread where waiting harms nobody.
    async fn blocking<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Folder<EachRow>) -> Result<T, ConnectorError> + Send + 'static,
    ) -> Result<T, ConnectorError> {
        let folder = self.folder.clone();
        tokio::task::spawn_blocking(move || job(&folder))
            .await
            .map_err(|cause| ConnectorError::broken(KIND, cause))?
    }
}

#[async_trait]
impl Connector for TrumpConnector {
    fn kind(&self) -> &'static str {
        KIND
    }

    async fn check(&self) -> Result<CheckReport, ConnectorError> {
        self.blocking(Folder::check).await
    }

    async fn discover(&self) -> Result<Discovery, ConnectorError> {
        self.blocking(Folder::discover).await
    }

    async fn pull(&self, cursor: Option<&Cursor>) -> Result<Page, ConnectorError> {
        let cursor = cursor.cloned();
        self.blocking(move |folder| folder.pull(KIND, cursor.as_ref()))
            .await
    }
}
