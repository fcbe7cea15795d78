//! A model proposed from files alone.

use std::path::PathBuf;

use linkage::{Progress, Proposal, ProposalOptions, RawFiles};

use crate::{LinkFilesError, Reading, Wanted, WantedColumn, headings, read, source_files};

/// For which files a model is asked, and what in them is no evidence.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The files.
    pub files: Vec<PathBuf>,
    /// The heading of the records' ids, which is no evidence.
    pub id_column: Option<String>,
    /// The heading of the true persons, which is not looked at.
    pub truth_column: Option<String>,
    /// What the model shall be called.
    pub name: String,
    /// How delimited files are read.
    pub reading: Reading,
}

/// Reads all columns of the files and proposes a model, with the cost of each blocking rule.
///
/// # Errors
/// [`LinkFilesError`] when a file cannot be read, or nothing in them can serve as evidence.
pub fn propose(asked: &Asked, progress: Progress<'_>) -> Result<Proposal, LinkFilesError> {
    let files = source_files(&asked.files)?;
    let ignore = [&asked.id_column, &asked.truth_column];
    let ignore = ignore.into_iter().flatten().cloned().collect::<Vec<_>>();
    let mut columns = Vec::<WantedColumn>::new();
    for file in &files {
        for heading in headings(file, asked.reading)? {
            let known = columns.iter().any(|column| column.name == heading);
            // A column without a heading cannot be named by a model.
            if !known && !heading.is_empty() && !ignore.contains(&heading) {
                columns.push(WantedColumn {
                    headings: vec![heading.clone()],
                    name: heading,
                    optional: true,
                });
            }
        }
    }
    let wanted = Wanted {
        id: asked.id_column.clone(),
        truth: None,
        columns,
    };
    let records = read(&files, &wanted, asked.reading, progress)?;
    let raw = RawFiles {
        source_names: records.table.source_names(),
        sources: records.table.sources(),
        columns: &records.columns,
    };
    let options = ProposalOptions {
        name: asked.name.clone(),
        ignore,
    };
    progress("propose", 0, 1);
    let proposal = linkage::propose(&raw, &options)?;
    progress("propose", 1, 1);
    Ok(proposal)
}
