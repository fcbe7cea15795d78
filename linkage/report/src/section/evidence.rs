//! What each level of each comparison says.

use crate::data::{LevelChart, LevelOrigin, Report};
use crate::markup::{escape, label, or_unknown, prose};
use crate::number;
use crate::plot::Axis;
use crate::rows::{Rows, bit_ticks, side};

/// The chart of chances begins here at the lowest, as a power of ten.
const POWER_MIN: f64 = -12.0;

/// Levels by comparison, in bits.
pub(super) fn weights(report: &Report) -> String {
    let levels = || report.comparisons.iter().flat_map(|chart| &chart.levels);
    let axis = Axis::over(levels().filter_map(|level| level.bits).chain([0.0]));
    let mut rows = Rows::new(axis);
    if let Some(prior) = report.prior_bits {
        let told = format!(
            "<p>{}: {} {}</p>\n",
            label("事前の重み", "prior: any two records"),
            number::bits(prior),
            label("ビット", "bits")
        );
        return told + &weight_rows(report, &mut rows, axis);
    }
    weight_rows(report, &mut rows, axis)
}

fn weight_rows(report: &Report, rows: &mut Rows, axis: Axis) -> String {
    for comparison in &report.comparisons {
        rows.group(&escape(&comparison.name));
        for level in &comparison.levels {
            let name = level_name(level);
            match level.bits {
                None => rows.blank(&name, &or_unknown(None)),
                Some(bits) => rows.bar(&name, (0.0, bits), side(bits), &number::bits(bits)),
            }
        }
    }
    let finished = std::mem::replace(rows, Rows::new(axis)).finish(
        [&label("水準", "level"), &label("ビット", "bits")],
        &bit_ticks(axis, 5),
    );
    let lead = prose(
        "各水準が一致をどれだけ支持するか（右、青）、否定するか（左、橙）。1ビットで見込みが2倍になります。欠測は0です。＊は値の珍しさで重みが変わり、ここでは平均を示します。",
        "How much each level speaks for a match (right, blue) or against it (left, orange). A bit doubles the odds. Missing weighs nothing. With * the weight depends on how rare the value is; the mean is shown.",
    );
    lead + &finished
}

/// Chances of the levels among pairs of one person and of two.
pub(super) fn chances(report: &Report) -> String {
    let levels = || report.comparisons.iter().flat_map(|chart| &chart.levels);
    let power = |chance: f64| chance.log10().max(POWER_MIN);
    let powers = levels().flat_map(|level| [level.m, level.u]).flatten();
    let lowest = Axis::over(powers.map(power).chain([-1.0, 0.0])).low.floor();
    let axis = Axis {
        low: lowest,
        high: 0.0,
    };
    let mut rows = Rows::new(axis);
    for comparison in &report.comparisons {
        rows.group(&escape(&comparison.name));
        for level in &comparison.levels {
            let told = |chance: Option<f64>| or_unknown(chance.map(number::chance));
            let figure = format!("m {}<br/>u {}", told(level.m), told(level.u));
            rows.dots(
                &level_name(level),
                level.m.map(power),
                level.u.map(power),
                &figure,
            );
        }
    }
    let ticks = axis.ticks(5).into_iter().map(|power| {
        #[expect(clippy::cast_possible_truncation, reason = "a tick of a short axis")]
        let label = number::power_of_ten(power.round() as i32);
        (power, label)
    });
    let ticks = ticks
        .filter(|(power, _)| power.fract() == 0.0)
        .collect::<Vec<_>>();
    let legend = format!(
        "<ul class=\"legend\"><li><svg width=\"12\" height=\"12\"><circle class=\"for\" cx=\"6\" cy=\"6\" r=\"5\"/></svg>{}</li>\
         <li><svg width=\"12\" height=\"12\"><rect class=\"hollow\" x=\"2\" y=\"2\" width=\"8\" height=\"8\"/></svg>{}</li></ul>\n",
        label("m: 同一人物の組での割合", "among pairs of one person"),
        label("u: 別人の組での割合", "among pairs of two persons")
    );
    let lead = prose(
        "対数目盛。二つの印の隔たりが、その水準の重みです。†はモデルに書かれた値で、学習していません。",
        "Logarithmic scale. The distance of the two marks is the level's weight. With † the figures stand in the model and were not trained.",
    );
    lead + &legend + &rows.finish([&label("水準", "level"), &label("確率", "chance")], &ticks)
}

fn level_name(level: &LevelChart) -> String {
    let rarity = if level.rarity { " *" } else { "" };
    let fixed = match level.origin {
        LevelOrigin::Fixed => " †",
        LevelOrigin::Trained => "",
    };
    format!("{}{rarity}{fixed}", escape(&level.name))
}
