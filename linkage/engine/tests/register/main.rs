//! A register that takes changes in is, bit for bit, where a full run would be.

#![allow(clippy::unwrap_used, reason = "a test panics on purpose")]

mod beside;
mod changes;
mod feed;
mod oracle;
mod own;
mod refused;
mod told;
mod who;
#[path = "../world/mod.rs"]
mod world;
