//! Candidate pairs: many rules, each pair once, the cost known before anything is compared.

use rayon::prelude::*;
use serde::Serialize;

use crate::model::BlockSettings;
use crate::{Column, LinkageError, Model, Row, Table};

/// Pairs that a unit of work aims at; its bounds depend on the data alone, so results do not depend on threads.
const CHUNK_PAIRS: u64 = 1 << 15;
/// Most keys of one record in one rule: the product over array columns is cut there.
const KEYS_PER_ROW_MAX: usize = 256;

/// The blocks of all rules.
pub struct Blocks {
    rules: Vec<RuleBlocks>,
    report: BlockingReport,
}

/// Records by block and blocks by record, for one rule.
struct RuleBlocks {
    starts: Vec<u32>,
    members: Vec<Row>,
    row_starts: Vec<u32>,
    row_blocks: Vec<u32>,
}

/// What blocking costs and what it leaves out.
#[derive(Clone, Debug, Serialize)]
pub struct BlockingReport {
    /// One entry a rule, in the model's order.
    pub rules: Vec<RuleReport>,
    /// Pairs over all rules, a pair counted in each rule that gives it.
    pub pairs: u64,
}

/// One rule's cost.
#[derive(Clone, Debug, Serialize)]
pub struct RuleReport {
    /// The rule's name.
    pub rule: String,
    /// Records that have its key.
    pub records: u64,
    /// Blocks of two records or more.
    pub blocks: u64,
    /// Records of the largest block.
    pub largest: u64,
    /// Pairs in its blocks.
    pub pairs: u64,
    /// Blocks above `size_max`, by the record that leads them; their key may identify a person and is not told.
    pub oversized: Vec<Oversized>,
}

/// A block above its rule's maximum.
#[derive(Clone, Debug, Serialize)]
pub struct Oversized {
    /// Its first record's row.
    pub first: Row,
    /// How many records share the key.
    pub records: u64,
    /// Pairs that are kept after splitting by the rule's `refine` columns.
    pub pairs_kept: u64,
    /// Pairs that are not looked at by this rule.
    pub pairs_left_out: u64,
}

/// A unit of work: some blocks of one rule.
#[derive(Clone, Copy)]
pub(crate) struct Chunk {
    pub(crate) rule: usize,
    first: u32,
    end: u32,
    /// Pairs in it, before those of earlier rules are left out.
    pub(crate) pairs: u64,
}

impl Blocks {
    /// Builds the blocks of every rule and counts their cost.
    ///
    /// # Errors
    /// [`LinkageError::Unfit`] for an unknown column, [`LinkageError::TooManyPairs`] above the model's bound.
    pub fn build(model: &Model, table: &Table) -> Result<Self, LinkageError> {
        let built = model
            .blocks
            .par_iter()
            .map(|settings| build_rule(settings, table))
            .collect::<Result<Vec<_>, _>>()?;
        let (rules, reports): (Vec<_>, Vec<_>) = built.into_iter().unzip();
        let report = BlockingReport {
            pairs: reports.iter().map(|rule| rule.pairs).sum(),
            rules: reports,
        };
        let maximum = model.training.pairs_max;
        if report.pairs > maximum {
            let dearest = report
                .rules
                .iter()
                .max_by_key(|rule| rule.pairs)
                .map_or_else(String::new, |rule| rule.rule.clone());
            return Err(LinkageError::TooManyPairs {
                pairs: report.pairs,
                maximum,
                rule: dearest,
            });
        }
        Ok(Self { rules, report })
    }

    /// What it costs.
    #[must_use]
    pub fn report(&self) -> &BlockingReport {
        &self.report
    }

    /// Whether some rule makes the two records candidates, and the first that does.
    #[must_use]
    pub fn rule_of(&self, left: Row, right: Row) -> Option<usize> {
        self.rules
            .iter()
            .position(|rule| rule.first_shared(left, right).is_some())
    }

    /// All candidate pairs, `(left, right, rule)`, each once under the first rule that gives it; for looking at blocking
    /// alone, since a run never holds them all.
    #[must_use]
    pub fn pairs(&self) -> Vec<(Row, Row, usize)> {
        let mut pairs = Vec::new();
        for chunk in self.chunks() {
            self.for_each_new_pair(chunk, |left, right| pairs.push((left, right, chunk.rule)));
        }
        pairs
    }

    /// The work of all rules, in order.
    pub(crate) fn chunks(&self) -> Vec<Chunk> {
        (0..self.rules.len())
            .flat_map(|rule| self.chunks_of(rule))
            .collect()
    }

    /// The work of one rule.
    pub(crate) fn chunks_of(&self, rule: usize) -> Vec<Chunk> {
        let mut chunks = Vec::new();
        let mut chunk = Chunk {
            rule,
            first: 0,
            end: 0,
            pairs: 0,
        };
        for block in 0..self.rules[rule].len() {
            chunk.pairs += pairs_of(self.rules[rule].members(block).len());
            chunk.end = block + 1;
            if chunk.pairs >= CHUNK_PAIRS {
                chunks.push(chunk);
                chunk = Chunk {
                    rule,
                    first: chunk.end,
                    end: chunk.end,
                    pairs: 0,
                };
            }
        }
        if chunk.end > chunk.first {
            chunks.push(chunk);
        }
        chunks
    }

    /// Calls `visit` for each pair of the chunk that no earlier rule gives, the lower row first.
    pub(crate) fn for_each_new_pair(&self, chunk: Chunk, mut visit: impl FnMut(Row, Row)) {
        let earlier = &self.rules[..chunk.rule];
        self.for_each_pair(chunk, |left, right| {
            if earlier
                .iter()
                .all(|rule| rule.first_shared(left, right).is_none())
            {
                visit(left, right);
            }
        });
    }

    /// Calls `visit` for each pair of the chunk once, whether or not an earlier rule gives it.
    pub(crate) fn for_each_pair(&self, chunk: Chunk, mut visit: impl FnMut(Row, Row)) {
        let rule = &self.rules[chunk.rule];
        for block in chunk.first..chunk.end {
            let members = rule.members(block);
            for (place, &left) in members.iter().enumerate() {
                for &right in &members[place + 1..] {
                    if rule.gives_first(left, right, block) {
                        visit(left, right);
                    }
                }
            }
        }
    }
}

impl RuleBlocks {
    fn len(&self) -> u32 {
        u32::try_from(self.starts.len() - 1).unwrap_or(u32::MAX)
    }

    fn members(&self, block: u32) -> &[Row] {
        &self.members
            [self.starts[block as usize] as usize..self.starts[block as usize + 1] as usize]
    }

    fn blocks_of(&self, row: Row) -> &[u32] {
        &self.row_blocks
            [self.row_starts[row as usize] as usize..self.row_starts[row as usize + 1] as usize]
    }

    /// The first block that holds both.
    fn first_shared(&self, left: Row, right: Row) -> Option<u32> {
        let (left, right) = (self.blocks_of(left), self.blocks_of(right));
        if let ([left], [right]) = (left, right) {
            return (left == right).then_some(*left);
        }
        let (mut at_left, mut at_right) = (0, 0);
        while at_left < left.len() && at_right < right.len() {
            match left[at_left].cmp(&right[at_right]) {
                std::cmp::Ordering::Less => at_left += 1,
                std::cmp::Ordering::Greater => at_right += 1,
                std::cmp::Ordering::Equal => return Some(left[at_left]),
            }
        }
        None
    }

    /// Whether this block is the first of the rule that holds both.
    fn gives_first(&self, left: Row, right: Row, block: u32) -> bool {
        self.blocks_of(left).len() == 1
            || self.blocks_of(right).len() == 1
            || self.first_shared(left, right) == Some(block)
    }
}

fn build_rule(
    settings: &BlockSettings,
    table: &Table,
) -> Result<(RuleBlocks, RuleReport), LinkageError> {
    let wanted_by = format!("blocking rule `{}`", settings.name);
    let columns = |names: &[String]| {
        names
            .iter()
            .map(|name| table.column(name, &wanted_by))
            .collect::<Result<Vec<_>, _>>()
    };
    let (on, refine) = (columns(&settings.on)?, columns(&settings.refine)?);
    let entries = keyed(&on, 0..table.len());
    let mut blocks = Vec::<Vec<Row>>::new();
    let mut report = RuleReport {
        rule: settings.name.clone(),
        records: 0,
        blocks: 0,
        largest: 0,
        pairs: 0,
        oversized: Vec::new(),
    };
    report.records = distinct_rows(&entries);
    for block in entries
        .chunk_by(|left, right| left.0 == right.0)
        .filter(|block| block.len() > 1)
    {
        if block.len() <= settings.size_max {
            blocks.push(block.iter().map(|entry| entry.1).collect());
        } else {
            report.oversized.push(split_oversized(
                block,
                &refine,
                settings.size_max,
                &mut blocks,
            ));
        }
    }
    report.blocks = blocks.len() as u64;
    report.largest = blocks
        .iter()
        .map(|block| block.len() as u64)
        .max()
        .unwrap_or(0);
    report.pairs = blocks.iter().map(|block| pairs_of(block.len())).sum();
    Ok((RuleBlocks::new(&blocks, table.len()), report))
}

/// Splits a block by the refining columns; the parts that fit are pushed to `blocks`, the rest is left out and told.
fn split_oversized(
    block: &[(u64, Row)],
    refine: &[&Column],
    size_max: usize,
    blocks: &mut Vec<Vec<Row>>,
) -> Oversized {
    let mut pairs_kept = 0;
    if !refine.is_empty() {
        let parts = keyed(refine, block.iter().map(|entry| entry.1 as usize));
        for part in parts
            .chunk_by(|left, right| left.0 == right.0)
            .filter(|part| (2..=size_max).contains(&part.len()))
        {
            pairs_kept += pairs_of(part.len());
            blocks.push(part.iter().map(|entry| entry.1).collect());
        }
    }
    let pairs_left_out = pairs_of(block.len()).saturating_sub(pairs_kept);
    Oversized {
        first: block[0].1,
        records: block.len() as u64,
        pairs_kept,
        pairs_left_out,
    }
}

/// `(key, row)` sorted, each once: one entry for each combination of the row's keys.
fn keyed(columns: &[&Column], rows: impl Iterator<Item = usize>) -> Vec<(u64, Row)> {
    let mut entries = Vec::new();
    let (mut combined, mut next, mut keys) = (Vec::new(), Vec::new(), Vec::new());
    for row in rows.filter_map(|row| Row::try_from(row).ok()) {
        combined.clear();
        combined.push(0_u64);
        for column in columns {
            keys.clear();
            column.keys(row, &mut keys);
            next.clear();
            next.extend(
                combined
                    .iter()
                    .flat_map(|&so_far| keys.iter().map(move |&key| mixed(so_far, key)))
                    .take(KEYS_PER_ROW_MAX),
            );
            std::mem::swap(&mut combined, &mut next);
        }
        entries.extend(combined.iter().map(|&key| (key, row)));
    }
    entries.par_sort_unstable();
    entries.dedup();
    entries
}

fn distinct_rows(entries: &[(u64, Row)]) -> u64 {
    let mut rows = entries.iter().map(|entry| entry.1).collect::<Vec<_>>();
    rows.sort_unstable();
    rows.dedup();
    rows.len() as u64
}

/// Joins a key to those before it (the finaliser of `SplitMix64`; a clash of 64 bits only adds a candidate).
fn mixed(so_far: u64, key: u64) -> u64 {
    let mut value = (so_far.rotate_left(29) ^ key).wrapping_add(0x9E37_79B9_7F4A_7C15);
    value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

fn pairs_of(records: usize) -> u64 {
    let records = records as u64;
    records * records.saturating_sub(1) / 2
}

impl RuleBlocks {
    fn new(blocks: &[Vec<Row>], rows: usize) -> Self {
        let (mut starts, mut members, mut row_starts) =
            (vec![0_u32], Vec::new(), vec![0_u32; rows + 1]);
        for block in blocks {
            members.extend_from_slice(block);
            starts.push(u32::try_from(members.len()).unwrap_or(u32::MAX));
            for &row in block {
                row_starts[row as usize + 1] += 1;
            }
        }
        for row in 0..rows {
            row_starts[row + 1] += row_starts[row];
        }
        let mut next = row_starts.clone();
        let mut row_blocks = vec![0; members.len()];
        for (number, block) in (0_u32..).zip(blocks) {
            for &row in block {
                row_blocks[next[row as usize] as usize] = number;
                next[row as usize] += 1;
            }
        }
        Self {
            starts,
            members,
            row_starts,
            row_blocks,
        }
    }
}
