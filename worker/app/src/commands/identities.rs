//! `musubi identities export`

use super::{Exported, Session};
use crate::cli::IdentitiesCommand;
use crate::output::print;
use crate::{Exit, Failure};

/// Records that are read at a time.
const RECORDS_AT_ONCE: u32 = 20_000;

pub(super) async fn identities(
    session: &Session,
    command: IdentitiesCommand,
) -> Result<Exit, Failure> {
    let IdentitiesCommand::Export { file } = command;
    let store = session.project().await?.store;
    let mut out = super::csv_file(&file)?;
    let failed = |cause: csv::Error| {
        Failure::because(format!("`{}` cannot be written", file.display()), cause)
    };
    out.write_record(["source", "record_key", "identity"])
        .map_err(failed)?;
    let mut pages = store.memberships();
    let mut written = 0_u64;
    loop {
        let page = pages.next(RECORDS_AT_ONCE).await?;
        if page.is_empty() {
            break;
        }
        written += page.len() as u64;
        for (record, identity) in page {
            let row = [
                record.source.as_str(),
                record.key.expose(),
                &identity.to_string(),
            ];
            out.write_record(row).map_err(failed)?;
        }
    }
    out.flush().map_err(|cause| failed(cause.into()))?;
    print(
        session.format,
        &Exported {
            file,
            rows: written,
            noun: "records",
        },
    )?;
    Ok(Exit::Done)
}
