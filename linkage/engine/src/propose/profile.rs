//! What the values of a column look like, without regard to its heading.

use super::nothing::is_nothing;
use crate::column::{Reading, read_date, read_number, seconds};
use crate::{Codes, MISSING};

/// Distinct values that are looked at for their looks; enough for shares to a percent.
const LOOKED_AT_MAX: usize = 20_000;

/// A column in figures. Shares are of the rows that have a value.
#[derive(Clone, Debug, Default)]
pub(super) struct Profile {
    /// Rows that have a value, by source.
    pub(super) filled: Vec<u64>,
    /// Rows of each source.
    pub(super) rows: Vec<u64>,
    /// Distinct values.
    pub(super) distinct: usize,
    /// Values that two records or more have.
    pub(super) repeated: usize,
    /// Values that records of two sources have.
    pub(super) across: usize,
    /// Whether in every source each value stands once.
    pub(super) unique_by_source: bool,
    /// Mean number of characters, and of words.
    pub(super) letters: f64,
    pub(super) words: f64,
    /// Shares of values: of digits alone, with a digit, with an `@`, that are numbers, that are full or partial dates, years.
    pub(super) digits: f64,
    pub(super) with_digit: f64,
    pub(super) mails: f64,
    pub(super) numbers: f64,
    pub(super) decimals: f64,
    pub(super) dates: f64,
    pub(super) years: f64,
    pub(super) telephones: f64,
    /// Shares of values that are durations, that hold kanji, that are kana alone.
    pub(super) durations: f64,
    pub(super) kanji: f64,
    pub(super) kana: f64,
    /// Share of digits-only values with the commonest length.
    pub(super) even_length: f64,
    /// Chance that the values of two records are the same.
    pub(super) chance_same: f64,
    /// Whether the values of each source are whole numbers almost without gaps.
    pub(super) sequence: bool,
}

impl Profile {
    pub(super) fn of(codes: &Codes, sources: &[u16], source_count: usize) -> Self {
        let mut profile = Self {
            rows: vec![0; source_count],
            filled: vec![0; source_count],
            ..Self::default()
        };
        profile.count(codes, sources);
        profile.look(codes);
        profile
    }

    /// Share of the rows with a value, in the sources that have the column.
    pub(super) fn fill(&self) -> f64 {
        let here = self
            .rows
            .iter()
            .zip(&self.filled)
            .filter(|(_, filled)| **filled > 0);
        let (rows, filled) =
            here.fold((0, 0), |sum, (rows, filled)| (sum.0 + rows, sum.1 + filled));
        ratio(filled, rows)
    }

    /// Rows with a value, as a figure.
    #[expect(clippy::cast_precision_loss, reason = "rows are below 2^53")]
    pub(super) fn records(&self) -> f64 {
        self.all_filled() as f64
    }

    pub(super) fn all_filled(&self) -> u64 {
        self.filled.iter().sum()
    }

    /// Sources that have at least one value.
    pub(super) fn sources(&self) -> usize {
        self.filled.iter().filter(|&&filled| filled > 0).count()
    }

    fn count(&mut self, codes: &Codes, sources: &[u16]) {
        // The last source that had the value, the number of its rows, whether several sources have it.
        let mut seen = vec![(u16::MAX, false); codes.distinct() + 1];
        let mut once = true;
        let mut pairs = rustc_hash::FxHashSet::default();
        for (&code, &source) in codes.rows().iter().zip(sources) {
            self.rows[usize::from(source)] += 1;
            if code == MISSING {
                continue;
            }
            self.filled[usize::from(source)] += 1;
            once = once && pairs.insert((code, source));
            let entry = &mut seen[code as usize];
            if entry.0 != u16::MAX && entry.0 != source {
                entry.1 = true;
            }
            entry.0 = source;
        }
        self.unique_by_source = once;
        self.distinct = codes
            .counts()
            .iter()
            .skip(1)
            .filter(|&&count| count > 0)
            .count();
        self.repeated = codes
            .counts()
            .iter()
            .skip(1)
            .filter(|&&count| count > 1)
            .count();
        self.across = seen.iter().filter(|entry| entry.1).count();
        let total = self.all_filled();
        let same = codes
            .counts()
            .iter()
            .skip(1)
            .map(|&count| u64::from(count) * u64::from(count.saturating_sub(1)))
            .sum();
        self.chance_same = ratio(same, total * total.saturating_sub(1));
        self.sequence = self.is_sequence(codes, sources);
    }

    fn is_sequence(&self, codes: &Codes, sources: &[u16]) -> bool {
        if !self.unique_by_source {
            return false;
        }
        let mut bounds = vec![(u64::MAX, 0_u64); self.rows.len()];
        for (&code, &source) in codes
            .rows()
            .iter()
            .zip(sources)
            .filter(|(code, _)| **code != MISSING)
        {
            let Ok(number) = codes.name(code).trim().parse::<u64>() else {
                return false;
            };
            let bound = &mut bounds[usize::from(source)];
            *bound = (bound.0.min(number), bound.1.max(number));
        }
        let with = bounds
            .iter()
            .zip(&self.filled)
            .filter(|(_, filled)| **filled > 0);
        let mut any = false;
        for (bound, &filled) in with {
            any = true;
            if bound.1 - bound.0 >= filled.saturating_mul(2) {
                return false;
            }
        }
        any
    }

    fn look(&mut self, codes: &Codes) {
        let step = codes.distinct().div_ceil(LOOKED_AT_MAX).max(1);
        let mut lengths = std::collections::BTreeMap::<usize, u64>::new();
        let mut weight = 0.0;
        for code in (1..).take(codes.distinct()).step_by(step) {
            let text = codes.name(code).trim();
            if is_nothing(text) {
                continue;
            }
            // A common value counts more, but not as much more as it is commoner.
            let count = f64::from(codes.counts()[code as usize]).sqrt();
            let add = |sum: &mut f64, holds: bool| *sum += if holds { count } else { 0.0 };
            weight += count;
            self.letters += count * to_f64(text.chars().count());
            self.words += count * to_f64(text.split_whitespace().count());
            let digits = text.bytes().filter(u8::is_ascii_digit).count();
            let only = digits > 0 && digits == text.len();
            add(&mut self.digits, only);
            add(&mut self.with_digit, digits > 0);
            add(&mut self.mails, text.contains('@') && text.contains('.'));
            let number = read_number(text);
            add(&mut self.numbers, number.is_some());
            add(
                &mut self.decimals,
                number.is_some_and(|number| number.fract() != 0.0) || number.is_some() && !only,
            );
            add(
                &mut self.years,
                only && digits == 4
                    && text
                        .parse::<u32>()
                        .is_ok_and(|year| (1500..=2100).contains(&year)),
            );
            add(&mut self.dates, looks_like_a_date(text, only, digits));
            add(
                &mut self.telephones,
                !only && looks_like_a_telephone(text, digits),
            );
            add(&mut self.durations, !seconds(text).is_empty());
            add(&mut self.kanji, text.chars().any(is_kanji));
            add(
                &mut self.kana,
                text.chars().any(is_kana) && !text.chars().any(is_kanji),
            );
            if only {
                *lengths.entry(digits).or_default() += 1;
            }
        }
        let weight = f64::max(weight, 1.0);
        for figure in [
            &mut self.letters,
            &mut self.words,
            &mut self.digits,
            &mut self.with_digit,
            &mut self.mails,
            &mut self.numbers,
            &mut self.decimals,
            &mut self.years,
            &mut self.dates,
            &mut self.telephones,
            &mut self.durations,
            &mut self.kanji,
            &mut self.kana,
        ] {
            *figure /= weight;
        }
        let commonest = lengths.values().copied().max().unwrap_or(0);
        self.even_length = ratio(commonest, lengths.values().sum());
    }
}

/// Three parts at least, or a year and a month with a separator; eight digits only as year, month and day.
fn looks_like_a_date(text: &str, only_digits: bool, digits: usize) -> bool {
    if digits < 3 || only_digits && digits != 8 || text.len() > 40 {
        return false;
    }
    match read_date(text) {
        Reading::None | Reading::Six(..) => false,
        Reading::Either(..) => true,
        Reading::Date(date, impaired) => (1700..=2100).contains(&date.year()) && !impaired,
    }
}

fn looks_like_a_telephone(text: &str, digits: usize) -> bool {
    let marks = text.chars().all(|letter| {
        letter.is_ascii_digit() || matches!(letter, '+' | '-' | '(' | ')' | '/' | '.' | ' ')
    });
    (7..=15).contains(&digits)
        && marks
        && (text.starts_with(['+', '('])
            || text
                .chars()
                .filter(|letter| !letter.is_ascii_digit())
                .count()
                >= 2)
}

fn is_kanji(letter: char) -> bool {
    matches!(letter, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '々')
}

/// Of either kind and width.
fn is_kana(letter: char) -> bool {
    matches!(letter, '\u{3041}'..='\u{30ff}' | '\u{ff66}'..='\u{ff9d}')
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
pub(super) fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
pub(super) fn to_f64(count: usize) -> f64 {
    count as f64
}
