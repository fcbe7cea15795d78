//! Figures as people read them.

use crate::data::Interval;

/// No share is told to more decimals of a percent than this.
const PERCENT_DECIMALS_MAX: usize = 6;

/// `1234567` as `1,234,567`.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() * 4 / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Bits with their sign and a decimal: `+12.3`, `−4.0`.
pub(crate) fn bits(value: f64) -> String {
    let rounded = format!("{:.1}", value.abs());
    match rounded.as_str() {
        "0.0" => rounded,
        _ if value < 0.0 => format!("−{rounded}"),
        _ => format!("+{rounded}"),
    }
}

/// Bits on an axis: whole where the ticks are whole.
pub(crate) fn tick(value: f64) -> String {
    let text = format!("{value}");
    match text.strip_prefix('-') {
        Some("0") => "0".to_owned(),
        Some(rest) => format!("−{rest}"),
        None => text,
    }
}

/// A share of 0 to 1 in percent, to two digits of what it lacks to the nearer end: `93.1 %`, `99.940 %`, `0.0012 %`.
pub(crate) fn percent(share: f64) -> String {
    format!("{}\u{a0}%", percent_figure(share, decimals(share)))
}

/// [`percent`] as plain text, which whoever draws it escapes.
pub(crate) fn percent_plain(share: f64) -> String {
    percent(share).replace("&gt;", ">").replace("&lt;", "<")
}

/// A figure and its bounds to the same digits: `98.70 %` and `98.10–99.20 %`; the latter only if it has bounds.
pub(crate) fn estimate(interval: &Interval) -> (String, Option<String>) {
    let shares = [Some(interval.value), interval.low, interval.high];
    let digits = shares.into_iter().flatten().map(decimals).max();
    let figure = |share| percent_figure(share, digits.unwrap_or(1));
    let bounds = interval.low.zip(interval.high);
    (
        format!("{}\u{a0}%", figure(interval.value)),
        bounds.map(|(low, high)| format!("{}–{}\u{a0}%", figure(low), figure(high))),
    )
}

/// How many decimals of a percent show two digits of what a share lacks to the nearer end.
fn decimals(share: f64) -> usize {
    let off = share.min(1.0 - share).abs() * 100.0;
    if off == 0.0 {
        return 0;
    }
    let enough = |decimals: &usize| off >= 10_f64.powi(1 - i32::try_from(*decimals).unwrap_or(0));
    (1..PERCENT_DECIMALS_MAX)
        .find(enough)
        .unwrap_or(PERCENT_DECIMALS_MAX)
}

fn percent_figure(share: f64, decimals: usize) -> String {
    let least = 10_f64.powi(-i32::try_from(decimals).unwrap_or(0));
    let off = share.min(1.0 - share).abs() * 100.0;
    match (off > 0.0 && off < least, share > 0.5) {
        (true, true) => format!("&gt;{:.decimals$}", 100.0 - least),
        (true, false) => format!("&lt;{least:.decimals$}"),
        _ => format!("{:.decimals$}", share * 100.0),
    }
}

/// A chance: `0.93`, `5.0×10⁻⁵`.
pub(crate) fn chance(chance: f64) -> String {
    if chance >= 0.001 || chance <= 0.0 {
        let decimals = if chance >= 0.01 { 3 } else { 4 };
        return format!("{chance:.decimals$}");
    }
    let text = format!("{chance:.1e}");
    let (figure, power) = text.split_once('e').unwrap_or((&text, "0"));
    let raised = power.chars().map(|digit| match digit {
        '-' => '⁻',
        digit => digit
            .to_digit(10)
            .map_or(digit, |digit| RAISED[digit as usize]),
    });
    format!("{figure}×10{}", raised.collect::<String>())
}

const RAISED: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];

/// A power of ten on an axis: `1`, `10`, `1,000`, `10⁻⁵`, `10⁶`.
pub(crate) fn power_of_ten(power: i32) -> String {
    match power {
        0 => "1".to_owned(),
        1..=4 => count(10_u64.pow(power.unsigned_abs())),
        -2..=-1 => format!("{}", 10_f64.powi(power)),
        _ => {
            let digits = power.unsigned_abs().to_string();
            let raised = digits
                .chars()
                .filter_map(|digit| digit.to_digit(10))
                .map(|digit| RAISED[digit as usize]);
            let sign = if power < 0 { "⁻" } else { "" };
            format!("10{sign}{}", raised.collect::<String>())
        }
    }
}

/// A count as a number to draw by.
#[expect(
    clippy::cast_precision_loss,
    reason = "a picture needs no more than 53 bits"
)]
pub(crate) fn drawn(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    #[test]
    fn counts_are_grouped_by_thousands() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(super::count(number), text);
        }
    }

    #[test]
    fn bits_have_a_sign_and_a_true_minus() {
        for (value, text) in [
            (12.34, "+12.3"),
            (-4.0, "−4.0"),
            (-0.01, "0.0"),
            (0.0, "0.0"),
        ] {
            assert_eq!(super::bits(value), text);
        }
    }

    #[test]
    fn a_share_near_an_end_is_told_by_what_it_lacks() {
        for (share, text) in [
            (0.5, "50.0 %"),
            (0.9312, "93.1 %"),
            (0.9994, "99.940 %"),
            (0.000_012, "0.0012 %"),
            (1.0, "100 %"),
            (0.0, "0 %"),
            (0.999_999_999_9, "&gt;99.999999 %"),
            (1e-12, "&lt;0.000001 %"),
        ] {
            assert_eq!(
                super::percent(share).replace('\u{a0}', " "),
                text,
                "{share}"
            );
        }
    }

    #[test]
    fn small_chances_are_told_by_powers_of_ten() {
        for (chance, text) in [(0.93, "0.930"), (0.004, "0.0040"), (0.000_05, "5.0×10⁻⁵")] {
            assert_eq!(super::chance(chance), text);
        }
        for (power, text) in [
            (0, "1"),
            (3, "1,000"),
            (-2, "0.01"),
            (-7, "10⁻⁷"),
            (12, "10¹²"),
        ] {
            assert_eq!(super::power_of_ten(power), text);
        }
    }
}
