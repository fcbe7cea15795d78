//! Every spelling of a date, kept as precise as it was written.

use std::borrow::Cow;

use jiff::tz::{Offset, TimeZone};
use schema::{EventDate, PartialDate};

use super::wareki::{date_of, era_of, partial};
use super::{Fault, width};

/// A date that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DateRead {
    /// The date, and whether the text itself marks it as an estimate.
    pub(crate) date: EventDate,
    /// The era named did not hold on that day: the day is the one that it must mean.
    pub(crate) era_slip: bool,
}

/// The longest text that is looked at as a date, in bytes: longer ones are prose.
const DATE_BYTES_MAX: usize = 60;

/// Words after (or before) a date that say it is an estimate.
const ESTIMATES: [&str; 7] = ["頃", "ごろ", "ころ", "推定", "前後", "約", "?"];
/// Words for a part that is not known.
const UNKNOWNS: [&str; 4] = ["不明", "不詳", "--", "??"];
/// Thirds of a month: the month is known, the day is not.
const THIRDS: [&str; 3] = ["上旬", "中旬", "下旬"];

/// Reads a date in any spelling: ISO, with slashes or dots, 8 digits, wareki in kanji or letters, with missing parts,
/// with `頃`. An instant with a zone becomes its day in Japan.
pub(crate) fn read(text: &str) -> Result<DateRead, Fault> {
    if let Some(known) = read_plain(text).or_else(|| read_parted(text)) {
        return known;
    }
    if text.len() > DATE_BYTES_MAX {
        return Err(Fault::Unreadable);
    }
    let folded = width::fold(text);
    if folded.len() > 10 && folded.as_bytes()[10] == b'T' {
        return read_instant(&folded);
    }
    read_spelt(&folded)
}

/// An instant in UTC to the millisecond, so that instants of any zone sort as text; a date as it is.
pub(crate) fn read_sortable(text: &str) -> Result<Box<str>, Fault> {
    if let Ok(instant) = text.trim().parse::<jiff::Timestamp>() {
        return Ok(format!("{instant:.3}").into());
    }
    read(text).map(|read| read.date.date.to_string().into())
}

const fn sure(date: PartialDate) -> DateRead {
    DateRead {
        date: EventDate {
            date,
            estimated: false,
        },
        era_slip: false,
    }
}

/// The spellings that most rows have, without folding: `YYYY-MM-DD`, `YYYY/MM/DD`, `YYYYMMDD`.
fn read_plain(text: &str) -> Option<Result<DateRead, Fault>> {
    let bytes = text.as_bytes();
    let (month, day) = match bytes.len() {
        10 if bytes[4] == bytes[7] && matches!(bytes[4], b'-' | b'/') => (5, 8),
        8 => (4, 6),
        _ => return None,
    };
    let digits = |part: &[u8]| {
        part.iter().try_fold(0_i16, |sum, byte| {
            byte.is_ascii_digit()
                .then(|| sum * 10 + i16::from(byte - b'0'))
        })
    };
    let small =
        |from: usize| digits(&bytes[from..from + 2]).and_then(|part| i8::try_from(part).ok());
    let (year, month, day) = (digits(&bytes[..4])?, small(month)?, small(day)?);
    Some(
        PartialDate::day(year, month, day)
            .map(sure)
            .map_err(|_| Fault::Impossible),
    )
}

/// Year, month and day between single separators, the year perhaps in an era by its letter: `2019/4/5`, `H31.4.5`.
fn read_parted(text: &str) -> Option<Result<DateRead, Fault>> {
    let first = text.bytes().next()?;
    let (era, rest) = match first {
        b'0'..=b'9' => (None, text),
        b'A'..=b'Z' | b'a'..=b'z' => era_of(text).map(|(era, rest)| (Some(era), rest))?,
        _ => return None,
    };
    let mut parts = [(0_i16, 0_usize); 3];
    let mut place = 0;
    for byte in rest.bytes() {
        match byte {
            b'0'..=b'9' if parts[place].1 < 4 => {
                let (value, length) = parts[place];
                parts[place] = (value * 10 + i16::from(byte - b'0'), length + 1);
            }
            b'/' | b'.' | b'-' if parts[place].1 > 0 && place < 2 => place += 1,
            _ => return None,
        }
    }
    let [(year, year_digits), (month, 1..=2), (day, 1..=2)] = parts else {
        return None;
    };
    let (month, day) = (i8::try_from(month).ok()?, i8::try_from(day).ok()?);
    match (era, year_digits) {
        (None, 4) => Some(
            PartialDate::day(year, month, day)
                .map(sure)
                .map_err(|_| Fault::Impossible),
        ),
        (Some(era), 1..=2) => {
            let read = date_of(era, year, Some(month), Some(day));
            Some(read.map(|(date, era_slip)| DateRead {
                era_slip,
                ..sure(date)
            }))
        }
        _ => None,
    }
}

/// An instant: its day in Japan where it has a zone, its own day where it has none.
fn read_instant(text: &str) -> Result<DateRead, Fault> {
    let day = PartialDate::parse(&text[..10]).map_err(|_| Fault::Impossible)?;
    if text.ends_with("+09:00") {
        return Ok(sure(day));
    }
    if let Ok(instant) = text.parse::<jiff::Timestamp>() {
        let japan = TimeZone::fixed(Offset::constant(9));
        let date = instant.to_zoned(japan).date();
        return PartialDate::from_date(date)
            .map(sure)
            .map_err(|_| Fault::Impossible);
    }
    text.parse::<jiff::civil::DateTime>()
        .map(|_| sure(day))
        .map_err(|_| Fault::Unreadable)
}

fn read_spelt(folded: &str) -> Result<DateRead, Fault> {
    let (text, mut estimated) = without_estimate(folded);
    let text = without_time(&text);
    let (era, rest) = match era_of(text) {
        Some((era, rest)) => (Some(era), rest),
        None => (None, text),
    };
    let parts = Parts::of(rest, era.is_some())?;
    estimated |= parts.third;
    let (date, era_slip) = match era {
        Some(era) => date_of(era, parts.year, parts.month, parts.day)?,
        None => (
            partial(parts.year, parts.month, parts.day).map_err(|_| Fault::Impossible)?,
            false,
        ),
    };
    Ok(DateRead {
        date: EventDate { date, estimated },
        era_slip,
    })
}

fn without_estimate(text: &str) -> (Cow<'_, str>, bool) {
    let begins_word = |character: char| {
        matches!(
            character,
            '頃' | 'ご' | 'こ' | '推' | '前' | '約' | '?' | '(' | ')'
        )
    };
    if !text.contains(begins_word) {
        return (Cow::Borrowed(text), false);
    }
    let mut left = text.to_owned();
    let mut estimated = false;
    for word in ESTIMATES {
        if word == "?" && left.contains("??") {
            continue;
        }
        if left.contains(word) {
            left = left.replace(word, "");
            estimated = true;
        }
    }
    let bare = left.replace(['(', ')'], "");
    (Cow::Owned(bare.trim().to_owned()), estimated)
}

/// A time of day after the date is dropped: `2019/4/5 0:00`.
fn without_time(text: &str) -> &str {
    match text.rsplit_once(' ') {
        Some((date, time))
            if time.contains(':')
                && time
                    .bytes()
                    .all(|byte| byte.is_ascii_digit() || byte == b':') =>
        {
            date.trim_end()
        }
        _ => text,
    }
}

/// The numbers of a date's text.
struct Parts {
    year: i16,
    month: Option<i8>,
    day: Option<i8>,
    /// `上旬` and the like stood for the day.
    third: bool,
}

impl Parts {
    fn of(text: &str, in_era: bool) -> Result<Self, Fault> {
        let (text, third) = match THIRDS.iter().find_map(|third| text.strip_suffix(third)) {
            Some(rest) => (rest, true),
            None => (text, false),
        };
        let text = if text.contains(['不', '-', '?']) {
            let known = UNKNOWNS.iter().filter_map(|word| text.find(word)).min();
            known.map_or(text, |end| &text[..end])
        } else {
            text
        };
        let numbers = Numbers::of(text, in_era)?;
        let mut parts = numbers.split(in_era)?;
        parts.third = third;
        Ok(parts)
    }
}

/// Up to three runs of digits with their lengths.
struct Numbers {
    values: [(u32, usize); 3],
    count: usize,
}

impl Numbers {
    fn of(text: &str, in_era: bool) -> Result<Self, Fault> {
        let mut numbers = Self {
            values: [(0, 0); 3],
            count: 0,
        };
        let mut open = false;
        for character in text.chars() {
            match character {
                '0'..='9' => {
                    if !open {
                        numbers.begin()?;
                        open = true;
                    }
                    numbers.push(character)?;
                }
                '元' if in_era && numbers.count == 0 => {
                    numbers.begin()?;
                    numbers.push('1')?;
                }
                '年' | '月' | '日' | '/' | '.' | '-' if numbers.count > 0 => open = false,
                ' ' => open = false,
                _ => return Err(Fault::Unreadable),
            }
        }
        Ok(numbers)
    }

    fn begin(&mut self) -> Result<(), Fault> {
        self.count += 1;
        if self.count > 3 {
            Err(Fault::Unreadable)
        } else {
            Ok(())
        }
    }

    fn push(&mut self, digit: char) -> Result<(), Fault> {
        let (value, length) = &mut self.values[self.count - 1];
        *length += 1;
        *value = *value * 10 + digit.to_digit(10).unwrap_or(0);
        if *length > 8 {
            Err(Fault::Unreadable)
        } else {
            Ok(())
        }
    }

    fn split(&self, in_era: bool) -> Result<Parts, Fault> {
        let part = |value: u32| i8::try_from(value).map_err(|_| Fault::Impossible);
        let year = |value: u32| i16::try_from(value).map_err(|_| Fault::Impossible);
        let parts = |year, month, day| {
            Ok(Parts {
                year,
                month,
                day,
                third: false,
            })
        };
        let [
            (first, length),
            (second, second_length),
            (third, third_length),
        ] = self.values;
        match (self.count, length, in_era) {
            (1, 8, false) | (1, 6, true) => parts(
                year(first / 10_000)?,
                Some(part(first / 100 % 100)?),
                Some(part(first % 100)?),
            ),
            (1, 6, false) => parts(year(first / 100)?, Some(part(first % 100)?), None),
            (1..=3, 4, false) | (1..=3, 1..=2, true) if second_length <= 2 && third_length <= 2 => {
                let month = (self.count > 1).then(|| part(second)).transpose()?;
                let day = (self.count > 2).then(|| part(third)).transpose()?;
                parts(year(first)?, month, day)
            }
            _ => Err(Fault::Unreadable),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<&str, Fault>) {
        let shown = read(text).map(|read| {
            let estimated = if read.date.estimated { "~" } else { "" };
            let slip = if read.era_slip { "!" } else { "" };
            format!("{}{estimated}{slip}", read.date.date)
        });
        assert_eq!(shown, expected.map(str::to_owned), "{text}");
    }

    #[test]
    fn a_full_date_is_read_in_every_spelling() {
        for text in [
            "2019/04/05",
            "2019-04-05",
            "20190405",
            "2019/4/5",
            "2019.4.5",
            "2019年4月5日",
            "２０１９／０４／０５",
            "平成31年4月5日",
            "平成３１年４月５日",
            "H31.4.5",
            "h31/04/05",
            "Ｈ３１．４．５",
            "平成31.4.5",
            "H310405",
            "2019/4/5 0:00",
            "2019/04/05 13:45:00",
            " 2019/04/05 ",
            "2019-04-05T10:00:00+09:00",
            "2019-04-04T15:00:00Z",
            "2019-04-05T08:00:00.000Z",
            "2019-04-05T12:00:00",
        ] {
            check(text, Ok("2019-04-05"));
        }
        check("令和元年5月1日", Ok("2019-05-01"));
        check("R1/5/1", Ok("2019-05-01"));
        check("R元.5.1", Ok("2019-05-01"));
        check("昭和45年1月1日", Ok("1970-01-01"));
        check("S45.1.1", Ok("1970-01-01"));
        check("大正15年12月24日", Ok("1926-12-24"));
        check("2019-04-05T15:30:00Z", Ok("2019-04-06"));
        check("2019-04-05T23:30:00-05:00", Ok("2019-04-06"));
    }

    #[test]
    fn a_missing_part_stays_missing() {
        check("2019/04", Ok("2019-04"));
        check("2019-4", Ok("2019-04"));
        check("201904", Ok("2019-04"));
        check("2019年", Ok("2019"));
        check("2019", Ok("2019"));
        check("2019年4月", Ok("2019-04"));
        check("令和2年", Ok("2020"));
        check("H31.4", Ok("2019-04"));
        check("2019年4月不明", Ok("2019-04"));
        check("2019/04/--", Ok("2019-04"));
        check("2019年不明", Ok("2019"));
    }

    #[test]
    fn an_estimate_is_marked() {
        check("令和2年頃", Ok("2020~"));
        check("2019年4月ごろ", Ok("2019-04~"));
        check("約2019年", Ok("2019~"));
        check("2019/04/05頃", Ok("2019-04-05~"));
        check("2019年4月上旬", Ok("2019-04~"));
        check("2019/04(推定)", Ok("2019-04~"));
    }

    #[test]
    fn an_era_that_did_not_hold_is_read_and_flagged() {
        check("平成31年5月1日", Ok("2019-05-01!"));
        check("平成31年", Ok("2019"));
        check("昭和64年1月8日", Ok("1989-01-08!"));
        check("平成50年1月1日", Err(Fault::Impossible));
    }

    #[test]
    fn what_is_no_date_is_said_to_be_none() {
        for text in [
            "2019/02/30",
            "20190230",
            "2019-13-01",
            "平成31年2月29日",
            "2019年2月30日",
            "1019-01-01",
            "2019/00/10",
        ] {
            check(text, Err(Fault::Impossible));
        }
        for text in [
            "",
            "abc",
            "2019/4/5/6",
            "4/5",
            "19/4/5",
            "確認中",
            "2019-04-05Tx",
            "123456789",
            "2019年春",
        ] {
            check(text, Err(Fault::Unreadable));
        }
    }

    #[test]
    fn instants_of_any_zone_sort_as_text() {
        assert_eq!(
            read_sortable("2020-08-01T08:39:35+09:00").as_deref(),
            Ok("2020-07-31T23:39:35.000Z")
        );
        assert_eq!(
            read_sortable("2020-08-01T00:00:00.12Z").as_deref(),
            Ok("2020-08-01T00:00:00.120Z")
        );
        assert_eq!(read_sortable("2020-08-01").as_deref(), Ok("2020-08-01"));
        assert!(read_sortable("yesterday").is_err());
    }

    proptest::proptest! {
        #[test]
        fn a_day_reads_the_same_in_each_calendar(days in 0_i32..60_000) {
            let date = jiff::civil::date(1868, 10, 23).checked_add(jiff::Span::new().days(days)).unwrap();
            let (year, month, day) = (date.year(), date.month(), date.day());
            let (era, first) = match (year, month, day) {
                day if day >= (2019, 5, 1) => ("令和", 2019),
                day if day >= (1989, 1, 8) => ("平成", 1989),
                day if day >= (1926, 12, 25) => ("昭和", 1926),
                day if day >= (1912, 7, 30) => ("大正", 1912),
                _ => ("明治", 1868),
            };
            let spelt = format!("{era}{}年{month}月{day}日", year - first + 1);
            let expected = read(&format!("{year:04}-{month:02}-{day:02}"));
            proptest::prop_assert_eq!(read(&spelt), expected);
        }

        #[test]
        fn no_text_makes_it_fail(text in "\\PC{0,30}") {
            let _ = read(&text);
        }
    }

    proptest::proptest! {
        #[test]
        fn the_quick_ways_read_what_the_slow_one_reads(
            text in "[RHSTMrhx]?[.]?[0-9]{1,4}[-/.]{1,2}[0-9]{1,3}[-/.][0-9]{1,3}[年日?-]?"
        ) {
            if let Some(quick) = read_plain(&text).or_else(|| read_parted(&text)) {
                proptest::prop_assert_eq!(quick, read_spelt(&width::fold(&text)), "{}", text);
            }
        }
    }
}
