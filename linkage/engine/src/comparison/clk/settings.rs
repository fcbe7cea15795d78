//! What all parties must agree on, beside the key.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::LinkageError;

/// Lengths that a filter may have.
const BITS: std::ops::RangeInclusive<usize> = 128..=65_536;
/// Most bits that one gram may set: beyond that no filter is of use.
const HASHES_MAX: f64 = 256.0;

/// How records become filters. Every party must use the same.
///
/// ```
/// let settings = linkage::clk::Settings::parse(r#"
///     bits = 1024
///     salt = "year"
///     field = [{ name = "surname", weight = 1.5 }, { name = "birth", positional = true, gram = 1 }, { name = "year" }]
/// "#).unwrap();
/// assert_eq!(settings.fields.len(), 3);
/// ```
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The filter's length, a power of two; 1024 suits names, birth date and place.
    #[serde(default = "bits_by_default")]
    pub bits: usize,
    /// Bits that a gram of a field of weight 1 sets. Between a third and half of all bits should be set in the end.
    #[serde(default = "hashes_by_default")]
    pub hashes: u32,
    /// The name of a field whose value goes into every hash; it must never be mistyped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub salt: Option<String>,
    /// What is done to the finished filter.
    #[serde(default)]
    pub hardening: Hardening,
    /// The fields, in the order in which their texts are given.
    #[serde(rename = "field")]
    pub fields: Vec<Field>,
}

/// One field of a record.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Its name, which is hashed with its grams.
    pub name: String,
    /// Characters of a gram.
    #[serde(default = "gram_by_default")]
    pub gram: usize,
    /// How much it counts: the multiple of `hashes` that each of its grams sets. 0 for a field that only salts.
    #[serde(default = "weight_by_default")]
    pub weight: f64,
    /// A gram at another place is another gram: for dates and numbers.
    #[serde(default)]
    pub positional: bool,
}

/// What is done to a finished filter.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Hardening {
    /// Nothing.
    #[default]
    None,
    /// The filter and its complement, in an order that the key chooses: every filter has half of its bits set, and is twice
    /// as long.
    Balanced,
    /// The filter's two halves, each bit of one against one of the other (exclusive or): half as long.
    XorFold,
}

fn bits_by_default() -> usize {
    1024
}

fn hashes_by_default() -> u32 {
    10
}

fn gram_by_default() -> usize {
    2
}

fn weight_by_default() -> f64 {
    1.0
}

impl Field {
    /// A field of bigrams of weight 1.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            gram: gram_by_default(),
            weight: weight_by_default(),
            positional: false,
        }
    }
}

impl Settings {
    /// Filters of 1024 bits, ten a gram, without salt or hardening.
    #[must_use]
    pub fn of(fields: impl IntoIterator<Item = Field>) -> Self {
        Self {
            bits: bits_by_default(),
            hashes: hashes_by_default(),
            salt: None,
            hardening: Hardening::None,
            fields: fields.into_iter().collect(),
        }
    }

    /// Reads settings from TOML.
    ///
    /// # Errors
    /// [`LinkageError::Encoding`] with what is wrong and what is allowed.
    pub fn parse(text: &str) -> Result<Self, LinkageError> {
        let settings = toml::from_str::<Self>(text)
            .map_err(|error| LinkageError::encoding(error.to_string()))?;
        settings.check()?;
        Ok(settings)
    }

    /// The salting field's place among the fields.
    pub(super) fn salt_place(&self) -> Option<usize> {
        let salt = self.salt.as_ref()?;
        self.fields.iter().position(|field| &field.name == salt)
    }

    pub(super) fn check(&self) -> Result<(), LinkageError> {
        let wrong = |message: String| Err(LinkageError::encoding(message));
        if !BITS.contains(&self.bits) || !self.bits.is_power_of_two() {
            let (least, most) = (BITS.start(), BITS.end());
            return wrong(format!("`bits` is a power of two from {least} to {most}"));
        }
        let names = self.fields.iter().map(|field| field.name.as_str());
        let mut sorted = names.clone().collect::<Vec<_>>();
        sorted.sort_unstable();
        let twice = sorted.windows(2).find_map(|pair| match pair {
            [one, other] if one == other => Some(*one),
            _ => None,
        });
        if let Some(name) = twice {
            return wrong(format!("field `{name}` stands twice"));
        }
        if let Some(salt) = &self.salt
            && self.salt_place().is_none()
        {
            let known = names.map(|name| format!("`{name}`")).collect::<Vec<_>>();
            return wrong(format!(
                "`salt` names `{salt}`; the fields are {}",
                known.join(", ")
            ));
        }
        for field in &self.fields {
            let hashes = f64::from(self.hashes) * field.weight;
            if !(1..=8).contains(&field.gram) || !(0.0..=HASHES_MAX).contains(&hashes) {
                return wrong(format!(
                    "field `{}`: `gram` is 1 to 8, and `weight` times `hashes` at most {HASHES_MAX}",
                    field.name
                ));
            }
        }
        if self.hashes == 0 || self.fields.iter().all(|field| field.weight == 0.0) {
            return wrong(
                "no field would set a bit: `hashes` is 1 or more, some `weight` more than 0".into(),
            );
        }
        Ok(())
    }
}
