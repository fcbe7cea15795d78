//! `musubi history`

use ::history::Language;
use schema::{History, Identity};
use serde::Serialize;

use super::Session;
use crate::cli::HistoryArgs;
use crate::output::{Show, print};
use crate::{Exit, Failure};

#[derive(Debug, Serialize)]
#[serde(transparent)]
struct Shown(History, #[serde(skip)] Language);

pub(super) async fn history(session: &Session, args: &HistoryArgs) -> Result<Exit, Failure> {
    let asked =
        Identity::parse(&args.identity).map_err(|error| Failure::usage(error.to_string()))?;
    let store = session.project().await?.store;
    let unknown = || {
        Failure::stop(format!("there is no history of `{asked}`")).advise(
            "`musubi find` looks for persons, `musubi assemble` makes histories of what was linked",
        )
    };
    let living = store.living_identity(asked).await?.ok_or_else(unknown)?;
    if living != asked {
        eprintln!("note: `{asked}` was merged into `{living}`");
    }
    let stored = store.history(living).await?.ok_or_else(unknown)?;
    print(session.format, &Shown(stored.read()?, args.language.into()))?;
    Ok(Exit::Done)
}

impl Show for Shown {
    fn text(&self) -> String {
        ::history::timeline(&self.0, self.1)
    }
}
