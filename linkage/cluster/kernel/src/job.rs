//! The folder that a run is told by.

use std::fs;
use std::path::{Path, PathBuf};

use linkage::Model;
use serde::Deserialize;

use crate::error::KernelError;
use crate::plan::Plan;

/// A run: its model, its sources, and how many records it has.
pub(crate) struct Job {
    pub(crate) folder: PathBuf,
    pub(crate) model: Model,
    pub(crate) plan: Plan,
    /// The sources' names, by the number that records carry.
    pub(crate) sources: Vec<String>,
    /// Records of the whole run.
    pub(crate) records: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JobFile {
    sources: Vec<String>,
    records: usize,
}

impl Job {
    pub(crate) fn open(folder: &Path) -> Result<Self, KernelError> {
        let model = model(folder)?;
        let path = folder.join("job.json");
        let job: JobFile = serde_json::from_str(&text(&path)?)
            .map_err(|error| KernelError::Input(format!("`{}`: {error}", path.display())))?;
        Ok(Self {
            folder: folder.to_owned(),
            plan: Plan::of(&model)?,
            model,
            sources: job.sources,
            records: job.records,
        })
    }

    pub(crate) fn source(&self, number: i32) -> Result<&str, KernelError> {
        let name = usize::try_from(number)
            .ok()
            .and_then(|number| self.sources.get(number));
        name.map(String::as_str)
            .ok_or_else(|| KernelError::Input(format!("there is no source {number}")))
    }
}

pub(crate) fn model(folder: &Path) -> Result<Model, KernelError> {
    Ok(Model::parse(&text(&folder.join("model.toml"))?)?)
}

pub(crate) fn text(path: &Path) -> Result<String, KernelError> {
    fs::read_to_string(path).map_err(|error| KernelError::File(path.display().to_string(), error))
}
