//! The model with what was asked for on top of it, as the options of a run on one machine do.

use std::path::Path;

use linkage::{Model, OnePerCluster, Scope, SourceSettings};
use serde::Deserialize;

use crate::error::KernelError;
use crate::job;

/// `options.json`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    /// The sources' names.
    sources: Vec<String>,
    /// Links from this probability on, whatever the model says.
    threshold: Option<f64>,
    /// Every source holds a person once.
    one_to_one: bool,
    /// Only records of two sources may be one person's.
    link_only: bool,
}

/// Prints the folder's model as `options.json` changes it.
pub(crate) fn tell(folder: &Path) -> Result<(), KernelError> {
    let path = folder.join("options.json");
    let options: Options = serde_json::from_str(&job::text(&path)?)
        .map_err(|error| KernelError::Input(format!("`{}`: {error}", path.display())))?;
    print!("{}", options.on(job::model(folder)?)?.to_toml()?);
    Ok(())
}

impl Options {
    /// A model that goes by these options.
    fn on(self, mut model: Model) -> Result<Model, KernelError> {
        self.check()?;
        if let Some(threshold) = self.threshold {
            model.thresholds.link = threshold;
            model.thresholds.review = model.thresholds.review.min(threshold);
            model.decision = None;
        }
        if self.link_only {
            model.scope = Scope::AcrossSources;
        }
        if self.one_to_one {
            model.sources = self.sources.into_iter().map(once).collect();
        }
        Ok(model)
    }

    fn check(&self) -> Result<(), KernelError> {
        let wrong = |message: &str| Err(KernelError::Input(message.to_owned()));
        if self
            .threshold
            .is_some_and(|chance| !(chance > 0.0 && chance < 1.0))
        {
            return wrong("`--threshold` lies between 0 and 1, neither included");
        }
        if self.link_only && self.sources.len() < 2 {
            return wrong("`--link-only` needs two files or more");
        }
        Ok(())
    }
}

/// A source that holds a person once.
fn once(name: String) -> SourceSettings {
    SourceSettings {
        name,
        one_per_cluster: OnePerCluster::Hard,
        penalty_bits: 0.0,
    }
}

#[cfg(test)]
mod tests {
    use linkage::{Model, OnePerCluster, Scope};

    use super::Options;

    fn model() -> Model {
        let text = include_str!("../../trial.toml");
        Model::parse(&format!("{text}\n[decision]\n")).unwrap()
    }

    fn options(threshold: Option<f64>, all: bool, sources: &[&str]) -> Options {
        Options {
            sources: sources.iter().map(|&name| name.to_owned()).collect(),
            threshold,
            one_to_one: all,
            link_only: all,
        }
    }

    #[test]
    fn options_become_part_of_the_model() {
        let asked = options(Some(0.05), true, &["a", "b"]);
        let changed = asked.on(model()).unwrap();
        assert!(changed.decision.is_none());
        assert!((changed.thresholds.link - 0.05).abs() < 1e-12);
        assert!(changed.thresholds.review <= changed.thresholds.link);
        assert_eq!(changed.scope, Scope::AcrossSources);
        let names = changed.sources.iter().map(|source| {
            assert_eq!(source.one_per_cluster, OnePerCluster::Hard);
            source.name.as_str()
        });
        assert_eq!(names.collect::<Vec<_>>(), ["a", "b"]);
        // What is written down reads the same.
        let again = Model::parse(&changed.to_toml().unwrap()).unwrap();
        assert_eq!(again.sources.len(), 2);
    }

    #[test]
    fn a_threshold_that_is_no_chance_and_one_file_across_files_are_refused() {
        for threshold in [0.0, 1.0, f64::NAN] {
            let asked = options(Some(threshold), false, &["a"]);
            assert!(asked.on(model()).is_err());
        }
        assert!(options(None, true, &["a"]).on(model()).is_err());
    }
}
