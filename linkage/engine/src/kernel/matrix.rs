//! The codes that the inner loop reads, record by record.

use std::io;

use rayon::prelude::*;
use stored::Stored;

use crate::{Row, Table};

/// Rows that are filled at a time: they stay in the first cache.
const TILE_ROWS: usize = 512;

/// The matrix's first column: each record's hash, which chooses pairs for training in any order of rows.
pub(super) const HASH_COLUMN: usize = 0;

/// The codes of each record, of blocking rules and comparisons, in one line of memory.
pub(super) struct Matrix {
    pub(super) stride: usize,
    cells: Stored<u32>,
    /// The column of each rule that puts a record in one block at most.
    pub(super) rules: Vec<Option<usize>>,
}

impl Matrix {
    pub(super) fn new(
        columns: &[&[u32]],
        rules: Vec<Option<usize>>,
        table: &Table,
    ) -> io::Result<Self> {
        let stride = columns.len() + 1;
        let mut cells = table.memory().zeroed::<u32>(stride * table.len())?;
        let tiles = cells.par_chunks_mut(stride * TILE_ROWS);
        tiles.enumerate().for_each(|(tile, cells)| {
            let first = tile * TILE_ROWS;
            for (row, line) in (first..).zip(cells.chunks_exact_mut(stride)) {
                line[HASH_COLUMN] = table.hash(Row::try_from(row).unwrap_or(Row::MAX));
            }
            for (column, codes) in (1..).zip(columns) {
                for (line, &code) in cells.chunks_exact_mut(stride).zip(&codes[first..]) {
                    line[column] = code;
                }
            }
        });
        Ok(Self {
            stride,
            cells,
            rules,
        })
    }

    pub(super) fn row(&self, row: Row) -> &[u32] {
        let start = row as usize * self.stride;
        &self.cells[start..start + self.stride]
    }
}

/// Takes a share of all records by their hashes, whatever the order of rows.
pub(super) struct Thinning {
    limit: u64,
    seed: u64,
}

impl Thinning {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "the share is clamped, and a float's cast saturates"
    )]
    pub(super) fn new(share: f64, seed: u64) -> Self {
        Self {
            limit: (share.clamp(0.0, 1.0) * u64::MAX as f64) as u64,
            seed,
        }
    }

    pub(super) fn takes(&self, hash: u32) -> bool {
        let key = u64::from(hash) ^ self.seed;
        let mixed = (key ^ (key >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        (mixed ^ (mixed >> 32)).wrapping_mul(0x94D0_49BB_1331_11EB) <= self.limit
    }
}
