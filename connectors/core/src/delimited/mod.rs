//! Delimited text: rows cut out of bytes, decoded by declaration, with what cannot be read set aside by line.
//!
//! Both encodings keep the bytes of `,`, `"`, CR and LF for themselves (a second byte of CP932 begins at 0x40), so rows
//! are cut before they are decoded, and a broken character spoils its own row only.

mod encoding;
mod examine;
mod reader;
mod split;

pub use encoding::TextEncoding;
pub use examine::{EXAMINED_BYTES_MAX, Examination};
pub use reader::{Cut, Place, RowReader};

/// Longest row, in bytes, unless a source sets another: a hundred times the longest that the known layouts can hold,
/// and small enough that an open quote costs one buffer and not the memory.
pub const ROW_BYTES_MAX: usize = 1 << 20;
