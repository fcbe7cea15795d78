//! A world's files to the mapped records of each patient, by the connectors and the shipped mappings.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};

use mapping::{MappingSet, Tables};
use musubi::catalog::{Kind, Settings};
use musubi::jobs::map_records::Mapper;
use musubi::project::shipped;
use schema::{ContentHash, MappedRecord, RecordKey, SourceName};

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
        for kind in Kind::ALL {
            patients.extend(self.read_source(kind).await?);
        }
        patients.sort_by(|one, other| {
            (one.source.as_str(), one.key.expose())
                .cmp(&(other.source.as_str(), other.key.expose()))
        });
        Ok(patients)
    }

    fn settings(&self, kind: Kind) -> Result<Settings, Box<dyn Error>> {
        let place = self.folder.join(kind.as_str());
        let name = if kind == Kind::Fhir { "folder" } else { "path" };
        let place = place.display().to_string();
        let text = format!("{name} = {place:?}\n");
        Ok(match kind {
            Kind::Trump => Settings::Trump(toml::from_str(&text)?),
            Kind::Formsnet3 => Settings::Formsnet3(toml::from_str(&text)?),
            Kind::Fhir => Settings::Fhir(Box::new(toml::from_str(&text)?)),
        })
    }

    async fn read_source(&self, kind: Kind) -> Result<Vec<Patient>, Box<dyn Error>> {
        let source = SourceName::new(kind.as_str())?;
        let mapper = Mapper {
            source: source.clone(),
            mappings: Arc::new(MappingSet::load(&shipped(kind))?),
            tables: Arc::new(RwLock::new(self.tables.clone())),
        };
        let connector = self
            .settings(kind)?
            .connect(&mapper.mappings.resource_types())?;
        let mut rows: BTreeMap<String, Current> = BTreeMap::new();
        let mut cursor = None;
        loop {
            let page = connector.pull(cursor.as_ref()).await?;
            for row in mapper.map_rows(&page.records).records {
                let version = (row.record.version.clone(), row.record.hash);
                let key = row.record.key.expose().to_owned();
                if rows.get(&key).is_none_or(|known| known.version < version) {
                    let current = Current {
                        version,
                        patient: row.record.subject.clone(),
                        record: row.mapped,
                    };
                    rows.insert(key, current);
                }
            }
            match page.next {
                connector::Next::More(next) => cursor = Some(next),
                connector::Next::CaughtUp(_) => break,
            }
        }
        Ok(by_patient(&source, rows.into_values()))
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
