use super::place::Place;
use crate::normalise::code::CodeTable;

/// A checked condition.
#[derive(Clone, Debug)]
pub(crate) enum Condition {
    /// One of the texts at the place is listed (or, negated, none is).
    Listed {
        /// Where.
        place: Place,
        /// The list.
        list: CodeTable,
        /// Whether none may be.
        negated: bool,
    },
    /// Something stands there that is no spelling of "no value" (or, negated, nothing does).
    Present {
        /// Where.
        place: Place,
        /// The spellings of "no value".
        absent: CodeTable,
        /// Whether nothing may stand there.
        negated: bool,
    },
    /// One of the texts at the place names a known product (or, negated, none does).
    Product {
        /// Where.
        place: Place,
        /// Whether none may.
        negated: bool,
    },
    /// At least one holds.
    Any(Vec<Condition>),
}

impl Condition {
    /// Every place that is looked at.
    pub(crate) fn places<'a>(&'a self, take: &mut dyn FnMut(&'a Place)) {
        match self {
            Self::Listed { place, .. }
            | Self::Present { place, .. }
            | Self::Product { place, .. } => take(place),
            Self::Any(conditions) => conditions
                .iter()
                .for_each(|condition| condition.places(take)),
        }
    }
}
