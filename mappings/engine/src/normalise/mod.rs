//! One normaliser a file: from a source's spelling to the schema's one form.

pub(crate) mod code;
pub(crate) mod date;
pub(crate) mod gl;
pub(crate) mod hla;
pub(crate) mod id;
pub(crate) mod initials;
pub(crate) mod lot;
pub(crate) mod number;
pub(crate) mod prefecture;
pub(crate) mod reference;
pub(crate) mod wareki;
pub(crate) mod width;

/// Why a text could not be read as what the mapping says it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Of the right form, but in no calendar.
    Impossible,
    /// Not of the form.
    Unreadable,
}
