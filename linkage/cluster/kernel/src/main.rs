//! The linkage engine as a process: Arrow streams in, Arrow streams out, so that a distributed engine can feed it.
//!
//! `linkage-kernel MODE FOLDER`. The folder holds `job.json`, `model.toml` and the values' frequencies; which and how is told by
//! `plan`. A stream that ends early is never taken for a whole one: what was seen is counted, and counts are compared by
//! `conclude` with those made beforehand.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test panics on purpose"))]

mod check;
mod conclude;
mod error;
mod job;
mod keys;
mod pairs;
mod plan;
mod records;
mod settings;
mod stream;
mod values;
mod whole;

use std::path::Path;
use std::process::ExitCode;

use error::KernelError;
use job::Job;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What is told to whoever calls it wrongly.
const USAGE: &str = "usage: linkage-kernel MODE FOLDER
  settings  model.toml, options.json      -> the model with these options, as TOML
  plan      model.toml                    -> what the model needs of the files, as JSON
  train     all records on stdin          -> the trained model as TOML
  keys      records on stdin              -> their blocking keys
  pairs     records by part on stdin      -> scored pairs and a tally a part
  conclude  what all parts gave, in files -> checked, decided, clustered, in files
  local     all records on stdin          -> the same files by a run on one machine";

fn main() -> ExitCode {
    let arguments = std::env::args().skip(1).collect::<Vec<_>>();
    let [mode, folder] = arguments.as_slice() else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match run(mode, Path::new(folder)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("linkage-kernel {mode}: {error}");
            ExitCode::from(error.code())
        }
    }
}

fn run(mode: &str, folder: &Path) -> Result<(), KernelError> {
    match mode {
        "settings" => settings::tell(folder),
        "plan" => plan::tell(folder),
        "train" => whole::train(&Job::open(folder)?),
        "keys" => keys::run(&Job::open(folder)?),
        "pairs" => pairs::run(&Job::open(folder)?),
        "conclude" => conclude::run(&Job::open(folder)?),
        "local" => whole::link(&Job::open(folder)?),
        _ => Err(KernelError::Input(USAGE.to_owned())),
    }
}
