//! `musubi issues`

use serde::Serialize;
use store::{IssueCount, StoredIssue};

use super::Session;
use crate::cli::IssuesArgs;
use crate::output::{Show, Table, print, thousands};
use crate::{Exit, Failure};

/// Issues that are printed one by one: more than a person reads.
const ISSUES_MAX: u32 = 1_000_000;

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Issues {
    All(Vec<StoredIssue>),
    Counted(Vec<IssueCount>),
}

pub(super) async fn issues(session: &Session, args: &IssuesArgs) -> Result<Exit, Failure> {
    let project = session.project().await?;
    let source = super::source_name(&project, args.source.as_deref())?;
    let issues = if args.all {
        Issues::All(project.store.issues(source.as_ref(), ISSUES_MAX).await?)
    } else {
        let mut counts = project.store.issue_counts().await?;
        if let Some(source) = source {
            counts.retain(|count| count.source == source.as_str());
        }
        Issues::Counted(counts)
    };
    print(session.format, &issues)?;
    Ok(Exit::Done)
}

impl Show for Issues {
    fn text(&self) -> String {
        match self {
            Self::All(issues) => {
                let mut table = Table::new(["source", "where", "column", "kind", "message"]);
                for issue in issues {
                    table.row([
                        issue.source.clone(),
                        issue.origin.to_string(),
                        issue.column.clone(),
                        issue.kind.clone(),
                        issue.message.clone(),
                    ]);
                }
                table.render()
            }
            Self::Counted(counts) if counts.is_empty() => "every value could be read\n".to_owned(),
            Self::Counted(counts) => {
                let mut table = Table::new(["source", "kind", "column", "values"]);
                for count in counts {
                    table.row([
                        count.source.clone(),
                        count.kind.clone(),
                        count.column.clone(),
                        thousands(count.values),
                    ]);
                }
                table.render() + "`musubi issues --all` names each file and line\n"
            }
        }
    }
}
