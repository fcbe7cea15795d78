//! Records by part in, scored pairs out, and a tally for each part.
//!
//! Every pair of a block is seen, and counted; it belongs to the first rule, and there to the first block, that gives it, which
//! shows from the records' blocks alone.

use std::io::Write;
use std::ops::Range;
use std::sync::Arc;

use arrow_array::types::Int64Type;
use arrow_array::{
    Array, ArrayRef, Int32Array, Int64Array, ListArray, RecordBatch, new_null_array,
};
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{DataType, Field, Schema};
use linkage::{Part, Scope, ScoreCounts};

use crate::check::{Kept, Tally, mixed};
use crate::error::KernelError;
use crate::job::Job;
use crate::records::{Records, RecordsBuilder};
use crate::stream::{BATCH_ROWS, batch, column, schema, stdin, stdout};
use crate::values::AllValues;

/// Candidates that are weighed at a time.
const CANDIDATES_MAX: usize = 1 << 20;

/// A block of a rule: its number is unique over all rules, and ascends with them or not.
type Block = (i32, i64);

/// The records of a part as they come in.
struct Incoming {
    part: i32,
    records: RecordsBuilder,
    /// By record: all its blocks, ascending, with the part that each belongs to.
    blocks: Vec<Vec<(Block, i32)>>,
}

/// Reads `part, row, source, r0.., rules, blocks, parts` by ascending part and row; writes what [`out_schema`] says.
pub(crate) fn run(job: &Job) -> Result<(), KernelError> {
    let values = AllValues::read(job)?;
    let mut writer = stdout(&out_schema())?;
    let mut incoming: Option<Incoming> = None;
    for batch in stdin()? {
        let batch = batch?;
        for (part, range) in parts_of(&batch)? {
            if incoming
                .as_ref()
                .is_none_or(|incoming| incoming.part != part)
            {
                if let Some(whole) = incoming.take() {
                    whole.weigh(job, &values, &mut writer)?;
                }
                incoming = Some(Incoming {
                    part,
                    records: RecordsBuilder::new(job, true),
                    blocks: Vec::new(),
                });
            }
            if let Some(incoming) = &mut incoming {
                incoming.add(&batch, range)?;
            }
        }
    }
    if let Some(whole) = incoming {
        whole.weigh(job, &values, &mut writer)?;
    }
    writer.finish()?;
    Ok(())
}

/// Runs of one part within a batch.
fn parts_of(batch: &RecordBatch) -> Result<Vec<(i32, Range<usize>)>, KernelError> {
    let parts = column::<Int32Array>(batch, "part")?;
    let mut runs = Vec::new();
    let mut start = 0;
    for run in parts.values().chunk_by(|left, right| left == right) {
        runs.push((run[0], start..start + run.len()));
        start += run.len();
    }
    Ok(runs)
}

impl Incoming {
    fn add(&mut self, batch: &RecordBatch, range: Range<usize>) -> Result<(), KernelError> {
        self.records.add(batch, range.clone())?;
        let lists = ["rules", "blocks", "parts"];
        let [rules, blocks, parts] = lists.map(|name| column::<ListArray>(batch, name));
        let (rules, blocks, parts) = (rules?, blocks?, parts?);
        let wrong =
            || KernelError::Input("the lists of blocks are not of whole numbers".to_owned());
        for place in range {
            let (rules, blocks, parts) =
                (rules.value(place), blocks.value(place), parts.value(place));
            let rules = rules
                .as_any()
                .downcast_ref::<Int32Array>()
                .ok_or_else(wrong)?;
            let blocks = blocks
                .as_any()
                .downcast_ref::<Int64Array>()
                .ok_or_else(wrong)?;
            let parts = parts
                .as_any()
                .downcast_ref::<Int32Array>()
                .ok_or_else(wrong)?;
            if rules.len() != blocks.len() || rules.len() != parts.len() {
                return Err(wrong());
            }
            let mut of_record = (0..rules.len())
                .map(|at| ((rules.value(at), blocks.value(at)), parts.value(at)))
                .collect::<Vec<_>>();
            of_record.sort_unstable();
            self.blocks.push(of_record);
        }
        Ok(())
    }

    /// Weighs the part's pairs and writes those at or above review, then the tally.
    fn weigh(
        self,
        job: &Job,
        values: &AllValues,
        writer: &mut StreamWriter<impl Write>,
    ) -> Result<(), KernelError> {
        let records = self.records.finish();
        values.check(job, &records)?;
        let tables = values.part_tables(job, &records)?;
        let mut weighing = Weighing {
            part: tables.part(job)?,
            records: &records,
            candidates: Vec::new(),
            tally: Tally {
                part: self.part,
                ..Tally::default()
            },
            scores: ScoreCounts::new(),
            writer,
        };
        let mut members = Vec::new();
        for (place, blocks) in (0_u32..).zip(&self.blocks) {
            let own = blocks.iter().filter(|(_, part)| *part == self.part);
            members.extend(own.map(|(block, _)| (*block, place)));
        }
        members.sort_unstable();
        for block in members.chunk_by(|left, right| left.0 == right.0) {
            for (place, &(number, left)) in block.iter().enumerate() {
                for &(_, right) in &block[place + 1..] {
                    if job.model.scope == Scope::AcrossSources
                        && records.sources[left as usize] == records.sources[right as usize]
                    {
                        continue;
                    }
                    let first =
                        first_shared(&self.blocks[left as usize], &self.blocks[right as usize]);
                    weighing.see(left, right, number.0, first == Some(number))?;
                }
            }
        }
        weighing.finish()
    }
}

/// The first block that both lists hold.
fn first_shared(left: &[(Block, i32)], right: &[(Block, i32)]) -> Option<Block> {
    let (mut at_left, mut at_right) = (0, 0);
    while let (Some((one, _)), Some((other, _))) = (left.get(at_left), right.get(at_right)) {
        match one.cmp(other) {
            std::cmp::Ordering::Less => at_left += 1,
            std::cmp::Ordering::Greater => at_right += 1,
            std::cmp::Ordering::Equal => return Some(*one),
        }
    }
    None
}

/// A part being weighed.
struct Weighing<'a, W: Write> {
    part: Part<'a>,
    records: &'a Records,
    candidates: Vec<(u32, u32, u8)>,
    tally: Tally,
    scores: ScoreCounts,
    writer: &'a mut StreamWriter<W>,
}

impl<W: Write> Weighing<'_, W> {
    /// Counts a pair; one that no earlier rule or block gives is a candidate.
    fn see(&mut self, left: u32, right: u32, rule: i32, new: bool) -> Result<(), KernelError> {
        self.tally.seen += 1;
        if !new {
            self.tally.earlier += 1;
            return Ok(());
        }
        self.tally.new += 1;
        self.candidates
            .push((left, right, u8::try_from(rule).unwrap_or(u8::MAX)));
        if self.candidates.len() >= CANDIDATES_MAX {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), KernelError> {
        let scored = self.part.score(&self.candidates, &mut self.scores)?;
        self.candidates.clear();
        let row = |place: u32| self.records.rows[place as usize];
        let kept = scored.iter().map(|pair| Kept {
            left: row(pair.left),
            right: row(pair.right),
            rule: i32::from(pair.rule),
            bits: pair.weight.to_bits().cast_signed(),
        });
        let kept = kept.collect::<Vec<_>>();
        for kept in kept.chunks(BATCH_ROWS) {
            self.tally.kept += i64::try_from(kept.len()).unwrap_or(i64::MAX);
            self.tally.sum = kept
                .iter()
                .fold(self.tally.sum, |sum, pair| sum.wrapping_add(mixed(pair)));
            self.writer.write(&pair_batch(self.tally.part, kept)?)?;
        }
        Ok(())
    }

    fn finish(mut self) -> Result<(), KernelError> {
        self.flush()?;
        self.writer
            .write(&tally_batch(&self.tally, &self.scores)?)?;
        Ok(())
    }
}

/// Pairs have the columns up to `bits`, tallies the others.
fn out_schema() -> Arc<Schema> {
    let mut columns = vec![("part", DataType::Int32)];
    columns.extend(["left", "right"].map(|name| (name, DataType::Int64)));
    columns.extend(["rule", "bits"].map(|name| (name, DataType::Int32)));
    columns.extend(["seen", "new", "earlier", "kept", "sum"].map(|name| (name, DataType::Int64)));
    columns.push(("scores", scores_type()));
    schema(&columns)
}

fn scores_type() -> DataType {
    DataType::List(Arc::new(Field::new_list_field(DataType::Int64, true)))
}

fn pair_batch(part: i32, kept: &[Kept]) -> Result<RecordBatch, KernelError> {
    let narrow = |of: &dyn Fn(&Kept) -> i32| -> ArrayRef {
        Arc::new(kept.iter().map(of).collect::<Int32Array>())
    };
    let wide = |of: &dyn Fn(&Kept) -> i64| -> ArrayRef {
        Arc::new(kept.iter().map(of).collect::<Int64Array>())
    };
    let none: ArrayRef = Arc::new(Int64Array::new_null(kept.len()));
    let mut columns = vec![
        ("part", narrow(&|_| part)),
        ("left", wide(&|pair| pair.left)),
        ("right", wide(&|pair| pair.right)),
        ("rule", narrow(&|pair| pair.rule)),
        ("bits", narrow(&|pair| pair.bits)),
    ];
    columns.extend(["seen", "new", "earlier", "kept", "sum"].map(|name| (name, Arc::clone(&none))));
    columns.push(("scores", new_null_array(&scores_type(), kept.len())));
    batch(columns)
}

fn tally_batch(tally: &Tally, scores: &ScoreCounts) -> Result<RecordBatch, KernelError> {
    let bins = scores.bins.iter().map(|&count| i64::try_from(count).ok());
    let scores = ListArray::from_iter_primitive::<Int64Type, _, _>([Some(bins)]);
    let narrow = |value: Option<i32>| -> ArrayRef { Arc::new(Int32Array::from(vec![value])) };
    let wide = |value: Option<i64>| -> ArrayRef { Arc::new(Int64Array::from(vec![value])) };
    batch(vec![
        ("part", narrow(Some(tally.part))),
        ("left", wide(None)),
        ("right", wide(None)),
        ("rule", narrow(None)),
        ("bits", narrow(None)),
        ("seen", wide(Some(tally.seen))),
        ("new", wide(Some(tally.new))),
        ("earlier", wide(Some(tally.earlier))),
        ("kept", wide(Some(tally.kept))),
        ("sum", wide(Some(tally.sum))),
        ("scores", Arc::new(scores)),
    ])
}
