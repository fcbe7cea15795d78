//! `musubi dead-letters`

use serde::Serialize;
use store::DeadLetter;

use super::Session;
use crate::cli::OfSource;
use crate::output::{Show, Table, print};
use crate::{Exit, Failure};

/// Letters that are printed: more than a person reads.
const LETTERS_MAX: u32 = 1_000_000;

#[derive(Debug, Serialize)]
#[serde(transparent)]
struct DeadLetters(Vec<DeadLetter>);

pub(super) async fn dead_letters(session: &Session, args: &OfSource) -> Result<Exit, Failure> {
    let project = session.project().await?;
    let source = super::source_name(&project, args.source.as_deref())?;
    let letters = project
        .store
        .dead_letters(source.as_ref(), false, LETTERS_MAX)
        .await?;
    print(session.format, &DeadLetters(letters))?;
    Ok(Exit::Done)
}

impl Show for DeadLetters {
    fn text(&self) -> String {
        if self.0.is_empty() {
            return "nothing is set aside\n".to_owned();
        }
        let mut table = Table::new(["source", "where", "why", "column", "message"]);
        for letter in &self.0 {
            table.row([
                letter.source.clone(),
                letter.origin.to_string(),
                letter.kind.clone(),
                letter.column.clone().unwrap_or_default(),
                letter.message.clone(),
            ]);
        }
        table.render()
    }
}
