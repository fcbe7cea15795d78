//! Dates as precise as they are known.

use fhir_sdk::time::format_description::well_known::Rfc3339;
use fhir_sdk::time::{self, Month, OffsetDateTime};
use fhir_sdk::{Date, DateTime, Instant};
use publication::Precision;
use schema::{EventDate, PartialDate};

use crate::FhirError;

/// An instant from RFC 3339.
pub(crate) fn instant(text: &str) -> Result<Instant, FhirError> {
    OffsetDateTime::parse(text, &Rfc3339)
        .map(Instant)
        .map_err(|_| FhirError::Recorded(text.to_owned()))
}

/// A FHIR date of the same precision.
pub(crate) fn date(date: PartialDate) -> Result<Date, FhirError> {
    let year = i32::from(date.year());
    let Some(month) = date.month() else {
        return Ok(Date::Year(year));
    };
    let month = Month::try_from(month.unsigned_abs()).map_err(|_| FhirError::Date)?;
    let Some(day) = date.day_of_month() else {
        return Ok(Date::YearMonth(year, month));
    };
    time::Date::from_calendar_date(year, month, day.unsigned_abs())
        .map(Date::Date)
        .map_err(|_| FhirError::Date)
}

/// A FHIR dateTime of the same precision: never a time of day. FHIR has no mark for an estimate, so that an estimated
/// day is told as its month.
pub(crate) fn date_time(of: EventDate) -> Result<DateTime, FhirError> {
    let told = if of.estimated {
        Precision::Month.of(of.date)
    } else {
        of.date
    };
    date(told).map(DateTime::Date)
}
