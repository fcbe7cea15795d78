//! `musubi completions SHELL`

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::cli::Cli;
use crate::output::emit;
use crate::{Exit, Failure};

pub(super) fn completions(shell: Shell) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "musubi", &mut script);
    emit(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}
