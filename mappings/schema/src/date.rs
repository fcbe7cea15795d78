use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Why a text or a triple of numbers is not a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DateError {
    /// Not of the form `YYYY`, `YYYY-MM` or `YYYY-MM-DD`.
    #[error("not a date of the form YYYY, YYYY-MM or YYYY-MM-DD")]
    Form,
    /// Of the right form, but no such day is in the calendar (month 13, 30 February), or the year is not 1850 to 2199.
    #[error("no such day in the calendar")]
    Impossible,
}

/// A date as precise as its source: a year, a month, or a day. It never becomes more precise.
///
/// Packed as `year << 9 | month << 5 | day`, with zero for a part that is not known, so that dates sort by year first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PartialDate(u32);

/// Years outside this range are slips of the pen in a registry of living patients.
const YEARS: std::ops::RangeInclusive<i16> = 1850..=2199;

impl PartialDate {
    /// A date known to the year only.
    ///
    /// # Errors
    /// [`DateError::Impossible`] outside 1850 to 2199.
    pub fn year_only(year: i16) -> Result<Self, DateError> {
        if YEARS.contains(&year) {
            Ok(Self(u32::from(year.unsigned_abs()) << 9))
        } else {
            Err(DateError::Impossible)
        }
    }

    /// A date known to the month.
    ///
    /// # Errors
    /// [`DateError::Impossible`] for a month outside 1 to 12 or a year outside 1850 to 2199.
    pub fn year_month(year: i16, month: i8) -> Result<Self, DateError> {
        let Self(packed) = Self::year_only(year)?;
        if (1..=12).contains(&month) {
            Ok(Self(packed | u32::from(month.unsigned_abs()) << 5))
        } else {
            Err(DateError::Impossible)
        }
    }

    /// A full date.
    ///
    /// # Errors
    /// [`DateError::Impossible`] for a day that is not in the calendar.
    pub fn day(year: i16, month: i8, day: i8) -> Result<Self, DateError> {
        let date = Date::new(year, month, day).map_err(|_| DateError::Impossible)?;
        Self::from_date(date)
    }

    /// A full date.
    ///
    /// # Errors
    /// [`DateError::Impossible`] when the year is outside 1850 to 2199.
    pub fn from_date(date: Date) -> Result<Self, DateError> {
        let Self(packed) = Self::year_month(date.year(), date.month())?;
        Ok(Self(packed | u32::from(date.day().unsigned_abs())))
    }

    /// Reads `YYYY`, `YYYY-MM` or `YYYY-MM-DD`.
    ///
    /// # Errors
    /// [`DateError`] when the form is another or the day is not in the calendar.
    pub fn parse(text: &str) -> Result<Self, DateError> {
        let bytes = text.as_bytes();
        let number = |part: &[u8]| {
            part.iter().try_fold(0_i16, |sum, byte| {
                byte.is_ascii_digit()
                    .then(|| sum * 10 + i16::from(byte - b'0'))
                    .ok_or(DateError::Form)
            })
        };
        let small = |part: &[u8]| {
            number(part).and_then(|value| i8::try_from(value).map_err(|_| DateError::Form))
        };
        match bytes.len() {
            4 => Self::year_only(number(bytes)?),
            7 if bytes[4] == b'-' => Self::year_month(number(&bytes[..4])?, small(&bytes[5..])?),
            10 if bytes[4] == b'-' && bytes[7] == b'-' => Self::day(
                number(&bytes[..4])?,
                small(&bytes[5..7])?,
                small(&bytes[8..])?,
            ),
            _ => Err(DateError::Form),
        }
    }

    /// The year.
    #[must_use]
    pub fn year(self) -> i16 {
        i16::try_from(self.0 >> 9).unwrap_or(i16::MAX)
    }

    /// The month, when it is known.
    #[must_use]
    pub fn month(self) -> Option<i8> {
        i8::try_from(self.0 >> 5 & 0xF)
            .ok()
            .filter(|month| *month > 0)
    }

    /// The day of the month, when it is known.
    #[must_use]
    pub fn day_of_month(self) -> Option<i8> {
        i8::try_from(self.0 & 0x1F).ok().filter(|day| *day > 0)
    }

    /// The calendar date, when the day is known.
    #[must_use]
    pub fn to_date(self) -> Option<Date> {
        Date::new(self.year(), self.month()?, self.day_of_month()?).ok()
    }

    /// The first day that it may mean.
    #[must_use]
    pub fn earliest(self) -> Date {
        let month = self.month().unwrap_or(1);
        Date::new(self.year(), month, self.day_of_month().unwrap_or(1)).unwrap_or(Date::MIN)
    }

    /// The last day that it may mean.
    #[must_use]
    pub fn latest(self) -> Date {
        let month = self.month().unwrap_or(12);
        match self.to_date() {
            Some(date) => date,
            None => Date::new(self.year(), month, 1).map_or(Date::MAX, Date::last_of_month),
        }
    }

    /// Whether both may mean one day: `2024-03` and `2024-03-05` may, `2024` and `2023-12` may not.
    #[must_use]
    pub fn may_equal(self, other: Self) -> bool {
        self.earliest() <= other.latest() && other.earliest() <= self.latest()
    }

    /// The packed form: `year << 9 | month << 5 | day`.
    #[must_use]
    pub const fn packed(self) -> u32 {
        self.0
    }
}

impl fmt::Display for PartialDate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:04}", self.year())?;
        if let Some(month) = self.month() {
            write!(formatter, "-{month:02}")?;
        }
        if let Some(day) = self.day_of_month() {
            write!(formatter, "-{day:02}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for PartialDate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl TryFrom<String> for PartialDate {
    type Error = DateError;
    fn try_from(text: String) -> Result<Self, DateError> {
        Self::parse(&text)
    }
}

impl From<PartialDate> for String {
    fn from(date: PartialDate) -> Self {
        date.to_string()
    }
}

/// When something happened, as a source tells it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct EventDate {
    /// The date, as precise as its source.
    #[serde(rename = "d")]
    pub date: PartialDate,
    /// The source marks it as an estimate (`date estimated`, `頃`): it may be off.
    #[serde(rename = "e", default, skip_serializing_if = "std::ops::Not::not")]
    pub estimated: bool,
}

impl From<PartialDate> for EventDate {
    fn from(date: PartialDate) -> Self {
        Self {
            date,
            estimated: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<&str, DateError>) {
        assert_eq!(
            PartialDate::parse(text).map(|date| date.to_string()),
            expected.map(str::to_owned),
            "{text}"
        );
    }

    #[test]
    fn a_date_keeps_the_precision_of_its_source() {
        check("2024", Ok("2024"));
        check("2024-03", Ok("2024-03"));
        check("2024-02-29", Ok("2024-02-29"));
        check("2023-02-29", Err(DateError::Impossible));
        check("2024-13", Err(DateError::Impossible));
        check("20240305", Err(DateError::Form));
        check("2024-3-5", Err(DateError::Form));
        check("0024-03-05", Err(DateError::Impossible));
        check("", Err(DateError::Form));
    }

    #[test]
    fn a_month_may_mean_any_of_its_days() {
        let month = PartialDate::parse("2024-02").unwrap();
        assert_eq!(
            (month.earliest().to_string(), month.latest().to_string()),
            ("2024-02-01".into(), "2024-02-29".into())
        );
        assert!(month.may_equal(PartialDate::parse("2024-02-29").unwrap()));
        assert!(!month.may_equal(PartialDate::parse("2024-03-01").unwrap()));
    }
}
