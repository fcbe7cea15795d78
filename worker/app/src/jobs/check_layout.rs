//! Asks, before anything is stored, whether the mappings know what a source's files look like.

use std::fmt::Write as _;
use std::sync::Arc;

use connector::{Connector, Finding, FindingKind};
use mapping::Renamed;
use schema::Header;

use crate::Failure;
use crate::config::SourceConfig;
use crate::jobs::map_records::Mapper;

/// The connector of a configured source.
///
/// # Errors
/// When its settings contradict each other.
pub fn connect(source: &SourceConfig, mapper: &Mapper) -> Result<Box<dyn Connector>, Failure> {
    source.settings.connect(&mapper.mappings.resource_types())
}

/// Asks the mappings whether they know the layouts of the source's files. Gives what is worth knowing, such as new columns.
///
/// # Errors
/// When a required column is missing (file, column and likely new name are told), or a file cannot be read at all.
pub async fn check_layout(
    connector: &dyn Connector,
    mapper: &Mapper,
) -> Result<Vec<Finding>, Failure> {
    let report = connector.check().await?;
    let mut findings = Vec::new();
    for finding in report.findings {
        if finding.kind == FindingKind::Fault {
            return Err(Failure::stop(format!(
                "`{}`: {}",
                finding.place, finding.message
            )));
        }
        findings.push(finding);
    }
    for (place, header) in &report.headers {
        findings.extend(check_header(place, header, mapper)?);
    }
    Ok(findings)
}

fn check_header(
    place: &Arc<str>,
    header: &Header,
    mapper: &Mapper,
) -> Result<Vec<Finding>, Failure> {
    let fit = mapper.mappings.fit(header);
    let listed = |names: &mut dyn Iterator<Item = &str>| {
        names
            .map(|name| format!("`{name}`"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    if let (None, Some(nearest)) = (&fit.mapping, &fit.nearest) {
        let missing = listed(&mut fit.missing.iter().map(|name| &**name));
        let mut why = format!("`{place}` lacks {missing}, which mapping `{nearest}` needs");
        for Renamed { found, expected } in &fit.renamed {
            let _ = write!(why, "; `{found}` may be the new name of `{expected}`");
        }
        return Err(Failure::stop(why + "; nothing of it was stored").advise(
            "correct the file, or copy the mapping file, write the new heading beside the old one under `[aliases]`, and name the copy in `musubi.toml` (`mappings = [...]` of the source)",
        ));
    }
    let mut notes = Vec::new();
    if fit.mapping.is_none() {
        notes.push((
            FindingKind::Warning,
            "no mapping takes this layout: its rows are set aside".to_owned(),
        ));
    } else if !fit.unknown.is_empty() {
        let unknown = listed(&mut fit.unknown.iter().map(|name| &**name));
        notes.push((
            FindingKind::Note,
            format!("new columns, not stored: {unknown}"),
        ));
    }
    if !fit.refused.is_empty() {
        let refused = listed(&mut fit.refused.iter().map(|name| &**name));
        notes.push((
            FindingKind::Note,
            format!("columns that may not enter, not stored: {refused}"),
        ));
    }
    for Renamed { found, expected } in &fit.renamed {
        notes.push((
            FindingKind::Note,
            format!("`{found}` may be the new name of `{expected}`"),
        ));
    }
    let finding = |(kind, message)| Finding {
        kind,
        place: place.clone(),
        message,
    };
    Ok(notes.into_iter().map(finding).collect())
}
