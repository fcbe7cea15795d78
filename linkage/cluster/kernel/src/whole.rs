//! What needs every record on one machine: training, and a run without a cluster to compare with.

use linkage::{NoRules, TrainM, TrainU};

use crate::conclude::Found;
use crate::error::KernelError;
use crate::job::Job;
use crate::records::Records;
use crate::stream::stdin;
use crate::values::whole_table;

/// Trains the model on all records and prints it with its probabilities. Its prior is still to be estimated where it says so:
/// that takes the pairs.
pub(crate) fn train(job: &Job) -> Result<(), KernelError> {
    let table = whole_table(job, &Records::read(job, true, stdin()?)?)?;
    let prepared = linkage::Job::prepare(
        job.model.clone(),
        &table,
        Vec::new(),
        &NoRules,
        &|_, _, _| {},
    )?;
    let mut model = prepared.model().clone();
    model.training.m = TrainM::File;
    model.training.u = TrainU::File;
    print!("{}", model.to_toml()?);
    Ok(())
}

/// Links all records in this process and writes what [`crate::conclude`] writes.
pub(crate) fn link(job: &Job) -> Result<(), KernelError> {
    let records = Records::read(job, true, stdin()?)?;
    let table = whole_table(job, &records)?;
    let mut prepared = linkage::Job::prepare(
        job.model.clone(),
        &table,
        Vec::new(),
        &NoRules,
        &|_, _, _| {},
    )?;
    let end = prepared.link(&|_, _, _| {})?;
    let found = Found {
        records: &records,
        pairs: &end.pairs,
        decisions: &end.decisions,
        clusters: &end.clusters,
    };
    found.write(job, &end.model)?;
    println!(
        "{}",
        serde_json::json!({ "pairs_seen": end.blocking.pairs, "pairs_kept": end.pairs.len() })
    );
    Ok(())
}
