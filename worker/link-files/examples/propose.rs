//! `propose FILE...`: prints a proposed model without the rest of the `musubi` command, for benches.
//!
//! Options stand in the environment: `ID_COLUMN`, `TRUTH_COLUMN`.

use std::env;
use std::error::Error;

use link_files::{Asked, Reading, propose};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), Box<dyn Error>> {
    let asked = Asked {
        files: env::args().skip(1).map(Into::into).collect(),
        id_column: env::var("ID_COLUMN").ok(),
        truth_column: env::var("TRUTH_COLUMN").ok(),
        name: "proposed".into(),
        reading: Reading::default(),
    };
    let proposal = propose(&asked, &|_, _, _| {})?;
    print!("{}", proposal.text);
    Ok(())
}
