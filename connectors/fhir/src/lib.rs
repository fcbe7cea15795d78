//! FHIR R4: Bulk Data export, paged search and folders of NDJSON.
//!
//! Resources are handed on as the text that was sent: nothing is read of them here but where they begin and end.
//! What a server says of itself is believed where it is cautious (`requiresAccessToken`, `Retry-After`, `expires_in`)
//! and checked where it is not (`count`, `next`, the length of a file).
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test panics on purpose"))]

mod address;
mod batch;
mod bundle;
mod capability;
mod download;
mod export;
mod folder;
mod http;
mod key;
mod kick_off;
mod lines;
mod manifest;
mod outcome;
mod position;
mod reader;
mod search;
mod server;
mod settings;
mod smart;
mod unpack;

use connector::{CheckReport, Connector, ConnectorError, Cursor, Discovery, Page};

use folder::Folder;
use position::{KIND, Position};
use server::Server;
pub use settings::{AuthSettings, FhirSettings, KickOff, Level, Mode, SigningAlgorithm};

/// Reads a FHIR server or a folder of NDJSON files.
pub struct FhirConnector {
    scope: String,
    reach: Reach,
}

enum Reach {
    Server(Box<Server>),
    Folder(Box<Folder>),
}

impl FhirConnector {
    /// A connector with these settings.
    ///
    /// # Errors
    /// [`ConnectorError::NeedsPerson`] for settings that contradict each other, an address that is none, or a key that
    /// cannot be read.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "each connector is made from settings that it takes over"
    )]
    pub fn new(settings: FhirSettings) -> Result<Self, ConnectorError> {
        match (&settings.url, &settings.folder) {
            (Some(url), None) => Ok(Self {
                scope: Server::scope(&settings, url)?,
                reach: Reach::Server(Box::new(Server::new(&settings, url)?)),
            }),
            (None, Some(folder)) => Ok(Self {
                scope: "folder".to_owned(),
                reach: Reach::Folder(Box::new(Folder::new(&settings, folder.clone()))),
            }),
            _ => Err(ConnectorError::needs_person(
                "settings `url` and `folder`",
                "exactly one of them must say what is read",
            )),
        }
    }
}

#[async_trait::async_trait]
impl Connector for FhirConnector {
    fn kind(&self) -> &'static str {
        KIND
    }

    async fn check(&self) -> Result<CheckReport, ConnectorError> {
        match &self.reach {
            Reach::Server(server) => server.check().await,
            Reach::Folder(folder) => folder.check(),
        }
    }

    async fn discover(&self) -> Result<Discovery, ConnectorError> {
        match &self.reach {
            Reach::Server(server) => server.discover().await,
            Reach::Folder(folder) => folder.discover(),
        }
    }

    async fn pull(&self, cursor: Option<&Cursor>) -> Result<Page, ConnectorError> {
        let position = Position::read(cursor, &self.scope)?;
        match &self.reach {
            Reach::Server(server) => server.pull(&position).await,
            Reach::Folder(folder) => folder.pull(&position).await,
        }
    }

    async fn settled(&self, cursor: &Cursor) -> Result<(), ConnectorError> {
        let position = Position::read(Some(cursor), &self.scope)?;
        match &self.reach {
            Reach::Server(server) => server.settled(&position).await,
            Reach::Folder(_) => Ok(()),
        }
    }
}
