//! Makes filters of records, at the party that may read them.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use unicode_normalization::UnicodeNormalization;

use super::{Field, Filter, Hardening, Settings};
use crate::LinkageError;

/// Bytes that a key must have at least.
const KEY_BYTES_MIN: usize = 16;
/// Set apart what is hashed for grams and for the order of bits, and from any other use of the key.
const FOR_GRAMS: &[u8] = b"musubi clk 1 gram";
const FOR_ORDER: &[u8] = b"musubi clk 1 order";
/// Stands before and after a text, so that its first and last letters make grams of their own.
const EDGE: char = '_';

/// Turns records into filters with a key. The same settings, key and texts give the same filter anywhere.
///
/// ```
/// use linkage::clk::{Encoder, Field, Settings, dice};
/// let settings = Settings::of([Field::named("name"), Field::named("birth date")]);
/// let encoder = Encoder::new(settings, b"known to the parties alone").unwrap();
/// let one = encoder.encode(&[Some("Yamamoto Hana"), Some("1970-03-04")]).unwrap();
/// let other = encoder.encode(&[Some("yamamota hana"), Some("1970-03-04")]).unwrap();
/// assert!(dice(&one, &other).unwrap() > 0.85);
/// assert_eq!(encoder.encode(&[None, Some("")]), None);
/// ```
pub struct Encoder {
    settings: Settings,
    keyed: Hmac<Sha256>,
    /// Of a balanced filter: where each bit goes.
    order: Vec<usize>,
}

impl Encoder {
    /// An encoder of these settings with a key of 16 bytes or more, drawn at random by the parties.
    ///
    /// # Errors
    /// [`LinkageError::Encoding`] when the settings cannot be, or the key is too short.
    pub fn new(settings: Settings, key: &[u8]) -> Result<Self, LinkageError> {
        settings.check()?;
        if key.len() < KEY_BYTES_MIN {
            return Err(LinkageError::encoding(format!(
                "the key has {} bytes; it needs {KEY_BYTES_MIN} or more, drawn at random",
                key.len()
            )));
        }
        let keyed = <Hmac<Sha256> as KeyInit>::new_from_slice(key)
            .map_err(|error| LinkageError::encoding(error.to_string()))?;
        let order = match settings.hardening {
            Hardening::Balanced => shuffled(2 * settings.bits, &keyed),
            Hardening::None | Hardening::XorFold => Vec::new(),
        };
        Ok(Self {
            settings,
            keyed,
            order,
        })
    }

    /// The settings.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The record's filter in base64, given the texts of its fields in the order of the settings; letters and digits count,
    /// in any width and case. `None` when no field that sets bits has a text, or the field that salts has none.
    #[must_use]
    pub fn encode(&self, texts: &[Option<&str>]) -> Option<String> {
        self.filter(texts).map(|filter| filter.to_base64())
    }

    /// The same as bits.
    #[must_use]
    pub fn filter(&self, texts: &[Option<&str>]) -> Option<Filter> {
        let text = |place: usize| normal(texts.get(place).copied().flatten().unwrap_or_default());
        let salt = self.settings.salt_place().map_or_else(String::new, text);
        if self.settings.salt.is_some() && salt.is_empty() {
            return None;
        }
        let mut filter = Filter::empty(self.settings.bits);
        for (place, field) in self.settings.fields.iter().enumerate() {
            for gram in grams(field, &text(place)) {
                self.add(field, &salt, &gram, &mut filter);
            }
        }
        (filter.ones() > 0).then(|| self.hardened(filter))
    }

    /// Sets the bits of a gram: each 16 bits of the hash's output choose one.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked to lie between 0 and 256"
    )]
    fn add(&self, field: &Field, salt: &str, gram: &str, filter: &mut Filter) {
        let hashes = (f64::from(self.settings.hashes) * field.weight).round() as usize;
        let parts = [field.name.as_bytes(), salt.as_bytes(), gram.as_bytes()];
        let places = Hashed::new(&self.keyed, FOR_GRAMS, &parts);
        for place in places.take(hashes) {
            filter.set(usize::from(place) % self.settings.bits);
        }
    }

    fn hardened(&self, filter: Filter) -> Filter {
        let bits = self.settings.bits;
        match self.settings.hardening {
            Hardening::None => filter,
            Hardening::Balanced => {
                let mut balanced = Filter::empty(2 * bits);
                for (from, &to) in self.order.iter().enumerate() {
                    if filter.is_set(from % bits) == (from < bits) {
                        balanced.set(to);
                    }
                }
                balanced
            }
            Hardening::XorFold => {
                let mut folded = Filter::empty(bits / 2);
                for place in 0..bits / 2 {
                    if filter.is_set(place) != filter.is_set(place + bits / 2) {
                        folded.set(place);
                    }
                }
                folded
            }
        }
    }
}

/// Letters and digits in the common width and lower case.
fn normal(text: &str) -> String {
    text.nfkc()
        .filter(|character| character.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// The grams of a normal text, each once; those of positional fields begin with their place.
fn grams(field: &Field, text: &str) -> Vec<String> {
    if text.is_empty() {
        return Vec::new();
    }
    let edges = std::iter::repeat_n(EDGE, field.gram - 1);
    let characters = edges
        .clone()
        .chain(text.chars())
        .chain(edges)
        .collect::<Vec<_>>();
    let gram = |(place, gram): (usize, &[char])| {
        let gram = gram.iter().collect::<String>();
        if field.positional {
            format!("{place} {gram}")
        } else {
            gram
        }
    };
    let mut grams = characters
        .windows(field.gram)
        .enumerate()
        .map(gram)
        .collect::<Vec<_>>();
    grams.sort_unstable();
    grams.dedup();
    grams
}

/// The output of HMAC-SHA256 over a message and a counter, as numbers of 16 bits without end.
struct Hashed {
    message: Hmac<Sha256>,
    counter: u32,
    block: [u8; 32],
    used: usize,
}

impl Hashed {
    /// Each part goes in with its length, so that no two messages are alike.
    fn new(keyed: &Hmac<Sha256>, purpose: &[u8], parts: &[&[u8]]) -> Self {
        let mut message = keyed.clone();
        for part in std::iter::once(&purpose).chain(parts) {
            message.update(&(part.len() as u64).to_le_bytes());
            message.update(part);
        }
        Self {
            message,
            counter: 0,
            block: [0; 32],
            used: 32,
        }
    }
}

impl Iterator for Hashed {
    type Item = u16;

    fn next(&mut self) -> Option<u16> {
        if self.used == self.block.len() {
            let mut message = self.message.clone();
            message.update(&self.counter.to_le_bytes());
            self.block = message.finalize().into_bytes().into();
            self.counter = self.counter.wrapping_add(1);
            self.used = 0;
        }
        let number = u16::from_le_bytes([self.block[self.used], self.block[self.used + 1]]);
        self.used += 2;
        Some(number)
    }
}

/// The numbers below `count` in an order that the key chooses (Fisher and Yates).
fn shuffled(count: usize, keyed: &Hmac<Sha256>) -> Vec<usize> {
    let mut order = (0..count).collect::<Vec<_>>();
    let mut numbers = Hashed::new(keyed, FOR_ORDER, &[&count.to_le_bytes()]);
    let mut wide = || {
        (0..4).fold(0_u64, |wide, _| {
            (wide << 16) | u64::from(numbers.next().unwrap_or(0))
        })
    };
    for last in (1..count).rev() {
        let chosen = wide() % (last as u64 + 1);
        order.swap(last, usize::try_from(chosen).unwrap_or(0));
    }
    order
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Encoder, Field, Hardening, Settings};

    fn encoder(hardening: Hardening, salt: Option<&str>) -> Encoder {
        let settings = Settings {
            hardening,
            salt: salt.map(str::to_owned),
            ..Settings::of([
                Field {
                    weight: 1.5,
                    ..Field::named("name")
                },
                Field {
                    positional: true,
                    gram: 1,
                    ..Field::named("birth")
                },
            ])
        };
        Encoder::new(settings, b"a key of the parties").unwrap()
    }

    #[test]
    fn a_filter_is_the_same_on_every_machine() {
        let made = encoder(Hardening::None, None)
            .encode(&[Some("Sato"), None])
            .unwrap();
        // The figure was computed by another implementation of the same rules, in Python.
        assert_eq!(
            fingerprint(&made),
            7_564_451_643_654_228_668,
            "a change here makes old filters useless"
        );
    }

    /// A short fingerprint of a text.
    fn fingerprint(text: &str) -> u64 {
        text.bytes().fold(0_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3)
        })
    }

    #[test]
    fn width_case_and_separators_do_not_count_and_the_key_does() {
        let encoder = encoder(Hardening::None, None);
        let made = encoder.encode(&[Some("Sato Hana"), Some("1970-03-04")]);
        assert_eq!(
            made,
            encoder.encode(&[Some("ｓａｔｏ　ＨＡＮＡ"), Some("1970/03/04")])
        );
        let other = Encoder::new(encoder.settings().clone(), b"another key of them").unwrap();
        assert_ne!(made, other.encode(&[Some("Sato Hana"), Some("1970-03-04")]));
    }

    #[test]
    fn a_balanced_filter_has_half_of_its_bits_and_a_folded_one_is_half_as_long() {
        let texts = [Some("Sato Hana"), Some("1970-03-04")];
        let balanced = encoder(Hardening::Balanced, None).filter(&texts).unwrap();
        assert_eq!((balanced.bits(), balanced.ones()), (2048, 1024));
        let folded = encoder(Hardening::XorFold, None).filter(&texts).unwrap();
        assert_eq!(folded.bits(), 512);
    }

    #[test]
    fn a_salt_parts_records_and_is_needed() {
        let encoder = encoder(Hardening::None, Some("birth"));
        let filter = |birth| encoder.filter(&[Some("Sato Hana"), birth]);
        let (one, other) = (filter(Some("1970")).unwrap(), filter(Some("1971")).unwrap());
        let common = f64::from(one.in_common(&other)) / f64::from(one.ones());
        assert!(common < 0.35, "{common}");
        assert_eq!(filter(None), None);
    }

    #[test]
    fn settings_that_cannot_be_are_refused_with_what_is_allowed() {
        let check = |text: &str, wanted: &str| {
            let message = Settings::parse(text).unwrap_err().to_string();
            assert!(message.contains(wanted), "{message}");
        };
        check("bits = 1000\nfield = [{ name = \"a\" }]", "power of two");
        check(
            "salt = \"b\"\nfield = [{ name = \"a\" }]",
            "the fields are `a`",
        );
        check(
            "field = [{ name = \"a\" }, { name = \"a\" }]",
            "stands twice",
        );
        check("field = [{ name = \"a\", weight = 1000.0 }]", "at most 256");
        check("field = [{ name = \"a\", weight = 0.0 }]", "no field");
        check(
            "hardening = \"soft\"\nfield = [{ name = \"a\" }]",
            "balanced",
        );
        let short = Encoder::new(Settings::of([Field::named("a")]), b"short")
            .err()
            .unwrap();
        assert!(short.to_string().contains("16 or more"));
    }

    proptest! {
        #[test]
        fn every_text_gives_a_filter_of_the_settings_length(name in "\\PC{0,20}", birth in "[0-9-]{0,10}") {
            for hardening in [Hardening::None, Hardening::Balanced, Hardening::XorFold] {
                let encoder = encoder(hardening, None);
                if let Some(filter) = encoder.filter(&[Some(&name), Some(&birth)]) {
                    let text = filter.to_base64();
                    let read = super::Filter::from_base64(&text).unwrap();
                    prop_assert!(read == filter);
                }
            }
        }
    }
}
