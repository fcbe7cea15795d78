//! Text, wherever it lies.

use std::io;
use std::ops::Range;

use crate::{Memory, Stored};

/// One long text of which parts are read.
#[derive(Clone, Debug)]
pub enum StoredText {
    /// In memory.
    Memory(String),
    /// In a mapped file.
    Mapped(Stored<u8>),
}

impl StoredText {
    /// Moves the text to a file if there is no room for it.
    ///
    /// # Errors
    /// When it does not fit and no file can be written or mapped.
    pub fn within(self, memory: &Memory) -> io::Result<Self> {
        match self {
            Self::Memory(text) if memory.is_bounded() => {
                Ok(Self::Mapped(memory.keep(text.into_bytes())?))
            }
            text => Ok(text),
        }
    }

    /// The text at a place, which begins and ends between characters.
    ///
    /// # Panics
    /// Beyond the end.
    #[inline]
    #[must_use]
    pub fn get(&self, place: Range<usize>) -> &str {
        match self {
            Self::Memory(text) => &text[place],
            Self::Mapped(bytes) => std::str::from_utf8(&bytes[place]).unwrap_or_default(),
        }
    }

    /// The bytes.
    #[inline]
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Memory(text) => text.as_bytes(),
            Self::Mapped(bytes) => bytes,
        }
    }

    /// Adds text at the end; what lies in a file comes back to memory for it.
    pub fn push_str(&mut self, more: &str) {
        if let Self::Mapped(bytes) = self {
            *self = Self::Memory(String::from_utf8_lossy(bytes).into_owned());
        }
        if let Self::Memory(text) = self {
            text.push_str(more);
        }
    }

    /// Bytes of text.
    #[must_use]
    pub fn len(&self) -> usize {
        self.as_bytes().len()
    }

    /// Whether there is no text.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Gives back memory that is not used.
    pub fn shrink_to_fit(&mut self) {
        if let Self::Memory(text) = self {
            text.shrink_to_fit();
        }
    }
}

impl Default for StoredText {
    fn default() -> Self {
        Self::Memory(String::new())
    }
}
