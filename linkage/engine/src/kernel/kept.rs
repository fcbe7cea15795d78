//! Pairs that are heavy enough to be kept.

use std::io;

use stored::{Memory, Stored};

use crate::weigh::ScoredPair;

/// Pairs of a piece, 10 MB, where memory is bounded.
const PIECE_PAIRS: usize = 1 << 18;

/// Pairs that are kept, in pieces: what is full is put where there is room for it.
pub(crate) struct Kept {
    memory: Memory,
    pieces: Vec<Stored<ScoredPair>>,
    last: Vec<ScoredPair>,
    fault: Option<io::Error>,
}

impl Kept {
    /// No pair yet.
    pub(crate) fn new(memory: &Memory) -> Self {
        Self {
            memory: memory.clone(),
            pieces: Vec::new(),
            last: Vec::new(),
            fault: None,
        }
    }

    pub(super) fn push(&mut self, pair: ScoredPair) {
        self.last.push(pair);
        if self.last.len() >= PIECE_PAIRS && self.memory.is_bounded() {
            self.put_away();
        }
    }

    /// All pieces.
    ///
    /// # Errors
    /// When one could not be put away.
    pub(crate) fn finish(mut self) -> io::Result<Vec<Stored<ScoredPair>>> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        self.pieces.push(Stored::from(self.last));
        Ok(self.pieces)
    }

    fn put_away(&mut self) {
        let full = std::mem::replace(&mut self.last, Vec::with_capacity(PIECE_PAIRS));
        match self.memory.keep(full) {
            Ok(piece) => self.pieces.push(piece),
            Err(fault) => self.fault = Some(fault),
        }
    }
}
