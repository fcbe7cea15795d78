//! The steps of the way, one file each. Each can be run again and leaves the same rows.

pub mod assemble_histories;
pub mod check_layout;
pub mod link_records;
pub mod map_records;
mod organizations;
pub mod publish_histories;
pub mod pull_source;
pub mod rehearse_source;
pub mod resolve_identities;
