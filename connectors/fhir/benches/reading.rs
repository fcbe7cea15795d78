//! How fast resources are read: `cargo bench -p connector-fhir --bench reading -- FOLDER`, with a folder of NDJSON such
//! as `musubi fixtures generate` makes. Read from the folder itself, and by export from a server on loopback.
#![allow(clippy::print_stdout, reason = "a benchmark prints what it found")]

use std::time::Instant;

use connector::{Connector, ConnectorError, Cursor, Next};
use connector_fhir::{FhirConnector, FhirSettings, Mode};
use fixture_server::{Faults, Server};
use schema::Body;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let Some(folder) = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with('-'))
    else {
        println!("left out: name a folder of NDJSON files");
        return Ok(());
    };
    report("folder", FhirSettings::folder(&folder)).await?;
    let server = Server::start(
        &folder,
        Faults {
            polls: 0,
            ..Faults::default()
        },
    )
    .await?;
    let by = |mode| FhirSettings {
        mode,
        ..FhirSettings::server(&server.url)
    };
    report("export", by(Mode::Export)).await?;
    let types = ["Patient", "Observation", "Procedure", "Condition"]
        .map(str::to_owned)
        .to_vec();
    report(
        "search",
        FhirSettings {
            types,
            page_count: 1_000,
            ..by(Mode::Search)
        },
    )
    .await?;
    Ok(())
}

async fn report(name: &str, settings: FhirSettings) -> Result<(), ConnectorError> {
    let connector = FhirConnector::new(settings)?;
    let began = Instant::now();
    let (mut rows, mut bytes) = (0, 0);
    let mut cursor: Option<Cursor> = None;
    loop {
        let page = connector.pull(cursor.as_ref()).await?;
        rows += page.records.len() + page.set_aside.len();
        bytes += page
            .records
            .iter()
            .map(|record| {
                if let Body::Json(text) = &record.body {
                    text.len()
                } else {
                    0
                }
            })
            .sum::<usize>();
        match page.next {
            Next::More(next) => cursor = Some(next),
            Next::CaughtUp(_) => break,
        }
    }
    let seconds = began.elapsed().as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let (per_second, megabytes) = (rows as f64 / seconds, bytes as f64 / 1e6 / seconds);
    println!(
        "{name}: {rows} resources in {seconds:.2} s, {per_second:.0} a second, {megabytes:.0} MB a second"
    );
    Ok(())
}
