//! The records under each key of a blocking rule.

use rustc_hash::FxHashMap;

use crate::blocking::{Key, group, joined, mixed};
use crate::model::BlockSettings;
use crate::{LinkageError, Row, Table};

/// One rule's records by key, and by key and refining key together.
pub(super) struct Postings {
    wanted_by: String,
    on: Vec<Key>,
    refine: Vec<Key>,
    size_max: usize,
    blocks: Blocks,
    refined: Blocks,
}

/// Records by key.
#[derive(Default)]
struct Blocks {
    places: FxHashMap<u64, (u32, u32)>,
    rows: Vec<Row>,
}

impl Postings {
    /// The postings of a whole table.
    pub(super) fn new(settings: &BlockSettings, table: &Table) -> Result<Self, LinkageError> {
        let wanted_by = format!("blocking rule `{}`", settings.name);
        let parsed = |names: &[String]| {
            let keys = names.iter().map(|name| Key::parse(name));
            keys.collect::<Result<Vec<_>, _>>()
                .map_err(|fault| LinkageError::unfit(format!("{wanted_by}: {fault}")))
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
            let (keys, refining) = postings.keys(table, row)?;
            whole.extend(keys.iter().map(|&key| (key, row)));
            parts.extend(both(&keys, &refining).map(|key| (key, row)));
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
        let (keys, refining) = self.keys(table, row)?;
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
    fn keys(&self, table: &Table, row: Row) -> Result<(Vec<u64>, Vec<u64>), LinkageError> {
        let keys = joined(&self.on, table, row, &self.wanted_by)?;
        if self.refine.is_empty() || keys.is_empty() {
            return Ok((keys, Vec::new()));
        }
        Ok((keys, joined(&self.refine, table, row, &self.wanted_by)?))
    }
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
