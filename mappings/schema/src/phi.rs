use std::fmt;

/// A value that may identify a person. It prints as `[phi]` and is opened only by [`Phi::expose`].
///
/// There is no `Serialize` on purpose: a field that must be stored says so with
/// `#[serde(with = "...")]` or is exposed where it is written, so that each place can be found.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Phi<T>(T);

impl<T> Phi<T> {
    /// Guards a value.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself. Whoever calls this answers for where it goes.
    pub const fn expose(&self) -> &T {
        &self.0
    }

    /// The value itself, out of its guard.
    pub fn into_exposed(self) -> T {
        self.0
    }

    /// Another guarded value made from this one.
    pub fn map<U>(self, make: impl FnOnce(T) -> U) -> Phi<U> {
        Phi(make(self.0))
    }
}

impl<T> fmt::Debug for Phi<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[phi]")
    }
}

impl<T> fmt::Display for Phi<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[phi]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guarded_value_never_prints_itself() {
        let guarded = Phi::new("1970-01-02");
        assert_eq!(format!("{guarded} {guarded:?}"), "[phi] [phi]");
        assert_eq!(*guarded.expose(), "1970-01-02");
    }
}
