//! How much the arrays of a run may take.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytemuck::Pod;
use memmap2::{MmapMut, MmapOptions};

use crate::Stored;

/// A bound on the bytes of all arrays made by it. Cloned, it is the same bound.
#[derive(Clone, Debug)]
pub struct Memory(Arc<Bound>);

#[derive(Debug)]
struct Bound {
    bytes_max: AtomicU64,
    folder: PathBuf,
    in_memory: AtomicU64,
    on_disk: AtomicU64,
}

/// What an array takes of the bound, given back when it goes.
#[derive(Debug)]
pub(crate) struct Share {
    memory: Memory,
    bytes: u64,
    mapped: bool,
}

impl Memory {
    /// No bound: every array is a vector.
    #[must_use]
    pub fn unbounded() -> Self {
        Self::bounded(u64::MAX, &std::env::temp_dir())
    }

    /// Arrays of so many bytes together lie in memory; others in files in `folder`, which must be there.
    #[must_use]
    pub fn bounded(bytes_max: u64, folder: &Path) -> Self {
        Self(Arc::new(Bound {
            bytes_max: AtomicU64::new(bytes_max),
            folder: folder.to_owned(),
            in_memory: AtomicU64::new(0),
            on_disk: AtomicU64::new(0),
        }))
    }

    /// Whether there is a bound.
    #[must_use]
    pub fn is_bounded(&self) -> bool {
        self.0.bytes_max.load(Ordering::Relaxed) < u64::MAX
    }

    /// Lowers the bound by what others than these arrays need, as soon as that is known.
    pub fn set_aside(&self, bytes: u64) {
        if self.is_bounded() {
            let less = |most: u64| Some(most.saturating_sub(bytes));
            let _ = self
                .0
                .bytes_max
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
        }
    }

    /// Bytes of the arrays that lie in files now.
    #[must_use]
    pub fn on_disk(&self) -> u64 {
        self.0.on_disk.load(Ordering::Relaxed)
    }

    /// An array of zeros.
    ///
    /// # Errors
    /// When it does not fit and no file can be made or mapped.
    pub fn zeroed<T: Pod>(&self, length: usize) -> io::Result<Stored<T>> {
        let bytes = bytes_of::<T>(length);
        if self.takes(bytes) {
            return Ok(Stored::in_memory(
                vec![T::zeroed(); length],
                self.share(bytes, false),
            ));
        }
        let file = tempfile::tempfile_in(&self.0.folder)?;
        file.set_len(bytes)?;
        Ok(Stored::mapped(map(&file)?, length, self.share(bytes, true)))
    }

    /// A vector that stays where it is while there is room, and is written to a file otherwise.
    ///
    /// # Errors
    /// When it does not fit and no file can be written or mapped.
    pub fn keep<T: Pod>(&self, mut values: Vec<T>) -> io::Result<Stored<T>> {
        let bytes = bytes_of::<T>(values.len());
        if self.takes(bytes) {
            values.shrink_to_fit();
            return Ok(Stored::in_memory(values, self.share(bytes, false)));
        }
        let mut file = tempfile::tempfile_in(&self.0.folder)?;
        file.write_all(bytemuck::cast_slice(&values))?;
        let length = values.len();
        drop(values);
        Ok(Stored::mapped(map(&file)?, length, self.share(bytes, true)))
    }

    /// Whether so many bytes more fit; empty arrays always do, since nothing can be mapped of them. What is taken is counted by
    /// [`Self::share`].
    fn takes(&self, bytes: u64) -> bool {
        let most = self.0.bytes_max.load(Ordering::Relaxed);
        bytes == 0
            || self
                .0
                .in_memory
                .load(Ordering::Relaxed)
                .saturating_add(bytes)
                <= most
    }

    fn share(&self, bytes: u64, mapped: bool) -> Share {
        let memory = self.clone();
        memory.counter(mapped).fetch_add(bytes, Ordering::Relaxed);
        Share {
            memory,
            bytes,
            mapped,
        }
    }

    fn counter(&self, mapped: bool) -> &AtomicU64 {
        if mapped {
            &self.0.on_disk
        } else {
            &self.0.in_memory
        }
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::unbounded()
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.memory
            .counter(self.mapped)
            .fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

fn bytes_of<T>(length: usize) -> u64 {
    (length as u64).saturating_mul(size_of::<T>() as u64)
}

/// Maps a file that nobody else can reach.
fn map(file: &std::fs::File) -> io::Result<MmapMut> {
    #[expect(
        unsafe_code,
        reason = "a mapping is unsound when somebody else changes the file; this one has no name and its handle goes no further. \
                  Reading the file instead costs a system call for each record that a block gathers: 80 million for 20 million \
                  records and four rules"
    )]
    unsafe {
        MmapOptions::new().map_mut(file)
    }
}

#[cfg(test)]
mod tests {
    use super::Memory;

    #[test]
    fn what_does_not_fit_lies_on_disk_and_reads_the_same() {
        let memory = Memory::bounded(100, &std::env::temp_dir());
        let first = memory.keep((0..20_u32).collect()).unwrap();
        let mut second = memory.keep((0..20_u32).collect::<Vec<_>>()).unwrap();
        assert_eq!(memory.on_disk(), 80);
        assert_eq!(first[..], second[..]);
        second[3] = 9;
        second.truncate(4);
        assert_eq!(second[..], [0, 1, 2, 9]);
        drop(second);
        assert_eq!(memory.on_disk(), 0);
    }

    #[test]
    fn room_that_an_array_gives_back_is_used_again() {
        let memory = Memory::bounded(80, &std::env::temp_dir());
        drop(memory.zeroed::<u64>(10).unwrap());
        let again = memory.zeroed::<u64>(10).unwrap();
        assert_eq!((memory.on_disk(), again.len()), (0, 10));
        assert_eq!(memory.zeroed::<u64>(0).unwrap().len(), 0);
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error_and_not_a_panic() {
        let memory = Memory::bounded(0, std::path::Path::new("/nowhere/at/all"));
        assert!(memory.keep(vec![1_u8]).is_err());
        assert!(memory.zeroed::<u8>(1).is_err());
    }
}
