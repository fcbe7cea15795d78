//! What came out, in one glance.

use std::fmt::Write;

use crate::data::{Estimate, Interval, Report, ThresholdOrigin};
use crate::markup::{Cell, Table, escape, label, or_unknown, prose};
use crate::number;

pub(super) fn body(report: &Report) -> String {
    let mut markup = tiles(report);
    markup.push_str(&threshold(report));
    markup.push_str(&quality(report));
    markup.push_str(&sources(report));
    markup
}

fn tiles(report: &Report) -> String {
    let counts = &report.counts;
    let headline = report.estimates.first();
    let estimated = |pick: fn(&Estimate) -> Option<Interval>| {
        or_unknown(headline.and_then(pick).map(|interval| figure(&interval)))
    };
    let known = |count: u64| number::count(count);
    let mut tiles = vec![
        ("記録", "records", known(counts.records)),
        (
            "候補組",
            "candidate pairs",
            or_unknown(counts.candidate_pairs.map(known)),
        ),
        ("結んだ組", "links", known(counts.links)),
        ("確認待ちの組", "pairs for review", known(counts.review)),
        (
            "まとまり（人）",
            "clusters (persons)",
            known(counts.clusters),
        ),
        (
            "推定適合率",
            "estimated precision",
            estimated(|estimate| estimate.precision),
        ),
        (
            "推定再現率",
            "estimated recall",
            estimated(|estimate| estimate.recall),
        ),
        (
            "閾値",
            "threshold",
            number::percent(report.threshold.probability),
        ),
    ];
    if let Some(accuracy) = &report.accuracy {
        let told = format!(
            "{}<small>適合率 precision {}<br/>再現率 recall {}</small>",
            number::percent(accuracy.f1),
            number::percent(accuracy.precision),
            number::percent(accuracy.recall)
        );
        tiles.push(("正解とのF1", "F1 against the truth", told));
    }
    let mut markup = String::from("<dl class=\"tiles\">\n");
    for (japanese, english, figure) in tiles {
        let _ = writeln!(
            markup,
            "<div class=\"tile\"><dt>{}</dt><dd>{figure}</dd></div>",
            label(japanese, english)
        );
    }
    markup + "</dl>\n"
}

/// A figure with its bounds below.
fn figure(interval: &Interval) -> String {
    let (figure, bounds) = number::estimate(interval);
    let bounds = bounds.unwrap_or_else(|| "区間は不明 no interval".to_owned());
    format!("{figure}<small>{bounds}</small>")
}

fn threshold(report: &Report) -> String {
    let threshold = &report.threshold;
    let at = number::percent(threshold.probability);
    let bits = number::bits(threshold.bits);
    let review = number::percent(threshold.review);
    let (japanese, english) = match threshold.origin {
        ThresholdOrigin::Model => (
            "モデルに書かれた値です".to_owned(),
            "it stands in the model".to_owned(),
        ),
        ThresholdOrigin::Given => (
            "実行した人が指定した値です".to_owned(),
            "whoever ran it gave it".to_owned(),
        ),
        ThresholdOrigin::Cost {
            false_link,
            missed_link,
        } => (
            format!(
                "誤った結合の費用を{false_link}、見落としの費用を{missed_link}として、期待費用が最小になる点をデータから選びました"
            ),
            format!(
                "chosen from the data where the expected cost is least, a false link costing {false_link} and a missed one {missed_link}"
            ),
        ),
    };
    prose(
        &format!(
            "一致確率 {at}（{bits} ビット）以上の組を結び、{review} 以上を人の確認に回します。閾値は{japanese}。"
        ),
        &format!(
            "Pairs at or above a match probability of {at} ({bits} bits) are linked, those above {review} are for review. The threshold: {english}."
        ),
    )
}

fn quality(report: &Report) -> String {
    let mut table = Table::new(&[
        ("求め方", "how"),
        ("適合率", "precision"),
        ("再現率", "recall"),
        ("F1", "F1"),
        ("区間", "interval"),
    ]);
    let cell = |interval: Option<Interval>| {
        Cell::known(interval.map(|interval| {
            let (figure, bounds) = number::estimate(&interval);
            let bounds = bounds.map(|bounds| format!("<br/><span class=\"en\">{bounds}</span>"));
            figure + &bounds.unwrap_or_default()
        }))
    };
    for estimate in &report.estimates {
        let bounded = [estimate.precision, estimate.recall, estimate.f1]
            .iter()
            .flatten()
            .any(|interval| interval.low.is_some());
        let confidence = if bounded {
            Cell::Figure(number::percent(estimate.confidence))
        } else {
            Cell::Figure("—".to_owned())
        };
        table.row([
            Cell::Text(label("推定", &escape(&estimate.method))),
            cell(estimate.precision),
            cell(estimate.recall),
            cell(estimate.f1),
            confidence,
        ]);
    }
    if let Some(accuracy) = &report.accuracy {
        table.row([
            Cell::Text(label("正解と比べて", "against the truth")),
            Cell::Figure(number::percent(accuracy.precision)),
            Cell::Figure(number::percent(accuracy.recall)),
            Cell::Figure(number::percent(accuracy.f1)),
            Cell::Figure("—".to_owned()),
        ]);
    }
    if report.estimates.is_empty() {
        let told = crate::markup::unknown(
            "この実行では、正解なしの適合率と再現率は推定されていません。",
            "precision and recall were not estimated in this run.",
        );
        return told
            + &if report.accuracy.is_some() {
                table.finish()
            } else {
                String::new()
            };
    }
    table.finish()
}

fn sources(report: &Report) -> String {
    let mut table = Table::new(&[("出所", "source"), ("記録", "records")]).narrow();
    for source in &report.sources {
        table.row([Cell::text(&source.name), Cell::count(source.records)]);
    }
    table.finish()
}
