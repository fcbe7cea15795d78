//! An array, wherever it lies.

use std::ops::{Deref, DerefMut};

use bytemuck::Pod;
use memmap2::MmapMut;

use crate::memory::Share;

/// An array in memory or in a mapped file; a slice either way.
#[derive(Debug)]
pub struct Stored<T> {
    place: Place<T>,
    /// Given back when the array goes.
    _share: Option<Share>,
}

#[derive(Debug)]
enum Place<T> {
    Memory(Vec<T>),
    Mapped { bytes: MmapMut, length: usize },
}

impl<T: Pod> Stored<T> {
    pub(crate) fn in_memory(values: Vec<T>, share: Share) -> Self {
        Self {
            place: Place::Memory(values),
            _share: Some(share),
        }
    }

    pub(crate) fn mapped(bytes: MmapMut, length: usize, share: Share) -> Self {
        Self {
            place: Place::Mapped { bytes, length },
            _share: Some(share),
        }
    }

    /// Whether it lies in a file.
    #[must_use]
    pub fn is_mapped(&self) -> bool {
        matches!(self.place, Place::Mapped { .. })
    }

    /// Adds a value; what lies in a file comes back to memory for it.
    #[inline]
    pub fn push(&mut self, value: T) {
        if self.is_mapped() {
            *self = Self::from(self.to_vec());
        }
        if let Place::Memory(values) = &mut self.place {
            values.push(value);
        }
    }

    /// Puts the values where there is room for them.
    ///
    /// # Errors
    /// When they do not fit and no file can be written or mapped.
    pub fn within(self, memory: &crate::Memory) -> std::io::Result<Self> {
        match self.place {
            Place::Memory(values) if memory.is_bounded() => memory.keep(values),
            _ => Ok(self),
        }
    }

    /// Gives back memory that is not used.
    pub fn shrink_to_fit(&mut self) {
        if let Place::Memory(values) = &mut self.place {
            values.shrink_to_fit();
        }
    }

    /// Leaves the first `length` values.
    pub fn truncate(&mut self, length: usize) {
        match &mut self.place {
            Place::Memory(values) => values.truncate(length),
            Place::Mapped { length: known, .. } => *known = length.min(*known),
        }
    }

    /// Leaves the values that `keep` takes, in their order.
    pub fn retain(&mut self, keep: impl Fn(&T) -> bool) {
        let mut kept = 0;
        for place in 0..self.len() {
            let value = self[place];
            if keep(&value) {
                self[kept] = value;
                kept += 1;
            }
        }
        self.truncate(kept);
    }
}

impl<T: Pod + PartialEq> PartialEq for Stored<T> {
    fn eq(&self, other: &Self) -> bool {
        self[..] == other[..]
    }
}

/// A vector under no bound.
impl<T> From<Vec<T>> for Stored<T> {
    fn from(values: Vec<T>) -> Self {
        Self {
            place: Place::Memory(values),
            _share: None,
        }
    }
}

impl<T> Default for Stored<T> {
    fn default() -> Self {
        Self::from(Vec::new())
    }
}

/// A copy under no bound.
impl<T: Pod> Clone for Stored<T> {
    fn clone(&self) -> Self {
        Self::from(self.to_vec())
    }
}

impl<T: Pod> Deref for Stored<T> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        match &self.place {
            Place::Memory(values) => values,
            Place::Mapped { bytes, length } => &bytemuck::cast_slice(bytes)[..*length],
        }
    }
}

impl<T: Pod> DerefMut for Stored<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [T] {
        match &mut self.place {
            Place::Memory(values) => values,
            Place::Mapped { bytes, length } => &mut bytemuck::cast_slice_mut(bytes)[..*length],
        }
    }
}

impl<'a, T: Pod> IntoIterator for &'a Stored<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
