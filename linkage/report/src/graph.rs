//! A cluster as a drawing: records as marks, links as lines, the weakest tie marked, the two parts of a split apart.

use std::f64::consts::TAU;

use linkage::{ClusterGraph, GraphEdge, Tie};

use crate::drawing::{Drawing, Shape};
use crate::number;
use crate::waterfall::fitted;

/// A cluster of more records is told, not drawn: its lines could not be told apart.
pub const RECORDS_DRAWN_MAX: usize = 40;
/// With more edges than this, only the weakest tie and bridges have their weights beside them.
const EDGES_LABELLED_MAX: usize = 10;
const LABEL_COLUMNS_MAX: usize = 22;
/// Pixels between neighbours on a circle.
const SPACING: f64 = 70.0;
const RADIUS_MIN: f64 = 84.0;
/// Pixels left and right of a circle for the records' ids, and between two circles.
const MARGIN: f64 = 120.0;
const BETWEEN: f64 = 150.0;
/// Pixels above the highest record and below the lowest.
const ABOVE: f64 = 36.0;
const BELOW: f64 = 48.0;
/// Pixels of a half-width letter of an id.
const LETTER: f64 = 7.0;
const LEGEND_HEIGHT: f64 = 24.0;

/// A cluster as a drawing of its own.
#[must_use]
pub fn graph_svg(graph: &ClusterGraph) -> String {
    draw(graph, Shape::Alone)
}

/// A cluster as a drawing, alone or within the page. The same graph gives the same drawing.
pub(crate) fn draw(graph: &ClusterGraph, shape: Shape) -> String {
    let name = format!("cluster of {} records", graph.records.len());
    let sources = sources(graph);
    if graph.records.len() > RECORDS_DRAWN_MAX {
        let mut drawing = Drawing::new(420.0, 60.0);
        let told = format!(
            "{}件: 図には大きすぎる too large to be drawn",
            number::count(graph.records.len() as u64)
        );
        drawing.text((16.0, 34.0), "", &told);
        return drawing.finish(shape, &name);
    }
    let Layout {
        places,
        turns,
        width,
        height,
    } = layout(graph);
    let rows = sources.len() + 1 + usize::from(graph.split.is_some());
    let legend_height = LEGEND_HEIGHT * number::drawn(rows as u64) + 8.0;
    let mut drawing = Drawing::new(width, height + legend_height);
    for (edge, tie) in graph.edges.iter().enumerate() {
        drawing.line(places[tie.left], places[tie.right], class(graph, edge));
    }
    for (place, at) in places.iter().enumerate() {
        let record = &graph.records[place];
        let kind = sources.iter().position(|name| *name == record.source);
        drawing.mark(*at, kind.unwrap_or(0));
        let (at, class) = label_at(*at, turns[place]);
        drawing.text(at, class, &fitted(&record.id, LABEL_COLUMNS_MAX));
    }
    for (edge, tie) in graph.edges.iter().enumerate() {
        label_edge(&mut drawing, graph, edge, tie, &places);
    }
    legend(&mut drawing, graph, &sources, height);
    drawing.finish(shape, &name)
}

/// Where a record's id stands: away from the circle's middle; below a record that faces the other circle.
fn label_at((x, y): (f64, f64), turn: Option<f64>) -> ((f64, f64), &'static str) {
    let (across, up) = turn.map_or((0.0, 1.0), |angle| (angle.cos(), angle.sin()));
    if across > 0.5 {
        ((x + 13.0, y + 4.0), "small halo")
    } else if across < -0.5 {
        ((x - 13.0, y + 4.0), "small end halo")
    } else if up < 0.0 {
        ((x, y - 14.0), "small middle halo")
    } else {
        ((x, y + 24.0), "small middle halo")
    }
}

fn label_edge(
    drawing: &mut Drawing,
    graph: &ClusterGraph,
    edge: usize,
    tie: &GraphEdge,
    places: &[(f64, f64)],
) {
    let weakest = graph.weakest == Some(edge);
    if !weakest && !tie.bridge && graph.edges.len() > EDGES_LABELLED_MAX {
        return;
    }
    let (left, right) = (places[tie.left], places[tie.right]);
    // Off the middle, so that the weights of two lines that cross do not meet.
    let share = if (tie.left + tie.right).is_multiple_of(2) {
        0.42
    } else {
        0.56
    };
    let at = (
        left.0 + share * (right.0 - left.0),
        left.1 + share * (right.1 - left.1) - 4.0,
    );
    let class = if weakest {
        "small middle halo weak-label"
    } else {
        "tick middle halo"
    };
    drawing.text(at, class, &number::bits(f64::from(tie.weight)));
}

fn class(graph: &ClusterGraph, edge: usize) -> &'static str {
    let tie = &graph.edges[edge];
    match tie.tie {
        Tie::Review => "review",
        Tie::Vetoed => "vetoed",
        Tie::Link if graph.weakest == Some(edge) => "weakest",
        Tie::Link if tie.bridge => "bridge",
        Tie::Link => "link",
    }
}

fn sources(graph: &ClusterGraph) -> Vec<&str> {
    let mut sources = graph
        .records
        .iter()
        .map(|record| record.source.as_str())
        .collect::<Vec<_>>();
    sources.sort_unstable();
    sources.dedup();
    sources
}

fn legend(drawing: &mut Drawing, graph: &ClusterGraph, sources: &[&str], top: f64) {
    let mut y = top + 14.0;
    for (kind, source) in sources.iter().enumerate() {
        drawing.mark((24.0, y), kind);
        drawing.text((44.0, y + 5.0), "small", &fitted(source, 40));
        y += LEGEND_HEIGHT;
    }
    let split = graph.split.as_ref().map(|split| split.edge);
    let told = [
        (
            graph.weakest,
            "weakest",
            "最も弱い結び目 weakest tie (bits)",
        ),
        (
            split.filter(|_| split != graph.weakest),
            "bridge",
            "外すと二つに分かれる without it: two clusters",
        ),
    ];
    for (edge, class, words) in told {
        if edge.is_some() {
            drawing.line((12.0, y), (36.0, y), class);
            drawing.text((44.0, y + 5.0), "small", words);
            y += LEGEND_HEIGHT;
        }
    }
    if split.is_some() && split == graph.weakest {
        let words = "それを外すと二つに分かれる without it: two clusters";
        drawing.text((44.0, y), "small", words);
    }
}

struct Layout {
    places: Vec<(f64, f64)>,
    /// The direction from the circle's middle; none for a record alone and for one that faces the other circle.
    turns: Vec<Option<f64>>,
    width: f64,
    height: f64,
}

/// The records on a circle; with a split, the two parts on two circles side by side, its bridge between them.
fn layout(graph: &ClusterGraph) -> Layout {
    let parts = parts(graph);
    let mut layout = Layout {
        places: vec![(0.0, 0.0); graph.records.len()],
        turns: vec![None; graph.records.len()],
        width: 0.0,
        height: 0.0,
    };
    let longest = graph
        .records
        .iter()
        .map(|record| record.id.chars().count().min(LABEL_COLUMNS_MAX));
    let letters = number::drawn(longest.max().unwrap_or(0) as u64);
    let margin = (LETTER * letters + 24.0)
        .min(MARGIN)
        .max(LETTER * letters / 2.0 + 12.0);
    let mut x = margin;
    for (side, part) in parts.iter().enumerate() {
        let radius = radius(part.len());
        // The bridge's end looks to the other part: to the right on the left circle, to the left on the right one.
        let facing = if side == 0 { 0.0 } else { TAU / 2.0 };
        let end = graph.split.as_ref().and_then(|split| {
            let edge = &graph.edges[split.edge];
            part.iter()
                .position(|record| [edge.left, edge.right].contains(record))
        });
        let start = if end.is_some() { facing } else { -TAU / 4.0 };
        let count = number::drawn(part.len() as u64);
        for (turn, offset) in (0_u32..).zip(0..part.len()) {
            let record = part[(end.unwrap_or(0) + offset) % part.len()];
            let angle = start + TAU * f64::from(turn) / count;
            layout.places[record] = (x + radius + radius * angle.cos(), radius * angle.sin());
            let faces = end.is_some() && turn == 0;
            layout.turns[record] = (radius > 0.0 && !faces).then_some(angle);
        }
        x += 2.0 * radius + BETWEEN;
    }
    layout.width = (x - BETWEEN + margin).max(340.0);
    layout.trim();
    layout
}

impl Layout {
    /// Takes away what stands empty above and below.
    fn trim(&mut self) {
        let heights = || self.places.iter().map(|place| place.1);
        let top = heights().fold(f64::INFINITY, f64::min) - ABOVE;
        self.height = heights().fold(f64::NEG_INFINITY, f64::max) - top + BELOW;
        for place in &mut self.places {
            place.1 -= top;
        }
    }
}

/// The records as one part, or as the two of a split.
fn parts(graph: &ClusterGraph) -> Vec<Vec<usize>> {
    let all = 0..graph.records.len();
    let Some(split) = &graph.split else {
        return vec![all.collect()];
    };
    let other = all.filter(|place| split.side.binary_search(place).is_err());
    vec![split.side.clone(), other.collect()]
}

fn radius(records: usize) -> f64 {
    match records {
        0 | 1 => 0.0,
        2 => SPACING * 0.7,
        _ => (SPACING * number::drawn(records as u64) / TAU).max(RADIUS_MIN),
    }
}
