//! A pair's evidence, step by step from "any two records" to what it comes to.

use linkage::{Explanation, Obstacle, Verdict};

use crate::drawing::{Drawing, Shape};
use crate::markup::{escape, label};
use crate::number;
use crate::plot::Axis;
use crate::rows::{Rows, bit_ticks, side};

/// A part of a weight below this is not worth a step of its own.
const RARITY_TOLD_BITS_MIN: f32 = 0.05;
const WIDTH: f64 = 760.0;
const BAR_X: f64 = 330.0;
const BAR_WIDTH: f64 = 340.0;
const ROW_HEIGHT: f64 = 24.0;
const HEAD_HEIGHT: f64 = 78.0;

/// One step of a waterfall.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What it is of.
    pub of: StepOf,
    /// Where it begins, in bits of log-odds.
    pub from: f64,
    /// Where it ends.
    pub to: f64,
}

/// What a step is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepOf {
    /// Any two records, before anything is compared.
    Prior,
    /// A comparison's level; `None` when a value is missing.
    Level {
        /// The comparison.
        comparison: String,
        /// The level.
        level: Option<String>,
    },
    /// What a comparison's value adds by being rare, or takes by being common.
    Rarity {
        /// The comparison.
        comparison: String,
    },
}

/// The steps of a pair: each begins where the last ended, and the last ends at the pair's log-odds.
#[must_use]
pub fn steps(explanation: &Explanation) -> Vec<Step> {
    let mut at = f64::from(explanation.prior_bits);
    let mut steps = vec![Step {
        of: StepOf::Prior,
        from: 0.0,
        to: at,
    }];
    let mut step = |of: StepOf, bits: f64| {
        let from = at;
        at += bits;
        steps.push(Step { of, from, to: at });
    };
    for part in &explanation.comparisons {
        let comparison = part.comparison.clone();
        let told = part.level.is_some() && part.rarity.abs() >= RARITY_TOLD_BITS_MIN;
        let rarity = if told { f64::from(part.rarity) } else { 0.0 };
        let of = StepOf::Level {
            comparison: comparison.clone(),
            level: part.level.clone(),
        };
        step(of, f64::from(part.weight) - rarity);
        if told {
            step(StepOf::Rarity { comparison }, rarity);
        }
    }
    steps
}

/// A pair's waterfall as a drawing of its own.
#[must_use]
pub fn waterfall_svg(explanation: &Explanation) -> String {
    let steps = steps(explanation);
    let total = steps.last().map_or(0.0, |step| step.to);
    let axis = axis(&steps);
    let x = |bits: f64| BAR_X + BAR_WIDTH * axis.share(bits);
    let rows = number::drawn(steps.len() as u64 + 1);
    let mut drawing = Drawing::new(WIDTH, HEAD_HEIGHT + ROW_HEIGHT * rows + 14.0);
    let title = format!("{}  ×  {}", explanation.left, explanation.right);
    drawing.text((20.0, 28.0), "title", &fitted(&title, 80));
    drawing.text((20.0, 50.0), "", &fitted(&summary(explanation), 100));
    for tick in axis.ticks(7) {
        drawing.text(
            (x(tick), HEAD_HEIGHT - 4.0),
            "tick middle",
            &number::tick(tick),
        );
    }
    let bottom = HEAD_HEIGHT + ROW_HEIGHT * rows;
    drawing.line((x(0.0), HEAD_HEIGHT), (x(0.0), bottom), "zero");
    for (place, step) in (0_u32..).zip(&steps) {
        let y = HEAD_HEIGHT + ROW_HEIGHT * f64::from(place);
        let bits = step.to - step.from;
        let (ja, en) = step.of.words();
        drawing.text((20.0, y + 16.0), "", &fitted(&format!("{ja} {en}"), 46));
        let class = side(bits);
        drawing.bar((x(step.from), y + 5.0), (x(step.to), y + 18.0), class);
        let told = number::bits(bits);
        drawing.text((WIDTH - 20.0, y + 16.0), "end", &told);
        drawing.line(
            (x(step.to), y + 18.0),
            (x(step.to), y + 5.0 + ROW_HEIGHT),
            "stroke",
        );
    }
    let y = bottom - ROW_HEIGHT;
    drawing.text((20.0, y + 16.0), "bold", "合計 together");
    drawing.bar((x(0.0), y + 5.0), (x(total), y + 18.0), "sum");
    drawing.text((WIDTH - 20.0, y + 16.0), "end bold", &number::bits(total));
    drawing.finish(Shape::Alone, &title)
}

/// A pair's waterfall as a table of the page, with what stands against a link.
pub(crate) fn markup(explanation: &Explanation) -> String {
    let steps = steps(explanation);
    let total = steps.last().map_or(0.0, |step| step.to);
    let axis = axis(&steps);
    let mut rows = Rows::new(axis);
    for step in &steps {
        let bits = step.to - step.from;
        let (ja, en) = step.of.words();
        let name = match &step.of {
            StepOf::Level { .. } => escape(&format!("{ja} {en}")),
            StepOf::Prior | StepOf::Rarity { .. } => label(&escape(&ja), &escape(&en)),
        };
        if bits == 0.0 {
            rows.blank(&name, "0.0");
        } else {
            rows.bar(&name, (step.from, step.to), side(bits), &number::bits(bits));
        }
    }
    let total_name = label("合計", "together");
    rows.total(&total_name, total, &number::bits(total));
    let heads = [
        &*label("比較: 水準", "comparison: level"),
        &*label("ビット", "bits"),
    ];
    format!(
        "<div class=\"pair\"><h3>{} × {}</h3>\n<p>{}</p>\n{}{}</div>\n",
        escape(&explanation.left.to_string()),
        escape(&explanation.right.to_string()),
        escape(&summary(explanation)),
        rows.finish([heads[0], heads[1]], &bit_ticks(axis, 5)),
        obstacles(&explanation.obstacles)
    )
}

fn axis(steps: &[Step]) -> Axis {
    let ends = steps.iter().flat_map(|step| [step.from, step.to]);
    Axis::over(ends.chain([0.0]))
}

fn summary(explanation: &Explanation) -> String {
    let probability = f64::from(explanation.probability);
    let verdict = match &explanation.verdict {
        Verdict::Link if probability < explanation.threshold => {
            "他の記録を介して同一人物 one person by way of other records".to_owned()
        }
        Verdict::Link => "同一人物 one person".to_owned(),
        Verdict::Review { reason } => format!("要確認 for review: {reason}"),
        Verdict::NonLink => "別人と見なす two persons as far as is known".to_owned(),
        Verdict::Vetoed { veto } => format!("決して同一人物でない never one person: {veto}"),
    };
    format!(
        "一致確率 match probability {} — {verdict}",
        number::percent_plain(probability)
    )
}

impl StepOf {
    /// The step in Japanese and English; a level's comparison and name, which have one language.
    fn words(&self) -> (String, String) {
        match self {
            Self::Prior => ("任意の2件".to_owned(), "any two records".to_owned()),
            Self::Level { comparison, level } => (
                format!("{comparison}:"),
                level.clone().unwrap_or_else(|| "欠測 missing".to_owned()),
            ),
            Self::Rarity { comparison } => (
                format!("{comparison}: 珍しさ"),
                "rarity of the value".to_owned(),
            ),
        }
    }
}

/// What stands against a link, as a list.
fn obstacles(obstacles: &[Obstacle]) -> String {
    if obstacles.is_empty() {
        return String::new();
    }
    let items = obstacles.iter().map(|obstacle| {
        let lines = escape(obstacle.to_string().trim_end()).replace("  ", "; ");
        let ja = match obstacle {
            Obstacle::OutOfScope => "同じ出所どうしは対象外",
            Obstacle::NotCandidates { .. } => "候補にする規則がない",
            Obstacle::BelowThreshold { .. } => "閾値に届かない",
            Obstacle::Refused { .. } => "結合が退けられた",
            Obstacle::Vetoed { .. } => "拒否条件",
        };
        format!("<li>{}</li>", label(ja, &lines))
    });
    format!("<ul class=\"against\">{}</ul>\n", items.collect::<String>())
}

/// As much of a text as so many half-width columns hold.
pub(crate) fn fitted(text: &str, columns_max: usize) -> String {
    let wide = |letter: char| if u32::from(letter) < 0x1100 { 1 } else { 2 };
    let (mut columns, mut fitted) = (0, String::new());
    for letter in text.chars() {
        columns += wide(letter);
        if columns >= columns_max {
            fitted.push('…');
            break;
        }
        fitted.push(letter);
    }
    fitted
}
