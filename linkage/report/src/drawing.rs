//! Drawings of fixed size, to stand alone or within a page.

use std::fmt::Write;

use crate::markup::escape;

/// The colours and letters of a drawing that stands alone: the page has the same.
const STYLE: &str = include_str!("drawing.css");

/// On a narrow screen a drawing within the page shrinks to this share of its size at most.
const SHRUNK_MIN: f64 = 0.72;

/// Where a drawing stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// In a file of its own, with its own colours.
    Alone,
    /// In a page that has the colours.
    Within,
}

/// A drawing while it is made; places are `(x, y)` in pixels.
pub(crate) struct Drawing {
    width: f64,
    height: f64,
    body: String,
}

impl Drawing {
    /// An empty drawing.
    pub(crate) fn new(width: f64, height: f64) -> Self {
        Self {
            width,
            height,
            body: String::new(),
        }
    }

    /// A line of text, escaped here.
    pub(crate) fn text(&mut self, (x, y): (f64, f64), class: &str, text: &str) {
        let _ = writeln!(
            self.body,
            "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\">{}</text>",
            escape(text)
        );
    }

    /// A straight line.
    pub(crate) fn line(&mut self, from: (f64, f64), to: (f64, f64), class: &str) {
        let _ = writeln!(
            self.body,
            "<line class=\"{class}\" x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\"/>",
            from.0, from.1, to.0, to.1
        );
    }

    /// A bar between two corners, at least a pixel wide.
    pub(crate) fn bar(&mut self, from: (f64, f64), to: (f64, f64), class: &str) {
        let (left, width) = (from.0.min(to.0), (from.0 - to.0).abs().max(1.0));
        let _ = writeln!(
            self.body,
            "<rect class=\"{class}\" x=\"{left:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"{:.1}\"/>",
            from.1,
            to.1 - from.1
        );
    }

    /// A mark for things of one kind out of several, by shape and colour.
    pub(crate) fn mark(&mut self, (x, y): (f64, f64), kind: usize) {
        let class = format!("node kind{}", kind % 6);
        let shape = match kind % 4 {
            0 => format!("<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"8\"/>"),
            1 => format!(
                "<rect class=\"{class}\" x=\"{:.1}\" y=\"{:.1}\" width=\"15\" height=\"15\"/>",
                x - 7.5,
                y - 7.5
            ),
            2 => format!(
                "<path class=\"{class}\" d=\"M{x:.1} {:.1}l9 16h-18z\"/>",
                y - 9.5
            ),
            _ => format!(
                "<path class=\"{class}\" d=\"M{x:.1} {:.1}l9 9l-9 9l-9 -9z\"/>",
                y - 9.0
            ),
        };
        self.body.push_str(&shape);
        self.body.push('\n');
    }

    /// The drawing's markup; `name` says in words what it shows.
    pub(crate) fn finish(self, shape: Shape, name: &str) -> String {
        let Self {
            width,
            height,
            body,
        } = self;
        let least = SHRUNK_MIN * width;
        let (head, ground, style) = match shape {
            Shape::Alone => (
                format!("<style>{STYLE}</style>\n"),
                format!("<rect class=\"paper\" width=\"{width:.0}\" height=\"{height:.0}\"/>\n"),
                String::new(),
            ),
            Shape::Within => (
                String::new(),
                String::new(),
                format!(" style=\"min-width:{least:.0}px\""),
            ),
        };
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"drawing\" role=\"img\" aria-label=\"{}\" \
             viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" height=\"{height:.0}\"{style}>\n{head}{ground}{body}</svg>\n",
            escape(name)
        )
    }
}
