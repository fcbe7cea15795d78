//! Charts that fit any width: across in percent, upward in pixels, so that text keeps its size on a phone.

use std::fmt::Write;

use crate::number;

/// A chart's height in pixels.
pub(crate) const HEIGHT: f64 = 220.0;
/// The side of the square in which stretched shapes are drawn.
const STRETCHED: f64 = 1000.0;
/// Labels at the right end keep so many pixels from each other.
const LABEL_GAP: f64 = 15.0;

/// An axis from `low` to `high`, which differ.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Axis {
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Axis {
    /// An axis that holds all values and, when they are one or none, something around them.
    pub(crate) fn over(values: impl IntoIterator<Item = f64>) -> Self {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values.into_iter().filter(|value| value.is_finite()) {
            low = low.min(value);
            high = high.max(value);
        }
        if low > high {
            (low, high) = (0.0, 1.0);
        }
        if high - low < 1e-9 {
            (low, high) = (low - 0.5, high + 0.5);
        }
        Self { low, high }
    }

    /// Where a value lies, 0 to 1; what lies outside is drawn at the end.
    pub(crate) fn share(self, value: f64) -> f64 {
        ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }

    /// The same in percent.
    pub(crate) fn percent(self, value: f64) -> f64 {
        100.0 * self.share(value)
    }

    /// At most so many round values within the axis.
    pub(crate) fn ticks(self, most: usize) -> Vec<f64> {
        let rough = (self.high - self.low) / number::drawn(most.max(2) as u64 - 1);
        let power = 10_f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0]
            .into_iter()
            .map(|factor| factor * power)
            .find(|step| *step >= rough * 0.85)
            .unwrap_or(10.0 * power);
        let first = (self.low / step - 1e-9).ceil();
        let steps = (0_u32..).map(|place| first + f64::from(place));
        let rounded = steps.map(|at| (at * step * 1e9).round() / 1e9);
        rounded
            .take_while(|value| *value <= self.high + step * 1e-6)
            .collect()
    }
}

/// A chart while it is drawn.
pub(crate) struct Plot {
    pub(crate) x: Axis,
    pub(crate) y: Axis,
    behind: String,
    stretched: String,
    before: String,
}

impl Plot {
    /// An empty chart.
    pub(crate) fn new(x: Axis, y: Axis) -> Self {
        Self {
            x,
            y,
            behind: String::new(),
            stretched: String::new(),
            before: String::new(),
        }
    }

    fn y_pixel(&self, value: f64) -> f64 {
        HEIGHT * (1.0 - self.y.share(value))
    }

    fn point(&self, x: f64, y: f64) -> (f64, f64) {
        (
            STRETCHED * self.x.share(x),
            STRETCHED * (1.0 - self.y.share(y)),
        )
    }

    /// A line across with its label at the left.
    pub(crate) fn y_tick(&mut self, value: f64, label: &str) {
        let y = self.y_pixel(value);
        let _ = writeln!(
            self.behind,
            "<line class=\"grid\" x1=\"0\" x2=\"100%\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
             <text class=\"tick\" x=\"-8\" y=\"{:.1}\" text-anchor=\"end\">{label}</text>",
            y + 4.0
        );
    }

    /// A label below, with a short stroke; `line` 0 or 1 says how far below.
    pub(crate) fn x_tick(&mut self, value: f64, label: &str, line: u32) {
        let x = self.x.percent(value);
        let y = HEIGHT + 18.0 + 16.0 * f64::from(line);
        if line == 0 {
            let _ = write!(
                self.behind,
                "<line class=\"stroke\" x1=\"{x:.2}%\" x2=\"{x:.2}%\" y1=\"{HEIGHT}\" y2=\"{}\"/>",
                HEIGHT + 5.0
            );
        }
        let _ = writeln!(
            self.behind,
            "<text class=\"tick\" x=\"{x:.2}%\" y=\"{y}\" text-anchor=\"middle\">{label}</text>"
        );
    }

    /// Bars that stand on the axis' lower end, `(from, to, value)`.
    pub(crate) fn bars(&mut self, class: &str, bars: impl IntoIterator<Item = (f64, f64, f64)>) {
        let mut path = String::new();
        for (from, to, value) in bars {
            let (left, top) = self.point(from, value);
            let (right, _) = self.point(to, value);
            if top < STRETCHED {
                let gap = 0.12 * (right - left);
                let (left, width) = (left + gap / 2.0, right - left - gap);
                let _ = write!(
                    path,
                    "M{left:.1} {STRETCHED}V{top:.1}h{width:.1}V{STRETCHED}z"
                );
            }
        }
        let _ = writeln!(self.stretched, "<path class=\"{class}\" d=\"{path}\"/>");
    }

    /// A line through points.
    pub(crate) fn line(&mut self, class: &str, points: impl IntoIterator<Item = (f64, f64)>) {
        let path = self.path(points);
        let _ = writeln!(
            self.stretched,
            "<path class=\"line {class}\" vector-effect=\"non-scaling-stroke\" d=\"{path}\"/>"
        );
    }

    /// The surface between two lines, `(x, low, high)`.
    pub(crate) fn band(&mut self, class: &str, points: &[(f64, f64, f64)]) {
        let there = points.iter().map(|&(x, low, _)| (x, low));
        let back = points.iter().rev().map(|&(x, _, high)| (x, high));
        let path = self.path(there.chain(back));
        if !path.is_empty() {
            let _ = writeln!(
                self.stretched,
                "<path class=\"band {class}\" d=\"{path}z\"/>"
            );
        }
    }

    fn path(&self, points: impl IntoIterator<Item = (f64, f64)>) -> String {
        let mut path = String::new();
        for (x, y) in points {
            let (x, y) = self.point(x, y);
            let letter = if path.is_empty() { 'M' } else { 'L' };
            let _ = write!(path, "{letter}{x:.1} {y:.1}");
        }
        path
    }

    /// A line upward with a label above the chart.
    pub(crate) fn mark(&mut self, value: f64, label: &str) {
        let x = self.x.percent(value);
        let (anchor, shift) = if x > 55.0 { ("end", -4) } else { ("start", 4) };
        let _ = writeln!(
            self.before,
            "<line class=\"mark\" x1=\"{x:.2}%\" x2=\"{x:.2}%\" y1=\"-16\" y2=\"{HEIGHT}\"/>\
             <text class=\"marked\" x=\"{x:.2}%\" dx=\"{shift}\" y=\"-8\" text-anchor=\"{anchor}\">{label}</text>"
        );
    }

    /// Labels at the right end, each at its value or as near as the others allow: `(value, class, label)`.
    pub(crate) fn end_labels(&mut self, labels: &[(f64, &str, &str)]) {
        let mut placed = labels
            .iter()
            .map(|&(value, class, label)| (self.y_pixel(value), class, label))
            .collect::<Vec<_>>();
        placed.sort_by(|one, other| one.0.total_cmp(&other.0));
        let mut least = f64::NEG_INFINITY;
        for place in &mut placed {
            place.0 = place.0.max(least);
            least = place.0 + LABEL_GAP;
        }
        let mut most = HEIGHT;
        for place in placed.iter_mut().rev() {
            place.0 = place.0.min(most);
            most = place.0 - LABEL_GAP;
        }
        for (y, class, label) in placed {
            let _ = writeln!(
                self.before,
                "<text class=\"ends {class}\" x=\"100%\" dx=\"6\" y=\"{:.1}\">{label}</text>",
                y + 4.0
            );
        }
    }

    /// The chart's markup. `name` says in words what it shows; `x_title` and `y_title` are markup.
    pub(crate) fn finish(self, name: &str, x_title: &str, y_title: &str, x_lines: u32) -> String {
        let bottom = 24 + 16 * x_lines.saturating_sub(1);
        format!(
            "<div class=\"ytitle\">{y_title}</div>\n\
             <div class=\"plot\" style=\"padding-bottom:{bottom}px\"><svg role=\"img\" aria-label=\"{name}\" width=\"100%\" height=\"{HEIGHT}\">\n\
             {}<svg width=\"100%\" height=\"{HEIGHT}\" viewBox=\"0 0 {STRETCHED} {STRETCHED}\" preserveAspectRatio=\"none\">\n{}</svg>\n\
             <line class=\"stroke\" x1=\"0\" x2=\"100%\" y1=\"{HEIGHT}\" y2=\"{HEIGHT}\"/>\n{}</svg></div>\n\
             <div class=\"xtitle\">{x_title}</div>\n",
            self.behind, self.stretched, self.before
        )
    }
}

#[cfg(test)]
mod tests {
    use super::Axis;

    #[test]
    fn ticks_are_round_and_few() {
        for (low, high, most, ticks) in [
            (0.0, 1.0, 6, vec![0.0, 0.2, 0.4, 0.6, 0.8, 1.0]),
            (-33.0, 41.0, 6, vec![-20.0, 0.0, 20.0, 40.0]),
            (0.87, 1.0, 4, vec![0.9, 0.95, 1.0]),
        ] {
            assert_eq!(Axis { low, high }.ticks(most), ticks);
        }
    }

    #[test]
    fn an_axis_of_one_value_or_none_still_has_a_width() {
        for values in [vec![], vec![3.0], vec![f64::NAN]] {
            let axis = Axis::over(values);
            assert!(axis.high > axis.low);
        }
    }
}
