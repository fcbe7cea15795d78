//! A history as a drawing: time runs downward, one row an event, one column a source.

use schema::{Event, EventKind, History};
use unicode_width::UnicodeWidthStr;

use crate::checks;
use crate::words::{self, Language};

const WIDTH: usize = 1120;
const HEAD_HEIGHT: usize = 104;
const ROW_HEIGHT: usize = 40;
const SMALL_HEIGHT: usize = 24;
const LINE_X: usize = 40;
const DATE_X: usize = 84;
const SPINE_X: usize = 220;
const LABEL_X: usize = 248;
const SOURCES_X: usize = 720;
/// Half-width characters between the label and the sources, at the size of the details.
const DETAIL_COLUMNS_MAX: usize = 70;

/// Okabe and Ito's colours, told apart by the colour-blind; a source has its own shape besides.
const COLOURS: [&str; 6] = [
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00",
];
const INK: &str = "#1b1f24";
const GREY: &str = "#5b636d";
const RULE: &str = "#d9dde2";

/// A history as a self-contained SVG, Japanese first and English second.
///
/// A filled mark: the source records the event; a hollow one: it mentions it. A date beside a mark is another than the
/// one chosen. It shows what may identify a person; whoever asks for it answers for where it goes.
#[must_use]
pub fn picture(history: &History) -> String {
    let sources = sources(history);
    let body_end = HEAD_HEIGHT + history.events.len() * ROW_HEIGHT;
    let footer = footer_rows(history);
    let height = body_end + 40 + footer.len() * SMALL_HEIGHT + 16;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" \
         font-family=\"'Noto Sans CJK JP','Noto Sans JP','Hiragino Sans','Yu Gothic',Meiryo,IPAGothic,sans-serif\">\n\
         <rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#ffffff\"/>\n"
    );
    svg.push_str(&head(history, &sources));
    svg.push_str(&line_bars(history));
    svg.push_str(&spine(history));
    for (place, event) in history.events.iter().enumerate() {
        svg.push_str(&row(place, event, &sources));
    }
    for (place, (colour, line)) in footer.iter().enumerate() {
        let y = body_end + 40 + place * SMALL_HEIGHT;
        svg.push_str(&text(LINE_X - 16, y, 13, colour, "", line));
    }
    svg.push_str("</svg>\n");
    svg
}

/// The names of the sources, in order.
fn sources(history: &History) -> Vec<&str> {
    let mut names: Vec<_> = history
        .records
        .iter()
        .map(|record| record.source.as_str())
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn colour(place: usize) -> &'static str {
    COLOURS[place % COLOURS.len()]
}

/// A line of text. `extra` holds further attributes; `content` may hold `tspan`s and is escaped by who makes it.
fn text(x: usize, y: usize, size: usize, fill: &str, extra: &str, content: &str) -> String {
    format!(
        "<text x=\"{x}\" y=\"{y}\" font-size=\"{size}\" fill=\"{fill}\" {extra}>{content}</text>\n"
    )
}

fn rule(x: usize, y: usize, colour: &str) -> String {
    format!(
        "<path d=\"M{x} {y}H{}\" stroke=\"{colour}\"/>\n",
        WIDTH - 24
    )
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            _ => escaped.push(character),
        }
    }
    escaped
}

fn head(history: &History, sources: &[&str]) -> String {
    let mut facts = vec![history.identity.to_string()];
    for (attribute, name) in [
        (schema::Attribute::BirthDate, "生年月日 born"),
        (schema::Attribute::Sex, "性別 sex"),
    ] {
        if let Some(told) = history.person.values.get(&attribute) {
            let ja = words::value(attribute, &told[0].value, Language::Ja);
            facts.push(format!("{name} {ja}"));
        }
    }
    let bold = "font-weight=\"700\"";
    let title = "一人の履歴 <tspan font-weight=\"400\" font-size=\"16\" fill=\"#5b636d\">one person, once</tspan>";
    let mut svg = text(LINE_X - 16, 38, 22, INK, bold, title);
    svg.push_str(&text(
        LINE_X - 16,
        64,
        14,
        INK,
        "",
        &escape(&facts.join("　")),
    ));
    let legend = "● 記録 recorded　○ 言及 mentioned";
    svg.push_str(&text(SOURCES_X, 38, 13, GREY, "", legend));
    for (place, source) in sources.iter().enumerate() {
        let x = source_x(place, sources.len());
        svg.push_str(&mark(place, x, 60, true));
        svg.push_str(&text(x + 14, 65, 14, colour(place), bold, &escape(source)));
    }
    let y = HEAD_HEIGHT - 22;
    svg.push_str(&rule(LINE_X - 16, y, RULE));
    svg
}

fn source_x(place: usize, count: usize) -> usize {
    SOURCES_X + 10 + place * (WIDTH - 40 - SOURCES_X) / count.max(1)
}

/// The mark of a source: a circle, a square, a triangle, a diamond, each in its colour.
fn mark(place: usize, x: usize, y: usize, filled: bool) -> String {
    let ink = colour(place);
    let fill = if filled { ink } else { "#ffffff" };
    let style = format!("fill=\"{fill}\" stroke=\"{ink}\" stroke-width=\"2\"");
    match place % 4 {
        0 => format!("<circle cx=\"{x}\" cy=\"{y}\" r=\"6\" {style}/>\n"),
        1 => format!(
            "<rect x=\"{}\" y=\"{}\" width=\"11\" height=\"11\" {style}/>\n",
            x - 5,
            y - 5
        ),
        2 => format!("<path d=\"M{x} {}l7 12h-14z\" {style}/>\n", y - 7),
        _ => format!("<path d=\"M{x} {}l7 7l-7 7l-7 -7z\" {style}/>\n", y - 7),
    }
}

fn row_y(place: usize) -> usize {
    HEAD_HEIGHT + place * ROW_HEIGHT + ROW_HEIGHT / 2
}

fn spine(history: &History) -> String {
    if history.events.is_empty() {
        return String::new();
    }
    let last = row_y(history.events.len() - 1);
    format!(
        "<path d=\"M{SPINE_X} {}V{last}\" stroke=\"{GREY}\" stroke-width=\"2\"/>\n",
        row_y(0)
    )
}

/// A bar beside the events of each line of treatment, with its number.
fn line_bars(history: &History) -> String {
    let mut svg = String::new();
    for line in &history.lines {
        let of_line = |event: &Event| event.line == Some(line.number);
        let first = history.events.iter().position(of_line);
        let last = history.events.iter().rposition(of_line);
        let (Some(first), Some(last)) = (first, last) else {
            continue;
        };
        // Lines may overlap in time (a late GVHD of the first transplant); even ones stand a little aside.
        let x = LINE_X - 12 + if line.number.is_multiple_of(2) { 18 } else { 0 };
        let top = row_y(first) - 14;
        let height = row_y(last) + 14 - top;
        let bar = format!(
            "<rect x=\"{x}\" y=\"{top}\" width=\"16\" height=\"{height}\" rx=\"4\" fill=\"#e8ecf1\"/>\n"
        );
        svg.push_str(&bar);
        let centred = "text-anchor=\"middle\" font-weight=\"700\"";
        svg.push_str(&text(
            x + 8,
            top + 19,
            12,
            INK,
            centred,
            &line.number.to_string(),
        ));
    }
    svg
}

fn row(place: usize, event: &Event, sources: &[&str]) -> String {
    let y = row_y(place);
    let mut svg = String::new();
    if place > 0 {
        svg.push_str(&rule(LABEL_X, y - ROW_HEIGHT / 2, "#eef0f3"));
    }
    let date = event.date.map_or_else(
        || "日付不明".to_owned(),
        |date| format!("{}{}", date.date, if date.estimated { "頃" } else { "" }),
    );
    svg.push_str(&text(
        DATE_X,
        y + 5,
        15,
        INK,
        "style=\"font-variant-numeric:tabular-nums\"",
        &date,
    ));
    svg.push_str(&node(event, y));
    svg.push_str(&label(event, y));
    for (column, source) in sources.iter().enumerate() {
        svg.push_str(&tellings(
            event,
            source,
            column,
            source_x(column, sources.len()),
            y,
        ));
    }
    svg
}

/// The event's own mark on the spine: large for infusions, a cross for death, a ring for the last contact.
fn node(event: &Event, y: usize) -> String {
    let fill = if event.mentioned_only { "#ffffff" } else { INK };
    match event.kind {
        EventKind::Death => format!(
            "<circle cx=\"{SPINE_X}\" cy=\"{y}\" r=\"9\" fill=\"#ffffff\"/><path d=\"M{} {}l12 12m0 -12l-12 12\" stroke=\"{INK}\" stroke-width=\"3\"/>\n",
            SPINE_X - 6,
            y - 6
        ),
        EventKind::LastContact => format!(
            "<circle cx=\"{SPINE_X}\" cy=\"{y}\" r=\"6\" fill=\"#ffffff\" stroke=\"{GREY}\" stroke-width=\"2\"/>\n"
        ),
        kind if kind.is_infusion() => format!(
            "<circle cx=\"{SPINE_X}\" cy=\"{y}\" r=\"9\" fill=\"{fill}\" stroke=\"{INK}\" stroke-width=\"2\"/>\n"
        ),
        _ => format!("<circle cx=\"{SPINE_X}\" cy=\"{y}\" r=\"5\" fill=\"{GREY}\"/>\n"),
    }
}

fn label(event: &Event, y: usize) -> String {
    let weight = if event.kind.is_infusion() {
        "700"
    } else {
        "400"
    };
    let ja = words::kind(event.kind, Language::Ja);
    let en = words::kind(event.kind, Language::En);
    let en = if ja == en { "" } else { en };
    let name = format!(
        "<tspan font-weight=\"{weight}\">{ja}</tspan> <tspan font-size=\"12\" fill=\"{GREY}\">{en}</tspan>"
    );
    let details = |language| words::details(event, language).join(" ");
    let (ja_details, en_details) = (details(Language::Ja), details(Language::En));
    if ja_details.is_empty() {
        return text(LABEL_X, y + 5, 15, INK, "", &name);
    }
    let fits = ja_details.width() + en_details.width() < DETAIL_COLUMNS_MAX;
    let second = if ja_details == en_details || !fits {
        escape(&shortened(&ja_details))
    } else {
        let (ja, en) = (escape(&ja_details), escape(&en_details));
        format!("{ja} <tspan fill=\"{GREY}\">{en}</tspan>")
    };
    let mut svg = text(LABEL_X, y - 2, 15, INK, "", &name);
    svg.push_str(&text(LABEL_X, y + 14, 12, INK, "", &second));
    svg
}

/// As much of a text as the column holds.
fn shortened(text: &str) -> String {
    if text.width() <= DETAIL_COLUMNS_MAX {
        return text.to_owned();
    }
    let mut short = String::new();
    for character in text.chars() {
        if short.width() + 3 > DETAIL_COLUMNS_MAX {
            break;
        }
        short.push(character);
    }
    short + "…"
}

/// What one source tells of an event: its mark, and its date where it is another than the one chosen.
fn tellings(event: &Event, source: &str, column: usize, x: usize, y: usize) -> String {
    let told: Vec<_> = event
        .tellings
        .iter()
        .filter(|telling| telling.record.source.as_str() == source)
        .collect();
    if told.is_empty() {
        return String::new();
    }
    let mut svg = mark(column, x, y, told.iter().any(|telling| !telling.mention));
    let agrees = told.iter().any(|telling| telling.date == event.date);
    let other = told
        .iter()
        .find_map(|telling| telling.date)
        .filter(|_| !agrees);
    if let Some(date) = other {
        let text_of = format!("{}{}", date.date, if date.estimated { "頃" } else { "" });
        svg.push_str(&text(x + 12, y + 5, 13, colour(column), "", &text_of));
    }
    svg
}

/// Lines of treatment, survival and conflicts, in words.
fn footer_rows(history: &History) -> Vec<(&'static str, String)> {
    let mut rows = Vec::new();
    let lines: Vec<_> = history
        .lines
        .iter()
        .map(|line| {
            let ja = words::line(&line.label, Language::Ja);
            format!("{} {ja} {}", line.number, line.label)
        })
        .collect();
    if !lines.is_empty() {
        rows.push((
            INK,
            escape(&format!(
                "治療ライン lines of treatment　{}",
                lines.join("　")
            )),
        ));
    }
    for outcome in &history.outcomes {
        if outcome.kind != schema::OutcomeKind::OverallSurvival {
            continue;
        }
        let infusion = &history.events[outcome.from_event];
        let date = infusion
            .date
            .map(|date| date.date.to_string())
            .unwrap_or_default();
        let days = outcome.days.map_or_else(
            || "日数不明 days unknown".to_owned(),
            |days| words::days(days, Language::Ja),
        );
        let status = |language| words::status(outcome.kind, outcome.status, language);
        rows.push((
            INK,
            escape(&format!(
                "全生存期間 overall survival　{} {date}: {days}　{} {}",
                infusion.kind.as_str(),
                status(Language::Ja),
                status(Language::En)
            )),
        ));
    }
    for conflict in &history.conflicts {
        let ja = checks::check(&conflict.check).map_or("", |check| check.title_ja);
        let values = conflict.values.iter().map(|told| {
            let value = told.value.to_text().unwrap_or_default();
            format!("{value} {}", told.record.source)
        });
        rows.push((
            "#A23B00",
            escape(&format!(
                "{} {ja}　{}　({})",
                conflict.check,
                conflict.message,
                values.collect::<Vec<_>>().join(" / ")
            )),
        ));
    }
    rows
}
