//! One rule's blocks: records by block, and blocks by record.

use stored::{Memory, Stored};

use super::group::{Entry, group, mixed};
use super::key::{Key, KeyCodes};
use super::{Oversized, RuleReport};
use crate::model::{BlockSettings, Scope};
use crate::{LinkageError, Row, Table};

/// Most keys of one record in one rule: the product over keys of several values is cut there.
pub(super) const KEYS_PER_ROW_MAX: usize = 256;

/// No block: a record without a key, alone with it, or left out.
pub(crate) const NO_BLOCK: u32 = 0;

/// The blocks of one rule, numbered from 1.
pub(crate) struct RuleBlocks {
    starts: Stored<u32>,
    members: Stored<Row>,
    membership: Membership,
}

/// The blocks that hold a record.
enum Membership {
    /// At most one a record, by row.
    One(Stored<u32>),
    /// Some: ascending, between `starts[row]` and `starts[row + 1]`.
    Many {
        starts: Stored<u32>,
        blocks: Stored<u32>,
    },
}

impl RuleBlocks {
    /// Builds the rule's blocks and counts their cost.
    pub(super) fn build(
        settings: &BlockSettings,
        scope: Scope,
        table: &Table,
    ) -> Result<(Self, RuleReport), LinkageError> {
        let wanted_by = format!("blocking rule `{}`", settings.name);
        let on = keys(&settings.on, table, &wanted_by)?;
        let refine = keys(&settings.refine, table, &wanted_by)?;
        let entries = group(keyed(&on, 0..rows_of(table)));
        let mut split = Split {
            refine,
            size_max: settings.size_max,
            scope,
            table,
            starts: vec![0],
            members: Vec::new(),
            report: RuleReport::new(&settings.name),
        };
        split.report.records = distinct_rows(&entries, table.len());
        for block in entries.chunk_by(|left, right| left.0 == right.0) {
            split.add(block);
        }
        drop(entries);
        let Split {
            starts,
            members,
            report,
            ..
        } = split;
        let memory = table.memory();
        let membership = Membership::of(&starts, &members, table.len()).within(memory)?;
        Ok((
            Self {
                starts: memory.keep(starts)?,
                members: memory.keep(members)?,
                membership,
            },
            report,
        ))
    }

    /// How many blocks there are.
    pub(crate) fn len(&self) -> u32 {
        u32::try_from(self.starts.len() - 1).unwrap_or(u32::MAX)
    }

    /// The records of a block, ascending; blocks count from 0 here.
    pub(crate) fn members(&self, block: u32) -> &[Row] {
        let block = block as usize;
        &self.members[self.starts[block] as usize..self.starts[block + 1] as usize]
    }

    /// Each row's block, where no record is in two; [`NO_BLOCK`] for none.
    pub(crate) fn block_of_rows(&self) -> Option<&[u32]> {
        match &self.membership {
            Membership::One(blocks) => Some(blocks),
            Membership::Many { .. } => None,
        }
    }

    /// The first block that holds both; blocks count from 0 here.
    pub(crate) fn first_shared(&self, left: Row, right: Row) -> Option<u32> {
        let (left, right) = (left as usize, right as usize);
        match &self.membership {
            Membership::One(blocks) => {
                let block = blocks[left];
                (block != NO_BLOCK && block == blocks[right]).then(|| block - 1)
            }
            Membership::Many { starts, blocks } => {
                let of = |row: usize| &blocks[starts[row] as usize..starts[row + 1] as usize];
                first_common(of(left), of(right)).map(|block| block - 1)
            }
        }
    }
}

impl Membership {
    fn of(starts: &[u32], members: &[Row], rows: usize) -> Self {
        let mut one = vec![NO_BLOCK; rows];
        let blocks = || (1_u32..).zip(starts.windows(2));
        let rows_of = |bounds: &[u32]| &members[bounds[0] as usize..bounds[1] as usize];
        let mut single = true;
        for (block, bounds) in blocks() {
            for &row in rows_of(bounds) {
                single &= one[row as usize] == NO_BLOCK;
                one[row as usize] = block;
            }
        }
        if single {
            return Self::One(one.into());
        }
        let mut row_starts = vec![0_u32; rows + 1];
        for &row in members {
            row_starts[row as usize + 1] += 1;
        }
        for row in 0..rows {
            row_starts[row + 1] += row_starts[row];
        }
        let mut next = row_starts.clone();
        let mut row_blocks = vec![0; members.len()];
        for (block, bounds) in blocks() {
            for &row in rows_of(bounds) {
                row_blocks[next[row as usize] as usize] = block;
                next[row as usize] += 1;
            }
        }
        Self::Many {
            starts: row_starts.into(),
            blocks: row_blocks.into(),
        }
    }

    fn within(self, memory: &Memory) -> std::io::Result<Self> {
        Ok(match self {
            Self::One(blocks) => Self::One(blocks.within(memory)?),
            Self::Many { starts, blocks } => Self::Many {
                starts: starts.within(memory)?,
                blocks: blocks.within(memory)?,
            },
        })
    }
}

/// A rule's entries, `(key, row)`: those of `on`, and those of `refine`, none when it does not refine. For blocks that are put
/// together elsewhere (see [`crate::keys`]).
pub(crate) fn entries(
    settings: &BlockSettings,
    table: &Table,
) -> Result<(Vec<Entry>, Vec<Entry>), LinkageError> {
    let wanted_by = format!("blocking rule `{}`", settings.name);
    let entries_of = |names: &[String]| -> Result<Vec<Entry>, LinkageError> {
        let keys = keys(names, table, &wanted_by)?;
        let rows = if keys.is_empty() { 0 } else { rows_of(table) };
        Ok(keyed(&keys, 0..rows))
    };
    Ok((entries_of(&settings.on)?, entries_of(&settings.refine)?))
}

/// Puts grouped entries into blocks, splitting those that are too large.
struct Split<'a> {
    refine: Vec<KeyCodes<'a>>,
    size_max: usize,
    scope: Scope,
    table: &'a Table,
    starts: Vec<u32>,
    members: Vec<Row>,
    report: RuleReport,
}

impl Split<'_> {
    fn add(&mut self, block: &[Entry]) {
        if block.len() < 2 {
            return;
        }
        if block.len() <= self.size_max {
            self.push(block);
            return;
        }
        let before = self.report.pairs;
        if !self.refine.is_empty() {
            let parts = group(keyed(&self.refine, block.iter().map(|entry| entry.1)));
            for part in parts.chunk_by(|left, right| left.0 == right.0) {
                if (2..=self.size_max).contains(&part.len()) {
                    self.push(part);
                }
            }
        }
        let pairs_kept = self.report.pairs - before;
        let pairs = self.pairs_of(block);
        self.report.oversized.push(Oversized {
            first: block[0].1,
            records: block.len() as u64,
            pairs_kept,
            pairs_left_out: pairs.saturating_sub(pairs_kept),
        });
    }

    fn push(&mut self, block: &[Entry]) {
        let pairs = self.pairs_of(block);
        if pairs == 0 {
            return;
        }
        self.members.extend(block.iter().map(|entry| entry.1));
        self.starts
            .push(u32::try_from(self.members.len()).unwrap_or(u32::MAX));
        self.report.blocks += 1;
        self.report.largest = self.report.largest.max(block.len() as u64);
        self.report.pairs += pairs;
    }

    /// Pairs that the block gives within the model's scope.
    fn pairs_of(&self, block: &[Entry]) -> u64 {
        let all = pairs_among(block.len() as u64);
        if self.scope == Scope::All {
            return all;
        }
        let mut sources = block
            .iter()
            .map(|entry| self.table.source(entry.1))
            .collect::<Vec<_>>();
        sources.sort_unstable();
        let within = sources
            .chunk_by(|left, right| left == right)
            .map(|source| pairs_among(source.len() as u64))
            .sum::<u64>();
        all - within
    }
}

fn pairs_among(records: u64) -> u64 {
    records * records.saturating_sub(1) / 2
}

fn rows_of(table: &Table) -> Row {
    Row::try_from(table.len()).unwrap_or(Row::MAX)
}

fn keys<'a>(
    names: &[String],
    table: &'a Table,
    wanted_by: &str,
) -> Result<Vec<KeyCodes<'a>>, LinkageError> {
    let parsed = |name: &String| {
        Key::parse(name)
            .map_err(|fault| LinkageError::unfit(format!("{wanted_by}: {fault}")))?
            .codes(table, wanted_by)
    };
    names.iter().map(parsed).collect()
}

/// One entry for each combination of a row's keys.
fn keyed(keys: &[KeyCodes<'_>], rows: impl Iterator<Item = Row>) -> Vec<Entry> {
    let single = keys
        .iter()
        .map(|key| match key {
            KeyCodes::One(codes) => Some(&**codes),
            KeyCodes::Many { .. } => None,
        })
        .collect::<Option<Vec<_>>>();
    match single.as_deref() {
        Some([only]) => one_each(rows, |row| u64::from(only[row])),
        Some([first, second]) => one_each(rows, |row| {
            let (first, second) = (u64::from(first[row]), u64::from(second[row]));
            if first == 0 || second == 0 {
                0
            } else {
                (first << 32) | second
            }
        }),
        _ => combined(keys, rows),
    }
}

/// Entries of rows that have a key other than 0.
fn one_each(rows: impl Iterator<Item = Row>, key: impl Fn(usize) -> u64) -> Vec<Entry> {
    rows.filter_map(|row| {
        let key = key(row as usize);
        (key != 0).then_some((key, row))
    })
    .collect()
}

fn combined(keys: &[KeyCodes<'_>], rows: impl Iterator<Item = Row>) -> Vec<Entry> {
    let mut entries = Vec::new();
    let (mut so_far, mut next) = (Vec::new(), Vec::new());
    for row in rows {
        so_far.clear();
        so_far.push(0_u64);
        for key in keys {
            let codes = key.at(row);
            next.clear();
            let joined = so_far.iter().flat_map(|&so_far| {
                codes
                    .iter()
                    .map(move |&code| mixed(so_far, u64::from(code)))
            });
            next.extend(joined.take(KEYS_PER_ROW_MAX));
            std::mem::swap(&mut so_far, &mut next);
        }
        so_far.sort_unstable();
        so_far.dedup();
        entries.extend(so_far.iter().map(|&key| (key, row)));
    }
    entries
}

fn distinct_rows(entries: &[Entry], rows: usize) -> u64 {
    let mut seen = vec![0_u64; rows.div_ceil(64)];
    for &(_, row) in entries {
        seen[row as usize / 64] |= 1 << (row % 64);
    }
    seen.iter().map(|word| u64::from(word.count_ones())).sum()
}

/// The lowest value that two ascending lists share.
fn first_common(left: &[u32], right: &[u32]) -> Option<u32> {
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
