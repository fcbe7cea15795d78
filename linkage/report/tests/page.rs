//! The page is whole, well-formed, harmless, and says of everything unknown that it is unknown.
#![allow(clippy::unwrap_used, reason = "a test panics on purpose")]

use linkage_report::{Report, graph_svg, html, text, waterfall_svg};
use roxmltree::{Document, ParsingOptions};

/// A report in which everything is known, made up.
fn full() -> Report {
    serde_json::from_str(include_str!("report.json")).unwrap()
}

/// The same in which nothing is known that may be unknown.
fn bare() -> Report {
    let mut report = full();
    report.counts.candidate_pairs = None;
    report.estimates.clear();
    report.accuracy = None;
    report.prior_bits = None;
    report.scores = None;
    report.curve = None;
    report.unlinkables = None;
    report.dependence = None;
    report.blocking.recall = None;
    report.blocking.caught.clear();
    for rule in &mut report.blocking.rules {
        (rule.new_pairs, rule.recall) = (None, None);
        rule.oversized.clear();
    }
    for level in report
        .comparisons
        .iter_mut()
        .flat_map(|chart| &mut chart.levels)
    {
        (level.m, level.u, level.bits) = (None, None, None);
    }
    report.training.history.clear();
    report.clusters.clear();
    report.samples.clear();
    report.graphs.clear();
    report.review.head.clear();
    report.review.reasons.clear();
    report
}

/// Parses strictly and hands the document to the check.
fn parsed(markup: &str, check: impl Fn(&Document<'_>)) {
    let options = ParsingOptions {
        allow_dtd: true,
        ..ParsingOptions::default()
    };
    check(&Document::parse_with_options(markup, options).unwrap());
}

#[test]
fn a_report_comes_back_from_json_as_it_was() {
    for report in [full(), bare()] {
        let json = serde_json::to_string(&report).unwrap();
        assert_eq!(serde_json::from_str::<Report>(&json).unwrap(), report);
    }
}

#[test]
fn the_page_is_well_formed_and_every_reference_has_its_target() {
    for report in [full(), bare()] {
        parsed(&html(&report), |page| {
            let ids = page.descendants().filter_map(|node| node.attribute("id"));
            let ids = ids.collect::<Vec<_>>();
            for link in page.descendants().filter_map(|node| node.attribute("href")) {
                let target = link.strip_prefix('#').unwrap();
                assert!(ids.contains(&target), "{link}");
            }
        });
    }
}

#[test]
fn nothing_is_run_and_nothing_is_loaded() {
    let page = html(&full());
    parsed(&page, |page| {
        for node in page.descendants().filter(roxmltree::Node::is_element) {
            let name = node.tag_name().name();
            let barred = ["script", "link", "img", "iframe", "object", "image", "use"];
            assert!(!barred.contains(&name), "<{name}>");
            for attribute in node.attributes() {
                assert!(!attribute.name().starts_with("on"), "{}", attribute.name());
                assert!(attribute.name() != "src", "src");
            }
        }
    });
    assert!(!page.contains("url(") && !page.contains("@import"));
    assert!(page.contains("default-src 'none'"));
}

#[test]
fn names_that_look_like_markup_are_told_as_they_are() {
    let evil = "<script>alert(1)</script>\"'&\u{1}";
    let mut report = full();
    report.model = evil.to_owned();
    report.sources[0].name = evil.to_owned();
    report.comparisons[0].name = evil.to_owned();
    report.comparisons[0].levels[0].name = evil.to_owned();
    report.blocking.rules[0].name = evil.to_owned();
    report.blocking.rules[0].on[0] = evil.to_owned();
    report.samples[0].left.id = evil.to_owned();
    report.samples[0].comparisons[0].comparison = evil.to_owned();
    report.samples[0].comparisons[0].level = Some(evil.to_owned());
    report.graphs[0].records[0].id = evil.to_owned();
    report.graphs[0].records[0].source = evil.to_owned();
    report.review.head[0].reason = evil.to_owned();
    report.review.reasons[0].reason = evil.to_owned();
    report.estimates[0].method = evil.to_owned();
    report.dependence.as_mut().unwrap().pairs[0].left = evil.to_owned();
    let told = "<script>alert(1)</script>\"'&\u{fffd}";
    parsed(&html(&report), |page| {
        let script = |node: &roxmltree::Node<'_, '_>| node.tag_name().name() == "script";
        assert!(!page.descendants().any(|node| script(&node)));
        let texts = page.descendants().filter_map(|node| node.text());
        assert!(texts.filter(|text| text.contains(told)).count() >= 12);
    });
    for drawing in [
        waterfall_svg(&report.samples[0]),
        graph_svg(&report.graphs[0]),
    ] {
        parsed(&drawing, |svg| {
            assert_eq!(svg.root_element().tag_name().name(), "svg");
        });
    }
}

#[test]
fn what_is_unknown_is_said_to_be_unknown() {
    let page = html(&bare());
    assert!(
        !html(&full()).contains("不明: "),
        "nothing of it is unknown"
    );
    assert_eq!(page.matches("<p class=\"unknown\">不明: ").count(), 7);
    let told = text(&bare());
    for line in ["candidate pairs", "estimated precision", "estimated recall"] {
        let line = told.lines().find(|told| told.starts_with(line)).unwrap();
        assert!(line.ends_with("unknown"), "{line}");
    }
}

#[test]
fn figures_are_told_in_a_few_lines() {
    insta::assert_snapshot!(text(&full()));
}

#[test]
fn a_pair_is_told_in_words() {
    let told = full()
        .samples
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn a_cluster_is_told_in_words() {
    insta::assert_snapshot!(full().graphs[0].to_string());
}

#[test]
fn drawings_of_pairs_and_clusters_stand_alone_and_stay_the_same() {
    for graph in &full().graphs {
        parsed(&graph_svg(graph), |svg| {
            let drawn = svg.descendants().filter(|node| {
                let class = node.attribute("class");
                class.is_some_and(|class| class.starts_with("node "))
            });
            assert!(drawn.count() >= graph.records.len());
        });
        assert_eq!(graph_svg(graph), graph_svg(graph));
    }
    for sample in &full().samples {
        parsed(&waterfall_svg(sample), |svg| {
            assert!(svg.root_element().attribute("viewBox").is_some());
        });
    }
    insta::assert_snapshot!(graph_svg(&full().graphs[1]));
}

#[test]
fn kin_and_moving_are_told_where_the_weights_know_of_them() {
    let mut report = full();
    let told = "There are kin";
    assert!(!html(&report).contains(told) && !html(&report).contains("moved or changed"));
    report.training.kin_share = vec![("street".into(), 0.93)];
    report.training.moved_per_match = Some(0.25);
    let page = html(&report);
    assert!(page.contains(told) && page.contains("street: 93"));
    assert!(page.contains("20") && page.contains("moved or changed much at once"));
    parsed(&page, |_| {});
}
