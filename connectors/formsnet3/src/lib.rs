//! FormsNet3-style exports: a folder of per-form files, or the same content in the long form, one row an answer.
//!
//! A submission of a form is a record, whichever of the two it was read from. Which of two submissions counts, and what
//! the answers mean, a mapping says.
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test panics on purpose"))]

mod answers;
mod settings;
mod submissions;

use std::sync::Arc;

use async_trait::async_trait;
use connector::folder::Folder;
use connector::{CheckReport, Connector, ConnectorError, Cursor, Discovery, Page};
pub use settings::{ExportForm, Formsnet3Settings};
use submissions::Submissions;

/// The word for this kind in settings and cursors.
pub const KIND: &str = "formsnet3";

/// Reads FormsNet3-style exports.
pub struct Formsnet3Connector {
    folder: Arc<Folder<Submissions>>,
}

impl Formsnet3Connector {
    /// The connector for a configured place. Nothing is read yet.
    #[must_use]
    pub fn new(settings: Formsnet3Settings) -> Self {
        let submissions = Submissions::of(settings.form);
        let folder = Folder::new(settings.into(), submissions);
        Self {
            folder: Arc::new(folder),
        }
    }

    /// Files are read on a thread where waiting harms nobody.
    async fn blocking<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Folder<Submissions>) -> Result<T, ConnectorError> + Send + 'static,
    ) -> Result<T, ConnectorError> {
        let folder = self.folder.clone();
        tokio::task::spawn_blocking(move || job(&folder))
            .await
            .map_err(|cause| ConnectorError::broken(KIND, cause))?
    }
}

#[async_trait]
impl Connector for Formsnet3Connector {
    fn kind(&self) -> &'static str {
        KIND
    }

    async fn check(&self) -> Result<CheckReport, ConnectorError> {
        let mut report = self.blocking(Folder::check).await?;
        for header in report.headers.values_mut() {
            if let Some(columns) = answers::Columns::of(header) {
                *header = columns.leading_header();
            }
        }
        Ok(report)
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
