//! One suite over SQLite and PostgreSQL: each test runs on both.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test panics on purpose"
)]

mod backend;
mod bench;
mod histories;
mod identities;
mod opening;
mod pages;
mod records;
mod runs;
