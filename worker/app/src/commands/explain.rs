//! `musubi explain`

use std::fmt::Write as _;

use schema::{RecordKey, RecordRef};
use serde::Serialize;
use store::PairEvidence;
use transplant::{Decision, Explanation, Model};

use super::Session;
use crate::cli::ExplainArgs;
use crate::jobs::link_records::{TRAINED_MODEL, read_subjects};
use crate::jobs::pull_source::blocking;
use crate::output::{Show, Table, print};
use crate::progress::{Progress, Unit};
use crate::project::Project;
use crate::{Exit, Failure};

/// What the weights mean.
const LEGEND: &str = "weight: + speaks for one person, - against; each 1 doubles or halves the odds. missing: not told on both sides, says nothing\n";

/// Why two records are or are not one person. Levels and weights, never the values compared.
#[derive(Debug, Serialize)]
struct Explained {
    left: Side,
    right: Side,
    /// Whether the two have one identity, by this pair or by way of other records.
    same_identity: bool,
    /// Sum of the comparisons' weights, in bits.
    weight: f64,
    probability: f64,
    decision: String,
    comparisons: Vec<Part>,
    vetoes: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Side {
    source: String,
    key: String,
    identity: Option<String>,
}

#[derive(Debug, Serialize)]
struct Part {
    comparison: String,
    level: String,
    weight: f64,
}

pub(super) async fn explain(session: &Session, args: &ExplainArgs) -> Result<Exit, Failure> {
    let project = session.project().await?;
    let left = record(&project, &args.left_source, &args.left_key).await?;
    let right = record(&project, &args.right_source, &args.right_key).await?;
    if left == right {
        return Err(Failure::usage("the two records are the same"));
    }
    let sides = (side(&project, &left).await?, side(&project, &right).await?);
    let explained = match project.store.pair(&left, &right).await? {
        Some(evidence) => stored(sides, evidence),
        None => computed(sides, compare(&project, &left, &right).await?),
    };
    print(session.format, &explained)?;
    Ok(Exit::Done)
}

async fn record(project: &Project, source: &str, key: &str) -> Result<RecordRef, Failure> {
    let record = RecordRef {
        source: project.config.source(source)?.name.clone(),
        key: RecordKey::new(key),
    };
    if project
        .store
        .subject(&record.source, &record.key)
        .await?
        .is_empty()
    {
        return Err(Failure::stop(format!("source `{source}` tells of no record with this key"))
            .advise("TRUMP numbers have 12 digits, CRIDs no leading zeros; `musubi identities export FILE` lists them all"));
    }
    Ok(record)
}

async fn side(project: &Project, record: &RecordRef) -> Result<Side, Failure> {
    let identity = project.store.identity_of(record).await?;
    Ok(Side {
        source: record.source.to_string(),
        key: record.key.expose().to_owned(),
        identity: identity.map(|identity| identity.to_string()),
    })
}

/// A pair that no stored evidence speaks of is compared now, with the weights of the last linking.
async fn compare(
    project: &Project,
    left: &RecordRef,
    right: &RecordRef,
) -> Result<Explanation, Failure> {
    let model = match project.store.fact(TRAINED_MODEL).await? {
        Some(text) => Model::parse(&text)
            .map_err(|cause| Failure::because("the trained model cannot be read", cause))?,
        None => project.model()?,
    };
    let progress = Progress::stage("explain", Unit::Things);
    let subjects = read_subjects(project, &progress).await?;
    progress.finish();
    let place = |record: &RecordRef| {
        subjects
            .iter()
            .position(|subject| subject.source == record.source && subject.key == record.key)
            .ok_or_else(|| Failure::stop("the record is gone"))
    };
    let (left, right) = (place(left)?, place(right)?);
    Ok(blocking(move || transplant::explain(&subjects, left, right, &model)).await??)
}

fn stored((left, right): (Side, Side), evidence: PairEvidence) -> Explained {
    Explained {
        same_identity: left.identity.is_some() && left.identity == right.identity,
        left,
        right,
        weight: evidence.weight,
        probability: evidence.probability,
        decision: match evidence.decision {
            store::Decision::Link => "one person".to_owned(),
            store::Decision::Review => "for review".to_owned(),
            store::Decision::NonLink => "never one person".to_owned(),
        },
        comparisons: evidence
            .comparisons
            .into_iter()
            .map(|part| Part {
                comparison: part.comparison.into(),
                level: part.level.into(),
                weight: part.weight,
            })
            .collect(),
        vetoes: evidence.vetoes.into_iter().map(Into::into).collect(),
    }
}

fn computed((left, right): (Side, Side), explanation: Explanation) -> Explained {
    let (decision, vetoes) = match explanation.decision {
        None => ("two persons as far as is known".to_owned(), Vec::new()),
        Some(Decision::Link) => ("one person".to_owned(), Vec::new()),
        Some(Decision::Review(reason)) => (format!("for review: {reason}"), Vec::new()),
        Some(Decision::Vetoed(veto)) => ("never one person".to_owned(), vec![veto.to_owned()]),
    };
    Explained {
        same_identity: left.identity.is_some() && left.identity == right.identity,
        left,
        right,
        weight: f64::from(explanation.weight),
        probability: f64::from(explanation.probability),
        decision,
        comparisons: explanation
            .comparisons
            .into_iter()
            .map(|part| Part {
                comparison: part.comparison,
                level: part.level.unwrap_or_else(|| "missing".to_owned()),
                weight: f64::from(part.weight),
            })
            .collect(),
        vetoes,
    }
}

/// A comparison of the shipped model as a doctor would call it; others by their own names.
fn named(comparison: &str) -> String {
    match comparison {
        "ids" => "registries' numbers".to_owned(),
        "events" => "treatment dates".to_owned(),
        "hla" => "HLA".to_owned(),
        "blood" => "ABO group".to_owned(),
        "lot" => "product lot".to_owned(),
        name => name.replace('_', " "),
    }
}

impl Show for Explained {
    fn text(&self) -> String {
        let mut text = String::new();
        for side in [&self.left, &self.right] {
            let identity = side.identity.as_deref().unwrap_or("not linked yet");
            let _ = writeln!(text, "{} {}: {identity}", side.source, side.key);
        }
        let mut table = Table::new(["compared", "level", "weight"]);
        for part in &self.comparisons {
            table.row([
                named(&part.comparison),
                part.level.clone(),
                format!("{:+.2}", part.weight),
            ]);
        }
        table.row(["together", "", &format!("{:+.2}", self.weight)]);
        text.push_str(&table.render());
        text.push_str(LEGEND);
        for veto in &self.vetoes {
            let _ = writeln!(text, "veto: {veto}");
        }
        let _ = writeln!(
            text,
            "match probability {:.6}: {}",
            self.probability, self.decision
        );
        if self.same_identity && self.decision != "one person" {
            text.push_str("the two are one identity all the same: other records tie them\n");
        }
        text
    }
}
