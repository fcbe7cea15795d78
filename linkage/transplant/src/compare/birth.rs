//! Birth dates, with the slips of Japanese forms: a wareki year off by one, a wrong era, day and month exchanged.

use linkage::{Comparison, Memo, Outcome, PackedDate, Row};

use crate::facts::Facts;

pub(super) const LEVELS: &[&str] = &[
    "same",
    "month only",
    "swapped or slipped",
    "placeholder",
    "year only",
    "one part off",
    "same year",
    "differs",
];

/// Years between the eras' counts: Taisho and Showa 14, Showa and Heisei 63, Heisei and Reiwa 30; and a year off by one.
const YEAR_SLIPS: [u32; 4] = [1, 14, 30, 63];

/// What two birth dates are to each other, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum BirthFit {
    /// The same day.
    Same,
    /// One knows no day or no month, and what is known agrees.
    MonthOnly,
    /// Day and month exchanged, or the year or era slipped.
    Slipped,
    /// The same year, one of them 1 January.
    Placeholder,
    /// One knows the year alone, and it agrees.
    YearOnly,
    /// Two of year, month and day agree.
    OnePartOff,
    /// The years agree.
    SameYear,
    /// Nothing of the kind.
    Differs,
}

impl BirthFit {
    /// Whether the dates can be one and the same, slips included.
    pub(crate) fn agrees(self) -> bool {
        self <= Self::Placeholder
    }
}

/// Birth dates by their best fit; the share is that of the agreed day.
pub(super) struct Birth<'a>(pub(super) &'a Facts<'a>);

impl Comparison for Birth<'_> {
    fn compare(&self, left: Row, right: Row, _: &mut Memo) -> Outcome {
        let (left, right) = (self.0.births.at(left), self.0.births.at(right));
        match births_fit(left, right) {
            None => Outcome::MISSING,
            Some(BirthFit::Same) => {
                let same = left
                    .iter()
                    .find(|date| right.contains(date))
                    .copied()
                    .unwrap_or_default();
                Outcome::shared(0, self.0.birth_counts.share(same.packed()))
            }
            Some(fit) => Outcome::at(fit as u8),
        }
    }
}

/// The best fit among all dates told; `None` when one side tells none.
pub(crate) fn births_fit(left: &[PackedDate], right: &[PackedDate]) -> Option<BirthFit> {
    left.iter()
        .flat_map(|&one| right.iter().map(move |&other| fit(one, other)))
        .min()
}

fn fit(left: PackedDate, right: PackedDate) -> BirthFit {
    let both_full = left.is_full() && right.is_full();
    let year_apart = left.year().abs_diff(right.year());
    let same_day = (left.month(), left.day()) == (right.month(), right.day());
    let swapped = (left.month(), left.day()) == (right.day(), right.month());
    if both_full && left == right {
        return BirthFit::Same;
    }
    if !both_full && left.compatible(right) {
        return if left.month() != 0 && right.month() != 0 {
            BirthFit::MonthOnly
        } else {
            BirthFit::YearOnly
        };
    }
    if both_full && ((year_apart == 0 && swapped) || (same_day && YEAR_SLIPS.contains(&year_apart)))
    {
        return BirthFit::Slipped;
    }
    if year_apart == 0 && (is_first_of_january(left) || is_first_of_january(right)) {
        return BirthFit::Placeholder;
    }
    let parts = u8::from(year_apart == 0)
        + u8::from(left.month() == right.month())
        + u8::from(left.day() == right.day());
    match (both_full && parts == 2, year_apart) {
        (true, _) => BirthFit::OnePartOff,
        (false, 0) => BirthFit::SameYear,
        (false, _) => BirthFit::Differs,
    }
}

fn is_first_of_january(date: PackedDate) -> bool {
    (date.month(), date.day()) == (1, 1)
}

#[cfg(test)]
mod tests {
    use super::{BirthFit, PackedDate, births_fit};

    fn check(left: (u32, u32, u32), right: (u32, u32, u32), expected: BirthFit) {
        let date = |(year, month, day)| [PackedDate::new(year, month, day)];
        assert_eq!(
            births_fit(&date(left), &date(right)),
            Some(expected),
            "{left:?} {right:?}"
        );
        assert_eq!(
            births_fit(&date(right), &date(left)),
            Some(expected),
            "{right:?} {left:?}"
        );
    }

    #[test]
    fn each_slip_has_its_level() {
        check((1970, 3, 4), (1970, 3, 4), BirthFit::Same);
        check((1970, 3, 0), (1970, 3, 4), BirthFit::MonthOnly);
        check((1970, 3, 4), (1970, 4, 3), BirthFit::Slipped);
        check((1970, 3, 4), (1971, 3, 4), BirthFit::Slipped);
        check((1945, 3, 4), (2008, 3, 4), BirthFit::Slipped);
        check((1970, 1, 1), (1970, 3, 4), BirthFit::Placeholder);
        check((1970, 3, 4), (1970, 3, 14), BirthFit::OnePartOff);
        check((1970, 3, 4), (1970, 5, 14), BirthFit::SameYear);
        check((1970, 3, 4), (1972, 5, 14), BirthFit::Differs);
        check((1970, 0, 0), (1970, 5, 14), BirthFit::YearOnly);
    }

    #[test]
    fn the_best_of_several_dates_counts() {
        let dates = [PackedDate::new(1970, 3, 4), PackedDate::new(1970, 4, 3)];
        assert_eq!(births_fit(&dates, &dates[1..]), Some(BirthFit::Same));
        assert_eq!(births_fit(&dates, &[]), None);
    }
}
