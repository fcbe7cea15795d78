//! `musubi-bundles RELEASE OUT.ndjson`: the histories of a release as FHIR R4 Bundles, one a line.
//!
//! A command of its own, since the types of FHIR take longer to compile than all of `musubi`.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;

use publication::{PublishedHistory, read_manifest};

type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [release, out] = arguments.as_slice() else {
        eprintln!(
            "usage: musubi-bundles RELEASE OUT.ndjson   (RELEASE: a folder that `musubi publish` wrote)"
        );
        return ExitCode::from(2);
    };
    match write_bundles(Path::new(release), Path::new(out)) {
        Ok(written) => {
            println!("wrote {written} Bundles to {out}");
            ExitCode::SUCCESS
        }
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// Writes a Bundle for each history, beside its place first, so that no half a file is left. Gives how many.
fn write_bundles(release: &Path, out: &Path) -> Result<u64, Failure> {
    let manifest = read_manifest(release)?.ok_or_else(|| {
        format!(
            "`{}` holds no manifest: name a release's folder",
            release.display()
        )
    })?;
    let histories = release.join("histories.ndjson");
    let lines =
        File::open(&histories).map_err(|cause| format!("`{}`: {cause}", histories.display()))?;
    let unfinished = out.with_extension("part");
    let mut bundles = BufWriter::new(File::create(&unfinished)?);
    let mut written = 0;
    for line in BufReader::new(lines).lines() {
        let history: PublishedHistory = serde_json::from_str(&line?)
            .map_err(|cause| format!("`{}` line {}: {cause}", histories.display(), written + 1))?;
        bundles
            .write_all(publication_fhir::bundle_json(&history, &manifest.created_at)?.as_bytes())?;
        bundles.write_all(b"\n")?;
        written += 1;
    }
    bundles
        .into_inner()
        .map_err(|cause| cause.to_string())?
        .sync_all()?;
    std::fs::rename(&unfinished, out)?;
    Ok(written)
}
