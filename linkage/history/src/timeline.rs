use schema::{Attribute, Event, History, OutcomeKind, SourcedValue, Telling};
use unicode_width::UnicodeWidthStr;

use crate::checks;
use crate::words::{self, Language};

/// A history as a table for a terminal: who, lines of treatment, each event with its sources, end points, conflicts.
///
/// Columns stay aligned where Japanese characters take two places. A source that only mentions an event stands in
/// brackets. It shows what may identify a person; whoever asks for it answers for where it goes.
#[must_use]
pub fn timeline(history: &History, language: Language) -> String {
    let sections = [
        head(history, language),
        section(
            language.pick("治療ライン", "Lines of treatment"),
            &lines(history, language),
        ),
        section(
            language.pick("経過", "Timeline"),
            &events(history, language),
        ),
        section(
            language.pick("転帰", "Outcomes"),
            &outcomes(history, language),
        ),
        section(
            language.pick("不一致", "Conflicts"),
            &conflicts(history, language),
        ),
    ];
    sections.concat()
}

fn head(history: &History, language: Language) -> String {
    let mut facts = vec![history.identity.to_string()];
    for (attribute, ja, en) in [
        (Attribute::BirthDate, "生年月日", "born"),
        (Attribute::Sex, "性別", "sex"),
        (Attribute::Abo, "血液型", "ABO"),
    ] {
        let Some(told) = history.person.values.get(&attribute) else {
            continue;
        };
        let chosen = words::value(attribute, &told[0].value, language);
        let agreeing = told.iter().filter(|other| other.value == told[0].value);
        let sources = words::sources(agreeing).join(", ");
        facts.push(format!("{} {chosen} ({sources})", language.pick(ja, en)));
    }
    let consent = words::consent(&history.consent, language);
    facts.push(format!(
        "{} {consent}",
        language.pick("研究利用", "research consent")
    ));
    if let Some(probability) = history.link_probability_min {
        let name = language.pick("リンク確率の最小", "least link probability");
        facts.push(format!("{name} {probability:.4}"));
    }
    facts.join("  ") + "\n"
}

/// A titled table; nothing where there are no rows.
fn section(title: &str, rows: &[Vec<String>]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            let cells = rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.width()).max().unwrap_or(0)
        })
        .collect();
    let lines = rows.iter().map(|row| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| {
            let padding = " ".repeat(width - cell.width());
            format!("  {cell}{padding}")
        });
        cells.collect::<String>().trim_end().to_owned() + "\n"
    });
    format!("\n{title}\n{}", lines.collect::<String>())
}

fn lines(history: &History, language: Language) -> Vec<Vec<String>> {
    let rows = history.lines.iter().map(|line| {
        let begins = line.begins.map(|date| date.date.to_string());
        vec![
            line.number.to_string(),
            begins.unwrap_or_default(),
            words::line(&line.label, language),
        ]
    });
    rows.collect()
}

fn events(history: &History, language: Language) -> Vec<Vec<String>> {
    let heads = match language {
        Language::Ja => ["日付", "ライン", "イベント", "内容", "出典"],
        Language::En => ["date", "line", "event", "details", "told by"],
    };
    if history.events.is_empty() {
        return Vec::new();
    }
    let rows = history.events.iter().map(|event| {
        let only = if event.mentioned_only {
            language.pick("（言及のみ）", " (mentioned only)")
        } else {
            ""
        };
        vec![
            date(event, language),
            event.line.map_or_else(String::new, |line| line.to_string()),
            format!("{}{only}", words::kind(event.kind, language)),
            words::details(event, language).join(" "),
            tellers(event),
        ]
    });
    std::iter::once(heads.map(str::to_owned).to_vec())
        .chain(rows)
        .collect()
}

/// The date as precise as it is known, with its mark when it is an estimate.
fn date(event: &Event, language: Language) -> String {
    match event.date {
        None => language.pick("日付不明", "unknown").to_owned(),
        Some(date) if date.estimated => format!("{}{}", date.date, language.pick("頃", "~")),
        Some(date) => date.date.to_string(),
    }
}

/// The sources with file and lines; in brackets those that only mention it, and their date where it is another.
fn tellers(event: &Event) -> String {
    let mut told: Vec<(Vec<String>, &Telling)> = Vec::new();
    for telling in &event.tellings {
        let line = telling.origin.line.to_string();
        let known = told.iter_mut().find(|(_, known)| {
            known.record == telling.record
                && known.origin.place == telling.origin.place
                && (known.date, known.mention) == (telling.date, telling.mention)
        });
        match known {
            Some((lines, _)) if lines.contains(&line) => {}
            Some((lines, _)) => lines.push(line),
            None => told.push((vec![line], telling)),
        }
    }
    let named = told
        .into_iter()
        .map(|(lines, telling)| teller(&lines.join(","), telling, event));
    named.collect::<Vec<_>>().join("; ")
}

fn teller(lines: &str, telling: &Telling, event: &Event) -> String {
    let other_date = telling
        .date
        .filter(|date| event.date.is_some_and(|chosen| chosen.date != date.date))
        .map_or_else(String::new, |date| format!(" {}", date.date));
    let told = format!(
        "{} {}:{lines}{other_date}",
        telling.record.source, telling.origin.place
    );
    if telling.mention {
        format!("({told})")
    } else {
        told
    }
}

fn outcomes(history: &History, language: Language) -> Vec<Vec<String>> {
    let rows = history.outcomes.iter().map(|outcome| {
        let infusion = &history.events[outcome.from_event];
        let first = outcome.kind == OutcomeKind::OverallSurvival;
        let from = format!("{} {}", infusion.kind.as_str(), date(infusion, language));
        let days = outcome.days.map_or_else(
            || language.pick("日数不明", "days unknown").to_owned(),
            |days| words::days(days, language),
        );
        let deciders = outcome.decided_by.iter().map(|place| {
            let event = &history.events[*place];
            format!(
                "{} {}",
                words::kind(event.kind, language),
                date(event, language)
            )
        });
        vec![
            if first { from } else { String::new() },
            words::end_point(outcome.kind, language).to_owned(),
            days,
            words::status(outcome.kind, outcome.status, language).to_owned(),
            deciders.collect::<Vec<_>>().join(", "),
        ]
    });
    rows.collect()
}

fn conflicts(history: &History, language: Language) -> Vec<Vec<String>> {
    let rows = history.conflicts.iter().map(|conflict| {
        let title = checks::check(&conflict.check)
            .map_or("", |check| language.pick(check.title_ja, check.title_en));
        let about = conflict
            .message
            .rsplit_once(": ")
            .map_or("", |(about, _)| about);
        vec![
            conflict.check.to_string(),
            title.to_owned(),
            named_event(history, about, language),
            opposed(&conflict.values, language),
        ]
    });
    rows.collect()
}

/// What a conflict is about: a kind of event as it stands in messages, and what follows it.
fn named_event(history: &History, about: &str, language: Language) -> String {
    let (code, rest) = about.split_once(' ').unwrap_or((about, ""));
    let kinds = || history.events.iter().map(|event| event.kind);
    match kinds().find(|kind| kind.as_str() == code) {
        Some(kind) => format!("{} {rest}", words::kind(kind, language)),
        None => about.to_owned(),
    }
}

/// Each value with the sources that tell it, in the order of its first telling.
fn opposed(values: &[SourcedValue], language: Language) -> String {
    let mut told: Vec<(String, Vec<&str>)> = Vec::new();
    for value in values {
        let text = words::code(&value.value.to_text().unwrap_or_default(), language);
        let source = value.record.source.as_str();
        match told.iter_mut().find(|(known, _)| *known == text) {
            None => told.push((text, vec![source])),
            Some((_, sources)) if sources.contains(&source) => {}
            Some((_, sources)) => sources.push(source),
        }
    }
    let shown = told
        .iter()
        .map(|(text, sources)| format!("{text} ({})", sources.join(", ")));
    shown.collect::<Vec<_>>().join(" / ")
}
