//! The mapping language: what a file may say ([`spec`]), what it is checked and compiled into ([`mapping`], [`rule`]).

mod check;
mod compile;
pub(crate) mod condition;
mod conditions;
pub(crate) mod mapping;
mod one_or_many;
pub(crate) mod place;
pub(crate) mod rule;
mod rules;
pub(crate) mod spec;

pub(crate) use compile::{compile, heading_key};
