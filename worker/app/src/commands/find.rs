//! `musubi find`

use std::collections::BTreeSet;
use std::fmt::Write as _;

use schema::{Attribute, History, PartialDate};
use serde::Serialize;

use super::Session;
use crate::cli::{FindArgs, Sex};
use crate::output::{Show, Table, print};
use crate::{Exit, Failure};

/// Persons that are listed: whoever finds more must ask more narrowly.
const PERSONS_MAX: u32 = 200;

#[derive(Debug, Serialize)]
#[serde(transparent)]
struct Found(Vec<Person>);

#[derive(Debug, Serialize)]
struct Person {
    identity: String,
    birth_date: String,
    sex: String,
    sources: String,
    events: usize,
    conflicts: usize,
}

pub(super) async fn find(session: &Session, args: &FindArgs) -> Result<Exit, Failure> {
    let birth_date = args.birth_date.as_deref().map(date).transpose()?;
    let store = session.project().await?.store;
    let persons = store
        .find(
            birth_date.as_deref(),
            args.sex.map(Sex::as_str),
            args.facility.as_deref(),
            PERSONS_MAX,
        )
        .await?;
    let mut found = Vec::new();
    for identity in persons {
        if let Some(stored) = store.history(identity).await? {
            found.push(person(&stored.read()?));
        }
    }
    print(session.format, &Found(found))?;
    Ok(Exit::Done)
}

fn date(text: &str) -> Result<String, Failure> {
    let date = PartialDate::parse(text).map_err(|_| {
        Failure::usage("`--birth-date` is no date")
            .advise("write it as `1970-01-31`, `1970-01` or `1970`")
    })?;
    Ok(date.to_string())
}

fn person(history: &History) -> Person {
    let told = |attribute| {
        let values = history.person.values.get(&attribute);
        values
            .and_then(|values| values.first()?.value.to_text())
            .unwrap_or_default()
    };
    let sources: BTreeSet<&str> = history
        .records
        .iter()
        .map(|record| record.source.as_str())
        .collect();
    Person {
        identity: history.identity.to_string(),
        birth_date: told(Attribute::BirthDate),
        sex: told(Attribute::Sex),
        sources: sources.into_iter().collect::<Vec<_>>().join(";"),
        events: history.events.len(),
        conflicts: history.conflicts.len(),
    }
}

impl Show for Found {
    fn text(&self) -> String {
        if self.0.is_empty() {
            return "nobody is known by all of this; `musubi assemble` makes the histories that are searched\n"
                .to_owned();
        }
        let mut table = Table::new([
            "identity",
            "birth date",
            "sex",
            "sources",
            "events",
            "conflicts",
        ]);
        for person in &self.0 {
            table.row([
                person.identity.clone(),
                person.birth_date.clone(),
                person.sex.clone(),
                person.sources.clone(),
                person.events.to_string(),
                person.conflicts.to_string(),
            ]);
        }
        let mut text = table.render();
        if self.0.len() >= PERSONS_MAX as usize {
            let _ = writeln!(text, "only the first {PERSONS_MAX}: ask more narrowly");
        }
        text
    }
}
