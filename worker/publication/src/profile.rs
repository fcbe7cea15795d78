use std::collections::BTreeSet;

use schema::{Attribute, PartialDate, Value};
use serde::Deserialize;

use crate::PublicationError;

/// The profiles that come with the program.
const SHIPPED: &[(&str, &str)] = &[("research", include_str!("../profiles/research.toml"))];

/// How precise a date may be at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// As the source tells it.
    Day,
    /// The month.
    Month,
    /// The year.
    Year,
}

impl Precision {
    /// The date, no more precise than this.
    #[must_use]
    pub fn of(self, date: PartialDate) -> PartialDate {
        let coarse = match (self, date.month()) {
            (Self::Day, _) | (Self::Month, None) => Ok(date),
            (Self::Month, Some(month)) => PartialDate::year_month(date.year(), month),
            (Self::Year, _) => PartialDate::year_only(date.year()),
        };
        // A part of a valid date is valid.
        coarse.unwrap_or(date)
    }
}

/// What a release tells, as a file under `profiles/`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// Its version; a changed profile is another version.
    pub version: u32,
    /// What it is, for people.
    pub description: String,
    /// States of consent whose persons are told of.
    pub consent: BTreeSet<String>,
    /// What is told of the person.
    pub person: BTreeSet<Attribute>,
    /// How precise the birth date is at most.
    pub birth_date: Precision,
    /// What is left out of events.
    pub events_without: BTreeSet<Attribute>,
}

impl Profile {
    /// A profile that comes with the program.
    ///
    /// # Errors
    /// [`PublicationError::NoProfile`] when there is none of this name.
    pub fn shipped(name: &str) -> Result<Self, PublicationError> {
        let (_, text) = SHIPPED
            .iter()
            .find(|(known, _)| *known == name)
            .ok_or_else(|| PublicationError::NoProfile(name.to_owned()))?;
        Self::parse(text)
    }

    /// A profile from its file.
    ///
    /// # Errors
    /// [`PublicationError::Profile`] with the line when the text is no profile.
    pub fn parse(text: &str) -> Result<Self, PublicationError> {
        toml::from_str(text).map_err(PublicationError::Profile)
    }

    /// `name@version`.
    #[must_use]
    pub fn label(&self) -> String {
        format!("{}@{}", self.name, self.version)
    }

    /// Whether a person with this consent is told of.
    #[must_use]
    pub fn accepts(&self, consent: &str) -> bool {
        self.consent.contains(consent)
    }

    /// A value of the person as it is told; `None` when it is not.
    pub(crate) fn of_person(&self, attribute: Attribute, value: &Value) -> Option<Value> {
        if !self.person.contains(&attribute) {
            return None;
        }
        match value {
            Value::Date(date) if attribute == Attribute::BirthDate => {
                let mut coarse = *date;
                coarse.date = self.birth_date.of(date.date);
                Some(Value::Date(coarse))
            }
            _ => Some(value.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_profile_is_one_and_tells_nothing_that_names_a_person() {
        for (name, _) in SHIPPED {
            let profile = Profile::shipped(name).unwrap();
            assert_eq!(profile.name, *name);
            assert!(!profile.accepts("refused") && !profile.accepts("withdrawn"));
            assert!(!profile.person.contains(&Attribute::Initials));
            assert!(!profile.person.contains(&Attribute::Id));
        }
        assert!(Profile::shipped("nothing").is_err());
        assert!(Profile::parse("name = 'x'\nunknown = 1").is_err());
    }

    #[test]
    fn a_date_becomes_coarser_and_never_finer() {
        let check = |precision: Precision, text: &str, expected: &str| {
            let date = PartialDate::parse(text).unwrap();
            assert_eq!(precision.of(date).to_string(), expected);
        };
        check(Precision::Day, "1970-01-02", "1970-01-02");
        check(Precision::Month, "1970-01-02", "1970-01");
        check(Precision::Month, "1970", "1970");
        check(Precision::Year, "1970-01", "1970");
    }
}
