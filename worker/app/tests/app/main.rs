//! The `musubi` command from outside: what it understands, and what it does over small worlds, on both databases.
#![allow(clippy::unwrap_used, reason = "a test panics on purpose")]

mod command_line;
mod configuration;
mod files;
mod postgres;
mod telemetry;
mod whole_way;
mod worker;
mod world;
