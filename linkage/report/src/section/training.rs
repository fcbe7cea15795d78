//! How the probabilities were learnt, and where comparisons say the same thing twice.

use crate::data::{Among, Report, TrainOrigin, Training, TrainingRound};
use crate::markup::{Cell, Table, escape, label, prose, unknown};
use crate::number;
use crate::plot::{Axis, Plot};

pub(super) fn dependence(report: &Report) -> String {
    let Some(dependence) = &report.dependence else {
        return unknown(
            "この実行では、比較どうしの依存は調べられていません。重みは独立を仮定しています。",
            "dependence between comparisons was not examined in this run; the weights assume independence.",
        );
    };
    let lead = prose(
        "二つの比較が互いについて語る量（相互情報量）と、両方が一致したとき重みの和がどれだけ大きすぎるか。考慮していない組では、同じ証拠を二度数えています。",
        "What two comparisons tell of each other, and by how much the sum of their weights is too high when both agree. Where it is ignored, evidence counts twice.",
    );
    if dependence.pairs.is_empty() {
        return lead
            + &format!(
                "<p>{}</p>\n",
                label("目立つ依存はありません。", "No dependence to speak of.")
            );
    }
    let mut table = Table::new(&[
        ("比較", "comparisons"),
        ("どの組で", "among pairs of"),
        ("相互情報量", "mutual bits"),
        ("重なる重み", "counted twice, bits"),
        ("扱い", "treatment"),
    ]);
    for pair in &dependence.pairs {
        let treatment = if pair.modelled {
            label("考慮した", "modelled")
        } else {
            format!("<strong>{}</strong>", label("考慮していない", "ignored"))
        };
        let among = match pair.among {
            Among::Matches => label("同一人物", "one person"),
            Among::NonMatches => label("別人", "two persons"),
        };
        table.row([
            Cell::Text(format!("{} × {}", escape(&pair.left), escape(&pair.right))),
            Cell::Text(among),
            Cell::Figure(format!("{:.3}", pair.mutual_bits)),
            Cell::known(pair.agreement_bits.map(number::bits)),
            Cell::Text(treatment),
        ]);
    }
    lead + &table.finish()
}

pub(super) fn convergence(report: &Report) -> String {
    let training = &report.training;
    let mut table = Table::new(&[("項目", "what"), ("値", "value")]).narrow();
    let converged = if training.converged {
        label("収束した", "yes")
    } else {
        format!(
            "<strong>{}</strong>",
            label("収束していない", "no: more rounds or more data are needed")
        )
    };
    let count = |count| Cell::Text(number::count(count));
    let em = training.m == TrainOrigin::Em;
    let mut row = |japanese, english, cell: Cell| {
        table.row([Cell::Text(label(japanese, english)), cell]);
    };
    row("mの出どころ", "m from", Cell::Text(origin(training.m)));
    row("uの出どころ", "u from", Cell::Text(origin(training.u)));
    if em {
        row("学んだ組", "pairs learnt from", count(training.pairs));
        row("異なる型", "distinct patterns", count(training.patterns));
        row("反復", "rounds of EM", count(training.rounds));
        row("収束", "converged", Cell::Text(converged));
    }
    let rounds = if em { rounds(report) } else { String::new() };
    table.finish() + &kin(training) + &unordered(training) + &rounds
}

/// What the weights know of kin, and of matches who moved.
fn kin(training: &Training) -> String {
    let mut told = String::new();
    if !training.kin_share.is_empty() {
        let shared = training.kin_share.iter().map(|(comparison, share)| {
            format!(
                "<li>{}: {}</li>",
                escape(comparison),
                number::percent(*share)
            )
        });
        told += &prose(
            "家族のように似た別人がいます。彼らが共にする次のものは、同一人物である証拠としては割り引かれています（値は共にする割合）。",
            "There are kin, such as members of one household. What they share, as often as told here, is discounted as evidence for one person.",
        );
        told.push_str("<ul>");
        told.extend(shared);
        told.push_str("</ul>\n");
    }
    if let Some(moved) = training.moved_per_match {
        let share = number::percent(moved / (1.0 + moved));
        told += &prose(
            &format!(
                "同一人物の組のうち {share} は転居などで多くが一度に変わっています。そのことは一度だけ不利に数えられます。"
            ),
            &format!(
                "Of the matches, {share} moved or changed much at once; that counts against them once."
            ),
        );
    }
    told
}

/// Levels that contradict the model's order, which a person should look at.
fn unordered(training: &Training) -> String {
    if training.unordered.is_empty() {
        return String::new();
    }
    let levels = training
        .unordered
        .iter()
        .map(|(comparison, level)| format!("<li>{}: {}</li>", escape(comparison), escape(level)));
    let lead = prose(
        "次の水準は、モデルでより良いとされる直前の水準よりも強く一致を支持しています。水準の順か値の整え方を見直してください。",
        "These levels speak more for a match than the level before them, which the model calls better: look at the order of the levels or at how the values are cleaned.",
    );
    format!("{lead}<ul>{}</ul>\n", levels.collect::<String>())
}

fn origin(origin: TrainOrigin) -> String {
    match origin {
        TrainOrigin::File => label("モデルのファイル", "the model file"),
        TrainOrigin::Em => label("EMアルゴリズム", "expectation maximisation"),
        TrainOrigin::Labels => label("正解つきの組", "labelled pairs"),
        TrainOrigin::Data => label("値の頻度", "value frequencies, and random pairs"),
    }
}

/// The greatest change by round, on a logarithmic scale.
fn rounds(report: &Report) -> String {
    let history = &report.training.history;
    if history.is_empty() {
        return unknown(
            "各反復の変化は記録されていません。",
            "the change of each round was not written down.",
        );
    }
    let power = |round: &TrainingRound| round.change.max(1e-12).log10();
    let tolerance = report
        .training
        .tolerance
        .map(|bound| bound.max(1e-12).log10());
    let y = Axis::over(history.iter().map(power).chain(tolerance).chain([-1.0]));
    let y = Axis {
        low: (y.low - 0.3).floor(),
        high: y.high.ceil(),
    };
    let x = Axis {
        low: 1.0,
        high: number::drawn(history.len().max(2) as u64),
    };
    let mut plot = Plot::new(x, y);
    for tick in y.ticks(5).into_iter().filter(|tick| tick.fract() == 0.0) {
        #[expect(clippy::cast_possible_truncation, reason = "a tick of a short axis")]
        plot.y_tick(tick, &number::power_of_ten(tick as i32));
    }
    for tick in x.ticks(6).into_iter().filter(|tick| tick.fract() == 0.0) {
        plot.x_tick(tick, &number::tick(tick), 0);
    }
    let points = (1_u32..).map(f64::from).zip(history.iter().map(power));
    plot.line("for", points);
    if let Some(bound) = tolerance {
        plot.line("sum", [(x.low, bound), (x.high, bound)]);
        plot.end_labels(&[(bound, "", "許容")]);
    }
    plot.finish(
        "greatest change of a probability by round of EM",
        &label("反復", "round"),
        &label(
            "最も動いた確率の変化（対数目盛）",
            "greatest change of a probability (log scale); grey: the tolerance",
        ),
        1,
    )
}
