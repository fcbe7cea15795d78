use std::io;

use reqwest::Response;
use tokio::fs::File;
use tokio::io::AsyncReadExt as _;

use crate::lines::{Line, LineCutter};
use crate::unpack::Unpacker;

/// Bytes read from a file at once.
const CHUNK_BYTES: usize = 256 << 10;

/// Why a file could not be read to its end.
#[derive(Debug)]
pub(crate) enum Cut {
    /// The connection broke, or ended before as many bytes came as were told.
    Connection,
    /// The compressed stream is damaged, or ends too early.
    Packing,
    /// The last line has no end and is no JSON.
    LastLine,
}

impl Cut {
    pub(crate) const fn sentence(&self) -> &'static str {
        match self {
            Self::Connection => "the connection was cut before the file's end",
            Self::Packing => "the compressed file is damaged or was cut",
            Self::LastLine => "the file ends within a line",
        }
    }
}

/// Where the bytes come from.
pub(crate) enum Bytes {
    Answer(Response),
    File(File),
}

/// Reads an NDJSON file line by line, packed or not, in bounded memory.
pub(crate) struct Reader {
    bytes: Bytes,
    chunk: Vec<u8>,
    /// How far the chunk was taken.
    taken: usize,
    unpacker: Unpacker,
    unpacked: Vec<u8>,
    /// Unpacked bytes that an earlier pull took already.
    skip: u64,
    cutter: LineCutter,
    /// Bytes and lines up to the end of the last line given: never behind one that was cut.
    given: (u64, u64),
    ended: bool,
    /// Whether a last line that ends nowhere is taken for a line.
    open_end: bool,
}

impl Reader {
    /// A reader whose bytes begin at the file's beginning, and whose lines begin behind `line` lines of `offset` bytes.
    pub(crate) fn skipping(bytes: Bytes, offset: u64, line: u64, line_bytes_max: usize) -> Self {
        Self {
            bytes,
            chunk: Vec::new(),
            taken: 0,
            unpacker: Unpacker::new(),
            unpacked: Vec::new(),
            skip: offset,
            cutter: LineCutter::at(offset, line, line_bytes_max),
            given: (offset, line),
            ended: false,
            open_end: false,
        }
    }

    /// A reader whose bytes begin at `offset` already.
    pub(crate) fn going_on(bytes: Bytes, offset: u64, line: u64, line_bytes_max: usize) -> Self {
        Self {
            skip: 0,
            ..Self::skipping(bytes, offset, line, line_bytes_max)
        }
    }

    /// The same, taking a last line without an end for a line, whatever it is.
    pub(crate) fn with_open_end(self, open_end: bool) -> Self {
        Self { open_end, ..self }
    }

    pub(crate) const fn offset(&self) -> u64 {
        self.given.0
    }

    pub(crate) const fn line(&self) -> u64 {
        self.given.1
    }

    /// Whether the bytes were not packed, so that an offset in lines is one in the file.
    pub(crate) fn is_plain(&self) -> bool {
        self.unpacker.is_plain()
    }

    /// The next line that is not blank; `None` at the file's end.
    pub(crate) async fn next_line(&mut self) -> Result<Option<Line>, Cut> {
        loop {
            let line = match self.cutter.next_line() {
                None if self.ended => self.last_line()?,
                line => line,
            };
            if line.is_some() {
                self.given = (self.cutter.offset(), self.cutter.line());
            }
            if line.is_some() || self.ended {
                return Ok(line);
            }
            self.fill().await?;
        }
    }

    fn last_line(&mut self) -> Result<Option<Line>, Cut> {
        // Fewer bytes than were read before: the file was longer once.
        if self.skip > 0 && !self.open_end {
            return Err(Cut::LastLine);
        }
        match self.cutter.last_line() {
            Some(Line { text: Err(_), .. }) if !self.open_end => Err(Cut::LastLine),
            line => Ok(line),
        }
    }

    async fn fill(&mut self) -> Result<(), Cut> {
        if self.taken == self.chunk.len() && !self.next_chunk().await? {
            self.ended = true;
            self.unpacker
                .finish(&mut self.unpacked)
                .map_err(|_| Cut::Packing)?;
        } else {
            let rest = &self.chunk[self.taken..];
            let piece = &rest[..rest.len().min(self.unpacker.piece_bytes())];
            self.taken += piece.len();
            self.unpacker
                .feed(piece, &mut self.unpacked)
                .map_err(|_| Cut::Packing)?;
        }
        let skipped = usize::try_from(self.skip)
            .unwrap_or(usize::MAX)
            .min(self.unpacked.len());
        self.skip -= skipped as u64;
        self.cutter.feed(&self.unpacked[skipped..]);
        self.unpacked.clear();
        Ok(())
    }

    /// Whether there is another chunk.
    async fn next_chunk(&mut self) -> Result<bool, Cut> {
        self.taken = 0;
        match &mut self.bytes {
            Bytes::Answer(response) => {
                let chunk = response.chunk().await.map_err(|_| Cut::Connection)?;
                self.chunk.clear();
                self.chunk
                    .extend_from_slice(chunk.as_deref().unwrap_or_default());
                Ok(chunk.is_some())
            }
            Bytes::File(file) => {
                self.chunk.resize(CHUNK_BYTES, 0);
                let length = read_some(file, &mut self.chunk)
                    .await
                    .map_err(|_| Cut::Connection)?;
                self.chunk.truncate(length);
                Ok(length > 0)
            }
        }
    }
}

async fn read_some(file: &mut File, chunk: &mut [u8]) -> io::Result<usize> {
    file.read(chunk).await
}
