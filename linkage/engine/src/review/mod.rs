//! People's part: which pairs to show them first, and what they decided.
//!
//! A decision ([`Settled`]) is kept by the records' names, so it survives every re-run; [`Constraints::resolve`] turns
//! decisions into what must and what cannot be one cluster, and tells which of them contradict each other, the rules or
//! the sources, with the whole chain. Nothing that a person decided is dropped without a word.

mod constraints;
mod order;
mod settled;

pub use constraints::{
    Conflict, Constraints, SETTLED_DIFFERENT, SettledObstacle, SettledReport, Superseded,
    UnknownRecord,
};
pub use order::{ReviewChange, ReviewItem, review_order};
pub use settled::{RecordId, Settled, Settlement, parse_settled, write_settled};
