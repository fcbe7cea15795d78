//! Why two records of files are, or are not, one person.

use std::fmt;

use linkage::{ClusterGraph, Explanation, Job, NoRules, Progress, Row, Table};
use serde::Serialize;

use crate::run::{Prepared, settle};
use crate::{LinkFilesError, Options};

/// A record named on a command line: `FILE:ID`, the file by its source's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordAddress(pub String);

/// What is told of records.
#[derive(Clone, Debug, Serialize)]
pub struct Explained {
    /// The account of the pair; none when one record alone was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pair: Option<Explanation>,
    /// The clusters of the records, each once; a record that is alone has one of its own.
    pub clusters: Vec<ClusterGraph>,
}

/// Links the files as [`crate::link`] would and tells why two records are, or are not, one person, or how one record's
/// cluster holds together. Nothing is written.
///
/// # Errors
/// [`LinkFilesError::Options`] when a record is not there; else as [`crate::link`].
pub fn explain(
    options: &Options,
    records: &[RecordAddress],
    progress: Progress<'_>,
) -> Result<Explained, LinkFilesError> {
    let Prepared {
        model,
        records: read,
        ..
    } = Prepared::new(options, &options.memory(), progress)?;
    let table = &read.table;
    let rows = records
        .iter()
        .map(|address| address.find(table))
        .collect::<Result<Vec<_>, _>>()?;
    let mut job = Job::prepare(model, table, Vec::new(), &NoRules, progress)?;
    settle(options, &mut job)?;
    let pair = match rows[..] {
        [left, right] if left != right => Some((job.explain(left, right)?, left, right)),
        [_] => None,
        _ => {
            return Err(LinkFilesError::options(
                "name one record, or two that differ, as `FILE:ID`",
            ));
        }
    };
    let linkage = job.link(progress)?;
    let mut clusters = Vec::new();
    for row in rows {
        let found = linkage
            .clusters
            .iter()
            .position(|cluster| cluster.contains(&row));
        if let Some(place) = found.filter(|place| !clusters.contains(place)) {
            clusters.push(place);
        }
    }
    Ok(Explained {
        pair: pair.map(|(account, left, right)| account.within(&linkage, left, right)),
        clusters: clusters
            .into_iter()
            .map(|place| linkage.graph(table, &linkage.clusters[place]))
            .collect(),
    })
}

impl RecordAddress {
    fn find(&self, table: &Table) -> Result<Row, LinkFilesError> {
        let names = table.source_names();
        let source = |row: Row| &names[usize::from(table.source(row))];
        let ids = names
            .iter()
            .filter_map(|name| {
                let id = self.0.strip_prefix(name.as_str())?.strip_prefix(':')?;
                Some((name, id))
            })
            .collect::<Vec<_>>();
        let rows = u32::try_from(table.len()).unwrap_or(u32::MAX);
        let found = (0..rows).find(|&row| {
            ids.iter()
                .any(|(name, id)| source(row) == *name && table.id(row) == *id)
        });
        found.ok_or_else(|| {
            let known = names.iter().map(|name| format!("`{name}:…`"));
            LinkFilesError::options(format!(
                "there is no record `{}`; records are named {}",
                self.0,
                known.collect::<Vec<_>>().join(" or ")
            ))
        })
    }
}

impl fmt::Display for Explained {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(pair) = &self.pair {
            writeln!(formatter, "{pair}")?;
        }
        for cluster in &self.clusters {
            writeln!(formatter, "{cluster}")?;
        }
        Ok(())
    }
}
