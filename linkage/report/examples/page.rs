//! Draws the page of a `report.json` anew: `cargo run -p linkage-report --example page < report.json > report.html`.

use std::io::{Error, Read, Write, stdin, stdout};

fn main() -> Result<(), Error> {
    let mut json = String::new();
    stdin().read_to_string(&mut json)?;
    let report = serde_json::from_str(&json)?;
    stdout().write_all(linkage_report::html(&report).as_bytes())
}
