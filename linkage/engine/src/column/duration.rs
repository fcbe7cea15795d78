//! Durations as people and machines write them, in whole seconds.

/// A plain figure of at least this is of milliseconds: as seconds it would be more than eight hours.
const MILLISECONDS_FROM: f64 = 30_000.0;
/// A figure with decimals below this is of minutes.
const MINUTES_BELOW: f64 = 60.0;

/// The seconds of a duration; nothing where it is none.
pub(crate) fn seconds(text: &str) -> String {
    read(text).map_or_else(String::new, |seconds| format!("{seconds:.0}"))
}

fn read(text: &str) -> Option<f64> {
    let text = text.trim().to_lowercase();
    if text.contains(':') {
        let parts = text.split(':').map(|part| part.trim().parse::<f64>().ok());
        let parts = parts.collect::<Option<Vec<_>>>()?;
        return (parts.len() <= 3).then(|| parts.iter().fold(0.0, |sum, part| 60.0 * sum + part));
    }
    if let Ok(figure) = text.parse::<f64>() {
        return Some(match figure {
            _ if !figure.is_finite() || figure < 0.0 => return None,
            _ if figure >= MILLISECONDS_FROM => figure / 1000.0,
            _ if text.contains('.') && figure < MINUTES_BELOW => figure * 60.0,
            _ => figure,
        });
    }
    with_units(&text)
}

/// `3m 39sec`, `3 min. 39 s`, `219000 ms`.
fn with_units(text: &str) -> Option<f64> {
    let (mut sum, mut rest) = (None, text.trim());
    while !rest.is_empty() {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
        let figure = rest[..digits].trim_end_matches('.').parse::<f64>().ok()?;
        let unit = rest[digits..].trim_start();
        let length = unit
            .find(|letter: char| !letter.is_alphabetic())
            .unwrap_or(unit.len());
        let seconds = match &unit[..length] {
            "h" | "hr" | "hrs" | "hour" | "hours" | "時間" => 3600.0,
            "m" | "min" | "mins" | "minute" | "minutes" | "分" => 60.0,
            "s" | "sec" | "secs" | "second" | "seconds" | "秒" => 1.0,
            "ms" | "msec" => 0.001,
            _ => return None,
        };
        *sum.get_or_insert(0.0) += figure * seconds;
        rest = unit[length..].trim_start_matches(|letter: char| !letter.is_ascii_digit());
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(seconds(text), expected, "`{text}`");
    }

    #[test]
    fn durations_are_read_in_any_unit() {
        for text in [
            "219",
            "3:39",
            "0:03:39",
            "3m 39sec",
            "3.65",
            "219000",
            "3 min. 39 s",
            "219sec",
            "3分39秒",
            "219000 ms",
        ] {
            check(text, "219");
        }
        check("1h 2m", "3720");
        for text in ["unk.", "", "-5", "3 songs", "12:x", "sec"] {
            check(text, "");
        }
    }
}
