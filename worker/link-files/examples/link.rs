//! `link MODEL.toml OUT_DIR FILE...`: links files without the rest of the `musubi` command, for benches.
//!
//! Options stand in the environment: `ID_COLUMN`, `TRUTH_COLUMN`, `ONE_TO_ONE`, `LINK_ONLY`, `THRESHOLD`, `MEMORY` (bytes).

use std::env;
use std::error::Error;
use std::path::PathBuf;

use link_files::{Options, Reading, link};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1).map(PathBuf::from);
    let (Some(model), Some(out)) = (arguments.next(), arguments.next()) else {
        return Err("link MODEL.toml OUT_DIR FILE...".into());
    };
    let threshold = env::var("THRESHOLD").ok();
    let memory = env::var("MEMORY").ok();
    let options = Options {
        model: linkage::Model::parse(&std::fs::read_to_string(model)?)?,
        files: arguments.collect(),
        out,
        id_column: env::var("ID_COLUMN").ok(),
        truth_column: env::var("TRUTH_COLUMN").ok(),
        one_to_one: env::var_os("ONE_TO_ONE").is_some(),
        threshold: threshold.map(|threshold| threshold.parse()).transpose()?,
        decisions: None,
        memory: memory.map(|bytes| bytes.parse()).transpose()?,
        pairs_from: None,
        link_only: env::var_os("LINK_ONLY").is_some(),
        reading: Reading::default(),
        force: false,
    };
    let report = link(&options, &|_, _, _| {})?;
    println!("{}", serde_json::to_string_pretty(&report)?);
    Ok(())
}
