use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Longest name of a source, in bytes: it stands in tables, metrics and file names.
const SOURCE_NAME_BYTES_MAX: usize = 40;

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// A source's name has a character that is not allowed, is empty, or is too long.
    #[error("source name `{0}` must be 1 to 40 of a-z, 0-9, `-` and `_`, beginning with a letter")]
    SourceName(String),
    /// An identity is not `M`, eight or more digits, `-` and a check digit.
    #[error(
        "`{0}` is not an identity: expected `M`, digits, `-` and the check digit, as in `M00000012-5`"
    )]
    Identity(String),
}

/// The name an operator gave to a configured source, such as `trump` or `fhir-osaka`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SourceName(Arc<str>);

impl SourceName {
    /// Checks and takes a name.
    ///
    /// # Errors
    /// [`IdError::SourceName`] when it is not 1 to 40 of `a-z 0-9 - _`, beginning with a letter.
    pub fn new(name: &str) -> Result<Self, IdError> {
        let fits = (1..=SOURCE_NAME_BYTES_MAX).contains(&name.len())
            && name.starts_with(|first: char| first.is_ascii_lowercase())
            && name.bytes().all(|byte| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte)
            });
        if fits {
            Ok(Self(name.into()))
        } else {
            Err(IdError::SourceName(name.to_owned()))
        }
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for SourceName {
    type Error = IdError;
    fn try_from(name: String) -> Result<Self, IdError> {
        Self::new(&name)
    }
}

impl From<SourceName> for String {
    fn from(name: SourceName) -> Self {
        name.0.as_ref().to_owned()
    }
}

impl fmt::Display for SourceName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for SourceName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

macro_rules! guarded_key {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Box<str>);

        impl $name {
            /// Takes the key as it stands.
            pub fn new(key: impl Into<Box<str>>) -> Self {
                Self(key.into())
            }

            /// The key as text: for the store and for outputs that are asked for by name, never for a log.
            #[must_use]
            pub fn expose(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("[phi]")
            }
        }
    };
}

guarded_key! {
    /// The id under which one source knows one patient: TRUMP番号 as 12 digits, CRID, FHIR Patient id.
    RecordKey
}

guarded_key! {
    /// The natural key of one row or resource within its source, such as `2400/12` or `Patient/a1`:
    /// a later version of the same row has the same key.
    RawKey
}

/// One patient of one source: what linkage compares.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct RecordRef {
    /// The source.
    pub source: SourceName,
    /// The patient's key there.
    pub key: RecordKey,
}

/// The BLAKE3 hash of what was admitted of a row or resource; equal hash, equal content.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentHash([u8; 32]);

impl ContentHash {
    /// The hash of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(*blake3::hash(bytes).as_bytes())
    }

    /// A hash read back from the store.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// 64 lower-case hexadecimal digits.
    #[must_use]
    pub fn to_hex(&self) -> String {
        blake3::Hash::from_bytes(self.0).to_hex().to_string()
    }
}

impl fmt::Debug for ContentHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.to_hex()[..16])
    }
}

/// The lasting number of one person across registries, as in `M00000012-5`: a running number and a Luhn check digit.
///
/// The number is given by the store and says nothing of the person.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Identity(u64);

impl Identity {
    /// The identity with this running number.
    #[must_use]
    pub const fn from_number(number: u64) -> Self {
        Self(number)
    }

    /// The running number.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }

    /// Reads `M00000012-5`, checking the last digit.
    ///
    /// # Errors
    /// [`IdError::Identity`] when the form or the check digit is wrong.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let wrong = || IdError::Identity(text.to_owned());
        let (number, check) = text
            .strip_prefix('M')
            .and_then(|rest| rest.split_once('-'))
            .ok_or_else(wrong)?;
        let plain = number.len() >= 8 && number.bytes().all(|byte| byte.is_ascii_digit());
        let value: u64 = if plain {
            number.parse().map_err(|_| wrong())?
        } else {
            return Err(wrong());
        };
        if check == luhn_digit(value).to_string() {
            Ok(Self(value))
        } else {
            Err(wrong())
        }
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "M{:08}-{}", self.0, luhn_digit(self.0))
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl TryFrom<String> for Identity {
    type Error = IdError;
    fn try_from(text: String) -> Result<Self, IdError> {
        Self::parse(&text)
    }
}

impl From<Identity> for String {
    fn from(identity: Identity) -> Self {
        identity.to_string()
    }
}

/// The Luhn (ISO/IEC 7812) check digit of a number.
fn luhn_digit(mut number: u64) -> u64 {
    let mut sum = 0;
    let mut double = true;
    while number > 0 {
        let digit = number % 10;
        sum += match (double, digit) {
            (true, 5..) => digit * 2 - 9,
            (true, _) => digit * 2,
            (false, _) => digit,
        };
        double = !double;
        number /= 10;
    }
    (10 - sum % 10) % 10
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_reads_back_what_it_prints_and_refuses_a_slip() {
        for number in [1, 12, 99_999_999, 100_000_000, 7_992_739_871] {
            let identity = Identity::from_number(number);
            assert_eq!(Identity::parse(&identity.to_string()), Ok(identity));
        }
        assert!(Identity::parse("M00000021-5").is_err() || Identity::parse("M00000012-5").is_err());
        assert_eq!(luhn_digit(7_992_739_871), 3);
        for wrong in ["", "M12-5", "00000012-5", "M00000012", "M00000012-x"] {
            assert!(Identity::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_source_name_is_short_and_plain() {
        assert!(SourceName::new("fhir-osaka_2").is_ok());
        for wrong in ["", "2fhir", "FHIR", "a b", &"a".repeat(41)] {
            assert!(SourceName::new(wrong).is_err(), "{wrong}");
        }
    }
}
