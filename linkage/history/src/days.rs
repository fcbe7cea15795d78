//! Distances between dates that may be partial or estimated.

use jiff::civil::Date;
use schema::{EventDate, PartialDate};

use crate::Rules;

/// Days from one day to another; negative when the other is earlier.
pub(crate) fn days_between(from: Date, to: Date) -> i64 {
    from.duration_until(to).as_hours() / 24
}

/// The day, when the date is known to the day and not estimated.
pub(crate) fn firm_day(date: EventDate) -> Option<Date> {
    if date.estimated {
        None
    } else {
        date.date.to_date()
    }
}

/// The first and the last day that a date may mean.
pub(crate) fn window(date: EventDate, rules: &Rules) -> (Date, Date) {
    if !date.estimated {
        return (date.date.earliest(), date.date.latest());
    }
    let month = date.date.month().map_or(Ok(date.date), |month| {
        PartialDate::year_month(date.date.year(), month)
    });
    let month = month.unwrap_or(date.date);
    let margin = jiff::Span::new().days(rules.estimated_days_max);
    (
        month.earliest().saturating_sub(margin),
        month.latest().saturating_add(margin),
    )
}

/// How far apart two dates of one thing are, in days; `None` when they cannot be of one thing.
///
/// Two exact days may differ by `days_max`. A partial or an estimated date fits what lies in its window, and is farther
/// than any exact match.
pub(crate) fn distance(
    left: EventDate,
    right: EventDate,
    days_max: i64,
    rules: &Rules,
) -> Option<i64> {
    if let (Some(left), Some(right)) = (firm_day(left), firm_day(right)) {
        let days = days_between(left, right).abs();
        return (days <= days_max).then_some(days);
    }
    let ((left_from, left_to), (right_from, right_to)) =
        (window(left, rules), window(right, rules));
    let apart = days_between(left.date.earliest(), right.date.earliest()).abs();
    (left_from <= right_to && right_from <= left_to).then_some(days_max + 1 + apart)
}

/// How precise a date is: 3 to the day, 2 to the month, 1 to the year.
pub(crate) fn precision(date: EventDate) -> u8 {
    1 + u8::from(date.date.month().is_some()) + u8::from(date.date.day_of_month().is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(left: &str, right: &str, expected: Option<i64>) {
        let date = |text: &str| EventDate {
            date: PartialDate::parse(text.trim_end_matches('~')).unwrap(),
            estimated: text.ends_with('~'),
        };
        let rules = Rules::default();
        assert_eq!(
            distance(date(left), date(right), 1, &rules),
            expected,
            "{left} {right}"
        );
        assert_eq!(
            distance(date(right), date(left), 1, &rules),
            expected,
            "{right} {left}"
        );
    }

    #[test]
    fn exact_days_may_be_off_by_one_and_others_fit_their_month() {
        check("2020-03-05", "2020-03-05", Some(0));
        check("2020-03-31", "2020-04-01", Some(1));
        check("2020-03-05", "2020-03-07", None);
        check("2020-03", "2020-03-05", Some(6));
        check("2020-03", "2020-04-01", None);
        check("2020-03-01~", "2020-04-10", Some(42));
        check("2020-03-01~", "2020-04-20", None);
        check("2020", "2020-12-31", Some(367));
    }
}
