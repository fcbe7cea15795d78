//! A date whose month or day may be unknown, in four bytes.

/// A calendar date packed as `year << 9 | month << 5 | day`; month or day 0 is "unknown", the whole 0 is "missing".
///
/// ```
/// use linkage::PackedDate;
/// let day = PackedDate::new(2019, 4, 5);
/// assert_eq!((day.year(), day.month(), day.day()), (2019, 4, 5));
/// assert_eq!(PackedDate::new(2019, 4, 6).days() .unwrap() - day.days().unwrap(), 1);
/// assert!(!PackedDate::new(2019, 4, 0).is_full());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct PackedDate(u32);

impl PackedDate {
    /// No date at all.
    pub const MISSING: Self = Self(0);

    /// A date from its parts; `month` and `day` are 0 where unknown. A year outside 1..=9999 gives [`Self::MISSING`].
    #[must_use]
    pub const fn new(year: u32, month: u32, day: u32) -> Self {
        if year == 0 || year > 9999 || month > 12 || day > 31 {
            return Self::MISSING;
        }
        let day = if month == 0 { 0 } else { day };
        Self((year << 9) | (month << 5) | day)
    }

    /// The packed form, 0 when missing; usable as a blocking key.
    #[must_use]
    pub const fn packed(self) -> u32 {
        self.0
    }

    /// The date that [`Self::packed`] gave.
    #[must_use]
    pub const fn from_packed(packed: u32) -> Self {
        Self(packed)
    }

    /// Whether there is no date.
    #[must_use]
    pub const fn is_missing(self) -> bool {
        self.0 == 0
    }

    /// The year, 0 when missing.
    #[must_use]
    pub const fn year(self) -> u32 {
        self.0 >> 9
    }

    /// The month 1..=12, 0 when unknown.
    #[must_use]
    pub const fn month(self) -> u32 {
        (self.0 >> 5) & 15
    }

    /// The day 1..=31, 0 when unknown.
    #[must_use]
    pub const fn day(self) -> u32 {
        self.0 & 31
    }

    /// Whether year, month and day are known.
    #[must_use]
    pub const fn is_full(self) -> bool {
        self.day() != 0
    }

    /// Days since 1 March of the year 0 (proleptic Gregorian); `None` unless the date is full.
    #[must_use]
    pub const fn days(self) -> Option<i32> {
        if !self.is_full() {
            return None;
        }
        let month_from_march = (self.month() + 9) % 12;
        let year = self.year() - if month_from_march >= 10 { 1 } else { 0 };
        let days = 365 * year + year / 4 - year / 100
            + year / 400
            + (153 * month_from_march + 2) / 5
            + self.day()
            - 1;
        Some(days.cast_signed())
    }

    /// The same date without its day.
    #[must_use]
    pub const fn year_month(self) -> Self {
        Self(self.0 & !31)
    }

    /// Whether the parts known of both agree, the year at least.
    #[must_use]
    pub const fn compatible(self, other: Self) -> bool {
        let month_fits = self.month() == other.month() || self.month() == 0 || other.month() == 0;
        let day_fits = self.day() == other.day() || self.day() == 0 || other.day() == 0;
        self.year() == other.year() && month_fits && day_fits
    }
}

impl std::fmt::Debug for PackedDate {
    /// A date may tell who somebody is.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("[phi]")
    }
}

#[cfg(test)]
mod tests {
    use super::PackedDate;

    fn distance(left: (u32, u32, u32), right: (u32, u32, u32)) -> i32 {
        let days = |(year, month, day)| PackedDate::new(year, month, day).days().unwrap();
        days(right) - days(left)
    }

    #[test]
    fn days_run_over_month_year_and_leap_day() {
        assert_eq!(distance((2020, 2, 28), (2020, 3, 1)), 2);
        assert_eq!(distance((2019, 2, 28), (2019, 3, 1)), 1);
        assert_eq!(distance((2019, 12, 31), (2020, 1, 1)), 1);
        assert_eq!(distance((2000, 1, 1), (2001, 1, 1)), 366);
        assert_eq!(distance((1900, 1, 1), (1901, 1, 1)), 365);
    }

    #[test]
    fn a_part_date_is_compatible_with_what_it_could_be() {
        let check = |left: (u32, u32, u32), right: (u32, u32, u32), expected| {
            let date = |(year, month, day)| PackedDate::new(year, month, day);
            assert_eq!(date(left).compatible(date(right)), expected);
        };
        check((2019, 4, 0), (2019, 4, 7), true);
        check((2019, 0, 0), (2019, 4, 7), true);
        check((2019, 5, 0), (2019, 4, 7), false);
        check((2019, 4, 6), (2019, 4, 7), false);
    }

    #[test]
    fn a_date_does_not_print_itself() {
        assert_eq!(format!("{:?}", PackedDate::new(2019, 4, 5)), "[phi]");
    }
}
