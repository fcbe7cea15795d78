use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::{FileEntry, PublicationError};

/// A file that knows the hashes of what was written to it.
pub(crate) struct HashedFile {
    file: BufWriter<File>,
    sha256: Sha256,
    blake3: blake3::Hasher,
    bytes: u64,
}

impl HashedFile {
    pub(crate) fn create(path: &Path) -> Result<Self, PublicationError> {
        let file = File::create(path).map_err(|cause| PublicationError::File {
            path: path.to_owned(),
            cause,
        })?;
        Ok(Self {
            file: BufWriter::with_capacity(1 << 16, file),
            sha256: Sha256::new(),
            blake3: blake3::Hasher::new(),
            bytes: 0,
        })
    }

    /// Brings the bytes to the disk and tells what they are.
    pub(crate) fn finish(mut self, name: &str, rows: u64) -> io::Result<FileEntry> {
        self.file.flush()?;
        self.file.get_ref().sync_all()?;
        Ok(FileEntry {
            name: name.to_owned(),
            rows,
            bytes: self.bytes,
            sha256: hexadecimal(&self.sha256.finalize()),
            blake3: self.blake3.finalize().to_hex().to_string(),
        })
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    let pairs = bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]);
    pairs.collect()
}

impl Write for HashedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.sha256.update(&bytes[..written]);
        self.blake3.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
