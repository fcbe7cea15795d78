//! `musubi runs`

use std::fmt::Write as _;

use serde::Serialize;
use store::{LedgerRow, RefusalCount, Run, RunFinding, RunId, StageTime, Store};

use super::Session;
use crate::cli::RunsArgs;
use crate::output::{Show, Table, print, thousands};
use crate::{Exit, Failure};

#[derive(Debug, Serialize)]
#[serde(transparent)]
struct Runs(Vec<Run>);

#[derive(Debug, Serialize)]
struct Details {
    #[serde(flatten)]
    run: Run,
    ledger: Vec<LedgerRow>,
    findings: Vec<RunFinding>,
    refusals: Vec<RefusalCount>,
    stages: Vec<StageTime>,
}

pub(super) async fn runs(session: &Session, args: &RunsArgs) -> Result<Exit, Failure> {
    let store = session.project().await?.store;
    let Some(id) = args.run else {
        print(session.format, &Runs(store.runs(args.limit).await?))?;
        return Ok(Exit::Done);
    };
    let id = RunId(id);
    let details = Details {
        run: existing(&store, id).await?,
        ledger: store.ledger(Some(id)).await?,
        findings: store.findings(id).await?,
        refusals: store.refusals(id).await?,
        stages: store.stage_times(id).await?,
    };
    print(session.format, &details)?;
    Ok(Exit::Done)
}

/// The run with this number; a failure when there is none.
pub(super) async fn existing(store: &Store, id: RunId) -> Result<Run, Failure> {
    store.run(id).await?.ok_or_else(|| {
        Failure::stop(format!("there is no run {id}")).advise("`musubi runs` lists them")
    })
}

impl Show for Runs {
    fn text(&self) -> String {
        let mut table = Table::new([
            "run",
            "job",
            "source",
            "state",
            "attempts",
            "begun",
            "read",
            "set aside",
            "error",
        ]);
        for run in &self.0 {
            table.row([
                run.id.to_string(),
                run.kind.as_str().to_owned(),
                run.source
                    .as_ref()
                    .map(ToString::to_string)
                    .unwrap_or_default(),
                run.state.as_str().to_owned(),
                format!("{}/{}", run.attempts, run.attempts_max),
                run.started_at
                    .map(|instant| format!("{instant:.0}"))
                    .unwrap_or_default(),
                thousands(run.counts.read),
                thousands(run.counts.set_aside),
                run.error.clone().unwrap_or_default(),
            ]);
        }
        table.render()
    }
}

impl Show for Details {
    fn text(&self) -> String {
        let mut text = Runs(vec![self.run.clone()]).text();
        if !self.ledger.is_empty() {
            text.push('\n');
            text.push_str(&super::ledger::table(&self.ledger));
        }
        for finding in &self.findings {
            let _ = writeln!(
                text,
                "{} {}: {}",
                finding.kind.as_str(),
                finding.place,
                finding.message
            );
        }
        if !self.refusals.is_empty() {
            text.push('\n');
            let mut table = Table::new(["kept out at the door", "why", "times"]);
            for each in &self.refusals {
                let why = super::word(&each.refusal.reason);
                table.row([each.refusal.field.to_string(), why, thousands(each.times)]);
            }
            text.push_str(&table.render());
        }
        for stage in &self.stages {
            let _ = writeln!(text, "{}: {:.2} s", stage.name, stage.seconds);
        }
        text
    }
}
