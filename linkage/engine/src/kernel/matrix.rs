//! The codes that the inner loop reads, record by record.

use crate::{Row, Table};

/// The matrix's first column: each record's hash, which chooses pairs for training in any order of rows.
pub(super) const HASH_COLUMN: usize = 0;

/// The codes of each record, of blocking rules and comparisons, in one line of memory.
pub(super) struct Matrix {
    pub(super) stride: usize,
    cells: Vec<u32>,
    /// The column of each rule that puts a record in one block at most.
    pub(super) rules: Vec<Option<usize>>,
}

impl Matrix {
    pub(super) fn new(columns: &[&[u32]], rules: Vec<Option<usize>>, table: &Table) -> Self {
        let stride = columns.len() + 1;
        let mut cells = vec![0; stride * table.len()];
        for (row, line) in (0..).zip(cells.chunks_exact_mut(stride)) {
            line[HASH_COLUMN] = table.hash(row);
        }
        for (column, codes) in (1..).zip(columns) {
            for (line, &code) in cells.chunks_exact_mut(stride).zip(*codes) {
                line[column] = code;
            }
        }
        Self {
            stride,
            cells,
            rules,
        }
    }

    pub(super) fn row(&self, row: Row) -> &[u32] {
        let start = row as usize * self.stride;
        &self.cells[start..start + self.stride]
    }
}

/// Chooses a share of all pairs by their records' hashes.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "the share is clamped, and a float's cast saturates"
)]
pub(super) fn chooser(share: f64, seed: u64) -> impl Fn(u32, u32) -> bool {
    let limit = if share >= 1.0 {
        u64::MAX
    } else {
        (share.max(0.0) * u64::MAX as f64) as u64
    };
    move |left, right| {
        let (low, high) = (left.min(right), left.max(right));
        let key = ((u64::from(high) << 32) | u64::from(low)) ^ seed;
        let mixed = (key ^ (key >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        (mixed ^ (mixed >> 32)).wrapping_mul(0x94D0_49BB_1331_11EB) <= limit
    }
}
