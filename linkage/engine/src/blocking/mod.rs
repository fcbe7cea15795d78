//! Candidate pairs: many rules, each pair once, the cost known before anything is compared.

mod group;
mod key;
mod rule;
mod spelling;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

pub(crate) use group::{group, mixed};
pub(crate) use key::{Key, KeyCodes, StableKey, joined};
pub(crate) use rule::{NO_BLOCK, RuleBlocks, entries};

use crate::model::{BlockSettings, Scope};
use crate::{LinkageError, Model, Row, Table};

/// Pairs that a unit of work aims at; its bounds depend on the data alone, so results do not depend on threads.
const CHUNK_PAIRS: u64 = 1 << 15;
/// A block with more pairs is shared out.
const LARGE_BLOCK_PAIRS: u64 = 1 << 17;

/// The blocks of all rules.
pub struct Blocks {
    rules: Vec<RuleBlocks>,
    report: BlockingReport,
    scope: Scope,
    /// Each record's source, which decides when pairs of one source are out of scope.
    sources: Vec<u16>,
}

/// What blocking costs and what it leaves out.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct BlockingReport {
    /// One entry a rule, in the model's order.
    pub rules: Vec<RuleReport>,
    /// Pairs over all rules, a pair counted in each rule that gives it.
    pub pairs: u64,
}

/// One rule's cost.
#[derive(Clone, Debug, Deserialize, Serialize)]
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
#[derive(Clone, Debug, Deserialize, Serialize)]
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

/// A unit of work: some blocks of one rule, or some records of a large block, each with all that follow it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chunk {
    pub(crate) rule: usize,
    /// The first block and the one after the last.
    pub(crate) blocks: (u32, u32),
    /// Places within the block, where it is one alone.
    pub(crate) lefts: (usize, usize),
    /// Pairs in it, before those of earlier rules are left out.
    pub(crate) pairs: u64,
}

impl RuleReport {
    fn new(rule: &str) -> Self {
        Self {
            rule: rule.to_owned(),
            records: 0,
            blocks: 0,
            largest: 0,
            pairs: 0,
            oversized: Vec::new(),
        }
    }
}

impl Blocks {
    /// Builds the blocks of every rule and counts their cost.
    ///
    /// # Errors
    /// [`LinkageError::Unfit`] for an unknown column, [`LinkageError::TooManyPairs`] above the model's bound.
    pub fn build(model: &Model, table: &Table) -> Result<Self, LinkageError> {
        let build = |settings: &BlockSettings| RuleBlocks::build(settings, model.scope, table);
        // What a rule needs while its blocks are made is needed once only where memory is bounded.
        let built = if table.memory().is_bounded() {
            let built = model.blocks.iter().map(build);
            built.collect::<Result<Vec<_>, LinkageError>>()?
        } else {
            let built = model.blocks.par_iter().map(build);
            built.collect::<Result<Vec<_>, LinkageError>>()?
        };
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
        Ok(Self {
            rules,
            report,
            scope: model.scope,
            sources: table.sources().to_vec(),
        })
    }

    /// The blocks by rule, in the model's order.
    pub(crate) fn rules(&self) -> &[RuleBlocks] {
        &self.rules
    }

    /// Whether pairs of one source are out of scope.
    pub(crate) fn is_across(&self) -> bool {
        self.scope == Scope::AcrossSources
    }

    /// Whether the model's scope leaves the pair in.
    pub(crate) fn in_scope(&self, left: Row, right: Row) -> bool {
        self.scope == Scope::All || self.sources[left as usize] != self.sources[right as usize]
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
        let blocks = &self.rules[rule];
        let mut chunks = Vec::new();
        let mut chunk = empty_chunk(rule, 0);
        for block in 0..blocks.len() {
            let records = blocks.members(block).len();
            let pairs = pairs_of(records);
            if pairs > LARGE_BLOCK_PAIRS {
                push_unless_empty(&mut chunks, chunk);
                chunks.extend(parts_of(rule, block, records));
                chunk = empty_chunk(rule, block + 1);
                continue;
            }
            chunk.pairs += pairs;
            chunk.blocks.1 = block + 1;
            if chunk.pairs >= CHUNK_PAIRS {
                chunks.push(chunk);
                chunk = empty_chunk(rule, block + 1);
            }
        }
        push_unless_empty(&mut chunks, chunk);
        chunks
    }

    /// Calls `visit` for each pair of the chunk that no earlier rule gives, the lower row first.
    pub(crate) fn for_each_new_pair(&self, chunk: Chunk, mut visit: impl FnMut(Row, Row)) {
        let earlier = &self.rules[..chunk.rule];
        self.for_each_pair(chunk, |left, right| {
            let known = |rule: &RuleBlocks| rule.first_shared(left, right).is_some();
            if !earlier.iter().any(known) {
                visit(left, right);
            }
        });
    }

    /// Calls `visit` for each pair of the chunk once, whether or not an earlier rule gives it.
    pub(crate) fn for_each_pair(&self, chunk: Chunk, mut visit: impl FnMut(Row, Row)) {
        let rule = &self.rules[chunk.rule];
        for block in chunk.blocks.0..chunk.blocks.1 {
            let members = rule.members(block);
            for place in chunk.lefts.0..chunk.lefts.1.min(members.len()) {
                let left = members[place];
                for &right in &members[place + 1..] {
                    let first = rule.block_of_rows().is_some()
                        || rule.first_shared(left, right) == Some(block);
                    if first && self.in_scope(left, right) {
                        visit(left, right);
                    }
                }
            }
        }
    }
}

fn empty_chunk(rule: usize, block: u32) -> Chunk {
    Chunk {
        rule,
        blocks: (block, block),
        lefts: (0, usize::MAX),
        pairs: 0,
    }
}

fn push_unless_empty(chunks: &mut Vec<Chunk>, chunk: Chunk) {
    if chunk.blocks.1 > chunk.blocks.0 {
        chunks.push(chunk);
    }
}

/// A large block in parts of about equal work.
fn parts_of(rule: usize, block: u32, records: usize) -> Vec<Chunk> {
    let mut parts = Vec::new();
    let (mut start, mut pairs) = (0, 0);
    for place in 0..records {
        pairs += (records - place - 1) as u64;
        if pairs >= CHUNK_PAIRS || place + 1 == records {
            parts.push(Chunk {
                rule,
                blocks: (block, block + 1),
                lefts: (start, place + 1),
                pairs,
            });
            (start, pairs) = (place + 1, 0);
        }
    }
    parts
}

fn pairs_of(records: usize) -> u64 {
    let records = records as u64;
    records * records.saturating_sub(1) / 2
}
