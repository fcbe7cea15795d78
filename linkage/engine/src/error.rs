//! What can go wrong, by what must be done about it.

/// An error of the engine. A person must act on each: none goes away by trying again.
#[derive(Debug, thiserror::Error)]
pub enum LinkageError {
    /// The model file cannot be read as a model; the message names line and allowed values.
    #[error("the model is not valid: {message}")]
    Model {
        /// What is wrong, with its line where it is known.
        message: String,
    },
    /// The model and the table do not fit together.
    #[error("the model does not fit the table: {message}")]
    Unfit {
        /// Which column, comparison or level, and what would be allowed.
        message: String,
    },
    /// A level has no m or u probability, neither from the file nor from training.
    #[error(
        "level `{level}` of comparison `{comparison}` was never trained: give `m` and `u` in the model, or data that shows it"
    )]
    UntrainedLevel {
        /// The comparison's name.
        comparison: String,
        /// The level's name.
        level: String,
    },
    /// The settings or the key of an encoder cannot be used.
    #[error("the encoding settings are not valid: {message}")]
    Encoding {
        /// What is wrong, and what would be allowed.
        message: String,
    },
    /// Blocking would give more pairs than the model allows.
    #[error(
        "the blocking rules give {pairs} pairs, more than `pairs_max` = {maximum}; the dearest rule is `{rule}`"
    )]
    TooManyPairs {
        /// Pairs over all rules, counted before any is compared.
        pairs: u64,
        /// The model's bound.
        maximum: u64,
        /// The rule with the most pairs.
        rule: String,
    },
    /// What does not fit into memory cannot be put on the disk either.
    #[error(
        "an array that does not fit into memory cannot be put on the disk: give it a folder with room, or more memory"
    )]
    Storage(#[from] std::io::Error),
    /// A file of people's decisions cannot be read; the message names allowed values, never a record.
    #[error("the decisions are not valid, line {line}: {message}")]
    Decisions {
        /// The line, from 1.
        line: usize,
        /// What is wrong in it.
        message: String,
    },
}

impl LinkageError {
    pub(crate) fn unfit(message: impl Into<String>) -> Self {
        Self::Unfit {
            message: message.into(),
        }
    }

    pub(crate) fn encoding(message: impl Into<String>) -> Self {
        Self::Encoding {
            message: message.into(),
        }
    }

    pub(crate) fn model(message: impl Into<String>) -> Self {
        Self::Model {
            message: message.into(),
        }
    }
}
