//! The `musubi` command: configuration, the catalog of connectors, the jobs, the command line and the worker.
//!
//! - [`cli`] says what can be asked, [`commands`] answers it, one file a command.
//! - [`config`] is `musubi.toml`; [`catalog`] knows the connectors; [`project`] is an opened project's folder.
//! - [`jobs`] are the steps of the way, one file each: pull and map, link, resolve, assemble, publish.
//! - [`runs`] records each attempt in the store, under a [`lease`]; [`worker`] begins runs by schedule.
//!
//! **Invariant:** the store's runs are the truth and the queue only a nudge; nothing printed, logged, traced or queued holds
//! what may identify a person, but for what a command was asked to show.
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test panics on purpose"))]

pub mod catalog;
pub mod cli;
pub mod commands;
pub mod config;
mod failure;
pub mod jobs;
pub mod lease;
pub mod output;
pub mod progress;
pub mod project;
pub mod runs;
pub mod summary;
pub mod telemetry;
pub mod worker;

pub use failure::{Exit, Failure};
