//! `musubi fixtures generate`

use std::path::Path;

use fixtures::{Options, Summary};

use super::Session;
use crate::cli::{FixturesCommand, GenerateArgs};
use crate::jobs::pull_source::blocking;
use crate::output::{Show, Table, print, thousands};
use crate::progress::{Progress, Unit};
use crate::{Exit, Failure};

pub(super) async fn fixtures(session: &Session, command: FixturesCommand) -> Result<Exit, Failure> {
    let FixturesCommand::Generate(args) = command;
    let options = options(&args)?;
    let summary = generate(options, &args.out).await?;
    print(session.format, &summary)?;
    Ok(Exit::Done)
}

/// Writes a synthetic world into a folder.
pub(super) async fn generate(options: Options, out: &Path) -> Result<Summary, Failure> {
    let progress = Progress::stage("generate", Unit::Things);
    let (bar, out) = (progress.clone(), out.to_owned());
    let made = blocking(move || {
        ::fixtures::generate(&options, &out, &mut |done, all| {
            bar.at(done, Some(all), Unit::Things);
        })
    })
    .await?;
    progress.finish();
    made.map_err(|cause| Failure::because("the synthetic world was not written", cause))
}

fn options(args: &GenerateArgs) -> Result<Options, Failure> {
    Ok(Options {
        persons: args.persons,
        seed: args.seed,
        as_of: args
            .as_of
            .parse()
            .map_err(|_| Failure::usage("`--as-of` is no date; write it as `2026-03-31`"))?,
        long_form: args.long_form,
        utf8_trump: args.utf8_trump,
    })
}

impl Show for Summary {
    fn text(&self) -> String {
        let mut table = Table::new(["file", "records"]);
        for (file, records) in &self.files {
            table.row([file.clone(), thousands(*records)]);
        }
        format!("{} persons\n{}", thousands(self.persons), table.render())
    }
}
