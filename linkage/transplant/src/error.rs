//! What can go wrong, by what must be done about it.

/// An error of linking. A person must act on each.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// The model is wrong or does not fit.
    #[error(transparent)]
    Linkage(#[from] linkage::LinkageError),
    /// A pair was asked for that is none.
    #[error("there is no pair of subjects `{left}` and `{right}`")]
    NoSuchPair {
        /// One place.
        left: usize,
        /// The other.
        right: usize,
    },
}
