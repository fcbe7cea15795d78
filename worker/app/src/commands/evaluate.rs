//! `musubi evaluate`

use std::path::Path;

use linkage::Evaluation;

use super::Session;
use crate::catalog::Kind;
use crate::cli::EvaluateArgs;
use crate::output::{Show, print};
use crate::project::Project;
use crate::summary::accuracy_table;
use crate::{Exit, Failure};

/// Records that are read at a time.
const RECORDS_AT_ONCE: u32 = 20_000;

/// `(source, record key)` and the person or identity.
type Named = ((String, String), String);

pub(super) async fn evaluate(session: &Session, args: &EvaluateArgs) -> Result<Exit, Failure> {
    let project = session.project().await?;
    let evaluation = evaluate_against(&project, &args.truth).await?;
    print(session.format, &evaluation)?;
    Ok(Exit::Done)
}

/// Compares the identities in the store to a truth file.
pub(super) async fn evaluate_against(
    project: &Project,
    truth: &Path,
) -> Result<Evaluation, Failure> {
    let truth = read_truth(project, truth)?;
    let mut found: Vec<Named> = Vec::new();
    let mut pages = project.store.memberships();
    loop {
        let page = pages.next(RECORDS_AT_ONCE).await?;
        if page.is_empty() {
            break;
        }
        found.extend(page.into_iter().map(|(record, identity)| {
            let key = record.key.expose().to_owned();
            ((record.source.to_string(), key), identity.to_string())
        }));
    }
    let (truth, found) = (borrowed(&truth), borrowed(&found));
    Ok(linkage::evaluate(&truth, &found))
}

fn borrowed(named: &[Named]) -> Vec<((&str, &str), &str)> {
    named
        .iter()
        .map(|((source, key), group)| ((source.as_str(), key.as_str()), group.as_str()))
        .collect()
}

fn read_truth(project: &Project, file: &Path) -> Result<Vec<Named>, Failure> {
    let failed =
        |cause: csv::Error| Failure::because(format!("`{}` cannot be read", file.display()), cause);
    let mut reader = csv::Reader::from_path(file).map_err(failed)?;
    let headings = reader.headers().map_err(failed)?.clone();
    let column = |name: &str| {
        headings
            .iter()
            .position(|heading| heading.trim_start_matches('\u{feff}') == name)
            .ok_or_else(|| {
                Failure::stop(format!("`{}` has no column `{name}`", file.display()))
                    .advise("a truth file has the columns `source`, `record_key` and `person_id`")
            })
    };
    let columns = [
        column("source")?,
        column("record_key")?,
        column("person_id")?,
    ];
    let mut truth = Vec::new();
    for row in reader.records() {
        let row = row.map_err(failed)?;
        let [source, key, person] =
            columns.map(|column| row.get(column).unwrap_or_default().to_owned());
        truth.push(((configured_name(project, source), key), person));
    }
    Ok(truth)
}

/// A truth file names the kinds of registry; where no source has that name, the only one of that kind is meant.
fn configured_name(project: &Project, source: String) -> String {
    let sources = &project.config.sources;
    if sources.keys().any(|name| name.as_str() == source) {
        return source;
    }
    let of_kind: Vec<_> = sources
        .values()
        .filter(|config| Some(config.kind) == Kind::parse(&source))
        .collect();
    match of_kind[..] {
        [only] => only.name.to_string(),
        _ => source,
    }
}

impl Show for Evaluation {
    fn text(&self) -> String {
        accuracy_table(self)
    }
}
