use linkage::LinkageError;

/// Why the kernel stops; never with a value of a record.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KernelError {
    /// The model or the files are not what they should be: a person must act.
    #[error("{0}")]
    Input(String),
    /// The engine refuses the model.
    #[error(transparent)]
    Engine(#[from] LinkageError),
    /// What came in or came back is not what was counted beforehand: nothing of it may be used.
    #[error("refused: {0}")]
    Differs(String),
    /// A stream broke.
    #[error("the stream broke: {0}")]
    Stream(#[from] arrow_schema::ArrowError),
    /// A file cannot be read or written.
    #[error("`{0}`: {1}")]
    File(String, #[source] std::io::Error),
}

impl KernelError {
    /// The process's exit code: 3 where results are refused, else 1.
    pub(crate) fn code(&self) -> u8 {
        if matches!(self, Self::Differs(_)) {
            3
        } else {
            1
        }
    }
}
