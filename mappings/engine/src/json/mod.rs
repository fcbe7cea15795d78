//! Resources: a lean tree, paths into it, and what of it the door admits.

pub(crate) mod allow;
pub(crate) mod node;
pub(crate) mod path;
mod path_parser;
pub(crate) mod prune;
