use std::collections::BTreeMap;
use std::sync::Arc;

use schema::{Header, RawRecord, SetAside};
use serde::Serialize;

use crate::Next;

/// What one pull gives.
#[derive(Debug)]
pub struct Page {
    /// Rows and resources that were cut out whole.
    pub records: Vec<RawRecord>,
    /// Rows and resources that could not be.
    pub set_aside: Vec<SetAside>,
    /// How many rows were read, by place: counted where the bytes are read, not by adding up the two lists.
    pub counts: PageCounts,
    /// What the operator should know and no row tells: new columns, a manifest's wrong count, a server's warning.
    pub findings: Vec<Finding>,
    /// How far the source is read, for progress: (done, in all) in bytes or rows, when it can be told.
    pub progress: Option<(u64, u64)>,
    /// Where to go on.
    pub next: Next,
}

/// Rows read, by place (file or resource path).
pub type PageCounts = BTreeMap<Arc<str>, u64>;

/// What kind of finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// Worth knowing.
    Note,
    /// Something differs from what was expected; what could be read was read.
    Warning,
    /// Something could not be read at all.
    Fault,
}

/// Something that the operator should know about a source.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// How bad.
    pub kind: FindingKind,
    /// File or resource path.
    pub place: Arc<str>,
    /// A sentence for a person.
    pub message: String,
}

/// Whether a source can be read.
#[derive(Clone, Debug, Default, Serialize)]
pub struct CheckReport {
    /// What was found. A source is fit when none of them is a [`FindingKind::Fault`].
    pub findings: Vec<Finding>,
    /// The headings met, by file, so that the mappings can be asked whether they know the layout.
    #[serde(skip)]
    pub headers: BTreeMap<Arc<str>, Arc<Header>>,
}

/// One thing that a source offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Offer {
    /// File, form or resource type.
    pub name: String,
    /// Its size in bytes or its number of resources, where that is told.
    pub size: Option<u64>,
    /// More about it: encoding, columns, export support.
    pub detail: String,
}

/// What a source offers.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Discovery {
    /// In a stable order.
    pub offers: Vec<Offer>,
}
