//! The records under each key as they come and go: those of the run that are still there, and later ones.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use super::postings::{Block, Keys, Postings, part};
use crate::Row;

/// What changed in one rule's blocks since the run. Records are numbered: the run's by their rows, later ones from there.
#[derive(Default)]
pub(super) struct Living {
    changes: FxHashMap<Block, Change>,
}

#[derive(Default)]
struct Change {
    /// Later records.
    added: BTreeSet<Row>,
    /// How many of the run's records are no more.
    gone: usize,
}

impl Living {
    /// Puts a later record into its blocks.
    pub(super) fn add(&mut self, keys: &Keys, record: Row) {
        for block in keys.blocks() {
            self.changes.entry(block).or_default().added.insert(record);
        }
    }

    /// Takes a record out of its blocks.
    pub(super) fn strike(&mut self, keys: &Keys, record: Row, of_run: bool) {
        for block in keys.blocks() {
            let change = self.changes.entry(block).or_default();
            if of_run {
                change.gone += 1;
            } else {
                change.added.remove(&record);
            }
            if change.gone == 0 && change.added.is_empty() {
                self.changes.remove(&block);
            }
        }
    }

    /// Whether the block is small enough to be compared.
    pub(super) fn fits(&self, postings: &Postings<'_>, block: Block) -> bool {
        let change = self.changes.get(&block);
        let (added, gone) = change.map_or((0, 0), |change| (change.added.len(), change.gone));
        postings.members(block).len() + added <= postings.size_max() + gone
    }

    /// Whether the rule compares the records of a block, as such or within the larger one that it is a part of.
    pub(super) fn covers(&self, postings: &Postings<'_>, block: Block, whole: Block) -> bool {
        self.fits(postings, whole) || self.fits(postings, block)
    }

    /// The records of a block.
    pub(super) fn members<'l>(
        &'l self,
        postings: &'l Postings<'_>,
        block: Block,
        lives: impl Fn(Row) -> bool + 'l,
    ) -> impl Iterator<Item = Row> + 'l {
        let of_run = postings
            .members(block)
            .iter()
            .copied()
            .filter(move |&row| lives(row));
        let change = self.changes.get(&block);
        let added = change
            .into_iter()
            .flat_map(|change| change.added.iter().copied());
        of_run.chain(added)
    }

    /// The blocks that make candidates of a record: those of its keys, or where one is too large the parts of it.
    pub(super) fn open<'l>(
        &'l self,
        postings: &'l Postings<'_>,
        keys: &'l Keys,
    ) -> impl Iterator<Item = Block> + 'l {
        keys.on.iter().flat_map(move |&key| {
            let whole = self.fits(postings, Block::Whole(key));
            let parts = if whole { &[][..] } else { &keys.refine };
            let parts = parts.iter().map(move |&refining| part(key, refining));
            let open = parts.filter(|&part| self.fits(postings, part));
            whole.then_some(Block::Whole(key)).into_iter().chain(open)
        })
    }
}
