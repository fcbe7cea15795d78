//! Pairs by weight, quality by threshold, and records that cannot reach it.

use crate::data::{Curve, CurvePoint, Histogram, Interval, Report, Slopes, Unlinkables};
use crate::markup::{escape, label, prose, unknown};
use crate::number;
use crate::plot::{Axis, Plot};

/// Most bars of a histogram; narrower bins are put together.
const BARS_MAX: usize = 72;
/// Probabilities that are told below the bits, by their log-odds.
const PROBABILITIES: [(f64, &str); 5] = [
    (-9.966, "0.1 %"),
    (-3.170, "10 %"),
    (0.0, "50 %"),
    (6.629, "99 %"),
    (13.288, "99.99 %"),
];

/// All candidates by weight.
pub(super) fn histogram(report: &Report) -> String {
    let Some(scores) = report.scores.as_ref().filter(|scores| scores.total() > 0) else {
        return match &report.scores {
            Some(_) => prose(
                "候補組はありませんでした。",
                "There were no candidate pairs.",
            ),
            None => unknown(
                "閾値に届かない候補組の数は、この実行では数えられていません。",
                "candidates below the review threshold were not counted in this run.",
            ),
        };
    };
    let scores = binned(scores);
    let expected_known = !scores.expected.is_empty();
    let most = scores.counts.iter().max().copied().unwrap_or(1);
    let x = Axis {
        low: scores.first_bits,
        high: scores.end_bits(),
    };
    let y = Axis {
        low: -0.1,
        high: number::drawn(most).max(10.0).log10(),
    };
    let mut plot = Plot::new(x, y);
    power_ticks(&mut plot, y);
    weight_ticks(&mut plot, report);
    let edges = |place: u32| {
        let from = scores.first_bits + f64::from(place) * scores.bin_bits;
        (from, from + scores.bin_bits)
    };
    let bar = |(place, count): (u32, f64)| {
        let (from, to) = edges(place);
        (
            from,
            to,
            if count > 0.0 {
                count.log10()
            } else {
                f64::NEG_INFINITY
            },
        )
    };
    let counted = scores.counts.iter().map(|&count| number::drawn(count));
    plot.bars("all", (0_u32..).zip(counted).map(bar));
    plot.bars(
        "for",
        (0_u32..).zip(scores.expected.iter().copied()).map(bar),
    );
    threshold_mark(&mut plot, report);
    legend(expected_known)
        + &plot.finish(
            "candidate pairs by weight",
            &x_title(),
            &label("組の数（対数目盛）", "pairs (log scale)"),
            2,
        )
}

/// What the two kinds of bar are.
fn legend(expected_known: bool) -> String {
    if !expected_known {
        return String::new();
    }
    format!(
        "<ul class=\"legend\"><li><svg width=\"14\" height=\"12\"><rect class=\"all\" width=\"14\" height=\"12\"/></svg>{}</li>\
             <li><svg width=\"14\" height=\"12\"><rect class=\"for\" width=\"14\" height=\"12\"/></svg>{}</li></ul>\n",
        label("すべての候補組", "all candidate pairs"),
        label(
            "うち同一人物と見込む組",
            "of these expected to be one person"
        )
    )
}

/// Estimated precision, recall and F1 by threshold.
pub(super) fn curve(report: &Report) -> String {
    let Some(curve) = report.curve.as_ref().filter(|curve| curve.points.len() > 1) else {
        return unknown(
            "閾値ごとの適合率と再現率は、この実行では推定されていません。",
            "precision and recall by threshold were not estimated in this run.",
        );
    };
    let lead = prose(
        "閾値を動かしたときの推定適合率、再現率、F1。右へ行くほど結ぶ組が減ります。",
        "Estimated precision, recall and F1 as the threshold moves; further right fewer pairs are linked.",
    );
    lead + &curve_legend(curve) + &curve_plot(report, curve)
}

type Pick = fn(&CurvePoint) -> Option<Interval>;
/// Name, class and figure of each line.
const LINES: [(&str, &str, &str, Pick); 3] = [
    ("適合率", "precision", "for", |point| point.precision),
    ("再現率", "recall", "against", |point| point.recall),
    ("F1", "", "third", |point| point.f1),
];

fn curve_legend(curve: &Curve) -> String {
    let items = LINES.iter().map(|(japanese, english, class, pick)| {
        let known = curve.points.iter().any(|point| pick(point).is_some());
        let missing = if known { "" } else { "（不明 unknown）" };
        format!(
            "<li><svg width=\"30\" height=\"10\"><line class=\"line {class}\" x1=\"0\" x2=\"30\" y1=\"5\" y2=\"5\"/></svg>{}{missing}</li>",
            label(japanese, english)
        )
    });
    let bounded = curve
        .points
        .iter()
        .flat_map(|point| [point.precision, point.recall, point.f1])
        .flatten()
        .any(|interval| interval.low.is_some() && interval.high.is_some());
    let band = if bounded {
        format!(
            "<li>{}</li>",
            label(
                &format!("帯: {} 区間", number::percent(curve.confidence)),
                "bands: intervals"
            )
        )
    } else {
        format!("<li>{}</li>", label("区間は不明", "intervals unknown"))
    };
    format!(
        "<ul class=\"legend\">{}{band}</ul>\n",
        items.collect::<String>()
    )
}

fn curve_plot(report: &Report, curve: &Curve) -> String {
    let x = Axis::over(curve.points.iter().map(|point| point.bits));
    let figures = curve
        .points
        .iter()
        .flat_map(|point| [point.precision, point.recall, point.f1])
        .flatten();
    let least = figures
        .map(|interval| interval.low.unwrap_or(interval.value))
        .fold(0.9, f64::min);
    let y = Axis {
        low: (least * 10.0).floor() / 10.0,
        high: 1.0,
    };
    let mut plot = Plot::new(x, y);
    for tick in y.ticks(6) {
        plot.y_tick(tick, &format!("{:.0} %", tick * 100.0));
    }
    weight_ticks(&mut plot, report);
    let mut ends = Vec::new();
    for (name, _, class, pick) in LINES {
        let known = || {
            curve
                .points
                .iter()
                .filter_map(|point| Some((point.bits, pick(point)?)))
        };
        let band = known()
            .filter_map(|(bits, interval)| Some((bits, interval.low?, interval.high?)))
            .collect::<Vec<_>>();
        plot.band(class, &band);
        plot.line(
            class,
            known().map(|(bits, interval)| (bits, interval.value)),
        );
        ends.extend(
            known()
                .next_back()
                .map(|(_, interval)| (interval.value, class, name)),
        );
    }
    threshold_mark(&mut plot, report);
    plot.end_labels(&ends);
    let from = if y.low > 0.0 {
        label(
            &format!("推定値（軸は {:.0} % から）", y.low * 100.0),
            &format!("estimate (the axis begins at {:.0} %)", y.low * 100.0),
        )
    } else {
        label("推定値", "estimate")
    };
    plot.finish(
        "estimated precision, recall and F1 by threshold",
        &label(
            "閾値: 事前を含む重み（ビット）、下段は一致確率",
            "threshold: weight with the prior in bits, match probability below",
        ),
        &from,
        2,
    )
}

/// Records by what they would reach against themselves, summed from the left.
pub(super) fn unlinkables(report: &Report) -> String {
    let Some(unlinkables) = &report.unlinkables else {
        return unknown(
            "自分自身との重みは、この実行では計算されていません。",
            "the records' weights against themselves were not reckoned in this run.",
        );
    };
    let total = unlinkables.self_weights.total();
    let below = unlinkables.below_threshold;
    let share = if total == 0 {
        0.0
    } else {
        number::drawn(below) / number::drawn(total)
    };
    let (count, percent) = (number::count(below), number::percent(share));
    let lead = prose(
        &format!(
            "値が乏しく、自分自身と比べても閾値に届かない記録が {count} 件（{percent}）あります。どんな相手とも自動では結ばれません。"
        ),
        &format!(
            "{count} records ({percent}) hold too little to reach the threshold even against a record equal to themselves: nothing will link them."
        ),
    );
    if total == 0 {
        return lead;
    }
    lead + &unlinkable_plot(report, unlinkables)
}

fn unlinkable_plot(report: &Report, unlinkables: &Unlinkables) -> String {
    let weights = &unlinkables.self_weights;
    let total = number::drawn(weights.total());
    let mut below = 0.0;
    let mut points = vec![(weights.first_bits, 0.0)];
    for (place, &count) in (1_u32..).zip(&weights.counts) {
        below += number::drawn(count);
        points.push((
            weights.first_bits + f64::from(place) * weights.bin_bits,
            below / total,
        ));
    }
    let ends = [
        weights.first_bits,
        weights.end_bits(),
        report.threshold.bits,
    ];
    let x = Axis::over(ends);
    points.push((x.high, below / total));
    let y = Axis {
        low: 0.0,
        high: 1.0,
    };
    let mut plot = Plot::new(x, y);
    for tick in y.ticks(6) {
        plot.y_tick(tick, &format!("{:.0} %", tick * 100.0));
    }
    weight_ticks(&mut plot, report);
    plot.line("for", points);
    threshold_mark(&mut plot, report);
    plot.finish(
        "share of records that cannot reach a threshold",
        &label(
            "閾値: 事前を含む重み（ビット）、下段は一致確率",
            "threshold: weight with the prior in bits, match probability below",
        ),
        &label("届かない記録の割合", "records that cannot reach it"),
        2,
    )
}

fn threshold_mark(plot: &mut Plot, report: &Report) {
    let bits = report.threshold.bits;
    let told = format!("閾値 threshold {}", number::bits(bits));
    plot.mark(bits, &escape(&told));
}

fn x_title() -> String {
    label(
        "事前を含む重み（ビット）、下段は一致確率",
        "weight with the prior in bits, match probability below",
    )
}

fn power_ticks(plot: &mut Plot, y: Axis) {
    let highest = y.high.floor();
    let step = if highest > 5.0 { 2 } else { 1 };
    #[expect(clippy::cast_possible_truncation, reason = "a tick of a short axis")]
    for power in (0..=highest as i32).step_by(step) {
        plot.y_tick(f64::from(power), &number::power_of_ten(power));
    }
}

/// Weights, and the probabilities that they are calibrated to.
fn weight_ticks(plot: &mut Plot, report: &Report) {
    let x = plot.x;
    for tick in x.ticks(7) {
        plot.x_tick(tick, &number::tick(tick), 0);
    }
    let Slopes { above, below } = report.calibration;
    let room = (x.high - x.low) * 0.17;
    let mut last = f64::NEG_INFINITY;
    for (odds, told) in PROBABILITIES {
        let bits = odds / if odds > 0.0 { above } else { below };
        if bits >= x.low && bits <= x.high && bits - last >= room {
            plot.x_tick(bits, told, 1);
            last = bits;
        }
    }
}

/// The histogram with at most [`BARS_MAX`] bins, empty ends cut off.
fn binned(histogram: &Histogram) -> Histogram {
    let first = histogram.counts.iter().position(|&count| count > 0);
    let last = histogram.counts.iter().rposition(|&count| count > 0);
    let (first, last) = (first.unwrap_or(0), last.unwrap_or(0));
    let together = (last + 1 - first).div_ceil(BARS_MAX).max(1);
    let counts = &histogram.counts[first..=last];
    let expected = histogram.expected.get(first..=last).unwrap_or(&[]);
    let factor = number::drawn(together as u64);
    Histogram {
        first_bits: histogram.first_bits + number::drawn(first as u64) * histogram.bin_bits,
        bin_bits: histogram.bin_bits * factor,
        counts: counts
            .chunks(together)
            .map(|bin| bin.iter().sum())
            .collect(),
        expected: expected
            .chunks(together)
            .map(|bin| bin.iter().sum())
            .collect(),
    }
}

impl Histogram {
    /// Where the last bin ends.
    fn end_bits(&self) -> f64 {
        self.first_bits + number::drawn(self.counts.len() as u64) * self.bin_bits
    }
}

#[cfg(test)]
mod tests {
    use super::{Histogram, binned};

    #[test]
    fn bins_put_together_hold_as_much_as_before() {
        let mut counts = vec![0; 30];
        counts.extend((0..500).map(|place| place % 7 + 1));
        let histogram = Histogram {
            first_bits: -10.0,
            bin_bits: 0.125,
            expected: counts
                .iter()
                .map(|&count| super::number::drawn(count) / 2.0)
                .collect(),
            counts,
        };
        let narrow = binned(&histogram);
        assert!(narrow.counts.len() <= super::BARS_MAX);
        assert_eq!(narrow.total(), histogram.total());
        assert!((narrow.first_bits + 10.0 - 30.0 * 0.125).abs() < 1e-9);
        assert!(narrow.end_bits() >= -10.0 + 530.0 * 0.125 - 1e-9);
    }
}
