//! The sections of the page, in their order.

mod blocking;
mod clusters;
mod evidence;
mod scores;
mod summary;
mod training;

use crate::Report;

/// A section: its anchor, its heading in both languages, and what fills it.
pub(crate) struct Section {
    /// The anchor.
    pub(crate) anchor: &'static str,
    /// The heading.
    pub(crate) heading: (&'static str, &'static str),
    /// Makes its markup.
    pub(crate) body: fn(&Report) -> String,
}

const fn section(
    anchor: &'static str,
    japanese: &'static str,
    english: &'static str,
    body: fn(&Report) -> String,
) -> Section {
    Section {
        anchor,
        heading: (japanese, english),
        body,
    }
}

/// All sections.
pub(crate) const SECTIONS: [Section; 12] = [
    section("summary", "要約", "Summary", summary::body),
    section("curve", "閾値と推定精度", "Threshold curve", scores::curve),
    section(
        "scores",
        "候補組の分布",
        "Candidate pairs by weight",
        scores::histogram,
    ),
    section("weights", "一致の重み", "Match weights", evidence::weights),
    section(
        "chances",
        "m確率とu確率",
        "m and u probabilities",
        evidence::chances,
    ),
    section(
        "dependence",
        "比較どうしの依存",
        "Dependence",
        training::dependence,
    ),
    section("training", "学習", "Training", training::convergence),
    section("blocking", "候補の作り方と費用", "Blocking", blocking::body),
    section(
        "unlinkables",
        "結べない記録",
        "Unlinkable records",
        scores::unlinkables,
    ),
    section("clusters", "まとまり", "Clusters", clusters::sizes),
    section("samples", "組の内訳", "Sample pairs", clusters::samples),
    section("review", "確認待ち", "For review", clusters::review),
];
