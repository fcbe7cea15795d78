//! The records under each key of a blocking rule.

use rustc_hash::FxHashMap;

use crate::blocking::{Key, StableKey, group, joined, mixed};
use crate::model::BlockSettings;
use crate::{LinkageError, Row, Table};

/// One rule's records by key, and by key and refining key together.
pub(super) struct Postings<'a> {
    wanted_by: String,
    on: Vec<StableKey<'a>>,
    refine: Vec<StableKey<'a>>,
    size_max: usize,
    blocks: Blocks,
    refined: Blocks,
}

/// A record's keys in one rule.
pub(super) struct Keys {
    pub(super) on: Vec<u64>,
    pub(super) refine: Vec<u64>,
}

/// Names a block of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Block {
    /// By its key.
    Whole(u64),
    /// By its key and refining key together.
    Part(u64),
}

/// Records by key.
#[derive(Default)]
struct Blocks {
    places: FxHashMap<u64, (u32, u32)>,
    rows: Vec<Row>,
}

impl<'a> Postings<'a> {
    /// The postings of a whole table.
    pub(super) fn new(settings: &BlockSettings, table: &'a Table) -> Result<Self, LinkageError> {
        let wanted_by = format!("blocking rule `{}`", settings.name);
        let parsed = |names: &[String]| {
            let keys = names.iter().map(|name| {
                let parsed = Key::parse(name);
                let key =
                    parsed.map_err(|fault| LinkageError::unfit(format!("{wanted_by}: {fault}")))?;
                StableKey::of(key, table, &wanted_by)
            });
            keys.collect::<Result<Vec<_>, LinkageError>>()
        };
        let (on, refine) = (parsed(&settings.on)?, parsed(&settings.refine)?);
        let mut postings = Self {
            wanted_by: wanted_by.clone(),
            on,
            refine,
            size_max: settings.size_max,
            blocks: Blocks::default(),
            refined: Blocks::default(),
        };
        let (mut whole, mut parts) = (Vec::new(), Vec::new());
        for row in (0..).take(table.len()) {
            let keys = postings.keys(table, row)?;
            whole.extend(keys.on.iter().map(|&key| (key, row)));
            parts.extend(both(&keys.on, &keys.refine).map(|key| (key, row)));
        }
        postings.blocks = Blocks::of(whole);
        postings.refined = Blocks::of(parts);
        Ok(postings)
    }

    /// Appends the records that the rule makes candidates for a record of any table. Whether a block was left out because it
    /// is too large.
    pub(super) fn candidates(
        &self,
        table: &Table,
        row: Row,
        found: &mut Vec<Row>,
    ) -> Result<bool, LinkageError> {
        let Keys {
            on: keys,
            refine: refining,
        } = self.keys(table, row)?;
        let mut left_out = false;
        for &key in &keys {
            let block = self.blocks.rows_of(key);
            if block.len() < self.size_max {
                found.extend_from_slice(block);
                continue;
            }
            for part in both(&[key], &refining) {
                let part = self.refined.rows_of(part);
                if part.len() < self.size_max {
                    found.extend_from_slice(part);
                } else {
                    left_out = true;
                }
            }
            left_out |= refining.is_empty();
        }
        Ok(left_out)
    }

    /// The record's keys, and its refining keys.
    pub(super) fn keys(&self, table: &Table, row: Row) -> Result<Keys, LinkageError> {
        let on = joined(&self.on, table, row, &self.wanted_by)?;
        let refine = if self.refine.is_empty() || on.is_empty() {
            Vec::new()
        } else {
            joined(&self.refine, table, row, &self.wanted_by)?
        };
        Ok(Keys { on, refine })
    }

    /// Most records of a block.
    pub(super) fn size_max(&self) -> usize {
        self.size_max
    }

    /// The records of a block, ascending.
    pub(super) fn members(&self, block: Block) -> &[Row] {
        match block {
            Block::Whole(key) => self.blocks.rows_of(key),
            Block::Part(key) => self.refined.rows_of(key),
        }
    }

    /// The columns that the rule reads.
    pub(super) fn columns(&self) -> impl Iterator<Item = &String> {
        self.on
            .iter()
            .chain(&self.refine)
            .flat_map(StableKey::columns)
    }
}

impl Keys {
    /// The blocks that hold the record, were they all small enough.
    pub(super) fn blocks(&self) -> impl Iterator<Item = Block> {
        let whole = self.on.iter().map(|&key| Block::Whole(key));
        whole.chain(both(&self.on, &self.refine).map(Block::Part))
    }

    /// The same, each part with the block that it is of.
    pub(super) fn blocks_with_whole(&self) -> impl Iterator<Item = (Block, Block)> {
        self.on.iter().flat_map(|&key| {
            let whole = Block::Whole(key);
            let parts = self.refine.iter().map(move |&refining| part(key, refining));
            std::iter::once(whole)
                .chain(parts)
                .map(move |block| (block, whole))
        })
    }
}

/// The part of a block that a refining key makes.
pub(super) fn part(key: u64, refining: u64) -> Block {
    Block::Part(mixed(key, refining))
}

fn both(keys: &[u64], refining: &[u64]) -> impl Iterator<Item = u64> {
    keys.iter()
        .flat_map(move |&key| refining.iter().map(move |&part| mixed(key, part)))
}

impl Blocks {
    fn of(entries: Vec<(u64, Row)>) -> Self {
        let mut blocks = Self::default();
        let grouped = group(entries);
        for block in grouped.chunk_by(|left, right| left.0 == right.0) {
            let start = u32::try_from(blocks.rows.len()).unwrap_or(u32::MAX);
            let count = u32::try_from(block.len()).unwrap_or(u32::MAX);
            blocks.places.insert(block[0].0, (start, count));
            blocks.rows.extend(block.iter().map(|entry| entry.1));
        }
        blocks
    }

    fn rows_of(&self, key: u64) -> &[Row] {
        self.places.get(&key).map_or(&[], |&(start, count)| {
            &self.rows[start as usize..start as usize + count as usize]
        })
    }
}
