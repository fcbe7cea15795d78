//! What each blocking rule costs, and what blocking leaves out.

use crate::data::{Blocking, BlockingRule, Interval, Report};
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
    let mut table = Table::new(&[
        ("規則", "rule"),
        ("記録", "records"),
        ("ブロック", "blocks"),
        ("最大", "largest"),
        ("新しい組", "new pairs"),
        ("推定再現率", "est. recall"),
        ("大きすぎるブロック", "oversized"),
        ("除いた組", "left out"),
    ]);
    for rule in &blocking.rules {
        table.row([
            Cell::Text(format!("{}{}", escape(&rule.name), keys(rule))),
            Cell::count(rule.records),
            Cell::count(rule.blocks),
            Cell::count(rule.largest),
            Cell::known(rule.new_pairs.map(number::count)),
            Cell::known(
                rule.recall
                    .as_ref()
                    .map(|recall: &Interval| number::percent(recall.value)),
            ),
            Cell::count(rule.oversized_blocks),
            Cell::count(rule.pairs_left_out),
        ]);
    }
    table.finish()
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
