//! The `musubi` command.

use std::process::ExitCode;

use clap::Parser as _;
use musubi::cli::Cli;
use musubi::{Failure, commands};

/// Mapping makes and drops many small values on every core; docs/decisions says what this allocator brings.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let ended = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|cause| Failure::because("the async runtime cannot start", cause))
        .and_then(|runtime| runtime.block_on(commands::run(cli)));
    match ended {
        Ok(exit) => exit.into(),
        Err(failure) => {
            eprintln!("{}", failure.told());
            failure.exit().into()
        }
    }
}
