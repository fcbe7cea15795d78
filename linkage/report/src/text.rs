//! The report in a few lines, for a terminal.

use std::fmt::Write;

use crate::data::{Interval, Report};
use crate::number;

/// The most important figures as plain text, one a line, in English.
#[must_use]
pub fn text(report: &Report) -> String {
    let counts = &report.counts;
    let mut text = String::new();
    let mut line = |name: &str, figure: String| {
        let _ = writeln!(text, "{name:<22} {figure}");
    };
    line("records", number::count(counts.records));
    line(
        "candidate pairs",
        counts
            .candidate_pairs
            .map_or_else(|| "unknown".to_owned(), number::count),
    );
    line("links", number::count(counts.links));
    line("pairs for review", number::count(counts.review));
    line("clusters", number::count(counts.clusters));
    let threshold = &report.threshold;
    line(
        "threshold",
        format!(
            "{} ({} bits)",
            number::percent(threshold.probability),
            number::bits(threshold.bits)
        ),
    );
    let headline = report.estimates.first();
    let precision = headline.and_then(|estimate| estimate.precision);
    let recall = headline.and_then(|estimate| estimate.recall);
    line("estimated precision", estimated(precision));
    line("estimated recall", estimated(recall));
    if let Some(accuracy) = &report.accuracy {
        line("precision", number::percent(accuracy.precision));
        line("recall", number::percent(accuracy.recall));
        line("F1", number::percent(accuracy.f1));
    }
    text.replace("&gt;", ">")
        .replace("&lt;", "<")
        .replace('\u{a0}', " ")
}

fn estimated(interval: Option<Interval>) -> String {
    let Some(interval) = interval else {
        return "unknown".to_owned();
    };
    let (figure, bounds) = number::estimate(&interval);
    let bounds = bounds.unwrap_or_else(|| "no interval".to_owned());
    format!("{figure} ({bounds})")
}
