//! Keyed Bloom filters of parties who share no clear values (see [`clk`](super::clk)): similarity by Dice's coefficient.
//!
//! Levels: `same`, `at_least = 0.8` (any number of them), `otherwise`. All filters of a column have the same length.

use super::clk::Filter;
use super::{Coded, Outcome, Test, Values, first};
use crate::{Codes, LinkageError};

struct Similarity {
    filters: Vec<Filter>,
    ones: Vec<u32>,
    /// The lowest similarity above the last level, when that takes all others.
    least: Option<f64>,
    tests: Vec<Test>,
}

pub(super) fn coded(codes: &Codes, tests: Vec<Test>) -> Result<Coded<'_>, LinkageError> {
    let filters = super::names_of(codes)
        .map(Filter::from_base64)
        .collect::<Option<Vec<_>>>();
    let Some(filters) = filters else {
        return Err(LinkageError::unfit(
            "a column for comparisons of kind `clk` holds a value that is not base64",
        ));
    };
    if filters
        .windows(2)
        .any(|pair| pair[0].bits() != pair[1].bits())
    {
        return Err(LinkageError::unfit(
            "a column for comparisons of kind `clk` holds filters of different lengths: they were not made by the same settings",
        ));
    }
    let values = Similarity {
        ones: filters.iter().map(Filter::ones).collect(),
        filters,
        least: lowest(&tests),
        tests,
    };
    Ok(Coded::new(codes.rows(), Box::new(values)))
}

fn lowest(tests: &[Test]) -> Option<f64> {
    let (Test::Otherwise, above) = tests.split_last()? else {
        return None;
    };
    let similarities = above.iter().map(|test| match test {
        Test::AtLeast(similarity) => *similarity,
        _ => 1.0,
    });
    Some(similarities.fold(1.0, f64::min))
}

impl Values for Similarity {
    fn outcome(&self, left: u32, right: u32) -> Outcome {
        let (one, other) = (left as usize - 1, right as usize - 1);
        let similarity = if left == right {
            1.0
        } else {
            let common = self.filters[one].in_common(&self.filters[other]);
            dice(common, self.ones[one], self.ones[other])
        };
        first(&self.tests, |test| match test {
            Test::Same => left == right,
            Test::AtLeast(least) => similarity >= *least,
            _ => true,
        })
    }

    fn hopeless(&self, left: u32, right: u32) -> bool {
        let (ours, theirs) = (self.ones[left as usize - 1], self.ones[right as usize - 1]);
        self.least
            .is_some_and(|least| dice(ours.min(theirs), ours, theirs) < least)
    }

    /// Hardly two records have the same pair of filters.
    fn dear(&self) -> bool {
        false
    }
}

/// Dice's coefficient of two filters by their ones; two empty ones say nothing alike.
pub(super) fn dice(common: u32, ours: u32, theirs: u32) -> f64 {
    if ours + theirs == 0 {
        0.0
    } else {
        f64::from(2 * common) / f64::from(ours + theirs)
    }
}

#[cfg(test)]
mod tests {
    use super::{Test, coded};
    use crate::comparison::clk::{Encoder, Field, Settings};
    use crate::{Codes, Level};

    fn encoded(names: &[&str]) -> Codes {
        let settings = Settings::of([Field::named("name"), Field::named("birth")]);
        let encoder = Encoder::new(settings, b"a key of the parties").unwrap();
        let texts = names
            .iter()
            .map(|name| encoder.encode(&[Some(name), Some("1970-03-04")]).unwrap())
            .collect::<Vec<_>>();
        Codes::from_values(texts.iter().map(|text| Some(text.as_str())))
    }

    #[test]
    fn similar_names_have_similar_filters() {
        let codes = encoded(&["yamamoto", "yamamoto", "yamamota", "suzuki"]);
        let tests = vec![Test::Same, Test::AtLeast(0.85), Test::Otherwise];
        let bound = coded(&codes, tests).unwrap();
        let level = |left, right| bound.compare(left, right).level;
        assert_eq!(level(0, 1), Level::At(0));
        assert_eq!(level(0, 2), Level::At(1));
        assert_eq!(level(0, 3), Level::At(2));
        assert_eq!(bound.compare(2, 3), bound.compare(3, 2));
    }

    #[test]
    fn filters_of_other_lengths_and_other_texts_are_refused() {
        let tests = || vec![Test::AtLeast(0.85), Test::Otherwise];
        for values in [["AAAAAAAAAAA=", "AAAA"], ["AAAAAAAAAAA=", "not base64!"]] {
            let codes = Codes::from_values(values.map(Some));
            let message = coded(&codes, tests()).err().unwrap().to_string();
            assert!(
                message.contains("`clk`") && !message.contains("AAAA"),
                "{message}"
            );
        }
    }
}
