//! Clusters, explained pairs, and what is left to people.

use crate::data::{ClusterSize, Report};
use crate::drawing::Shape;
use crate::markup::{Cell, Table, escape, label, prose};
use crate::plot::Axis;
use crate::rows::Rows;
use crate::{graph, number, waterfall};

/// Sizes told one by one; larger ones are told together.
const SIZES_TOLD_MAX: usize = 16;

pub(super) fn sizes(report: &Report) -> String {
    let (told, rest) = report
        .clusters
        .split_at(report.clusters.len().min(SIZES_TOLD_MAX));
    let most = |sizes: &[ClusterSize]| sizes.iter().map(|size| size.clusters).max().unwrap_or(0);
    let rest_clusters = rest.iter().map(|size| size.clusters).sum::<u64>();
    let longest = number::drawn(most(told).max(rest_clusters)).max(1.0);
    let mut rows = Rows::new(Axis {
        low: 0.0,
        high: longest,
    });
    let mut row = |name: String, clusters: u64| {
        let bar = (0.0, number::drawn(clusters));
        rows.bar(&name, bar, "for", &number::count(clusters));
    };
    for size in told {
        let records = number::count(size.records);
        row(
            format!("{records} {}", label("件", "records")),
            size.clusters,
        );
    }
    if let (Some(first), Some(last)) = (rest.first(), rest.last()) {
        let range = format!(
            "{}–{} {}",
            number::count(first.records),
            number::count(last.records),
            label("件", "records")
        );
        row(range, rest_clusters);
    }
    let table = rows.finish(
        [&label("大きさ", "size"), &label("まとまり", "clusters")],
        &[],
    );
    table + &graphs(report)
}

fn graphs(report: &Report) -> String {
    if report.graphs.is_empty() {
        return String::new();
    }
    let lead = prose(
        "最も弱い結び目が最も軽いまとまり。数字は重み（ビット、事前を除く）、点線は確認待ちの組です。",
        "Clusters whose weakest tie is lightest. Figures are weights in bits without the prior; dotted lines are pairs for review.",
    );
    let drawings = report.graphs.iter().map(|graph| {
        format!(
            "<div class=\"pair\">{}</div>",
            graph::draw(graph, Shape::Within)
        )
    });
    format!(
        "<h3>{}</h3>\n{lead}<div class=\"graphs\">\n{}</div>\n",
        label("まとまりの例", "sample clusters"),
        drawings.collect::<String>()
    )
}

pub(super) fn samples(report: &Report) -> String {
    if report.samples.is_empty() {
        return prose("示す組はありません。", "There is no pair to show.");
    }
    let lead = prose(
        "任意の2件から始めて、比較ごとに重みを足していきます。値は示しません。",
        "From any two records on, each comparison adds its weight. Values are not shown.",
    );
    lead + &report
        .samples
        .iter()
        .map(waterfall::markup)
        .collect::<String>()
}

pub(super) fn review(report: &Report) -> String {
    let review = &report.review;
    if review.reasons.is_empty() && review.head.is_empty() {
        return prose("確認を待つ組はありません。", "No pair is for review.");
    }
    let mut reasons = Table::new(&[("理由", "reason"), ("組", "pairs")]).narrow();
    for reason in &review.reasons {
        reasons.row([Cell::text(&reason.reason), Cell::count(reason.pairs)]);
    }
    let mut head = Table::new(&[
        ("記録", "record"),
        ("記録", "record"),
        ("ビット", "bits"),
        ("一致確率", "probability"),
        ("変わる組", "worth"),
        ("理由", "reason"),
    ]);
    for entry in &review.head {
        head.row([
            Cell::text(&entry.left.to_string()),
            Cell::text(&entry.right.to_string()),
            Cell::Figure(number::bits(entry.bits)),
            Cell::Figure(number::percent(entry.probability)),
            Cell::known(entry.worth.map(|worth| format!("{worth:.2}"))),
            Cell::Text(escape(&entry.reason)),
        ]);
    }
    let heading = label("先に確かめる組", "the first to settle");
    format!("{}<h3>{heading}</h3>\n{}", reasons.finish(), head.finish())
}
