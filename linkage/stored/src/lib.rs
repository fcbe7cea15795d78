//! Large arrays that lie in memory up to a bound, and beyond it in files that are mapped into memory.
//!
//! A [`Memory`] is shared by all arrays of a run. While they fit, an array is a vector. One that no longer fits is written
//! to a file without a name, which is gone with the process however that ends; the system then keeps in memory what is in
//! use and writes out the rest. Either way it reads as a slice.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test panics on purpose"))]

mod memory;
mod stored;
mod text;

pub use memory::Memory;
pub use stored::Stored;
pub use text::StoredText;
