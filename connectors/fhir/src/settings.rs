use std::fmt;
use std::path::PathBuf;

use serde::Deserialize;

/// How a FHIR source is read: its table in `musubi.toml`, without what the program itself takes from that table.
///
/// Exactly one of [`Self::url`] and [`Self::folder`] is given.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FhirSettings {
    /// The server's base address, such as `https://fhir.example.org/r4`. No user, password or query.
    pub url: Option<String>,
    /// A folder of NDJSON files (`.ndjson`, `.jsonl`, each also with `.gz`), its subfolders included.
    pub folder: Option<PathBuf>,
    /// Bulk Data export, paged search, or whichever the server offers.
    #[serde(default)]
    pub mode: Mode,
    /// What an export covers.
    #[serde(default)]
    pub level: Level,
    /// The id of the Group, when `level = "group"`.
    pub group: Option<String>,
    /// The resource types asked for. Empty: all that an export gives; a search needs them.
    #[serde(default)]
    pub types: Vec<String>,
    /// Whether later syncs ask only for what changed since the last one. Default: true.
    #[serde(default = "yes")]
    pub incremental: bool,
    /// How the export is asked for. Default: GET, and POST where GET is refused.
    #[serde(default)]
    pub kick_off: KickOff,
    /// SMART Backend Services; without it, requests carry no token.
    pub auth: Option<AuthSettings>,
    /// Resources that one page of a search is asked to hold (`_count`). Default: 200.
    #[serde(default = "page_count")]
    pub page_count: u32,
    /// Lines that one pull takes from a file. Default: 2,000, so that a page is a few MB in memory.
    #[serde(default = "page_records_max")]
    pub page_records_max: usize,
    /// Bytes after which a pull from a file ends. Default: 16 MiB.
    #[serde(default = "page_bytes_max")]
    pub page_bytes_max: usize,
    /// Longest resource in bytes; a longer one is set aside. Default: 16 MiB.
    #[serde(default = "resource_bytes_max")]
    pub resource_bytes_max: usize,
    /// Longest page of a search, manifest or other answer that is read whole, in bytes. Default: 128 MiB.
    #[serde(default = "answer_bytes_max")]
    pub answer_bytes_max: usize,
    /// Pages of one type's search, or of one manifest, before it is taken for endless. Default: 100,000.
    #[serde(default = "pages_max")]
    pub pages_max: u64,
    /// Longest time to connect, in seconds. Default: 10.
    #[serde(default = "connect_s_max")]
    pub connect_s_max: u64,
    /// Longest silence while an answer is read, in seconds. Default: 60.
    #[serde(default = "read_s_max")]
    pub read_s_max: u64,
    /// After how many seconds of waiting for an export a pull hands back, so that a lease can be renewed. Default: 30.
    #[serde(default = "poll_s_max")]
    pub poll_s_max: u64,
    /// Longest wait for one export in all, in seconds. Default: 86,400, a day.
    #[serde(default = "export_s_max")]
    pub export_s_max: u64,
    /// Longest `Retry-After` that is honoured, in seconds; a longer one is cut to it. Default: 120.
    #[serde(default = "retry_after_s_max")]
    pub retry_after_s_max: u64,
    /// How often one request is tried again within a pull. Default: 4; then the pull is tried later as a whole.
    #[serde(default = "retries_max")]
    pub retries_max: u32,
}

/// SMART Backend Services: a token for a signed assertion. The key is named here, never written here.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthSettings {
    /// The id under which the server knows this client.
    pub client_id: String,
    /// The token endpoint; without it, it is looked up at `.well-known/smart-configuration`.
    pub token_url: Option<String>,
    /// A file with the private key: PEM (PKCS#8, for RSA also PKCS#1), a JWK, or a JWK set.
    pub key_file: Option<PathBuf>,
    /// The name of an environment variable that holds the same.
    pub key_env: Option<String>,
    /// The signature's algorithm; without it, by the key: P-384 gives ES384, RSA gives RS384.
    pub alg: Option<SigningAlgorithm>,
    /// The id of the key, as registered with the server.
    pub kid: Option<String>,
    /// The scopes asked for. Default: `system/*.read`.
    #[serde(default = "scope")]
    pub scope: String,
}

impl fmt::Debug for AuthSettings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "AuthSettings(scope `{}`)", self.scope)
    }
}

/// Which interaction a server is read by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Export where the server says or shows that it can, search otherwise.
    #[default]
    Auto,
    /// Bulk Data export.
    Export,
    /// Paged search.
    Search,
}

/// What an export covers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Everything: `[base]/$export`.
    #[default]
    System,
    /// The patients of a Group: `[base]/Group/[id]/$export`.
    Group,
    /// All patients: `[base]/Patient/$export`.
    Patient,
}

/// How an export is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KickOff {
    /// GET first, POST where GET is refused.
    #[default]
    Auto,
    /// GET with parameters in the address (Bulk Data STU1 to STU3).
    Get,
    /// POST with a Parameters resource (STU3, and the only form of STU4).
    Post,
}

/// The two algorithms of SMART Backend Services.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum SigningAlgorithm {
    /// ECDSA with P-384 and SHA-384.
    ES384,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    RS384,
}

impl FhirSettings {
    /// A server at this address, everything else as by default.
    #[must_use]
    pub fn server(url: impl Into<String>) -> Self {
        Self {
            url: Some(url.into()),
            ..Self::bare()
        }
    }

    /// A folder of NDJSON files, everything else as by default.
    #[must_use]
    pub fn folder(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: Some(folder.into()),
            ..Self::bare()
        }
    }

    fn bare() -> Self {
        Self {
            url: None,
            folder: None,
            mode: Mode::default(),
            level: Level::default(),
            group: None,
            types: Vec::new(),
            incremental: yes(),
            kick_off: KickOff::default(),
            auth: None,
            page_count: page_count(),
            page_records_max: page_records_max(),
            page_bytes_max: page_bytes_max(),
            resource_bytes_max: resource_bytes_max(),
            answer_bytes_max: answer_bytes_max(),
            pages_max: pages_max(),
            connect_s_max: connect_s_max(),
            read_s_max: read_s_max(),
            poll_s_max: poll_s_max(),
            export_s_max: export_s_max(),
            retry_after_s_max: retry_after_s_max(),
            retries_max: retries_max(),
        }
    }
}

const fn yes() -> bool {
    true
}
const fn page_count() -> u32 {
    200
}
const fn page_records_max() -> usize {
    2_000
}
const fn page_bytes_max() -> usize {
    16 << 20
}
const fn resource_bytes_max() -> usize {
    16 << 20
}
const fn answer_bytes_max() -> usize {
    128 << 20
}
const fn pages_max() -> u64 {
    100_000
}
const fn connect_s_max() -> u64 {
    10
}
const fn read_s_max() -> u64 {
    60
}
const fn poll_s_max() -> u64 {
    30
}
const fn export_s_max() -> u64 {
    86_400
}
const fn retry_after_s_max() -> u64 {
    120
}
const fn retries_max() -> u32 {
    4
}
fn scope() -> String {
    "system/*.read".to_owned()
}
