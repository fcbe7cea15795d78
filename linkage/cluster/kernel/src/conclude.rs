//! The last step, on one machine: what all parts gave is checked, weighed once more, decided and clustered.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float32Array, Int32Array, Int64Array, StringArray};
use linkage::{Decision, Model, NoRules, Row, ScoreCounts, ScoredPair};

use crate::check::{Kept, Returned};
use crate::error::KernelError;
use crate::job::Job;
use crate::records::Records;
use crate::stream::{batch, column, open, write};
use crate::values::{AllValues, whole_table};

/// Reads `returned.arrow`, `expected.arrow` (`part, pairs`) and `linked.arrow` (the records of the pairs); writes
/// `pairs.arrow`, `clusters.arrow` and `settled.toml`; or `again.toml`, the model by which the parts must be weighed anew,
/// because the prior that the data shows may have left pairs out.
pub(crate) fn run(job: &Job) -> Result<(), KernelError> {
    let returned = Returned::read(&job.folder.join("returned.arrow"))?;
    let (kept, tally, scores) = returned.checked(&expected(job)?)?;
    let records = Records::read(job, true, open(&job.folder.join("linked.arrow"))?)?;
    let values = AllValues::read(job)?;
    values.check(job, &records)?;
    let tables = values.part_tables(job, &records)?;
    let mut part = tables.part(job)?;
    let pairs = part.score(&candidates(&records, &kept)?, &mut ScoreCounts::new())?;
    check_weights(&records, &kept, &pairs)?;
    if let Some(model) = part.again(&scores) {
        write_text(&job.folder.join("again.toml"), &model.to_toml()?)?;
        println!("{}", serde_json::json!({ "again": true }));
        return Ok(());
    }
    let chosen = if job.model.decision.is_some() {
        let all = Records::read(job, true, open(&job.folder.join("all.arrow"))?)?;
        part.choose(
            &whole_table(job, &all)?,
            &places(&records, &all)?,
            &pairs,
            &scores,
        )?
    } else {
        None
    };
    let end = part.conclude(pairs, &scores, &NoRules)?;
    let found = Found {
        records: &records,
        pairs: &end.pairs,
        decisions: &end.decisions,
        clusters: &end.clusters,
    };
    found.write(job, &end.model)?;
    println!(
        "{}",
        serde_json::json!({
            "pairs_seen": tally.seen, "pairs_new": tally.new, "pairs_of_earlier_rules": tally.earlier,
            "pairs_kept": end.pairs.len(), "choice": chosen, "clusters": end.clusters.iter().filter(|rows| rows.len() > 1).count(),
        })
    );
    Ok(())
}

/// Each record's place among all.
fn places(records: &Records, all: &Records) -> Result<Vec<Row>, KernelError> {
    let place = |&row: &i64| {
        let place = all.place(row);
        place.ok_or_else(|| KernelError::Differs("a linked record is not among all".to_owned()))
    };
    records.rows.iter().map(place).collect()
}

/// The exact number of pairs by part.
fn expected(job: &Job) -> Result<BTreeMap<i32, i64>, KernelError> {
    let mut expected = BTreeMap::new();
    for batch in open(&job.folder.join("expected.arrow"))? {
        let batch = batch?;
        let (parts, pairs) = (
            column::<Int32Array>(&batch, "part")?,
            column::<Int64Array>(&batch, "pairs")?,
        );
        expected.extend(
            parts
                .values()
                .iter()
                .copied()
                .zip(pairs.values().iter().copied()),
        );
    }
    Ok(expected)
}

/// The pairs by the records' places.
fn candidates(records: &Records, kept: &[Kept]) -> Result<Vec<(Row, Row, u8)>, KernelError> {
    let place = |row: i64| {
        let place = records.place(row);
        place.ok_or_else(|| {
            KernelError::Differs("a pair names a record that did not come".to_owned())
        })
    };
    kept.iter()
        .map(|pair| {
            Ok((
                place(pair.left)?,
                place(pair.right)?,
                u8::try_from(pair.rule).unwrap_or(u8::MAX),
            ))
        })
        .collect()
}

/// The weights that the executors gave are those that this machine gives, to the bit.
fn check_weights(
    records: &Records,
    kept: &[Kept],
    pairs: &[ScoredPair],
) -> Result<(), KernelError> {
    let row = |place: Row| records.rows[place as usize];
    let agrees = |(kept, pair): (&Kept, &ScoredPair)| {
        let bits = pair.weight.to_bits().cast_signed();
        (kept.left, kept.right, kept.bits) == (row(pair.left), row(pair.right), bits)
    };
    if kept.len() == pairs.len() && kept.iter().zip(pairs).all(agrees) {
        return Ok(());
    }
    Err(KernelError::Differs(
        "a weight that came back is not the one that this machine gives".to_owned(),
    ))
}

/// What a run found, ready to be written.
pub(crate) struct Found<'a> {
    pub(crate) records: &'a Records,
    pub(crate) pairs: &'a [ScoredPair],
    pub(crate) decisions: &'a [Decision],
    pub(crate) clusters: &'a [Vec<Row>],
}

impl Found<'_> {
    /// Writes `pairs.arrow`, `clusters.arrow` (clusters of two records or more) and `settled.toml`.
    pub(crate) fn write(&self, job: &Job, model: &Model) -> Result<(), KernelError> {
        write(&job.folder.join("pairs.arrow"), &self.pair_batch(job)?)?;
        write(&job.folder.join("clusters.arrow"), &self.cluster_batch()?)?;
        write_text(&job.folder.join("settled.toml"), &model.to_toml()?)
    }

    fn pair_batch(&self, job: &Job) -> Result<arrow_array::RecordBatch, KernelError> {
        let text = |of: &dyn Fn(&ScoredPair) -> String| -> ArrayRef {
            Arc::new(StringArray::from_iter_values(self.pairs.iter().map(of)))
        };
        let figure = |of: &dyn Fn(&ScoredPair) -> f32| -> ArrayRef {
            Arc::new(Float32Array::from_iter_values(self.pairs.iter().map(of)))
        };
        let file = |row: Row| {
            job.source(self.records.sources[row as usize])
                .unwrap_or_default()
                .to_owned()
        };
        let id = |row: Row| self.records.ids[row as usize].to_string();
        let of_decision = |of: fn(&Decision) -> String| -> ArrayRef {
            Arc::new(StringArray::from_iter_values(self.decisions.iter().map(of)))
        };
        batch(vec![
            ("file_left", text(&|pair| file(pair.left))),
            ("record_left", text(&|pair| id(pair.left))),
            ("file_right", text(&|pair| file(pair.right))),
            ("record_right", text(&|pair| id(pair.right))),
            ("weight", figure(&|pair| pair.weight)),
            ("probability", figure(&|pair| pair.probability)),
            (
                "rule",
                text(&|pair| job.model.blocks[usize::from(pair.rule)].name.clone()),
            ),
            ("decision", of_decision(told)),
            ("reason", of_decision(why)),
        ])
    }

    fn cluster_batch(&self) -> Result<arrow_array::RecordBatch, KernelError> {
        let row = |place: Row| self.records.rows[place as usize];
        let many = self.clusters.iter().filter(|rows| rows.len() > 1);
        let members = many.flat_map(|rows| {
            let first = rows
                .iter()
                .map(|&place| row(place))
                .min()
                .unwrap_or_default();
            rows.iter().map(move |&place| (row(place), first))
        });
        let (rows, firsts): (Vec<i64>, Vec<i64>) = members.unzip();
        batch(vec![
            ("row", Arc::new(Int64Array::from(rows)) as ArrayRef),
            ("first", Arc::new(Int64Array::from(firsts))),
        ])
    }
}

fn write_text(path: &std::path::Path, text: &str) -> Result<(), KernelError> {
    std::fs::write(path, text).map_err(|error| KernelError::File(path.display().to_string(), error))
}

/// A decision in a word.
fn told(decision: &Decision) -> String {
    let word = match decision {
        Decision::Link => "link",
        Decision::Review(_) => "review",
        Decision::Vetoed(_) => "vetoed",
    };
    word.to_owned()
}

/// What stands behind a decision; nothing where evidence suffices.
fn why(decision: &Decision) -> String {
    match decision {
        Decision::Link => String::new(),
        Decision::Review(reason) => reason.to_string(),
        Decision::Vetoed(veto) => (*veto).to_owned(),
    }
}
