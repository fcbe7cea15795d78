//! `musubi encode`

use std::fs;
use std::path::PathBuf;

use link_files::{Encode, Encoded, read_key};
use linkage::clk::{Field, Settings};
use serde::Serialize;

use super::Session;
use super::files::{reading, with_bars};
use crate::cli::EncodeArgs;
use crate::output::{Show, print, thousands};
use crate::{Exit, Failure};

/// Characters of a gram of a date: with its place, each digit counts by itself.
const DATE_GRAM: usize = 1;

#[derive(Debug, Serialize)]
struct Shown {
    #[serde(flatten)]
    encoded: Encoded,
    out: PathBuf,
}

/// Writes ids and filters; of values and key nothing is told.
pub(super) fn encode(session: &Session, args: &EncodeArgs) -> Result<Exit, Failure> {
    let asked = Encode {
        file: args.file.clone(),
        settings: settings(args)?,
        dates: args.dates.clone(),
        id_column: args.id_column.clone(),
        out: args.out.clone(),
        reading: reading(&args.reading)?,
        force: args.force,
    };
    let key = read_key(&args.key_file)?;
    let encoded = with_bars(|progress| link_files::encode(&asked, &key, progress))?;
    let set_aside = encoded.rows.set_aside > 0;
    let out = asked.out;
    print(session.format, &Shown { encoded, out })?;
    Ok(if set_aside {
        Exit::SetAside
    } else {
        Exit::Done
    })
}

fn settings(args: &EncodeArgs) -> Result<Settings, Failure> {
    if let Some(file) = &args.settings {
        let text = fs::read_to_string(file).map_err(|cause| {
            Failure::because(format!("`{}` cannot be read", file.display()), cause)
        })?;
        return Settings::parse(&text)
            .map_err(|fault| Failure::usage(format!("`{}`: {fault}", file.display())));
    }
    let field = |name: &String| {
        let mut field = Field::named(name);
        if args.dates.contains(name) {
            field.gram = DATE_GRAM;
            field.positional = true;
        }
        field
    };
    let mut settings = Settings::of(args.fields.iter().map(field));
    settings.bits = args.bits;
    Ok(settings)
}

impl Show for Shown {
    fn text(&self) -> String {
        let Encoded {
            rows,
            without_filter,
            bits_set,
        } = &self.encoded;
        format!(
            "{} records encoded, {} without a value to encode, {} rows set aside\n\
             {:.0}% of the bits are set on average; a third to a half is good\n\
             wrote {}; it holds pseudonyms, not anonymous data\n",
            thousands(rows.records),
            thousands(*without_filter),
            thousands(rows.set_aside),
            100.0 * bits_set,
            self.out.display()
        )
    }
}
