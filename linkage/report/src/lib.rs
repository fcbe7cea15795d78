//! What record linkage found, for people: a page, drawings and text from a run's results.
//!
//! [`Report`] is the data (`report.json` is it), [`Report::of`] makes it from a run, [`html`] the page, [`text`] a few
//! lines; [`waterfall_svg`] draws a pair, [`graph_svg`] a cluster. Nothing here holds a value that was compared: only
//! names of sources, ids of records, levels and counts. The charts are those that Splink made customary (Linacre et
//! al., "Splink: free software for probabilistic record linkage at scale", International Journal of Population Data
//! Science 7, 2022).

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test panics on purpose"))]

mod data;
mod drawing;
mod graph;
mod markup;
mod number;
mod of;
mod page;
mod plot;
mod rows;
mod section;
mod text;
mod waterfall;
mod weakest;

pub use data::{
    Accuracy, Among, Blocking, BlockingRule, ClusterSize, ComparisonChart, Counts, Curve,
    CurvePoint, Dependence, DependentPair, Estimate, FORM, Histogram, Interval, LevelChart,
    LevelOrigin, OversizedBlock, ReasonCount, Report, Review, ReviewEntry, Slopes, Source,
    Threshold, ThresholdOrigin, TrainOrigin, Training, TrainingRound, Unlinkables,
};
pub use graph::{RECORDS_DRAWN_MAX, graph_svg};
pub use of::sample_pairs;
pub use page::html;
pub use text::text;
pub use waterfall::{Step, StepOf, steps, waterfall_svg};
