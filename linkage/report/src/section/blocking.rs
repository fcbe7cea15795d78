//! What each blocking rule costs, and what blocking leaves out.

use crate::data::{Blocking, BlockingRule, Report};
use crate::markup::{Cell, Table, escape, label, prose, unknown};
use crate::number;
use crate::plot::Axis;
use crate::rows::Rows;

pub(super) fn body(report: &Report) -> String {
    let blocking = &report.blocking;
    let mut markup = lead(report);
    markup.push_str(&recall(blocking));
    markup.push_str(&bars(blocking));
    markup.push_str(&rules(blocking));
    markup.push_str(&caught(blocking));
    markup.push_str(&oversized(blocking));
    markup
}

fn lead(report: &Report) -> String {
    let blocking = &report.blocking;
    let possible = number::count(blocking.pairs_possible);
    let all = number::count(blocking.pairs);
    let (compared_ja, compared_en) = match report.counts.candidate_pairs {
        Some(pairs) => {
            let pairs = number::count(pairs);
            (
                format!("重複を除いて {pairs} 組を比べました"),
                format!("{pairs} of them, each once, were compared"),
            )
        }
        None => (
            "重複を除いた数は不明です".to_owned(),
            "how many distinct ones is not known".to_owned(),
        ),
    };
    prose(
        &format!(
            "すべての組は {possible}。規則が作る組は延べ {all}。{compared_ja}。規則のどれにも当たらない組は比べません。"
        ),
        &format!(
            "There are {possible} pairs in all; the rules give {all}, counted in each rule; {compared_en}. What no rule gives is never compared."
        ),
    )
}

fn recall(blocking: &Blocking) -> String {
    let Some(recall) = &blocking.recall else {
        return unknown(
            "候補作りの再現率（真の組のうち候補になる割合）は推定されていません。",
            "the recall of blocking (true pairs that become candidates) was not estimated.",
        );
    };
    let (figure, bounds) = number::estimate(recall);
    format!(
        "<p>{}: <strong>{figure}</strong> {}</p>\n",
        label("候補作りの推定再現率", "estimated recall of blocking"),
        bounds.map_or_else(String::new, |bounds| format!("({bounds})"))
    )
}

fn bars(blocking: &Blocking) -> String {
    let most = blocking.rules.iter().map(|rule| rule.pairs).max();
    let axis = Axis::over([0.0, number::drawn(most.unwrap_or(0)).max(1.0)]);
    let mut rows = Rows::new(axis);
    for rule in &blocking.rules {
        let name = escape(&rule.name);
        let figure = number::count(rule.pairs);
        if rule.pairs == 0 {
            rows.blank(&name, &figure);
        } else {
            rows.bar(&name, (0.0, number::drawn(rule.pairs)), "for", &figure);
        }
    }
    rows.finish([&label("規則", "rule"), &label("組", "pairs")], &[])
}

fn rules(blocking: &Blocking) -> String {
    let new_known = blocking.rules.iter().any(|rule| rule.new_pairs.is_some());
    let recall_known = blocking.rules.iter().any(|rule| rule.recall.is_some());
    let mut heads = vec![
        ("規則", "rule"),
        ("記録", "records"),
        ("ブロック", "blocks"),
        ("最大", "largest"),
    ];
    heads.extend(new_known.then_some(("新しい組", "new pairs")));
    heads.extend(recall_known.then_some(("推定再現率", "est. recall")));
    heads.extend([
        ("大きすぎるブロック", "oversized"),
        ("除いた組", "left out"),
    ]);
    let mut table = Table::new(&heads);
    for rule in &blocking.rules {
        let mut cells = vec![
            Cell::Text(format!("{}{}", escape(&rule.name), keys(rule))),
            Cell::count(rule.records),
            Cell::count(rule.blocks),
            Cell::count(rule.largest),
        ];
        let new_pairs = || Cell::known(rule.new_pairs.map(number::count));
        let recall = || Cell::known(rule.recall.map(|recall| number::percent(recall.value)));
        cells.extend(new_known.then(new_pairs));
        cells.extend(recall_known.then(recall));
        cells.push(Cell::count(rule.oversized_blocks));
        cells.push(Cell::count(rule.pairs_left_out));
        table.row(cells);
    }
    table.finish()
}

/// How many rules caught a likely match: what one rule alone catches, another slip would have lost.
fn caught(blocking: &Blocking) -> String {
    if blocking.caught.is_empty() {
        return String::new();
    }
    let longest = blocking.caught.iter().max().copied().unwrap_or(0);
    let mut rows = Rows::new(Axis {
        low: 0.0,
        high: number::drawn(longest).max(1.0),
    });
    for (rules, &matches) in (1_u64..).zip(&blocking.caught) {
        let name = format!("{rules} {}", label("規則", "rules"));
        let bar = (0.0, number::drawn(matches));
        rows.bar(&name, bar, "for", &number::count(matches));
    }
    format!(
        "<h3>{}</h3>\n{}",
        label(
            "いくつの規則が捉えたか",
            "likely matches by how many rules caught them"
        ),
        rows.finish([&label("規則の数", "rules"), &label("組", "pairs")], &[])
    )
}

fn keys(rule: &BlockingRule) -> String {
    let keys = rule.on.iter().map(|key| escape(key)).collect::<Vec<_>>();
    if keys.is_empty() {
        return String::new();
    }
    format!("<br/><span class=\"en\">{}</span>", keys.join(" + "))
}

fn oversized(blocking: &Blocking) -> String {
    if blocking.rules.iter().all(|rule| rule.oversized.is_empty()) {
        return String::new();
    }
    let mut table = Table::new(&[
        ("規則", "rule"),
        ("含まれる記録", "a record in it"),
        ("記録", "records"),
        ("残した組", "pairs kept"),
        ("除いた組", "pairs left out"),
    ]);
    for rule in &blocking.rules {
        for block in &rule.oversized {
            table.row([
                Cell::text(&rule.name),
                Cell::text(&block.first.to_string()),
                Cell::count(block.records),
                Cell::count(block.pairs_kept),
                Cell::count(block.pairs_left_out),
            ]);
        }
    }
    let heading = label(
        "大きすぎたブロック",
        "oversized blocks, the largest of each rule",
    );
    format!("<h3>{heading}</h3>\n{}", table.finish())
}
