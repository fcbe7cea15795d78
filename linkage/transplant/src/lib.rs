//! The transplant and cell-therapy linkage model: mapped records to the engine's columns, HLA, event dates, vetoes.
//!
//! [`Subject::collect`] gathers what one source tells of one patient; [`link`] finds which subjects are one person;
//! [`explain`] tells why. What is compared and where the thresholds lie stands in `linkage/models/transplant.toml`
//! ([`default_model`]); how it is compared stands here, one comparison a file.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test panics on purpose"))]

mod collect;
mod columns;
mod compare;
mod error;
mod estimate;
mod facts;
mod hla;
mod link;
mod rules;
mod subject;

pub use error::LinkError;
pub use estimate::{Estimate, EstimatedAccuracy, NumbersHeldOut, estimate};
pub use hla::{Allele, Typing};
pub use link::{
    ForReview, Linked, MODEL, Vetoed, default_model, explain, link, link_without_rules,
};
pub use linkage::{
    BlockingReport, Decision, Estimated, Explanation, Level, Model, Reason, ScoredPair,
    TrainingReport, Weighed,
};
pub use rules::{
    AFTER_DEATH, BORN_AFTER, HLA_EXCLUDES, ID_UNCHECKED, MAY_BE_RELATIVE, SEX_AND_BIRTH,
    SINGLE_WITNESS, TWO_GRAFTS,
};
pub use subject::{
    Blood, Diagnosis, DonorType, Identifier, Infusion, InfusionKind, Mention, Registry, Sex,
    Subject,
};
