//! Charts of one row a thing: a name, a drawing across, a figure.

use std::fmt::Write;

use crate::markup::label;
use crate::number;
use crate::plot::Axis;

/// A row's drawing in pixels.
const ROW_HEIGHT: u32 = 16;

/// A table of rows while it is made.
pub(crate) struct Rows {
    axis: Axis,
    body: String,
}

/// The class of a bar that speaks for a match, or against it.
pub(crate) fn side(bits: f64) -> &'static str {
    if bits < 0.0 { "against" } else { "for" }
}

impl Rows {
    /// An empty table over an axis.
    pub(crate) fn new(axis: Axis) -> Self {
        Self {
            axis,
            body: String::new(),
        }
    }

    /// Starts a group of rows under a heading of markup.
    pub(crate) fn group(&mut self, heading: &str) {
        let tag = if self.body.is_empty() {
            "<tbody>"
        } else {
            "</tbody>\n<tbody>"
        };
        let _ = writeln!(
            self.body,
            "{tag}<tr class=\"group\"><th colspan=\"3\" scope=\"rowgroup\">{heading}</th></tr>"
        );
    }

    /// A row of markup with a bar between two values, drawn in the class's colour.
    pub(crate) fn bar(&mut self, name: &str, (from, to): (f64, f64), class: &str, figure: &str) {
        let (one, other) = (self.axis.percent(from), self.axis.percent(to));
        let (left, width) = (one.min(other), (one - other).abs().max(0.3));
        let zero = self.zero();
        let drawing = format!(
            "{zero}<rect class=\"{class}\" x=\"{left:.2}%\" y=\"2\" width=\"{width:.2}%\" height=\"12\"/>"
        );
        self.row("", name, &drawing, figure);
    }

    /// A last row: a bar from zero, in bold.
    pub(crate) fn total(&mut self, name: &str, value: f64, figure: &str) {
        let (one, other) = (self.axis.percent(0.0), self.axis.percent(value));
        let (left, width) = (one.min(other), (one - other).abs().max(0.3));
        let drawing = format!(
            "{}<rect class=\"sum\" x=\"{left:.2}%\" y=\"2\" width=\"{width:.2}%\" height=\"12\"/>",
            self.zero()
        );
        self.row(" class=\"total\"", name, &drawing, figure);
    }

    /// A row with two dots joined by a line; a dot that is not known is not drawn.
    pub(crate) fn dots(
        &mut self,
        name: &str,
        full: Option<f64>,
        hollow: Option<f64>,
        figure: &str,
    ) {
        let mut drawing = String::new();
        let at = |value: f64| self.axis.percent(value);
        if let (Some(full), Some(hollow)) = (full, hollow) {
            let (full, hollow) = (at(full), at(hollow));
            let _ = write!(
                drawing,
                "<line class=\"span\" x1=\"{full:.2}%\" x2=\"{hollow:.2}%\" y1=\"8\" y2=\"8\"/>"
            );
        }
        if let Some(hollow) = hollow {
            let x = at(hollow);
            let _ = write!(
                drawing,
                "<svg x=\"{x:.2}%\" y=\"8\" style=\"overflow:visible\"><rect class=\"hollow\" x=\"-4\" y=\"-4\" width=\"8\" height=\"8\"/></svg>"
            );
        }
        if let Some(full) = full {
            let x = at(full);
            let _ = write!(
                drawing,
                "<circle class=\"for\" cx=\"{x:.2}%\" cy=\"8\" r=\"5\"/>"
            );
        }
        self.row("", name, &drawing, figure);
    }

    /// A row without a drawing, since its figure is not known or there is nothing to draw.
    pub(crate) fn blank(&mut self, name: &str, figure: &str) {
        let zero = self.zero();
        self.row("", name, &zero, figure);
    }

    fn zero(&self) -> String {
        if self.axis.low > 0.0 || self.axis.high < 0.0 {
            return String::new();
        }
        let x = self.axis.percent(0.0);
        format!("<line class=\"zero\" x1=\"{x:.2}%\" x2=\"{x:.2}%\" y1=\"-6\" y2=\"22\"/>")
    }

    fn row(&mut self, class: &str, name: &str, drawing: &str, figure: &str) {
        if self.body.is_empty() {
            self.body.push_str("<tbody>");
        }
        let _ = writeln!(
            self.body,
            "<tr{class}><th scope=\"row\">{name}</th><td><svg aria-hidden=\"true\" width=\"100%\" height=\"{ROW_HEIGHT}\">{drawing}</svg></td><td class=\"number\">{figure}</td></tr>"
        );
    }

    /// The table's markup; `heads` name the first and the last column in both languages, `ticks` the axis.
    pub(crate) fn finish(self, heads: [&str; 2], ticks: &[(f64, String)]) -> String {
        if self.body.is_empty() {
            return format!("<p>{}</p>\n", label("なし", "none"));
        }
        let mut scale = String::new();
        for (value, label) in ticks {
            let x = self.axis.percent(*value);
            let anchor = match x {
                x if x < 4.0 => "start",
                x if x > 96.0 => "end",
                _ => "middle",
            };
            let _ = write!(
                scale,
                "<text class=\"tick\" x=\"{x:.2}%\" y=\"12\" text-anchor=\"{anchor}\">{label}</text>"
            );
        }
        format!(
            "<table class=\"rows\"><thead><tr><th class=\"level\" scope=\"col\">{}</th>\
             <th scope=\"col\"><svg aria-hidden=\"true\" width=\"100%\" height=\"{ROW_HEIGHT}\">{scale}</svg></th>\
             <th class=\"number\" scope=\"col\">{}</th></tr></thead>\n{}</tbody></table>\n",
            heads[0], heads[1], self.body
        )
    }
}

/// Ticks of bits.
pub(crate) fn bit_ticks(axis: Axis, most: usize) -> Vec<(f64, String)> {
    let ticks = axis.ticks(most).into_iter();
    ticks.map(|value| (value, number::tick(value))).collect()
}
