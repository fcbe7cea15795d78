use std::error::Error;
use std::fmt::Write as _;
use std::process::ExitCode;

use connector::ConnectorError;

type Cause = Box<dyn Error + Send + Sync>;

/// How many causes beneath a failure are printed: a chain that loops or runs on says no more.
const CAUSES_PRINTED_MAX: usize = 8;

/// How a command ended, as its exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: done.
    Done,
    /// 1: it failed.
    Failed,
    /// 2: the command line or the configuration cannot be understood.
    Usage,
    /// 3: done, with rows set aside.
    SetAside,
    /// 4: a rule refused it.
    Refused,
    /// 75: the same may succeed later.
    TryLater,
}

impl Exit {
    /// The number that the shell sees.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::SetAside => 3,
            Self::Refused => 4,
            Self::TryLater => 75,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Why a command ended without success, by what can be done about it. No variant carries a value of a patient's field.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The command line or `musubi.toml` must be changed.
    #[error("{why}")]
    Usage {
        /// What is wrong, with file and line where there is one.
        why: String,
        /// What to do.
        todo: Option<String>,
    },
    /// A person must act, or the program is at fault.
    #[error("{why}")]
    Stop {
        /// What was seen.
        why: String,
        /// What to do.
        todo: Option<String>,
        /// What lies beneath.
        #[source]
        cause: Option<Cause>,
    },
    /// A rule forbids it.
    #[error("{why}")]
    Refused {
        /// Which rule, and why.
        why: String,
        /// What would be allowed.
        todo: Option<String>,
    },
    /// The same may succeed later.
    #[error("{why}")]
    TryLater {
        /// What was seen.
        why: String,
        /// What lies beneath.
        #[source]
        cause: Option<Cause>,
    },
}

impl Failure {
    /// A command line or configuration that must be changed.
    pub fn usage(why: impl Into<String>) -> Self {
        Self::Usage {
            why: why.into(),
            todo: None,
        }
    }

    /// Something that a person must look at.
    pub fn stop(why: impl Into<String>) -> Self {
        Self::Stop {
            why: why.into(),
            todo: None,
            cause: None,
        }
    }

    /// The same with what lies beneath.
    pub fn because(why: impl Into<String>, cause: impl Into<Cause>) -> Self {
        Self::Stop {
            why: why.into(),
            todo: None,
            cause: Some(cause.into()),
        }
    }

    /// Something that a rule forbids.
    pub fn refused(why: impl Into<String>) -> Self {
        Self::Refused {
            why: why.into(),
            todo: None,
        }
    }

    /// Something that waiting may mend.
    pub fn try_later(why: impl Into<String>) -> Self {
        Self::TryLater {
            why: why.into(),
            cause: None,
        }
    }

    /// Says what to do about it.
    #[must_use]
    pub fn advise(mut self, advice: impl Into<String>) -> Self {
        if let Self::Usage { todo, .. } | Self::Stop { todo, .. } | Self::Refused { todo, .. } =
            &mut self
        {
            *todo = Some(advice.into());
        }
        self
    }

    /// The exit code that it asks for.
    #[must_use]
    pub const fn exit(&self) -> Exit {
        match self {
            Self::Usage { .. } => Exit::Usage,
            Self::Stop { .. } => Exit::Failed,
            Self::Refused { .. } => Exit::Refused,
            Self::TryLater { .. } => Exit::TryLater,
        }
    }

    /// The whole of it for a person: what, why beneath, and what to do.
    #[must_use]
    pub fn told(&self) -> String {
        let mut text = format!("error: {self}");
        let mut last = self.to_string();
        let mut beneath = self.source();
        for _ in 0..CAUSES_PRINTED_MAX {
            let Some(cause) = beneath else { break };
            let words = cause.to_string();
            if !last.contains(&words) {
                let _ = write!(text, "\n  because: {words}");
            }
            last = words;
            beneath = cause.source();
        }
        if let Some(advice) = self.advice() {
            let _ = write!(text, "\n  to do: {advice}");
        }
        text
    }

    fn advice(&self) -> Option<&str> {
        match self {
            Self::Usage { todo, .. } | Self::Stop { todo, .. } | Self::Refused { todo, .. } => {
                todo.as_deref()
            }
            Self::TryLater { .. } => Some("run the same command again later"),
        }
    }
}

impl From<ConnectorError> for Failure {
    fn from(error: ConnectorError) -> Self {
        match error {
            ConnectorError::TryLater { .. } => Self::TryLater {
                why: error.to_string(),
                cause: error.source().map(|cause| cause.to_string().into()),
            },
            _ => Self::Stop {
                why: error.to_string(),
                todo: None,
                cause: error.source().map(|cause| cause.to_string().into()),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_told_once_with_its_cause_and_what_to_do() {
        let cause = std::io::Error::other("no such file");
        let failure =
            Failure::because("`musubi.toml` cannot be read", cause).advise("run `musubi init DIR`");
        assert_eq!(
            failure.told(),
            "error: `musubi.toml` cannot be read\n  because: no such file\n  to do: run `musubi init DIR`"
        );
        assert_eq!(failure.exit().code(), 1);
    }

    #[test]
    fn a_connector_that_asks_for_time_ends_with_75() {
        let failure = Failure::from(ConnectorError::try_later("host/fhir", "it is busy"));
        assert_eq!(failure.exit().code(), 75);
        let failure = Failure::from(ConnectorError::needs_person("a.csv", "it is gone"));
        assert_eq!(failure.exit().code(), 1);
    }
}
