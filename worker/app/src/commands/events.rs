//! `musubi events export`

use super::{Exported, Session};
use crate::cli::EventsCommand;
use crate::output::print;
use crate::{Exit, Failure};

/// Events that are read at a time.
const EVENTS_AT_ONCE: u32 = 20_000;

pub(super) async fn events(session: &Session, command: EventsCommand) -> Result<Exit, Failure> {
    let EventsCommand::Export { file, mentions } = command;
    let store = session.project().await?.store;
    let mut out = super::csv_file(&file)?;
    let failed = |cause: csv::Error| {
        Failure::because(format!("`{}` cannot be written", file.display()), cause)
    };
    out.write_record(["identity", "event_kind", "event_date", "product", "sources"])
        .map_err(failed)?;
    let mut pages = store.events();
    let mut written = 0_u64;
    loop {
        let page = pages.next(EVENTS_AT_ONCE).await?;
        if page.is_empty() {
            break;
        }
        for event in page
            .iter()
            .filter(|event| mentions || !event.mentioned_only)
        {
            let identity = event.identity.to_string();
            let date = event.date.as_deref().unwrap_or_default();
            let product = event.product.as_deref().unwrap_or_default();
            out.write_record([&*identity, &event.kind, date, product, &event.sources])
                .map_err(failed)?;
            written += 1;
        }
    }
    out.flush().map_err(|cause| failed(cause.into()))?;
    print(
        session.format,
        &Exported {
            file,
            rows: written,
            noun: "events",
        },
    )?;
    Ok(Exit::Done)
}
