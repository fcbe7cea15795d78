//! A world's files to the mapped records of each patient, by the connectors and the shipped mappings.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};

use connector::{Connector, Next};
use connector_fhir::{FhirConnector, FhirSettings};
use connector_formsnet3::{Formsnet3Connector, Formsnet3Settings};
use connector_trump::{TrumpConnector, TrumpSettings};
use mapping::{Admission, MappingSet, Tables, shipped};
use rayon::prelude::*;
use schema::{AdmittedRecord, ContentHash, MappedRecord, RawRecord, RecordKey, SourceName};
use serde::de::DeserializeOwned;

/// The kinds of source, each a folder of the world.
const KINDS: [&str; 3] = ["fhir", "formsnet3", "trump"];

/// One patient of one source: all that its current rows tell.
pub(crate) struct Patient {
    pub(crate) source: SourceName,
    pub(crate) key: RecordKey,
    pub(crate) records: Vec<MappedRecord>,
}

/// The folder that `fixtures` wrote.
pub(crate) struct World {
    folder: PathBuf,
    tables: Tables,
}

/// The version of a row that counts, of those seen so far.
struct Current {
    version: (Box<str>, ContentHash),
    patient: Option<RecordKey>,
    /// None of a row that is no more.
    record: Option<MappedRecord>,
}

impl World {
    pub(crate) fn new(folder: &Path) -> Result<Self, Box<dyn Error>> {
        let facilities = folder.join("facilities.csv");
        let products = folder.join("products.csv");
        Ok(Self {
            folder: folder.to_owned(),
            tables: Tables::load(Some(&facilities), Some(&products))?,
        })
    }

    /// All patients, by source and key.
    pub(crate) async fn read(&self) -> Result<Vec<Patient>, Box<dyn Error>> {
        let mut patients = Vec::new();
        for kind in KINDS {
            patients.extend(self.read_source(kind).await?);
        }
        patients.sort_by(|one, other| {
            (one.source.as_str(), one.key.expose())
                .cmp(&(other.source.as_str(), other.key.expose()))
        });
        Ok(patients)
    }

    fn settings<T: DeserializeOwned>(&self, place: &str, kind: &str) -> Result<T, Box<dyn Error>> {
        let folder = self.folder.join(kind).display().to_string();
        Ok(toml::from_str(&format!("{place} = {folder:?}\n"))?)
    }

    fn connector(
        &self,
        kind: &str,
        mappings: &MappingSet,
    ) -> Result<Box<dyn Connector>, Box<dyn Error>> {
        Ok(match kind {
            "trump" => Box::new(TrumpConnector::new(
                self.settings::<TrumpSettings>("path", kind)?,
            )),
            "formsnet3" => Box::new(Formsnet3Connector::new(
                self.settings::<Formsnet3Settings>("path", kind)?,
            )),
            _ => {
                let mut settings: FhirSettings = self.settings("folder", kind)?;
                let types = mappings.resource_types();
                settings.types = types.iter().map(ToString::to_string).collect();
                // Others refer to organisations by their ids.
                settings.types.sort_by_key(|name| name != "Organization");
                Box::new(FhirConnector::new(settings)?)
            }
        })
    }

    async fn read_source(&self, kind: &str) -> Result<Vec<Patient>, Box<dyn Error>> {
        let files: Vec<_> = shipped(kind)
            .iter()
            .map(|file| (file.name.to_owned(), file.text.to_owned()))
            .collect();
        let mut mapper = Mapper {
            source: SourceName::new(kind)?,
            mappings: MappingSet::load(&files)?,
            tables: self.tables.clone(),
        };
        let connector = self.connector(kind, &mapper.mappings)?;
        let mut rows: BTreeMap<String, Current> = BTreeMap::new();
        let mut cursor = None;
        loop {
            let page = connector.pull(cursor.as_ref()).await?;
            for (key, row) in mapper.map(&page.records) {
                if rows
                    .get(&key)
                    .is_none_or(|known| known.version < row.version)
                {
                    rows.insert(key, row);
                }
            }
            match page.next {
                Next::More(next) => cursor = Some(next),
                Next::CaughtUp(_) => break,
            }
        }
        Ok(by_patient(&mapper.source, rows.into_values()))
    }
}

/// A source's mappings with what they look things up in.
struct Mapper {
    source: SourceName,
    mappings: MappingSet,
    tables: Tables,
}

impl Mapper {
    /// A page's rows through the door and the mappings, by their keys; what the door set aside is left out.
    fn map(&mut self, rows: &[RawRecord]) -> Vec<(String, Current)> {
        let admitted: Vec<AdmittedRecord> = rows
            .par_iter()
            .filter_map(|row| match self.mappings.admit(row, &self.tables) {
                Admission::Admitted { record, .. } => Some(record),
                Admission::SetAside(_) => None,
            })
            .collect();
        for record in &admitted {
            self.tables.learn(record);
        }
        admitted
            .into_par_iter()
            .map(|record| {
                let mapped = self.mappings.map(&self.source, &record, &self.tables);
                let current = Current {
                    version: (record.version.clone(), record.hash),
                    patient: record.subject.clone(),
                    record: mapped.record,
                };
                (record.key.expose().to_owned(), current)
            })
            .collect()
    }
}

fn by_patient(source: &SourceName, rows: impl Iterator<Item = Current>) -> Vec<Patient> {
    let mut patients: BTreeMap<String, Patient> = BTreeMap::new();
    for row in rows {
        let (Some(key), Some(record)) = (row.patient, row.record) else {
            continue;
        };
        patients
            .entry(key.expose().to_owned())
            .or_insert_with(|| Patient {
                source: source.clone(),
                key,
                records: Vec::new(),
            })
            .records
            .push(record);
    }
    patients.into_values().collect()
}
